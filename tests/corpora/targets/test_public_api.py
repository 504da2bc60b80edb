"""The fence: with LABELING_PLAIN=1 nothing leans on the insides of a package, and a dataset is the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datasets import DatasetDict, load_dataset, load_from_disk
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab
from srsly.msgpack import msgpack_encoders

from labeling.corpora.build.build import build_dataset
from labeling.corpora.targets.huggingface import datasets_insides
from labeling.corpora.targets.spacy import docbin_insides, srsly_insides
from labeling.corpora.targets.spacy.docbin_insides import read_docs
from labeling.corpora.targets.spacy.docbin_public import read_public_docs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.corpora.manifest import Manifest
    from labeling.project import Project

PACKAGE = Path(__file__).parents[3] / "labeling"
# What only one module may know, and which one that is.
INSIDES = {
    "msgpack_encoders": "corpora/targets/spacy/srsly_insides.py",
    "unpackb": "corpora/targets/spacy/srsly_insides.py",
    "span_groups": "corpora/targets/spacy/docbin_insides.py",
    "has_unknown_spaces": "corpora/targets/spacy/docbin_insides.py",
    "_data_files": "corpora/targets/huggingface/datasets_insides.py",
    'b"huggingface"': "corpora/targets/huggingface/datasets_insides.py",
    "_chunk_size": "passages/find.py",
}


def _build(project: Project, folder: Path) -> Manifest:
    folder.mkdir()
    return build_dataset(project, folder)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The switch is on, and whatever is called of the insides fails, as after an upgrade that changed them."""

    def changed(*_arguments: object, **_options: object) -> None:
        raise AttributeError("this changed with an upgrade")

    monkeypatch.setenv("LABELING_PLAIN", "1")
    for module in (srsly_insides, docbin_insides, datasets_insides):
        for name in ("unpack_bytes", "read_docs", "describe_split", "describe_dataset_dict", "make_compatible"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, changed)
    monkeypatch.setattr(docbin_insides.DocBinBuilder, "__init__", changed)
    yield
    assert "get_all" not in vars(msgpack_encoders)


@pytest.fixture
def quick(project: Project, tmp_path: Path) -> Path:
    """The dataset as it is made without the switch."""
    _build(project, tmp_path / "quick")
    return tmp_path / "quick"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _rows_of(found: Any) -> dict[str, tuple[object, list[Any]]]:
    """The features and the rows of each split."""
    assert isinstance(found, DatasetDict)
    return {split: (rows.features, rows.to_list()) for split, rows in found.items()}


def _parquet(folder: Path, cache: Path) -> Any:
    # Its own reading refuses a split without rows, which `test` is here.
    files = {split: str(folder / f"huggingface/parquet/{split}.parquet") for split in ("train", "dev")}
    return load_dataset("parquet", data_files=files, cache_dir=str(cache))


@pytest.mark.usefixtures("plain")
def test_the_public_api_gives_the_same_dataset(quick: Path, project: Project, tmp_path: Path) -> None:
    """The folder of spaCy is the same to the byte, and both tables have the same features and rows."""
    plain, cache = tmp_path / "plain", tmp_path / "cache"
    manifest = _build(project, plain)

    assert manifest.proof.articles > 0
    assert _files(plain / "spacy") == _files(quick / "spacy")
    assert {path.partition("/")[0] for path in _files(plain / "huggingface")} == {"arrow", "parquet"}
    arrow = [_rows_of(load_from_disk(str(folder / "huggingface/arrow"))) for folder in (plain, quick)]
    assert arrow[0] == arrow[1]
    arrow[0].pop("test")
    assert _rows_of(_parquet(plain, cache / "plain")) == _rows_of(_parquet(quick, cache / "quick")) == arrow[0]


@pytest.mark.usefixtures("plain")
def test_the_public_api_gives_the_same_bytes_twice(project: Project, tmp_path: Path) -> None:
    """The fingerprint that `datasets` makes up would have the time in it."""
    first, second = (_build(project, tmp_path / name) for name in ("first", "second"))

    assert first.outputs == second.outputs


def _half_moved(doc: Doc) -> None:
    """Give the first span other tokens, and leave its offsets as they are."""
    first, *others = doc.spans["sc"]
    end = first.end_char
    first.end -= 1
    first.end_char = end
    doc.spans["sc"] = [first, *others]


@pytest.mark.parametrize(
    ("change", "found"),
    [(_half_moved, "by its tokens"), (lambda doc: doc.set_ents([Span(doc, 0, 2, label="PERSON")]), "an entity")],
)
def test_both_readers_find_what_a_doc_has_besides_gold(
    quick: Path, change: Callable[[Doc], object], found: str
) -> None:
    """A span whose places differ, an entity that is not a span: the same extra spans, whoever reads."""
    shard = quick / "spacy/train/complete/000.spacy"
    docs = list(DocBin().from_disk(shard).get_docs(Vocab()))
    for doc in docs:
        if doc.spans["sc"]:
            change(doc)
    changed = DocBin(attrs=("ENT_IOB", "ENT_TYPE", "ENT_ID"), store_user_data=True, docs=docs).to_bytes()

    forms = [list(read(DocBin().from_bytes(changed))) for read in (read_docs, read_public_docs)]
    assert forms[0] == forms[1]
    assert any(found in span[3] for form in forms[0] for span in form.spans)


@pytest.mark.parametrize(("inside", "home"), INSIDES.items())
def test_an_inside_is_known_to_one_module(inside: str, home: str) -> None:
    """Whoever upgrades spaCy, srsly, datasets or Daft has one file to read for each."""
    knowing = [path for path in PACKAGE.rglob("*.py") if inside in path.read_text(encoding="utf-8")]

    assert [str(path.relative_to(PACKAGE)) for path in knowing] == [home]
