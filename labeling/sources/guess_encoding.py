"""The likeliest encoding of bytes that are not UTF-8: as a library judges their letters, and as their words look.

A short text, or one that is nearly all ASCII, tells little: its words beyond ASCII are judged by themselves besides, so
that an English page around them does not outvote them. Of encodings that are nearly as likely, the one that people who
write the project's language used to save their texts in goes before.
"""

from __future__ import annotations

import re
from itertools import pairwise

# The encodings of the web (WHATWG Encoding Standard); the library would also take news for text of mainframes.
ENCODINGS_OF_THE_WEB = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp866"),
    *("iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_10"),
    *("iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "koi8_r", "koi8_u", "mac_roman", "mac_cyrillic"),
    *("cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949"),
)
# Without a mark; only where there is a NUL, because any four bytes could be two characters.
_WIDE = ("utf_16_le", "utf_16_be")
# The library knows these by wider ones, which some of their texts are; the narrower one is what people call it.
_WIDER = {"euc_jp": "euc_jis_2004", "iso2022_jp": "iso2022_jp_2", "big5": "big5hkscs"}
_NARROWER = {wide: narrow for narrow, wide in _WIDER.items()}
# What a page without a declared encoding is read as, by language (HTML Standard, "encoding sniffing").
_USUAL = {
    **dict.fromkeys(("cs", "hu", "pl", "sk", "sl", "hr", "ro"), "cp1250"),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be"), "cp1251"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    "el": "cp1253",
    "tr": "cp1254",
    "he": "cp1255",
    "ar": "cp1256",
    "fa": "cp1256",
    "vi": "cp1258",
    "th": "cp874",
    "ja": "cp932",
    "zh": "gb18030",
    "ko": "cp949",
}
_WESTERN = "cp1252"
# As usual as the one of Windows, where the text has none of the letters that only that one has.
_ISO_LATIN_2, _WINDOWS_LATIN_2 = "iso8859_2", "cp1250"
_ONLY_WINDOWS = re.compile(rb"[\x80-\x9f]")

_DECLARATIONS = re.compile(rb"charset|coding", re.IGNORECASE)

_MOST_BYTES = 20_000  # of words beyond ASCII: more do not make it any likelier
_ALL_TEXT = 0.6  # what the whole text counts beside its words beyond ASCII
_OF_LANGUAGE, _USUAL_OF_LANGUAGE, _USUAL_ANYWHERE = 1.1, 1.3, 1.2  # of encodings nearly as likely, these go before
_FOR_EACH_ODD = 0.6  # as likely, for each place that no writer would have written
_MOST_ODD = 20  # one in so many characters, and more is not a text

# A sign inside a word: Polish read as Western is full of them. Marks of Hebrew, Arabic and Thai belong to their words.
_SIGNS = (
    r"(?:[\u00b2\u00b3\u00b9\u00aa\u00ba\u00bc-\u00be]"
    r"|[^\w\s\x00-\x7f\u2010-\u201f\u2026\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0e31-\u0e4e])+"
)
_CONTROLS = r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ue000-\uf8ff]"
_HALF_WIDTH = r"[\uff61-\uff9f]"
_MARKS = r"(?<![AEIOUYaeiouy\u0102\u0103\u00c2\u00e2\u00ea\u00f4\u01a1\u01b0])[\u0300-\u036f]"  # behind no vowel
_TAIL = r"(?<=[^\W\d_])[\u00a4\u00a6\u00a8\u00ac\u00af\u00b1\u00b5\u00b6\u00b8]"  # behind a word, too
_ODD = re.compile(rf"(?<=[^\W\d_]){_SIGNS}(?=[^\W\d_])|{_CONTROLS}|{_HALF_WIDTH}|{_MARKS}|{_TAIL}")
_NOT_TEXT = re.compile("[\0\x1b]")
# Scripts that are not mixed with Latin letters inside a word: Greek, Cyrillic, Hebrew, Arabic, Thai.
_APART = re.compile("[\u0370-\u052f\u0590-\u06ff\u0e00-\u0e7f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def guess_encoding(data: bytes, language: str) -> str:
    """The likeliest encoding of the web, or "" when none fits; the bytes of ``Rząd`` in cp1250 are guessed right."""
    # In UTF-16 and ISO-2022, bytes of ASCII are parts of other characters.
    words = data if b"\0" in data or b"\x1b" in data else _list_words(data)
    likely = _weigh(data, words, language[:2].lower())
    for name in sorted(likely, key=lambda each: -likely[each]):
        for each in (_NARROWER.get(name, name), name):
            if _decodes(data, each):
                return _usual_name(data, each, language[:2].lower())
    return ""


def _usual_name(data: bytes, name: str, language: str) -> str:
    """The usual encoding of a language where it reads the very same text, else ``name``.

    In English ``Malé`` is cp1252, although its bytes are the same in cp1250.
    """
    usual = _USUAL.get(language, _WESTERN)
    return usual if _decodes(data, usual) and data.decode(usual) == data.decode(name) else name


def _list_words(data: bytes) -> bytes:
    """The words that are not ASCII."""
    return b" ".join(word for word in data.split() if not word.isascii())[:_MOST_BYTES]


def _weigh(data: bytes, words: bytes, language: str) -> dict[str, float]:
    """How likely each encoding is, as a number that only compares; those in which the words are noise are absent."""
    judged = [(_judge(words, wide=b"\0" in data), 1.0), (_judge(data, wide=b"\0" in data), _ALL_TEXT)]
    likely = dict[str, float]()
    for name in {name for found, _ in judged for name in found}:
        text = words.decode(name, errors="replace")
        odd = _count_odd(text)
        if _NOT_TEXT.search(text) or odd * _MOST_ODD > len(data) + _MOST_ODD:
            continue
        weight = sum(share * found[name][0] for found, share in judged if name in found)
        if any(found[name][1] == language for found, _ in judged if name in found):
            weight *= _OF_LANGUAGE
        called = _WINDOWS_LATIN_2 if name == _ISO_LATIN_2 and not _ONLY_WINDOWS.search(words) else name
        if called == _USUAL.get(language, _WESTERN):
            weight *= _USUAL_OF_LANGUAGE
        elif called in {*_USUAL.values(), _WESTERN}:
            weight *= _USUAL_ANYWHERE
        likely[name] = weight * _FOR_EACH_ODD ** min(odd, _MOST_ODD)
    return likely


def _judge(data: bytes, *, wide: bool) -> dict[str, tuple[float, str]]:
    """What the library finds: by encoding, how likely it is beside the likeliest, and in which language."""
    import chardet

    names = [_WIDER.get(name, name) for name in (*ENCODINGS_OF_THE_WEB, *(_WIDE if wide else ()))]
    # What a file says of itself is for whoever asks us: the library would believe it.
    data = _DECLARATIONS.sub(b"", data)
    found = chardet.detect_all(data, include_encodings=names, compat_names=False, ignore_threshold=True)
    judged = {
        each["encoding"].replace("-", "_"): (each["confidence"], each["language"] or "")
        for each in found
        if each["encoding"]
    }
    best = max((likely for likely, _ in judged.values()), default=0.0)
    return {name: (likely / best, language) for name, (likely, language) in judged.items()} if best else {}


def _count_odd(text: str) -> int:
    """The places of a text that no writer would have written: controls, signs inside words, two scripts in one word."""
    odd = len(_ODD.findall(text))
    for before, after in pairwise(text):
        if after > "\x7f" or before > "\x7f":
            apart = bool(_APART.match(before)), bool(_APART.match(after))
            mixed = apart[0] != apart[1] and _LATIN.match(after if apart[0] else before)
            # "zahraniÈí": a capital behind a small letter.
            odd += bool(mixed) or (after > "\x7f" and after.isupper() and before.islower())
    return odd


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeError:
        return False
    return True
