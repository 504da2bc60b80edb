"""The mistakes of a score, one by one: what gold has, and what an annotator has instead of it.

What has a partner by the exact rule is right. Of the rest, spans of one place with different labels make a pair first,
then such as overlap and have one label, then such as overlap at all; of each rule as many as there can be. What is
left of gold was missed, what is left of the annotator's was invented.

An example. Gold has PERSON 0..5, COUNTRY 10..15 and DATE 20..24; predicted are ORG 0..5, COUNTRY 10..14 and PERSON
30..35. The first has a wrong label, the second wrong boundaries, DATE was missed and PERSON 30..35 invented.

So gold's spans without an exact partner are those of the mistakes, each once: the misses that lower recall. What was
invented where gold is open is not known to be wrong, and is no mistake, as in `labeling.evaluation.scores`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import overlaps
from labeling.evaluation.matching import pair_spans
from labeling.workspace.rows.mistake import MISTAKE_KINDS, Mistake, MistakenSpan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.evaluation.matching import SpanLike
    from labeling.evaluation.scores import ScoredArticle
    from labeling.workspace.rows.mistake import MistakeKind
    from labeling.workspace.rows.score import PairingRule


@dataclass(frozen=True)
class _Marked:
    """A span, with the label by which it is paired: none where any will do."""

    span: SpanLike
    label: str

    @property
    def id(self) -> str:
        return self.span.id

    @property
    def start(self) -> int:
        return self.span.start

    @property
    def end(self) -> int:
        return self.span.end


# By which rule what is left is paired, and whether labels count.
_STEPS: tuple[tuple[MistakeKind, PairingRule, bool], ...] = (
    ("wrong label", "position", True),
    ("wrong boundaries", "overlapping", True),
    ("wrong label and boundaries", "overlapping", False),
)


def find_mistakes(annotator: str, scored: Iterable[ScoredArticle]) -> Iterator[Mistake]:
    """The mistakes of one annotator, article by article, in the order of the text."""
    for each in scored:
        yield from sorted(_compare_sides(annotator, each), key=lambda mistake: (mistake.start, mistake.kind))


def count_mistakes(mistakes: Iterable[Mistake]) -> dict[MistakeKind, int]:
    """How many there are of each kind, all kinds listed."""
    counts = Counter(each.kind for each in mistakes)
    return {kind: counts[kind] for kind in MISTAKE_KINDS}


def _compare_sides(annotator: str, each: ScoredArticle) -> Iterator[Mistake]:
    exact = pair_spans(each.compared_spans(each.gold), each.compared_spans(each.prediction), "exact")
    gold: Sequence[SpanLike] = exact.left
    predicted: Sequence[SpanLike] = exact.right

    def make(kind: MistakeKind, true: SpanLike | None, said: SpanLike | None) -> Mistake:
        return Mistake(
            annotator=annotator,
            article=each.article.id,
            digest=each.article.digest,
            leak_group=each.leak_group,
            start=min(span.start for span in (true, said) if span),
            kind=kind,
            gold=_copy_span(true),
            predicted=_copy_span(said),
        )

    for kind, rule, by_label in _STEPS:
        found = pair_spans(_mark_spans(gold, by_label=by_label), _mark_spans(predicted, by_label=by_label), rule)
        yield from (make(kind, true.span, said.span) for true, said in found.pairs)
        gold, predicted = [one.span for one in found.left], [one.span for one in found.right]
    yield from (make("missed", span, None) for span in gold)
    yield from (make("invented", None, span) for span in predicted if not _is_open(each, span))


def _mark_spans(spans: Iterable[SpanLike], *, by_label: bool) -> list[_Marked]:
    return [_Marked(span, span.label if by_label else "") for span in spans]


def _is_open(each: ScoredArticle, span: SpanLike) -> bool:
    return any(overlaps(span.start, span.end, start, end) for start, end in each.open)


def _copy_span(span: SpanLike | None) -> MistakenSpan | None:
    if span is None:
        return None
    score = getattr(span, "score", None)
    return MistakenSpan(id=span.id, start=span.start, end=span.end, label=span.label, score=score)
