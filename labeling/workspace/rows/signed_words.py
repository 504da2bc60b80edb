"""Whose words count: the rows of ``signed.jsonl``."""

from __future__ import annotations

from labeling.values import Frozen


class SignedWords(Frozen):
    """The words of an annotation that count as its author's: those that ``by`` was the last to send.

    ``annotation`` is the server's number of it; of one that was restored it is not known until the next pull, and
    ``came_as`` is the number it had. ``words`` is their digest, "" when no words of it count. ``changed_by`` and
    ``changed`` are who gave it other words, and when. ``why`` is the reason of an owner who adopted them.
    """

    task: int
    annotation: int | None = None
    came_as: int | None = None
    by: str = ""
    words: str = ""
    changed_by: str = ""
    changed: str = ""
    why: str = ""
