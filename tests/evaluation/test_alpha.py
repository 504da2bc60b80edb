"""Krippendorff's alpha by another program; alpha_U by his own example and straight from his formula."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked import marked

from labeling.evaluation.agreement.nominal import NO_CHOICE, NO_TWO_VALUES, ValueCounts, alpha, measure_alpha
from labeling.evaluation.agreement.unitizing import NO_UNITS, measure_unitizing
from labeling.evaluation.agreement.units import join_overlapping, sum_differences
from labeling.evaluation.resampling import Bootstrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.evaluation.agreement.submitted import SubmittedArticle

QUICK = Bootstrap(resamples=20)
# Krippendorff, Content Analysis, 2004, page 254: starts and ends in a continuum of 300 from 150 on.
BOOK = {
    "i": [(75, 145, "C"), (220, 250, "C"), (30, 90, "K"), (150, 200, "K")],
    "j": [(70, 150, "C"), (205, 225, "C"), (250, 270, "C"), (30, 90, "K"), (150, 200, "K")],
}
VALUES = st.lists(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=4, max_size=4), min_size=1, max_size=8)


@given(VALUES)
def test_alpha_is_that_of_another_program(table: list[list[str | None]]) -> None:
    """Four coders, values missing: alpha is the one of the package krippendorff, wherever that has one."""
    units = [[value for value in unit if value is not None] for unit in table]
    ours = alpha(units)
    counts = ValueCounts()
    for number, unit in enumerate(units):
        counts.add(str(number), unit)
    measured = measure_alpha(counts, sorted(map(str, range(len(units)))), QUICK)

    assert measured.value == pytest.approx(ours) if ours is not None else measured.value is None
    if ours is None:
        assert measured.undefined in (NO_CHOICE, NO_TWO_VALUES)
    else:
        codes = [["abc".index(value) if value else np.nan for value in unit] for unit in table]
        theirs = krippendorff.alpha(np.array(codes).T, level_of_measurement="nominal", value_domain=[0, 1, 2])
        assert ours == pytest.approx(theirs)


def test_undefined_alpha_says_why() -> None:
    """Nobody beside another, and everybody the same, are different reasons; neither is a 0 or a 1."""
    alone, alike = ValueCounts(), ValueCounts()
    alone.add("g", ["a"])
    alike.add("g", ["a", "a"])

    assert (measure_alpha(alone, ["g"], QUICK).value, measure_alpha(alone, ["g"], QUICK).undefined) == (
        None,
        NO_TWO_VALUES,
    )
    assert (measure_alpha(alike, ["g"], QUICK).value, measure_alpha(alike, ["g"], QUICK).undefined) == (None, NO_CHOICE)


def test_alpha_u_is_the_books() -> None:
    """Page 254: 0.7286 for c, 1 for k, 0.859 for both; one leak group gives no interval, and says so."""
    found = measure_unitizing([marked("a", 300, BOOK)], ["C", "K", "NEVER"], QUICK)

    assert found.labels["C"].value == pytest.approx(0.7286, abs=0.0001)
    assert found.labels["K"].value == 1
    assert found.all.value == pytest.approx(0.859, abs=0.0005)
    assert found.all.interval is None
    assert "leak group" in found.all.undefined
    assert [*found.labels] == ["C", "K"]


def test_differences_are_the_books() -> None:
    """Figure 11.9: units that overlap differ by 50 and 850, the one in a gap by the square of its length."""
    assert sum_differences([(225, 295)], [(220, 300)]) == 50
    assert sum_differences([(370, 400)], [(355, 375)]) == 850
    assert sum_differences([], [(400, 420)]) == 400
    # Two units over one: each is compared with it. Units that only touch do not overlap.
    assert sum_differences([(0, 4), (4, 9)], [(0, 9)]) == 25 + 16
    assert sum_differences([(0, 4)], [(4, 9)]) == 16 + 25


def test_alpha_u_without_units_is_undefined() -> None:
    """Where nobody marked anything there is nothing to agree on: neither 0 nor 1."""
    found = measure_unitizing([marked("a", 30, {"i": [], "j": []})], ["C"], QUICK)

    assert (found.all.value, found.all.undefined, found.labels) == (None, NO_UNITS, {})


def test_overlapping_spans_of_one_label_are_one_unit() -> None:
    """Spans that share a code point are joined, nested ones too; those that touch are two."""
    assert join_overlapping([(0, 5), (1, 2), (4, 9), (9, 10)]) == ((0, 9), (9, 10))
    nested = measure_unitizing([marked("a", 30, {"i": [(0, 9, "C"), (2, 4, "C")], "j": [(0, 9, "C")]})], ["C"], QUICK)
    of_two_labels = measure_unitizing(
        [marked("a", 30, {"i": [(0, 9, "C"), (2, 4, "K")], "j": [(0, 9, "C")]})], ["C", "K"], QUICK
    )

    assert nested.all.value == 1
    assert of_two_labels.labels["C"].value == 1
    assert of_two_labels.labels["K"].value is not None
    assert of_two_labels.labels["K"].value < 1


def test_many_spans_take_no_square_of_the_time() -> None:
    """Forty thousand units of one label and reader, all a little off: gone through in one pass."""
    ones = [(at, at + 2) for at in range(0, 160_000, 4)]
    others = [(at + 1, at + 3) for at in range(0, 160_000, 4)]

    assert sum_differences(ones, others) == 2 * len(ones)
    assert len(join_overlapping(sorted(ones + others))) == len(ones)


# By article: its length, and by reader the spans.
SPANS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 5), st.sampled_from("CK")).map(
        lambda span: (span[0], min(span[0] + span[1], 12), span[2])
    ),
    max_size=4,
)
ARTICLES = st.lists(
    st.tuples(st.integers(12, 20), st.dictionaries(st.sampled_from("ijk"), SPANS, min_size=2)), min_size=1, max_size=4
)


@settings(max_examples=60)
@given(ARTICLES)
def test_alpha_u_is_the_formulas(drawn: list[tuple[int, dict[str, list[tuple[int, int, str]]]]]) -> None:
    """Several articles, readers that are missing, spans that overlap: as the formula has it, gap by gap."""
    articles = [marked(f"a{number}", length, by) for number, (length, by) in enumerate(drawn)]
    found = measure_unitizing(articles, ["C", "K"], QUICK)
    parts = {label: _plain_alpha_u(articles, label) for label in "CK"}
    expected = sum(chance for _, chance in parts.values())

    for label, (observed, chance) in parts.items():
        value = found.labels[label].value if label in found.labels else None
        assert value == pytest.approx(1 - observed / chance) if chance else value is None
    assert (
        found.all.value == pytest.approx(1 - sum(seen for seen, _ in parts.values()) / expected)
        if expected
        else found.all.value is None
    )


def _plain_alpha_u(articles: Sequence[SubmittedArticle], label: str) -> tuple[float, float]:
    """Observed and expected, section by section, as the book writes them."""
    sections = [
        [_cut(len(each.article.text), marks.get(label, ())) for marks in each.marks.values()] for each in articles
    ]
    read = sum(len(each.article.text) * len(each.submissions) for each in articles)
    text = sum(len(each.article.text) for each in articles)
    observed = sum(
        _distance(one, other) / (len(readings) - 1)
        for readings in sections
        for ours, theirs in permutations(readings, 2)
        for one in ours
        for other in theirs
    )
    units = [end - start for readings in sections for each in readings for start, end, is_unit in each if is_unit]
    gaps = [end - start for readings in sections for each in readings for start, end, is_unit in each if not is_unit]
    chance = sum(
        (len(units) - 1) / 3 * (2 * length**3 - 3 * length**2 + length)
        + length**2 * sum(gap - length + 1 for gap in gaps if gap >= length)
        for length in units
    )
    ways = read * (read - 1) - sum(length * (length - 1) for length in units)
    return observed / (read * text), 2 * chance / (text * ways)


def _cut(length: int, places: Sequence[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    covered = [False] * length
    joined = [False] * (length + 1)
    for start, end in places:
        for at in range(start, end):
            covered[at] = True
        for at in range(start + 1, end):
            joined[at] = True
    edges = [at for at in range(1, length) if covered[at - 1] != covered[at] or (covered[at] and not joined[at])]
    bounds = [0, *edges, length]
    return [(start, end, covered[start]) for start, end in pairwise(bounds)]


def _distance(one: tuple[int, int, bool], other: tuple[int, int, bool]) -> int:
    (start, end, is_unit), (other_start, other_end, is_other) = one, other
    if is_unit and is_other and start < other_end and other_start < end:
        return (start - other_start) ** 2 + (end - other_end) ** 2
    if is_unit and not is_other and other_start <= start and end <= other_end:
        return (end - start) ** 2
    if is_other and not is_unit and start <= other_start and other_end <= end:
        return (other_end - other_start) ** 2
    return 0


def test_the_interval_of_alpha_u_is_of_the_resampled_articles() -> None:
    """The same resamples, each measured anew as a corpus of its own, have the same middle."""
    ours: list[Mapping[str, list[tuple[int, int, str]]]] = [
        {"i": [(0, 5, "C")], "j": [(0, 5, "C")]},
        {"i": [(2, 8, "C"), (10, 12, "C")], "j": [(3, 8, "C")]},
        {"i": [(1, 4, "C")], "j": [(1, 4, "C"), (9, 19, "C")]},
    ]
    articles = [marked(f"a{number}", 20 + number, by) for number, by in enumerate(ours)]
    found = measure_unitizing(articles, ["C"], QUICK)
    draws = np.random.Generator(np.random.PCG64(1)).multinomial(3, [1 / 3] * 3, size=20)
    values = [
        measure_unitizing([one for one, times in zip(articles, draw, strict=True) for _ in range(times)], ["C"], QUICK)
        for draw in draws
    ]

    low, high = np.quantile([each.all.value for each in values], [0.025, 0.975])
    assert found.all.interval == pytest.approx((low, high))
