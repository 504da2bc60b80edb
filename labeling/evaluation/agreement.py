"""Agreement: people among themselves, by the ruler that measures models against gold.

For spans it is the F1 of each two annotators over the articles both submitted: it is the same whoever comes first, and
unlike kappa it needs no count of the spans that nobody drew (Hripcsak and Rothschild, Agreement, the F-measure, and
Reliability in Information Retrieval, 2005). For choices it is Krippendorff's alpha for nominal data (Krippendorff,
Content Analysis, 2004, chapter 11): 1 when all agree, 0 when they agree as often as by chance. What is undefined is
None.

An example. Ana draws PERSON 0..9 and COUNTRY 18..26, Ben PERSON 0..9 and GOV_BODY 18..26. They have one exact pair, so
F1 is 2 x 1 / (2 + 2) = 0.5; by position alone both spans are pairs, and F1 is 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from labeling.annotations import choice_id, choice_item, latest_submissions
from labeling.errors import TooFewAnnotators
from labeling.evaluation.scores import BOOTSTRAP, ScoredArticle, score_spans
from labeling.workspace.rows.score import Agreement, AnnotatorPair

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.evaluation.scores import Bootstrap
    from labeling.schema import ChoiceSet, Schema
    from labeling.workspace.asking import Asking


@dataclass(frozen=True)
class DoublyAnnotatedArticle:
    """An article, and the latest submission of each of its two or more annotators, by annotator.

    ``silence`` has, by annotator, the items (``label WHEN``) of which the submission says nothing.
    """

    article: Article
    leak_group: str
    submissions: Mapping[str, Annotation]
    silence: Mapping[str, frozenset[str]]


def measure_agreement(
    doubly_annotated: Sequence[DoublyAnnotatedArticle],
    schema: Schema,
    annotations: str,
    bootstrap: Bootstrap = BOOTSTRAP,
) -> Agreement:
    """Measure how far people agree.

    Args:
        doubly_annotated: The articles that two or more people submitted (see `find_doubly_annotated`).
        schema: Its labels and choices.
        annotations: The SHA-256 of the file that the submissions were read from.
        bootstrap: Resamples and seed of the intervals.

    Raises:
        TooFewAnnotators: No article was submitted by two people.
    """
    if not doubly_annotated:
        raise TooFewAnnotators(
            "no article was submitted by two people",
            todo="let a second annotator submit some of the same articles, then run `labeling pull`",
        )
    # Two who share no article are not a pair, and have no number.
    people = sorted({name for each in doubly_annotated for name in each.submissions})
    pairs = (_score_pair(one, other, doubly_annotated, schema, bootstrap) for one, other in combinations(people, 2))
    alphas = {name: alpha(units) for each in schema.choices for name, units in _choice_units(each, doubly_annotated)}
    return Agreement(
        annotations=annotations,
        articles=len(doubly_annotated),
        annotators=tuple(people),
        pairs=tuple(pair for pair in pairs if pair),
        choices=alphas,
    )


def find_doubly_annotated(
    annotations: Iterable[Annotation], articles: Mapping[str, Article], groups: Mapping[str, str], asking: Asking
) -> Iterator[DoublyAnnotatedArticle]:
    """The articles that two or more people submitted, by id, with each person's latest submission.

    Who judged single spans of an article, and leaves the rest of it open, has not annotated it: that does not count.

    Args:
        annotations: Of any annotators and in any order (see `latest_submissions` for those that count).
        articles: The articles by id.
        groups: The leak group of each.
        asking: What was asked of whom.

    Raises:
        DamagedFile: An annotation's ``updated`` is not an instant.
    """
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for each in annotations:
        by_article[each.article].append(each)
    for name in sorted(by_article.keys() & articles.keys()):
        article = articles[name]
        submissions = latest_submissions(by_article[name], article.digest)
        latest = {annotator: each for annotator, each in submissions.items() if not each.open}
        # An article that only one person submitted tells nothing about agreement.
        if len(latest) > 1:
            silence = {annotator: asking.silent_on(each) for annotator, each in latest.items()}
            yield DoublyAnnotatedArticle(article, groups[name], latest, silence)


def alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data; None where nobody could have disagreed.

    It is 1 - observed / expected disagreement, both as numbers of unlike pairs of values. Two articles on each of which
    one says a and the other b: 4 unlike pairs are observed, and (4^2 - 2^2 - 2^2) / (4 - 1) = 8/3 expected.

    >>> alpha([["a", "a"], ["b", "b"]]), alpha([["a", "b"], ["a", "b"]])
    (1.0, -0.5)

    Args:
        units: For each thing that was judged, the value that each judge gave it; a unit with less than two values is
            not counted.
    """
    # Expected is what the same values would give if they were dealt out to the units at random.
    counts = [Counter(unit) for unit in units if len(unit) > 1]
    expected = _count_unlike_pairs(Counter(value for count in counts for value in count.elements()))
    return 1 - sum(map(_count_unlike_pairs, counts)) / expected if expected else None


def _count_unlike_pairs(counts: Counter[Hashable]) -> float:
    """The number of ordered pairs of unlike values, each value weighed as one however many others it is paired with."""
    number = counts.total()
    if number < 2:  # noqa: PLR2004 - a pair has two values
        return 0
    return (number**2 - sum(count**2 for count in counts.values())) / (number - 1)


def _score_pair(
    one: str, other: str, doubly_annotated: Sequence[DoublyAnnotatedArticle], schema: Schema, bootstrap: Bootstrap
) -> AnnotatorPair | None:
    both = [
        ScoredArticle(
            each.article,
            each.leak_group,
            each.submissions[one],
            each.submissions[other],
            # What one of the two was not asked for is not a disagreement.
            each.silence[one] | each.silence[other],
        )
        for each in doubly_annotated
        if one in each.submissions and other in each.submissions
    ]
    if not both:
        return None
    return AnnotatorPair(one=one, other=other, score=score_spans(other, both, schema.label_names, bootstrap=bootstrap))


def _choice_units(
    choice: ChoiceSet, doubly_annotated: Sequence[DoublyAnnotatedArticle]
) -> Iterator[tuple[str, list[list[Hashable]]]]:
    """What each annotator chose of a set, article by article; of a set with several answers, option by option."""
    if not choice.multiple:
        yield (
            choice.name,
            [
                [submission.choices.get(choice.name, ()) for submission in each.submissions.values()]
                for each in doubly_annotated
            ],
        )
        return
    # Of several options each is a question of its own, which everybody answers: chosen, or not.
    for option in choice.options:
        name = choice_id(choice.name, option.name)
        yield (
            name,
            [
                [
                    option.name in submission.choices.get(choice.name, ())
                    for annotator, submission in each.submissions.items()
                    if choice_item(name) not in each.silence[annotator]
                ]
                for each in doubly_annotated
            ],
        )
