"""From a workspace to a dataset: proven equal, the same bytes every time, and a name for whatever stands in the way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from datasets import load_dataset
from huggingface_hub import DatasetCard

from labeling.corpora.build import convert as maker
from labeling.corpora.build.build import build_dataset
from labeling.corpora.manifest import Manifest, dataset_digest, verify_dataset
from labeling.errors import (
    CorpusChanged,
    DamagedFile,
    LeakError,
    MissingInput,
    NothingToCompile,
    SpansLost,
)
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project
    from tests.corpora.conftest import Making


def _build(project: Project, folder: Path) -> Manifest:
    folder.mkdir()
    return build_dataset(project, folder)


def test_manifest_counts_what_a_dataset_holds(project: Project, tmp_path: Path) -> None:
    """The manifest counts by split, names what was left out, and records what was proven."""
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


def test_dataset_bytes_do_not_depend_on_the_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled in a copy of the workspace, elsewhere, relative to another place: every file is the same."""
    _build(project, tmp_path / "one")
    shutil.copytree(project.workspace.root, tmp_path / "elsewhere" / "copy")
    monkeypatch.chdir(tmp_path / "elsewhere")
    moved = type(project)(Path("x.toml"), project.file, project.schema, type(project.workspace)(Path("copy")))
    _build(moved, Path("two"))

    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "elsewhere" / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_dataset_bytes_do_not_depend_on_the_number_of_processes(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes make what one makes, byte for byte, also where there are more pieces than processes."""
    monkeypatch.setattr(maker, "_PIECE_CHARACTERS", 40)
    _build(project, tmp_path / "one")
    (tmp_path / "two").mkdir()
    build_dataset(project, tmp_path / "two", processes=2)

    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert sum(name.endswith(".spacy") for name in one) == 5


def test_dataset_bytes_do_not_depend_on_the_tokenizer_cache(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tokenizer that has met too many words is replaced between two pieces; the words it had met shape nothing."""
    monkeypatch.setattr(maker, "_PIECE_CHARACTERS", 40)
    _build(project, tmp_path / "one")
    monkeypatch.setattr(maker, "_MOST_WORDS", 1)
    _build(project, tmp_path / "two")

    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_error_from_another_process_keeps_its_type_and_words(project: Project, tmp_path: Path) -> None:
    """What another process refuses is refused here by the same name, with the same words."""
    *others, minister = project.workspace.gold.rows()
    spans = tuple(span.model_copy(update={"label": "COUNTRI"}) for span in minister.spans)
    project.workspace.gold.write([*others, minister.model_copy(update={"spans": spans})])
    refused = []
    for processes in (1, 2):
        (tmp_path / str(processes)).mkdir()
        with pytest.raises(SpansLost) as refusal:
            build_dataset(project, tmp_path / str(processes), processes=processes)
        refused.append((str(refusal.value), refusal.value.todo, refusal.value.where))

    assert refused[0] == refused[1]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_hub_reads_the_card(project: Project, tmp_path: Path) -> None:
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


def test_verify_accepts_a_fresh_dataset(project: Project, tmp_path: Path) -> None:
    """A fresh dataset is what its manifest describes, also under another name."""
    manifest = _build(project, tmp_path / "dataset")
    (tmp_path / "dataset").rename(tmp_path / "moved")

    assert verify_dataset(tmp_path / "moved") == manifest


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
        verify_dataset(tmp_path / "dataset")
    assert str(refused.value).endswith(f": {fault}")


def test_verify_finds_a_changed_manifest(project: Project, tmp_path: Path) -> None:
    """A folder named by its digest vouches for the manifest too."""
    _build(project, tmp_path / "dataset")
    named = (tmp_path / "dataset").rename(tmp_path / dataset_digest(tmp_path / "dataset")[:16])
    manifest = named / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"small"', '"big"'), encoding="utf-8")

    with pytest.raises(CorpusChanged, match=r"manifest.json has changed: its digest is [0-9a-f]{16}, the folder is"):
        verify_dataset(named)


def test_gold_without_any_split_makes_no_dataset(tmp_path: Path, making: Making) -> None:
    """Gold that is all left out makes no dataset."""
    article = making.article("Japan")
    project = making.workspace(tmp_path / "workspace", [(article, making.gold(article), None)])

    with pytest.raises(NothingToCompile, match="no article has usable gold and a split"):
        _build(project, tmp_path / "dataset")


def test_gold_newer_than_the_splits_is_refused(project: Project, tmp_path: Path) -> None:
    """Gold that came since the last `split` is not dropped in silence."""
    project.workspace.splits.path.write_text("")

    with pytest.raises(MissingInput, match="'asked' has gold and no line in splits") as refused:
        _build(project, tmp_path / "dataset")
    assert "labeling split" in refused.value.todo


@pytest.mark.parametrize(
    ("update", "expected"),
    [({"text": "Other words."}, "is of another text than articles.jsonl has"), ({"id": "zz"}, "has no article")],
)
def test_gold_of_a_changed_or_missing_article_is_refused(
    project: Project, tmp_path: Path, update: dict[str, str], expected: str
) -> None:
    """Gold whose article is gone, or has another text by now, is refused by name."""
    articles = [
        article.model_copy(update=update) if article.id == "minister" else article
        for article in project.workspace.articles.rows()
    ]
    project.workspace.articles.write(articles)

    with pytest.raises(DamagedFile, match=f"the gold of 'minister' {expected}"):
        _build(project, tmp_path / "dataset")


def test_leak_group_in_two_splits_is_refused(project: Project, tmp_path: Path) -> None:
    """After a change of splits.jsonl by hand, too, one leak group does not get into train and dev."""
    rows = [
        row.model_copy(update={"leak_group": "one"}) if row.article in {"asked", "minister"} else row
        for row in project.workspace.splits.rows()
    ]
    project.workspace.splits.write(rows)

    with pytest.raises(LeakError, match="'one' are in different splits: 'minister' in train, 'asked' in dev"):
        _build(project, tmp_path / "dataset")


def test_lost_spans_fail_the_compile(tmp_path: Path, making: Making) -> None:
    """A span beyond its text: no target can hold it."""
    article = making.article("Japan")
    project = making.workspace(tmp_path / "workspace", [(article, making.gold(article, (0, 9, "COUNTRY")), "train")])

    with pytest.raises(SpansLost, match=r"span 's0' of 'a': offsets out of range: 0\.\.9 in a text of 5"):
        _build(project, tmp_path / "dataset")
