"""Adoption: an owner takes the words of annotations that are spoken for another for their author's, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import UsageError
from labeling.studio.format.signatures import words_digest
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.annotations import QuarantineRow
    from labeling.workspace.table import Workspace

IMPORTED = "imported"


@dataclass(frozen=True)
class Adoption:
    """Which annotations are adopted, by the server's numbers or as ``imported``, and the owner's reason."""

    chosen: Sequence[str]
    why: str


def adopt_words(workspace: Workspace, adoption: Adoption) -> None:
    """Write down that the words of these annotations count, as they are in ``quarantine.jsonl``.

    Args:
        workspace: Whose quarantine.
        adoption: Which, and why; ``imported`` names all of which the server does not know who sent them.

    Raises:
        UsageError: The reason is missing, or quarantine has no such annotation.
    """
    chosen, why = adoption.chosen, adoption.why
    if not why.strip():
        raise UsageError("words are adopted for a reason, and none is given", todo="give it with --why TEXT")
    spoken: dict[str, tuple[QuarantineRow, dict[str, Any]]] = {
        str(row.server_id): (row, row.raw)
        for row in workspace.quarantine.rows_if_written()
        if row.kind == "spoken for another" and isinstance(row.raw, dict)
    }
    numbers = {name for name in chosen if name != IMPORTED}
    if IMPORTED in chosen:
        numbers |= {name for name, (_, raw) in spoken.items() if raw.get("updated_by") is None}
    unknown = sorted(numbers - spoken.keys())
    if unknown or not numbers:
        raise UsageError(
            f"not in quarantine as spoken for another: {', '.join(unknown) or 'anything that was imported'}",
            todo="take the `server_id` of such rows in quarantine.jsonl; `labeling pull` brings it up to date",
        )
    rows = [row for row in workspace.signed.rows_if_written() if str(row.annotation) not in numbers]
    workspace.signed.write([*rows, *(_adopted_row(*spoken[name], why) for name in numbers)])


def _adopted_row(row: QuarantineRow, raw: dict[str, Any], why: str) -> SignedWords:
    # What nobody signed has a name of our making in the quarantine.
    by = row.annotator if raw.get("completed_by") else ""
    return SignedWords(task=row.task or 0, annotation=row.server_id, by=by, words=words_digest(raw), why=why.strip())
