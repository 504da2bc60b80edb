"""Imported annotations on their way to the page: which of them, whose account has them, and under which key. Pure.

The server takes an annotation under a key (``unique_id``) once. The key is made of the project, the text and whoever
annotated it, so that a push that is run again, on whatever machine, finds what it brought before.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import Annotation
from labeling.studio.format.signatures import words_digest
from labeling.studio.format.tasks import submission_of
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.articles import Article
    from labeling.studio.format.regions import Json

_NAMESPACE = uuid.UUID("5a1f3c0e-8f8b-5c39-9d6e-0d6a3b1f7c42")


@dataclass(frozen=True)
class ServerAccounts:
    """The users of a server, by address without case and by what they are called: number and name of each."""

    by_email: dict[str, tuple[int, str]] = field(default_factory=dict)
    by_name: dict[str, tuple[int, str]] = field(default_factory=dict)

    def find(self, annotator: str, email: str) -> tuple[int, str] | None:
        """The account of an annotator; one whose address is known has the account of that address, and no other."""
        if email or "@" in annotator:
            return self.by_email.get((email or annotator).casefold())
        return self.by_name.get(annotator)


def list_accounts(users: Iterable[tuple[int, str]]) -> ServerAccounts:
    """The accounts of a server's users, each a number and an address."""
    known = list(users)
    names = annotator_names(known)
    return ServerAccounts(
        by_email={email.casefold(): (number, names[number]) for number, email in known},
        by_name={names[number]: (number, names[number]) for number, _ in known},
    )


def choose_to_bring(rows: Iterable[Annotation]) -> list[Annotation]:
    """Of the rows of one article those to be brought as annotations: of each person the submission, else the skip.

    Drafts stay where they were made, and models have no account. Whoever judged only parts of a text would, as the page
    has it, have found nothing in the rest.
    """
    chosen = dict[str, Annotation]()
    for row in sorted(rows, key=lambda row: row.state == "submitted"):
        if is_to_bring(row):
            chosen[row.annotator] = row
    return [chosen[name] for name in sorted(chosen)]


def is_to_bring(row: Annotation) -> bool:
    """Whether a row is a person's imported answer to a whole text."""
    return row.imported and row.by_person and row.state != "draft" and not row.open


def choose_to_suggest(rows: Sequence[Annotation], *, people: bool) -> dict[str, Annotation]:
    """Of the rows of one article those to be suggested, by who made them: of models, and of ``people`` if asked for."""
    return {row.annotator: row for row in rows if row.imported and row.state == "submitted" and people >= row.by_person}


def unique_key(project: tuple[int, str], annotation: Annotation) -> str:
    """The key of an annotation in a project, which is a number and the instant when it was made."""
    parts = (*map(str, project), annotation.article, annotation.digest, annotation.annotator)
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts)))


def brought_annotation(annotation: Annotation, article: Article, account: int, key: str) -> Json:
    """A person's annotation as it is sent to the server, signed by the account."""
    return {**submission_of(annotation, article), "completed_by": account, "unique_id": key}


def brought_row(task: int, number: int, name: str, annotation: Annotation, sent: Json) -> SignedWords:
    """The row of ``signed.jsonl``: these words count as those of ``name`` although somebody else sent them."""
    return SignedWords(task=task, annotation=number, by=name, words=words_digest(sent), imported=annotation.annotator)


def find_there(task: Any, account: int, key: str) -> tuple[int | None, bool]:  # noqa: ANN401 - JSON of any form
    """What a task of an export has of an account: the number of the annotation with that key, or None.

    And whether it has another annotation of that account: then hers are on the server already.
    """
    rows = task.get("annotations") if isinstance(task, dict) else None
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    ours = next((row["id"] for row in found if row.get("unique_id") == key and isinstance(row.get("id"), int)), None)
    return ours, any(row.get("completed_by") == account and row.get("unique_id") != key for row in found)
