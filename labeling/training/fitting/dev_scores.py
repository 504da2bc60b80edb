"""How good a tagger is on dev: F1 of spans and of choices, as `evaluate` counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labeling.annotations import overlaps
from labeling.evaluation.scores import fractions_of
from labeling.training.tagger.questions import choose_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.training.fitting.lessons import Lesson
    from labeling.training.tagger.ensemble import ChainSpan, Ensemble
    from labeling.training.tagger.questions import Question


class Counted(NamedTuple):
    """Things that gold and prediction have both, and how many each has."""

    both: int
    gold: int
    predicted: int


def score_dev(
    ensemble: Ensemble, lessons: Sequence[Lesson], labels: Sequence[str], questions: Sequence[Question]
) -> dict[str, float]:
    """F1 by what was asked for, of what gold or the prediction has anything of: 0 to 1."""
    states = ensemble.states([lesson.prepared for lesson in lessons])
    found = ensemble.find_spans(states, chances=False)
    counted = {
        "spans": _add(_count_spans(lesson, spans, labels) for lesson, spans in zip(lessons, found, strict=True)),
        "choices": _add(
            _count_answers(lesson, ensemble.answer(own), questions)
            for lesson, own in zip(lessons, states, strict=True)
            if questions
        ),
    }
    return {name: _f1_of(counts) for name, counts in counted.items() if any(counts)}


def judge_spans(lesson: Lesson, spans: Sequence[ChainSpan], labels: Sequence[str]) -> list[bool | None]:
    """Whether each span is gold's; None where nobody knows."""
    gold = set(lesson.example.spans)
    return [_judge_span(lesson, span, labels[span.label], gold) for span in spans]


def _judge_span(lesson: Lesson, span: ChainSpan, label: str, gold: set[tuple[int, int, str]]) -> bool | None:
    start, end = lesson.prepared.starts[span.start], lesson.prepared.ends[span.end - 1]
    if (start, end, label) in gold:
        return True
    unknown = label in lesson.example.unasked_labels or any(
        overlaps(start, end, *stretch) for stretch in lesson.example.open
    )
    return None if unknown else False


def _count_spans(lesson: Lesson, spans: Sequence[ChainSpan], labels: Sequence[str]) -> Counted:
    judged = judge_spans(lesson, spans, labels)
    gold = {span for span in lesson.example.spans if span[2] in labels}
    return Counted(judged.count(True), len(gold), judged.count(True) + judged.count(False))


def _count_answers(lesson: Lesson, scores: Mapping[str, Mapping[str, float]], questions: Sequence[Question]) -> Counted:
    gold, predicted = set[tuple[str, str]](), set[tuple[str, str]]()
    for question in questions:
        known = lesson.example.answers.get(question.name, {})
        gold |= {(question.name, option) for option, chosen in known.items() if chosen}
        predicted |= {
            (question.name, option) for option in choose_options(question, scores[question.name]) if option in known
        }
    return Counted(len(gold & predicted), len(gold), len(predicted))


def _add(counts: object) -> Counted:
    rows = list(counts)  # type: ignore[call-overload]
    return Counted(*(sum(row[place] for row in rows) for place in range(3)))


def _f1_of(counts: Counted) -> float:
    numerator, denominator = fractions_of(*counts)["f1"]
    return numerator / denominator if denominator else 0.0
