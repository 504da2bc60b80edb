"""The encoding in which a file was written: what it declares, else UTF-8, else the best guess of a library.

A guess is reported, and text that is UTF-8 but for a few broken bytes is never guessed to be something else: that would
put a wrong character in the place of every good one.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from labeling.errors import UnreadableArticle, UsageError
from labeling.sources.guess_encoding import ENCODINGS_OF_THE_WEB, guess_encoding

_CHUNK_BYTES = 1 << 20  # bytes

# The longer ones first: the mark of UTF-32 begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)

_NOT_PLAIN = (b"\0", b"\x1b")  # UTF-16 is full of NUL, ISO-2022 of ESC, and both are well-formed UTF-8
# What a page may declare: the same, and the narrower forms that some of them grew out of. Python has other codecs under
# names of text encodings, such as punycode, which takes a time that grows with the square of the page.
_DECLARABLE = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "latin-1", "iso8859_9", "iso8859_11", "tis_620", "shift_jis", "gbk", "gb2312"),
        *("big5hkscs", "euc_kr", *ENCODINGS_OF_THE_WEB),
    )
)


@dataclass(frozen=True)
class Encoding:
    """The name of an encoding as Python knows it, and whether it was only guessed."""

    name: str
    guessed: bool = False


def detect_encoding(file: BinaryIO, language: str = "en", *, declares: bool = False) -> Encoding:
    """Find the encoding of a file and leave it at its start.

    A byte order mark decides; then UTF-8, if all bytes but a few fit; then what a page declares (a file that
    ``declares`` is HTML or XML); else the best guess among the encodings of the web, where ``language`` (a code such as
    ``en``) decides between those that are equally likely. Without a mark, the bytes of ``Café`` in Latin-1 are guessed
    to be cp1252, those in UTF-8 are UTF-8.

    Raises:
        UnreadableArticle: No encoding fits.
    """
    file.seek(0)
    # The longest mark has four bytes.
    head = file.read(4)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
    found = Encoding(marked) if marked else _detect_unmarked(file, language, declares=declares)
    file.seek(0)
    return found


def check_encoding_name(name: str) -> str:
    """The name of an encoding as Python knows it.

    Raises:
        UsageError: The encoding is unknown, or not one of text.
    """
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses codecs that are not text encodings
        found = codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        raise UsageError(
            f"{name!r} is not an encoding", todo="name one as Python does: utf-8, cp1252, shift_jis, utf-16"
        ) from None
    return "utf-8-sig" if found == "utf-8" else found  # with a mark or without


def _declared_encoding(data: bytes) -> str:
    """The encoding a page names in its first 1024 bytes, if all of it can be read so, else ""."""
    # As browsers do: a declaration further on is not looked for.
    found = _DECLARED.search(data[:1024])
    name = found[1].decode("ascii").lower() if found else ""
    # By the web's rule, Latin-1 means Windows-1252, which has the curly quotes.
    name = "cp1252" if name in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"} else name
    try:
        if codecs.lookup(name).name not in _DECLARABLE:
            return ""
        data.decode(name)
    except (LookupError, UnicodeError):
        return ""
    return name


def _detect_unmarked(file: BinaryIO, language: str, *, declares: bool) -> Encoding:
    if _is_utf8(file):
        return Encoding("utf-8")
    file.seek(0)
    data = file.read()
    if declares and (name := _declared_encoding(data)):
        return Encoding(name)
    plain = _is_plain(data)
    utf8 = _mostly_utf8(data)
    # A guess is only made where UTF-8 is out of the question: it would be wrong in every good character.
    guess = "" if plain and utf8 else guess_encoding(data, language)
    if guess:
        return Encoding(guess, guessed=True)
    if utf8:
        return Encoding("utf-8")  # what is broken in it, or a NUL, is then refused by name
    raise UnreadableArticle(
        f"no encoding fits the {len(data)} bytes",
        todo="name it with --encoding NAME, or save the file as UTF-8",
    )


def _is_utf8(file: BinaryIO) -> bool:
    """Whether all bytes are UTF-8, and none is typical of another encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        # In chunks: a wire of gigabytes is read as a stream.
        while chunk := file.read(_CHUNK_BYTES):
            decoder.decode(chunk)
            if not _is_plain(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_plain(data: bytes) -> bool:
    # UTF-8 has these bytes for these characters only.
    return not any(sign in data for sign in _NOT_PLAIN)


def _mostly_utf8(data: bytes) -> bool:
    """Whether there are more whole characters beyond ASCII than broken bytes, read as UTF-8."""
    # Each broken byte becomes one lone surrogate, which can be counted.
    text = data.decode("utf-8", errors="surrogateescape")
    broken = sum("\udc80" <= sign <= "\udcff" for sign in text)
    beyond = sum(sign > "\x7f" for sign in text) - broken
    return broken == 0 or beyond > broken
