"""The tree of refusals: each has a name that somebody raises, and a test that provokes it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labeling import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


def leaves(of: type[errors.LabelingError] = errors.LabelingError) -> Iterator[type[errors.LabelingError]]:
    """The errors without subclasses: the branches above them exist to be caught."""
    for below in of.__subclasses__():
        yield from leaves(below)
    if not of.__subclasses__():
        yield of


def names_in(folder: Path) -> set[str]:
    """Every name used in the code of a folder, other than in a string or an import."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py") if path.name != "errors.py"]
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("folder", ["labeling", "tests"])
def test_every_error_is_raised_and_provoked(folder: str) -> None:
    """An error that nothing raises, or that no test provokes, is only a promise."""
    spoken = names_in(ROOT / folder)

    assert {"PortTaken", "SpansLost"} <= {leaf.__name__ for leaf in leaves()}
    assert [leaf.__name__ for leaf in leaves() if leaf.__name__ not in spoken] == []
