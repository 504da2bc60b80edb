"""``push --imported annotations``: what people annotated elsewhere becomes their annotation on the server.

Never that of whoever pushes. Who has no account there is refused by name, and so is who has annotated the task there
already: two annotations of one person are two submissions. `pull` puts the server's in the place of the imported row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.annotations import Annotation
from labeling.errors import NotBrought
from labeling.studio.format.brought_words import (
    brought_annotation,
    brought_row,
    choose_to_bring,
    find_there,
    list_accounts,
    unique_key,
)
from labeling.studio.sync.batches import split_batches
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.workspace.rows.server_state import PushedTask, TextKey
    from labeling.workspace.table import Workspace

_MOST = 500  # annotations whose tasks are asked for at once


@dataclass
class BroughtTally:
    """What became of imported annotations: ``brought`` now, or ``there`` already.

    ``strangers`` counts those of people without an account, whose ``emails`` may be known; ``partly`` those of people
    who judged only parts of a text.
    """

    brought: int = 0
    there: int = 0
    strangers: dict[str, int] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    partly: dict[str, int] = field(default_factory=dict)

    def refusals(self, url: str) -> tuple[NotBrought, ...]:
        """An error for each person without an account, and for each who judged only parts."""
        partly = (
            NotBrought(
                f"{count} annotations of {name!r} were not brought: they judge only parts of their texts, and in "
                "the page they would say that there is nothing in the rest",
                todo="bring them as suggestions, with --imported suggestions",
                where=name,
            )
            for name, count in sorted(self.partly.items())
        )
        strangers = (
            NotBrought(
                f"{count} annotations of {name!r} were not brought: {self.emails.get(name) or name} has no account on "
                f"{url}",
                todo="let them sign up there by the invitation, and push again; or bring their words as suggestions, "
                "with --imported suggestions",
                where=name,
            )
            for name, count in sorted(self.strangers.items())
        )
        return (*partly, *strangers)


@dataclass(frozen=True)
class _Candidate:
    """An imported annotation with its task, its author's account and name there, and its key."""

    annotation: Annotation
    task: int
    account: int
    name: str
    key: str


@dataclass(frozen=True)
class ImportedWords:
    """The imported annotations of a workspace, and the project that they are for."""

    studio: Studio
    project: RemoteProject
    workspace: Workspace

    def bring(self, known: Mapping[TextKey, PushedTask]) -> BroughtTally:
        """Bring all that are not there; what has arrived is written down even where the server fails.

        Args:
            known: What the server has of our articles.
        """
        tally, signed = BroughtTally(), list[SignedWords]()
        articles = self.workspace.articles.by("id")
        try:
            for task, one in self._missing(known, tally):
                sent = brought_annotation(one.annotation, articles[one.annotation.article], one.account, one.key)
                number, is_theirs = find_there(task, one.account, one.key)
                if number is None and is_theirs:
                    tally.there += 1
                    continue
                tally.brought += number is None
                # A push that was cut short has brought it: it is only written down.
                tally.there += number is not None
                number = number or self.studio.file_annotation(one.task, sent)
                signed.append(brought_row(one.task, number, one.name, one.annotation, sent))
        finally:
            if signed:
                fresh = {row.annotation for row in signed}
                rows = (row for row in self.workspace.signed.rows_if_written() if row.annotation not in fresh)
                self.workspace.signed.write([*rows, *signed])
        return tally

    def foresee(self, known: Mapping[TextKey, PushedTask]) -> BroughtTally:
        """What `bring` would do; nothing is sent. Annotations whose article is not there yet count as brought."""
        tally = BroughtTally()
        for task, one in self._missing(known, tally, new_too=True):
            number, is_theirs = find_there(task, one.account, one.key)
            is_there = number is not None or is_theirs
            tally.there += is_there
            tally.brought += not is_there
        return tally

    def _missing(
        self, known: Mapping[TextKey, PushedTask], tally: BroughtTally, *, new_too: bool = False
    ) -> Iterator[tuple[object, _Candidate]]:
        """Those that no pull or push has seen there, each with its task as the server has it."""
        for batch in split_batches(self._candidates(known, tally, new_too=new_too), lambda _: 1, _MOST, _MOST):
            numbers = sorted({one.task for one in batch if one.task})
            exported = self.studio.export_tasks(self.project.number, numbers) if numbers else ()
            tasks = {task["id"]: task for task in exported if isinstance(task, dict)}
            for one in batch:
                # A task that was deleted meanwhile gets nothing.
                if one.task in tasks or (new_too and not one.task):
                    yield tasks.get(one.task), one

    def _candidates(
        self, known: Mapping[TextKey, PushedTask], tally: BroughtTally, *, new_too: bool
    ) -> Iterator[_Candidate]:
        accounts = list_accounts(self.studio.users())
        seen = {(row.task, row.imported) for row in self.workspace.signed.rows_if_written() if row.imported}
        emails = {
            (row.article, row.annotator): row.email for row in self.workspace.imported.rows_if_written() if row.email
        }
        for row in self._rows(tally):
            pushed = known.get((row.article, row.digest))
            task = pushed.task if pushed else None
            # A reprint that waits for its story has no task yet.
            if task is None and not new_too:
                continue
            if (task, row.annotator) in seen:
                tally.there += 1
                continue
            email = emails.get((row.article, row.annotator), "")
            found = accounts.find(row.annotator, email)
            if found is None:
                tally.strangers[row.annotator] = tally.strangers.get(row.annotator, 0) + 1
                tally.emails[row.annotator] = email
                continue
            key = unique_key((self.project.number, self.project.created), row)
            yield _Candidate(row, task or 0, *found, key)

    def _rows(self, tally: BroughtTally) -> Iterator[Annotation]:
        """What is to be brought, article by article: the file is sorted by them."""
        of_article = list[Annotation]()
        for row in self.workspace.annotations.rows_if_written():
            if of_article and of_article[0].article != row.article:
                yield from choose_to_bring(of_article)
                of_article = []
            of_article.append(row)
            if row.imported and row.by_person and row.open:
                tally.partly[row.annotator] = tally.partly.get(row.annotator, 0) + 1
        yield from choose_to_bring(of_article)
