"""Files with a sentence a line: ``Anna/B-PER met/O``, ``Anna|NNP|I-PER``, or the words, a tab, and as many tags.

They are written out as a token a line, each a row of cells with tabs between, and then read as such.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from labeling.imports.column_lines import DELIMITERS, ColumnDocument, ColumnRow, ColumnSentence
from labeling.imports.tags import find_tag_style

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

_NEARLY_ALL = 0.9
_FIRST = 1000  # lines
_SIGNS = ("|", "/", "_", "\\")


def spread_sentence_lines(documents: Sequence[ColumnDocument], known: Collection[str]) -> list[ColumnDocument] | None:
    """The documents with a token a line, if they have a sentence a line; else None.

    ``known`` are the labels of the schema and of the map.
    """
    # Most files have a token a line, which their first lines tell.
    first = [*islice(_list_lines(documents), _FIRST)]
    for find in (_find_joined, _find_lists):
        if find(first, known) and (spread := find([*_list_lines(documents)], known)):
            return [_spread_document(document, spread) for document in documents]
    return None


def _list_lines(documents: Iterable[ColumnDocument]) -> Iterator[str]:
    return (row.text for document in documents for row in document.rows if row.is_like_a_token)


def _spread_document(document: ColumnDocument, spread: Callable[[str], list[str]]) -> ColumnDocument:
    sentences = [ColumnSentence([ColumnRow(row.line, text) for text in spread(row.text)]) for row in document.rows]
    return ColumnDocument(document.name, document.guess, document.marked, sentences, document.comments)


def _find_joined(lines: Sequence[str], known: Collection[str]) -> Callable[[str], list[str]] | None:
    """How to spread lines of ``word/TAG``: the last sign of each word is before its tag."""
    items = [line.split() for line in lines]
    words = [word for line in items for word in line]
    # A line of one word is a line of a token.
    if not words or sum(len(line) > 1 for line in items) < len(items) / 2:
        return None
    for sign in _SIGNS:
        pieces = [word.rsplit(sign, 1)[1] for word in words if sign in word]
        if len(pieces) >= _NEARLY_ALL * len(words) and find_tag_style(Counter(pieces), known):
            usual = Counter(word.count(sign) for word in words).most_common(1)[0][0]
            return lambda line: ["\t".join(word.rsplit(sign, usual)) for word in line.split()]
    return None


def _find_lists(lines: Sequence[str], known: Collection[str]) -> Callable[[str], list[str]] | None:
    """How to spread lines of two or more lists of the same length, of words and of their tags."""
    # Where all lines have tabs, nothing else is between their cells: the slash of and/or is not.
    has_tabs = sum("\t" in line for line in lines) >= _NEARLY_ALL * len(lines)
    for delimiter in DELIMITERS:
        if not delimiter.sign or sum(delimiter.sign in line for line in lines) < _NEARLY_ALL * len(lines):
            continue
        if has_tabs and delimiter.sign != "\t":
            continue
        rows = [[cell.split() for cell in delimiter.split(line)] for line in lines]
        even = [row for row in rows if len(row) > 1 and len({len(cell) for cell in row}) == 1]
        if len(even) < len(rows) * 0.8 or sum(len(row[0]) > 1 for row in even) < len(rows) / 2:
            continue
        places = [
            place
            for place in range(len(even[0]))
            if find_tag_style(Counter(item for row in even if place < len(row) for item in row[place]), known)
        ]
        if places:
            return lambda line: _spread_lists([cell.split() for cell in delimiter.split(line)], places)
    return None


def _spread_lists(cells: Sequence[Sequence[str]], tags: Collection[int]) -> list[str]:
    """A row for each item; of lists that do not match, the words alone, which then have no tags."""
    if len({len(cell) for cell in cells}) == 1:
        return ["\t".join(items) for items in zip(*cells, strict=True)]
    return [word for place, cell in enumerate(cells) if place not in tags for word in cell]
