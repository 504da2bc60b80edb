"""The parts of a score: fractions by hand, and parts that make up the whole."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Gold, GoldSpan, Span, overlaps, surface_of
from labeling.evaluation.resampling import Bootstrap
from labeling.evaluation.scores import ScoredArticle, pair_article, score_spans
from labeling.evaluation.slices import MOST_SOURCES, cut_bands, divide_nested, measure_slices

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from labeling.workspace.rows.score import Slice

Place = tuple[int, int, str]
TEXT = "Ana  Ben  Cem  Dora Ela  Finn Gus  Hal  " * 3


def scored(
    name: str, gold: Iterable[Place], predicted: Iterable[Place], *, text: str = TEXT, group: str = "", **fields: str
) -> ScoredArticle:
    """An article with spans of gold and of a model."""
    article = made.article(name, text, **fields)
    true = tuple(
        GoldSpan(id=f"g{number}", start=start, end=end, label=label, rule="unanimous", by=("ana",))
        for number, (start, end, label) in enumerate(gold)
    )
    found = tuple(
        Span(id=f"p{number}", start=start, end=end, label=label) for number, (start, end, label) in enumerate(predicted)
    )
    return ScoredArticle(
        article,
        group or name,
        Gold(article=name, digest=article.digest, complete=True, spans=true),
        Annotation(article=name, digest=article.digest, annotator="model:m", spans=found),
    )


def part(slices: Iterable[Slice], by: str) -> dict[str, Slice]:
    """The parts of one cut, by name, in their order."""
    return {each.name: each for each in slices if each.by == by}


A, B, C, D = (0, 3, "A"), (5, 8, "A"), (10, 13, "A"), (15, 19, "A")


def test_each_source_has_its_own_score() -> None:
    """The example of the module: 3 of 4 in one paper and 1 of 4 in the other make 6/7 and 2/5, and 2/3 of all."""
    articles = [
        scored("1", [A, B], [A, B], source="Times"),
        scored("2", [A, B], [A], source="Times"),
        scored("3", [A, B], [A], source="Sun"),
        scored("4", [A, B], [], source="Sun"),
        scored("5", [], []),
    ]

    found = part(measure_slices(articles, ()), "source")

    assert list(found) == ["Sun", "Times", "no source"]
    assert [each.articles for each in found.values()] == [2, 2, 1]
    assert found["Times"].measure.f1 == pytest.approx(6 / 7)
    assert found["Sun"].measure.f1 == pytest.approx(2 / 5)
    assert found["no source"].measure.undefined.startswith("precision: nothing was predicted")
    assert score_spans("m", articles, ["A"]).exact.micro.f1 == pytest.approx(2 / 3)


def test_the_interval_of_a_part_is_of_its_own_leak_groups() -> None:
    """Of two leak groups with recalls of 1/1 and 0/1 resamples have 1, 1/2 or 0; of one leak group there is none."""
    two = [scored("1", [A], [A], source="Times"), scored("2", [A], [], source="Times")]
    one = [scored("3", [A], [A], source="Sun", group="g"), scored("4", [A], [], source="Sun", group="g")]

    found = part(measure_slices(two + one, ()), "source")

    assert found["Times"].measure.recall_interval == (0, 1)
    assert found["Sun"].measure.recall_interval is None
    assert (found["Times"].leak_groups, found["Sun"].leak_groups) == (2, 1)


def test_small_sources_are_told_together() -> None:
    """The twelve largest have a part each; what has no source is never among the further ones."""
    articles = [scored(f"{number}", [A], [A], source=f"s{number:02}") for number in range(MOST_SOURCES + 3)]

    found = part(measure_slices([*articles, scored("none", [A], [])], ()), "source")

    assert list(found)[MOST_SOURCES:] == ["3 further sources", "no source"]
    assert found["3 further sources"].articles == 3


def test_days_are_cut_where_a_day_ends() -> None:
    """Eight articles, and so four bands; five of one day stay together, and those without a day come last."""
    days = ["2024-01-01", *["2024-01-02"] * 5, "2024-02-01", "2024-03-01", ""]
    articles = [scored(f"{number}", [A], [A], published=day) for number, day in enumerate(days)]

    found = part(measure_slices(articles, ()), "date")

    assert {name: each.articles for name, each in found.items()} == {
        "2024-01-01": 1,
        "2024-01-02": 5,
        "2024-02-01 to 2024-03-01": 2,
        "no date": 1,
    }


def test_a_test_set_of_three_leak_groups_is_one_band() -> None:
    """A score of one leak group has no interval, and tells nothing."""
    articles = [scored(f"{number}", [A], [A], text=TEXT[: 50 + number]) for number in range(3)]

    assert list(part(measure_slices(articles, ()), "length")) == ["50 to 52 characters"]


def test_lengths_are_cut_upwards() -> None:
    """Four leak groups make two bands of two articles."""
    articles = [scored(f"{number}", [A], [A], text=TEXT[:length]) for number, length in enumerate((90, 30, 60, 31))]

    found = part(measure_slices(articles, ()), "length")

    assert [(name, each.articles) for name, each in found.items()] == [
        ("30 to 31 characters", 2),
        ("60 to 90 characters", 2),
    ]


def test_seen_and_unseen_are_those_of_the_score() -> None:
    """The parts by what training had are the measures that the score has under these names, intervals and all."""
    articles = [scored("1", [A, B], [A, C]), scored("2", [B, C], [B]), scored("3", [], [D])]
    trained_on = {surface_of("A", "ana"), surface_of("A", "CEM")}

    found = part(measure_slices(articles, trained_on), "seen")
    exact = score_spans("m", articles, ["A"], trained_on=trained_on).exact

    assert found["seen"].measure == exact.seen
    assert found["unseen"].measure == exact.unseen
    assert found["seen"].measure.gold == 2
    assert (found["seen"].articles, found["unseen"].articles) == (2, 3)


def test_a_name_within_a_name_is_nested() -> None:
    """0..8 holds 0..3, and both are nested; 10..13 begins where a span ends that touches nothing."""
    gold = [(0, 8, "A"), (0, 3, "B"), (8, 10, "A"), (10, 13, "A")]
    found = part(measure_slices([scored("1", gold, [(0, 8, "A"), (10, 13, "A")])], ()), "nested")

    assert (found["nested"].measure.pairs, found["nested"].measure.gold, found["nested"].measure.predicted) == (1, 2, 1)
    assert (found["flat"].measure.pairs, found["flat"].measure.gold, found["flat"].measure.predicted) == (1, 2, 1)


def test_an_invented_name_is_nested_beside_what_it_touches() -> None:
    """One within a nested name of gold is, and two that overlap each other are; one on a flat name of gold is not."""
    gold = [(0, 8, "A"), (0, 3, "B"), (20, 23, "A")]
    predicted = [(5, 8, "B"), (20, 22, "A"), (30, 38, "A"), (35, 38, "A")]
    found = part(measure_slices([scored("1", gold, predicted)], ()), "nested")

    assert found["nested"].measure.predicted == 3
    assert found["flat"].measure.predicted == 1


def test_what_nothing_falls_into_is_left_out() -> None:
    """Without a nested name there is one part, and of no article none at all."""
    assert list(part(measure_slices([scored("1", [A], [])], ()), "nested")) == ["flat"]
    assert measure_slices([], ()) == ()


_place = st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("AB")).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)
_places = st.lists(_place, max_size=8, unique=True)


@given(_places, _places)
def test_nested_is_what_shares_a_code_point_with_another(gold: list[Place], predicted: list[Place]) -> None:
    """The sweep finds what each pair by itself finds, and each span is in one of the two parts."""
    paired = pair_article(scored("1", gold, predicted), "exact")
    nested, flat = divide_nested(paired)

    assert {span.id for span in nested.gold} == {
        one.id
        for one, other in product(paired.gold, repeat=2)
        if one is not other and overlaps(one.start, one.end, other.start, other.end)
    }
    beside = [*nested.gold, *paired.predicted]
    partners = {(span.start, span.end, span.label) for span in paired.paired}
    wrong = [span for span in paired.predicted if (span.start, span.end, span.label) not in partners]
    assert {span.id for span in nested.predicted if span in wrong} == {
        one.id
        for one, other in product(wrong, beside)
        if one is not other and overlaps(one.start, one.end, other.start, other.end)
    }
    for whole, parts in (
        (paired.gold, [*nested.gold, *flat.gold]),
        (paired.predicted, [*nested.predicted, *flat.predicted]),
        (paired.paired, [*nested.paired, *flat.paired]),
    ):
        assert sorted(span.id for span in whole) == sorted(span.id for span in parts)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 6))
def test_bands_hold_every_value_once(values: list[int], most: int) -> None:
    """They are ascending, no more than asked for, and none exceeds its share by more than half of both its ends."""
    bands = cut_bands(values, most)

    assert len(bands) <= most
    assert [sum(first <= value <= last for first, last in bands) for value in values] == [1] * len(values)
    assert bands == sorted(bands)
    for first, last in bands:
        held = sum(first <= value <= last for value in values)
        assert held - (values.count(first) + values.count(last)) / 2 <= len(values) / most


@given(st.randoms(use_true_random=False))
def test_parts_of_articles_make_up_the_whole(chance: random.Random) -> None:
    """Pairs, gold and predicted of the parts of each cut are those of the score."""
    articles = [
        scored(
            f"{number}",
            chance.sample([A, B, C, D, (0, 8, "A")], chance.randint(0, 5)),
            chance.sample([A, B, C, D, (0, 8, "A")], chance.randint(0, 5)),
            source=chance.choice(["", "Sun", "Times"]),
            published=chance.choice(["", "2024-01-01", "2024-01-02", "2024-01-03"]),
            text=TEXT[: chance.randint(20, 100)],
            group=f"{chance.randint(0, 6)}",
        )
        for number in range(chance.randint(1, 9))
    ]
    micro = score_spans("m", articles, [], bootstrap=Bootstrap(20)).exact.micro
    slices = measure_slices(articles, {surface_of("A", "ana")}, Bootstrap(20))

    for by in ("source", "date", "length", "seen", "nested"):
        measures = [each.measure for each in part(slices, by).values()]
        sums = [sum(getattr(each, name) for each in measures) for name in ("pairs", "gold", "predicted")]
        assert sums == [micro.pairs, micro.gold, micro.predicted], by
