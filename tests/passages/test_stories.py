"""Stories: text, source and date say who reports one thing from one text."""

from __future__ import annotations

from random import Random

import pytest

from labeling.passages.stories import StoryArticle, group_stories
from labeling.passages.words import number_of, words_of
from labeling.project import PassageRules

RULES = PassageRules()
A, B = 1, 2  # two sources
OWN = iter(range(10**9))


def own(count: int) -> list[str]:
    """Words that are nowhere else."""
    return [f"own{next(OWN)}" for _ in range(count)]


def report(article: int, words: list[str], source: int = 0, day: int = 0) -> StoryArticle:
    """An article of these words, nothing in it boilerplate."""
    text = " ".join(words)
    return StoryArticle(article, words_of(text), len(words), number_of(text), source, day, {})


RELEASE = own(80)


@pytest.mark.parametrize(
    ("one", "other", "shared", "expected"),
    [
        ((A, 10), (B, 10), 40, True),  # two outlets, one day, 40 of 100 words
        ((A, 10), (B, 10), 39, False),
        ((A, 10), (B, 13), 40, True),
        ((A, 10), (B, 14), 80, False),
        ((A, 10), (B, 0), 40, True),  # a day that is not known does not tell against
        ((0, 0), (0, 0), 40, True),
        ((0, 10), (0, 10), 40, True),  # two unknown outlets are not one
        ((A, 10), (A, 10), 80, False),  # one outlet, one day: two bulletins
        ((A, 0), (A, 0), 80, False),
        ((A, 10), (A, 11), 80, False),
    ],
)
def test_story_depends_on_coverage_source_and_date(
    one: tuple[int, int],
    other: tuple[int, int],
    shared: int,
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    """The shorter article has 100 words, ``shared`` of them in a passage of both."""
    left = report(7, RELEASE[:shared] + own(120 - shared), *one)
    right = report(8, RELEASE[:shared] + own(100 - shared), *other)

    assert group_stories([left, right], RULES) == {7: 7, 8: 7 if expected else 8}


def test_rerun_of_one_outlet_is_one_story() -> None:
    """Nine tenths of the text on one day are a rerun; on two days they are not, unless word for word the same."""
    left, right = RELEASE + own(8), RELEASE + own(8)

    assert group_stories([report(7, left, A, 10), report(8, right, A, 10)], RULES) == {7: 7, 8: 7}
    assert group_stories([report(7, left, A, 10), report(8, right, A, 11)], RULES) == {7: 7, 8: 8}
    assert group_stories([report(7, left, A, 10), report(8, left, A, 400)], RULES) == {7: 7, 8: 7}


def test_fullest_article_leads_its_story() -> None:
    """The lead is the article with most words, and of two as full the one with the lesser number."""
    short, long, other = RELEASE + own(5), RELEASE + own(20), RELEASE + own(20)

    assert group_stories([report(1, short), report(3, long), report(2, other)], RULES) == {1: 2, 2: 2, 3: 2}


def test_stories_do_not_chain_from_day_to_day() -> None:
    """Each of ten daily reports is similar to the next one, but only those similar to the lead are its story."""
    reports = [report(day, RELEASE + own(100 - day), day, 100 + 3 * day) for day in range(1, 11)]
    leads = group_stories(reports, RULES)

    assert leads == {1: 1, 2: 1, 3: 3, 4: 3, 5: 5, 6: 5, 7: 7, 8: 7, 9: 9, 10: 9}


def test_stories_do_not_depend_on_order_and_sketches_miss_none() -> None:
    """Sixty articles of six releases with a footer in common: each release is one story, in any order."""
    footer = own(20)
    texts = [own(90) for _ in range(6)]
    reports = [report(n, texts[n % 6][: 60 + n // 6] + own(n % 7) + footer) for n in range(60)]
    leads = group_stories(reports, RULES)
    mixed = Random(3).sample(reports, 60)  # noqa: S311 - any order will do

    assert {frozenset(n for n in leads if leads[n] == lead) for lead in leads.values()} == {
        frozenset(range(first, 60, 6)) for first in range(6)
    }
    assert group_stories(mixed, RULES) == leads
