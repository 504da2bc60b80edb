"""Files of all formats, read into articles; what cannot be one is refused by name, and the rest goes on.

Files are read as streams: the rows of a table or of JSON lines are never all in memory.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from labeling.articles import Reject, SourceRow, make_article, overlong_error, reject_of
from labeling.errors import ArticleError, LabelingError, OverlongArticle, UnreadableArticle
from labeling.sources.details import is_likely_day, read_detail
from labeling.sources.fields import make_source_row
from labeling.sources.inputs import SOURCE_FORMATS, SourceFile
from labeling.sources.opened_text import (
    OTHER_ENCODING,
    IngestOptions,
    Remark,
    choose_encoding,
    decode_text,
    remark_guess,
    remark_left_out,
)
from labeling.sources.plain_files import open_plain, refuse_packed, unpack
from labeling.sources.row_files import ReadItem, read_json, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Article
    from labeling.sources.page_blocks import WebPage

_MOST_BYTES_A_CHARACTER = 8  # CR LF in UTF-32 becomes one character
_ARRAY = re.compile(rb"\[\s*(?:[{\]]|\Z)")  # not the bracket of "[Updated] The talks"
_LARGEST_PAGE = 10_000_000  # bytes; the extractor holds a page in memory several times


@dataclass(frozen=True)
class Arrival:
    """An article that was read, the file, or file and line, it came from, and the details that were left empty."""

    article: Article
    where: str
    odd: tuple[str, ...] = ()


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
    return UnreadableArticle(f"it cannot be decoded: {reason}", todo=OTHER_ENCODING)


def _broken_reader_error(error: Exception) -> UnreadableArticle:
    """The error of a file upon which a library failed; its own message may quote the text, which is not repeated."""
    return UnreadableArticle(
        f"reading it ended in an error of the library, {type(error).__name__}",
        todo="save the text itself as .txt, or in a .jsonl row",
    )


def _article_or_reject(row: SourceRow, terms: IngestOptions) -> Arrival | Reject:
    try:
        return Arrival(make_article(row, terms.max_characters, is_likely_day), row.where, row.odd)
    except ArticleError as error:
        return reject_of(error, row.id)


@contextmanager
def _open_source(source: SourceFile) -> Iterator[BinaryIO]:
    if source.path is not None:
        with open_plain(source.path) as file:
            refuse_packed(file)
            yield file
        return
    # A pipe cannot be rewound.
    with tempfile.TemporaryFile() as spool:  # the file is read twice, first to detect its encoding
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.seek(0)
        with unpack(spool) as file:
            refuse_packed(file)
            yield file


def _refuse_unknown_format(source: SourceFile) -> None:
    if source.path is not None and not source.format:
        raise UnreadableArticle(
            "its ending is not of a format we read",
            todo=f"name a file that ends in one of {' '.join(SOURCE_FORMATS)}",
        )


def _choose_reader(
    source: SourceFile, file: BinaryIO
) -> Callable[[SourceFile, BinaryIO, IngestOptions], Iterator[ReadItem]]:
    readers = {"text": _read_text, "lines": read_json, "table": read_table, "page": _read_page}
    return readers[source.format or _detect_format(file)]


def _detect_format(file: BinaryIO) -> str:
    """The format of standard input: JSON if it begins as that does, a page if with a tag, else one text."""
    # A pipe has no ending that would tell.
    head = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    file.seek(0)
    if head.startswith(b"{") or _ARRAY.match(head):
        return "lines"
    return "page" if head.startswith((b"<!doctype", b"<html", b"<?xml")) else "text"


def _read_text(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[ReadItem]:
    # Refused by its size, before a gigabyte is read into memory.
    size = file.seek(0, io.SEEK_END)
    if size > _MOST_BYTES_A_CHARACTER * terms.max_characters + 4:
        raise overlong_error(f"{size:,} bytes", terms.max_characters, source.where)
    encoding = choose_encoding(file, terms)
    text = decode_text(file.read(), encoding)
    yield from remark_guess(source, encoding)
    name = source.name if source.path else make_source_row([("text", text)], source, source.where).id
    yield SourceRow(source.where, name, text, source.folder)


def _read_page(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[ReadItem]:
    from labeling.sources.web_pages import extract_pages

    size = file.seek(0, io.SEEK_END)
    if size > _LARGEST_PAGE:
        raise OverlongArticle(
            f"the page has {size:,} bytes, and {_LARGEST_PAGE:,} are read of a page",
            todo="save the text itself as .txt, or in a .jsonl row",
        )
    encoding = choose_encoding(file, terms, declares=True)
    yield from remark_guess(source, encoding)
    # The whole page is needed at once: its main text is found by comparing its parts.
    pages = extract_pages(decode_text(file.read(), encoding))
    for number, page in enumerate(pages, start=1):
        where = f"{source.where}:[{number}]" if len(pages) > 1 else source.where
        yield _page_row(page, source, where) if page.text else _reject_empty(page, source, where)
        yield from remark_left_out(source, page.left_out, page.paragraphs)


def _page_row(page: WebPage, source: SourceFile, where: str) -> SourceRow:
    identity = read_detail("id", page.id).value
    # One that only tells several articles of a page apart goes behind the name of the page.
    name = source.name + identity if identity.startswith("#") else identity
    return SourceRow(
        where=where,
        id=name or page.address or source.name,
        text=page.text,
        source=page.site or source.folder,
        title=page.title,
        published=read_detail("published", page.published).value,
        url=page.url,
    )


def _reject_empty(page: WebPage, source: SourceFile, where: str) -> Reject:
    error = UnreadableArticle("the item has no text", todo="leave it out, or save its text as .txt", where=where)
    return reject_of(error, page.id or source.name)
