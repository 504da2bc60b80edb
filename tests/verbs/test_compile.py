"""`labeling compile` and `labeling verify`: a dataset from the samples, the same on every rerun, never half of one."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.corpora.verify import verify
from labeling.errors import CorpusChanged, LedgerUnbalanced, MissingInput, WorkerDied, WorkspaceBusy
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.splits.split import split

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with its samples, as far as `split`."""
    project = load_project(workspace=tmp_path / "workspace")
    ingest(project, [str(sample_data.articles_folder())])
    project.workspace.annotations.write(sample_data.load_sample_annotations())
    adjudicate(project)
    cluster(project)
    split(project)
    return project


def _run(project: Project, *words: str) -> str:
    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), *words], standalone_mode=False)
    if result.exception:
        raise result.exception
    assert result.return_value == 0
    return result.stdout


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_compiling_the_samples_loses_nothing(project: Project) -> None:
    """The command prints what it made; `latest` points to a folder with the digest's name; nothing of gold is lost."""
    printed = json.loads(_run(project, "compile", "--json"))
    gold = printed["ledger"]["gold"]["span"]["gold"]

    assert sum(printed["articles"].values()) + printed["left_out"] == 24
    assert project.workspace.latest.is_symlink()
    assert str(project.workspace.latest.readlink()) == printed["digest"][:16]
    assert (
        printed["spans"]
        == gold
        == printed["ledger"]["spacy"]["span"]["in"]
        == printed["ledger"]["huggingface"]["span"]["in"]
    )
    assert gold > 300
    assert printed["ledger"]["spacy"]["span"]["lost"] == printed["ledger"]["huggingface"]["span"]["lost"] == 0
    assert sum(printed["ledger"]["spacy"]["span"].values()) == 2 * gold


def test_compile_prints_a_table(project: Project) -> None:
    """Without --json: the folder, the splits, and the account in words."""
    table = _run(project, "compile")

    assert str(project.workspace.latest.resolve()) in table
    assert " 0 lost" in table
    assert "read back from disk" in table


def test_compiling_is_idempotent(project: Project) -> None:
    """The same digest, folder and bytes; and nothing else lies in `corpora/`."""
    first = compiled_from(project)
    before = _bytes(project.workspace.latest.resolve())

    assert compiled_from(project) == first
    assert _bytes(project.workspace.latest.resolve()) == before
    assert sorted(path.name for path in project.workspace.corpora.iterdir()) == sorted([first.digest[:16], "latest"])


@pytest.mark.usefixtures("written_by_hand")
def test_other_gold_makes_another_dataset(project: Project) -> None:
    """The one before is kept, `latest` moves on."""
    first = compiled_from(project)
    project.workspace.annotations.write(sample_data.load_sample_annotations()[:-1])
    adjudicate(project)
    second = compiled_from(project)

    assert first.digest != second.digest
    assert project.workspace.latest.resolve().name == second.digest[:16]
    assert verify(project, project.workspace.corpora / first.digest[:16]).digest == first.digest


def test_compiling_again_mends_a_damaged_dataset(project: Project) -> None:
    """`verify` names the damage, `compile_dataset` puts the same dataset in its place."""
    compiled = compiled_from(project)
    readme = project.workspace.latest / "README.md"
    readme.write_text("x")

    with pytest.raises(CorpusChanged, match=r"README\.md has changed") as refused:
        verify(project)
    assert "compile it again" in refused.value.todo
    compiled_from(project)
    assert verify(project).digest == compiled.digest


@pytest.mark.usefixtures("written_by_hand")
def test_failed_compile_leaves_nothing(project: Project) -> None:
    """A ledger that lacks a line: no dataset, no remains, and `latest` where it was."""
    first = compiled_from(project)
    rows = list(project.workspace.ledger.rows())
    project.workspace.ledger.write(rows[1:])

    with pytest.raises(LedgerUnbalanced, match=f"{rows[0].what} '{rows[0].id}' of '{rows[0].annotator}'"):
        compiled_from(project)
    assert sorted(path.name for path in project.workspace.corpora.iterdir()) == sorted([first.digest[:16], "latest"])
    assert verify(project).digest == first.digest


def test_a_process_that_is_killed_has_a_name(project: Project) -> None:
    """The system ends a process at work, as it does when memory runs out: an error of ours, and nothing half made."""
    first = compiled_from(project)
    killed = list[int]()
    watching = threading.Thread(target=_kill_a_worker, args=(killed,))
    watching.start()

    with pytest.raises(WorkerDied, match="one of 2 processes ended before its work was done") as refused:
        compiled_from(project, processes=2)
    watching.join()
    assert killed
    assert "--processes" in refused.value.todo
    assert sorted(path.name for path in project.workspace.corpora.iterdir()) == sorted([first.digest[:16], "latest"])
    assert verify(project).digest == first.digest
    assert compiled_from(project, processes=2) == first


def _kill_a_worker(killed: list[int]) -> None:
    """Kill the first process that this one starts for work, and note which it was."""
    until = time.monotonic() + 60
    while not killed and time.monotonic() < until:
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if "spawn_main" in " ".join(child.cmdline()):
                    child.kill()
                    killed.append(child.pid)
                    break
        time.sleep(0.01)


def test_compile_removes_the_remains_of_a_crash(project: Project) -> None:
    """A half-built folder and a half-moved pointer of a process that was killed."""
    (project.workspace.corpora / ".building.dead" / "spacy").mkdir(parents=True)
    (project.workspace.corpora / ".building.latest").symlink_to("nowhere")
    compiled = compiled_from(project)

    assert sorted(path.name for path in project.workspace.corpora.iterdir()) == sorted([compiled.digest[:16], "latest"])


def test_verify_at_the_command_line(project: Project) -> None:
    """By default the latest; any folder by name."""
    compiled = compiled_from(project)

    assert json.loads(_run(project, "verify", "--json"))["digest"] == compiled.digest
    assert compiled.digest in _run(project, "verify", compiled.folder)


def test_compile_and_verify_without_input_name_the_verb_to_run(tmp_path: Path) -> None:
    """Each error names the verb to run first."""
    project = load_project(workspace=tmp_path)

    with pytest.raises(MissingInput, match=r"manifest.json is not there") as refused:
        verify(project)
    assert "labeling compile" in refused.value.todo
    project.workspace.articles.write([])
    with pytest.raises(MissingInput, match=r"ledger.jsonl is not there") as refused:
        compiled_from(project)
    assert "labeling adjudicate" in refused.value.todo


def test_compile_refuses_a_locked_workspace(project: Project) -> None:
    """While another command writes to the workspace, nothing is compiled."""
    with project.workspace.lock(), pytest.raises(WorkspaceBusy):
        compiled_from(project)
