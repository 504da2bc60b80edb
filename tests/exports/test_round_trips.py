"""Out and in again: what a format holds comes back as it was, and what it does not hold is listed, thing by thing."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations import Annotation, Gold, GoldSpan, Relation, Span, choice_id, relation_id
from labeling.exports.export import export
from labeling.exports.export_formats import EXPORT_FORMATS
from labeling.exports.things import NotHeld
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.samples.sample_data import articles_folder, load_sample_annotations
from labeling.sources.ingest import ingest
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.articles import Article
    from labeling.exports.export import ExportResult

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
FORMATS = sorted(EXPORT_FORMATS)
_IMPORTED_AS = {"cas-xmi": "cas", "cas-json": "cas"}
_MOST_DOCUMENTS = 60  # of a corpus: all of GUM's and most of re3d's
# A thing as it is known without the ids of spans, which not every format keeps.
Fact = tuple[Any, ...]


def _facts(said: Annotation) -> set[Fact]:
    """All that an annotation says, with places where it has ids."""
    place = {span.id: (span.start, span.end, span.label) for span in said.spans}
    return {
        ("annotation", said.state),
        *(("span", *place[span.id]) for span in said.spans),
        *(("unsure", *place[span.id]) for span in said.spans if span.unsure),
        *(("note", *place[span.id], span.note) for span in said.spans if span.note),
        *(("relation", place[each.head], each.label, place[each.tail]) for each in said.relations),
        *(("choice", name, option) for name, options in said.choices.items() for option in options),
    }


def _listed_facts(said: Annotation, rows: Iterable[NotHeld]) -> set[Fact]:
    """The facts that the rows list, worked out from what was said and their ids alone."""
    place = {span.id: (span.start, span.end, span.label) for span in said.spans}
    notes = {span.id: span.note for span in said.spans}
    relations = {
        relation_id(each): ("relation", place[each.head], each.label, place[each.tail]) for each in said.relations
    }
    choices = {
        choice_id(name, each): ("choice", name, each) for name, options in said.choices.items() for each in options
    }
    found = set[Fact]()
    for row in rows:
        if row.what == "annotation":
            found.add(("annotation", said.state))
        elif row.what in ("span", "unsure"):
            found.add((row.what, *place[row.id]))
        elif row.what == "note":
            found.add(("note", *place[row.id], notes[row.id]))
        elif row.what != "open":
            found.add(relations[row.id] if row.what == "relation" else choices[row.id])
    return found


def _count(facts: Iterable[Fact]) -> dict[str, int]:
    return dict(Counter(fact[0] for fact in facts))


def _take_back(
    exported: ExportResult, folder: Path, config: Path, annotator: str
) -> tuple[Project, dict[str, Annotation]]:
    """A new workspace with what an export gives, and its annotations by the digest of their texts."""
    project = load_project(config, folder)
    if exported.format == "conll" and exported.articles:
        # The only format without texts has them beside.
        ingest(project, [f"{exported.folder}/articles.jsonl"])
    result = import_annotations(
        project,
        _IMPORTED_AS.get(exported.format, exported.format),
        [exported.folder],
        ImportOptions(annotator=annotator),
    )
    assert (result.rejected, result.quarantined, result.passed_over) == ({}, {}, ())
    return project, {row.digest: row for row in project.workspace.annotations.rows_if_written()}


def _check_round_trip(
    project: Project, sayings: Sequence[Annotation], kind: str, who: str, folder: Path
) -> ExportResult:
    """Export, import into a new workspace, and account for every fact: it came back, or it is listed."""
    exported = export(project, kind, who, folder / f"out-{kind}-{who}")
    listed = list(read_rows(Path(exported.listed), NotHeld))
    back: dict[str, Annotation] = {}
    if exported.kept:
        _, back = _take_back(exported, folder / f"back-{kind}-{who}", project.path, who or "gold")
    kept, left = Counter[str](), Counter[str]()
    for said in sayings:
        rows = [row for row in listed if row.article == said.article]
        there = _facts(back[said.digest]) if said.digest in back else set[Fact]()
        assert there | _listed_facts(said, rows) == _facts(said)
        assert not there & _listed_facts(said, rows)
        kept.update(_count(there))
        left.update(row.what for row in rows)
    assert len(back) == sum(
        ("annotation" in {row.what for row in listed if row.article == each.article}) is False for each in sayings
    )
    assert (exported.kept, exported.not_held) == (dict(kept), dict(left))
    return exported


def _gold_as_said(project: Project) -> list[Annotation]:
    return [
        Annotation(
            article=gold.article,
            digest=gold.digest,
            annotator="gold",
            spans=tuple(Span(id=s.id, start=s.start, end=s.end, label=s.label, unsure=s.unsure) for s in gold.spans),
            relations=gold.relations,
            choices=gold.choices,
        )
        for gold in project.workspace.gold.rows()
    ]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The samples with both annotators, and their gold."""
    from labeling.adjudication.adjudicate import adjudicate

    project = load_project(CONFIG, tmp_path_factory.mktemp("samples"))
    ingest(project, [str(articles_folder())])
    project.workspace.annotations.write(load_sample_annotations())
    adjudicate(project)
    return project


@pytest.mark.parametrize("who", ["", "ana", "ben"])
@pytest.mark.parametrize("kind", FORMATS)
def test_samples_come_back_from_each_format(samples: Project, kind: str, who: str, tmp_path: Path) -> None:
    """Gold of the samples, and what each of their annotators said, with a skip, notes and doubts."""
    rows = samples.workspace.annotations.rows()
    said = [row for row in rows if row.annotator == who] if who else _gold_as_said(samples)

    exported = _check_round_trip(samples, said, kind, who, tmp_path)

    assert exported.kept["span"] == sum(len(row.spans) for row in said)


def _corpus_project(folder: Path, rows: Sequence[dict[str, Any]]) -> Project:
    """A workspace with the articles and gold of a corpus, and a schema of its labels."""
    labels = sorted({span["label"] for row in rows for span in row["spans"]})
    kinds = sorted({each["type"] for row in rows for each in row.get("relations", ())})
    lines = ['[project]\nname = "corpus"']
    keys = "abcdefghijklmnopqrstvwxyz0123456789"
    lines += [
        f'[[labels]]\nname = "{name}"\ndefinition = "x"\nexamples = ["x"]\ncolor = "#{number:06x}"\n'
        f'hotkey = "{keys[number]}"'
        for number, name in enumerate(labels)
    ]
    lines += [
        f'[[relations]]\nname = "{kind}"\ndefinition = "x"\nexample = "x"\nhead = {labels}\ntail = {labels}'
        for kind in kinds
    ]
    folder.mkdir(exist_ok=True)
    (folder / "corpus.toml").write_text("\n".join(lines), encoding="utf-8")
    project = load_project(folder / "corpus.toml", folder / "workspace")
    articles = {row["id"]: made.article(row["id"], row["text"]) for row in rows}
    project.workspace.articles.write(articles.values())
    project.workspace.gold.write(_corpus_gold(articles[row["id"]], row) for row in rows)
    return project


def _corpus_gold(article: Article, row: dict[str, Any]) -> Gold:
    places = dict.fromkeys((span["start"], span["end"], span["label"]) for span in row["spans"])
    ids = {place: f"s{number}" for number, place in enumerate(places)}
    first = {place[:2]: name for place, name in reversed(ids.items())}
    relations = dict.fromkeys(
        (
            first[each["head"]["start"], each["head"]["end"]],
            first[each["tail"]["start"], each["tail"]["end"]],
            each["type"],
        )
        for each in row.get("relations", ())
    )
    return Gold(
        article=article.id,
        digest=article.digest,
        complete=True,
        spans=tuple(
            GoldSpan(id=ids[place], start=place[0], end=place[1], label=place[2], rule="unanimous", by=("ana",))
            for place in places
        ),
        relations=tuple(Relation(head=head, tail=tail, label=kind) for head, tail, kind in relations if head != tail),
    )


def _crossner(path: Path) -> list[dict[str, Any]]:
    """Each sentence as an article; equal ones once, since a text is known by its words."""
    rows = dict[str, dict[str, Any]]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        rows.setdefault(row["text"], {**row, "id": str(row.get("id", f"s{number}"))})
    return list(rows.values())[:_MOST_DOCUMENTS]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("corpus", ["gum_news/news.jsonl", "re3d/centcom.jsonl", "crossner_politics/dev.jsonl"])
def test_corpora_come_back_from_each_format(corpus: str, kind: str, tmp_path: Path) -> None:
    """GUM's nested spans and relations, re3d's, and CrossNER: each thing comes back, or is listed."""
    if not (CORPORA / corpus).exists():
        pytest.skip("the shared corpora are not here")
    project = _corpus_project(tmp_path / "corpus", _crossner(CORPORA / corpus))

    exported = _check_round_trip(project, _gold_as_said(project), kind, "", tmp_path)

    # Hardly one begins or ends with a blank.
    assert exported.kept["span"] >= 0.99 * sum(len(gold.spans) for gold in project.workspace.gold.rows())


_WORDS = (
    *(
        "Anna",
        "Berg",
        "met",
        "Ångström",
        "\U0001f1f2\U0001f1fb",
        "\U0001f600",
        "وزير",
        "الخارجية",
        "שלום",
        "北京",
        "e\u0301t",
    ),
    *("#", "#India", "# id = 7", "# text = x", "-DOCSTART-", "-DOCSTART- (a)", "O", "B-PERSON", "T1\tPERSON 0 4\tAnna"),
    *(
        "\u200b",
        "\ufeff",
        "\u2028",
        "\x85",
        "\xa0",
        "\x1c",
        "a\\nb",
        '"',
        "'s",
        "U.S.-China",
        "(IOR).Both",
        ".",
        ",",
        "|",
        "_",
    ),
)
_GAPS = ("", "", " ", " ", "  ", "\n", "\n\n", "\t", " \n ")
_NOTES = ("", "", "or the ministry?", "two\nlines", "a\ttab", " blanks ", "a; b", "\U0001f600", "\u2028")


@st.composite
def _texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from(_GAPS)), min_size=1, max_size=12))
    return "".join(word + gap for word, gap in pieces)


def _place_of(drawn: tuple[tuple[int, int], str]) -> tuple[int, int, str]:
    (one, other), label = drawn
    return min(one, other), max(one, other), label


@st.composite
def _said(draw: st.DrawFn, article: Article) -> Annotation:
    """Any annotation that our checks let through: spans nest, cross and touch, begin and end anywhere."""
    length = len(article.text)
    ends = st.tuples(st.integers(0, length), st.integers(0, length)).filter(lambda each: each[0] != each[1])
    labels = st.sampled_from(["PERSON", "COUNTRY", "ROLE"])
    places = draw(st.lists(st.tuples(ends, labels), max_size=6, unique_by=_place_of))
    spans = [
        Span(
            id=draw(st.sampled_from([f"x{number}", f"T{number}", f"x{number}#2", f"\u00e9 {number}"])),
            start=min(place),
            end=max(place),
            label=label,
            unsure=draw(st.booleans()),
            note=draw(st.sampled_from(_NOTES)),
        )
        for number, (place, label) in enumerate(places)
    ]
    pairs = [
        Relation(head=head.id, tail=tail.id, label=kind)
        for head in spans
        for tail in spans
        for kind, ends in (("HOLDS_ROLE", ("PERSON", "ROLE")), ("REPRESENTS", ("PERSON", "COUNTRY")))
        if (head.label, tail.label) == ends
    ]
    return Annotation(
        article=article.id,
        digest=article.digest,
        annotator="ana",
        state=draw(st.sampled_from(["submitted", "submitted", "skipped"])),
        spans=tuple(spans),
        relations=tuple(draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else ()),
        choices=draw(st.sampled_from([{}, {"event": ("CONSULT", "AID")}, {"usable": ("no",)}])),
    )


@st.composite
def _workspaces(draw: st.DrawFn) -> list[tuple[Article, Annotation]]:
    texts = draw(st.lists(_texts().filter(_is_visible), min_size=1, max_size=3, unique=True))
    ids = draw(st.lists(st.sampled_from(_IDS), min_size=len(texts), max_size=len(texts), unique=True))
    articles = [made.article(name, text) for name, text in zip(ids, texts, strict=True)]
    return [(article, draw(_said(article))) for article in articles]


_IDS = (
    "a",
    "A",
    "a/b",
    "../up",
    "https://x.example/a?b=1",
    ".hidden",
    "a.txt/b",
    "con",
    "x" * 300,
    "é",
    "e\u0301",
    "a)b (c",
)


def _is_visible(text: str) -> bool:
    return bool(re.search(r"\w", text))


@pytest.mark.parametrize("kind", FORMATS)
@given(pairs=_workspaces())
@settings(max_examples=15)
def test_what_is_kept_and_what_is_listed_is_all(kind: str, pairs: list[tuple[Article, Annotation]]) -> None:
    """Whatever the texts, the ids and the annotations: each thing comes back as it was, or is listed; never both."""
    with tempfile.TemporaryDirectory() as folder:
        project = load_project(CONFIG, Path(folder) / "workspace")
        project.workspace.articles.write(article for article, _ in pairs)
        project.workspace.annotations.write(said for _, said in pairs)

        _check_round_trip(project, [said for _, said in pairs], kind, "ana", Path(folder))
