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


def has_examples(path: Path) -> bool:
    """Whether a module has some that can be tried: those of a model on disk are marked as to be skipped."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(">>> " in line and "# doctest: +SKIP" not in line for line in lines)


MODULES = sorted(
    ".".join(("labeling", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    # What needs Django is tried where Django is set up, in the tests of the server.
    if has_examples(path) and not (path.parent.name == "labeling_gate" and needs_django(path))
)

# These rooms stand on PyTorch, and so their examples are tried where it is installed.
TORCH_ROOMS = ("labeling.training.tagger.", "labeling.training.fitting.")
NAMES = [pytest.param(name, marks=[pytest.mark.torch] * name.startswith(TORCH_ROOMS)) for name in MODULES]


@pytest.mark.parametrize("name", NAMES)
def test_examples_in_docstrings_run(name: str) -> None:
    """Each example of a module gives the result that stands under it."""
    found = doctest.testmod(importlib.import_module(name))

    assert found.attempted > 0
    assert found.failed == 0
