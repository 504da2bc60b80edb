"""CoNLL and its kin: a token a line, its tag in the last column, a blank line after each sentence.

The files hold no text, so it is rebuilt: tokens are joined by one space, sentences by a line end, and offsets count in
that text. Where the article was ingested before, under the name the file gives it, and has the same tokens in the same
order with nothing but blanks between, offsets count in the article's own text instead.

A document is a file, or the part between two lines ``-DOCSTART-`` or ``# newdoc id = NAME``. Tags are BIO, IOB,
BIOES or BILOU, read as conlleval reads them: a tag that continues nothing begins a span. ``Anna B-PER``, ``Berg
I-PER``, ``met O`` is the text ``Anna Berg met`` with one span, PER at 0..9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.articles import SourceRow
from labeling.imports.record import ImportItem, ImportRecord, Misfit, SpanMark, reject_unreadable
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from labeling.imports.glimpse import Glimpse
    from labeling.imports.record import TextLookup

_NEW = re.compile(r"-DOCSTART-.*|#\s*(?:newdoc(?:\s+id\s*=\s*(.*))?|doc_id\s*=\s*(.*))")
# Not every line that begins with "#" is a comment: the sign is a token, too.
_COMMENT = re.compile(r"(#\s*[\w.:]+)\s*=.*")
_TAG = re.compile(r"([BIESLU])-(.+)")
_LIKE_A_TAG = re.compile(r"[BIESLU][-_][\w.-]+|[\w.-]+[-_][BIESLU]|O|\|?[BI]?[-_]\||\*|\*?\(\w+\*?\)?", re.ASCII)
_OUTSIDE = frozenset({"O", "_", "-"})
_LAST_TAGS, _FIRST_TAGS = frozenset("ELSU"), frozenset("BSU")


@dataclass(frozen=True)
class TaggedToken:
    """A word with its tag; ``line`` is the number of its line in the file."""

    word: str
    tag: str
    line: int


@dataclass
class ConllDocument:
    """The sentences of one document, the name the file gives it or "", and what was not read.

    ``spare`` is how many columns, ``remarks`` the names of comments.
    """

    name: str = ""
    sentences: list[list[TaggedToken]] = field(default_factory=lambda: [[]])
    spare: int = 0
    remarks: set[str] = field(default_factory=set)

    @property
    def tokens(self) -> list[TaggedToken]:
        """All tokens in order."""
        return [token for sentence in self.sentences for token in sentence]

    @property
    def text(self) -> str:
        """The text as the rule rebuilds it: tokens joined by one space, sentences by a line end."""
        return "\n".join(" ".join(token.word for token in sentence) for sentence in self.sentences if sentence)


def read_conll(path: Path, name: str, text_of: TextLookup = lambda _: None) -> Iterator[ImportItem]:
    """Read one file.

    Args:
        path: The file, in UTF-8.
        name: The article's id; with ``#`` and a number where a file has several documents that it does not name.
        text_of: Looks up the text of an article that was ingested before.
    """
    try:
        # A file is one document unless it has marks, so all are read before any is named.
        documents = list(split_documents(read_plain(path).decode("utf-8-sig")))
    except ValueError as error:
        yield reject_unreadable(str(path), f"it cannot be read: {error}", "save it as UTF-8, a token and a tag a line")
        return
    for number, document in enumerate(documents, start=1):
        own = document.name or (name if len(documents) == 1 else f"{name}#{number}")
        yield parse_document(document, own, str(path), text_of(own))


def looks_like_conll(glimpse: Glimpse) -> str:
    """What tells a file in columns: marks of documents, or a tag at one place of most lines."""
    if any(_NEW.fullmatch(line.strip()) for line in glimpse.lines):
        return "the lines hold marks of documents"
    rows = [line.split() for line in glimpse.lines if not line.startswith("#")][:500]
    if any(line.startswith(("{", "[", "<")) for line in glimpse.lines[:1]):
        return ""
    width = max(map(len, rows), default=0)
    for column in range(width):
        cells = [row[column] for row in rows if column < len(row) > 1]
        if cells and 2 * sum(bool(_LIKE_A_TAG.fullmatch(cell)) for cell in cells) > len(rows):
            return f"column {column + 1} holds tags such as {cells[0]}"
    return ""


def split_documents(content: str) -> Iterator[ConllDocument]:
    """Cut a file into its documents, leaving out those without a token.

    Raises:
        ValueError: A line has a token and no tag; the message has its number.
    """
    document = ConllDocument()
    for number, line in enumerate(re.split(r"\r?\n", content), start=1):
        # A mark ends one document and begins the next; its own line is not a token.
        if new := _NEW.fullmatch(line.strip()):
            if document.tokens:
                yield document
            document = ConllDocument(name=(new[1] or new[2] or "").strip())
        elif not line.strip():
            document.sentences.append([])
        elif remark := _COMMENT.fullmatch(line.strip()):
            document.remarks.add(remark[1])
        else:
            _add_token(document, line, number)
    if document.tokens:
        yield document


def parse_document(document: ConllDocument, name: str, where: str, text: str | None) -> ImportRecord:
    """The spans of a document, in the article's text where it has the tokens, else in the rebuilt text."""
    tokens = document.tokens
    # The article's own text, or the rebuilt one if its words differ.
    at = _find_tokens(tokens, text) if text is not None else None
    rebuilt = document.text if text is None or at is None else text
    at = at or _find_tokens(tokens, rebuilt) or []
    # A token with a tag of no scheme is listed, and read as outside of any span.
    unread = [token for token in tokens if token.tag not in _OUTSIDE and not _TAG.fullmatch(token.tag)]
    return ImportRecord(
        row=SourceRow(where=where, id=name, text=rebuilt),
        marks=tuple(
            mark for sentence in _place_sentences(document, at) for mark in _read_marks(*zip(*sentence, strict=True))
        ),
        misfits=tuple(_tag_misfit(token) for token in unread),
        ignored=frozenset({*document.remarks, *_describe_spare_columns(document.spare)}),
    )


def _describe_spare_columns(spare: int) -> list[str]:
    return [f"{spare} columns before the last"] if spare else []


def _add_token(document: ConllDocument, line: str, number: int) -> None:
    # Columns are separated by tabs, or by blanks where the line has none.
    cells = line.rstrip(" \t").split("\t") if "\t" in line else [cell for cell in line.split(" ") if cell]
    if len(cells) < 2 or not cells[0]:  # noqa: PLR2004 - a token and a tag
        raise ValueError(f"line {number} has a token and no tag")
    document.sentences[-1].append(TaggedToken(cells[0], cells[-1].strip(), number))
    document.spare = max(document.spare, len(cells) - 2)


def _find_tokens(tokens: Sequence[TaggedToken], text: str) -> list[tuple[int, int]] | None:
    """The place of each token in the text, one after the other with only blanks between; None if that is not so."""
    found = list[tuple[int, int]]()
    end = 0
    for token in tokens:
        # Only blanks may lie between, else the words are others.
        start = text.find(token.word, end)
        if start < 0 or text[end:start].strip():
            return None
        end = start + len(token.word)
        found.append((start, end))
    return found if not text[end:].strip() else None


def _place_sentences(
    document: ConllDocument, at: Sequence[tuple[int, int]]
) -> Iterator[list[tuple[TaggedToken, tuple[int, int]]]]:
    """Each sentence with the places of its tokens, because no span goes on in the next sentence."""
    places = iter(at)
    for sentence in document.sentences:
        if sentence:
            yield [(token, next(places)) for token in sentence]


def _read_marks(tokens: Sequence[TaggedToken], at: Sequence[tuple[int, int]]) -> Iterator[SpanMark]:
    begun: tuple[int, str] | None = None
    stop = 0
    for token, (start, end) in zip(tokens, at, strict=True):
        # One pass, with at most one open span.
        tag = _TAG.fullmatch(token.tag)
        # The span before ends here unless this tag continues it.
        prefix, label = tag.groups() if tag else ("", "")
        if begun and (not tag or prefix in _FIRST_TAGS or label != begun[1]):
            yield _make_mark(*begun, stop)
            begun = None
        if tag:
            begun, stop = begun or (start, label), end
        if begun and prefix in _LAST_TAGS:
            yield _make_mark(*begun, stop)
            begun = None
    if begun:
        yield _make_mark(*begun, stop)


def _make_mark(start: int, label: str, end: int) -> SpanMark:
    return SpanMark(f"{label}:{start}-{end}", ((start, end),), label)


def _tag_misfit(token: TaggedToken) -> Misfit:
    reason = f"{token.tag!r} of {token.word!r} is not a tag of BIO, BIOES or BILOU"
    return Misfit("span", f"line {token.line}", "unreadable", reason, f"{token.word}\t{token.tag}")
