"""The rules of the house: one name, one meaning; few entries on the ground floor; contracts that forbid by default."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "labeling"
MODULES = sorted(PACKAGE.rglob("*.py"))
# What stands in `labeling/` and is not a room of its own.
NO_ENTRIES = {"__init__.py", "__init__.pyi", "__main__.py", "__pycache__", "py.typed"}
IMPORT_RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
# A file of each pure room, and of each room beside those that may know a training format.
FORBIDDEN = ["label_studio_sdk", "datasets", "httpx", "os", "random", "spacy", "time", "torch", "transformers"]
PURE = [
    "adjudication/consensus.py",
    "annotations.py",
    "articles.py",
    "evaluation/scores.py",
    "ledger.py",
    "passages/alignment.py",
    "people/plan.py",
    "reprints/projection.py",
    "schema.py",
    "splits/placement.py",
    "studio/format/convert.py",
    "workspace/rows/passage.py",
]


def _definitions(path: Path) -> Iterator[str]:
    """The names that a module defines at its top: classes, functions, and aliases of types."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation):
            yield ast.unparse(node.target)


def _homes() -> dict[str, list[str]]:
    """Every definition of the package, with the modules that have it."""
    homes = defaultdict[str, list[str]](list)
    for path in MODULES:
        for name in _definitions(path):
            homes[name].append(path.relative_to(PACKAGE).as_posix())
    return homes


def test_a_public_name_is_defined_in_one_module() -> None:
    """No class, alias or function without an underscore stands in two modules."""
    twice = {name: homes for name, homes in _homes().items() if len(homes) > 1 and not name.startswith("_")}

    assert twice == {}


def test_few_private_names_have_two_meanings() -> None:
    """Of all definitions at the top of a module, at most 3 % share their name with another module's."""
    homes = _homes()
    shared = sum(len(modules) for modules in homes.values() if len(modules) > 1)

    assert shared / sum(map(len, homes.values())) <= 0.03


def test_a_file_name_stands_in_one_room() -> None:
    """A verb's command line is named like the verb; no other file name stands in two rooms."""
    rooms = defaultdict[str, list[str]](list)
    for path in MODULES:
        if path.name != "__init__.py" and path.parent.name != "verbs":
            rooms[path.name].append(path.relative_to(PACKAGE).as_posix())

    assert {name: places for name, places in rooms.items() if len(places) > 1} == {}


def test_a_verb_holds_its_command_line_only() -> None:
    """`verbs/x.py` defines `x_cli` and what it prints with; the function of the verb lives once, in its room."""
    # The README of before told people to import it from here.
    old = {"compile.py": ["compile"]}
    public = {
        path.name: [
            name for name in _definitions(path) if not name.startswith("_") and name not in old.get(path.name, [])
        ]
        for path in sorted((PACKAGE / "verbs").glob("[a-z]*.py"))
        if path.name not in ("options.py", "endings.py", "bars.py")
    }

    assert public == {name: [f"{name.removesuffix('.py').removesuffix('_')}_cli"] for name in public}


def test_the_ground_floor_is_small() -> None:
    """At most thirty entries stand in `labeling/`."""
    entries = [path.name for path in PACKAGE.iterdir() if path.name not in NO_ENTRIES]

    assert len(entries) <= 30


def test_the_drawing_of_the_house_is_short() -> None:
    """The layers contract has at most sixteen lines, covers every entry, and makes no exception."""
    layers = IMPORT_RULES["contracts"][0]

    assert layers["type"] == "layers"
    assert layers["exhaustive"]
    assert len(layers["layers"]) <= 16
    assert not [contract["name"] for contract in IMPORT_RULES["contracts"] if "ignore_imports" in contract]


def test_no_files_import_each_other_in_a_circle() -> None:
    """Whatever two files import of each other, there is an order in which they can be read."""
    import grimp

    graph = grimp.build_graph("labeling", cache_dir=None)
    circles = [
        (module, other)
        for module in sorted(graph.modules)
        for other in sorted(graph.find_modules_directly_imported_by(module))
        if module < other and graph.chain_exists(other, module) and graph.chain_exists(module, other)
    ]

    assert circles == []


@pytest.fixture(scope="module")
def trespassers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the contracts report of a copy of the package in which pure modules import what they must not."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copytree(PACKAGE, copy / "labeling", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name in PURE:
        with (copy / "labeling" / name).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {', '.join(FORBIDDEN)}\n")
    (copy / "labeling" / "evaluation" / "tomorrow.py").write_text('"""New."""\nimport spacy, time\n', encoding="utf-8")
    # The linter's own program, found beside Python's.
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=copy, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    return run.stdout


@pytest.mark.parametrize(
    ("name", "forbidden"),
    # Label Studio's own room may speak with its SDK.
    [(name, each) for name in PURE for each in FORBIDDEN if (name, each) != ("studio/format/convert.py", FORBIDDEN[0])],
)
def test_a_pure_module_that_imports_what_it_must_not_breaks_a_contract(
    trespassers: str, name: str, forbidden: str
) -> None:
    """Disk, network, clock, chance and the formats of others are closed to it."""
    module = "labeling." + name.removesuffix(".py").replace("/", ".")

    assert re.search(rf"- {re.escape(module)} -> {forbidden}\b", trespassers)


def test_a_module_of_tomorrow_is_closed_too(trespassers: str) -> None:
    """Contracts forbid by default: nobody has to remember to name a new module."""
    assert "- labeling.evaluation.tomorrow -> spacy" in trespassers
    assert "- labeling.evaluation.tomorrow -> time" in trespassers


def test_the_package_is_clean_as_it_is() -> None:
    """Every contract is kept, so that what the tests above see broken was broken by them."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout
