"""The targets: named in the project file, the first two by default, and each the same whichever others there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeling.corpora.build.build import build_dataset
from labeling.corpora.manifest import verify_dataset
from labeling.corpora.release.join import join
from labeling.corpora.release.release import release
from labeling.corpora.store import target_folder
from labeling.corpora.targets.available import DEFAULT_TARGETS, TARGETS, find_targets
from labeling.errors import MissingInput, ProjectFileError, UsageError
from labeling.project import CompileSection, Project


def _asking(project: Project, *targets: str) -> Project:
    file = project.file.model_copy(update={"compile": CompileSection(targets=targets)})
    return Project(project.path, file, project.schema, project.workspace)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_targets_by_name() -> None:
    """Without a name the default ones; in whatever order they are named, in ours."""
    assert find_targets(()) == DEFAULT_TARGETS
    assert [target.name for target in find_targets(["prodigy", "spacy"])] == ["spacy", "prodigy"]


@pytest.mark.parametrize(
    ("names", "fault"), [(["brat"], "'brat' is not a target"), (["conll", "conll"], "'conll' is named twice")]
)
def test_a_target_that_there_is_not(project: Project, tmp_path: Path, names: list[str], fault: str) -> None:
    """The compile is refused before anything is read, with the names there are."""
    tmp_path.joinpath("dataset").mkdir()
    with pytest.raises(ProjectFileError, match=fault) as refused:
        build_dataset(_asking(project, *names), tmp_path / "dataset")

    assert "spacy, huggingface, conll, prodigy" in refused.value.todo
    assert list(tmp_path.joinpath("dataset").iterdir()) == []


def test_more_targets_leave_the_others_as_they_are(project: Project, tmp_path: Path) -> None:
    """All four from one compile: the files of the default two are the same to the byte, and all is accounted for."""
    names = [target.name for target in TARGETS]
    for name, asking in (("two", project), ("four", _asking(project, *names))):
        (tmp_path / name).mkdir()
        build_dataset(asking, tmp_path / name)
    manifest = verify_dataset(tmp_path / "four")

    for target in ("spacy", "huggingface"):
        assert _bytes(tmp_path / "four" / target) == _bytes(tmp_path / "two" / target)
    assert set(manifest.ledger) == {"gold", *names}
    assert [manifest.ledger[name]["span"]["in"] for name in names] == [7, 7, 7, 7]
    assert manifest.proof.targets == ("spacy", "huggingface/arrow", "huggingface/parquet", "conll", "prodigy")


def test_the_same_bytes_from_two_processes(project: Project, tmp_path: Path) -> None:
    """A target travels to another process as well as its work does."""
    asking = _asking(project, "conll", "prodigy")
    for name, processes in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        build_dataset(asking, tmp_path / name, processes=processes)

    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_the_card_speaks_of_the_targets_that_are_there(project: Project, tmp_path: Path) -> None:
    """Without Hugging Face no head for the Hub, without spaCy nothing to train by."""
    (tmp_path / "dataset").mkdir()
    build_dataset(_asking(project, "conll", "prodigy"), tmp_path / "dataset")
    card = (tmp_path / "dataset/README.md").read_text(encoding="utf-8")

    assert "In `conll/` is the flat layer in IOB2" in card
    assert "In `prodigy/` each article is a line" in card
    assert "configs:" not in card
    assert "## Train from it" not in card
    assert "## Load it" not in card
    assert "* conll, relations: in 2, not held 2, left out 0, lost 0" in card


def test_a_release_comes_from_any_target_that_holds_everything(project: Project, tmp_path: Path) -> None:
    """From Prodigy's lines the same lines as from Hugging Face's rows; joined, it is of the same targets."""
    lines = []
    for name, asking in (("rows", project), ("lines", _asking(project, "conll", "prodigy"))):
        (tmp_path / name).mkdir()
        build_dataset(asking, tmp_path / name)
        lines.append((Path(release(asking, tmp_path / name).folder) / "spans.jsonl").read_bytes())
    joined = join(project, project.workspace.releases / "latest")

    assert lines[0] == lines[1]
    assert not joined.refused
    assert {path.name for path in Path(joined.folder).iterdir() if path.is_dir()} == {"conll", "prodigy"}
    for name in ("conll", "prodigy"):
        assert _bytes(Path(joined.folder) / name) == _bytes(tmp_path / "lines" / name)


def test_no_release_of_a_part(project: Project, tmp_path: Path) -> None:
    """CoNLL alone has neither texts nor all spans: the error names the key to change."""
    (tmp_path / "dataset").mkdir()
    asking = _asking(project, "conll")
    build_dataset(asking, tmp_path / "dataset")

    with pytest.raises(UsageError, match="has no target from which a release can be made") as refused:
        release(asking, tmp_path / "dataset")
    assert "[compile] targets" in refused.value.todo


def test_a_target_that_a_dataset_was_compiled_without(project: Project, tmp_path: Path) -> None:
    """Whoever needs its files is told which key to change."""
    (tmp_path / "dataset").mkdir()
    build_dataset(_asking(project, "conll"), tmp_path / "dataset")

    assert target_folder(tmp_path / "dataset", "conll") == tmp_path / "dataset/conll"
    with pytest.raises(MissingInput, match="has no files for spacy") as refused:
        target_folder(tmp_path / "dataset", "spacy")
    assert 'name "spacy" under [compile] targets' in refused.value.todo
