"""Agreement: people among themselves, by the ruler that measures models against gold.

For spans it is the F1 of each two annotators over the articles both submitted: it is the same whoever is the first, and
unlike kappa it needs no count of the spans that nobody drew (Hripcsak and Rothschild, Agreement, the F-measure, and
Reliability in Information Retrieval, 2005). For choices it is Krippendorff's alpha for nominal data (Krippendorff,
Content Analysis, 2004, chapter 11): 1 when all agree, 0 when they agree as often as by chance. What is undefined is
None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from labeling.annotations import latest_submissions
from labeling.errors import TooFewAnnotators
from labeling.evaluation.scores import BOOTSTRAP, ScoredArticle, score_spans
from labeling.workspace.rows.score import Agreement, AnnotatorPair

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.evaluation.scores import Bootstrap
    from labeling.schema import ChoiceSet, Schema


@dataclass(frozen=True)
class DoublyAnnotatedArticle:
    """An article, and what each annotator last submitted about it; two or more of them."""

    article: Article
    leak_group: str
    said: Mapping[str, Annotation]


def measure_agreement(
    read: Sequence[DoublyAnnotatedArticle], schema: Schema, annotations: str, bootstrap: Bootstrap = BOOTSTRAP
) -> Agreement:
    """Measure how far people agree.

    Args:
        read: The articles that two or more people submitted (see `find_doubly_annotated`).
        schema: Its labels and choices.
        annotations: The SHA-256 of the file that all this is from.
        bootstrap: Resamples and seed of the intervals.

    Raises:
        TooFewAnnotators: No article was submitted by two people.
    """
    if not read:
        raise TooFewAnnotators(
            "no article was submitted by two people",
            todo="let a second annotator submit some of the same articles, then run `labeling pull`",
        )
    people = sorted({name for each in read for name in each.said})
    pairs = (_score_pair(one, other, read, schema, bootstrap) for one, other in combinations(people, 2))
    return Agreement(
        annotations=annotations,
        articles=len(read),
        annotators=tuple(people),
        pairs=tuple(pair for pair in pairs if pair),
        choices={name: alpha(units) for each in schema.choices for name, units in _choice_units(each, read)},
    )


def find_doubly_annotated(
    annotations: Iterable[Annotation], articles: Mapping[str, Article], groups: Mapping[str, str]
) -> Iterator[DoublyAnnotatedArticle]:
    """The articles that two or more people submitted, by id, with each person's latest submission.

    Args:
        annotations: Of any annotators and in any order (see `latest_submissions` for those that count).
        articles: The articles by id.
        groups: The leak group of each.

    Raises:
        DamagedFile: An annotation's ``updated`` is not an instant.
    """
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for each in annotations:
        by_article[each.article].append(each)
    for name in sorted(by_article.keys() & articles.keys()):
        article = articles[name]
        latest = latest_submissions(by_article[name], article.digest)
        if len(latest) > 1:
            yield DoublyAnnotatedArticle(article, groups[name], latest)


def alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data; None where nobody could have disagreed.

    ``alpha([["a", "a"], ["b", "b"]])`` is 1, ``alpha([["a", "b"]] * 2)`` is -0.5.

    Args:
        units: For each thing that was judged, the value each judge gave it; a unit with less than two counts for
            nothing.
    """
    counts = [Counter(unit) for unit in units if len(unit) > 1]
    expected = _count_unlike_pairs(Counter(value for count in counts for value in count.elements()))
    return 1 - sum(map(_count_unlike_pairs, counts)) / expected if expected else None


def _count_unlike_pairs(counts: Counter[Hashable]) -> float:
    """The number of pairs of unlike values, each value standing in one pair with every other, weighed as one value."""
    number = counts.total()
    return (number**2 - sum(count**2 for count in counts.values())) / (number - 1) if number > 1 else 0


def _score_pair(
    one: str, other: str, read: Sequence[DoublyAnnotatedArticle], schema: Schema, bootstrap: Bootstrap
) -> AnnotatorPair | None:
    both = [
        ScoredArticle(each.article.id, each.leak_group, each.article.text, each.said[one].spans, each.said[other].spans)
        for each in read
        if one in each.said and other in each.said
    ]
    return (
        AnnotatorPair(one=one, other=other, score=score_spans(other, both, schema.label_names, bootstrap=bootstrap))
        if both
        else None
    )


def _choice_units(
    choice: ChoiceSet, read: Sequence[DoublyAnnotatedArticle]
) -> Iterator[tuple[str, list[list[Hashable]]]]:
    """What each annotator chose of a set, article by article; of a set with several answers, option by option."""
    chosen = [[said.choices.get(choice.name, ()) for said in each.said.values()] for each in read]
    if not choice.multiple:
        yield choice.name, [list(answers) for answers in chosen]
        return
    for option in choice.options:
        yield f"{choice.name}={option.name}", [[option.name in answer for answer in answers] for answers in chosen]
