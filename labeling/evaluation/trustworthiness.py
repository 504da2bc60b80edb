"""How much scores on a test set can be relied on: its size, what training has seen of it, and how its gold was made.

An example. Twelve articles in nine leak groups have 40 gold spans; the words of 30 have the same label in training, so
that 3/4 can be known by heart. Four articles were read with suggestions before the eyes. It has too few articles, too
few leak groups, and flatters whoever made the suggestions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import surface_of
from labeling.evaluation.resampling import BOOTSTRAP, resample_weights, take_interval
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.score import ONE_LEAK_GROUP
from labeling.workspace.rows.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from labeling.annotations import Annotation, Gold, Surface
    from labeling.evaluation.resampling import Bootstrap

# Fewer than these say little, whatever the scores are.
ENOUGH_ARTICLES = 20
ENOUGH_LEAK_GROUPS = 10


@dataclass(frozen=True)
class HeldOutArticle:
    """One article of the test set: its text, its leak group, its gold, and what its gold was made of."""

    text: str
    leak_group: str
    gold: Gold
    said: Sequence[Annotation]

    @property
    def offered(self) -> int:
        """How many of gold's spans were offered to all who have them: nobody drew them."""
        drawn = {
            (one.annotator, span.start, span.end, span.label): not span.offered
            for one in self.said
            for span in one.spans
        }
        places = ((span, span.drawn or (span.start, span.end)) for span in self.gold.spans)
        by = ([drawn.get((name, *place, span.label)) for name in span.by] for span, place in places)
        return sum(bool(each) and all(was_drawn is False for was_drawn in each) for each in by)


def measure_trust(
    held_out: Iterable[HeldOutArticle],
    trained_on: Collection[Surface],
    was_suggested: Callable[[Annotation], bool | None],
    bootstrap: Bootstrap = BOOTSTRAP,
) -> Trust:
    """Measure the test set, and warn of what makes scores on it doubtful.

    Args:
        held_out: The articles of the test split that have usable gold.
        trained_on: The surfaces of the training split's gold (see `surface_of`).
        was_suggested: Whether suggestions were before an annotator's eyes; None where that is not known.
        bootstrap: Resamples and seed of the intervals.
    """
    articles = list(held_out)
    known = [_was_any_suggested(each, was_suggested) for each in articles]
    trust = Trust(
        articles=len(articles),
        leak_groups=len({each.leak_group for each in articles}),
        spans=sum(len(each.gold.spans) for each in articles),
        seen=_measure_seen(articles, trained_on, None, bootstrap),
        labels={
            label: _measure_seen(articles, trained_on, label, bootstrap)
            for label in sorted({span.label for each in articles for span in each.gold.spans})
        },
        suggested=known.count(True),
        drawn_alone=known.count(False),
        unknown=known.count(None),
        offered=sum(each.offered for each in articles),
    )
    return trust.model_copy(update={"warnings": tuple(_warn(trust))})


def _was_any_suggested(each: HeldOutArticle, was_suggested: Callable[[Annotation], bool | None]) -> bool | None:
    """Whether anybody whose word is in gold had suggestions; None where nobody is known to, and not of all it is."""
    known = [was_suggested(one) for one in each.said]
    if any(known) or each.offered:
        return True
    return None if None in known or not known else False


def _measure_seen(
    articles: Sequence[HeldOutArticle], trained_on: Collection[Surface], label: str | None, bootstrap: Bootstrap
) -> Coefficient:
    """The share of gold's spans that training has as well, of one label or of all."""
    import numpy as np

    groups = {group: row for row, group in enumerate(sorted({each.leak_group for each in articles}))}
    table = np.zeros((len(groups), 2))
    for each in articles:
        for span in each.gold.spans:
            if label in (None, span.label):
                surface = surface_of(span.label, each.text[span.start : span.end])
                table[groups[each.leak_group]] += (surface in trained_on, 1)
    seen, spans = (int(number) for number in table.sum(axis=0))
    if not spans:
        return Coefficient(value=None, items=0, undefined="gold has none")
    weights = resample_weights(len(groups), bootstrap)
    if weights is None:
        return Coefficient(value=seen / spans, items=spans, undefined=ONE_LEAK_GROUP)
    drawn = weights @ table
    return Coefficient(value=seen / spans, items=spans, interval=take_interval(drawn[:, 0], drawn[:, 1]))


def _warn(trust: Trust) -> Iterator[str]:
    if not trust.articles:
        yield "the test set has no article"
        return
    if trust.articles < ENOUGH_ARTICLES:
        yield f"it has {trust.articles} articles, and with fewer than {ENOUGH_ARTICLES} a score says little"
    if trust.leak_groups < ENOUGH_LEAK_GROUPS:
        yield (
            f"its articles are of {trust.leak_groups} leak groups, and fewer than {ENOUGH_LEAK_GROUPS} make intervals "
            "that are too narrow"
        )
    if not trust.spans:
        yield "its gold has no span"
    if trust.suggested:
        yield (
            f"{trust.suggested} of its {trust.articles} articles were read with suggestions before the eyes, which "
            "flatters whoever made them"
        )
