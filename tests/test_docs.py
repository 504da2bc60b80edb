"""The pages in docs/ are made from the code, and the code says what they need."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import labeling
from labeling import errors
from labeling.cli import VERBS, cli
from labeling.workspace.table import Workspace, described

ROOT = Path(__file__).parents[1]
CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.LabelingError)]


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the script in ``scripts/`` and the pages it made in ``docs/``."""
    root = tmp_path_factory.mktemp("copy")
    (root / "scripts").mkdir()
    for name in ("make_docs.py", "architecture.py", "architecture.toml"):
        shutil.copy(ROOT / "scripts" / name, root / "scripts")
    assert make(root).returncode == 0
    return root / "docs"


def make(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a folder."""
    return subprocess.run(
        [sys.executable, root / "scripts" / "make_docs.py", *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )


def test_stale_pages_are_named(docs: Path) -> None:
    """Fresh pages pass the check; changed and missing ones are named, with status 1, and left as they are."""
    assert make(docs.parent, "--check").returncode == 0
    before = (docs / "errors.md").read_text(encoding="utf-8")
    (docs / "errors.md").write_text(before + "x", encoding="utf-8")

    check = make(docs.parent, "--check")

    assert check.returncode == 1
    assert check.stderr == "stale: docs/errors.md: run `make fix`\n"
    assert (docs / "errors.md").read_text(encoding="utf-8") == before + "x"
    assert make(docs.parent).stdout == "written: docs/errors.md\n"
    assert (docs / "errors.md").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_worked_example(verb: str) -> None:
    """The help of every verb says what it does and shows a command line one can type."""
    command = cli.get_command(click.Context(cli), verb)

    assert command is not None
    assert command.help
    assert re.search(rf"Example:\n(.*\n)*? +.*labeling .*{verb}", command.help)
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_every_verb_and_option_is_documented(docs: Path) -> None:
    """The page of commands has a section a verb, in the order of the journey, with all its options."""
    page = (docs / "commands.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(VERBS)
    for verb in VERBS:
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        section = page.partition(f"## {verb}\n")[2].partition("\n## ")[0]
        assert not [
            name for option in command.params for name in option.opts if name.startswith("--") and name not in section
        ]


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    """Every class stands in the drawing once, under its parent, and nothing else stands there."""
    lines = re.findall(r"^    ([│├└─ ]*)(\w+)", (errors.__doc__ or "").partition("::\n")[2], re.MULTILINE)
    depths = [(len(marks) // 4, name) for marks, name in lines]

    parents: dict[str, str | None] = {}
    path: list[str] = []
    for depth, name in depths:
        path = [*path[:depth], name]
        assert name not in parents
        parents[name] = path[depth - 1] if depth else None

    assert parents == {
        kind.__name__: None if kind is errors.LabelingError else kind.__bases__[0].__name__ for kind in CLASSES
    }


def test_every_error_is_documented(docs: Path) -> None:
    """The page of errors has each class with the sentence that says when it happens."""
    page = (docs / "errors.md").read_text(encoding="utf-8")

    for kind in CLASSES:
        sentence = " ".join((kind.__doc__ or "").replace("``", "`").split())
        assert sentence
        assert re.search(rf"^\| `{kind.__name__}` \| .* \| {re.escape(sentence)} \|$", page, re.MULTILINE)


def test_every_file_of_the_workspace_is_documented(docs: Path) -> None:
    """The page of files names each path a workspace has."""
    page = (docs / "files.md").read_text(encoding="utf-8")
    root = Path("workspace")
    folders = [
        path.relative_to(root).as_posix()
        for path in vars(Workspace(root)).values()
        if isinstance(path, Path) and path != root
    ]
    paths = [*folders, *(file.name for _, file in described())]

    assert len(folders) == 9
    assert len(paths) > 25
    assert not [path for path in paths if not re.search(rf"`{re.escape(path)}[`/]", page)]


def test_every_module_is_on_the_map(docs: Path) -> None:
    """The page of the architecture has a line for each module, and the drawing has each room."""
    page = (docs / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "labeling"
    modules = [path for path in package.rglob("*.py") if path.name not in {"__init__.py", "__main__.py"}]

    assert len(modules) > 100
    assert [path.name for path in modules if f"| `{path.name}` |" not in page] == []
    rooms = [path.name for path in package.iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"{room}/" not in page.partition("## The rooms")[0]] == []


def test_the_map_names_modules_that_are_there(docs: Path) -> None:
    """What it says to open can be opened: a module that moved stops the making of the page."""
    page = (docs / "architecture.md").read_text(encoding="utf-8").partition("## The road")[2]
    named = set(re.findall(r"`([a-z_/]+\.py)`", page))

    assert len(named) > 60
    assert [name for name in named if not (ROOT / "labeling" / name).exists()] == []


def test_every_public_name_is_documented(docs: Path) -> None:
    """The page of Python names all that the package offers."""
    page = (docs / "python.md").read_text(encoding="utf-8")

    assert len(labeling.__all__) > 100
    assert [name for name in labeling.__all__ if f"`{name}`" not in page] == []
