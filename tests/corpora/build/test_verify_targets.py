"""The proof of equality: whatever a target lacks, adds or repeats is found, and named by article and split."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from labeling.corpora.build import verify_targets
from labeling.corpora.build.build import WHOLE_GOLD, build_dataset
from labeling.corpora.build.convert import PlacedArticle, convert_piece
from labeling.corpora.build.selection import GoldSelection
from labeling.corpora.build.serial_executor import SerialExecutor
from labeling.corpora.build.write import DatasetWriter
from labeling.corpora.targets.available import find_targets
from labeling.corpora.targets.target import Recipe
from labeling.errors import (
    SpansLost,
    TargetsDiffer,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labeling.project import Project


def _build(project: Project, folder: Path) -> None:
    folder.mkdir()
    build_dataset(project, folder)


def _placed(project: Project) -> list[PlacedArticle]:
    return [each for each in GoldSelection(project.workspace, WHOLE_GOLD).articles() if isinstance(each, PlacedArticle)]


def _prove(project: Project, folder: Path) -> verify_targets.Proof:
    """Prove what lies in the folder, from gold converted once more elsewhere."""
    recipe = Recipe("en", project.schema, project.file.policies, find_targets(project.file.compile.targets))
    writer = DatasetWriter(folder.with_name("again"), recipe)
    writer.add(convert_piece(recipe, _placed(project)))
    splits = writer.close()
    shutil.rmtree(folder.with_name("again"))
    return verify_targets.prove_equality(folder, recipe, writer, splits, lambda: _placed(project), SerialExecutor())


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
    ("change", "error", "expected"),
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
        (lambda doc: doc.user_data.update(digest="x"), TargetsDiffer, "recorded as x"),
        (
            lambda doc: doc.set_ents([Span(doc, 0, 2, label="PERSON")]),
            TargetsDiffer,
            "'s0', 0, 16, 'PERSON, an entity'",
        ),
        (_half_moved, TargetsDiffer, "'PERSON, by its tokens'"),
    ],
)
def test_the_proof_finds_what_a_target_lacks_or_adds(
    project: Project, tmp_path: Path, change: Callable[[Doc], object], error: type[Exception], expected: str
) -> None:
    """A shard that holds less or more than gold fails the proof, by article, split and thing."""
    _build(project, tmp_path / "dataset")

    def only_minister(doc: Doc) -> None:
        if doc.user_data["article"] == "minister":
            change(doc)

    _rewrite(tmp_path / "dataset/spacy/train/complete/000.spacy", only_minister)
    with pytest.raises(error) as refused:
        _prove(project, tmp_path / "dataset")
    assert str(refused.value).startswith("spacy, read back from disk, is not gold: ")
    assert expected in str(refused.value)


def test_the_proof_finds_an_article_in_another_split_or_twice(project: Project, tmp_path: Path) -> None:
    """What is in dev must not be in train as well."""
    _build(project, tmp_path / "dataset")
    folder = tmp_path / "dataset/spacy"
    shutil.copy(folder / "dev/open/000.spacy", folder / "train/complete/001.spacy")

    with pytest.raises(TargetsDiffer, match="'asked' in train is not gold's"):
        _prove(project, tmp_path / "dataset")

    shutil.copy(folder / "dev/open/000.spacy", folder / "dev/open/001.spacy")
    (folder / "train/complete/001.spacy").unlink()
    with pytest.raises(TargetsDiffer, match="'asked' in dev is there twice"):
        _prove(project, tmp_path / "dataset")


def test_the_proof_finds_a_moved_span_in_parquet(project: Project, tmp_path: Path) -> None:
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
    ("change", "expected"),
    [
        (lambda rows: rows[0]["tags"].__setitem__(0, 0), "tags in dev"),
        (lambda rows: rows[0].update(tokens=[]), "tokens in dev"),
    ],
)
def test_the_proof_compares_tokens_and_tags_of_parquet(
    project: Project, tmp_path: Path, change: Callable[[list[dict[str, Any]]], object], expected: str
) -> None:
    """Tags and tokens of the Parquet file are those of Arrow's, in every cell."""
    _build(project, tmp_path / "dataset")
    path = tmp_path / "dataset/huggingface/parquet/dev.parquet"
    table = pq.ParquetFile(path).read()  # type: ignore[no-untyped-call]
    rows = table.to_pylist()
    change(rows)
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)  # type: ignore[no-untyped-call]

    with pytest.raises(TargetsDiffer, match=f"huggingface/parquet, .* is not huggingface/arrow: {expected}"):
        _prove(project, tmp_path / "dataset")


def test_the_proof_finds_missing_rows_in_parquet(project: Project, tmp_path: Path) -> None:
    """A Parquet file without its rows is not gold, though it lacks no column."""
    _build(project, tmp_path / "dataset")
    path = tmp_path / "dataset/huggingface/parquet/train.parquet"
    table = pq.ParquetFile(path).read()  # type: ignore[no-untyped-call]
    pq.write_table(table.slice(0, 0), path)  # type: ignore[no-untyped-call]

    with pytest.raises(SpansLost, match=r"huggingface/parquet, .*'minister' in train is not there"):
        _prove(project, tmp_path / "dataset")
