"""Simulated readers: the truth of an article, with slips of known rates. Deterministic by seed, article and name.

A reader with a rate of 0.1 handles one span of ten wrongly: misses it (in 40 of 100 slips), moves a boundary by a word
(25), gives it another label (20), and draws one that nobody should (15). The shares are a choice of ours, in the order
in which people err on newswire: what is missed is more than what is added.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Relation, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.articles import Article

SLIPS = {"miss": 0.40, "boundary": 0.25, "label": 0.20, "add": 0.15}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class SimulatedReader:
    """A reader who handles the share ``rate`` of all spans wrongly.

    ``confusions`` has, by label, the one that is taken for it; any other where it is left out.
    """

    name: str
    rate: float
    seed: int = 1
    labels: tuple[str, ...] = ()
    confusions: Mapping[str, str] | None = None

    def read(self, article: Article, truth: Annotation) -> Annotation:
        """What the reader submits of an article."""
        chance = random.Random(f"{self.seed} {self.name} {article.id}")  # noqa: S311 - a simulation, no secret
        words = [match.span() for match in _WORD.finditer(article.text)]
        spans = {span.id: self._handle(span, words, chance) for span in truth.spans}
        kept = {name: span for name, span in spans.items() if span is not None}
        places = {(span.start, span.end, span.label): span for span in reversed(kept.values())}
        drawn = [places.pop(place) for place in [*places]]
        names = {span.id for span in drawn}
        return Annotation(
            article=article.id,
            digest=article.digest,
            annotator=self.name,
            spans=tuple(sorted(drawn + self._add(drawn, words, chance), key=lambda span: (span.start, span.end))),
            relations=tuple(self._relate(truth.relations, names, chance)),
        )

    def _handle(self, span: Span, words: Sequence[tuple[int, int]], chance: random.Random) -> Span | None:
        drawn = chance.random()
        for slip in ("miss", "boundary", "label"):
            drawn -= self.rate * SLIPS[slip]
            if drawn < 0:
                return _SLIPS[slip](self, span, words, chance)
        return span

    def _add(self, drawn: Sequence[Span], words: Sequence[tuple[int, int]], chance: random.Random) -> list[Span]:
        """Spans that nobody should draw, on words that nobody marked."""
        free = [(low, high) for low, high in words if not any(low < span.end and high > span.start for span in drawn)]
        number = sum(chance.random() < self.rate * SLIPS["add"] for _ in drawn)
        chosen = chance.sample(free, min(number, len(free)))
        return [
            Span(id=f"x{low}", start=low, end=high, label=chance.choice(self.labels)) for low, high in sorted(chosen)
        ]

    def _relate(self, relations: Sequence[Relation], names: set[str], chance: random.Random) -> list[Relation]:
        return [
            each
            for each in relations
            if {each.head, each.tail} <= names and chance.random() >= self.rate * SLIPS["miss"]
        ]


def _miss(_reader: SimulatedReader, _span: Span, _words: object, _chance: random.Random) -> None:
    return None


def _move(_reader: SimulatedReader, span: Span, words: Sequence[tuple[int, int]], chance: random.Random) -> Span:
    """The span with a word more or less at one of its ends."""
    before = [low for low, high in words if high <= span.start][-1:]
    after = [high for low, high in words if low >= span.end][:1]
    inside = [(low, high) for low, high in words if span.start <= low and high <= span.end]
    choices = [(low, span.end) for low in before] + [(span.start, high) for high in after]
    # A single word cannot lose one.
    if len(inside) > 1:
        choices += [(inside[1][0], span.end), (span.start, inside[-2][1])]
    start, end = chance.choice(choices) if choices else (span.start, span.end)
    return span.model_copy(update={"start": start, "end": end})


def _mistake(reader: SimulatedReader, span: Span, _words: object, chance: random.Random) -> Span:
    taken = (reader.confusions or {}).get(span.label) or chance.choice(
        [label for label in reader.labels if label != span.label] or [span.label]
    )
    return span.model_copy(update={"label": taken})


_SLIPS = {"miss": _miss, "boundary": _move, "label": _mistake}
