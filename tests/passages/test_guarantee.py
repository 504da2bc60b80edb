"""The promise as a whole: whatever articles share and whenever they come, no passage is in two splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.project import PassageRules
from labeling.splits.leakage import SplitArticle, certify_splits
from labeling.splits.placement import PlacementFacts, assign_splits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from labeling.articles import Article
    from labeling.passages.find import FoundPassages
    from labeling.workspace.rows.assignment import SplitAssignment, SplitName

    Finder = Callable[..., FoundPassages]

SHARES: dict[SplitName, float] = {"train": 0.4, "dev": 0.3, "test": 0.3}  # near each other, so that all are in use
RULES = PassageRules(words=6)
PIECES = [
    " ".join(f"p{piece}w{n}" for n in range(5 + piece)) for piece in range(8)
]  # of 5 words, which join nothing, to 12
# An article is pieces, with words of its own between them or none.
ARTICLES = st.lists(
    st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=3), min_size=1, max_size=14
)


def written(plan: Sequence[Sequence[tuple[int, bool]]]) -> list[Article]:
    """The articles of a plan."""
    texts = [
        " ".join(PIECES[piece] + f" own{number}x{place}" * own for place, (piece, own) in enumerate(pieces))
        for number, pieces in enumerate(plan)
    ]
    return [made.article(f"a{n:02}", text) for n, text in enumerate(texts)]


def placed(find_in: Finder, articles: Sequence[Article], before: Sequence[SplitAssignment]) -> list[SplitAssignment]:
    """Clustered and split, as the verbs do it."""
    groups = {row.article: row.leak_group for row in find_in(articles, RULES).clusters}
    labels = {article.id: {"PERSON": len(article.text) % 3} for article in articles}
    return assign_splits(groups, [article.id for article in articles], before, SHARES, "1", PlacementFacts(labels))


@settings(max_examples=40, deadline=None)
@given(ARTICLES, st.integers(0, 14), st.randoms())
def test_no_passage_is_in_two_splits_whenever_articles_come(
    find_in: Finder, plan: list[list[tuple[int, bool]]], first: int, random: Random
) -> None:
    """In two batches, in any order, the certificate, which trusts no cluster, counts nothing, and no old row moves."""
    articles = written(plan)
    before = placed(find_in, articles[:first], []) if first else []
    shuffled = list(articles)
    random.shuffle(shuffled)
    after = placed(find_in, shuffled, before)

    texts = {article.id: article.text for article in articles}
    held = [SplitArticle(row.article, texts[row.article], row.split) for row in after if row.split]
    assert certify_splits(held, [], RULES.words, "1").shared_passages_across_splits == 0
    assert {row.article: row.split for row in before}.items() <= {row.article: row.split for row in after}.items()
    assert all(row.split or row.reason for row in after)
    assert after == placed(find_in, articles, before)
