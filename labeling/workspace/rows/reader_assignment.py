"""The rows of ``assignments.jsonl``: who is to read which article, and as what."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen

ReadingPart: TypeAlias = Literal["first", "second", "gold question"]


class Assignment(Frozen):
    """One line of ``assignments.jsonl``: ``reader``, an e-mail address, is to read ``article``, or has read it.

    ``first`` and ``second`` do not see each other's words. A ``gold question`` is an article whose gold is settled.
    ``order`` is the place among all that this reader is given, from 1; who has left has rows of what they submitted.
    """

    article: str
    reader: str
    part: ReadingPart
    order: int = Field(ge=1)
