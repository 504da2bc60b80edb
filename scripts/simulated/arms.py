"""Ways to go through a pool: what is offered, and in which order. Each part can be tried alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Order = Literal["random", "plain", "doubt"]


@dataclass(frozen=True)
class Arm:
    """One way. ``plain`` is by the mean score of spans, as Label Studio sorts, ``doubt`` that of the queue."""

    name: str
    order: Order = "random"
    suggestions: bool = False
    spreading: bool = False
    projection: bool = False
    mentions: bool = False
    misses: bool = False

    @property
    def needs_model(self) -> bool:
        """Whether a model says something of what is open, after each round."""
        return self.suggestions or self.order != "random"

    @property
    def needs_reprints(self) -> bool:
        """Whether it does nothing where no article shares words with another."""
        return (self.spreading or self.projection) and not (self.suggestions or self.mentions)


BY_HAND: Final = Arm("random, by hand")
ARMS: Final = (
    BY_HAND,
    Arm("suggestions alone", suggestions=True),
    Arm("order alone", order="doubt", misses=True),
    Arm("spreading alone", spreading=True),
    Arm("projection alone", projection=True),
    Arm("every mention alone", mentions=True),
    Arm("plain uncertainty, suggestions", order="plain", suggestions=True),
    Arm("ours, all parts", "doubt", suggestions=True, spreading=True, projection=True, mentions=True, misses=True),
    Arm("ours, without expected misses", "doubt", suggestions=True, spreading=True, projection=True, mentions=True),
    Arm("ours, in random order", "random", suggestions=True, spreading=True, projection=True, mentions=True),
)
