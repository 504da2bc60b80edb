"""Stories: texts of odd signs with spans, of which each word occurs once, so that a span in another place shows.

Their words are of several scripts, and stand apart by blanks, line ends of both kinds, emoji and flags.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

LABELS = ("PERSON", "COUNTRY", "LOCATION")
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
# The same words in other scripts: with a combining mark, in Arabic, in Hebrew, in Greek letters.
_SCRIPTS = (
    str,
    str,
    lambda word: word.replace("a", "e\u0301"),
    lambda word: "".join(chr(0x0627 + ord(sign) - ord("a")) for sign in word.lower()),
    lambda word: "".join(chr(0x05D0 + ord(sign) - ord("a")) for sign in word.lower()),
    lambda word: "".join(chr(0x03B1 + ord(sign) - ord("a")) for sign in word.lower()),
)
_GAPS = (
    " ",
    " ",
    " ",
    ", ",
    "\r\n",
    "\n",
    " \U0001f600 ",
    " \u2013 ",
    ". ",
    "\r\n\r\n",
    " \U0001f1f3\U0001f1f4\u200d ",
)


@dataclass(frozen=True)
class Story:
    """A text with spans in code points of it; each word of it occurs once."""

    text: str
    spans: tuple[tuple[int, int, str], ...]

    @property
    def words(self) -> list[str]:
        """The words of each span."""
        return [self.text[start:end] for start, end, _ in self.spans]

    def count(self, at: int, counting: str) -> int:
        """A place in the text, counted so: by the length of what lies before it."""
        before, parts = self.text[:at], counting.split(",")
        if "lf" in parts:
            before = before.replace("\r\n", "\n")
        if "no-bom" in parts:
            before = before.removeprefix("\ufeff")
        return {"utf-16": len(before.encode("utf-16-le")) // 2, "utf-8": len(before.encode())}.get(
            parts[0], len(before)
        )


def make_story(chance: random.Random) -> Story:
    """A text of a few words in several scripts, with spans of one or two of them."""
    picked = chance.sample(_SYLLABLES, 60)
    words = [
        chance.choice(_SCRIPTS)((one + two).capitalize()) for one, two in zip(picked[::2], picked[1::2], strict=True)
    ]
    words = words[: chance.randint(6, 20)]
    text, places = "\ufeff" * (chance.random() < 0.2), list[tuple[int, int]]()  # noqa: PLR2004 - one in five
    for word in words:
        places.append((len(text), len(text) + len(word)))
        text += word + chance.choice(_GAPS)
    firsts = sorted(chance.sample(range(0, len(places) - 1, 2), chance.randint(1, len(places) // 2 - 1)))
    # Two words are one span where only a blank lies between them.
    spans = [
        (places[at][0], places[at + (text[places[at][1] : places[at + 1][0]] == " ")][1], chance.choice(LABELS))
        for at in firsts
    ]
    return Story(text.rstrip(), tuple(spans))


def list_words(text: str) -> list[tuple[int, int]]:
    """Where the words of a story are: between what is neither a letter nor belongs to one."""
    edges = [0] + [at for at in range(1, len(text)) if _is_letter(text[at]) != _is_letter(text[at - 1])] + [len(text)]
    return [(start, end) for start, end in pairwise(edges) if _is_letter(text[start])]


def _is_letter(sign: str) -> bool:
    return sign.isalpha() or sign == "\u0301" or "\u0610" <= sign <= "\u065f"
