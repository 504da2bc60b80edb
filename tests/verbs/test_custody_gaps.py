"""Custody where something is gone, forged, swapped, or was cut short at the worst moment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from in_custody import (
    ASKED,
    CONFIG,
    TEXT,
    contents,
    copied,
    half,
    import_as_if,
    pull_as_if,
    push_as_if,
    said_by_two,
    walk_the_road,
)

from labeling.adjudication.adjudicate import adjudicate
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.release.release import release
from labeling.corpora.verify import verify
from labeling.errors import Altered, CorpusChanged, DamagedFile, LabelingError, MissingInput, Stale
from labeling.evaluation.agree import agree
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.passages.cluster import cluster
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.reprints.carry import carry
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.training.evaluate import evaluate
from labeling.training.train import train
from labeling.workspace.custody import are_as_left, sign_change
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.standing import read_standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project

LATER = "2024-06-01T10:00:00Z"
CACHE = ".custody-cache.json"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles along the whole road, up to a dataset, each file written by its verb."""
    return walk_the_road(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def project(pattern: Project, tmp_path: Path) -> Project:
    """A copy of it to do harm to."""
    return copied(pattern, tmp_path)


def sign(project: Project, name: str, why: str = "it had to be") -> None:
    """What `labeling status --adopt` does."""
    with project.workspace.opened():
        sign_change(project.workspace, name, why)


def state(project: Project, name: str) -> str:
    """How a file stands."""
    return CustodyRecord(project.workspace).state(name)


def next_command(project: Project) -> str:
    """What `labeling status` would do next."""
    return read_standing(project.workspace).next


# What is gone, who would go on without it, and the command that comes next.
GONE: dict[str, tuple[tuple[Callable[[Project], object], ...], str]] = {
    "asked.jsonl": ((adjudicate, agree, compile_dataset), "labeling status --adopt asked.jsonl --why TEXT"),
    "imported.jsonl": ((adjudicate, agree, compile_dataset), "labeling status --adopt imported.jsonl --why TEXT"),
    "clusters.jsonl": ((split, agree, carry), "labeling cluster"),
    "passages.jsonl": ((split, carry, write_report), "labeling cluster"),
    "conflicts.jsonl": ((write_report,), "labeling adjudicate"),
}


@pytest.mark.parametrize("name", GONE)
def test_what_nobody_needs_to_have_cannot_go_unnoticed(project: Project, name: str) -> None:
    """A workspace may do without the file, but not any more once it was there; who takes it away signs that."""
    readers, command = GONE[name]
    (project.workspace.root / name).unlink()
    for verb in readers:
        with pytest.raises(Altered, match=f"{name} is gone") as refused:
            verb(project)
        assert f"--adopt {name}" in refused.value.todo
    assert next_command(project) == command

    sign(project, name)
    readers[0](project) if name != "passages.jsonl" else write_report(project)
    assert state(project, name) == "missing"


def test_the_card_tells_that_a_file_was_taken_away(project: Project) -> None:
    """A removal is a change, and its reason stands where the dataset goes."""
    project.workspace.asked.path.unlink()
    sign(project, "asked.jsonl", "asked on paper from the start")
    adjudicate(project)
    split(project)
    card = Path(compile_dataset(project).folder, "README.md").read_text(encoding="utf-8")

    assert "asked on paper from the start" in card


def test_what_was_signed_as_gone_and_comes_back_is_altered(project: Project) -> None:
    """The signature is for the gap, not for whatever is put there."""
    kept = project.workspace.asked.path.read_bytes()
    project.workspace.asked.path.unlink()
    sign(project, "asked.jsonl")
    project.workspace.asked.path.write_bytes(kept[: len(kept) // 2])

    with pytest.raises(Altered, match=r"asked.jsonl"):
        adjudicate(project)


@pytest.mark.parametrize("writer", [lambda project: push_as_if(project, LATER), import_as_if])
def test_gold_of_another_asking_is_stale(project: Project, writer: Callable[[Project], None]) -> None:
    """Whether silence is an answer has changed: gold, and what was made of it, is made anew first."""
    for file in (project.workspace.asked, project.workspace.imported):
        half(file.path)
        sign(project, file.path.name)
    writer(project)
    with pytest.raises(Stale, match=r"gold.jsonl was made from another .*jsonl") as refused:
        compile_dataset(project)
    assert "labeling adjudicate" in refused.value.todo
    adjudicate(project)
    split(project)
    compile_dataset(project)


def test_a_push_that_was_cut_short_locks_nobody_out(project: Project) -> None:
    """What is asked is written down before the server is; a server that fails must not stop adjudication."""
    workspace = project.workspace
    CustodyRecord(workspace).begin("push", ["asked.jsonl", "pushed.jsonl"])
    half(workspace.asked.path)

    assert next_command(project) == "labeling push"
    adjudicate(project)
    split(project)
    compile_dataset(project)


def swap_latest(project: Project) -> None:
    """Let `latest` point to another sound dataset of the workspace."""
    corpora = project.workspace.corpora
    shutil.copytree(project.workspace.latest.resolve(), corpora / "another")
    manifest = corpora / "another" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    project.workspace.latest.unlink()
    project.workspace.latest.symlink_to("another")


@pytest.mark.parametrize("reader", [train, evaluate, release, verify])
def test_a_dataset_under_the_name_of_the_latest_is_refused(
    project: Project, reader: Callable[[Project], object]
) -> None:
    """`latest` is what compile or join made so; what was put there by hand is altered."""
    swap_latest(project)
    before = contents(project)
    with pytest.raises(Altered, match=r"manifest.json is not as it was left") as refused:
        reader(project)
    assert "labeling compile" in refused.value.todo
    assert contents(project) == before
    assert next_command(project) == "labeling compile"
    compile_dataset(project)
    verify(project)


def test_an_owner_may_sign_the_latest_dataset(project: Project) -> None:
    """What is recorded beside the table can be adopted as well."""
    swap_latest(project)
    sign(project, LATEST_MANIFEST)
    release(project)


def test_nothing_is_trained_on_a_dataset_that_changed(project: Project) -> None:
    """A line of a target that somebody changed is found before training, not by the next verify."""
    target = next(path for path in sorted(project.workspace.latest.glob("conll/*")) if path.stat().st_size)
    half(target)
    with pytest.raises(CorpusChanged, match=f"{target.name} has changed"):
        train(project)


class Killed(BaseException):
    """As if the process were gone: nobody tidies up."""


def die(*_asked: object) -> None:
    """Stop where the files are written and the record is not."""
    raise Killed


def more_articles(project: Project) -> None:
    """Take in an article."""
    source = project.workspace.root / "more.jsonl"
    source.write_text(json.dumps({"id": "b", "text": TEXT.format("b", "rain")}) + "\n", encoding="utf-8")
    ingest(project, [str(source)])


def import_of_cy(project: Project) -> None:
    """Take in what cy said elsewhere."""
    source = project.workspace.root / "cy.jsonl"
    span = {"start": 0, "end": 7, "label": "PERSON"}
    line = {"text": TEXT.format(1, 7919), "spans": [span], "answer": "accept"}
    source.write_text(json.dumps(line) + "\n", encoding="utf-8")
    import_annotations(project, "prodigy", [str(source)], ImportOptions(annotator="cy"))


def other_words(project: Project) -> None:
    """What people say is another thing now."""
    pull_as_if(project, "ROLE")


def asked_later(project: Project) -> None:
    """Everything is asked for since later."""
    push_as_if(project, LATER)


def other_gold(project: Project) -> None:
    """So is gold."""
    other_words(project)
    adjudicate(project)


def other_splits(project: Project) -> None:
    """And the splits are made for it."""
    other_gold(project)
    split(project)


# The verbs, and how to make that they have something to write.
DYING: dict[str, tuple[Callable[[Project], object], Callable[[Project], None] | None]] = {
    "ingest": (more_articles, None),
    "import": (import_of_cy, None),
    "pull": (other_words, None),
    "push": (asked_later, None),
    "cluster": (cluster, more_articles),
    "carry": (carry, None),
    "agree": (agree, None),
    "adjudicate": (adjudicate, other_words),
    "audit": (audit, None),
    "split": (split, other_gold),
    "compile": (compile_dataset, other_splits),
}
READERS: tuple[Callable[[Project], object], ...] = (
    adjudicate,
    agree,
    audit,
    carry,
    split,
    compile_dataset,
    write_report,
    verify,
)


def refusal_of(reader: Callable[[Project], object], project: Project) -> LabelingError | None:
    """What a verb has against going on."""
    try:
        reader(project)
    except LabelingError as error:
        return error
    return None


@pytest.mark.parametrize("verb", DYING)
def test_a_verb_killed_before_its_record_locks_nobody_out(
    project: Project, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that he altered anything; who is refused is told the verb to run, which is the next command."""
    run, prepare = DYING[verb]
    if prepare:
        prepare(project)
    with monkeypatch.context() as patched:
        patched.setattr(CustodyRecord, "finish", die)
        patched.setattr(CustodyRecord, "give_up", die)
        with pytest.raises(Killed):
            run(project)

    refusals = {reader.__name__: refusal_of(reader, project) for reader in READERS}
    assert not {name for name, error in refusals.items() if isinstance(error, Altered | MissingInput)}
    for error in refusals.values():
        if isinstance(error, Stale):
            assert f"labeling {verb}" in error.todo or "was made from another" in str(error)
    run(project)
    for reader in (adjudicate, split, compile_dataset, verify):
        if verb in ("ingest", "cluster") and reader is split:
            cluster(project)
        reader(project)


KILLED = """
import os, pathlib, signal, sys
from labeling.adjudication.adjudicate import adjudicate
from labeling.project import load_project
from labeling.workspace.custody_record import CustodyRecord
CustodyRecord.finish = lambda *asked: os.kill(os.getpid(), signal.SIGKILL)
adjudicate(load_project(*map(pathlib.Path, sys.argv[1:])))
"""


def test_a_process_that_is_really_killed_is_gone_on_from(project: Project) -> None:
    """`kill -9` between the last file and the record."""
    other_words(project)
    where = [str(CONFIG), str(project.workspace.root)]
    done = subprocess.run([sys.executable, "-c", KILLED, *where], check=False)
    assert done.returncode == -signal.SIGKILL

    with pytest.raises(Stale, match="`labeling adjudicate` was cut short"):
        split(project)
    assert next_command(project) == "labeling adjudicate"
    adjudicate(project)
    split(project)
    compile_dataset(project)


@pytest.mark.parametrize("name", ["annotations.jsonl", "asked.jsonl", "gold.jsonl"])
def test_a_line_that_the_record_lost_is_said(project: Project, name: str) -> None:
    """A file that the record does not know any more is taken as found, by name; what follows from it is not fooled."""
    record, heard = project.workspace.custody.path, list[str]()
    project.workspace.say = heard.append
    lines = record.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["file"] != name]
    assert len(kept) == len(lines) - 1
    record.write_bytes(b"".join(kept))
    half(project.workspace.root / name)

    if name == "gold.jsonl":
        with pytest.raises(Stale, match=r"splits.jsonl was made from another gold.jsonl"):
            compile_dataset(project)
    else:
        with pytest.raises(Stale, match=f"made from another {name}"):
            compile_dataset(project)
    assert len(heard) == 1
    assert name in heard[0]


@pytest.mark.parametrize("harm", [b"{", b"[]\n", b'{"file": 3}\n', b"\xff\n", b'{"file": "gold.jsonl"'])
def test_a_record_that_cannot_be_read_says_the_way_out(project: Project, harm: bytes) -> None:
    """Cut, or no record at all: no verb goes on as if there were none, and the way on is told."""
    path = project.workspace.custody.path
    path.write_bytes(path.read_bytes() + harm)
    before = contents(project)
    for verb in (adjudicate, compile_dataset, split, write_report, verify):
        with pytest.raises(DamagedFile, match=r"custody.jsonl") as refused:
            verb(project)
        assert "remove it" in refused.value.todo
        assert "taken as found" in refused.value.todo
    assert contents(project) == before

    path.unlink()
    adjudicate(project)


def test_a_pull_builds_upon_nothing_that_is_only_found(project: Project) -> None:
    """Without its record, a workspace is pulled whole: who halved the files in between, removed both."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine)
    assert are_as_left(workspace, files, found=False)
    workspace.custody.path.unlink()
    half(workspace.annotations.path)

    assert not are_as_left(workspace, files, found=False)
    adjudicate(project)
    assert not are_as_left(workspace, files, found=False)
    pull_as_if(project)
    assert are_as_left(workspace, files, found=False)


def forge(project: Project, name: str) -> None:
    """Change a file, and let the cache say that it is what it was: its size, inode and time with the digest of then."""
    path = project.workspace.root / name
    digest = CustodyRecord(project.workspace).rows[name].sha256
    path.write_bytes(path.read_bytes().replace(b"a0", b"a1", 1))
    stat = path.stat()
    known = {"size": stat.st_size, "inode": stat.st_ino, "changed": stat.st_ctime_ns, "sha256": digest}
    (project.workspace.root / CACHE).write_text(json.dumps({"files": {name: known}}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "readers"),
    [
        ("annotations.jsonl", (adjudicate, compile_dataset, verify)),
        ("quarantine.jsonl", (adjudicate, compile_dataset, verify)),
        ("articles.jsonl", (adjudicate, compile_dataset, verify)),
        ("gold.jsonl", (compile_dataset, verify)),
        ("splits.jsonl", (compile_dataset, verify)),
    ],
)
def test_a_forged_cache_fools_nobody_who_makes_or_vouches_for_gold(
    project: Project, name: str, readers: tuple[Callable[[Project], object], ...]
) -> None:
    """Adjudicate, compile and verify read the file itself."""
    forge(project, name)
    assert state(project, name) == "made", "whoever believes the cache is deceived"
    for reader in readers:
        with pytest.raises(Altered, match=name):
            reader(project)


def test_a_forged_cache_does_not_release_a_dataset(project: Project) -> None:
    """Release reads the manifest itself."""
    swap_latest(project)
    stat = (project.workspace.root / LATEST_MANIFEST).stat()
    digest = CustodyRecord(project.workspace).rows[LATEST_MANIFEST].sha256
    known = {"size": stat.st_size, "inode": stat.st_ino, "changed": stat.st_ctime_ns, "sha256": digest}
    (project.workspace.root / CACHE).write_text(json.dumps({"files": {LATEST_MANIFEST: known}}), encoding="utf-8")

    with pytest.raises(Altered, match=r"manifest.json"):
        release(project)


def test_an_edit_in_the_same_instant_is_seen(project: Project) -> None:
    """As long as before, in the same inode, with the old times put back, right after it was read: no cache hides it."""
    path = project.workspace.gold.path
    for _ in range(20):
        assert state(project, "gold.jsonl") == "made"
        CustodyRecord(project.workspace).digests.keep()
        stat, content = path.stat(), path.read_bytes()
        with path.open("r+b") as file:
            file.write(content.replace(b"PERSON", b"PERSOM", 1))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert state(project, "gold.jsonl") == "altered"
        with path.open("r+b") as file:
            file.write(content)


def test_the_cache_may_be_deleted_and_is_not_part_of_the_record(project: Project) -> None:
    """Without it everything is read once, and nothing is said or written otherwise."""
    heard = list[str]()
    project.workspace.say = heard.append
    before = contents(project)
    for _ in range(2):
        (project.workspace.root / CACHE).unlink(missing_ok=True)
        adjudicate(project)
        verify(project)
    assert contents(project) == before
    assert heard == []


def test_status_lists_what_people_may_write_themselves(project: Project) -> None:
    """The suggestions are free; the words of the help name the project file and its rules, too."""
    project.workspace.suggestions.write([said_by_two()[0].model_copy(update={"annotator": "model:mine"})])
    where = ["--config", str(CONFIG), "--workspace", str(project.workspace.root)]
    printed = CliRunner().invoke(cli, [*where, "status"]).stdout
    told = CliRunner().invoke(cli, ["status", "--help"]).stdout

    assert ["suggestions.jsonl", "free"] in [line.split() for line in printed.splitlines()]
    for word in ("project file", "rules", "suggestions"):
        assert word in " ".join(told.split())
    assert ASKED < LATER
