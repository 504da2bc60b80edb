"""`labeling init` and `labeling` alone: how a project of one's own begins."""

from __future__ import annotations

import json
import os
import pty
import select
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from labeling.cli import cli
from labeling.errors import UsageError
from labeling.project import load_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    """A command in the folder, as a program runs it: without a terminal."""
    return CliRunner().invoke(cli, words, standalone_mode=False)


def at_terminal(folder: Path, words: list[str], answers: list[bytes]) -> tuple[str, int]:
    """A command at a terminal of its own: what it printed, and its status. An answer is typed at each question."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "labeling", *words])  # noqa: S606 - ourselves, at a terminal
    printed, waiting, end = b"", [*answers], time.monotonic() + 60
    while time.monotonic() < end:
        try:
            piece = os.read(terminal, 4096) if select.select([terminal], [], [], 0.2)[0] else None
        except OSError:
            break
        if piece == b"":
            break
        printed += piece or b""
        if piece is None and waiting and printed.endswith(b": "):
            os.write(terminal, waiting.pop(0))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return printed.decode(), status


def test_without_a_terminal_and_without_yes_nobody_is_asked(tmp_path: Path) -> None:
    """Status 2, and the way out; no file."""
    refusal = run("init").exception

    assert isinstance(refusal, UsageError)
    assert (refusal.exit_status, "--yes" in refusal.todo) == (2, True)
    assert [*tmp_path.iterdir()] == []


def test_yes_takes_what_options_do_not_say_from_the_defaults(tmp_path: Path) -> None:
    """And says what changed, what is still to be written, and the next command, which takes the file by itself."""
    done = run("init", "--yes", "--name", "Match reports", "--labels", "PLAYER,PERSON")

    assert done.exception is None
    assert done.stderr.splitlines() == [
        "Still to be told in the file, for whoever annotates: PLAYER",
        "Changed: labeling.toml is new, and was checked",
        "Next: labeling ingest FILES",
    ]
    project = load_project()
    assert (project.path.name, project.file.project.name) == ("labeling.toml", "Match reports")
    assert project.schema.label_names == ("PLAYER", "PERSON")
    assert [path.name for path in tmp_path.iterdir()] == ["labeling.toml"]


def test_another_file_is_named_in_the_next_command() -> None:
    """As it is typed: the name quoted where a shell needs it."""
    done = run("init", "--yes", "desk news.toml")

    assert done.stderr.splitlines()[-1] == "Next: labeling --config 'desk news.toml' ingest FILES"
    assert json.loads(run("init", "--yes", "--json", "b.toml").stdout)["workspace"] == "exports/b"


def test_a_file_that_is_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """Also with --yes; it is what it was."""
    (tmp_path / "labeling.toml").write_text("mine")

    for words in (["init"], ["init", "--yes"]):
        refusal = run(*words).exception
        assert isinstance(refusal, UsageError)
        assert "never overwritten" in str(refusal)
    assert (tmp_path / "labeling.toml").read_text() == "mine"


def test_questions_are_asked_until_the_answers_fit(tmp_path: Path) -> None:
    """A wrong answer is told with its way out, and asked for again; Enter takes what stands in brackets."""
    answers = [b"ab\n", b"Match reports\n", b"klingon\n", b"\n", b"A,A\n", b"TEAM,PLACE\n", b"A club.\n", b"[FC] won\n"]
    printed, status = at_terminal(tmp_path, ["init"], [*answers, b"\n", b"\n"])

    assert status == 0, printed
    assert printed.count("  -> ") == 3
    file = load_project(tmp_path / "labeling.toml").file
    assert (file.project.name, file.project.language) == ("Match reports", "en")
    assert (file.labels[0].name, file.labels[0].definition) == ("TEAM", "A club.")
    assert "Next: labeling ingest FILES" in printed


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_who_stops_answering_leaves_no_file(tmp_path: Path, key: bytes) -> None:
    """Status 130, as everywhere."""
    printed, status = at_terminal(tmp_path, ["init"], [b"Match reports\n", key])

    assert (status, "Stopped." in printed) == (130, True)
    assert [*tmp_path.iterdir()] == []


def test_labeling_alone_says_how_to_begin(tmp_path: Path) -> None:
    """In a new folder; then where one is, and what comes next. Nothing is made there."""
    first = run()
    assert "labeling init" in first.stdout
    assert "Nothing was begun in this folder" in first.stdout
    assert [*tmp_path.iterdir()] == []

    run("init", "--yes", "--name", "Match reports")
    second = run()
    assert second.stdout.startswith("Match reports: labeling.toml, the work lies in exports/labeling\n")
    assert "Next: labeling ingest FILES" in second.stdout.splitlines()

    (tmp_path / "a.txt").write_text("Talks were held.", encoding="utf-8")
    assert run("ingest", "a.txt").exception is None
    assert "Next: labeling serve --detach" in run().stdout.splitlines()


def test_labeling_alone_names_a_fault_of_the_project_file(tmp_path: Path) -> None:
    """As every verb does."""
    (tmp_path / "labeling.toml").write_text("[project]\n")

    assert "labels" in str(run().exception)
