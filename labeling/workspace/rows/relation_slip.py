"""The rows of ``slips.jsonl``: relations that their authors are to mend."""

from __future__ import annotations

from labeling.values import Frozen


class RelationSlip(Frozen):
    """A relation that is in quarantine: who drew it, where, and what is wrong with it.

    ``relation`` is its label, or ``?``, with the words of both ends where they are known. ``link`` is the article's
    page in Label Studio, "" where it is not known.
    """

    reader: str
    article: str
    relation: str
    why: str
    link: str
