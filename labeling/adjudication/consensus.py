"""On which spans and choices the annotators of an article agree, and what to ask them where they don't.

Spans, relations and choices follow one rule: what everybody marked who was asked is gold, in the first annotator's
words, the others' merged with it; the rest is an open conflict. Annotators come in the order of their names. Who sent
an annotation before a label was asked for is not asked for it, and who judged one span is not asked for those in the
rest of the text: that annotation's silence is not an answer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling.adjudication.open_conflicts import list_asked, list_lookers, make_conflict, make_disputed_rows
from labeling.adjudication.trimming import trim
from labeling.annotations import (
    LABEL_ITEM,
    GoldSpan,
    LedgerRow,
    Span,
    choice_id,
    choice_item,
)
from labeling.ledger import make_ledger_rows
from labeling.workspace.rows.conflict import Conflict, ConflictKind, Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema

GoldNames: TypeAlias = dict[tuple[str, str], GoldSpan]
"""The span of gold that an annotator's span (annotator, id) became."""


@dataclass(frozen=True)
class AgreedSpans:
    """The spans all agree on, the span of gold by annotator and id, the conflicts, and a ledger row for every span."""

    gold: tuple[GoldSpan, ...]
    names: GoldNames
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class AgreedChoices:
    """The options all agree on, those in dispute (``set=option``), the conflicts, a ledger row for every choice."""

    gold: dict[str, tuple[str, ...]]
    open: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class _DrawnSpan:
    """A span as one annotator drew it, and where it lies after trimming."""

    annotator: str
    span: Span
    start: int
    end: int

    @property
    def reading(self) -> Reading:
        return Reading(annotator=self.annotator, id=self.span.id, start=self.start, end=self.end, label=self.span.label)

    @property
    def before(self) -> tuple[int, int] | None:
        """The offsets before trimming; None where it moved nothing."""
        drawn = (self.span.start, self.span.end)
        return None if drawn == (self.start, self.end) else drawn


def agree_on_spans(
    article: Article, submissions: Sequence[Annotation], trimming: Collection[TrimRule], silence: Silence
) -> AgreedSpans:
    """Spans on whose start, end and label, after trimming, every annotator agrees who was asked for that label.

    Where Ana draws `Male,` and Ben `Male`, trimmed punctuation makes them one span of gold; without the rule they are a
    `boundary` conflict. Where Ana draws a WHEN, and Ben was done before there was that label, hers is gold.
    """
    drawn = [_trim_span(article, one.annotator, span, trimming) for one in submissions for span in one.spans]
    # Those with the same offsets and label after trimming, whoever drew them.
    places: defaultdict[tuple[int, int, str], list[_DrawnSpan]] = defaultdict(list)
    for each in sorted(drawn, key=lambda each: (each.annotator, each.span.id)):
        places[each.start, each.end, each.span.label].append(each)
    gold: list[GoldSpan] = []
    names: GoldNames = {}
    disputed: list[_DrawnSpan] = []
    rows: list[LedgerRow] = []
    for (start, end, label), alike in sorted(places.items()):
        claims = [(each.annotator, each.span.id) for each in alike]
        # Empty after trimming: there is nothing to agree on.
        if not start < end:
            reason = f"nothing is left after trimming {' and '.join(trimming)}"
            rows += make_ledger_rows(article.id, "span", claims, reason)
            continue
        marked_by = {annotator for annotator, _ in claims}
        able = list_lookers(submissions, (start, end))
        everyone = list_asked(able, marked_by, silence, {LABEL_ITEM + label})
        if len(marked_by) == len(everyone):
            gold.append(_gold_span(alike, everyone))
            names |= dict.fromkeys(claims, gold[-1])
            rows += make_ledger_rows(article.id, "span", claims)
        else:
            # Some have it and some have not, or have something else there.
            disputed += alike
    conflicts = [_span_conflict(article, group, submissions, silence) for group in _group_overlapping(disputed)]
    return AgreedSpans(tuple(gold), names, tuple(conflicts), (*rows, *make_disputed_rows("span", conflicts)))


def agree_on_choices(
    article: Article, submissions: Sequence[Annotation], schema: Schema, silence: Silence
) -> AgreedChoices:
    """Options that everybody chose who answered that question, and was asked for that option.

    Ana chose AID and CONSULT, Ben CONSULT, Cyd left the question out: CONSULT is gold, and AID an open conflict; but
    not if Ben answered before there was AID.
    """
    gold: dict[str, tuple[str, ...]] = {}
    conflicts: list[Conflict] = []
    rows: list[LedgerRow] = []
    for name in sorted({name for one in submissions for name in one.choices}):
        answers = {one.annotator: one.choices[name] for one in submissions if one.choices.get(name)}
        agreed = _agreed_options(name, answers, schema, silence)
        if agreed:
            gold[name] = agreed
        for option in agreed:
            rows += make_ledger_rows(article.id, "choice", _choice_claims(name, option, answers))
        # What is left is disputed, among those who answered.
        readings = _choice_readings(article, name, answers, agreed)
        if readings:
            items = {choice_item(reading.id) for reading in readings}
            marked_by = {reading.annotator for reading in readings}
            involved = list_asked(submissions, marked_by, silence, items)
            asked = [one for one in submissions if one.annotator in answers and one.annotator in involved]
            conflicts.append(make_conflict(article, "choice", readings, asked))
    disputed = {reading.id for conflict in conflicts for reading in conflict.readings}
    return AgreedChoices(
        gold, tuple(sorted(disputed)), tuple(conflicts), (*rows, *make_disputed_rows("choice", conflicts))
    )


def _agreed_options(
    name: str, answers: Mapping[str, Sequence[str]], schema: Schema, silence: Silence
) -> tuple[str, ...]:
    """The options of a question that are in every answer that speaks of them, sorted."""
    options = sorted({option for chosen in answers.values() for option in chosen})
    question = schema.choice_set(name)
    # One answer excludes all others: an option that came later does not settle what was answered before.
    if question is not None and not question.multiple and len(options) > 1:
        return ()
    return tuple(
        option
        for option in options
        if all(
            option in chosen or choice_item(choice_id(name, option)) in silence.get(annotator, ())
            for annotator, chosen in answers.items()
        )
    )


def _trim_span(article: Article, annotator: str, span: Span, trimming: Collection[TrimRule]) -> _DrawnSpan:
    return _DrawnSpan(annotator, span, *trim(article.text, span.start, span.end, trimming))


def _gold_span(alike: Sequence[_DrawnSpan], everyone: Sequence[str]) -> GoldSpan:
    first = alike[0]
    return GoldSpan(
        id=first.span.id,
        start=first.start,
        end=first.end,
        label=first.span.label,
        unsure=any(each.span.unsure for each in alike),
        rule="unanimous" if len(everyone) > 1 else "only annotator",
        by=tuple(everyone),
        drawn=first.before,
    )


def _group_overlapping(disputed: Iterable[_DrawnSpan]) -> list[list[_DrawnSpan]]:
    """The disputed spans in groups without a gap: each is one question to people."""
    groups: list[list[_DrawnSpan]] = []
    reach = 0
    for each in sorted(disputed, key=lambda each: (each.start, each.end, each.span.label, each.annotator)):
        # Half open: one that starts where all before it end does not overlap them.
        if not groups or each.start >= reach:
            groups.append([])
        groups[-1].append(each)
        reach = max(reach, each.end)
    return groups


def _span_conflict(
    article: Article, group: Sequence[_DrawnSpan], submissions: Sequence[Annotation], silence: Silence
) -> Conflict:
    readings = [each.reading for each in group]
    marked_by = {reading.annotator for reading in readings}
    # Who was not asked for any of these labels has missed nothing.
    stretch = min(reading.start for reading in readings), max(reading.end for reading in readings)
    able = list_lookers(submissions, stretch)
    asked = list_asked(able, marked_by, silence, {LABEL_ITEM + reading.label for reading in readings})
    involved = [one for one in submissions if one.annotator in asked]
    return make_conflict(article, _conflict_kind(readings), readings, involved)


def _conflict_kind(readings: Sequence[Reading]) -> ConflictKind:
    """Whether annotators differ in whether there is a span, in its boundaries, or in its label alone."""
    # One place with one label, and not everybody's: the others missed it.
    places = {(reading.start, reading.end) for reading in readings}
    labels = {reading.label for reading in readings}
    if len({reading.annotator for reading in readings}) == 1 or len(places) == len(labels) == 1:
        return "missed"
    return "label" if len(places) == 1 else "boundary"


def _choice_claims(name: str, option: str, answers: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Who chose an option: an annotation may name one option twice, which is accounted for twice."""
    return [
        (annotator, choice_id(name, option))
        for annotator, chosen in answers.items()
        for _ in range(chosen.count(option))
    ]


def _choice_readings(
    article: Article, name: str, answers: Mapping[str, Sequence[str]], agreed: Collection[str]
) -> list[Reading]:
    return [
        Reading(annotator=annotator, id=choice_id(name, option), start=0, end=len(article.text), label=option)
        for annotator, chosen in answers.items()
        for option in chosen
        if option not in agreed
    ]
