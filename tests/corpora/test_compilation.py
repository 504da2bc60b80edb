"""From a workspace to a dataset: proven equal, the same bytes every time, and a name for whatever stands in the way."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from huggingface_hub import DatasetCard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from labeling.annotations import Gold, GoldSpan, Relation
from labeling.articles import Article
from labeling.corpora import making as maker
from labeling.corpora import proof
from labeling.corpora.columns import contents_of
from labeling.corpora.compilation import build
from labeling.corpora.content import Content, content_of
from labeling.corpora.crew import Alone
from labeling.corpora.huggingface import features, read_arrow, read_parquet
from labeling.corpora.layer import flat_layer
from labeling.corpora.manifest import Manifest, digest_at, verify
from labeling.corpora.shards import contents_in
from labeling.errors import (
    CorpusChanged,
    DamagedFile,
    LeakError,
    MissingInput,
    NothingToCompile,
    SpansLost,
    TargetsDiffer,
)
from labeling.project import Policies
from labeling.splits import SPLITS, Assignment, SplitName
from labeling.values import digest_of
from labeling.workspace import read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.project import Project
    from tests.corpora.conftest import Making

# How many cases the property of one article is tried on: 100,000 have been, with LABELING_CASES (see docs).
CASES = int(os.environ.get("LABELING_CASES", "200"))
SHARED = Path(__file__).parents[3] / "shared"
CORPORA = {"re3d": ["re3d/uk_government.jsonl", "re3d/centcom.jsonl"], "gum_news": ["gum_news/news.jsonl"]}


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


def _build(project: Project, folder: Path) -> Manifest:
    folder.mkdir()
    return build(project, folder)


def test_what_a_dataset_holds(project: Project, tmp_path: Path) -> None:
    """The manifest counts by split, names what was left out, and says what was proven."""
    manifest = _build(project, tmp_path / "dataset")

    assert {split: manifest.splits[split].articles for split in SPLITS} == {"train": 2, "dev": 1, "test": 0}
    assert manifest.splits["dev"].complete == 0
    assert manifest.splits["train"].labels == {"PERSON": 2, "GOV_BODY": 2, "COUNTRY": 2}
    assert manifest.splits["train"].sources == {"": 1, "wire": 1}
    assert [(each.article, each.reason) for each in manifest.left_out] == [
        ("bad", "an annotator ruled it out: usable is no"),
        ("bridge", "a bridge"),
    ]
    assert (manifest.proof.articles, manifest.proof.spans, manifest.proof.relations) == (3, 7, 2)
    assert manifest.proof.targets == ("spacy", "huggingface/arrow", "huggingface/parquet")
    assert manifest.ledger["spacy"]["span"] == {
        "in": 7,
        "kept": 3,
        "split": 1,
        "span_only": 3,
        "left_out": 0,
        "lost": 0,
    }
    assert manifest.ledger["huggingface"]["span"] == {"in": 7, "kept": 3, "span_only": 4, "left_out": 0, "lost": 0}
    assert manifest.inputs["articles.jsonl"].rows == 5


def test_the_same_bytes_in_another_folder(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled in a copy of the workspace, elsewhere, relative to another place: every file is the same."""
    _build(project, tmp_path / "one")
    shutil.copytree(project.workspace.root, tmp_path / "elsewhere" / "copy")
    monkeypatch.chdir(tmp_path / "elsewhere")
    moved = type(project)(Path("x.toml"), project.file, project.schema, type(project.workspace)(Path("copy")))
    _build(moved, Path("two"))

    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "elsewhere" / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_the_same_bytes_whoever_does_the_work(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes make what one makes, byte for byte, also where there are more pieces than processes."""
    monkeypatch.setattr(maker, "_PIECE_CHARACTERS", 40)
    _build(project, tmp_path / "one")
    (tmp_path / "two").mkdir()
    build(project, tmp_path / "two", processes=2)

    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert sum(name.endswith(".spacy") for name in one) == 5


def test_a_fault_comes_back_from_another_process(project: Project, tmp_path: Path) -> None:
    """What another process refuses is refused here by the same name, with the same words."""
    *others, minister = read_rows(project.workspace.gold, Gold)
    spans = tuple(span.model_copy(update={"label": "COUNTRI"}) for span in minister.spans)
    write_rows(project.workspace.gold, [*others, minister.model_copy(update={"spans": spans})])
    refused = []
    for processes in (1, 2):
        (tmp_path / str(processes)).mkdir()
        with pytest.raises(SpansLost) as refusal:
            build(project, tmp_path / str(processes), processes=processes)
        refused.append((str(refusal.value), refusal.value.todo, refusal.value.where))

    assert refused[0] == refused[1]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_card(project: Project, tmp_path: Path) -> None:
    """The Hub's own reader takes the head; by it, `load_dataset` finds the splits that have rows."""
    _build(project, tmp_path / "dataset")
    text = (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8")
    head = DatasetCard(text).data.to_dict()  # type: ignore[no-untyped-call]
    loaded = load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))

    assert (head["language"], head["license"], head["size_categories"]) == (["en"], "other", ["n<1K"])
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 2, "dev": 1}
    assert "| PERSON | 2 | 0 | 0 | 1 | a PERSON |" in text
    assert "| articles | 2 | 1 | 0 |" in text
    assert "* spacy, spans: in 7, kept 3, split 1, span only 3, left out 0, lost 0" in text
    assert "cannot read a split that has no rows, so the head of this card leaves out test" in text
    assert "* `bridge`: a bridge" in text


def test_verify_accepts_what_was_built(project: Project, tmp_path: Path) -> None:
    """A fresh dataset is what its manifest says, also under another name."""
    manifest = _build(project, tmp_path / "dataset")
    (tmp_path / "dataset").rename(tmp_path / "moved")

    assert verify(tmp_path / "moved") == manifest


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda folder: _flip(folder / "spacy/train/complete/000.spacy"), "spacy/train/complete/000.spacy has changed"),
        (lambda folder: (folder / "ledger.jsonl").unlink(), "ledger.jsonl is missing"),
        (lambda folder: (folder / "spacy/notes.txt").write_text("x"), "spacy/notes.txt is not in the manifest"),
    ],
)
def test_verify_names_what_differs(
    project: Project, tmp_path: Path, change: Callable[[Path], object], fault: str
) -> None:
    """One flipped bit, one file gone, one file more: each is named, and nothing else."""
    _build(project, tmp_path / "dataset")
    change(tmp_path / "dataset")

    with pytest.raises(CorpusChanged) as refused:
        verify(tmp_path / "dataset")
    assert str(refused.value).endswith(f": {fault}")


def test_verify_notices_another_manifest(project: Project, tmp_path: Path) -> None:
    """A folder named by its digest vouches for the manifest too."""
    _build(project, tmp_path / "dataset")
    named = (tmp_path / "dataset").rename(tmp_path / digest_at(tmp_path / "dataset")[:16])
    manifest = named / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"small"', '"big"'), encoding="utf-8")

    with pytest.raises(CorpusChanged, match=r"manifest.json has changed: its digest is [0-9a-f]{16}, the folder is"):
        verify(named)


def _wanted(project: Project) -> Callable[[], Iterator[tuple[SplitName, Content]]]:
    articles = {article.id: article for article in read_rows(project.workspace.articles, Article)}
    places: dict[str, SplitName] = {"minister": "train", "empty": "train", "asked": "dev"}
    return lambda: (
        (places[gold.article], content_of(articles[gold.article], gold))
        for gold in read_rows(project.workspace.gold, Gold)
        if gold.article in places
    )


def _prove(project: Project, folder: Path) -> proof.Proof:
    wanted = _wanted(project)
    prints = {(split, content.article): content.fingerprint for split, content in wanted()}
    return proof.prove(folder, prints, wanted, Alone())


def _rewrite(shard: Path, change: Callable[[Doc], object]) -> None:
    """Write a shard again with a change to each doc."""
    docs = list(DocBin().from_disk(shard).get_docs(Vocab()))
    for doc in docs:
        change(doc)
    DocBin(attrs=("ENT_IOB", "ENT_TYPE", "ENT_ID"), store_user_data=True, docs=docs).to_disk(shard)


def _half_moved(doc: Doc) -> None:
    """Give the first span other tokens, and leave its offsets as they are."""
    first, *others = doc.spans["sc"]
    end = first.end_char
    first.end -= 1
    first.end_char = end
    doc.spans["sc"] = [first, *others]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            lambda doc: doc.spans.update({"sc": list(doc.spans["sc"])[1:]}),
            SpansLost,
            "'minister' in train lacks span ('s0', 0, 25",
        ),
        (lambda doc: doc.user_data.update(relations=()), SpansLost, "lacks relation ('s1', 'PART_OF', 's5')"),
        (lambda doc: doc.cats.update({"event=CONSULT": 0.0}), SpansLost, "lacks choice event=CONSULT"),
        (lambda doc: doc.cats.update({"event=AGREE": 1.0}), TargetsDiffer, "has other choices: gold has []"),
        (lambda doc: doc.user_data.update(title="x"), TargetsDiffer, "has other provenance"),
        (lambda doc: doc.user_data.update(article="x"), SpansLost, "'minister' in train is not there"),
        (lambda doc: doc.user_data.update(digest="x"), TargetsDiffer, "said to be x"),
        (
            lambda doc: doc.set_ents([Span(doc, 0, 2, label="PERSON")]),
            TargetsDiffer,
            "'s0', 0, 16, 'PERSON, an entity'",
        ),
        (_half_moved, TargetsDiffer, "'PERSON, by its tokens'"),
    ],
)
def test_the_proof_finds_what_a_target_lacks_or_adds(
    project: Project, tmp_path: Path, change: Callable[[Doc], object], error: type[Exception], said: str
) -> None:
    """A shard that says less or more than gold fails the proof, by article, split and thing."""
    _build(project, tmp_path / "dataset")

    def only_minister(doc: Doc) -> None:
        if doc.user_data["article"] == "minister":
            change(doc)

    _rewrite(tmp_path / "dataset/spacy/train/complete/000.spacy", only_minister)
    with pytest.raises(error) as refused:
        _prove(project, tmp_path / "dataset")
    assert str(refused.value).startswith("spacy, read back from disk, is not gold: ")
    assert said in str(refused.value)


def test_the_proof_finds_an_article_in_another_split_or_twice(project: Project, tmp_path: Path) -> None:
    """What stands in dev must not stand in train as well."""
    _build(project, tmp_path / "dataset")
    folder = tmp_path / "dataset/spacy"
    shutil.copy(folder / "dev/open/000.spacy", folder / "train/complete/001.spacy")

    with pytest.raises(TargetsDiffer, match="'asked' in train is not gold's"):
        _prove(project, tmp_path / "dataset")

    shutil.copy(folder / "dev/open/000.spacy", folder / "dev/open/001.spacy")
    (folder / "train/complete/001.spacy").unlink()
    with pytest.raises(TargetsDiffer, match="'asked' in dev stands twice"):
        _prove(project, tmp_path / "dataset")


def test_the_proof_reads_parquet_too(project: Project, tmp_path: Path) -> None:
    """A row whose span was moved by a character in the Parquet file alone."""
    _build(project, tmp_path / "dataset")
    path = tmp_path / "dataset/huggingface/parquet/dev.parquet"
    table = pq.ParquetFile(path).read()  # type: ignore[no-untyped-call]
    rows = table.to_pylist()
    rows[0]["spans"][0]["end"] += 1
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)  # type: ignore[no-untyped-call]

    with pytest.raises(SpansLost, match=r"huggingface/parquet, .*'asked' in dev lacks span \('s0', 0, 5"):
        _prove(project, tmp_path / "dataset")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[0]["tags"].__setitem__(0, 0), "tags in dev"),
        (lambda rows: rows[0].update(tokens=[]), "tokens in dev"),
    ],
)
def test_the_proof_compares_what_gold_does_not_say(
    project: Project, tmp_path: Path, change: Callable[[list[dict[str, Any]]], object], said: str
) -> None:
    """Tags and tokens of the Parquet file are those of Arrow's, in every cell."""
    _build(project, tmp_path / "dataset")
    path = tmp_path / "dataset/huggingface/parquet/dev.parquet"
    table = pq.ParquetFile(path).read()  # type: ignore[no-untyped-call]
    rows = table.to_pylist()
    change(rows)
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)  # type: ignore[no-untyped-call]

    with pytest.raises(TargetsDiffer, match=f"huggingface/parquet, .* is not huggingface/arrow: {said}"):
        _prove(project, tmp_path / "dataset")


def test_the_proof_misses_no_rows_of_parquet(project: Project, tmp_path: Path) -> None:
    """A Parquet file without its rows is not gold, though it lacks no column."""
    _build(project, tmp_path / "dataset")
    path = tmp_path / "dataset/huggingface/parquet/train.parquet"
    table = pq.ParquetFile(path).read()  # type: ignore[no-untyped-call]
    pq.write_table(table.slice(0, 0), path)  # type: ignore[no-untyped-call]

    with pytest.raises(SpansLost, match=r"huggingface/parquet, .*'minister' in train is not there"):
        _prove(project, tmp_path / "dataset")


def test_nothing_to_compile(tmp_path: Path, making: Making) -> None:
    """Gold that is all left out makes no dataset."""
    article = making.article("Japan")
    project = making.workspace(tmp_path / "workspace", [(article, making.gold(article), None)])

    with pytest.raises(NothingToCompile, match="no article has usable gold and a split"):
        _build(project, tmp_path / "dataset")


def test_gold_without_a_place(project: Project, tmp_path: Path) -> None:
    """Gold that came since the last `split` is not dropped in silence."""
    project.workspace.splits.write_text("")

    with pytest.raises(MissingInput, match="'asked' has gold and no line in splits") as refused:
        _build(project, tmp_path / "dataset")
    assert "labeling split" in refused.value.todo


@pytest.mark.parametrize(
    ("update", "said"),
    [({"text": "Other words."}, "is of another text than articles.jsonl has"), ({"id": "zz"}, "has no article")],
)
def test_gold_of_another_text(project: Project, tmp_path: Path, update: dict[str, str], said: str) -> None:
    """Gold whose article is gone, or has another text by now, is refused by name."""
    articles = [
        article.model_copy(update=update) if article.id == "minister" else article
        for article in read_rows(project.workspace.articles, Article)
    ]
    write_rows(project.workspace.articles, articles)

    with pytest.raises(DamagedFile, match=f"the gold of 'minister' {said}"):
        _build(project, tmp_path / "dataset")


def test_a_leak_group_in_two_splits(project: Project, tmp_path: Path) -> None:
    """Whoever changed splits.jsonl by hand, one text does not get into train and dev."""
    rows = [
        row.model_copy(update={"leak_group": "one"}) if row.article in {"asked", "minister"} else row
        for row in read_rows(project.workspace.splits, Assignment)
    ]
    write_rows(project.workspace.splits, rows)

    with pytest.raises(LeakError, match="'asked' in dev and 'minister' in train share the leak group 'one'"):
        _build(project, tmp_path / "dataset")


def test_lost_spans_fail_the_compile(tmp_path: Path, making: Making) -> None:
    """A span beyond its text: no target can hold it."""
    article = making.article("Japan")
    project = making.workspace(tmp_path / "workspace", [(article, making.gold(article, (0, 9, "COUNTRY")), "train")])

    with pytest.raises(SpansLost, match=r"span 's0' of 'a' \(offsets out of range: 0\.\.9 in a text of 5"):
        _build(project, tmp_path / "dataset")


def _decoded(making: Making, folder: Path) -> list[list[tuple[SplitName, Content]]]:
    """What each target says, read from disk: spaCy, Arrow, Parquet; by split and article."""
    read: list[Callable[[SplitName], Iterable[Content]]] = [
        lambda split: map(making.content_of, making.docs_in(folder / "spacy" / split)),
        lambda split: read_arrow(folder / "huggingface", split),
        lambda split: read_parquet(folder / "huggingface", split),
    ]
    return [
        sorted(((split, content) for split in SPLITS for content in each(split)), key=lambda pair: pair[1].article)
        for each in read
    ]


PIECES = st.sampled_from(
    (
        *("India", " ", "  ", "\n", "(IOR).Both", "U.S.-China", "EU27", "@X", "#A-#B", ".", "\u2019", "=", "\\n"),
        *("\U0001f44d\U0001f3fd", "e\u0301", "\u0627\u0644\u0647\u0646\u062f", "\u200d", "\u200b", "\xa0", "\u202e"),
    )
)
TEXTS = st.lists(PIECES | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)


Drawn: TypeAlias = tuple[str, dict[str, object], list[tuple[str, int, int, str, bool]], SplitName]


@st.composite
def annotated(draw: st.DrawFn) -> Drawn:
    """A text, what is said of it besides spans, its spans with ids, and a split."""
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
    said: dict[str, object] = {
        "relations": tuple(Relation(head=head, tail=tail, label="PART_OF") for head, tail in relations),
        "open": opened,
        "choices": {"event": tuple(events)} if events else {},
        "open_choices": ("usable=yes", "usable=no") if draw(st.booleans()) else (),
    }
    return text, said, spans, draw(st.sampled_from(SPLITS))


@settings(max_examples=CASES, deadline=None)
@given(annotated())
def test_one_article_decoded_is_gold(making: Making, drawn: Drawn) -> None:
    """Any text, any valid spans, relations, choices and questions: decode(compile(x)) == x, for every format.

    What is decoded are bytes as they would lie on the disk: a shard, an Arrow stream, a Parquet file.
    """
    text, said, spans, split = drawn
    article = making.article(text)
    gold, labels = _gold(making, article, said, spans), making.schema.label_names
    recipe = maker.Recipe("en", making.schema, Policies(), features(labels).arrow_schema)
    made = maker.make(recipe, [maker.Placed(article, gold, {}, split)])
    (shard,), rows = made.parts[split].shards.values(), made.parts[split].rows
    wanted, packed = content_of(article, gold), DocBin().from_bytes(shard)
    (doc,) = packed.get_docs(Vocab())

    assert making.content_of(doc) == wanted
    assert list(contents_in(packed)) == [wanted]
    assert [content for batch in _streamed(rows) for content in contents_of(batch)] == [wanted]
    assert [content for batch in _parqueted(rows) for content in contents_of(batch)] == [wanted]
    flat = [(span.id, span.start, span.end, span.label) for span in flat_layer(text, gold, labels).spans]
    assert [(ent.ent_id_, ent.start_char, ent.end_char, ent.label_) for ent in doc.ents] == flat
    things = len(gold.spans) + len(gold.relations) + sum(map(len, gold.choices.values()))
    assert made.lines.count("\n") == 2 * things


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
    batches: list[pa.RecordBatch] = pq.read_table(pa.BufferReader(sink.getvalue())).to_batches()  # type: ignore[no-untyped-call]
    return batches


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(annotated(), min_size=5, max_size=10))
def test_a_dataset_decoded_is_gold(making: Making, drawn: list[Drawn]) -> None:
    """The same through the whole compile and from disk: decode(compile(x)) == x, from every target."""
    rows = [
        (article, _gold(making, article, said, spans), split)
        for article, said, spans, split in (
            (making.article(text, f"a{number}"), said, spans, split)
            for number, (text, said, spans, split) in enumerate(drawn)
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        manifest = _build(making.workspace(Path(folder) / "workspace", rows), Path(folder) / "dataset")
        decoded = _decoded(making, Path(folder) / "dataset")

    gold = [(split, content_of(article, gold)) for article, gold, split in rows]
    assert decoded == [sorted(gold, key=lambda pair: pair[1].article)] * 3
    assert manifest.ledger["spacy"]["span"]["in"] == sum(len(spans) for _, _, spans, _ in drawn)


def _gold(
    making: Making, article: Article, said: dict[str, object], spans: list[tuple[str, int, int, str, bool]]
) -> Gold:
    drawn = tuple(
        GoldSpan(id=name, start=start, end=end, label=label, unsure=unsure, rule="single", by=("ana",))
        for name, start, end, label, unsure in spans
    )
    return making.gold(article, **{**said, "spans": drawn})


def _real(making: Making, name: str, folder: Path) -> Project:
    """A real corpus as gold: what it is sure of, duplicates and what its own offsets miss left out."""
    labels, kinds = set[str](), set[str]()
    rows: list[tuple[Article, Gold, SplitName]] = []
    for file in CORPORA[name]:
        if not (SHARED / "corpora" / file).exists():
            pytest.skip(f"../shared/corpora/{file} is not here")
        for line in (SHARED / "corpora" / file).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            article = Article(id=row["id"], text=row["text"], digest=digest_of(row["text"]), title=row["title"])
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
def test_real_corpora_come_back_whole(
    making: Making, tmp_path: Path, name: str, spans: int, relations: int, span_only: int
) -> None:
    """Every span and relation of a real corpus is decoded from every target to the character."""
    project = _real(making, name, tmp_path / "workspace")
    manifest = _build(project, tmp_path / "dataset")
    texts = {article.id: article.text for article in read_rows(project.workspace.articles, Article)}
    gold = {each.article: each for each in read_rows(project.workspace.gold, Gold)}
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
