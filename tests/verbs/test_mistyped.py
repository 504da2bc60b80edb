"""A workspace that was mistyped: what cannot be done there is said, and nothing is left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from labeling.cli import VERBS, cli
from labeling.errors import MissingInput

if TYPE_CHECKING:
    from pathlib import Path

# Every verb that needs what another has written.
OTHERS = {"demo", "ingest", "import", "serve", "doctor", "join", "predict"}
READING = [verb for verb in VERBS if verb not in OTHERS]
# What a verb cannot be called without.
NEEDED = {"export": ["prodigy"]}


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("verb", READING)
def test_nothing_is_made_where_nothing_was_taken_in(tmp_path: Path, verb: str, there: bool) -> None:  # noqa: FBT001
    """Whether there is no such folder, or it is somebody's: no lock, no `corpora/`, no page of zeros."""
    folder = tmp_path / "mistyped"
    if there:
        folder.mkdir()
        (folder / "theirs.txt").touch()

    with pytest.raises(MissingInput, match="is not there") as refusal:
        CliRunner().invoke(
            cli,
            ["--workspace", str(folder), verb, *NEEDED.get(verb, [])],
            standalone_mode=False,
            catch_exceptions=False,
        )

    assert "labeling " in refusal.value.todo
    assert [path.name for path in tmp_path.rglob("*")] == (["mistyped", "theirs.txt"] if there else [])


def test_a_doctor_makes_nothing(tmp_path: Path) -> None:
    """It says that the workspace is not there yet, and looks whether it could be made."""
    result = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "mistyped"), "doctor"], standalone_mode=False)

    assert f"{tmp_path} can be written" in result.stdout
    assert f"{tmp_path / 'mistyped'} is not there yet" in result.stdout
    assert [*tmp_path.iterdir()] == []
