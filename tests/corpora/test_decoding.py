"""Decode(compile(x)) == x: any text and any spans, and real corpora, from every target and to the character."""

from __future__ import annotations

import json
import os
import random
import tempfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import made
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from labeling.annotations import Gold, GoldSpan, Relation
from labeling.corpora.build import convert as maker
from labeling.corpora.build.build import build_dataset
from labeling.corpora.build.canonical import CanonicalForm, make_canonical_form
from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.targets.available import TARGETS
from labeling.corpora.targets.conll.conll_target import CONLL
from labeling.corpora.targets.huggingface.arrow_columns import read_batch
from labeling.corpora.targets.huggingface.dataset import read_arrow, read_parquet
from labeling.corpora.targets.prodigy.prodigy_lines import parse_canonical_form
from labeling.corpora.targets.spacy.docbin import list_shards, read_shard
from labeling.corpora.targets.spacy.docbin_insides import read_docs
from labeling.corpora.targets.spacy.docbin_public import read_public_docs
from labeling.corpora.targets.spacy.srsly_insides import cache_extensions
from labeling.corpora.targets.target import Recipe
from labeling.project import Policies
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SPLITS, SplitName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.articles import Article
    from labeling.corpora.manifest import Manifest
    from labeling.project import Project
    from tests.corpora.conftest import Making


# How many articles by chance go through the whole compile. LABELING_CASES=100000 tries it at length, in four minutes.
CASES = int(os.environ.get("LABELING_CASES", "200"))
AT_ONCE = 1000
SHARED = Path(__file__).parents[3] / "shared"
CORPORA = {"re3d": ["re3d/uk_government.jsonl", "re3d/centcom.jsonl"], "gum_news": ["gum_news/news.jsonl"]}


def _build(project: Project, folder: Path) -> Manifest:
    folder.mkdir()
    return build_dataset(project, folder)


def _decoded(making: Making, folder: Path) -> list[list[tuple[SplitName, CanonicalForm]]]:
    """What each target says, read from disk: spaCy with its own docs and without, Arrow, Parquet; by article."""
    read: list[Callable[[SplitName], Iterable[CanonicalForm]]] = [
        lambda split: map(making.content_of, making.docs_in(folder / "spacy" / split)),
        lambda split: chain.from_iterable(map(read_shard, list_shards(folder / "spacy" / split))),
        lambda split: read_arrow(folder / "huggingface", split),
        lambda split: read_parquet(folder / "huggingface", split),
    ]
    return [
        sorted(((split, content) for split in SPLITS for content in each(split)), key=lambda pair: pair[1].article)
        for each in read
    ]


AWKWARD = (
    *("India", " ", "  ", "\n", "(IOR).Both", "U.S.-China", "EU27", "@X", "#A-#B", ".", "\u2019", "=", "\\n"),
    *("\U0001f44d\U0001f3fd", "e\u0301", "\u0627\u0644\u0647\u0646\u062f", "\u200d", "\u200b", "\xa0", "\u202e"),
)
PIECES = st.sampled_from(AWKWARD)
TEXTS = st.lists(PIECES | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)


Drawn: TypeAlias = tuple[str, dict[str, object], list[tuple[str, int, int, str, bool]], SplitName]


@st.composite
def annotated(draw: st.DrawFn) -> Drawn:
    """A text, the fields of its gold besides spans, its spans with ids, and a split."""
    text = "".join(draw(TEXTS))
    stretch = st.integers(0, len(text) - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, len(text)))
    )
    label = st.sampled_from(["PERSON", "GOV_BODY", "COUNTRY"])
    places = draw(st.lists(st.tuples(stretch, label), max_size=8, unique=True))
    ids = draw(st.lists(NAMES, min_size=len(places), max_size=len(places), unique=True))
    spans = [(name, *at, label, draw(st.booleans())) for name, (at, label) in zip(ids, places, strict=True)]
    pairs = [(head, tail) for head in ids for tail in ids if head != tail]
    relations = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else []
    opened = tuple(draw(st.lists(stretch, max_size=2)))
    events = draw(st.lists(st.sampled_from(["CONSULT", "AGREE"]), unique=True))
    fields: dict[str, object] = {
        "relations": tuple(Relation(head=head, tail=tail, label="PART_OF") for head, tail in relations),
        "open": opened,
        "choices": {"event": tuple(events)} if events else {},
        "open_choices": ("usable=yes", "usable=no") if draw(st.booleans()) else (),
    }
    return text, fields, spans, draw(st.sampled_from(SPLITS))


@settings(max_examples=200, deadline=None)
@given(annotated())
@cache_extensions()
def test_decoding_inverts_conversion_of_any_article(making: Making, drawn: Drawn) -> None:
    """Any text, any valid spans, relations, choices and questions: decode(compile(x)) == x, for every format.

    What is decoded are bytes as they would lie on the disk: a shard, an Arrow stream, a Parquet file.
    """
    text, fields, spans, split = drawn
    article = making.article(text)
    gold, labels = _gold(making, article, fields, spans), making.schema.label_names
    recipe = Recipe("en", making.schema, Policies(), TARGETS)
    placed = maker.PlacedArticle(article, gold, {}, split)
    made = maker.convert_piece(recipe, [placed])
    (shard,), rows = made.parts[split].parts["spacy"].values(), made.parts[split].parts["huggingface"]
    wanted, packed = make_canonical_form(article, gold), DocBin().from_bytes(shard)
    (doc,) = packed.get_docs(Vocab())

    assert making.content_of(doc) == wanted
    assert list(read_docs(packed)) == list(read_public_docs(packed)) == [wanted]
    assert [content for batch in _streamed(rows) for content in read_batch(batch)] == [wanted]
    assert [content for batch in _parqueted(rows) for content in read_batch(batch)] == [wanted]
    flat = [(span.id, span.start, span.end, span.label) for span in choose_flat_layer(text, gold, labels).spans]
    assert [(ent.ent_id_, ent.start_char, ent.end_char, ent.label_) for ent in doc.ents] == flat
    assert parse_canonical_form(json.loads(made.parts[split].parts["prodigy"])) == wanted
    assert _conll_form(made.parts[split].parts["conll"]) == maker.convert_alone(recipe, CONLL, placed)
    things = len(gold.spans) + len(gold.relations) + sum(map(len, gold.choices.values()))
    assert made.lines.count("\n") == 4 * things


def _conll_form(lines: str) -> CanonicalForm:
    """What a CoNLL file with these lines holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.conll"
        path.write_text(lines, encoding="utf-8", newline="\n")
        ((_, read),) = ((split, read) for split, read in CONLL.copies(Path(folder))[0].readers if split == "train")
        (form,) = read()
    return form


def _streamed(rows: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The rows after a trip through an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as out:
        out.write_batch(rows)
    batches: list[pa.RecordBatch] = pa.ipc.open_stream(sink.getvalue()).read_all().to_batches()
    return batches


def _parqueted(rows: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The rows after a trip through a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_batches([rows]), sink)  # type: ignore[no-untyped-call]
    file = pq.ParquetFile(pa.BufferReader(sink.getvalue()))  # type: ignore[no-untyped-call]
    return list(file.iter_batches(use_threads=False))  # type: ignore[no-untyped-call]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(annotated(), min_size=5, max_size=10))
def test_decoding_inverts_compilation_of_any_dataset(making: Making, drawn: list[Drawn]) -> None:
    """The same through the whole compile and from disk: decode(compile(x)) == x, from every target."""
    rows = [
        (article, _gold(making, article, fields, spans), split)
        for article, fields, spans, split in (
            (making.article(text, f"a{number}"), fields, spans, split)
            for number, (text, fields, spans, split) in enumerate(drawn)
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        manifest = _build(making.workspace(Path(folder) / "workspace", rows), Path(folder) / "dataset")
        decoded = _decoded(making, Path(folder) / "dataset")

    gold = [(split, make_canonical_form(article, gold)) for article, gold, split in rows]
    assert decoded == [sorted(gold, key=lambda pair: pair[1].article)] * 4
    assert manifest.ledger["spacy"]["span"]["in"] == sum(len(spans) for _, _, spans, _ in drawn)


@pytest.mark.parametrize("seed", range(-(-CASES // AT_ONCE)))
def test_decoding_inverts_compilation_of_random_articles(making: Making, tmp_path: Path, seed: int) -> None:
    """The same of many, through the whole compile and from disk, with spaCy's own docs and without them."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    rows = [_by_chance(making, f"a{number}", chance) for number in range(min(CASES, AT_ONCE))]
    _build(making.workspace(tmp_path / "workspace", rows), tmp_path / "dataset")

    gold = [(split, make_canonical_form(article, gold)) for article, gold, split in rows]
    assert _decoded(making, tmp_path / "dataset") == [sorted(gold, key=lambda pair: pair[1].article)] * 4


def _by_chance(making: Making, name: str, chance: random.Random) -> tuple[Article, Gold, SplitName]:
    """An article of up to 20 pieces and characters, with up to 8 spans, 4 relations, choices and open stretches."""
    text = "".join(_piece(chance) for _ in range(chance.randint(1, 20)))
    places = {
        (*_stretch(chance, text), chance.choice(("PERSON", "GOV_BODY", "COUNTRY"))) for _ in range(chance.randint(0, 8))
    }
    names = {"".join(map(_piece, [chance] * chance.randint(1, 3))) for _ in places}
    spans = [(name, *place, chance.random() < 0.5) for name, place in zip(sorted(names), sorted(places), strict=False)]
    pairs = [(head, tail) for head, *_ in spans for tail, *_ in spans if head != tail]
    ends = chance.sample(pairs, min(len(pairs), chance.randint(0, 4)))
    events = chance.sample(("CONSULT", "AGREE"), chance.randint(0, 2))
    fields: dict[str, object] = {
        "relations": tuple(Relation(head=head, tail=tail, label="PART_OF") for head, tail in ends),
        "open": tuple(_stretch(chance, text) for _ in range(chance.choice((0, 0, 1, 2)))),
        "choices": {"event": tuple(events)} if events else {},
        "open_choices": chance.choice(((), ("usable=yes", "usable=no"))),
    }
    article = making.article(text, name)
    return article, _gold(making, article, fields, spans), chance.choice(SPLITS)


def _piece(chance: random.Random) -> str:
    """A piece that is known to be awkward, or any code point but NUL and surrogates."""
    if chance.random() < 0.5:
        return chance.choice(AWKWARD)
    return chr(chance.choice((chance.randint(1, 0x7F), chance.randint(0x80, 0xD7FF), chance.randint(0xE000, 0x10FFFF))))


def _stretch(chance: random.Random, text: str) -> tuple[int, int]:
    start = chance.randrange(len(text))
    return start, chance.randint(start + 1, len(text))


def _gold(
    making: Making, article: Article, fields: dict[str, object], spans: list[tuple[str, int, int, str, bool]]
) -> Gold:
    drawn = tuple(
        GoldSpan(id=name, start=start, end=end, label=label, unsure=unsure, rule="single", by=("ana",))
        for name, start, end, label, unsure in spans
    )
    return making.gold(article, **{**fields, "spans": drawn})


def _real(making: Making, name: str, folder: Path) -> Project:
    """A real corpus as gold: what it is sure of, duplicates and what its own offsets miss left out."""
    labels, kinds = set[str](), set[str]()
    rows: list[tuple[Article, Gold, SplitName]] = []
    for file in CORPORA[name]:
        if not (SHARED / "corpora" / file).exists():
            pytest.skip(f"../shared/corpora/{file} is not here")
        for line in (SHARED / "corpora" / file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            article = made.article(row["id"], row["text"], title=row["title"])
            sure = [span for span in row["spans"] if span.get("confidence", 1) >= 0.5]
            places = {(span["start"], span["end"], span["label"]): None for span in sure}
            gold = making.gold(article, *places)
            at = {(span.start, span.end): span.id for span in gold.spans}
            ends = [
                (each["type"], *(at.get((each[end]["start"], each[end]["end"])) for end in ("head", "tail")))
                for each in row.get("relations", ())
                if each["confidence"] >= 0.5
            ]
            relations = {
                Relation(head=head, tail=tail, label=kind): None
                for kind, head, tail in ends
                if head and tail and head != tail
            }
            labels |= {label for _, _, label in places}
            kinds |= {relation.label for relation in relations}
            rows.append((article, gold.model_copy(update={"relations": tuple(relations)}), SPLITS[len(rows) % 3]))
    project = making.workspace(folder, rows)
    label, kind = project.schema.labels[0], project.schema.relations[0]
    both = tuple(sorted(labels))
    schema = project.schema.model_copy(
        update={
            "labels": tuple(label.model_copy(update={"name": name}) for name in both),
            "relations": tuple(
                kind.model_copy(update={"name": name, "head": both, "tail": both}) for name in sorted(kinds)
            ),
        }
    )
    return type(project)(project.path, project.file, schema, project.workspace)


@pytest.mark.parametrize(
    ("name", "spans", "relations", "span_only"),
    # 1,917 spans of gum_news lie inside another, as its own description counts them, and none cross.
    [("re3d", 1701, 690, 44), ("gum_news", 4509, 0, 1917)],
)
def test_decoding_inverts_compilation_of_published_corpora(
    making: Making, tmp_path: Path, name: str, spans: int, relations: int, span_only: int
) -> None:
    """Every span and relation of a real corpus is decoded from every target to the character."""
    project = _real(making, name, tmp_path / "workspace")
    manifest = _build(project, tmp_path / "dataset")
    texts = {article.id: article.text for article in project.workspace.articles.rows()}
    gold = {each.article: each for each in project.workspace.gold.rows()}
    drawn = {(name, span.start, span.end, span.label) for name, each in gold.items() for span in each.spans}

    assert (manifest.proof.spans, manifest.proof.relations) == (spans, relations)
    assert manifest.ledger["spacy"]["span"]["span_only"] == span_only
    for target in _decoded(making, tmp_path / "dataset"):
        assert {content.article: content.digest for _, content in target} == {
            name: digest_of(text) for name, text in texts.items()
        }
        found = [(content.article, *span[1:4]) for _, content in target for span in content.spans]
        assert len(found) == spans
        assert set(found) == drawn
        assert sum(len(content.relations) for _, content in target) == relations
