"""Files in which only the words of names have cells: AIDA's, ``EU<tab>B<tab>EU<tab>European_Union``, then ``rejects``.

They are written out as rows of as many cells each, words alone as outside of every span, and then read as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.imports.column_lines import ColumnDocument, ColumnRow, ColumnSentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_LETTERS = frozenset({"B", "I"})
_FEWEST = 3  # cells: with two, a word alone is one whose tag is missing


def pad_bare_words(documents: Sequence[ColumnDocument]) -> list[ColumnDocument] | None:
    """The documents with as many cells in each row, if only the words of names have any; else None."""
    # A row of two cells, which most files begin with, settles it.
    if any(row.text.count("\t") == 1 for document in documents for row in document.rows):
        return None
    rows = [row.text.rstrip("\r").split("\t") for document in documents for row in document.rows]
    named = [cells for cells in rows if len(cells) > 1]
    bare = [cells for cells in rows if len(cells) == 1]
    if not named or not bare or not all(len(cells) >= _FEWEST and cells[1] in _LETTERS for cells in named):
        return None
    if any(len(word.split()) != 1 for (word,) in bare):
        return None
    width = max(map(len, named))
    return [
        ColumnDocument(
            each.name,
            each.guess,
            each.marked,
            [ColumnSentence([_pad(row, width) for row in one.rows], one.text) for one in each.sentences],
            each.comments,
        )
        for each in documents
    ]


def _pad(row: ColumnRow, width: int) -> ColumnRow:
    cells = row.text.rstrip("\r").split("\t")
    padded = [*cells, *(["O"] if len(cells) == 1 else [])]
    return ColumnRow(row.line, "\t".join([*padded, *["_"] * (width - len(padded))]))
