"""Short texts, and texts that are nearly all English: what encoding each is guessed to be in.

All but a handful are read right, whether the project is in the text's language or, as it is when nobody says, in
English. The ones that are not are listed: in eight bytes, two readings are words of some language.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from labeling.errors import UnreadableArticle
from labeling.sources.encodings import detect_encoding
from labeling.sources.guess_encoding import guess_encoding

# A language, the encodings that such a text was saved in, and the text.
_DATA = Path(__file__).parents[1] / "data" / "short_texts.tsv"
_ROWS = [line.split("\t") for line in _DATA.read_text(encoding="utf-8").splitlines()]
CASES = [(language, name, text) for language, names, text in _ROWS for name in names.split()]
# Of these, no guess is better than another: one letter beyond ASCII in a name, a few characters of Chinese.
UNDECIDED = {("euc_jp", "The ministry's sp"), ("cp1254", "Turkey\u2019s minister"), ("big5", "Taiwan's presiden")}


def read(text: str, name: str, language: str) -> str:
    """A text that was saved so, read as it is guessed to be."""
    data = text.encode(name)
    try:
        found = detect_encoding(io.BytesIO(data), language)
    except UnreadableArticle:
        return ""
    assert found.guessed
    return data.decode(found.name)


@pytest.mark.parametrize("english", [True, False])
def test_short_texts_are_read_right(english: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """In forty languages and encodings, with the project's language and without; each guess is called one."""
    wrong = {
        (name, text[:17]) for language, name, text in CASES if read(text, name, "en" if english else language) != text
    }

    assert len(CASES) > 140
    assert wrong <= UNDECIDED


def test_the_language_decides_between_equal_readings() -> None:
    """Three letters of cp1250 and cp1257 are the same: in a Lithuanian project they are Lithuanian."""
    data = "\u017dmon\u0117s".encode("cp1257")

    assert data.decode(guess_encoding(data, "lt")) == "\u017dmon\u0117s"


def test_english_around_foreign_words_does_not_outvote_them() -> None:
    """One Chinese word at the end of pages of English, in each of the encodings of Chinese, Japanese and Korean."""
    pages = "The minister met the delegation on Tuesday and spoke about fisheries. " * 500
    for name, word in (
        ("gb18030", "外交部长"),
        ("cp932", "外務省の報道官"),
        ("cp949", "외교부 장관"),
        ("big5", "外交部長"),
    ):
        assert read(pages + word, name, "en") == pages + word


def test_quotes_alone_are_western() -> None:
    """English with nothing beyond ASCII but curly quotes and dashes, as most of newswire is."""
    text = "The minister \u2013 \u201cwho had flown in\u201d \u2013 said it\u2019s done."

    assert guess_encoding(text.encode("cp1252"), "en") == "cp1252"
    assert guess_encoding(text.encode("cp1252"), "pl") in {"cp1250", "cp1252"}
