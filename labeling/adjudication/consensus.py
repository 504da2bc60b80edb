"""On which spans the annotators of an article agree, and what to ask them where they don't.

Spans, relations and choices follow one rule: what everybody marked who was asked is gold, in the first annotator's
words, the others' merged with it; the rest is an open conflict, unless an adjudicator has decided on it. Annotators
come in the order of their names. Who sent an annotation before a label was asked for is not asked for it, and who
judged one span is not asked for those in the rest of the text: that annotation's silence is not an answer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.open_conflicts import list_asked, list_lookers, make_conflict, make_disputed_rows
from labeling.adjudication.rulings import NOTHING_DECIDED
from labeling.adjudication.span_findings import DrawnSpan, GoldNames, SpanFindings, item_of_span
from labeling.adjudication.trimming import trim
from labeling.annotations import ADJUDICATED, LABEL_ITEM, GoldSpan, LedgerRow
from labeling.workspace.rows.conflict import Conflict, ConflictKind, Reading, SpanItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.rulings import Rulings
    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.ledger import Thing


@dataclass(frozen=True)
class AgreedSpans:
    """The spans that stand, the span of gold by annotator and id, the conflicts, and a ledger row for every span.

    ``added`` are the things that only an adjudicator drew.
    """

    gold: tuple[GoldSpan, ...]
    names: GoldNames
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]
    added: tuple[Thing, ...] = ()


def agree_on_spans(
    article: Article,
    submissions: Sequence[Annotation],
    trimming: Collection[TrimRule],
    silence: Silence,
    rulings: Rulings = NOTHING_DECIDED,
) -> AgreedSpans:
    """Spans on whose start, end and label, after trimming, every annotator agrees who was asked for that label.

    Where Ana draws `Male,` and Ben `Male`, trimmed punctuation makes them one span of gold; without the rule they are a
    `boundary` conflict, until an adjudicator decides. Where Ana draws a WHEN, and Ben was done before there was that
    label, hers is gold.
    """
    found = SpanFindings(article)
    disputed: list[DrawnSpan] = []
    places = _group_alike(article, submissions, trimming)
    for item, alike in places.items():
        # Empty after trimming: there is nothing to agree on.
        if not item.start < item.end:
            found.reject(alike, f"nothing is left after trimming {' and '.join(trimming)}")
            continue
        marked_by = {each.annotator for each in alike}
        able = list_lookers(submissions, (item.start, item.end))
        everyone = list_asked(able, marked_by, silence, {LABEL_ITEM + item.label})
        is_agreed = len(marked_by) == len(everyone)
        ruling = rulings.find(item, is_agreed=is_agreed)
        if ruling:
            found.follow(alike, ruling)
        elif is_agreed and not rulings.is_late(item):
            found.agree(alike, everyone)
        else:
            # Some have it and some have not, or have something else there.
            disputed += alike
    for item, ruling in rulings.list_accepted(SpanItem):
        if item not in places:
            found.add(item, ruling)
    gold = tuple(sorted(found.gold, key=lambda span: (span.start, span.end, span.label)))
    neighbours = _Neighbours(gold)
    groups = _group_overlapping(disputed)
    conflicts = tuple(_span_conflict(article, group, submissions, silence, neighbours) for group in groups)
    rows = (*found.rows, *make_disputed_rows("span", conflicts))
    return AgreedSpans(gold, found.names, conflicts, rows, tuple(found.added))


def _group_alike(
    article: Article, submissions: Iterable[Annotation], trimming: Collection[TrimRule]
) -> dict[SpanItem, list[DrawnSpan]]:
    """The spans with the same offsets and label after trimming, whoever drew them, in the order of the text."""
    drawn = [
        DrawnSpan(one.annotator, span, *trim(article.text, span.start, span.end, trimming))
        for one in submissions
        for span in one.spans
    ]
    places: defaultdict[tuple[int, int, str], list[DrawnSpan]] = defaultdict(list)
    for each in sorted(drawn, key=lambda each: (each.annotator, each.span.id)):
        places[each.start, each.end, each.span.label].append(each)
    return {SpanItem(start=key[0], end=key[1], label=key[2]): alike for key, alike in sorted(places.items())}


def _group_overlapping(disputed: Iterable[DrawnSpan]) -> list[list[DrawnSpan]]:
    """The disputed spans in groups without a gap: each is one question to people."""
    groups: list[list[DrawnSpan]] = []
    reach = 0
    for each in sorted(disputed, key=lambda each: (each.start, each.end, each.span.label, each.annotator)):
        # Half open: one that starts where all before it end does not overlap them.
        if not groups or each.start >= reach:
            groups.append([])
        groups[-1].append(each)
        reach = max(reach, each.end)
    return groups


class _Neighbours:
    """The spans of gold that overlap a stretch; stretches are asked for in the order of the text."""

    def __init__(self, gold: Sequence[GoldSpan]) -> None:
        self._to_come = iter(gold)
        self._next = next(self._to_come, None)
        self._near: list[GoldSpan] = []

    def overlapping(self, start: int, end: int) -> list[GoldSpan]:
        """Those that overlap it, in the order of the text."""
        self._near = [span for span in self._near if span.end > start]
        while self._next is not None and self._next.start < end:
            if self._next.end > start:
                self._near.append(self._next)
            self._next = next(self._to_come, None)
        return [*self._near]


def _span_conflict(
    article: Article,
    group: Sequence[DrawnSpan],
    submissions: Sequence[Annotation],
    silence: Silence,
    neighbours: _Neighbours,
) -> Conflict:
    readings = [each.reading for each in group]
    marked_by = {reading.annotator for reading in readings}
    # Who was not asked for any of these labels has missed nothing.
    stretch = min(reading.start for reading in readings), max(reading.end for reading in readings)
    able = list_lookers(submissions, stretch)
    asked = list_asked(able, marked_by, silence, {LABEL_ITEM + reading.label for reading in readings})
    involved = [one for one in submissions if one.annotator in asked]
    standing = neighbours.overlapping(*stretch)
    return make_conflict(
        article,
        _conflict_kind(readings),
        readings,
        involved,
        decided=tuple(item_of_span(span) for span in standing if span.rule == ADJUDICATED),
        beside=tuple(item_of_span(span) for span in standing if span.rule != ADJUDICATED),
    )


def _conflict_kind(readings: Sequence[Reading]) -> ConflictKind:
    """Whether annotators differ in whether there is a span, in its boundaries, or in its label alone."""
    # One place with one label, and not everybody's: the others missed it.
    places = {(reading.start, reading.end) for reading in readings}
    labels = {reading.label for reading in readings}
    if len({reading.annotator for reading in readings}) == 1 or len(places) == len(labels) == 1:
        return "missed"
    return "label" if len(places) == 1 else "boundary"
