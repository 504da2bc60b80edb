"""Opened files as text, in the encoding that they have or that was named, and remarks on what was found there."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from labeling.articles import escape_surrogates, has_surrogates
from labeling.errors import UnreadableArticle
from labeling.sources.encodings import Encoding, detect_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.sources.inputs import SourceFile

_BROKEN = re.compile("[\udc80-\udcff]")
OTHER_ENCODING = "mend the file, or name its encoding with --encoding NAME"


@dataclass(frozen=True)
class IngestOptions:
    """Options for all files of one run; ``encoding`` is that of all files, "" to detect it for each."""

    max_characters: int
    language: str = "en"
    encoding: str = ""


@dataclass(frozen=True)
class Remark:
    """Something worth knowing about a file of which nothing was refused."""

    where: str
    kind: Literal["guessed encoding", "ignored columns", "left out"]
    names: tuple[str, ...]


def choose_encoding(file: BinaryIO, terms: IngestOptions, *, declares: bool = False) -> Encoding:
    """The encoding that was named, else the one that is detected; the file is left at its start."""
    found = Encoding(terms.encoding) if terms.encoding else detect_encoding(file, terms.language, declares=declares)
    file.seek(0)
    return found


def decode_text(data: bytes, encoding: Encoding) -> str:
    """All of a file as text.

    Raises:
        UnreadableArticle: A byte does not fit the encoding.
    """
    try:
        return data.decode(encoding.name)
    except UnicodeDecodeError as error:
        raise UnreadableArticle(
            f"byte {error.start} is not {encoding.name}: {error.reason}",
            todo=OTHER_ENCODING,
        ) from None


@contextmanager
def open_text(file: BinaryIO, encoding: Encoding, newline: str) -> Iterator[io.TextIOWrapper]:
    """Lines of text; bytes that do not fit the encoding become lone surrogates, so that only their row is refused."""
    stream = io.TextIOWrapper(file, encoding=encoding.name, errors="surrogateescape", newline=newline)
    try:
        yield stream
    finally:
        stream.detach()  # whoever opened the file closes it


def refuse_broken(text: str) -> None:
    """Refuse a row in which a byte did not fit the encoding.

    Raises:
        UnreadableArticle: There is one.
    """
    # With "surrogateescape" the byte 0xE9 becomes U+DCE9.
    if has_surrogates(text) and (broken := _BROKEN.search(text)):
        raise UnreadableArticle(
            f"the row holds the byte {ord(broken[0]) - 0xDC00:#x}, which does not fit the file's encoding",
            todo=OTHER_ENCODING,
        )


def remark_guess(source: SourceFile, encoding: Encoding) -> Iterator[Remark]:
    """The remark that an encoding was guessed, if it was."""
    if encoding.guessed:
        yield Remark(escape_surrogates(source.where), "guessed encoding", (encoding.name,))


def remark_ignored(source: SourceFile, columns: Iterable[str]) -> Iterator[Remark]:
    """The remark that columns were not read, if any was not."""
    names = tuple(escape_surrogates(column) for column in sorted(columns))
    if names:
        yield Remark(escape_surrogates(source.where), "ignored columns", names)


def remark_left_out(source: SourceFile, left_out: int, paragraphs: int) -> Iterator[Remark]:
    """The remark that paragraphs of a page were not taken, if any was not."""
    if left_out:
        where = escape_surrogates(source.where)
        share = 100 * (paragraphs - left_out) // paragraphs
        yield Remark(where, "left out", (f"{where}: {left_out} of {paragraphs} paragraphs ({share} % taken)",))
