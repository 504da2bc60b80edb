"""Files of all formats, read into articles; what cannot be one is refused by name, and the rest goes on.

Files are read as streams: the rows of a table or of JSON lines are never all in memory.
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

from labeling.articles import Reject, SourceRow, escape_surrogates, make_article, overlong_error, reject_of
from labeling.errors import ArticleError, LabelingError, OverlongArticle, UnreadableArticle
from labeling.sources.encodings import Encoding, detect_encoding
from labeling.sources.fields import field_of_column, make_source_row
from labeling.sources.inputs import SOURCE_FORMATS, SourceFile
from labeling.sources.plain_files import LONGEST_LINE, open_plain
from labeling.sources.tables import open_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Article

_MOST_BYTES_A_CHARACTER = 8  # CR LF in UTF-32 becomes one character
_LARGEST_PAGE = 10_000_000  # bytes; the extractor holds a page in memory several times
_OTHER_ENCODING = "mend the file, or name its encoding with --encoding NAME"


@dataclass(frozen=True)
class IngestOptions:
    """Options for all files of one run; ``encoding`` is that of all files, "" to detect it for each."""

    max_characters: int
    language: str = "en"
    encoding: str = ""


@dataclass(frozen=True)
class Arrival:
    """An article that was read, and the file, or file and line, it came from."""

    article: Article
    where: str


@dataclass(frozen=True)
class Remark:
    """Something worth knowing about a file of which nothing was refused."""

    where: str
    kind: Literal["guessed encoding", "ignored columns"]
    names: tuple[str, ...]


_ReadItem: TypeAlias = "SourceRow | Reject | Remark"


def read_articles(inputs: Iterable[SourceFile], terms: IngestOptions) -> Iterator[Arrival | Reject | Remark]:
    """Read files into articles, in order; a refused article or file comes as a ``Reject`` in its place.

    Texts are exact but for line ends, which become LF; from a web page it is the main text as trafilatura extracts it,
    without tables and readers' comments.
    """
    # One bad file, or one bad row, never ends the run.
    for source in inputs:
        try:
            _refuse_unknown_format(source)
            with _open_source(source) as file:
                for item in _choose_reader(source, file)(source, file, terms):
                    yield _article_or_reject(item, terms) if isinstance(item, SourceRow) else item
        except ArticleError as error:
            yield reject_of(error, source.name, source.where)
        # Rows that were yielded before the fault are articles; only the rest of the file is lost.
        except (OSError, UnicodeError) as error:
            yield reject_of(_unreadable_error(error), source.name, source.where)
        except LabelingError:
            raise
        # The libraries that read pages and guess encodings end in errors of any kind upon files made to break them.
        except Exception as error:  # noqa: BLE001
            yield reject_of(_broken_reader_error(error), source.name, source.where)


def _unreadable_error(error: OSError | UnicodeError) -> UnreadableArticle:
    """The error of a file that the disk or the encoding ends in the middle; what came before was read."""
    if isinstance(error, OSError):
        return UnreadableArticle(f"it cannot be read: {error.strerror}", todo="mend the file or its rights")
    reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
    return UnreadableArticle(f"it cannot be decoded: {reason}", todo=_OTHER_ENCODING)


def _broken_reader_error(error: Exception) -> UnreadableArticle:
    """The error of a file upon which a library failed; its own message may quote the text, which is not repeated."""
    return UnreadableArticle(
        f"reading it ended in an error of the library, {type(error).__name__}",
        todo="save the text itself as .txt, or in a .jsonl row",
    )


def _article_or_reject(row: SourceRow, terms: IngestOptions) -> Arrival | Reject:
    try:
        return Arrival(make_article(row, terms.max_characters), row.where)
    except ArticleError as error:
        return reject_of(error, row.id)


@contextmanager
def _open_source(source: SourceFile) -> Iterator[BinaryIO]:
    if source.path is not None:
        with open_plain(source.path) as file:
            yield file
        return
    # A pipe cannot be rewound.
    with tempfile.TemporaryFile() as spool:  # the file is read twice, first to detect its encoding
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.seek(0)
        yield spool


def _refuse_unknown_format(source: SourceFile) -> None:
    if source.path is not None and not source.format:
        raise UnreadableArticle(
            "its ending is not of a format we read",
            todo=f"name a file that ends in one of {' '.join(SOURCE_FORMATS)}",
        )


def _choose_reader(
    source: SourceFile, file: BinaryIO
) -> Callable[[SourceFile, BinaryIO, IngestOptions], Iterator[_ReadItem]]:
    readers = {"text": _read_text, "lines": _read_lines, "table": _read_table, "page": _read_page}
    return readers[source.format or _detect_format(file)]


def _detect_format(file: BinaryIO) -> str:
    """The format of standard input: JSON lines if it begins with a brace, a page if with a tag, else one text."""
    # A pipe has no ending that would tell.
    head = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    file.seek(0)
    if head.startswith(b"{"):
        return "lines"
    return "page" if head.startswith((b"<!doctype", b"<html", b"<?xml")) else "text"


def _read_text(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[_ReadItem]:
    # Refused by its size, before a gigabyte is read into memory.
    size = file.seek(0, io.SEEK_END)
    if size > _MOST_BYTES_A_CHARACTER * terms.max_characters + 4:
        raise overlong_error(f"{size:,} bytes", terms.max_characters, source.where)
    encoding = _choose_encoding(file, terms)
    text = _decode_text(file.read(), encoding)
    yield from _remark_guess(source, encoding)
    name = source.name if source.path else make_source_row({"text": text}, source, source.where).id
    yield SourceRow(source.where, name, text, source.folder)


def _read_page(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[_ReadItem]:
    from labeling.sources.web_pages import extract_page

    size = file.seek(0, io.SEEK_END)
    if size > _LARGEST_PAGE:
        raise OverlongArticle(
            f"the page has {size:,} bytes, and {_LARGEST_PAGE:,} are read of a page",
            todo="save the text itself as .txt, or in a .jsonl row",
        )
    encoding = _choose_encoding(file, terms, declares=True)
    yield from _remark_guess(source, encoding)
    # The whole page is needed at once: its main text is found by comparing its parts.
    page = extract_page(_decode_text(file.read(), encoding))
    yield SourceRow(
        where=source.where,
        id=page.address or source.name,
        text=page.text,
        source=page.site or source.folder,
        title=page.title,
        published=page.published,
        url=page.url,
    )


def _read_lines(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[_ReadItem]:
    # Ignored columns are reported once a file, not once a line.
    encoding, ignored = _choose_encoding(file, terms), set[str]()
    yield from _remark_guess(source, encoding)
    # Only LF ends a line: JSON may have other line separators inside a string.
    with _open_stream(file, encoding, "\n") as stream:
        for number, line in enumerate(_limited_lines(stream), start=1):
            if line.strip():
                yield _parse_line(line, source, f"{source.where}:{number}", ignored)
    yield from _remark_ignored(source, ignored)


def _limited_lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a stream; of one that is too long its first part, and the rest is passed over in pieces."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while line and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)


def _parse_line(line: str, source: SourceFile, where: str, ignored: set[str]) -> SourceRow | Reject:
    try:
        if len(line) > LONGEST_LINE:
            raise OverlongArticle(
                f"the line has more than {LONGEST_LINE:,} characters", todo="write one article a line, or split it"
            )
        _refuse_broken(line)
        values = _parse_object(line)
        ignored |= {key for key in values if not field_of_column(key)}
        return make_source_row(values, source, where)
    except ArticleError as error:
        return reject_of(error, "", where)


def _parse_object(line: str) -> dict[str, object]:
    try:
        # Deep nesting ends in a RecursionError, not in a ValueError.
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        # The message has the place only, never the line: texts do not belong in messages.
        place = f" at column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableArticle(f"the line is not JSON{place}", todo="mend the line") from None
    if not isinstance(values, dict):
        raise UnreadableArticle("the line is not a JSON object", todo='write {"id": ..., "text": ...} on each line')
    return values


def _read_table(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[_ReadItem]:
    encoding = _choose_encoding(file, terms)
    yield from _remark_guess(source, encoding)
    # The csv module wants line ends as they are.
    with _open_stream(file, encoding, "") as stream:
        header, records = open_table(stream)
        for start, cells in records:
            if cells:
                yield _parse_record(header, cells, source, f"{source.where}:{start}")
    yield from _remark_ignored(source, {column for column in header if not field_of_column(column)})


def _parse_record(
    header: list[str], cells: list[str] | UnreadableArticle, source: SourceFile, where: str
) -> SourceRow | Reject:
    try:
        # The table comes as a stream, in which a fault takes the place of a record.
        if isinstance(cells, UnreadableArticle):
            raise cells
        if len(cells) != len(header):
            raise UnreadableArticle(
                f"the row has {len(cells)} cells and the header {len(header)}", todo="quote the cells of the row"
            )
        _refuse_broken("".join(cells))
        return make_source_row(dict(zip(header, cells, strict=True)), source, where)
    except ArticleError as error:
        return reject_of(error, "", where)


def _choose_encoding(file: BinaryIO, terms: IngestOptions, *, declares: bool = False) -> Encoding:
    found = Encoding(terms.encoding) if terms.encoding else detect_encoding(file, terms.language, declares=declares)
    file.seek(0)
    return found


def _decode_text(data: bytes, encoding: Encoding) -> str:
    try:
        return data.decode(encoding.name)
    except UnicodeDecodeError as error:
        raise UnreadableArticle(
            f"byte {error.start} is not {encoding.name}: {error.reason}",
            todo=_OTHER_ENCODING,
        ) from None


@contextmanager
def _open_stream(file: BinaryIO, encoding: Encoding, newline: str) -> Iterator[io.TextIOWrapper]:
    """Lines of text; bytes that do not fit the encoding become lone surrogates, so that only their row is refused."""
    stream = io.TextIOWrapper(file, encoding=encoding.name, errors="surrogateescape", newline=newline)
    try:
        yield stream
    finally:
        stream.detach()  # whoever opened the file closes it


def _refuse_broken(text: str) -> None:
    # With "surrogateescape" the byte 0xE9 becomes U+DCE9.
    broken = next((sign for sign in text if "\udc80" <= sign <= "\udcff"), None)
    if broken:
        raise UnreadableArticle(
            f"the row holds the byte {ord(broken) - 0xDC00:#x}, which does not fit the file's encoding",
            todo=_OTHER_ENCODING,
        )


def _remark_guess(source: SourceFile, encoding: Encoding) -> Iterator[Remark]:
    if encoding.guessed:
        yield Remark(escape_surrogates(source.where), "guessed encoding", (encoding.name,))


def _remark_ignored(source: SourceFile, columns: set[str]) -> Iterator[Remark]:
    if columns:
        yield Remark(
            escape_surrogates(source.where),
            "ignored columns",
            tuple(escape_surrogates(column) for column in sorted(columns)),
        )
