"""The examples in docstrings: what is shown is what happens."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import labeling

PACKAGE = Path(labeling.__file__).parent


def needs_django(path: Path) -> bool:
    """Whether a module imports Django or what stands on it."""
    text = path.read_text(encoding="utf-8")
    return "django" in text or "rest_framework" in text


MODULES = sorted(
    ".".join(("labeling", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    # What needs Django is tried where Django is set up, in the tests of the server.
    if ">>> " in path.read_text(encoding="utf-8") and not (path.parent.name == "labeling_gate" and needs_django(path))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    """Each example of a module gives the result that stands under it."""
    found = doctest.testmod(importlib.import_module(name))

    assert found.attempted > 0
    assert found.failed == 0
