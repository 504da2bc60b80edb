"""Front door of ``labeling init``: a commented project file of one's own, written from a few answers and checked."""

from __future__ import annotations

import colorsys
import json
import os
import shlex
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from labeling.errors import ProjectFileError, UsageError, escape_controls
from labeling.project import check_project, parse_project
from labeling.schema import RESERVED_HOTKEYS, Name
from labeling.tokens import make_tokenizer
from labeling.workspace.storage import create_new_text

if TYPE_CHECKING:
    from collections.abc import Callable

_TEMPLATE = Path(__file__).parent / "new_project.toml"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
# Those of the shipped schema: apart for people who do not tell red from green, too. Further ones go round the wheel.
_COLOURS = (
    "#b4c369",
    "#1effe1",
    "#d2871e",
    "#4b96ff",
    "#d287a5",
    "#ffd25a",
    "#96d2a5",
    "#e169c3",
    "#5af0ff",
    "#a59669",
)
_GOLDEN = 0.618_034  # of a turn of the wheel: hues never come close to each other
# Definition and example of names that many schemas have; they are a beginning, in our words.
_KNOWN = {
    "PERSON": ("The name of one human being, without title or office.", "Foreign Minister [Lena Okafor] arrived"),
    "ORGANISATION": (
        "A named body of people: a company, party or agency.",
        "shares of [Northwind Shipping] fell",
    ),
    "PLACE": ("A named place: a country, city, river or building.", "they met in [Port Lune] on Monday"),
    "DATE": ("A day or a stretch of the calendar, written out or to be reckoned.", "they met on [Monday]"),
}
DEFAULT_LABELS = ("PERSON", "ORGANISATION", "PLACE")


@dataclass(frozen=True)
class LabelDraft:
    """A label as somebody answered; an empty definition or example is one that is still to be written."""

    name: str
    definition: str = ""
    example: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to write what it means."""
        return self.name not in _KNOWN and not (self.definition and self.example)

    def fill(self) -> tuple[str, str]:
        """Definition and example as they stand in the file."""
        unwritten = (f"What counts as {self.name}: to be written.", f"an example of {self.name}, with the [span] in it")
        definition, example = _KNOWN.get(self.name, unwritten)
        return self.definition or definition, self.example or example


@dataclass(frozen=True)
class ProjectDraft:
    """What a project file is written from."""

    name: str
    language: str
    labels: tuple[LabelDraft, ...]

    def with_words(self, ask: Callable[[LabelDraft], tuple[str, str]]) -> ProjectDraft:
        """The same with what ``ask`` tells of each label: its definition and an example."""
        return replace(self, labels=tuple(LabelDraft(label.name, *ask(label)) for label in self.labels))


@dataclass(frozen=True)
class NewProject:
    """The file that was written, the workspace it has, its labels, and those that still want words of their own."""

    file: str
    workspace: str
    labels: tuple[str, ...]
    unwritten: tuple[str, ...]


def begin_project(path: Path, draft: ProjectDraft) -> NewProject:
    """Write a project file, having checked that every verb would take it.

    Raises:
        UsageError: Something of that name is there already, which is never overwritten.
        ProjectError: An answer does not fit: a name, a label, the language.
        NoRoom: The file cannot be written; nothing is left of it.
    """
    refuse_existing(path)
    check_language(draft.language)
    content = _fill_template(path, draft)
    check_project(parse_project(content, path), path)
    if not _is_writable(content):
        raise UsageError("an answer has signs that no file can hold", todo="type it anew")
    if not create_new_text(path, content):
        raise _existing_error(path)
    unwritten = tuple(label.name for label in draft.labels if label.is_open)
    return NewProject(str(path), str(_workspace_of(path)), tuple(label.name for label in draft.labels), unwritten)


def refuse_existing(path: Path) -> None:
    """Refuse a place where something is, before anybody answers questions in vain.

    Raises:
        UsageError: There is a file, a folder or a link of that name, or it is a name that cannot be typed again.
    """
    if not str(path).isprintable():
        raise UsageError("the file's name has signs that nobody can see", todo="name it otherwise", where=str(path))
    if os.path.lexists(path):
        raise _existing_error(path)


def check_project_name(name: str) -> str:
    """The title of a project: 3 to 50 characters on one line.

    Raises:
        UsageError: It is not one.
    """
    title = " ".join(name.split())
    if not 3 <= len(title) <= 50 or not title.isprintable():  # noqa: PLR2004 - Label Studio's own limits
        raise UsageError("a name has 3 to 50 characters", todo="shorten or lengthen it", where=name)
    return title


@cache
def check_language(language: str) -> str:
    """A language that has a tokenizer, as spaCy calls it.

    Raises:
        UsageError: spaCy does not know it, or does not cut it by rules.
    """
    code = language.strip()
    try:
        # What no verb before `compile` would find out.
        make_tokenizer(code)
    except ProjectFileError as error:
        raise UsageError(str(error), todo='name another, such as "en", or "xx" for any', where=language) from None
    return code


def name_after_folder(folder: Path) -> str:
    """A project's name where none was told: the folder's, as a title.

    >>> name_after_folder(Path("/home/ana/match-reports"))
    'Match reports'
    """
    title = folder.name.replace("-", " ").replace("_", " ")
    try:
        return check_project_name(title[:1].upper() + title[1:])
    except UsageError:
        return "My project"


def split_label_names(text: str) -> tuple[LabelDraft, ...]:
    """The labels in a line of names, apart by commas.

    Raises:
        UsageError: There is none, one stands there twice, or the page could not show it.
    """
    names = tuple(filter(None, map(str.strip, text.split(","))))
    if not names:
        raise UsageError("a schema has one label at least", todo="name some, apart by commas")
    for name, count in Counter(names).items():
        try:
            _NAME.validate_python(name)
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise UsageError(f"the label {name!r}: {why}", todo="name it otherwise", where=name) from None
        if count > 1:
            raise UsageError(f"the label {name!r} is named {count} times", todo="name it once", where=name)
    return tuple(map(LabelDraft, names))


def _is_writable(content: str) -> bool:
    """Whether UTF-8 has all its signs: what a terminal of another encoding sent may be none of them."""
    return not any("\ud800" <= sign <= "\udfff" for sign in content)


def _workspace_of(path: Path) -> Path:
    return Path("exports") / path.stem


def _existing_error(path: Path) -> UsageError:
    return UsageError(
        f"{path} is there already, and is never overwritten",
        todo=f"change it by hand, or name another file: `labeling init {shlex.quote(str(_free_name(path)))}`",
        where=str(path),
    )


def _free_name(path: Path) -> Path:
    if not path.name:
        return Path("OTHER.toml")
    others = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 1_000))
    return next((other for other in others if not os.path.lexists(other)), Path("OTHER.toml"))


def _fill_template(path: Path, draft: ProjectDraft) -> str:
    words = {
        # In a comment, which ends with its line.
        "workspace": escape_controls(str(_workspace_of(path))).replace("\n", " "),
        "name": _quote(draft.name),
        "language": _quote(draft.language),
        "first_label": _quote(next((label.name for label in draft.labels), "")),
        "labels": "\n".join(_label_lines(draft.labels)),
    }
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(words)


def _label_lines(labels: tuple[LabelDraft, ...]) -> list[str]:
    hotkeys, colours = _choose_hotkeys([label.name for label in labels]), _choose_colours(len(labels))
    lines = []
    for label, hotkey, colour in zip(labels, hotkeys, colours, strict=True):
        definition, example = label.fill()
        lines += [
            "[[labels]]",
            f"name = {_quote(label.name)}",
            f"definition = {_quote(definition)}",
            f"examples = [{_quote(example)}]",
            "near_misses = []",
            f'color = "{colour}"',
            *([f'hotkey = "{hotkey}"'] if hotkey else []),
            "",
        ]
    return lines


def _choose_hotkeys(names: list[str]) -> list[str]:
    """For each name its first letter or digit that is free; "" where none is: then the page finds a key."""
    free = set("abcdefghijklmnopqrstuvwxyz0123456789") - RESERVED_HOTKEYS
    chosen = []
    for name in names:
        key = next((sign for sign in name.lower() if sign in free), "")
        free.discard(key)
        chosen.append(key)
    return chosen


def _choose_colours(count: int) -> list[str]:
    """So many colours, all bright, no two the same."""
    colours = dict.fromkeys(_COLOURS)
    turns = 0
    while len(colours) < count:
        turns += 1
        hue, lightness = turns * _GOLDEN % 1, 0.62 + 0.03 * (turns % 7)
        parts = colorsys.hls_to_rgb(hue, lightness, 0.85)
        colours["#" + "".join(f"{round(255 * part):02x}" for part in parts)] = None
    return [*colours][:count]


def _quote(text: str) -> str:
    """A string as TOML writes it: JSON's way, and the one sign more that TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
