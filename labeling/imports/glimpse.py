"""A glimpse of a file: its first characters, and the JSON objects in them; by it a format is recognised."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.sources.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = 256 * 1024  # bytes, enough for the first lines of any export
_MOST_OBJECTS = 50

JsonLine: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Glimpse:
    """The first part of a file: its bytes, the same as text, and the first objects in it if it is JSON.

    ``is_whole`` is true where the part is all of the file. ``objects`` come a line each, or out of an array.
    """

    head: bytes = b""
    text: str = ""
    objects: tuple[JsonLine, ...] = ()
    is_whole: bool = True

    @property
    def lines(self) -> list[str]:
        """The lines that are not blank; the last one only where it is whole."""
        lines = self.text.split("\n")
        return [line.rstrip("\r") for line in (lines if self.is_whole else lines[:-1]) if line.strip()]


def take_glimpse(path: Path) -> Glimpse:
    """Look at the first part of a file.

    Raises:
        UnreadableArticle: It is not a plain file.
        OSError: It cannot be read.
    """
    with open_plain(path) as file:
        head = file.read(_HEAD + 1)
    is_whole = len(head) <= _HEAD
    head = head[:_HEAD]
    # Any bytes become text here: the reader of the format is the one who minds its encoding.
    text = head.decode("utf-8-sig", errors="replace")
    objects = tuple(obj for obj, _ in zip(_find_objects(text), range(_MOST_OBJECTS), strict=False))
    return Glimpse(head, text, objects, is_whole)


def _find_objects(text: str) -> Iterator[JsonLine]:
    """The objects that stand one after the other, whatever is between them: line ends, or commas in an array."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,[":
            at += 1
        if text[at : at + 1] != "{":
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            # One broken line is not the end of the lines.
            at = text.find("\n{", at) + 1
            if not at:
                return
            continue
        yield value
