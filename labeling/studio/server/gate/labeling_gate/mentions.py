"""Every mention at once: at which other places of an article the words of a span stand, and which of them are offered.

Pure. Offsets are code points, half open. A mention is the same words in the same case, each stretch of blanks like any
other; or, for names of four letters and more, one of both in capitals, as headlines have it (`NORWAY` is `Norway`, and
`WHO` is not `Who`). It is made of whole words: neither a part of a word nor of a number. In scripts that leave no
blanks between words, any place is good.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# Start, end and label of a span.
MarkedStretch: TypeAlias = tuple[int, int, str]

OFFERED_ID = "offered-"  # how the ids of regions begin that were offered, and not drawn
LONGEST = 100  # characters of words that are looked for: a sentence is not a name
MOST = 500  # places that are offered at once
_IN_CAPITALS = 4  # letters of a name that is the same in capitals
_SOME_BLANKS = r"\s+"
_JOINED = frozenset("_\u00ad\u200c\u200d")
_IN_NUMBERS = frozenset(".,:/-'\u2019")
# Han, Kana, Thai, Lao, Burmese, Khmer.
_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def find_mentions(text: str, words: str) -> Iterator[tuple[int, int]]:
    """The places of some words in a text, in its order, none within another.

    >>> list(find_mentions("OSLO: Oslo's port, Oslofjord, oslo", "Oslo"))
    [(0, 4), (6, 10)]
    """
    parts = words.split()
    wanted, last = " ".join(parts), 0
    if not any(map(str.isalnum, wanted)) or len(wanted) > LONGEST:
        return
    # Of places that overlap, each is looked at: the first may be cut out of a word.
    pattern = re.compile(f"(?=({_SOME_BLANKS.join(map(re.escape, parts))}))", re.IGNORECASE)
    for found in pattern.finditer(text):
        start, end = found.span(1)
        if start >= last and _is_alike(" ".join(found[1].split()), wanted) and _is_uncut(text, start, end):
            last = end
            yield start, end


def choose_mentions(
    text: str, drawn: Iterable[MarkedStretch], standing: Collection[MarkedStretch], gone: Collection[MarkedStretch]
) -> list[MarkedStretch]:
    """The places at which spans that were drawn are offered, in the order of the text.

    Args:
        text: The article's.
        drawn: The spans whose mentions are wanted.
        standing: All spans that stand in the annotation, ``drawn`` with them.
        gone: What was offered before or stood there, and is not offered again.
    """
    taken: dict[str, bytearray] = {}
    said = {(start, end) for start, end, _ in standing}
    known, chosen = set(gone), list[MarkedStretch]()
    # Longer names first: within `Bank of New York` the shorter one is not offered for the same label.
    for words, label in sorted({_fold_stretch(text, each) for each in drawn}, key=lambda each: (-len(each[0]), each)):
        marked = taken.setdefault(label, _mark_places(text, (each[:2] for each in standing if each[2] == label)))
        for start, end in find_mentions(text, words):
            # Whoever has marked these words in another way has looked at them.
            is_new = (start, end) not in said and (start, end, label) not in known
            if is_new and not any(marked[start:end]):
                marked[start:end] = b"\1" * (end - start)
                chosen.append((start, end, label))
    return sorted(chosen)[:MOST]


def name_offered(place: MarkedStretch) -> str:
    """The id of a region that is offered at a place: offered twice it is still one, and one that was changed is told.

    >>> name_offered((16, 20, "PLACE"))
    'offered-16-20-0688'
    """
    start, end, label = place
    return f"{OFFERED_ID}{start}-{end}-{hashlib.sha256(label.encode()).hexdigest()[:4]}"


def _mark_places(text: str, places: Iterable[tuple[int, int]]) -> bytearray:
    """A sign for each of the text's, set where one of these places is."""
    marked = bytearray(len(text))
    for start, end in places:
        marked[start:end] = b"\1" * len(marked[start:end])
    return marked


def _fold_stretch(text: str, place: MarkedStretch) -> tuple[str, str]:
    return " ".join(text[place[0] : place[1]].split()), place[2]


def _is_alike(found: str, wanted: str) -> bool:
    if found == wanted:
        return True
    if sum(map(str.isalpha, wanted)) < _IN_CAPITALS or found.lower() != wanted.lower():
        return False
    # Neither is `polish` one with `POLISH`.
    other = found if wanted.isupper() else wanted
    return (found.isupper() or wanted.isupper()) and other[:1].isupper()


def _is_uncut(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 2, 0) : start][::-1], text[end : end + 2]
    inner = text[start:end]
    return not _runs_on(inner, before) and not _runs_on(inner[::-1], after)


def _runs_on(inner: str, outer: str) -> bool:
    """Whether a word goes on beyond its edge: ``inner`` begins at the edge, ``outer`` leads away from it."""
    if not outer or not _is_of_word(outer[0]):
        return _is_joined(inner, outer)
    if _is_of_word(inner[0]):
        return True
    # `U.S.` is a part of `U.S.A.`
    return inner[0] == "." and _is_single(inner[1:])


def _is_joined(inner: str, outer: str) -> bool:
    """Whether a sign between two figures, or the point of an abbreviation, holds both sides together."""
    if len(outer) < 2 or not outer[1].isalnum():  # noqa: PLR2004 - the sign, and what is beyond
        return False
    if inner[0].isdigit() and outer[1].isdigit():
        return outer[0] in _IN_NUMBERS
    return outer[0] == "." and _is_single(inner)


def _is_single(inner: str) -> bool:
    """Whether it begins with a letter that stands alone, or is one of an abbreviation's."""
    return inner[:1].isalpha() and inner[1:2] in {"", "."}


def _is_of_word(sign: str) -> bool:
    if _WITHOUT_BLANKS.match(sign):
        return False
    return sign.isalnum() or sign in _JOINED or unicodedata.category(sign).startswith("M")
