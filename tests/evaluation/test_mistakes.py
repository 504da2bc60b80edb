"""Mistakes by kind: by hand, and none of gold's spans lost or told twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import made
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.evaluation.mistakes import count_mistakes, find_mistakes
from labeling.evaluation.scores import ScoredArticle, score_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

Place = tuple[int, int, str]


def judged(gold: Iterable[Place], predicted: Iterable[Place], name: str = "a", **fields: object) -> ScoredArticle:
    """An article of x's; ``fields`` are further ones of gold."""
    article = made.article(name, "x" * 60)
    true = tuple(
        GoldSpan(id=f"g{number}", start=start, end=end, label=label, rule="unanimous", by=("ana",))
        for number, (start, end, label) in enumerate(gold)
    )
    found = tuple(
        Span(id=f"p{number}", start=start, end=end, label=label, score=0.5)
        for number, (start, end, label) in enumerate(predicted)
    )
    settled = Gold(article=name, digest=article.digest, complete=True, spans=true)
    return ScoredArticle(
        article,
        f"group of {name}",
        settled.model_copy(update=fields),
        Annotation(article=name, digest=article.digest, annotator="model:m", spans=found),
    )


def kinds(scored: ScoredArticle) -> list[tuple[str, str, str]]:
    """Each mistake: its kind, and the ids of both sides."""
    return [
        (each.kind, each.gold.id if each.gold else "", each.predicted.id if each.predicted else "")
        for each in find_mistakes("model:m", [scored])
    ]


def test_each_kind_by_hand() -> None:
    """The example of the module, and one that is wrong in both."""
    gold = [(0, 5, "PERSON"), (10, 15, "COUNTRY"), (20, 24, "DATE"), (40, 48, "ROLE")]
    predicted = [(0, 5, "ORG"), (10, 14, "COUNTRY"), (30, 35, "PERSON"), (44, 48, "PERSON")]

    assert kinds(judged(gold, predicted)) == [
        ("wrong label", "g0", "p0"),
        ("wrong boundaries", "g1", "p1"),
        ("missed", "g2", ""),
        ("invented", "", "p2"),
        ("wrong label and boundaries", "g3", "p3"),
    ]


def test_what_is_right_is_no_mistake() -> None:
    """Neither where nothing is."""
    assert kinds(judged([(0, 5, "A")], [(0, 5, "A")])) == []
    assert kinds(judged([], [])) == []


def test_a_mistake_names_all_that_finds_it_in_the_text() -> None:
    """Article, digest, leak group, the earlier start; offsets, labels and the model's score; no words."""
    scored = judged([(10, 15, "A")], [(8, 15, "A")])
    (found,) = find_mistakes("model:m", [scored])

    assert found.model_dump() == {
        "annotator": "model:m",
        "article": "a",
        "digest": scored.article.digest,
        "leak_group": "group of a",
        "start": 8,
        "kind": "wrong boundaries",
        "gold": {"id": "g0", "start": 10, "end": 15, "label": "A", "score": None},
        "predicted": {"id": "p0", "start": 8, "end": 15, "label": "A", "score": 0.5},
    }


def test_nested_names_are_paired_with_what_is_nearest() -> None:
    """A flat model that has the outer name alone misses the inner one; the outer one is right."""
    gold = [(0, 20, "ROLE"), (12, 20, "COUNTRY")]

    assert kinds(judged(gold, [(0, 20, "ROLE")])) == [("missed", "g1", "")]
    assert kinds(judged(gold, [(0, 19, "ROLE"), (12, 19, "COUNTRY")])) == [
        ("wrong boundaries", "g0", "p0"),
        ("wrong boundaries", "g1", "p1"),
    ]


def test_a_place_goes_before_a_label() -> None:
    """0..5 with another label is that place, although 0..9 has the label: one fault each, as often as possible."""
    assert kinds(judged([(0, 5, "PERSON"), (0, 9, "ORG")], [(0, 5, "ORG")])) == [
        ("missed", "g1", ""),
        ("wrong label", "g0", "p0"),
    ]


def test_what_is_not_known_to_be_wrong_is_no_mistake() -> None:
    """An invented name where gold is open, and a label for which nobody was asked; what gold has is missed still."""
    open_stretch = judged([(20, 25, "A")], [(2, 6, "A"), (30, 35, "A")], open=((0, 10),), complete=False)
    unasked = judged([(20, 25, "A")], [(2, 6, "B")], unasked=("label B",))

    assert kinds(open_stretch) == [("missed", "g0", ""), ("invented", "", "p1")]
    assert kinds(unasked) == [("missed", "g0", "")]


def test_kinds_are_counted_also_where_there_is_none() -> None:
    """All five are listed."""
    (missed,) = find_mistakes("model:m", [judged([(0, 5, "A")], [])])

    assert count_mistakes([missed, missed]) == {
        "missed": 2,
        "invented": 0,
        "wrong label": 0,
        "wrong boundaries": 0,
        "wrong label and boundaries": 0,
    }


_place = st.tuples(st.integers(0, 14), st.integers(1, 6), st.sampled_from("AB")).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)
_places = st.lists(_place, max_size=7)
_open = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda drawn: (drawn[0], sum(drawn))), max_size=2)


@given(_places, _places, _open)
def test_mistakes_are_what_the_score_lacks(
    gold: list[Place], predicted: list[Place], unknown: list[tuple[int, int]]
) -> None:
    """Of gold, as many as recall misses; of the model, as many as precision does, but for what is not known."""
    scored = judged(gold, predicted, open=tuple(unknown))
    found = list(find_mistakes("model:m", [scored]))
    micro = score_spans("model:m", [scored], []).exact.micro
    true = Counter(each.gold.id for each in found if each.gold)
    said = Counter(each.predicted.id for each in found if each.predicted)

    assert sum(true.values()) == micro.gold - micro.pairs
    assert sum(said.values()) >= micro.predicted - micro.pairs
    assert unknown or sum(said.values()) == micro.predicted - micro.pairs
    assert set((true | said).values()) <= {1}
    for each in found:
        if each.gold and each.predicted:
            same_place = (each.gold.start, each.gold.end) == (each.predicted.start, each.predicted.end)
            same_label = each.gold.label == each.predicted.label
            assert each.gold.start < each.predicted.end
            assert each.predicted.start < each.gold.end
            assert (
                each.kind
                == {
                    (True, False): "wrong label",
                    (False, True): "wrong boundaries",
                    (False, False): "wrong label and boundaries",
                }[same_place, same_label]
            )
        else:
            assert each.kind == ("missed" if each.gold else "invented")


@given(_places, _places)
def test_nothing_is_missed_where_something_is_invented(gold: list[Place], predicted: list[Place]) -> None:
    """What overlaps has become a pair: a missed and an invented name never share a code point."""
    found = list(find_mistakes("model:m", [judged(gold, predicted)]))
    missed = [each.gold for each in found if each.kind == "missed" and each.gold]
    invented = [each.predicted for each in found if each.kind == "invented" and each.predicted]

    assert not [(one, other) for one in missed for other in invented if one.start < other.end and other.start < one.end]
