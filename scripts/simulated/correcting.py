"""A simulated reader in the page, who corrects what is offered and draws what is missing, and what each of it costs.

The reader means to submit what a `SimulatedReader` reads, slips included. A suggestion that is meant stays, and costs
nothing. Of the others the share ``accepts`` is taken as it is, and then what is meant there is not drawn; the rest is
mended, where something that is meant overlaps it, or removed. What is left is drawn. With ``mentions`` what was drawn
is offered wherever else its words stand; such offers are kept, accepted, mended or removed as suggestions are.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.workspace.rows.learning_rows import ActionCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from simulated.readers import SimulatedReader

    Place = tuple[int, int, str]


@dataclass(frozen=True)
class CorrectingReader:
    """``reader`` says what is meant; ``accepts`` is the share of wrong offers that are not noticed."""

    reader: SimulatedReader
    accepts: float
    mentions: bool = False

    def work(self, article: Article, truth: Annotation, offered: Iterable[Place]) -> tuple[set[Place], ActionCounts]:
        """What is submitted of an article, and the actions it took."""
        meant = {(span.start, span.end, span.label) for span in self.reader.read(article, truth).spans}
        seed = f"{self.reader.seed} accepts {article.id}"
        page = _Page(article.text, meant, self.accepts, random.Random(seed))  # noqa: S311 - a simulation, no secret
        page.judge(offered)
        page.draw(mentions=self.mentions)
        return page.regions, ActionCounts(**page.actions)


@dataclass
class _Page:
    text: str
    missing: set[Place]  # meant, and not there
    accepts: float
    chance: random.Random
    regions: set[Place] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)
    actions: Counter[str] = field(default_factory=Counter)

    def judge(self, offered: Iterable[Place]) -> None:
        """Keep, take for right, mend or remove each offer."""
        offers = sorted(offered)
        right = [place for place in offers if place in self.missing]
        self.regions.update(right)
        self.missing.difference_update(right)
        self.actions["spans_kept"] += len(right)
        for place in offers:
            if place in self.regions:
                continue
            upon = sorted(each for each in self.missing if _overlap(each, place))
            if self.chance.random() < self.accepts:
                self.regions.add(place)
                self.missing.difference_update(upon)
                self.actions["spans_kept"] += 1
            elif upon:
                best = max(
                    upon, key=lambda each: (min(each[1], place[1]) - max(each[0], place[0]), each[2] == place[2])
                )
                self.regions.add(best)
                self.missing.remove(best)
                self.actions["spans_mended"] += 1
            else:
                self.refused.add((self.text[place[0] : place[1]], place[2]))
                self.actions["spans_removed"] += 1

    def draw(self, *, mentions: bool) -> None:
        """Draw what is missing, in the order of the text."""
        while self.missing:
            place = min(self.missing)
            self.missing.remove(place)
            self.regions.add(place)
            self.actions["spans_added"] += 1
            if mentions:
                self.judge(self._find_mentions(place))

    def _find_mentions(self, drawn: Place) -> Iterator[Place]:
        """Where else the words of a span stand, free of regions, unless that was refused in this article."""
        start, end, label = drawn
        words = self.text[start:end]
        if (words, label) in self.refused:
            return
        for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", self.text):
            place = (*match.span(), label)
            if not any(_overlap(place, region) for region in self.regions):
                yield place


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]
