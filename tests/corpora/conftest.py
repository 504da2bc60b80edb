"""What the tests of corpora share: a small schema, gold made by hand, and a workspace as the earlier verbs leave it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from labeling.annotations import Annotation, Gold, GoldSpan, LedgerRow, Relation, Span
from labeling.corpora.build.canonical import CanonicalForm, sort_spans
from labeling.ledger import list_things
from labeling.project import Policies, Project, ProjectFile, ProjectSection
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SplitAssignment
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.annotations import QuarantineRow
    from labeling.articles import Article
    from labeling.workspace.rows.assignment import SplitName

SCHEMA = Schema(
    labels=tuple(
        Label(name=name, definition=f"a {name}", examples=("one",), color=f"#00000{hotkey}", hotkey=hotkey)
        for name, hotkey in (("PERSON", "1"), ("GOV_BODY", "2"), ("COUNTRY", "3"))
    ),
    relations=(
        RelationType(
            name="PART_OF",
            definition="belongs to",
            example="x",
            head=("PERSON", "GOV_BODY", "COUNTRY"),
            tail=("PERSON", "GOV_BODY", "COUNTRY"),
        ),
    ),
    choices=(
        ChoiceSet(
            name="event",
            question="What happens?",
            multiple=True,
            options=tuple(Option(name=name, definition="x") for name in ("CONSULT", "AGREE")),
        ),
        ChoiceSet(
            name="usable",
            question="Is it usable?",
            options=tuple(Option(name=name, definition="x") for name in ("yes", "no")),
        ),
    ),
)


def article_of(text: str, name: str = "a", source: str = "") -> Article:
    """An article with that text."""
    return made.article(name, text, source=source, title=f"On {name}")


def gold_of(article: Article, *places: tuple[int, int, str], **fields: object) -> Gold:
    """Gold with a span `s0`, `s1`, ... at each place, complete unless something is open."""
    spans = tuple(
        GoldSpan(id=f"s{number}", start=start, end=end, label=label, rule="single", by=("ana",))
        for number, (start, end, label) in enumerate(places)
    )
    gold = Gold(article=article.id, digest=article.digest, complete=not fields.get("open"), spans=spans)
    return gold.model_copy(update={"annotators": ("ana",), **fields})


def workspace_of(
    folder: Path,
    rows: Iterable[tuple[Article, Gold, SplitName | None]],
    policies: Policies | None = None,
    quarantine: Iterable[QuarantineRow] = (),
) -> Project:
    """A workspace as `ingest`, `pull`, `adjudicate` and `split` leave it, with one annotator, `ana`."""
    workspace, found = Workspace(folder), list(quarantine)
    placed = sorted(rows, key=lambda row: row[0].id)
    workspace.articles.write([article for article, _, _ in placed])
    workspace.gold.write([gold for _, gold, _ in placed])
    workspace.annotations.write([_annotation(gold) for _, gold, _ in placed])
    workspace.quarantine.write(found)
    workspace.ledger.write([row for _, gold, _ in placed for row in _ledger(gold)] + _quarantined(found))
    workspace.splits.write(
        [
            SplitAssignment(article=article.id, leak_group=article.id, split=split, reason="" if split else "a bridge")
            for article, gold, split in placed
            if gold.usable
        ],
    )
    file = ProjectFile(
        project=ProjectSection(name="small"),
        policies=policies or Policies(),
        labels=SCHEMA.labels,
        relations=SCHEMA.relations,
        choices=SCHEMA.choices,
    )
    return Project(Path("small.toml"), file, SCHEMA, workspace)


def _annotation(gold: Gold) -> Annotation:
    spans = tuple(Span(id=each.id, start=each.start, end=each.end, label=each.label) for each in gold.spans)
    return Annotation(
        article=gold.article,
        digest=gold.digest,
        annotator="ana",
        spans=spans,
        relations=gold.relations,
        choices=gold.choices,
    )


def _ledger(gold: Gold) -> list[LedgerRow]:
    return [
        LedgerRow(article=article, annotator="ana", what=what, id=name, stage="gold", outcome="gold")
        for article, _, what, name in list_things(gold)
    ]


def _quarantined(found: Iterable[QuarantineRow]) -> list[LedgerRow]:
    return [
        LedgerRow(
            article=each.article,
            annotator=each.annotator,
            what=each.what,
            id=each.id,
            stage="gold",
            outcome="quarantined",
            reason=f"{each.kind}: {each.reason}",
        )
        for each in found
    ]


def read_docs(folder: Path) -> list[Doc]:
    """The docs of a folder, as spaCy itself makes them, in a vocabulary that has seen nothing."""
    shards = sorted(folder.rglob("*.spacy"))
    return [doc for shard in shards for doc in DocBin().from_disk(shard).get_docs(Vocab())]


def content_of_doc(doc: Doc) -> CanonicalForm:
    """The canonical form of one of spaCy's docs: the reading of shards is compared with it."""
    data = doc.user_data
    return CanonicalForm(
        article=data["article"],
        digest=digest_of(doc.text),
        provenance=(data["source"], data["title"], data["published"], data["url"]),
        complete=data["complete"],
        spans=sort_spans(
            (span.id_, span.start_char, span.end_char, span.label_, span.id_ in data["unsure"])
            for span in doc.spans.get("sc", ())
        ),
        relations=data["relations"],
        choices=tuple(sorted(name for name, score in doc.cats.items() if score > 0)),
        open=data["open"],
        open_choices=data["open_choices"],
    )


@dataclass(frozen=True)
class Making:
    """The ways to make things by hand, and to read docs; tests are not a package, so they come as a fixture."""

    schema: Schema
    article: Callable[..., Article]
    gold: Callable[..., Gold]
    workspace: Callable[..., Project]
    docs_in: Callable[[Path], list[Doc]]
    content_of: Callable[[Doc], CanonicalForm]


@pytest.fixture(scope="session")
def making() -> Making:
    """Articles, gold and workspaces made by hand."""
    return Making(SCHEMA, article_of, gold_of, workspace_of, read_docs, content_of_doc)


@pytest.fixture(scope="session")
def minister() -> tuple[Article, Gold]:
    """One article with everything: nested, crossing, two labels on a stretch, a cut token, unsure, relation, choice."""
    text = "Foreign Minister of Japan(Tokyo) met @ForeignSecAhmed \U0001f44d Latheef of the Maldives."
    article = article_of(text, "minister", source="wire")
    gold = gold_of(
        article,
        (0, 25, "PERSON"),  # s0: the longest
        (20, 25, "COUNTRY"),  # s1: nested in it
        (8, 32, "GOV_BODY"),  # s2: crosses it
        (26, 31, "COUNTRY"),  # s3: in s2 only
        (26, 31, "GOV_BODY"),  # s4: the same stretch, another label
        (48, 63, "PERSON"),  # s5: starts inside a token, an emoji in it
        relations=(Relation(head="s5", tail="s1", label="PART_OF"), Relation(head="s1", tail="s5", label="PART_OF")),
        choices={"event": ("CONSULT",), "usable": ("yes",)},
    )
    spans = (*gold.spans[:-1], gold.spans[-1].model_copy(update={"unsure": True}))
    return article, gold.model_copy(update={"spans": spans})


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """Four articles: one with everything, one with nothing, one with an open question, one left out; no test split."""
    empty, asked = making.article("Nothing happened in Male today.", "empty"), making.article("Japan asked.", "asked")
    bridge, bad = making.article("Japan asked.", "bridge"), making.article("Lorem ipsum", "bad")
    return making.workspace(
        tmp_path / "workspace",
        [
            (*minister, "train"),
            (empty, making.gold(empty), "train"),
            (asked, making.gold(asked, (0, 5, "COUNTRY"), open=((6, 11),)), "dev"),
            (bridge, making.gold(bridge, (0, 5, "COUNTRY")), None),
            (bad, making.gold(bad, usable=False, choices={"usable": ("no",)}), None),
        ],
    )
