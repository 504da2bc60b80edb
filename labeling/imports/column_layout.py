"""How the rows of a file are read: the column of the tokens, those of tags, and what the user says of them.

Columns count from 1 where people read them, from 0 in here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from labeling.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from labeling.imports.column_lines import Delimiter
    from labeling.imports.tags import TagStyle

Cells: TypeAlias = list[str]

_TOKEN_HEADS: Final = frozenset({"token", "tokens", "word", "words", "form", "text"})
_TAG_HEADS: Final = frozenset({"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "entity", "iob", "bio"})


@dataclass(frozen=True)
class ColumnChoice:
    """The columns that ``--columns`` names: by number, from 0, or as the first line does; none without it."""

    token: int | str | None = None
    tags: tuple[int | str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are named as the first line names them."""
        return tuple(each for each in (self.token, *self.tags) if isinstance(each, str))

    def cut_heading(self, sentences: Sequence[Sequence[str]]) -> tuple[str, Sequence[Sequence[str]]]:
        """The first line apart from the others, where it has names that are needed; else ""."""
        if not self.names or not sentences:
            return "", sentences
        first, *others = sentences
        return first[0], [*([first[1:]] if first[1:] else []), *others]

    def number_columns(self, heading: Sequence[str]) -> ColumnChoice:
        """The same columns by number; one that the first line does not have is beyond all others."""
        places = {name.strip().casefold(): number for number, name in reversed([*enumerate(heading)])}

        def find(each: int | str) -> int:
            return each if isinstance(each, int) else places.get(each.casefold(), sys.maxsize)

        return replace(self, token=None if self.token is None else find(self.token), tags=tuple(map(find, self.tags)))


@dataclass(frozen=True)
class TagColumn:
    """A column of tags: its number, or of one from the end; the key of its tags in a column like ``NER=B-PER``."""

    number: int
    style: TagStyle
    key: str = ""

    def value(self, cells: Sequence[str]) -> str:
        """The tag in a row."""
        cell = cells[self.number]
        if not self.key:
            return cell
        return next((each[len(self.key) + 1 :] for each in cell.split("|") if each.startswith(f"{self.key}=")), "_")

    @property
    def place(self) -> str:
        """Where it is, for people."""
        where = "the last column" if self.number < 0 else f"column {self.number + 1}"
        return f"{self.key} in {where}" if self.key else where


@dataclass(frozen=True)
class ColumnLayout:
    """How the rows of a file are read.

    ``width`` is how many cells a row has, 0 where that varies. ``closed`` has the values of columns of which few were
    seen, by number. ``spare`` tells what stands in the columns that are not read, ``decided`` what was decided.
    ``heading`` are the cells of the first line where the user named columns by them.
    """

    delimiter: Delimiter
    width: int
    token: int
    tags: tuple[TagColumn, ...]
    closed: Mapping[int, frozenset[str]] = field(default_factory=dict)
    spare: tuple[str, ...] = ()
    decided: str = ""
    heading: tuple[str, ...] = ()


def parse_column_choice(words: str) -> ColumnChoice:
    """Read ``token=2,tag=4`` or ``token=Word,tag=Tag``; several ``tag`` are several layers.

    Raises:
        UsageError: It is not of that form.
    """
    token, tags = list[int | str](), list[int | str]()
    for pair in filter(None, words.split(",")):
        name, _, number = (part.strip() for part in pair.partition("="))
        if name not in {"token", "tag"} or not number.strip("0 "):
            raise UsageError(
                f"--columns {words}: {pair!r} does not name a column", todo="write it as --columns token=2,tag=4"
            )
        is_number = number.isascii() and number.isdecimal()
        (token if name == "token" else tags).append(int(number) - 1 if is_number else number)
    if words and (len(token) != 1 or not tags or token[0] in tags):
        raise UsageError(
            f"--columns {words} must name one column of tokens and one or more of tags",
            todo="write it as --columns token=2,tag=4; the first column is 1",
        )
    return ColumnChoice(token[0] if token else None, tuple(dict.fromkeys(tags)))


def is_heading(cells: Sequence[str], layout: ColumnLayout) -> bool:
    """Whether a row is the names of the columns: ``token``, ``tag``, or those by which the user called them."""
    if layout.heading:
        return tuple(cells) == layout.heading
    if len(cells) <= layout.token or cells[layout.token].strip().lower() not in _TOKEN_HEADS:
        return False
    return all(
        tag.number < len(cells)
        and (cells[tag.number].lower() in _TAG_HEADS or tag.style.split(cells[tag.number]) is None)
        for tag in layout.tags
        if not tag.key
    )


def tell_layouts(layouts: Mapping[str, Collection[str]]) -> list[str]:
    """How columns were read; with the first file of each way, and how many more there are, where files differ."""
    if len(layouts) < 2:  # noqa: PLR2004 - there is nothing to tell apart
        return [*layouts]
    more = {way: f" and {len(files) - 1} more" if len(files) > 1 else "" for way, files in layouts.items()}
    return [f"{next(iter(files))}{more[way]}: {way}" for way, files in sorted(layouts.items())]
