"""The encoding in which a file was written: what it declares, else UTF-8, else the best guess of a library.

A guess is reported, and text that is UTF-8 but for a few broken bytes is never guessed to be something else: that would
put a wrong character in the place of every good one.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from labeling.errors import UnreadableArticle, UsageError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

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

# The encodings of the web (WHATWG Encoding Standard); the library would also take news for text of mainframes.
_OF_THE_WEB = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp866"),
    *("iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_10"),
    *("iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "koi8_r", "koi8_u", "mac_roman", "mac_cyrillic"),
    *("cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949"),
)
_WIDE = (
    "utf_16_le",
    "utf_16_be",
)  # without a mark; only where there is a NUL, because any four bytes could be two characters
_NOT_PLAIN = re.compile("[\0\x1b]")  # UTF-16 is full of NUL, ISO-2022 of ESC, and both are well-formed UTF-8
# What a page without a declared encoding is read as, by language (HTML Standard, "encoding sniffing"): it decides
# between encodings that the library finds equally likely, which Western ones often are.
_BY_LANGUAGE = {
    **dict.fromkeys(("cs", "hu", "pl", "sk", "sl", "hr", "ro"), "cp1250"),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be"), "cp1251"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    "el": "cp1253",
    "tr": "cp1254",
    "he": "cp1255",
    "ar": "cp1256",
    "fa": "cp1256",
    "vi": "cp1258",
}
# What a page may declare: the same, and the narrower forms that some of them grew out of. Python has other codecs under
# names of text encodings, such as punycode, which takes a time that grows with the square of the page.
_DECLARABLE = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "latin-1", "iso8859_9", "iso8859_11", "tis_620", "shift_jis", "gbk", "gb2312"),
        *("big5hkscs", "euc_kr", *_OF_THE_WEB),
    )
)
_AS_LIKELY = (0.01, 0.05)  # differences in the library's two measures, mess and coherence, that mean nothing
_ODD_SIGNS = r"(?:[\u00b2\u00b3\u00b9\u00aa\u00ba\u00bc-\u00be]|[^\w\s\-\u2010-\u201f\u2026'\"&/.,:;@#+*=()])+"
_ODD = re.compile(rf"[^\W\d_]{_ODD_SIGNS}[^\W\d_]")  # a sign inside a word: Polish read as cp1252 is full of them


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
    plain = not _NOT_PLAIN.search(data.decode("latin-1"))
    utf8 = _mostly_utf8(data)
    # A guess is only made where UTF-8 is out of the question: it would be wrong in every good character.
    guess = "" if plain and utf8 else _guess(data, language)
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
            if _NOT_PLAIN.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether there are more whole characters beyond ASCII than broken bytes, read as UTF-8."""
    # Each broken byte becomes one lone surrogate, which can be counted.
    text = data.decode("utf-8", errors="surrogateescape")
    broken = sum("\udc80" <= sign <= "\udcff" for sign in text)
    beyond = sum(sign > "\x7f" for sign in text) - broken
    return broken == 0 or beyond > broken


def _guess(data: bytes, language: str) -> str:
    """The likeliest encoding of the web, or "" when none fits."""
    from charset_normalizer import from_bytes

    candidates = [*_OF_THE_WEB, *(_WIDE if b"\0" in data else ())]
    # The library alone decides what is possible; of that we choose.
    matches = list(from_bytes(data, cp_isolation=candidates, preemptive_behaviour=False))
    if not matches:
        return ""
    mess = min(match.chaos for match in matches)
    coherence = max(match.coherence for match in matches)
    likely = [
        match
        for match in matches
        if match.chaos <= mess + _AS_LIKELY[0] and match.coherence >= coherence - _AS_LIKELY[1]
    ]
    return _choose_best(likely or matches[:1], _BY_LANGUAGE.get(language[:2].lower(), "cp1252"))


def _choose_best(likely: list[CharsetMatch], preferred: str) -> str:
    """The one with the fewest signs inside words; then the usual one of the language; then the library's first."""
    odd = [len(_ODD.findall(str(match))) for match in likely]
    cleanest = [match for match, count in zip(likely, odd, strict=True) if count == min(odd)]
    usual = any(preferred in match.could_be_from_charset for match in cleanest)
    return preferred if usual else cleanest[0].encoding
