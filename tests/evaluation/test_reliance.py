"""What suggestions do to readers: rates by hand, their intervals, and readers who lean as far as is stated."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.evaluation.reliance import MEASURES, StreamReading, count_reading, measure_reliance
from labeling.evaluation.resampling import Bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW = Bootstrap(resamples=50)


def spans(names: str) -> tuple[Span, ...]:
    """A span of one code point for each letter, at its place in the alphabet."""
    return tuple(Span(id=name, start=ord(name) - 65, end=ord(name) - 64, label="LABEL") for name in names)


def gold_of(names: str, *, annotators: tuple[str, ...] = ("ana", "ben"), **fields: object) -> Gold:
    """Gold with these spans, settled by these people."""
    made = tuple(
        GoldSpan(**span.model_dump(exclude={"note"}), rule="unanimous", by=annotators) for span in spans(names)
    )
    return Gold(article="a", digest="d", complete=True, annotators=annotators, spans=made).model_copy(update=fields)


def reading(
    said: str,
    model: str,
    gold: Gold | None = None,
    *,
    group: str = "g",
    assisted: bool = True,
    silent: Iterable[str] = (),
) -> StreamReading:
    """What Ana said, of an article that is a leak group by itself."""
    words = Annotation(article=group, digest="d", annotator="ana", spans=spans(said))
    return StreamReading(group, words, spans(model), assisted, gold, frozenset(silent))


def test_rates_of_one_reading() -> None:
    """The example of the module: gold A B C D, the model A B X, and the reader A B C X."""
    assert count_reading(reading("ABCX", "ABX", gold_of("ABCD"))) == {
        "missed": (1, 2),
        "accepted": (1, 1),
        "beyond": (1, 4),
        "rejected": (0, 3),
    }


def test_own_words_judge_nobody() -> None:
    """Gold that one reader made says nothing of that reader, and of another everything."""
    alone, other = gold_of("AB", annotators=("ana",)), gold_of("AB", annotators=("ben",))

    assert count_reading(reading("AB", "A", alone)) == {"beyond": (1, 2), "rejected": (0, 1)}
    assert count_reading(reading("A", "A", other))["missed"] == (1, 1)
    assert count_reading(reading("AB", "A")) == count_reading(reading("AB", "A", gold_of("AB", usable=False)))


def test_adjudicator_judges_what_one_reader_read() -> None:
    """A span that somebody else decided on is somebody else's word."""
    decided = gold_of("A", annotators=("ana",))
    decided = decided.model_copy(update={"spans": (decided.spans[0].model_copy(update={"by": ("lead",)}),)})

    assert count_reading(reading("", "", decided))["missed"] == (1, 1)


def test_what_nobody_knows_is_not_counted() -> None:
    """X lies in an open stretch, so that nobody can tell whether the model is wrong; of a label unasked, nothing is."""
    open_there = gold_of("A", open=((20, 25),))

    assert count_reading(reading("AX", "AX", open_there))["accepted"] == (0, 0)
    silence = {"missed": (0, 0), "accepted": (0, 0), "beyond": (0, 0), "rejected": (0, 0)}
    assert count_reading(reading("AX", "BX", gold_of("AC"), silent=["label LABEL"])) == silence
    unasked = count_reading(reading("AX", "BX", gold_of("AC", unasked=("label LABEL",))))
    assert unasked == {"missed": (0, 0), "accepted": (0, 0), "beyond": (1, 2), "rejected": (1, 2)}


def test_trimmed_gold_is_what_was_drawn() -> None:
    """The model and the reader have the blank that was trimmed: neither missed the span, nor is it wrong."""
    blank = Span(id="s", start=3, end=6, label="LABEL")
    trimmed = GoldSpan(id="s", start=3, end=5, label="LABEL", rule="unanimous", by=("ana", "ben"), drawn=(3, 6))
    gold = gold_of("").model_copy(update={"spans": (trimmed,)})
    words = Annotation(article="a", digest="d", annotator="ana", spans=(blank,))

    counts = count_reading(StreamReading("g", words, [blank], assisted=True, gold=gold))

    assert (counts["missed"], counts["accepted"]) == ((0, 0), (0, 0))


def readings_of_ten(*, assisted: bool) -> list[StreamReading]:
    """In ten leak groups the model missed two spans each, of which the reader missed one in each second."""
    return [
        reading("AB" if number % 2 else "ABC", "A", gold_of("ABC"), group=f"{assisted} {number}", assisted=assisted)
        for number in range(10)
    ]


def test_interval_is_of_leak_groups() -> None:
    """A resample has K of ten groups with one of two missed, and K is binomial: P(K < 2) = .011, P(K < 3) = .055."""
    assisted, unassisted, difference = measure_reliance(
        readings_of_ten(assisted=True) + readings_of_ten(assisted=False)
    )

    for rates in (assisted, unassisted):
        assert rates.missed.value == 5 / 20
        assert rates.missed.interval == pytest.approx((2 / 20, 8 / 20))
        assert (rates.readings, rates.judged, rates.articles, rates.leak_groups) == (10, 10, 10, 10)
        assert rates.accepted.value is None
    assert difference["missed"].value == 0
    low, high = difference["missed"].interval or (0, 0)
    # The difference of two such binomials: P(D < -4) = .021, P(D < -3) = .058.
    assert (low, high) == pytest.approx((-4 / 20, 4 / 20))


def test_copies_of_an_article_are_one_observation() -> None:
    """Forty readings of one leak group are too little to say anything; the file says so in words."""
    many = [reading("A", "A", gold_of("AB")) for _ in range(40)]

    assisted, unassisted, difference = measure_reliance(many)

    assert assisted.missed.value is None
    assert assisted.missed.items == 40
    assert assisted.missed.undefined == "too little to say (leak groups: 1, and it takes 10)"
    assert unassisted.readings == 0
    assert difference["missed"].undefined == assisted.missed.undefined


def test_interval_of_what_was_never_seen_is_exact() -> None:
    """None missed in ten leak groups: 0 to 1 - .025 ** (1 / 10) = .3085, as scipy's binomtest has it for 0 of 10."""
    from scipy.stats import binomtest

    never = [reading("AB", "A", gold_of("AB"), group=f"{number}") for number in range(10)]
    always = [reading("A", "A", gold_of("AB"), group=f"{number}", assisted=False) for number in range(10)]

    assisted, unassisted, difference = measure_reliance([*never, *always])

    expected = binomtest(0, 10).proportion_ci(0.95, "exact")
    assert assisted.missed.interval == pytest.approx((expected.low, expected.high))
    assert unassisted.missed.interval == pytest.approx((1 - expected.high, 1))
    assert difference["missed"].value == -1
    assert difference["missed"].interval == pytest.approx((-1, 2 * expected.high - 1))


@given(st.lists(st.tuples(*[st.sets(st.sampled_from("ABCDEFG"))] * 3, st.booleans()), min_size=1, max_size=40))
def test_rates_are_shares(drawn: list[tuple[set[str], set[str], set[str], bool]]) -> None:
    """Each is from 0 to 1 and in its interval; and the order in which the readings come changes nothing."""
    readings = [
        reading("".join(said), "".join(model), gold_of("".join(true)), group=f"{n:02}", assisted=assisted)
        for n, (said, model, true, assisted) in enumerate(drawn)
    ]

    found = measure_reliance(readings, FEW)

    assert found == measure_reliance(reversed(readings), FEW)
    for rates in found[:2]:
        for name in MEASURES:
            rate = getattr(rates, name)
            assert (rate.value is None) == bool(rate.undefined) == (rate.interval is None)
            if rate.value is not None:
                assert 0 <= rate.value <= 1
                assert -1e-9 <= rate.interval[0] <= rate.interval[1] <= 1 + 1e-9
    assert sum(rates.readings for rates in found[:2]) == len(readings)


def test_readers_who_lean_on_suggestions_are_found_out() -> None:
    """Drawn readers miss 10 % of what they look for, and half of what a model missed when they see its words."""
    random = Random(1)  # noqa: S311 - made-up readings, no secret
    readings = []
    for number in range(400):
        gold = "".join(name for name in "ABCDEFGHIJ" if random.random() < 0.8)
        model = {name for name in gold if random.random() < 0.7} | {name for name in "XYZ" if random.random() < 0.4}
        assisted = number % 4 > 0
        said = {name for name in gold if random.random() > (0.5 if assisted and name not in model else 0.1)}
        said |= {name for name in model if name in "XYZ" and assisted and random.random() < 0.3}
        words = "".join(sorted(said))
        readings.append(reading(words, "".join(model), gold_of(gold), group=f"{number:03}", assisted=assisted))

    with_suggestions, without, difference = measure_reliance(readings)

    stated = {"missed": (0.5, 0.1), "accepted": (0.3, 0.0)}
    for name, rates in stated.items():
        for arm, rate in zip((with_suggestions, without), rates, strict=True):
            low, high = getattr(arm, name).interval
            assert low <= rate <= high
        low, high = difference[name].interval or (0, 0)
        assert 0 < low <= rates[0] - rates[1] <= high
    # Without gold, too: they mark less beyond the model's words, and reject less of them.
    assert (difference["beyond"].interval or (0, 0))[1] < 0
    assert (difference["rejected"].interval or (0, 0))[1] < 0
