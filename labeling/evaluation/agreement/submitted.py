"""Articles with what each of their annotators submitted, and who of them is compared with whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import latest_submissions, submission_order
from labeling.evaluation.scores import ScoredArticle

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.asking import Asking
    from labeling.workspace.rows.first_submission import FirstSubmission

# Where spans of each label are: half-open intervals of code points, sorted.
Marks: TypeAlias = "dict[str, tuple[tuple[int, int], ...]]"


@dataclass(frozen=True)
class SubmittedArticle:
    """An article, and the latest submission of each of its annotators, by annotator.

    ``silence`` has, by annotator, the items (``label WHEN``) of which the submission says nothing.
    """

    article: Article
    leak_group: str
    submissions: Mapping[str, Annotation]
    silence: Mapping[str, frozenset[str]]

    @cached_property
    def marks(self) -> dict[str, Marks]:
        """What each annotator marked, label by label."""
        return {annotator: list_marks(each) for annotator, each in self.submissions.items()}

    def keep(self, annotators: Collection[str]) -> SubmittedArticle:
        """The same article with the submissions of some annotators alone."""
        kept = {name: each for name, each in self.submissions.items() if name in annotators}
        if len(kept) == len(self.submissions):
            return self
        made = replace(self, submissions=kept)
        # What was listed once need not be listed again.
        vars(made)["marks"] = {name: self.marks[name] for name in kept}
        return made

    def compare(self, one: str, other: str) -> ScoredArticle:
        """Two of its annotators, the first in the place of gold; what one was not asked for is not a disagreement."""
        silent = self.silence[one] | self.silence[other]
        return ScoredArticle(self.article, self.leak_group, self.submissions[one], self.submissions[other], silent)


def list_marks(annotation: Annotation) -> Marks:
    """Where an annotation has spans of each label."""
    places = defaultdict[str, list[tuple[int, int]]](list)
    for span in annotation.spans:
        places[span.label].append((span.start, span.end))
    return {label: tuple(sorted(each)) for label, each in places.items()}


def find_submitted(
    annotations: Iterable[Annotation], articles: Mapping[str, Article], groups: Mapping[str, str], asking: Asking
) -> Iterator[SubmittedArticle]:
    """The articles that anybody submitted, by id, with each person's latest submission.

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
        if latest:
            silence = {annotator: asking.silent_on(each) for annotator, each in latest.items()}
            yield SubmittedArticle(article, groups[name], latest, silence)


def choose_first_words(rows: Iterable[FirstSubmission]) -> Iterator[FirstSubmission]:
    """What each annotator said first of each text; rows come sorted by these, as in their file."""
    for _, own in groupby(rows, key=lambda row: (row.article, row.annotator, row.digest)):
        known = [*own]
        # Who judged single spans has not annotated the article; an import mostly has no time, and comes first.
        is_one = len(known) == 1
        yield known[0] if is_one else min(known, key=lambda row: (bool(row.open), submission_order(row.annotation)))


def find_doubly_annotated(
    annotations: Iterable[Annotation], articles: Mapping[str, Article], groups: Mapping[str, str], asking: Asking
) -> Iterator[SubmittedArticle]:
    """Of those, the articles that two people or more submitted: what one alone said tells nothing about agreement."""
    return keep_doubly_annotated(find_submitted(annotations, articles, groups, asking))


def keep_doubly_annotated(
    submitted: Iterable[SubmittedArticle], annotators: Collection[str] | None = None
) -> Iterator[SubmittedArticle]:
    """The articles that two or more of some annotators submitted, with their words alone."""
    for each in submitted:
        kept = each if annotators is None else each.keep(annotators)
        if len(kept.submissions) > 1:
            yield kept
