"""Whose words an annotation has: nobody's annotation counts in words that somebody else gave it. Pure.

Label Studio lets every member change every annotation: it stays ``completed_by`` its author, and ``updated_by`` is
whoever sent it last. An import leaves ``updated_by`` empty and takes any ``completed_by``. So words count when their
author was the last to send them, or when they are the words that counted before: a star sets ``updated_by`` too, and
changes no word.

Exports of servers that do not have ``updated_by`` at all cannot be judged: their annotations count as they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.articles import escape_surrogates
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.server_state import is_server_number
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGEST = 16  # characters


@dataclass(frozen=True)
class Judgement:
    """Whether the words of an annotation count, and as whose.

    ``signer`` is "" when they count as the author's, or do not count. ``imported_as`` is who was imported as its
    author, while the words are those that `push` brought. ``reason`` is "" when they count. ``row`` is what is
    remembered for the next pull; None where the server does not tell who sent an annotation.
    """

    signer: str = ""
    imported_as: str = ""
    reason: str = ""
    row: SignedWords | None = None


class Signatures:
    """What is known about the words of a project's annotations before an export of it is read.

    Args:
        remembered: What the last pull, a restore or an adoption wrote down.
        names: What the server's users are called, by number and by e-mail address.
        pages: The address of a task's page, but for the task's number.
        by_editor: Words that somebody else gave an annotation count, as theirs (``changed_by_others = "editor"``).
        seen: Digests of annotations as they were pulled by a version that remembered no words, by number.
        kept: What the layer before the server kept: the words that each author sent first in a task, and those that
            they were the last to send of an annotation, which that row names.
    """

    def __init__(
        self,
        remembered: Iterable[SignedWords],
        names: Mapping[int | str, str],
        *,
        pages: str = "",
        by_editor: bool = False,
        seen: Mapping[int, str] | None = None,
        kept: Iterable[SignedWords] = (),
    ) -> None:
        # Of addresses, upper and lower case are the same.
        self._names = {by.casefold() if isinstance(by, str) else by: name for by, name in names.items()}
        self._pages, self._by_editor, self._seen = pages, by_editor, seen or {}
        self._kept = {(row.task, row.annotation, self._name(row.by)): row.words for row in kept}
        self._by_number: dict[int, SignedWords] = {}
        self._restored: dict[tuple[int, int], SignedWords] = {}
        for row in remembered:
            if row.annotation is not None:
                self._by_number[row.annotation] = row
            elif row.came_as is not None:
                self._restored[row.task, row.came_as] = row

    @property
    def remembered(self) -> list[SignedWords]:
        """All rows, as they were given."""
        return [*self._by_number.values(), *self._restored.values()]

    def judge_task(self, task: Mapping[str, Any]) -> dict[int, Judgement]:
        """A judgement on each annotation of a task of an export, by the server's number of it."""
        number, rows = task.get("id"), task.get("annotations")
        if not isinstance(number, int) or not isinstance(rows, list):
            return {}
        return {
            row["id"]: self._judge(number, row)
            for row in rows
            if isinstance(row, dict) and is_server_number(row.get("id")) and isinstance(row.get("result"), list)
        }

    def _judge(self, task: int, annotation: Mapping[str, Any]) -> Judgement:
        if "updated_by" not in annotation:
            return Judgement()
        author, editor = self._name(annotation.get("completed_by")), self._name(annotation["updated_by"])
        row = SignedWords(
            task=task,
            annotation=annotation["id"],
            by=author,
            words=words_digest(annotation),
        )
        before = self._before(task, annotation, author)
        # After a star the server tells who set it, and the layer whose the words are.
        last = self._kept.get((task, row.annotation, author), "")
        if not before.words:
            # No pull has seen words of the author: those count that the layer kept when they came.
            before = before.model_copy(update={"words": last or self._kept.get((task, None, author), "")})
        row = row.model_copy(update={"imported": before.imported})
        if author and (author == editor or last == row.words):
            return Judgement(row=row)
        if before.words == row.words:
            return Judgement(row=row.model_copy(update={"why": before.why}), imported_as=before.imported)

        # An import leaves out who changed it; then it is whoever `restore` wrote down.
        changed_by = editor or self._name(before.changed_by)
        changed = str(annotation.get("updated_at") or "") if editor else before.changed
        kept = before.model_copy(update={"annotation": row.annotation, "changed_by": changed_by, "changed": changed})
        if self._by_editor and changed_by:
            return Judgement(signer=changed_by, row=kept)
        return Judgement(reason=self._explain(author, changed_by, changed, task), row=kept)

    def _before(self, task: int, annotation: Mapping[str, Any], author: str) -> SignedWords:
        """What counted before; without any words where nothing did."""
        nothing = SignedWords(task=task, annotation=annotation["id"], by=author)
        came_as = annotation.get("import_id")
        # What a restore wrote down and no pull has numbered yet comes first: here the number was another one's.
        known = self._restored.get((task, came_as)) if isinstance(came_as, int) else None
        known = known or self._by_number.get(annotation["id"])
        if known is not None:
            # The words of one author do not count as another's.
            is_same = known.task == task and self._name(known.by) == author
            return known.model_copy(update={"by": author}) if is_same else nothing
        # Pulled before words were remembered: what was there then, starred since or not, stays.
        seen = self._seen.get(annotation["id"])
        if seen is not None and seen in content_digests(annotation):
            return nothing.model_copy(update={"words": words_digest(annotation)})
        return nothing

    def _explain(self, author: str, changed_by: str, changed: str, task: int) -> str:
        of = author or "nobody"
        if changed_by:
            reason = f"{changed_by} changed what is signed by {of}" + (f", {changed}" if changed else "")
        else:
            reason = f"it is filed under {of}, and the server does not know who sent it: it was imported there"
        return f"{reason}; task {task}" + (f", {self._pages}{task}" if self._pages else "")

    def _name(self, by: object) -> str:
        if isinstance(by, dict):
            by = by.get("id")
        if isinstance(by, bool) or not isinstance(by, int | str) or by == "":
            return ""
        known = self._names.get(by.casefold() if isinstance(by, str) else by)
        return escape_surrogates(known or (f"user-{by}" if isinstance(by, int) else by))


def words_digest(annotation: Mapping[str, Any]) -> str:
    """The digest of what an annotation says: its result, and whether it is a skip. A star or the time taken is not."""
    words = [annotation.get("result"), bool(annotation.get("was_cancelled"))]
    return digest_of(escape_surrogates(canonical_json(words)))[:_DIGEST]


def content_digest(annotation: Mapping[str, Any]) -> str:
    """The digest of all whose change counts as an edit: the words, the star and the time taken."""
    content = [annotation.get(key) for key in ("result", "was_cancelled", "ground_truth", "lead_time")]
    return digest_of(escape_surrogates(canonical_json(content)))[:_DIGEST]


def content_digests(annotation: Mapping[str, Any]) -> set[str]:
    """The digests that an annotation has with a star and without."""
    return {content_digest({**annotation, "ground_truth": star}) for star in (True, False)}
