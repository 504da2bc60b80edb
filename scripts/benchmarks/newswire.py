"""Articles by chance: about 3,000 characters each of invented names and words, and what an annotator says of them.

The same seed gives the same articles. Only countries and months are real, so that rules have something to find. Of a
thousand articles no two share a passage, so that `split` may place each of them anywhere.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.reprints import Writer
from labeling.annotations import Annotation, Relation, Span
from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "model:bench"
LENGTH = 3_000  # code points
SUGGESTED = 10  # spans

_SLOT = re.compile(r"\[([A-Z_]+)\]")
_SHARE = 0.4  # of the sentences that are followed by one that names somebody: some 35 spans an article
_TELLING = (
    "[ROLE] [PERSON] received [PERSON] and the [DELEGATION] in [LOCATION] on [DATE].",
    "The [GOV_BODY] said that the [MEETING] would be held in [LOCATION] before [DATE].",
    "[COUNTRY] and [COUNTRY] signed the [AGREEMENT] after talks on [ISSUE].",
    "\u201cWe have come far,\u201d said [PERSON], [ROLE], when asked.",
    "The [INTL_ORG] called on [COUNTRY] to sign the [AGREEMENT].",
)
_COUNTRIES = ("Maldives", "Norway", "Peru", "Kenya", "Japan", "Portugal", "Canada", "Ghana", "Chile", "Estonia")
_MONTHS = ("January", "March", "April", "June", "August", "October", "November")
_ROLES = ("Foreign Minister", "Ambassador", "Deputy Prime Minister", "Special Envoy", "Permanent Secretary")
_SYLLABLES = ("ka", "ro", "mi", "ten", "ul", "sha", "ber", "no", "lin", "dor", "ve", "ash", "ey", "qui", "zan")
_KINDS = {
    "GOV_BODY": "Ministry of {}",
    "INTL_ORG": "{} Union",
    "DELEGATION": "{} delegation",
    "AGREEMENT": "{} Agreement",
    "MEETING": "{} Joint Commission",
    "LOCATION": "{} Bay",
    "ISSUE": "{} fishing rights",
}


@dataclass(frozen=True)
class Labelled:
    """An article, what a person said of it, and what a model suggested: ten of the same spans."""

    article: Article
    said: Annotation
    suggested: Annotation


def labelled(number: int, seed: int = 1, length: int = LENGTH) -> Iterator[Labelled]:
    """``number`` articles of about ``length`` code points, sorted by id."""
    chance, writer = random.Random(seed), Writer(seed)  # noqa: S311 - no secret
    return (_labelled(f"bench/{each:06d}", chance, writer, length) for each in range(number))


@dataclass
class _Draft:
    """A text in the making; offsets are code points."""

    chance: random.Random
    text: str = ""
    spans: list[Span] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    def sentence(self, template: str) -> None:
        """Append a sentence, each slot filled and marked; in it the first person holds the first role."""
        first: dict[str, str] = {}
        for number, part in enumerate(_SLOT.split(template)):
            if number % 2:
                marked = self._mark(part)
                first.setdefault(part, marked)
            else:
                self.text += part
        if "PERSON" in first and "ROLE" in first:
            self.relations.append(Relation(head=first["PERSON"], tail=first["ROLE"], label="HOLDS_ROLE"))

    def _mark(self, label: str) -> str:
        start = len(self.text)
        self.text += _name(label, self.chance)
        self.spans.append(Span(id=f"s{len(self.spans) + 1}", start=start, end=len(self.text), label=label))
        return self.spans[-1].id


def _labelled(name: str, chance: random.Random, writer: Writer, length: int) -> Labelled:
    draft = _Draft(chance)
    while len(draft.text) < length:
        telling = [chance.choice(_TELLING)] if chance.random() < _SHARE else []
        for template in (_plain(chance, writer), *telling):
            draft.sentence(template)
            # Now and then a blank is missing between two sentences, as in the real ones.
            draft.text += chance.choices((" ", "\n", ""), (16, 4, 1))[0]
    article = Article(
        id=name,
        text=draft.text,
        digest=digest_of(draft.text),
        source="bench",
        title=_word(chance),
        published="2024-05-03",
    )
    said = Annotation(
        article=name,
        digest=article.digest,
        annotator="ana",
        spans=tuple(draft.spans),
        relations=tuple(draft.relations),
        choices={"event": ("CONSULT",), "usable": ("yes",)},
        seconds=60.0,
    )
    first = tuple(draft.spans[:SUGGESTED])
    return Labelled(article, said, Annotation(article=name, digest=article.digest, annotator=MODEL, spans=first))


def _plain(chance: random.Random, writer: Writer) -> str:
    """A sentence that names nobody."""
    return f"{' '.join(writer.words(chance.randint(8, 18))).capitalize()}."


def _name(label: str, chance: random.Random) -> str:
    if label == "PERSON":
        return f"{_word(chance)} {_word(chance)}"
    if label == "DATE":
        return f"{chance.randint(1, 28)} {chance.choice(_MONTHS)} {chance.randint(2015, 2026)}"
    if label in _KINDS:
        return _KINDS[label].format(_word(chance))
    return chance.choice(_COUNTRIES if label == "COUNTRY" else _ROLES)


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(3, 4))).capitalize()
