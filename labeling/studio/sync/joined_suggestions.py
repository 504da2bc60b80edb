"""What the page offers of an article where models are in the loop: one suggestion, joined from all sources. Pure.

What was carried from a reprint comes first, then models that `labeling train` made, then one that was asked for the
labels by name, then a pipeline, then rules; of two of a kind the first by name. Where spans of two sources overlap, the
first one's stand, unless both say the same: then it is one span, and its id names both. In a stretch that was carried
no model says anything. Each relation stands whose ends do; of a choice the first source that answers it is heard.

An example. The tagger says PERSON 0..4 and PLACE 9..13, the rules PERSON 0..4, PLACE 9..20 and DATE 30..34. Offered are
PERSON 0..4 by both, PLACE 9..13 by the tagger, and DATE 30..34 by the rules.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from labeling.annotations import MODEL, PROJECTED, Annotation, Relation, Span
from labeling.studio.format.span_sources import sign_span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.workspace.rows.reprint import ProjectedRow

_RULES = MODEL + "rules"


@dataclass(frozen=True)
class Precedence:
    """Who comes before whom: ``zero_shot`` is asked for labels by name, ``pipeline`` is not a model of ours."""

    zero_shot: str = ""
    pipeline: str = ""

    def place_of(self, annotator: str) -> tuple[int, str]:
        """Where a source stands among the others; all that was carried is one."""
        if annotator.startswith(PROJECTED):
            return 0, ""
        after = {self.zero_shot: 2, self.pipeline: 3, _RULES: 4}
        return after.get(annotator, 1), annotator


def name_joined(sources: Collection[str], precedence: Precedence) -> str:
    """The signature of what is joined from these sources: what was carried makes it ``projected:+...``."""
    models = sorted((each for each in {*sources} if each.startswith(MODEL)), key=precedence.place_of)
    carried = f"{PROJECTED}+" if any(each.startswith(PROJECTED) for each in sources) else ""
    return carried + "+".join(models)


def join_suggestions(
    parts: Iterable[Annotation], carried: Sequence[ProjectedRow], precedence: Precedence, signature: str
) -> Annotation | None:
    """One suggestion of several for an article, signed; None where there are none.

    Args:
        parts: What each model suggests for it.
        carried: What was carried to it.
        precedence: Who comes before whom.
        signature: Who signs it.
    """
    rows = [
        Annotation(
            article=row.article, digest=row.digest, annotator=row.annotator, spans=row.spans, relations=row.relations
        )
        for row in carried
    ]
    ordered = sorted((*rows, *parts), key=lambda part: (precedence.place_of(part.annotator), part.annotator))
    if not ordered:
        return None
    joined = _Joined(stretches=[stretch for row in carried for stretch in row.stretches])
    for _, group in groupby(ordered, key=lambda part: precedence.place_of(part.annotator)):
        joined.take([*group])
    first = ordered[0]
    return joined.make(first.article, first.digest, signature)


@dataclass
class _JoinedSpan:
    """A span on its way: as its first source has it, and all who say it."""

    span: Span
    sources: list[str]


@dataclass
class _Joined:
    """A suggestion in the making."""

    stretches: list[tuple[int, int]]
    spans: list[_JoinedSpan] = field(default_factory=list)
    places: dict[tuple[int, int, str], int] = field(default_factory=dict)
    relations: list[tuple[int, int, Relation]] = field(default_factory=list)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, parts: Sequence[Annotation]) -> None:
        """Add what these say, who are of one rank, as far as those before them leave room."""
        taken = _merge((each.span.start, each.span.end) for each in self.spans)
        for part in parts:
            stands = {span.id: place for span in part.spans if (place := self._place(span, part, taken)) is not None}
            self.relations += [
                (stands[each.head], stands[each.tail], each)
                for each in part.relations
                if each.head in stands and each.tail in stands
            ]
            self.choices |= {
                name: chosen for name, chosen in part.choices.items() if chosen and name not in self.choices
            }

    def _place(self, span: Span, part: Annotation, taken: Sequence[tuple[int, int]]) -> int | None:
        place = (span.start, span.end, span.label)
        if place in self.places:
            same = self.spans[self.places[place]]
            if part.annotator not in same.sources:
                same.sources.append(part.annotator)
            if same.span.score is None:
                same.span = same.span.model_copy(update={"score": span.score})
            return self.places[place]
        is_carried = part.annotator.startswith(PROJECTED)
        if not is_carried and (_overlaps(span, taken) or self._is_settled(span)):
            return None
        self.spans.append(_JoinedSpan(span, [part.annotator]))
        self.places[place] = len(self.spans) - 1
        return self.places[place]

    def _is_settled(self, span: Span) -> bool:
        return any(start <= span.start and span.end <= end for start, end in self.stretches)

    def make(self, article: str, digest: str, signature: str) -> Annotation:
        """The whole, its spans in the order of the text."""
        ids: dict[str, None] = {}
        for each in self.spans:
            name = sign_span(each.sources, each.span.id)
            while name in ids:
                name += "'"
            ids[name] = None
        names = [*ids]
        spans = [each.span.model_copy(update={"id": name}) for each, name in zip(self.spans, names, strict=True)]
        relations: dict[tuple[str, str, str], Relation] = {}
        for head, tail, relation in self.relations:
            ends = {"head": names[head], "tail": names[tail]}
            relations.setdefault((names[head], names[tail], relation.label), relation.model_copy(update=ends))
        return Annotation(
            article=article,
            digest=digest,
            annotator=signature,
            spans=tuple(sorted(spans, key=lambda span: (span.start, -span.end, span.label, span.id))),
            relations=tuple(relations.values()),
            choices=self.choices,
        )


def _merge(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches that are covered, in order; none touches the next."""
    merged = list[tuple[int, int]]()
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _overlaps(span: Span, taken: Sequence[tuple[int, int]]) -> bool:
    # The last stretch that begins before the span ends is the only one that may reach into it.
    before = bisect_left(taken, (span.end, 0))
    return before > 0 and taken[before - 1][1] > span.start
