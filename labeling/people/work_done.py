"""What a plan leaves as it is: who has read what, by e-mail address, and which articles are settled. Pure.

Files sign annotations with names (see `labeling.workspace.annotator_names`), a plan with addresses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.adjudication.gold import reconcile_annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from labeling.adjudication.annotator_addresses import Addresses
    from labeling.adjudication.gold import AdjudicationRules
    from labeling.annotations import Annotation, QuarantineRow
    from labeling.articles import Article


def collect_readings(
    annotations: Iterable[Annotation],
    quarantine: Iterable[QuarantineRow],
    digests: Mapping[str, str],
    addresses: Addresses,
    members: AbstractSet[str],
) -> dict[str, dict[str, bool]]:
    """By article, who has begun to read its text of today, and whether they have submitted it.

    Ana has submitted an article, Ben has a draft on it, and a model has suggested something: ``{"ana@...": True,
    "ben@...": False}``. What is quarantined as a whole was begun. What was imported and is on no server counts for
    those who are among ``members``: what others did elsewhere is to be read here.
    """
    readings: dict[str, dict[str, bool]] = {}
    for one in annotations:
        if not one.by_person or digests.get(one.article) != one.digest:
            continue
        reader = addresses.find(one)
        if one.imported and (reader not in members or one.open):
            continue
        known = readings.setdefault(one.article, {})
        known[reader] = known.get(reader, False) or (one.state == "submitted" and not one.open)
    for found in quarantine:
        is_begun = found.what == "annotation" and found.annotator and not found.imported and found.kind != "stale text"
        if is_begun and found.article in digests:
            readings.setdefault(found.article, {}).setdefault(addresses.find_name(found.annotator), False)
    return readings


def find_settled(
    annotations: Callable[[], Iterable[Annotation]],
    articles: Mapping[str, Article],
    rules: AdjudicationRules,
    is_adjudicator: Callable[[Annotation], bool],
    is_answer: Callable[[Annotation], bool],
) -> frozenset[str]:
    """The articles whose gold an adjudicator has settled: they submitted it, or decided on all of it.

    What readers say does not unsettle it, nor do answers to gold questions. One that an adjudicator read as a reader,
    by the plan, is settled where nobody differs.

    Args:
        annotations: Reads all of them, from the start.
        articles: The articles by id.
        rules: By what annotations are reconciled.
        is_adjudicator: Whether an adjudicator made an annotation.
        is_answer: Whether an annotation answers a gold question.
    """
    whole = {(each.article, each.by) for each in rules.decisions if each.words}
    theirs = {one.article for one in annotations() if one.state == "submitted" and is_adjudicator(one)}
    theirs |= {article for article, _ in whole}
    said = [one for one in annotations() if one.article in theirs and not is_answer(one)] if theirs else []
    names = whole | {(one.article, one.annotator) for one in said if is_adjudicator(one)}
    decisions = [each for each in rules.decisions if each.article in theirs]
    outcome = reconcile_annotations(said, (), articles, replace(rules, decisions=decisions))
    disputed = {conflict.article for conflict in outcome.conflicts}
    return frozenset(
        gold.article
        for gold in outcome.gold
        if gold.complete
        and gold.usable
        and gold.article not in disputed
        and any((gold.article, name) in names for name in gold.annotators)
    )


def without_people(readings: Mapping[str, Mapping[str, bool]], people: Collection[str]) -> dict[str, dict[str, bool]]:
    """Readings without those of some people."""
    return {
        article: {reader: submitted for reader, submitted in known.items() if reader not in people}
        for article, known in readings.items()
    }
