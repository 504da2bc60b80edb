"""The command line: it answers at once, explains every refusal, and exits by the rules."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# Seconds each on a cold cache: none may load before a verb needs it.
HEAVY = (
    "spacy",
    "datasets",
    "daft",
    "numpy",
    "pandas",
    "torch",
    "label_studio_sdk",
    "httpx",
    "trafilatura",
    "rich.table",
)


def labeling(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "labeling", *args], capture_output=True, text=True, check=False, cwd=cwd
    )


@pytest.mark.parametrize("args", [["--help"], ["push", "--help"], ["compile", "--help"], ["demo", "--help"]])
def test_help_loads_nothing_heavy(args: list[str], tmp_path: Path) -> None:
    """What makes `--help` slow is imports; none of the heavy packages is loaded for it."""
    code = f"""
import sys
from labeling.cli import cli
try:
    cli({args!r})
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)

    assert "Example:" in run.stdout
    assert run.stderr.strip() == "[]"


def test_a_refusal_says_what_to_do_and_exits_1(tmp_path: Path) -> None:
    """The sentence, then the way out, on stderr; nothing on stdout, no traceback."""
    run = labeling("push", cwd=tmp_path)

    assert run.returncode == 1
    assert run.stdout == ""
    assert "articles.jsonl is not there" in run.stderr
    assert "-> run `labeling ingest` first" in run.stderr
    assert "Traceback" not in run.stderr


def test_wrong_use_exits_2(tmp_path: Path) -> None:
    """An unknown verb, an unknown option, and a path that stands for nothing."""
    assert labeling("pul", cwd=tmp_path).returncode == 2
    assert labeling("pull", "--quick", cwd=tmp_path).returncode == 2
    assert labeling("ingest", "no-such-folder", cwd=tmp_path).returncode == 2


def test_done_with_refusals_exits_3(tmp_path: Path) -> None:
    """The good articles go on, the bad one is listed, and the exit status tells."""
    (tmp_path / "good.txt").write_text("Talks were held.", encoding="utf-8")
    (tmp_path / "bad.txt").write_text(" \n", encoding="utf-8")

    run = labeling("ingest", "good.txt", "bad.txt", cwd=tmp_path)

    assert run.returncode == 3
    assert (tmp_path / "exports" / "diplomatic" / "articles.jsonl").read_text(encoding="utf-8").count("\n") == 1
    assert '"kind":"empty"' in (tmp_path / "exports" / "diplomatic" / "rejects.jsonl").read_text(encoding="utf-8")


def test_a_typo_in_the_project_file_is_named(tmp_path: Path) -> None:
    """A misspelt key is an error, not a silence."""
    (tmp_path / "mine.toml").write_text('[project]\nname = "abc"\nlangage = "en"\n', encoding="utf-8")

    run = labeling("--config", "mine.toml", "ingest", "x.txt", cwd=tmp_path)

    assert run.returncode == 1
    assert "project.langage: unknown key" in run.stderr


def test_a_project_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """With a sentence, as any other that cannot be read."""
    run = labeling("--config", str(tmp_path), "ingest", "x.txt", cwd=tmp_path)

    assert run.returncode == 1
    assert "is not a file" in run.stderr
