"""The map of the house, for docs/architecture.md: the drawing of its rooms, a line a module, and where to change what.

What names a module here is checked when the page is made: a module that moved makes `make docs` fail, not the reader.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import labeling

if TYPE_CHECKING:
    from collections.abc import Iterator

# The checkout whose code is imported.
PACKAGE = Path(labeling.__file__).parent
ROOT = PACKAGE.parent

INTRODUCTION = """\
# Architecture

Read the drawing upwards: a room imports only from rooms below it, and rooms on one line do not know each other. The
order stands in `pyproject.toml` under `[tool.importlinter]`, and `make check` holds it. A room is a folder, or a single
module on the ground floor, which has what every room speaks of.
"""

ROAD = """\
## The road of one article

Each step is a verb, a function of the same name, and one front door; what it reads and writes are files of the
workspace ([files.md](files.md)).
"""

CHANGES = """\
## Where to change what

Start at the first module; the others follow from it.
"""

# The road and the tasks, in words.
_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def architecture_page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_drawing(), *_modules(), ROAD, *_road(), CHANGES, *_tasks()])


def _drawing() -> Iterator[str]:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = rules["tool"]["importlinter"]["contracts"][0]["layers"]
    yield "```text"
    for layer in layers:
        yield "   ".join(f"{room}/" if (PACKAGE / room).is_dir() else f"{room}.py" for room in layer.split(" | "))
    yield "```\n"


def _modules() -> Iterator[str]:
    """A line a module, room by room, from its own first sentence."""
    yield "## The rooms, module by module\n"
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        room = folder.relative_to(PACKAGE).as_posix()
        yield f"### {'The ground floor' if room == '.' else f'`{room}/`'}\n"
        about = _first_sentence(folder / "__init__.py")
        yield f"{about}\n" if about else ""
        modules = [path for path in sorted(folder.glob("*.py")) if path.name not in {"__init__.py", "__main__.py"}]
        # A folder that only holds another one has no table.
        if modules:
            yield "| module | what it is |\n| --- | --- |"
            yield from (f"| `{path.name}` | {_first_sentence(path)} |" for path in modules)
            yield ""


def _first_sentence(path: Path) -> str:
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(words.partition("\n\n")[0].split())
    return re.sub(r"``", "`", paragraph)


def _road() -> Iterator[str]:
    yield "| verb | what happens | modules, in order |\n| --- | --- | --- |"
    for step in _TOLD["steps"]:
        yield f"| `{step['verb']}` | {step['what']} | {_named(step['modules'])} |"
    yield ""


def _tasks() -> Iterator[str]:
    yield "| to | know | open |\n| --- | --- | --- |"
    for task in _TOLD["tasks"]:
        yield f"| {task['task']} | {task['know']} | {_named(task['modules'])} |"
    yield ""


def _named(modules: list[str]) -> str:
    """Modules as paths under the package, each of which must be there.

    Raises:
        LookupError: One is not: it was moved, and the map must follow.
    """
    paths = [f"{module.replace('.', '/')}.py" for module in modules]
    absent = [path for path in paths if not (PACKAGE / path).exists()]
    if absent:
        raise LookupError(f"scripts/architecture.toml names modules that are not there: {', '.join(absent)}")
    return ", ".join(f"`{path}`" for path in paths)
