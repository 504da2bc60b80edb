"""Whose words count: the rows of ``signed.jsonl``."""

from __future__ import annotations

from pydantic import Field

from labeling.values import Frozen
from labeling.workspace.rows.server_state import ServerNumber


def _is_nobody(name: str) -> bool:
    return not name


class SignedWords(Frozen):
    """The words of an annotation that count as its author's: those that ``by`` was the last to send.

    ``annotation`` is the server's number of it; of one that was restored it is not known until the next pull, and
    ``came_as`` is the number it had. ``words`` is their digest, "" when no words of it count. ``changed_by`` and
    ``changed`` are who gave it other words, and when. ``why`` is the reason of an owner who adopted them. ``imported``
    is the annotator whose imported annotation `push` brought there, "" for all others.
    """

    task: ServerNumber
    annotation: ServerNumber | None = None
    came_as: ServerNumber | None = None
    by: str = ""
    words: str = ""
    changed_by: str = ""
    changed: str = ""
    why: str = ""
    # Left out where it is empty: such a row is the same line that it was before there was this key.
    imported: str = Field(default="", exclude_if=_is_nobody)
