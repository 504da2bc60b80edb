"""What a plan leaves as it is: who has read what, by e-mail address, and which articles are settled. Pure.

Files sign annotations with names (see `labeling.workspace.annotator_names`), a plan with addresses.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from labeling.adjudication.gold import reconcile_annotations
from labeling.project import normalise_email
from labeling.workspace.annotator_names import annotator_names, local_part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from labeling.adjudication.gold import AdjudicationRules
    from labeling.annotations import Annotation, QuarantineRow
    from labeling.articles import Article
    from labeling.workspace.rows.asked_item import ImportedScope


class Addresses:
    """The e-mail address of each annotator: by the server's accounts, where they are known, else by the name."""

    def __init__(self, users: Mapping[str, str], people: Iterable[str], imported: Iterable[ImportedScope] = ()) -> None:
        """Take the accounts by number, the addresses of people who may have none yet, and the scopes of imports."""
        accounts = [(int(number), email) for number, email in users.items()]
        names = annotator_names(accounts)
        self._known = {str(names[number]): normalise_email(email) for number, email in accounts}
        others = {normalise_email(email) for email in people} - set(self._known.values())
        alike = Counter(map(local_part, others))
        # Of two people with one name before the @, none is called by it.
        self._guessed = {email: email for email in others}
        self._guessed |= {local_part(email): email for email in others if alike[local_part(email)] == 1}
        self._imported = {(row.article, row.annotator): row.email for row in imported if row.email}

    def find(self, annotation: Annotation) -> str:
        """Whose annotation it is; the name itself of somebody whose address is not known."""
        email = self._imported.get((annotation.article, annotation.annotator), "") if annotation.imported else ""
        return normalise_email(email) or self.find_name(annotation.annotator)

    def find_name(self, annotator: str) -> str:
        """The address of who is called so, else the name."""
        return self._known.get(annotator) or self._guessed.get(normalise_email(annotator), annotator)


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
    """The articles whose gold an adjudicator has settled: they submitted it, and nobody differs from what they say.

    Answers to gold questions do not unsettle what they are compared with.

    Args:
        annotations: Reads all of them, from the start.
        articles: The articles by id.
        rules: By what annotations are reconciled.
        is_adjudicator: Whether an adjudicator made an annotation.
        is_answer: Whether an annotation answers a gold question.
    """
    theirs = {one.article for one in annotations() if one.state == "submitted" and is_adjudicator(one)}
    said = [one for one in annotations() if one.article in theirs and not is_answer(one)] if theirs else []
    names = {(one.article, one.annotator) for one in said if is_adjudicator(one)}
    outcome = reconcile_annotations(said, (), articles, rules)
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
