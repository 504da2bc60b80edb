"""A score in parts: by source, day and length of the articles, by what training had seen, by whether names are nested.

Parts of articles are resampled by the leak groups that they have, parts of spans by those of the whole test set, as
`labeling.evaluation.scores` does. All are by the exact rule. An example: of four articles two are of one paper, with 3
of 4 names found and none invented, and two of another one, with 1 of 4: F1 is 2/3 of all, 6/7 and 2/5 of the parts.

Days and lengths are cut into bands that hold about as many articles each, four at most and two leak groups each: a
score of less tells nothing. Articles of one day, or of one length, are never parted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, TypeVar

from labeling.annotations import surface_of
from labeling.evaluation.resampling import BOOTSTRAP, ENOUGH_GROUPS
from labeling.evaluation.scores import count_paired, measure_counts, pair_article
from labeling.workspace.rows.score import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from labeling.annotations import Surface
    from labeling.evaluation.matching import SpanLike
    from labeling.evaluation.resampling import Bootstrap
    from labeling.evaluation.scores import PairedArticle, ScoredArticle
    from labeling.workspace.rows.score import SliceKind

# Sources beyond these are one part together.
MOST_SOURCES = 12
MOST_BANDS = 4

Sortable = TypeVar("Sortable", str, int)


def measure_slices(
    scored: Iterable[ScoredArticle], trained_on: Collection[Surface], bootstrap: Bootstrap = BOOTSTRAP
) -> tuple[Slice, ...]:
    """Measure each part of a test set, cut in five ways; what nothing falls into is left out.

    Args:
        scored: Every article of the test set, also those without any span.
        trained_on: The surfaces of the training split (see `surface_of`), to separate seen from unseen.
        bootstrap: Resamples and seed of the intervals.
    """
    articles = list(scored)
    paired = [pair_article(each, "exact") for each in articles]

    def was_seen(each: PairedArticle, span: SpanLike) -> bool:
        return surface_of(span.label, each.text[span.start : span.end]) in trained_on

    return (
        *_measure_parts("source", _name_sources(articles), paired, bootstrap),
        *_measure_parts("date", _name_days(articles), paired, bootstrap),
        *_measure_parts("length", _name_lengths(articles), paired, bootstrap),
        *_measure_spans("seen", ("seen", "unseen"), [_divide(each, was_seen) for each in paired], bootstrap),
        *_measure_spans("nested", ("nested", "flat"), [divide_nested(each) for each in paired], bootstrap),
    )


def cut_bands(values: Sequence[Sortable], most: int) -> list[tuple[Sortable, Sortable]]:
    """The first and last value of each band, upwards: ``most`` bands of about as many values each, or fewer.

    >>> cut_bands([1, 2, 3, 4, 5, 6], 3)
    [(1, 2), (3, 4), (5, 6)]
    >>> cut_bands([1, 1, 1, 1, 2, 3], 3)
    [(1, 1), (2, 3)]
    """
    counts = sorted(Counter(values).items())
    reached = accumulate(count for _, count in counts)
    # The band in which the middle one of each value is, if they are counted through.
    bands = [
        ((2 * end - count) * most // (2 * len(values)), value)
        for end, (value, count) in zip(reached, counts, strict=True)
    ]
    members = ([value for _, value in group] for _, group in groupby(bands, key=lambda band: band[0]))
    return [(each[0], each[-1]) for each in members]


def divide_nested(each: PairedArticle) -> tuple[PairedArticle, PairedArticle]:
    """An article with the spans alone that share words with another one, and with the others alone.

    Gold's spans are compared with gold's. A prediction with a partner is what that is; one without is nested where it
    shares words with another prediction, or with a nested one of gold.
    """
    nested = _find_nested(each.gold)
    stretches = _Stretches(span for span, is_nested in zip(each.gold, nested, strict=True) if is_nested)
    true = {id(span): is_nested for span, is_nested in zip(each.gold, nested, strict=True)}
    paired = [true[id(span)] for span in each.paired]
    among = _find_nested(each.predicted)
    # Those with a partner come first.
    wrong = [
        is_nested or stretches.touch(span)
        for span, is_nested in zip(each.predicted[len(paired) :], among[len(paired) :], strict=True)
    ]
    return _part(each, paired, nested, [*paired, *wrong])


def _name_sources(articles: Sequence[ScoredArticle]) -> list[tuple[int, str]]:
    """The place and the name of the part that each article is in."""
    counts = Counter(each.article.source for each in articles)
    ranked = sorted(counts, key=lambda source: (not source, -counts[source], source))
    named = [source for source in ranked if source]
    places = {source: (place, source) for place, source in enumerate(named[:MOST_SOURCES])}
    others = (MOST_SOURCES, f"{len(named) - MOST_SOURCES} further sources")
    places |= dict.fromkeys(named[MOST_SOURCES:], others) | {"": (MOST_SOURCES + 1, "no source")}
    return [places[each.article.source] for each in articles]


def _name_days(articles: Sequence[ScoredArticle]) -> list[tuple[int, str]]:
    days = [each.article.published for each in articles]
    bands = cut_bands([day for day in days if day], _count_bands(articles)) if any(days) else []
    names = [first if first == last else f"{first} to {last}" for first, last in bands]
    return _name_bands(days, [first for first, _ in bands], [*names, "no date"], lambda day: not day)


def _name_lengths(articles: Sequence[ScoredArticle]) -> list[tuple[int, str]]:
    lengths = [len(each.article.text) for each in articles]
    bands = cut_bands(lengths, _count_bands(articles)) if lengths else []
    names = [f"{first:,} characters" if first == last else f"{first:,} to {last:,} characters" for first, last in bands]
    return _name_bands(lengths, [first for first, _ in bands], names, lambda _: False)


def _name_bands(
    values: Sequence[Sortable], firsts: Sequence[Sortable], names: Sequence[str], is_unknown: Callable[[Sortable], bool]
) -> list[tuple[int, str]]:
    """The band of each value; the last name is that of what has none."""
    places = (len(names) - 1 if is_unknown(value) else bisect_right(firsts, value) - 1 for value in values)
    return [(place, names[place]) for place in places]


def _count_bands(articles: Sequence[ScoredArticle]) -> int:
    groups = len({each.leak_group for each in articles})
    return max(1, min(MOST_BANDS, groups // ENOUGH_GROUPS))


def _measure_parts(
    by: SliceKind, names: Sequence[tuple[int, str]], paired: Sequence[PairedArticle], bootstrap: Bootstrap
) -> Iterator[Slice]:
    for place in sorted(set(names)):
        part = [each for each, own in zip(paired, names, strict=True) if own == place]
        yield _measure_slice(by, place[1], part, part, bootstrap)


def _measure_spans(
    by: SliceKind,
    names: tuple[str, str],
    divided: Sequence[tuple[PairedArticle, PairedArticle]],
    bootstrap: Bootstrap,
) -> Iterator[Slice]:
    for side, name in enumerate(names):
        part = [each[side] for each in divided]
        if holding := [each for each in part if each.gold or each.predicted]:
            yield _measure_slice(by, name, part, holding, bootstrap)


def _measure_slice(
    by: SliceKind,
    name: str,
    part: Sequence[PairedArticle],
    holding: Sequence[PairedArticle],
    bootstrap: Bootstrap,
) -> Slice:
    return Slice(
        by=by,
        name=name,
        articles=len(holding),
        leak_groups=len({each.leak_group for each in holding}),
        measure=measure_counts(count_paired(part), [None], bootstrap)[0],
    )


def _divide(
    each: PairedArticle, is_in: Callable[[PairedArticle, SpanLike], bool]
) -> tuple[PairedArticle, PairedArticle]:
    return _part(each, *([is_in(each, span) for span in spans] for spans in (each.paired, each.gold, each.predicted)))


def _part(
    each: PairedArticle, paired: Sequence[bool], gold: Sequence[bool], predicted: Sequence[bool]
) -> tuple[PairedArticle, PairedArticle]:
    """The article with the spans alone that are marked, and with the others alone."""

    def keep(spans: Sequence[SpanLike], marks: Sequence[bool], mark: bool) -> list[SpanLike]:  # noqa: FBT001 - which half
        return [span for span, own in zip(spans, marks, strict=True) if own is mark]

    yes, no = (
        replace(
            each,
            paired=keep(each.paired, paired, mark),
            gold=keep(each.gold, gold, mark),
            predicted=keep(each.predicted, predicted, mark),
        )
        for mark in (True, False)
    )
    return yes, no


def _find_nested(spans: Sequence[SpanLike]) -> list[bool]:
    """Whether each of them has a code point in common with another one."""
    order = sorted(range(len(spans)), key=lambda number: (spans[number].start, spans[number].end))
    nested = [False] * len(spans)
    furthest: int | None = None  # of those before, the one that reaches furthest
    for number in order:
        if furthest is not None and spans[number].start < spans[furthest].end:
            nested[number] = nested[furthest] = True
        if furthest is None or spans[number].end > spans[furthest].end:
            furthest = number
    return nested


class _Stretches:
    """Where some spans are, one stretch for all that touch each other."""

    def __init__(self, spans: Iterable[SpanLike]) -> None:
        self._starts = list[int]()
        self._ends = list[int]()
        for start, end in sorted((span.start, span.end) for span in spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, span: SpanLike) -> bool:
        """Whether a span has a code point in common with any of them."""
        # Of the stretches that begin before its end, the last one reaches furthest.
        last = bisect_right(self._starts, span.end - 1) - 1
        return last >= 0 and span.start < self._ends[last]
