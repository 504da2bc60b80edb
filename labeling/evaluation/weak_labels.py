"""Which labels are weak: too few places in gold, readers who agree on them less, a model that finds them worse. Pure.

A label is compared with all labels together, and counts as worse only where its whole 95 % interval lies below their
value: with F1 of 60 (40 to 78) where all have 80 it is weak, with 60 (40 to 85) chance alone may explain it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.values import format_percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.workspace.rows.agreements import Coefficient
    from labeling.workspace.rows.score import Measure

# Leak groups: as many as the test set needs (`labeling.learning.stopping`).
_ENOUGH_PLACES = 10


@dataclass(frozen=True)
class LabelEvidence:
    """What is known of a label, or of all of them: spans and leak groups of gold, spans of test; None is not measured.

    ``agreement`` is F1 of readers, ``model`` that of a model.
    """

    spans: int
    leak_groups: int
    tested: int | None = None
    agreement: Coefficient | None = None
    model: Measure | None = None


def list_weaknesses(label: LabelEvidence, whole: LabelEvidence) -> tuple[str, ...]:
    """Why a label is weak, for people, the weightiest first; empty where nothing of what is known speaks against it.

    Args:
        label: What is known of it.
        whole: The same of all labels together.
    """
    if not label.spans:
        return ("gold has no span of it",)
    reasons = (*_list_worse_than_all(label, whole), *_list_gaps_of_gold(label))
    return tuple(reasons)


def order_weakest(labels: Iterable[tuple[str, LabelEvidence, tuple[str, ...]]]) -> list[str]:
    """The names of labels, those first against which most is known; then by F1 of the model, of readers, by spans."""
    ranked = sorted(
        labels,
        key=lambda each: (
            -len(each[2]),
            each[1].spans > 0,
            _f1_of_model(each[1]),
            _f1_of_readers(each[1]),
            each[1].spans,
        ),
    )
    return [name for name, _, _ in ranked]


def _list_worse_than_all(label: LabelEvidence, whole: LabelEvidence) -> Iterator[str]:
    found, of_all = label.model, whole.model
    if found and of_all and _is_below(found.f1_interval, of_all.f1):
        yield _describe_worse("a model finds it worse than others", found.f1, found.f1_interval, of_all.f1)
    agreed, by_all = label.agreement, whole.agreement
    if agreed and by_all and _is_below(agreed.interval, by_all.value):
        yield _describe_worse("readers agree on it less than on others", agreed.value, agreed.interval, by_all.value)


def _list_gaps_of_gold(label: LabelEvidence) -> Iterator[str]:
    if label.leak_groups < _ENOUGH_PLACES:
        groups = "1 leak group" if label.leak_groups == 1 else f"{label.leak_groups} leak groups"
        yield f"gold has it in {groups} alone, and {_ENOUGH_PLACES} are needed to tell much"
    if label.tested == 0:
        yield "no span of it is in the test set: how well it is found cannot be told"


def _is_below(interval: tuple[float, float] | None, whole: float | None) -> bool:
    return interval is not None and whole is not None and interval[1] < whole


def _describe_worse(what: str, value: float | None, interval: tuple[float, float] | None, whole: float | None) -> str:
    low, high = interval or (None, None)
    between = f"{format_percent(low)} to {format_percent(high)}"
    return f"{what}: F1 {format_percent(value)} ({between}), {format_percent(whole)} of all"


def _f1_of_model(label: LabelEvidence) -> float:
    """F1 of the model; of one that was not measured, as if it were perfect."""
    return 1.0 if label.model is None or label.model.f1 is None else label.model.f1


def _f1_of_readers(label: LabelEvidence) -> float:
    return 1.0 if label.agreement is None or label.agreement.value is None else label.agreement.value
