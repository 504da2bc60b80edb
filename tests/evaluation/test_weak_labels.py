"""Weak labels: only what chance does not explain is held against a label."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.evaluation.weak_labels import LabelEvidence, list_weaknesses, order_weakest
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.score import Measure


def agreed(value: float, low: float, high: float) -> Coefficient:
    """Readers' agreement with its interval."""
    return Coefficient(value=value, items=20, interval=(low, high))


def found(value: float, low: float, high: float) -> Measure:
    """A model's measure, of which F1 counts."""
    return Measure(pairs=1, gold=2, predicted=2, precision=value, recall=value, f1=value, f1_interval=(low, high))


WHOLE = LabelEvidence(100, 40, 30, agreed(0.8, 0.7, 0.9), found(0.8, 0.7, 0.9))


@pytest.mark.parametrize(
    ("label", "reasons"),
    [
        (LabelEvidence(20, 10, 5, agreed(0.6, 0.4, 0.85), found(0.6, 0.4, 0.85)), []),
        (LabelEvidence(20, 10, 5, agreed(0.6, 0.4, 0.78)), ["readers agree on it less"]),
        (LabelEvidence(20, 10, 5, None, found(0.6, 0.4, 0.78)), ["a model finds it worse"]),
        (LabelEvidence(20, 9, 5), ["gold has it in 9 leak groups alone"]),
        (LabelEvidence(1, 1, 5), ["gold has it in 1 leak group alone"]),
        (LabelEvidence(20, 10, 0), ["no span of it is in the test set"]),
        (LabelEvidence(20, 10, None), []),
        (LabelEvidence(0, 0, 0, agreed(0.1, 0.0, 0.2)), ["gold has no span of it"]),
    ],
)
def test_a_label_is_weak_for_what_is_known_alone(label: LabelEvidence, reasons: list[str]) -> None:
    """An interval that reaches the value of all is no reason, nor is what was not measured."""
    weak = list_weaknesses(label, WHOLE)
    assert [reason[: len(start)] for reason, start in zip(weak, reasons, strict=True)] == reasons


def test_both_values_are_told() -> None:
    """In per cent, with the interval of the label."""
    (told,) = list_weaknesses(LabelEvidence(20, 10, 5, agreed(0.6, 0.4, 0.78)), WHOLE)
    assert told == "readers agree on it less than on others: F1 60.0 (40.0 to 78.0), 80.0 of all"


def test_the_weakest_come_first() -> None:
    """By the number of reasons, then by what a model makes of them, then readers, then spans."""
    rows = [
        ("strong", LabelEvidence(50, 20, 9, model=found(0.9, 0.8, 1.0)), ()),
        ("poor", LabelEvidence(50, 20, 9, model=found(0.5, 0.1, 0.9)), ()),
        ("rare", LabelEvidence(3, 2, 1), ("few",)),
        ("absent", LabelEvidence(0, 0, 0), ("none",)),
        ("worst", LabelEvidence(3, 2, 0), ("few", "untested")),
    ]
    assert order_weakest(rows) == ["worst", "absent", "rare", "poor", "strong"]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_label_that_is_like_all_is_never_weak(value: float, low: float, high: float, spread: float) -> None:
    """Its own value lies in its interval, which therefore reaches that of all."""
    interval = (min(value, low), max(value, high, value * spread))
    same = LabelEvidence(50, 20, 9, agreed(value, *interval), found(value, *interval))
    assert list_weaknesses(same, same) == ()
