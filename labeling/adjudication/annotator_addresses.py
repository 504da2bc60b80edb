"""Whose an annotation is, by e-mail address: files sign annotations with names, a plan with addresses. Pure.

See `labeling.workspace.annotator_names` for the names.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from labeling.project import normalise_email
from labeling.workspace.annotator_names import annotator_names, local_part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from labeling.annotations import Annotation
    from labeling.workspace.rows.asked_item import ImportedScope
    from labeling.workspace.rows.reader_assignment import Assignment


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


def find_answers(plan: Iterable[Assignment], addresses: Addresses) -> Callable[[Annotation], bool]:
    """Whether an annotation answers a gold question of the plan: it is compared with gold, and no part of it."""
    answers = {(row.article, row.reader) for row in plan if row.part == "gold question"}
    return lambda annotation: (annotation.article, addresses.find(annotation)) in answers


def find_deciding(
    plan: Iterable[Assignment], addresses: Addresses, adjudicators: Collection[str]
) -> Callable[[Annotation], bool]:
    """Whether an annotation is an adjudicator's, and not one that they made while they were a reader by the plan."""
    if not adjudicators:
        return lambda _: False
    read = {(row.article, row.reader) for row in plan}

    def is_deciding(annotation: Annotation) -> bool:
        email = addresses.find(annotation)
        return email in adjudicators and (annotation.article, email) not in read

    return is_deciding
