"""Pace and quality of each reader: what is open, done and skipped, how long an article takes, what is left. Pure.

An example. Ana is to read four articles; she submitted two, in 60 and 100 seconds, and skipped one. Her median is 80
seconds, one article is open, and 80 seconds are left. One of the two has exactly the spans that were suggested there,
and took her 4 seconds: it is counted, for whoever reads it takes longer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from labeling.annotations import Annotation

HASTY = 10.0  # seconds: nobody reads a text and its suggestions in less

# The spans of an annotation, whatever their ids.
SpanPlaces: TypeAlias = frozenset[tuple[int, int, str]]


@dataclass(frozen=True)
class ReaderPace:
    """One reader's articles: ``open`` of those assigned, or of all where nothing is; ``done`` are submitted.

    ``seconds`` is the median time of a submitted article, ``seconds_left`` that of what is assigned and open; None
    where that is not known. ``as_suggested`` counts submissions that say exactly what was suggested, within ten
    seconds.
    """

    reader: str
    open: int
    done: int
    skipped: int
    seconds: float | None
    seconds_left: float | None
    as_suggested: int


@dataclass(frozen=True)
class TeamPace:
    """The pace of all, and the articles that more or fewer people than planned have submitted or skipped."""

    readers: tuple[ReaderPace, ...]
    read_by_more: tuple[str, ...]
    read_by_fewer: tuple[str, ...]


@dataclass
class _Work:
    done: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    as_suggested: int = 0


def span_places(annotation: Annotation) -> SpanPlaces:
    """Where its spans are, and their labels."""
    return frozenset((span.start, span.end, span.label) for span in annotation.spans)


def measure_pace(
    annotations: Iterable[Annotation],
    assigned: Mapping[str, Collection[str]],
    articles: int,
    offered: Callable[[str], Collection[SpanPlaces]],
    adjudicators: Collection[str] = (),
) -> TeamPace:
    """The pace of each person, by name, and where the plan is not kept.

    Args:
        annotations: What is on the server; each is asked for once.
        assigned: The articles of each reader; empty without a plan.
        articles: How many there are on the server.
        offered: What was suggested for an article, each suggestion by its spans.
        adjudicators: Who settles what others have read: no reading of the plan, unless it was assigned to them.
    """
    work = defaultdict[str, _Work](_Work)
    for one in annotations:
        if one.by_person and one.task is not None and one.state != "draft":
            _count_reading(work[one.annotator], one, offered)
    planned = Counter(article for own in assigned.values() for article in own)
    read = Counter(
        article
        for name, each in work.items()
        for article in each.done | each.skipped
        if name not in adjudicators or article in assigned.get(name, ())
    )
    return TeamPace(
        readers=tuple(_pace(name, work[name], assigned, articles) for name in sorted({*work, *assigned})),
        read_by_more=tuple(sorted(name for name in read if read[name] > planned[name])) if planned else (),
        read_by_fewer=tuple(sorted(name for name in planned if read[name] < planned[name])),
    )


def _count_reading(work: _Work, one: Annotation, offered: Callable[[str], Collection[SpanPlaces]]) -> None:
    if one.state == "skipped":
        work.skipped.add(one.article)
        return
    work.done.add(one.article)
    if one.seconds is None or one.seconds <= 0:
        return
    work.seconds.append(one.seconds)
    places = span_places(one)
    work.as_suggested += bool(places) and one.seconds <= HASTY and places in offered(one.article)


def _pace(name: str, work: _Work, assigned: Mapping[str, Collection[str]], articles: int) -> ReaderPace:
    touched = work.done | work.skipped
    own = {*assigned.get(name, ())}
    # Where there is a plan, nothing is open for whoever has no part in it.
    left = len(own - touched) if assigned else max(articles - len(touched), 0)
    seconds = median(work.seconds) if work.seconds else None
    return ReaderPace(
        reader=name,
        open=left,
        done=len(work.done),
        skipped=len(work.skipped - work.done),
        seconds=None if seconds is None else round(seconds, 1),
        seconds_left=round(left * seconds, 1) if seconds is not None and name in assigned else None,
        as_suggested=work.as_suggested,
    )
