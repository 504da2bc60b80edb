"""Shared text in the report: a map, pairs side by side, and counts by leak group."""

from __future__ import annotations

import made

from labeling.annotations import Gold, GoldSpan
from labeling.report.shared_text import (
    SharedPiece,
    align_pairs,
    count_groups,
    count_groups_by_label,
    list_leak_groups,
    rank_closest_pairs,
)
from labeling.workspace.rows.passage import ClusterRow, Passage, Place

BODY = "the envoy of Mali met the minister of Chad in Addis Ababa"
TEXTS = {"a": f"On Monday {BODY}.", "b": f"{BODY} and left.", "c": "Nothing.", "d": "Something."}
ARTICLES = {name: made.article(name, text, source="desk") for name, text in TEXTS.items()}
CLUSTERS = [
    ClusterRow(article="a", story="a", leak_group="a", lead=True),
    ClusterRow(article="b", story="a", leak_group="a", lead=False),
    ClusterRow(article="c", story="c", leak_group="a", lead=True),
    ClusterRow(article="d", story="d", leak_group="d", lead=True),
]


def passage(kind: str, *names: str) -> Passage:
    """A passage of ten characters in these articles."""
    places = tuple(Place(article=name, start=0, end=10) for name in names)
    return Passage.model_validate({"passage": "p", "words": 3, "kind": kind, "places": places})


def test_the_map_has_every_article_once() -> None:
    """Large groups first; in a story the fullest article first; `none` for an article in no split."""
    drawn = list_leak_groups(CLUSTERS, ARTICLES, {"a": "train", "b": "train"})

    assert [(group.name, group.articles) for group in drawn] == [("a", 3), ("d", 1)]
    assert [[(one.article, one.lead, one.split) for one in story] for story in drawn[0].stories] == [
        [("a", True, "train"), ("b", False, "train")],
        [("c", True, "none")],
    ]
    assert drawn[0].stories[0][0].name == "a desk"


def test_a_pair_has_its_shared_text_marked() -> None:
    """Shared words are marked in both, and the pieces joined are the texts."""
    (pair,) = align_pairs([("a", "b"), ("b", "a"), ("a", "gone")], ARTICLES, {"a": "train"}, 6)

    assert pair.pieces == (
        [SharedPiece("On Monday ", shared=False), SharedPiece(BODY, shared=True), SharedPiece(".", shared=False)],
        [SharedPiece(BODY, shared=True), SharedPiece(" and left.", shared=False)],
    )
    assert (pair.words, pair.splits) == (12, ("train", "none"))


def test_a_pair_without_a_word_in_common_is_never_shown() -> None:
    """Its texts have changed since they were clustered; the next pair takes its place, of however many."""
    pairs = [("a", "c"), ("c", "d"), ("b", "c"), ("b", "d"), ("a", "d"), ("a", "b")]
    (pair,) = align_pairs(pairs, ARTICLES, {}, 6)
    assert (pair.left.id, pair.right.id, pair.words) == ("a", "b", 12)
    assert align_pairs(pairs[:-1], ARTICLES, {}, 6) == []


def test_the_closest_pairs_come_first() -> None:
    """Two passages in common count more than one; boilerplate does not count."""
    passages = [passage("reprint", "a", "b", "c"), passage("reprint", "a", "c"), passage("boilerplate", "a", "d")]

    assert rank_closest_pairs(passages) == [("a", "c"), ("a", "b")]


def test_copies_count_as_one_leak_group() -> None:
    """A label in two copies and one other article is in two leak groups."""
    span = GoldSpan(id="1", start=0, end=2, label="DATE", rule="one", by=("ana",))
    gold = [Gold(article=name, digest=ARTICLES[name].digest, complete=True, spans=(span,)) for name in ("a", "b", "d")]

    group_of = {row.article: row.leak_group for row in CLUSTERS}
    assert count_groups_by_label(gold, group_of) == {"DATE": 2}
    assert count_groups(["a", "b", "d"], group_of) == 2
    assert count_groups(["a", "not clustered"], group_of) == 2
