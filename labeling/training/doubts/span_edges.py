"""Spans that cut a word, or begin or end with what the guidelines leave out. Pure.

What is left out: blanks and punctuation around a span; articles in front of it, written small; and what a near miss
of its label quotes as "left out", as titles before a name. Examples overrule that: where one begins with [the, spans of
that label may. So do the annotators: what begins every tenth span of a label is no slip of the pen.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.tokens import tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.schema import Label, Schema
    from labeling.training.doubts.marked_text import MarkedText, Suspicion

# Articles and determiners, by language; none is known of any other.
_DETERMINERS = {
    "en": "a an the this that these those its their his her our",
    "de": "der die das den dem des ein eine einen einem einer eines",
    "fr": "le la les un une des ce cet cette ces",
    "es": "el la los las un una unos unas",
    "it": "il lo la i gli le un uno una",
    "nl": "de het een",
    "pt": "o a os as um uma uns umas",
}
_CUT, _BLANK, _SIGN, _WORD = 1.0, 0.9, 0.7, 0.7  # how much each speaks against a span
_PRACTICE = 0.1  # of the spans of a label: what so many begin or end with is as it should be
_LEFT_OUT = re.compile(r"\bleft out\b|\bleave out\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"\u201c]([^\"\u201c\u201d]{1,40})[\"\u201d]")
_BRACKETS = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\xbb": "\xab"}
_OF_WORDS = "@#%&'\u2019"  # signs that begin or end words


def find_odd_edges(texts: Iterable[MarkedText], schema: Schema, language: str) -> Iterator[Suspicion]:
    """The spans with such edges, each with why; texts are read twice."""
    left_out = {label.name: list_left_out(label, language) for label in schema.labels}
    totals, practice = Counter[str](), Counter[tuple[str, str]]()
    for text in texts:
        for _, label, edges in _list_odd(text, left_out):
            totals[label] += 1
            practice.update((label, what) for what, _ in edges)
    for text in texts:
        for place, label, edges in _list_odd(text, left_out):
            usual = max(1, _PRACTICE * totals[label])
            odd = [each for each in edges if each[1] >= _BLANK or practice[label, each[0]] <= usual]
            if odd and not text.is_open(*place):
                why = ", ".join(what for what, _ in odd)
                found = text.suspect("edge", place, (label, ""), max(weight for _, weight in odd), f"it {why}")
                yield replace(found, ends=mend_ends(text, place, left_out.get(label, frozenset())))


def _list_odd(
    text: MarkedText, left_out: Mapping[str, frozenset[str]]
) -> Iterator[tuple[tuple[int, int], str, list[tuple[str, float]]]]:
    """Each span, its label, and what is odd about its edges."""
    for place, labels in sorted(text.spans.items()):
        for label in labels:
            yield place, label, [*_list_edges(text, *place, left_out.get(label, frozenset()))]


def list_left_out(label: Label, language: str) -> frozenset[str]:
    """The words that spans of a label do not begin with.

    >>> from labeling.schema import Label
    >>> near = ('"Dr." before a name: left out of the span',)
    >>> label = Label(name="PERSON", definition="d", examples=("the [Pope]",), near_misses=near, color="#b4c369")
    >>> sorted(list_left_out(label, "en") & {"the", "Dr.", "Pope"})
    ['Dr.', 'the']
    """
    stated = {word for near in label.near_misses if _LEFT_OUT.search(near) for word in _QUOTED.findall(near)}
    known = {*_DETERMINERS.get(language, "").split(), *stated}
    begun = {example.partition("[")[2].partition(" ")[0] for example in label.examples}
    return frozenset(known - begun)


def _list_edges(text: MarkedText, start: int, end: int, left_out: frozenset[str]) -> Iterator[tuple[str, float]]:
    """What is odd about the edges of a span, and how odd."""
    whole = text.text
    if _cuts_word(text, start) or _cuts_word(text, end):
        yield "cuts a word", _CUT
    words = whole[start:end]
    bare = words.strip()
    if bare != words or not bare:
        yield "has blanks at its ends", _BLANK
    if not bare:
        return
    if _is_stray_sign(bare[0], bare, opening=True):
        yield f"begins with {bare[0]}", _SIGN
    if _is_odd_ending(text, end, bare):
        yield f"ends with {bare[-1]}", _SIGN
    first, blank, _ = bare.partition(" ")
    if blank and first in left_out:
        yield f"begins with {first!r}", _WORD


def mend_ends(text: MarkedText, place: tuple[int, int], left_out: frozenset[str]) -> tuple[int, int] | None:
    """Where a span would begin and end if nothing were odd about its edges; None where nothing would be left of it.

    Of ``the camp|aign`` that is ``campaign``, where spans of that label do not begin with ``the``.
    """
    start, end = place
    touched = tokens_touching(text.starts, text.ends, start, end)
    if touched:
        start = text.starts[touched.start] if _cuts_word(text, start) else start
        end = text.ends[touched.stop - 1] if _cuts_word(text, end) else end
    while start < end:
        words = text.text[start:end]
        first, blank, _ = words.partition(" ")
        if words[0].isspace() or _is_stray_sign(words[0], words, opening=True):
            start += 1
        elif words[-1].isspace() or _is_odd_ending(text, end, words):
            end -= 1
        elif blank and first in left_out:
            start += len(first)
        else:
            return start, end
    return None


def _is_odd_ending(text: MarkedText, end: int, words: str) -> bool:
    return _is_stray_sign(words[-1], words, opening=False) and not _is_abbreviation(text, end, words)


def _cuts_word(text: MarkedText, at: int) -> bool:
    """Whether a word goes on over an edge: letters or digits on both sides, where no token ends."""
    whole = text.text
    if not 0 < at < len(whole) or not (_is_cased(whole[at - 1]) and _is_cased(whole[at])):
        return False
    return at not in text.token_starts


def _is_cased(sign: str) -> bool:
    # Scripts without capitals may have no blanks between words, or write small words as one with others.
    return sign.isdigit() or sign.lower() != sign.upper()


def _is_stray_sign(sign: str, words: str, *, opening: bool) -> bool:
    """Whether a sign at an edge belongs to what is around the span; a bracket or quote with its other half does not."""
    if not unicodedata.category(sign).startswith("P") or sign in _OF_WORDS:
        return False
    if sign == '"':
        return words.count(sign) % 2 == 1
    halves = {opened: closed for closed, opened in _BRACKETS.items()} if opening else _BRACKETS
    return halves.get(sign, "\0") not in words


def _is_abbreviation(text: MarkedText, end: int, words: str) -> bool:
    """Whether the point at the end belongs to the word: as a token it is not one of its own."""
    return words[-1] == "." and len(words) > 1 and end - 1 not in text.token_starts
