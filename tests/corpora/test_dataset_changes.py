"""What changed from one dataset to another, as their lines have it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Relation, Span
from labeling.corpora.release.dataset_changes import DatasetChanges, compare_datasets
from labeling.corpora.release.release import ReleaseLine

ONE, TWO = Span(id="1", start=0, end=4, label="PERSON"), Span(id="2", start=9, end=13, label="COUNTRY")
TIE = Relation(head="1", label="FROM", tail="2")


def line(article: str, **more: Any) -> ReleaseLine:
    """What a dataset holds of one article."""
    fields: dict[str, Any] = {
        "article": article,
        "digest": "d",
        "split": "train",
        "source": "",
        "published": "",
        "url": "",
        "complete": True,
        "spans": (ONE, TWO),
        "relations": (TIE,),
        "choices": {},
        "open": (),
        "open_choices": (),
    }
    return ReleaseLine(**fields | more)


def test_each_kind_of_change_is_named_once() -> None:
    """What came, what went, another text, other gold, another split."""
    before = [line("gone"), line("text"), line("gold"), line("moved"), line("same")]
    now = [
        line("new", split="dev"),
        line("text", digest="e", spans=()),
        line("gold", spans=(ONE,), relations=()),
        line("moved", split="test"),
        line("same"),
    ]
    found = compare_datasets(before, now)
    assert found.came == ("new",)
    assert found.went == ("gone",)
    assert found.other_text == ("text",)
    assert found.other_gold == ("gold",)
    assert found.other_split == ("moved",)
    assert found.before["articles"] == found.now["articles"] == 5
    assert (found.before["spans of COUNTRY"], found.now["spans of COUNTRY"]) == (5, 3)
    assert (found.before["spans"], found.now["spans"]) == (10, 7)
    assert found.now["articles of dev"] == found.now["articles of test"] == 1


def test_ids_and_order_of_spans_are_no_change() -> None:
    """A relation is between places, whatever they are called."""
    other = (TWO.model_copy(update={"id": "x"}), ONE.model_copy(update={"id": "y"}))
    again = line("a", spans=other, relations=(Relation(head="y", label="FROM", tail="x"),))
    assert compare_datasets([line("a")], [again]).other_gold == ()
    turned = line("a", relations=(Relation(head="2", label="FROM", tail="1"),))
    assert compare_datasets([line("a")], [turned]).other_gold == ("a",)


def test_whatever_gold_says_is_compared() -> None:
    """Choices, what is open, doubts of a reader, and what nobody was asked."""
    unsure = (ONE.model_copy(update={"unsure": True}), TWO)
    for change in (
        {"spans": unsure},
        {"choices": {"event": ("CONSULT",)}},
        {"open": ((3, 5),)},
        {"open_choices": ("event=CONSULT",)},
        {"unasked": ("label WHEN",)},
        {"relations": ()},
    ):
        assert compare_datasets([line("a")], [line("a", **change)]).other_gold == ("a",), change


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_a_comparison_turned_round_turns_its_sides(before: set[str], now: set[str]) -> None:
    """What came one way goes the other."""
    found = compare_datasets(map(line, sorted(before)), map(line, sorted(now)))
    back = compare_datasets(map(line, sorted(now)), map(line, sorted(before)))
    assert (found.came, found.went, found.before, found.now) == (back.went, back.came, back.now, back.before)
    assert {*found.came} == now - before
    same = compare_datasets(map(line, sorted(now)), map(line, sorted(now)))
    assert same == DatasetChanges(before=found.now, now=found.now)
