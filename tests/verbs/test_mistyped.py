"""A workspace that was mistyped: what cannot be done there is said, and nothing is left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from labeling.cli import VERBS, cli
from labeling.errors import MissingInput
from labeling.project import DEFAULT_PROJECT

if TYPE_CHECKING:
    from pathlib import Path

# Every verb that needs what another has written.
OTHERS = {"assist", "demo", "init", "ingest", "import", "serve", "doctor", "join", "predict", "people"}
READING = [verb for verb in VERBS if verb not in OTHERS]
# What a verb cannot be called without.
NEEDED = {"export": ["prodigy"], "publish": ["news"]}
# What a verb may be called with, and then looks at more than the workspace.
FURTHER = [["cards", "--articles"], ["doubts", "--cards", "3"], ["guidelines", "--versions"]]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped project with somebody to read and a loop: without, some verbs have nothing to do."""
    path = tmp_path_factory.mktemp("team") / "desk.toml"
    reader = '\n[[people.reader]]\nemail = "ana@desk.example"\n'
    sections = f"{reader}\n[learning]\n"
    path.write_text(DEFAULT_PROJECT.read_text(encoding="utf-8") + sections, encoding="utf-8")
    return path


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("words", [*([verb, *NEEDED.get(verb, [])] for verb in READING), *FURTHER], ids=" ".join)
def test_nothing_is_made_where_nothing_was_taken_in(
    tmp_path: Path,
    config: Path,
    words: list[str],
    there: bool,  # noqa: FBT001
) -> None:
    """Whether there is no such folder, or it is somebody's: no lock, no `corpora/`, no page of zeros."""
    folder = tmp_path / "mistyped"
    if there:
        folder.mkdir()
        (folder / "theirs.txt").touch()

    with pytest.raises(MissingInput, match="is not there") as refusal:
        CliRunner().invoke(
            cli,
            ["--config", str(config), "--workspace", str(folder), *words],
            standalone_mode=False,
            catch_exceptions=False,
        )

    assert "labeling " in refusal.value.todo
    assert [path.name for path in tmp_path.rglob("*")] == (["mistyped", "theirs.txt"] if there else [])


@pytest.mark.parametrize("words", [["list"], ["invite"], ["remove", "ana@desk.example"]])
def test_nobody_is_invited_to_a_mistyped_workspace(tmp_path: Path, config: Path, words: list[str]) -> None:
    """There is no server of its, and nothing is left there or written into the project file."""
    before = config.read_bytes()
    result = CliRunner().invoke(
        cli, ["--config", str(config), "--workspace", str(tmp_path / "mistyped"), "people", *words]
    )

    assert (result.exit_code, [*tmp_path.iterdir()], config.read_bytes()) == (1, [], before), result.output


def test_a_doctor_makes_nothing(tmp_path: Path) -> None:
    """It says that the workspace is not there yet, and looks whether it could be made."""
    result = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "mistyped"), "doctor"], standalone_mode=False)

    assert f"{tmp_path} can be written" in result.stdout
    assert f"{tmp_path / 'mistyped'} is not there yet" in result.stdout
    assert [*tmp_path.iterdir()] == []
