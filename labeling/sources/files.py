"""Reading files of five formats into articles; whatever cannot be one is refused by name and the rest goes on.

Read as a stream: rows of a table or of JSON lines are never held all at once.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from labeling.articles import Reject, Row, article_of, overlong, reject_of, storable
from labeling.errors import ArticleError, UnreadableArticle
from labeling.sources.encodings import Encoding, encoding_of
from labeling.sources.fields import column_of, row_of
from labeling.sources.inputs import FORMATS, Input
from labeling.sources.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Article

_BYTES_A_CHARACTER = 8  # at most: CR LF in UTF-32 is one character
_OTHER_ENCODING = "mend the file, or say its encoding with --encoding NAME"


@dataclass(frozen=True)
class Terms:
    """What holds for all files of one reading; ``encoding`` is the one to read them in, "" to find it out."""

    max_characters: int
    language: str = "en"
    encoding: str = ""


@dataclass(frozen=True)
class Arrival:
    """An article that was read, and the file, or file and line, it stood in."""

    article: Article
    where: str


@dataclass(frozen=True)
class Remark:
    """Something about a file that whoever reads it should know, though nothing was refused."""

    where: str
    kind: Literal["guessed encoding", "ignored columns"]
    names: tuple[str, ...]


_Item: TypeAlias = "Row | Reject | Remark"


def read(inputs: Iterable[Input], terms: Terms) -> Iterator[Arrival | Reject | Remark]:
    """Read files into articles, in order; a refused article or file comes as a ``Reject`` in its place.

    Texts are exact but for line ends, which become LF; from a web page it is the main text as trafilatura extracts it,
    without tables and readers' comments.
    """
    for source in inputs:
        try:
            _refuse_unknown(source)
            with _opened(source) as file:
                for item in _reader(source, file)(source, file, terms):
                    yield _article(item, terms) if isinstance(item, Row) else item
        except ArticleError as error:
            yield reject_of(error, source.name, source.where)
        except (OSError, UnicodeError) as error:
            yield reject_of(_unreadable(error), source.name, source.where)


def _unreadable(error: OSError | UnicodeError) -> UnreadableArticle:
    """The disk's refusal, or that of an encoding in the midst of a stream; what came before is read."""
    if isinstance(error, OSError):
        return UnreadableArticle(f"it cannot be read: {error.strerror}", todo="mend the file or its rights")
    reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
    return UnreadableArticle(f"it cannot be decoded: {reason}", todo=_OTHER_ENCODING)


def _article(row: Row, terms: Terms) -> Arrival | Reject:
    try:
        return Arrival(article_of(row, terms.max_characters), row.where)
    except ArticleError as error:
        return reject_of(error, row.id)


@contextmanager
def _opened(source: Input) -> Iterator[BinaryIO]:
    if source.path is not None:
        with source.path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as spool:  # the file is read twice: once for its encoding
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.seek(0)
        yield spool


def _refuse_unknown(source: Input) -> None:
    if source.path is not None and not source.format:
        raise UnreadableArticle(
            "its ending is no format we read", todo=f"name a file that ends in one of {' '.join(FORMATS)}"
        )


def _reader(source: Input, file: BinaryIO) -> Callable[[Input, BinaryIO, Terms], Iterator[_Item]]:
    readers = {"text": _text, "lines": _lines, "table": _table, "page": _page}
    return readers[source.format or _format_of(file)]


def _format_of(file: BinaryIO) -> str:
    """The format of the standard input: JSON lines if it begins with a brace, a page if with a tag, else one text."""
    head = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    file.seek(0)
    if head.startswith(b"{"):
        return "lines"
    return "page" if head.startswith((b"<!doctype", b"<html", b"<?xml")) else "text"


def _text(source: Input, file: BinaryIO, terms: Terms) -> Iterator[_Item]:
    size = file.seek(0, io.SEEK_END)
    if size > _BYTES_A_CHARACTER * terms.max_characters + 4:
        raise overlong(f"{size:,} bytes", terms.max_characters, source.where)
    encoding = _encoding(file, terms)
    text = _decoded(file.read(), encoding)
    yield from _guessed(source, encoding)
    name = source.name if source.path else row_of({"text": text}, source, source.where).id
    yield Row(source.where, name, text, source.folder)


def _page(source: Input, file: BinaryIO, terms: Terms) -> Iterator[_Item]:
    from labeling.sources.web_pages import page_of

    encoding = _encoding(file, terms, declares=True)
    yield from _guessed(source, encoding)
    page = page_of(_decoded(file.read(), encoding))
    yield Row(
        where=source.where,
        id=page.address or source.name,
        text=page.text,
        source=page.site or source.folder,
        title=page.title,
        published=page.published,
        url=page.url,
    )


def _lines(source: Input, file: BinaryIO, terms: Terms) -> Iterator[_Item]:
    encoding, ignored = _encoding(file, terms), set[str]()
    yield from _guessed(source, encoding)
    with _stream(file, encoding, "\n") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _line(line, source, f"{source.where}:{number}", ignored)
    yield from _ignored(source, ignored)


def _line(line: str, source: Input, where: str, ignored: set[str]) -> Row | Reject:
    try:
        _refuse_broken(line)
        values = _object(line)
        ignored |= {key for key in values if not column_of(key)}
        return row_of(values, source, where)
    except ArticleError as error:
        return reject_of(error, "", where)


def _object(line: str) -> dict[str, object]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        # Only where it breaks, never the line: texts do not stand in messages.
        place = f" at column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableArticle(f"the line is no JSON{place}", todo="mend the line") from None
    if not isinstance(values, dict):
        raise UnreadableArticle("the line is no JSON object", todo='write {"id": ..., "text": ...} on each line')
    return values


def _table(source: Input, file: BinaryIO, terms: Terms) -> Iterator[_Item]:
    encoding = _encoding(file, terms)
    yield from _guessed(source, encoding)
    with _stream(file, encoding, "") as stream:
        header, records = table_of(stream)
        for start, cells in records:
            if cells:
                yield _record(header, cells, source, f"{source.where}:{start}")
    yield from _ignored(source, {column for column in header if not column_of(column)})


def _record(header: list[str], cells: list[str] | UnreadableArticle, source: Input, where: str) -> Row | Reject:
    try:
        if isinstance(cells, UnreadableArticle):
            raise cells
        if len(cells) != len(header):
            raise UnreadableArticle(
                f"the row has {len(cells)} cells and the header {len(header)}", todo="quote the cells of the row"
            )
        _refuse_broken("".join(cells))
        return row_of(dict(zip(header, cells, strict=True)), source, where)
    except ArticleError as error:
        return reject_of(error, "", where)


def _encoding(file: BinaryIO, terms: Terms, *, declares: bool = False) -> Encoding:
    found = Encoding(terms.encoding) if terms.encoding else encoding_of(file, terms.language, declares=declares)
    file.seek(0)
    return found


def _decoded(data: bytes, encoding: Encoding) -> str:
    try:
        return data.decode(encoding.name)
    except UnicodeDecodeError as error:
        raise UnreadableArticle(
            f"byte {error.start} is not {encoding.name}: {error.reason}",
            todo=_OTHER_ENCODING,
        ) from None


@contextmanager
def _stream(file: BinaryIO, encoding: Encoding, newline: str) -> Iterator[io.TextIOWrapper]:
    """Lines of text; bytes that are not of the encoding come as lone surrogates, so that only their row is refused."""
    stream = io.TextIOWrapper(file, encoding=encoding.name, errors="surrogateescape", newline=newline)
    try:
        yield stream
    finally:
        stream.detach()  # the file is closed by who opened it


def _refuse_broken(text: str) -> None:
    broken = next((sign for sign in text if "\udc80" <= sign <= "\udcff"), None)
    if broken:
        raise UnreadableArticle(
            f"the row holds the byte {ord(broken) - 0xDC00:#x}, which is not of the file's encoding",
            todo=_OTHER_ENCODING,
        )


def _guessed(source: Input, encoding: Encoding) -> Iterator[Remark]:
    if encoding.guessed:
        yield Remark(storable(source.where), "guessed encoding", (encoding.name,))


def _ignored(source: Input, columns: set[str]) -> Iterator[Remark]:
    if columns:
        yield Remark(storable(source.where), "ignored columns", tuple(storable(column) for column in sorted(columns)))
