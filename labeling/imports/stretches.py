"""Stretches of a text that offsets give: whether they hold the words they should, and whether they cut a word."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

# The parts of a stretch, each from its start to its end in code points; None where an offset has no place.
PlacesInText: TypeAlias = "tuple[tuple[int | None, int | None], ...]"

# Scripts written without blanks, and Korean, whose particles are glued to the word: there a span may end anywhere.
_UNSPACED = re.compile("[\u0e00-\u109f\u1780-\u17ff\u3040-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_JOINERS = "\u200d\ufe0f"  # of emoji


def same_words(copy: str, text: str) -> bool:
    """Whether a file's copy of a stretch has the words of the text: tools write line ends as blanks."""
    return copy.split() == text.split()


def list_fitting(text: str, places: Mapping[str, PlacesInText], words: str) -> set[str]:
    """The countings by which these very words stand there; else those with the same ones but for the kind of blanks.

    Where no counting has blanks at the same ends, it is those with the same words.
    """
    stretches = {each: _stretch(text, at) for each, at in places.items()}
    very = {each for each, found in stretches.items() if found and found == words}
    exact = very or {each for each, found in stretches.items() if found and _collapse(found) == _collapse(words)}
    return exact or {each for each, found in stretches.items() if found.strip() and same_words(words, found)}


def _stretch(text: str, places: PlacesInText) -> str:
    """The words at those places; "" where one of them is none."""
    ends = [(start, end) for start, end in places if start is not None and end is not None and start < end]
    return " ".join(text[start:end] for start, end in ends) if len(ends) == len(places) else ""


def _collapse(words: str) -> str:
    return re.sub(r"\s+", " ", words)


def are_odd(text: str, places: PlacesInText) -> bool:
    """Whether one of the places is none, or begins or ends inside a word or on a blank."""
    for start, end in places:
        if start is None or end is None or not start < end or text[start].isspace() or text[end - 1].isspace():
            return True
        if _inside_word(text, start) or _inside_word(text, end):
            return True
    return False


def _inside_word(text: str, at: int) -> bool:
    """Whether a boundary cuts a word, or a character from the marks that belong to it."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if not before or not after:
        return False
    if before.isascii() and after.isascii():
        return before.isalnum() and after.isalnum()
    if unicodedata.combining(after) or after in _JOINERS or before == _JOINERS[0]:
        return True
    return before.isalnum() and after.isalnum() and not _UNSPACED.match(before) and not _UNSPACED.match(after)
