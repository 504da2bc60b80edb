"""Names that stand in for others of their label."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.training.fitting.examples import Example
from labeling.training.fitting.swapped_names import NameSwapper, collect_names

NAMES = {"CITY": ["Ulan Bator"], "MAYOR": ["Bo Lund"]}


class Always(random.Random):
    """Changes every text, and exchanges what may be exchanged."""

    def randrange(self, *_: int) -> int:  # type: ignore[override]  # of the one that is asked for
        """The last of the numbers."""
        return 1

    def random(self) -> float:
        """The least."""
        return 0.0


def swapped(text: str, *spans: tuple[int, int, str]) -> Example:
    """With all names of ``NAMES`` in the places of others."""
    return NameSwapper(NAMES, 1.0).swap(Example(text, spans), Always())


def test_all_that_lies_behind_a_name_moves_along() -> None:
    """Spans, an open stretch, the rest of the text; relations go by number and stay."""
    example = Example(
        "Oslo heard Ana Diaz, and more.",
        ((11, 19, "MAYOR"), (0, 4, "CITY")),
        open=((25, 29),),
        relations=((0, 1, "MayorOf"),),
        answers={"tone": {"WARM": True}},
    )

    found = NameSwapper(NAMES, 1.0).swap(example, Always())

    assert found == Example(
        "Ulan Bator heard Bo Lund, and more.",
        ((17, 24, "MAYOR"), (0, 10, "CITY")),
        open=((30, 34),),
        relations=((0, 1, "MayorOf"),),
        answers={"tone": {"WARM": True}},
    )


@pytest.mark.parametrize(
    ("text", "spans", "open_"),
    [
        ("mayor of Oslo", ((0, 13, "MAYOR"), (9, 13, "CITY")), ()),
        ("Oslo of Oslo", ((0, 12, "MAYOR"), (0, 4, "CITY")), ()),
        ("Oslo Rome Lima", ((0, 9, "CITY"), (5, 14, "CITY")), ()),
        ("Oslo", ((0, 4, "CITY"), (0, 4, "MAYOR")), ()),
        ("she left", ((0, 3, "MAYOR"),), ()),
        ("Oslo", ((0, 4, "RIVER"),), ()),
        ("Oslo", (), ()),
        ("Oslo and Rome", ((0, 4, "CITY"),), ((2, 8),)),
    ],
    ids=["holds another", "begins with another", "overlaps", "two labels", "no name", "no other", "none", "open"],
)
def test_what_is_not_a_name_by_itself_stays(
    text: str, spans: tuple[tuple[int, int, str], ...], open_: tuple[tuple[int, int], ...]
) -> None:
    """The very same example comes back."""
    example = Example(text, spans, open=open_)

    assert NameSwapper(NAMES, 1.0).swap(example, Always()) is example


def test_names_that_touch_are_told_apart() -> None:
    """One ends where the next begins."""
    assert swapped("OsloAna", (0, 4, "CITY"), (4, 7, "MAYOR")) == Example(
        "Ulan BatorBo Lund", ((0, 10, "CITY"), (10, 17, "MAYOR"))
    )


def test_names_are_collected_as_often_as_they_are_marked() -> None:
    """Those that begin with a capital or a digit."""
    examples = [
        Example("Oslo, she, 10 Downing Street", ((0, 4, "CITY"), (6, 9, "MAYOR"), (11, 28, "PLACE"))),
        Example("Oslo", ((0, 4, "CITY"),)),
    ]

    assert collect_names(examples, 0.5) == NameSwapper({"CITY": ["Oslo", "Oslo"], "PLACE": ["10 Downing Street"]}, 0.5)


@given(st.integers(), st.floats(0, 1), st.lists(st.sampled_from(["Oslo", "Ana", "she", "é😀"]), min_size=1))
def test_spans_keep_their_labels_and_the_rest_its_words(seed: int, share: float, words: list[str]) -> None:
    """However often it is done: what lies between spans is the same, and each span has a name of its label."""
    text, spans = "", []
    for number, word in enumerate(words):
        spans.append((len(text), len(text) + len(word), ("CITY", "MAYOR")[number % 2]))
        text += f"{word} \u2026 "
    chance, example = random.Random(seed), Example(text, tuple(spans))  # noqa: S311 - a draw, not a secret

    for _ in range(3):
        changed = NameSwapper(NAMES, share).swap(example, chance)
        rest, at = [], 0
        for (start, end, label), (_, _, before) in zip(changed.spans, example.spans, strict=True):
            rest.append(changed.text[at:start])
            at = end
            assert label == before
            assert changed.text[start:end] in {*NAMES[label], "Oslo", "Ana", "she", "é😀"}
        assert [*rest, changed.text[at:]] == ["", *[" \u2026 "] * len(words)]
        example = changed


def test_without_a_share_nothing_is_drawn() -> None:
    """So that other draws stay as they were."""
    chance = random.Random(3)  # noqa: S311 - the same
    example = Example("Oslo", ((0, 4, "CITY"),))

    assert NameSwapper(NAMES, 0.0).swap(example, chance) is example
    assert chance.random() == random.Random(3).random()  # noqa: S311 - the same
