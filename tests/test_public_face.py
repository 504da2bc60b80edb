"""The public face: what `import labeling` offers, and that it needs nothing which users do not have."""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import keyword
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

import labeling

ROOT = Path(__file__).parents[1]
# Modules, not functions: whoever writes `labeling.splits` means the room.
ROOMS = {module.name for module in pkgutil.iter_modules(labeling.__path__)}
# A finder in front of all others: it has none of what a user's installation lacks.
WITHOUT_DEVELOPMENT = """
import importlib.abc, json, sys
missing = set(json.loads(sys.argv[1]))
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"{name} is for development", name=name)
sys.meta_path.insert(0, Absent())
import labeling
for name in labeling.__all__:
    getattr(labeling, name)
from pathlib import Path
project = labeling.load_project(workspace=Path(sys.argv[2]))
labeling.ingest(project, [sys.argv[3]])
labeling.cluster(project)
labeling.suggest(project)
print(sum(1 for _ in project.workspace.suggestions.rows()))
"""


def _installed_for_users() -> set[str]:
    """The distributions that come with `labeling` alone, without its extras: the closure of what it asks for."""
    from packaging.requirements import Requirement

    seen, waiting = set[Requirement](), [Requirement("labeling")]
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            required = distribution(wanted.name).requires or []
        except ModuleNotFoundError:
            continue
        # No extra of ours; the extras that a requirement names are followed.
        waiting += [
            each
            for each in map(Requirement, required)
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras))
        ]
    return {re.sub(r"[-_.]+", "-", wanted.name).lower() for wanted in seen}


def _development_modules() -> list[str]:
    users = _installed_for_users()
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not any(re.sub(r"[-_.]+", "-", owner).lower() in users for owner in owners)
    )


def test_every_public_name_is_there_after_all_modules_were_imported() -> None:
    """No module that is imported later takes the place of a public name."""
    for module in pkgutil.walk_packages(labeling.__path__, "labeling."):
        # The gate lives in the server's process, where Django is set up.
        if module.name != "labeling.__main__" and ".labeling_gate" not in module.name:
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                # Installed by hand: the modules that stand on it are imported where it is there.
                if error.name != "torch":
                    raise

    for name in labeling.__all__:
        value = getattr(labeling, name)
        assert not isinstance(value, type(sys)), name
        assert value.__name__ == name


def test_a_public_name_shadows_nothing() -> None:
    """Neither a builtin, nor a keyword, nor a room bears the name of a function or class."""
    names = set(labeling.__all__)

    assert names & set(vars(builtins)) == set()
    assert {name for name in names if keyword.iskeyword(name)} == set()
    assert names & ROOMS == set()


def test_every_verb_is_public() -> None:
    """What the command line can do, Python can: a verb's function has its name, or says more."""
    from labeling.cli import VERBS

    renamed = {"compile": "compile_dataset", "import": "import_annotations", "report": "write_report"}
    renamed |= {"people": "invite_people", "guidelines": "write_guidelines", "cards": "push_cards"}
    renamed |= {"doubts": "find_doubts", "init": "begin_project"}
    # The demo is a journey through all of them.
    assert {renamed.get(verb, verb) for verb in VERBS if verb != "demo"} <= set(labeling.__all__)


def test_every_error_is_public() -> None:
    """Whoever calls a verb can catch what it raises."""
    tree = ast.parse((ROOT / "labeling" / "errors.py").read_text(encoding="utf-8"))
    errors = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}

    assert errors <= set(labeling.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="unheard_of"):
        labeling.unheard_of  # type: ignore[attr-defined] # noqa: B018 - it is the look that raises


def test_types_are_shipped() -> None:
    """A type checker reads our annotations: the marker lies in the package."""
    assert (ROOT / "labeling" / "py.typed").exists()


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    """`import labeling` brings neither spaCy nor datasets nor pydantic."""
    code = "import sys, labeling; print([name for name in ('spacy', 'datasets', 'pydantic') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


def test_the_face_works_where_development_packages_are_missing(tmp_path: Path) -> None:
    """Every public name loads, and articles are taken in, clustered and given suggestions."""
    absent = _development_modules()
    assert {"pytest", "hypothesis", "mypy", "seqeval", "label_studio", "transformers"} <= set(absent)
    samples = ROOT / "labeling" / "samples" / "articles"
    command = [sys.executable, "-c", WITHOUT_DEVELOPMENT, json.dumps(absent), str(tmp_path / "work"), str(samples)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == "24"
