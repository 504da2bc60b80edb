"""Texts of odd signs in `make faults`: a verb takes at most five times an ordinary text, or the text is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.texts import LENGTH, MOST, play_texts

from faulty.broken import Broken
from labeling import errors

TEXTS = 10  # of more than 500, evenly; `make bench` can play all of them
_SENTENCE = """
And each verb was given {texts} texts of {length:,} characters, each made of one sign or of two. No verb took more than
{most:.0f} times as long as on an ordinary text of that length; the worst took {ratio:.1f} times as long ({verb}).
{refused} verbs ended with a named error.
"""


def play_odd_texts(texts: int = TEXTS) -> str:
    """Play them; the sentence for the page.

    Raises:
        Broken: A verb took too long, or ended in a traceback.
    """
    with tempfile.TemporaryDirectory(prefix="odd-texts-") as folder:
        rows = [*play_texts(Path(folder), only=texts)]
    for row in rows:
        if row.fault and not _is_named(row.fault):
            raise Broken(f"{row.verb} on {row.text}: {row.fault}")
        if row.ratio > MOST:
            raise Broken(f"{row.verb} on {row.text} took {row.ratio:.1f} times an ordinary text")
    worst = max(rows, key=lambda row: row.ratio)
    refused = sum(bool(row.fault) for row in rows)
    told = {"texts": texts, "length": LENGTH, "most": MOST, "refused": refused}
    return _SENTENCE.format(ratio=worst.ratio, verb=f"`{worst.verb}`", **told)


def _is_named(fault: str) -> bool:
    """Whether it begins with the name of an error of ours."""
    kind = getattr(errors, fault.partition(":")[0], None)
    return isinstance(kind, type) and issubclass(kind, errors.LabelingError)
