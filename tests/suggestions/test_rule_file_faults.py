"""Rules files that nobody would write: each is refused by name, before anything is done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from labeling.errors import ProjectFileError
from labeling.suggestions.rule_file import read_rules

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000 + "]" * 100_000,
        "a = " + "{a = " * 100_000,
        "a = 1" + "0" * 5_000,
        "[" + ".".join(["a"] * 5_000) + "]",
        ".".join(["a"] * 5_000) + " = 1",
        "a = 2024-01-01",
        "a = 9999-99-99",
        'a = "\\ud800"',
        "a = 1\na = 2",
        "\udcff",
    ],
    ids=lambda text: ascii(text[:25]),
)
def test_absurd_rules_are_refused_by_name(text: str, tmp_path: Path) -> None:
    """As an absurd project file is: both are read in one place."""
    path = tmp_path / "rules.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ProjectFileError, match=r"rules\.toml"):
        read_rules(path)


def test_rules_that_are_a_pipe_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "rules.toml")
    with pytest.raises(ProjectFileError, match="it is not a file"):
        read_rules(tmp_path / "rules.toml")
