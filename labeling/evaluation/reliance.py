"""What suggestions do to readers: how often they miss what a model missed, and accept what it got wrong.

A model's suggestions save work, and people lean on them: what was not suggested is overlooked, what was suggested is
left as it is. Of the random stream some articles are read without suggestions, which chance decides and not the model:
the model's words on these are known, and nobody saw them. So the rates of both kinds of readings can be compared.

An example. Gold has A, B, C and D; the model had A, B and X. Of the two that it missed, a reader who says A, B, C and X
missed one, 1/2, and accepted the one that was wrong, 1/1. One of their four spans is beyond the model's, 1/4, and none
of its three is rejected, 0/3.

What nobody else has judged is no measure of a reader: gold is then the reader's own words, in which nothing is missed.
The first two rates are of readings on which somebody else had a word; what nobody at all has seen is not in gold, so
that they are too low rather than too high. The last two need no gold: where readers with suggestions mark less beyond
the model's, or reject less of it, than those without, it is the suggestions that do it.

Intervals are those of resampled leak groups, 95 %. Fewer than ten leak groups that have any such span are too little
to say anything. Where all resamples are 0, or all 1, the interval is Clopper and Pearson's of so many leak groups.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from labeling.annotations import LABEL_ITEM, overlaps
from labeling.evaluation.resampling import BOOTSTRAP, Bootstrap, resample_weights, take_interval
from labeling.values import format_percent
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.reliance_row import RelianceRates

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.annotations import Annotation, Gold, Span
    from labeling.evaluation.resampling import Weights
    from labeling.workspace.rows.reliance_row import Reliance

MEASURES = ("missed", "accepted", "beyond", "rejected")
# The least number of leak groups of which a rate tells anything.
TELLING_GROUPS = 10
_TAIL = 0.025
_TOLD = {
    "missed": "missed of what the model missed",
    "accepted": "accepted of what it got wrong",
    "beyond": "marked that it had not",
    "rejected": "not marked that it had",
}


@dataclass(frozen=True)
class StreamReading:
    """What somebody said first of an article of the random stream, beside what a model had said before.

    Attributes:
        leak_group: Of the article.
        said: Their first words.
        model: The model's spans, shown to them or not.
        assisted: Whether suggestions were before their eyes.
        gold: What was settled; None where nothing is.
        silent_on: The items (``label WHEN``) of which they say nothing.
    """

    leak_group: str
    said: Annotation
    model: Sequence[Span]
    assisted: bool
    gold: Gold | None = None
    silent_on: frozenset[str] = frozenset()

    @property
    def judged(self) -> bool:
        """Whether gold has the word of somebody else."""
        if self.gold is None or not self.gold.usable:
            return False
        return bool(
            {*self.gold.annotators, *(name for span in self.gold.spans for name in span.by)} - {self.said.annotator}
        )


class _Place(NamedTuple):
    start: int
    end: int
    label: str


class _Share(NamedTuple):
    """A rate, with its resamples as numerators and denominators where it has any."""

    rate: Coefficient
    resampled: tuple[Weights, Weights] | None


def measure_reliance(
    readings: Iterable[StreamReading], bootstrap: Bootstrap = BOOTSTRAP
) -> tuple[RelianceRates, RelianceRates, dict[str, Coefficient]]:
    """The rates of those who had suggestions before their eyes, of those who had not, and what they differ in.

    Args:
        readings: First words on articles of the random stream.
        bootstrap: Resamples and seed of the intervals.
    """
    arms: dict[bool, list[StreamReading]] = {True: [], False: []}
    for reading in readings:
        arms[reading.assisted].append(reading)
    # Chance put them on articles that share nothing: they are resampled apart.
    assisted = _measure_arm(arms[True], bootstrap)
    unassisted = _measure_arm(arms[False], Bootstrap(bootstrap.resamples, bootstrap.seed + 1))
    difference = {name: _subtract(assisted[name], unassisted[name]) for name in MEASURES}
    return _as_rates(arms[True], assisted), _as_rates(arms[False], unassisted), difference


def _as_rates(readings: Sequence[StreamReading], shares: dict[str, _Share]) -> RelianceRates:
    return RelianceRates(
        readings=len(readings),
        judged=sum(each.judged for each in readings),
        articles=len({each.said.article for each in readings}),
        leak_groups=len({each.leak_group for each in readings}),
        missed=shares["missed"].rate,
        accepted=shares["accepted"].rate,
        beyond=shares["beyond"].rate,
        rejected=shares["rejected"].rate,
    )


def _measure_arm(readings: Iterable[StreamReading], bootstrap: Bootstrap) -> dict[str, _Share]:
    counts: dict[str, defaultdict[str, list[int]]] = {name: defaultdict(lambda: [0, 0]) for name in MEASURES}
    for reading in readings:
        for name, (part, whole) in count_reading(reading).items():
            held = counts[name][reading.leak_group]
            held[0] += part
            held[1] += whole
    # In the order of their names: resamples must not depend on the order of the readings.
    return {name: _measure_share([own[group] for group in sorted(own)], bootstrap) for name, own in counts.items()}


def count_reading(reading: StreamReading) -> dict[str, tuple[int, int]]:
    """The numerator and the denominator of each rate, of one reading."""
    silent = reading.silent_on
    said, model = _places(reading.said.spans, silent), _places(reading.model, silent)
    counts = {"beyond": (len(said - model), len(said)), "rejected": (len(model - said), len(model))}
    if reading.gold is None or not reading.judged:
        return counts
    silent |= frozenset(reading.gold.unasked)
    # Gold may have been trimmed: it is the span that was drawn, too.
    gold = [
        {_Place(span.start, span.end, span.label), _Place(*(span.drawn or (span.start, span.end)), span.label)}
        for span in reading.gold.spans
        if LABEL_ITEM + span.label not in silent
    ]
    missed = [places for places in gold if not places & model]
    true = {place for places in gold for place in places}
    wrong = {
        place
        for place in model - true
        if LABEL_ITEM + place.label not in silent
        and not any(overlaps(place.start, place.end, *stretch) for stretch in reading.gold.open)
    }
    counts["missed"] = sum(not places & said for places in missed), len(missed)
    counts["accepted"] = len(wrong & said), len(wrong)
    return counts


def _places(spans: Iterable[Span], silent: Collection[str]) -> set[_Place]:
    return {_Place(span.start, span.end, span.label) for span in spans if LABEL_ITEM + span.label not in silent}


def _measure_share(counts: Sequence[Sequence[int]], bootstrap: Bootstrap) -> _Share:
    """The share of all leak groups together, each a numerator and a denominator."""
    import numpy as np

    telling = [each for each in counts if each[1]]
    part, whole = (sum(each[column] for each in telling) for column in (0, 1))
    weights = resample_weights(len(telling), bootstrap)
    if weights is None or len(telling) < TELLING_GROUPS:
        few = f"too little to say (leak groups: {len(telling)}, and it takes {TELLING_GROUPS})"
        return _Share(Coefficient(value=None, items=whole, undefined=few), None)
    drawn = weights @ np.array(telling, np.float64)
    spread = _exact_interval(part, whole, len(telling)) or take_interval(drawn[:, 0], drawn[:, 1])
    return _Share(Coefficient(value=part / whole, items=whole, interval=spread), (drawn[:, 0], drawn[:, 1]))


def _exact_interval(part: int, whole: int, groups: int) -> tuple[float, float] | None:
    """The interval of what was never seen, or always, in so many leak groups: resamples would not differ."""
    reach = 1 - _TAIL ** (1 / groups)
    if part == 0:
        return 0.0, reach
    return (1 - reach, 1.0) if part == whole else None


def _subtract(one: _Share, other: _Share) -> Coefficient:
    """What a share is above another of other leak groups."""
    items = one.rate.items + other.rate.items
    if one.rate.value is None or other.rate.value is None:
        return Coefficient(value=None, items=items, undefined=one.rate.undefined or other.rate.undefined)
    return Coefficient(value=one.rate.value - other.rate.value, items=items, interval=_spread(one, other))


def _spread(one: _Share, other: _Share) -> tuple[float, float] | None:
    ends = one.rate.interval, other.rate.interval
    if ends[0] is None or ends[1] is None or one.resampled is None or other.resampled is None:
        return None
    if {one.rate.value, other.rate.value} & {0.0, 1.0}:
        # Resamples of one of them do not differ: by the ends of both, which is wide enough.
        return ends[0][0] - ends[1][1], ends[0][1] - ends[1][0]
    (part, whole), (others, all_others) = one.resampled, other.resampled
    return take_interval(part * all_others - others * whole, whole * all_others)


def describe_reliance(reliance: Reliance) -> dict[str, str]:
    """What people are told of it, by row: where dev and test come from, then the rates in per cent."""
    rows = {
        f"of the random stream, {name}": f"{share.of_stream} of {share.articles} articles"
        for name, share in reliance.tested.items()
    }
    for name, told in _TOLD.items():
        arms = getattr(reliance.assisted, name), getattr(reliance.unassisted, name), reliance.difference[name]
        rates = [_describe_rate(each) for each in arms]
        few = rates[0] == rates[1] == rates[2]
        rows[told] = rates[0] if few else f"{rates[0]} with suggestions, {rates[1]} without; difference {rates[2]}"
    return rows


def _describe_rate(rate: Coefficient) -> str:
    if rate.value is None:
        return rate.undefined
    low, high = rate.interval or (rate.value, rate.value)
    return f"{format_percent(rate.value)} ({format_percent(low)} to {format_percent(high)})"
