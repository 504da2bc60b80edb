"""From lines to tokens with their tags, by the layout that was decided; a line that is not like the others is weighed.

Where the words of such a line can be read they stay, without a tag: of that sentence, then, only what is marked is
known. Where they cannot, the document is refused, since a text without these words is another text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from labeling.imports.column_layout import is_heading
from labeling.imports.tags import OUTSIDE_TAGS, TagRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.imports.column_layout import Cells, ColumnLayout
    from labeling.imports.column_lines import ColumnDocument, ColumnRow, ColumnSentence

_WORD_RANGE = re.compile(r"(\d+)-(\d+)")
_EMPTY_NODE = re.compile(r"\d+\.\d+")
_GLUED = frozenset({"SpaceAfter=No", "NoSpaceAfter"})
_CONLLU_WIDTH = 10
_IDS = re.compile(r"\d+|\d+-\d+|\d+\.\d+")


class UnreadableRow(ValueError):
    """A line of which it cannot be told what its words are."""


class TaggedToken(NamedTuple):
    """A word with its tags, one for each column of tags, None where there is none.

    ``line`` is the number of its line in the file, ``raw`` the line. ``glued`` is true where no blank follows.
    """

    word: str
    tags: tuple[str | None, ...]
    line: int
    raw: str = ""
    glued: bool = False


@dataclass
class TokenSentence:
    """The tokens of a sentence, its text where the file has it, and the lines that could not be read as the others."""

    tokens: list[TaggedToken] = field(default_factory=list)
    text: str = ""


def read_sentences(document: ColumnDocument, layout: ColumnLayout) -> list[TokenSentence]:
    """The sentences of a document; the names of its comments are added to those that it has.

    Raises:
        UnreadableRow: The words of a line cannot be told; the message has its number.
    """
    universal = is_universal(document.rows, layout)
    sentences = list[TokenSentence]()
    for each in document.sentences:
        for rows in _read_blocks(each, layout, document.comments):
            tokens = list(_join_words(rows, layout)) if universal else [token for _, token in rows]
            sentences.append(TokenSentence(tokens, each.text))
    return [sentence for sentence in sentences if sentence.tokens]


def is_universal(rows: Iterable[ColumnRow], layout: ColumnLayout) -> bool:
    """Whether the rows are those of CoNLL-U: ten columns, the first with numbers, ranges and empty nodes."""
    return layout.width == _CONLLU_WIDTH and all(
        row.is_doubtful or _IDS.fullmatch(layout.delimiter.split(row.text)[0]) for row in rows
    )


def _read_blocks(
    sentence: ColumnSentence, layout: ColumnLayout, comments: set[str]
) -> Iterator[list[tuple[Cells, TaggedToken]]]:
    """The rows of a sentence with their tokens; a row of empty cells is the end of a sentence, too."""
    rows: list[tuple[Cells, TaggedToken]] = []
    for row in sentence.rows:
        cells = layout.delimiter.split(row.text)
        if row.is_doubtful and _is_comment(cells, layout, inside=bool(rows)):
            comments.add(row.comment)
            continue
        is_filled = any(cells)
        if not is_filled or _begins_sentence(cells, layout):
            yield rows
            rows = []
        if is_filled and not (sentence.rows[0] is row and is_heading(cells, layout)):
            rows.append((cells, _read_row(row, cells, layout)))
    yield rows


def _begins_sentence(cells: Cells, layout: ColumnLayout) -> bool:
    """Whether the first cell, which most rows leave empty, is the name of a sentence."""
    return layout.token > 0 and bool(cells[0]) and "" in layout.closed.get(0, ())


def _is_comment(cells: Cells, layout: ColumnLayout, *, inside: bool) -> bool:
    """Whether a line that begins with ``#`` is a comment: it has not the tags of a token where the others have them.

    A line of one word is a token without a tag ``inside`` of a sentence, and a comment before one.
    """
    if len(cells) == 1:
        return not inside
    if len(cells) == layout.width or (len(cells) > layout.width and layout.delimiter.sign in {"", "\t"}):
        return not all(_is_tag_seen(tag.number, tag.value(cells), layout) for tag in layout.tags)
    # A token with cells missing has its tag at the end.
    return not any(_is_tag_seen(tag.number, cells[-1], layout) for tag in layout.tags if not tag.key)


def _is_tag_seen(number: int, value: str, layout: ColumnLayout) -> bool:
    return value in layout.closed.get(number, ()) or value in OUTSIDE_TAGS or _reads_as_tag(value, layout)


def _reads_as_tag(value: str, layout: ColumnLayout) -> bool:
    return value == "O" or any(
        tag.style.order in {"letter first", "label first"} and tag.style.split(value) for tag in layout.tags
    )


def _read_row(row: ColumnRow, cells: Cells, layout: ColumnLayout) -> TaggedToken:
    """The token of a line.

    Raises:
        UnreadableRow: Its words cannot be told.
    """
    fits = len(cells) == layout.width or (
        not layout.width and len(cells) > max(layout.token, *(tag.number for tag in layout.tags))
    )
    if not fits and len(cells) > layout.width > 0 and layout.delimiter.sign != "\t":
        cells, fits = _join_word(row, cells, layout), True
    if not fits:
        _check_short_row(row, cells, layout)
    word = cells[layout.token]
    if not word:
        raise UnreadableRow(f"line {row.line} has no word")
    tags = tuple([tag.value(cells) if fits else None for tag in layout.tags])
    glued = "SpaceAfter" in cells[-1] and not _GLUED.isdisjoint(cells[-1].split("|"))
    return TaggedToken(word, tags, row.line, row.text, glued=glued)


def _join_word(row: ColumnRow, cells: Cells, layout: ColumnLayout) -> Cells:
    """The cells of a row whose word has the delimiter in it: ``New York B-LOC`` among rows of two cells."""
    more = len(cells) - layout.width
    before, after = cells[: layout.token], cells[layout.token + more + 1 :]
    sign = layout.delimiter.sign or " "
    joined = [*before, sign.join(cells[layout.token : layout.token + more + 1]), *after]
    # The other cells must be what their columns have, else the word may be anywhere.
    others = [(number, cell) for number, cell in enumerate(joined) if number != layout.token]
    tags = {tag.number for tag in layout.tags}
    if not all(
        cell in layout.closed.get(number, ()) or (number in tags and _reads_as_tag(cell, layout))
        for number, cell in others
    ):
        raise UnreadableRow(
            f"line {row.line} has {len(cells)} cells where the others have {layout.width}, and it cannot be told which "
            "of them are the word"
        )
    return joined


def _check_short_row(row: ColumnRow, cells: Cells, layout: ColumnLayout) -> None:
    """Refuse a row with too few cells, or too many, if another cell than the word may be where the word should be."""
    before = cells[: layout.token]
    known = all(cell in layout.closed.get(number, ()) or cell.isdecimal() for number, cell in enumerate(before))
    if len(cells) <= layout.token or not known or (len(cells) == 1 and _reads_as_tag(cells[0], layout)):
        raise UnreadableRow(
            f"line {row.line} has {len(cells)} cells where the others have {layout.width or 'more'}, and it cannot be "
            "told which of them is the word"
        )


def _join_words(rows: Sequence[tuple[Cells, TaggedToken]], layout: ColumnLayout) -> Iterator[TaggedToken]:
    """The tokens of CoNLL-U as they are printed: a range of words is one token, an empty node is none."""
    last = 0
    for place, (cells, token) in enumerate(rows):
        if _EMPTY_NODE.fullmatch(cells[0]):
            continue
        if found := _WORD_RANGE.fullmatch(cells[0]):
            last = int(found[2])
            words = [each for ids, each in rows[place + 1 :] if ids[0].isdecimal() and int(ids[0]) <= last]
            yield _printed_token(token, words, layout)
        elif not cells[0].isdecimal() or int(cells[0]) > last:
            yield token


def _printed_token(token: TaggedToken, words: Sequence[TaggedToken], layout: ColumnLayout) -> TaggedToken:
    """A printed token with the tags of its words, where these are of all of them or of none."""
    tags = list[str | None]()
    for number, column in enumerate(layout.tags):
        own, parts = token.tags[number], [word.tags[number] for word in words]
        marked = [part for part in parts if part not in OUTSIDE_TAGS]
        if own not in OUTSIDE_TAGS or not marked:
            tags.append(own)
        else:
            whole = column.style.read(parts).runs == (TagRun(0, len(parts) - 1, column.style.label_of(marked[0])),)
            tags.append(column.style.join(parts[0], parts[-1]) if whole else None)
    return token._replace(tags=tuple(tags))
