"""Agreement from several sides: with and without suggestions, beside models, adjudicators, gold and one's own words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from labeling.annotations import MODEL
from labeling.evaluation.agreement.group_measures import measure_f1, measure_group
from labeling.evaluation.agreement.measure_agreement import measure_pair
from labeling.evaluation.agreement.pair_counts import (
    count_beside_gold,
    count_layers,
    count_marks,
    count_pairs,
    sum_counts,
)
from labeling.evaluation.agreement.submitted import keep_doubly_annotated, list_marks
from labeling.workspace.annotator_names import annotator_names, local_part, name_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.evaluation.agreement.pair_counts import LayerCounts
    from labeling.evaluation.agreement.submitted import SubmittedArticle
    from labeling.evaluation.resampling import Bootstrap
    from labeling.evaluation.scores import ScoredArticle
    from labeling.schema import Schema
    from labeling.workspace.rows.agreements import GroupAgreement
    from labeling.workspace.rows.kept_row import KeptRow
    from labeling.workspace.rows.server_state import PushedTask, TextKey

# Gold, in the place of somebody's name.
GOLD = "gold"


def find_names(users: Mapping[str, str], emails: Collection[str]) -> dict[str, str]:
    """The address of each name by which our files may call some people.

    Args:
        users: The server's accounts: address by number.
        emails: The people's addresses, in lower case.
    """
    accounts = [(int(number), email) for number, email in users.items()]
    names = annotator_names(accounts)
    known = {str(names[number]): email.strip().casefold() for number, email in accounts}
    found = {name: email for name, email in known.items() if email in emails}
    # Who has no account yet may have been imported by name: the whole address, or what stands before the @.
    rest = set(emails) - set(known.values())
    parts = [local_part(email) for email in rest]
    found |= {email: email for email in rest}
    found |= {
        local_part(email): email
        for email in rest
        if parts.count(local_part(email)) == 1 and local_part(email) not in known
    }
    return found


def list_served(kept: Iterable[KeptRow], users: Mapping[str, str]) -> dict[tuple[str, int], bool]:
    """Whether a suggestion came with a task that an annotator was served, as the layer before the server kept it."""
    accounts = [(int(number), email) for number, email in users.items()]
    names = annotator_names(accounts)
    served: dict[tuple[str, int], bool] = {}
    for row in kept:
        if row.kind == "served" and row.task is not None:
            key = name_kept(names, row.account, row.email), row.task
            served[key] = served.get(key, False) or bool(row.prediction or row.suggestion)
    return served


def find_suggested(
    kept: Iterable[KeptRow], users: Mapping[str, str], pushed: Mapping[TextKey, PushedTask]
) -> Callable[[Annotation], bool | None]:
    """Whether a model's suggestions were before an annotator's eyes; None where it is not known, as of an import.

    Args:
        kept: What the layer before the server kept.
        users: The server's accounts: address by number.
        pushed: The journal of what was sent.
    """
    served = list_served(kept, users)

    def was_suggested(annotation: Annotation) -> bool | None:
        if annotation.task is None:
            return None
        # Without a layer that keeps what it served, everybody saw what was pushed.
        sent = pushed.get((annotation.article, annotation.digest))
        return served.get((annotation.annotator, annotation.task), None if sent is None else bool(sent.suggested))

    return was_suggested


def measure_by_suggestions(
    doubly_annotated: Sequence[SubmittedArticle],
    was_suggested: Callable[[Annotation], bool | None],
    schema: Schema,
    bootstrap: Bootstrap,
) -> dict[str, GroupAgreement]:
    """Readings with a model's suggestions before their readers' eyes, and those without, each by themselves.

    A reading of which neither is known, an import say, is in none of the two.
    """
    found: dict[str, GroupAgreement] = {}
    for name, wanted in (("with", True), ("without", False)):
        kept = [
            each.keep({by for by, said in each.submissions.items() if was_suggested(said) is wanted})
            for each in doubly_annotated
        ]
        doubly = list(keep_doubly_annotated(kept))
        if doubly:
            people = sorted({by for each in doubly for by in each.submissions})
            counts = sum_counts(count_pairs(doubly, schema).values())
            found[name] = measure_group(people, doubly, counts, schema, bootstrap)
    return found


def measure_beside(
    submitted: Sequence[SubmittedArticle], names: Collection[str], schema: Schema, bootstrap: Bootstrap
) -> Iterator[GroupAgreement]:
    """Each of some annotators beside each of the others."""
    counts = count_pairs(submitted, schema, names)
    for pair in sorted(counts):
        yield measure_pair(pair, submitted, counts[pair], schema, bootstrap)


def add_models(
    submitted: Iterable[SubmittedArticle], suggestions: Iterable[Annotation]
) -> tuple[list[SubmittedArticle], set[str]]:
    """The articles with what models say there, where they say anything, and the names of the models.

    A model was asked for all that it can mark: that it marks nothing of a label counts.
    """
    by_article: defaultdict[str, dict[str, Annotation]] = defaultdict(dict)
    for each in suggestions:
        if each.annotator.startswith(MODEL):
            by_article[each.article][each.annotator] = each
    found: list[SubmittedArticle] = []
    for article in submitted:
        models = {
            name: said
            for name, said in by_article.get(article.article.id, {}).items()
            if said.digest == article.article.digest
        }
        if models:
            silence = {**article.silence, **dict.fromkeys(models, frozenset[str]())}
            found.append(replace(article, submissions={**article.submissions, **models}, silence=silence))
    return found, {name for models in by_article.values() for name in models}


def measure_beside_gold(
    scored: Iterable[ScoredArticle], schema: Schema, bootstrap: Bootstrap
) -> Iterator[GroupAgreement]:
    """Each reader beside settled gold, over the gold questions they answered."""
    yield from _measure_each(scored, (GOLD,), schema, bootstrap, count_beside_gold)


def measure_own_words(
    scored: Iterable[ScoredArticle], schema: Schema, bootstrap: Bootstrap
) -> Iterator[GroupAgreement]:
    """Each reader beside their own words on the same text."""

    def count(counts: LayerCounts, each: ScoredArticle, schema: Schema) -> None:
        one, other = (list_marks(side) for side in each.sides)  # type: ignore[arg-type] # both are annotations
        count_marks(counts, each.leak_group, one, other, each.silent_on)
        count_layers(counts, each, schema)

    yield from _measure_each(scored, (), schema, bootstrap, count)


def _measure_each(
    scored: Iterable[ScoredArticle],
    beside: tuple[str, ...],
    schema: Schema,
    bootstrap: Bootstrap,
    count: Callable[[LayerCounts, ScoredArticle, Schema], None],
) -> Iterator[GroupAgreement]:
    ordered = sorted(scored, key=lambda each: (each.prediction.annotator, each.prediction.article))
    for annotator, own in groupby(ordered, key=lambda each: each.prediction.annotator):
        counts: LayerCounts = {}
        articles = 0
        for each in own:
            count(counts, each, schema)
            articles += 1
        yield measure_f1((*beside, annotator), articles, counts, schema, bootstrap)
