"""How the rows of a file are read: the column of the tokens, those of tags, and what the user says of them.

Columns count from 1 where people read them, from 0 in here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from labeling.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.imports.column_lines import Delimiter
    from labeling.imports.tags import TagStyle

Cells: TypeAlias = list[str]

_TOKEN_HEADS: Final = frozenset({"token", "tokens", "word", "words", "form", "text"})
_TAG_HEADS: Final = frozenset({"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "entity", "iob", "bio"})


@dataclass(frozen=True)
class ColumnChoice:
    """The columns that ``--columns`` names, from 0; none where it was not given."""

    token: int | None = None
    tags: tuple[int, ...] = ()


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
    """

    delimiter: Delimiter
    width: int
    token: int
    tags: tuple[TagColumn, ...]
    closed: Mapping[int, frozenset[str]] = field(default_factory=dict)
    spare: tuple[str, ...] = ()
    decided: str = ""


def parse_column_choice(words: str) -> ColumnChoice:
    """Read ``token=2,tag=4``; several ``tag`` are several layers.

    Raises:
        UsageError: It is not of that form.
    """
    token, tags = list[int](), list[int]()
    for pair in filter(None, words.split(",")):
        name, _, number = (part.strip() for part in pair.partition("="))
        if name not in {"token", "tag"} or not number.isascii() or not number.isdecimal() or not int(number):
            raise UsageError(
                f"--columns {words}: {pair!r} does not name a column", todo="write it as --columns token=2,tag=4"
            )
        (token if name == "token" else tags).append(int(number) - 1)
    if words and (len(token) != 1 or not tags or token[0] in tags):
        raise UsageError(
            f"--columns {words} must name one column of tokens and one or more of tags",
            todo="write it as --columns token=2,tag=4; the first column is 1",
        )
    return ColumnChoice(token[0] if token else None, tuple(dict.fromkeys(tags)))


def is_heading(cells: Sequence[str], layout: ColumnLayout) -> bool:
    """Whether a row is the names of the columns: ``token``, ``tag``."""
    if len(cells) <= layout.token or cells[layout.token].strip().lower() not in _TOKEN_HEADS:
        return False
    return all(
        tag.number < len(cells)
        and (cells[tag.number].lower() in _TAG_HEADS or tag.style.split(cells[tag.number]) is None)
        for tag in layout.tags
        if not tag.key
    )
