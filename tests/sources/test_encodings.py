"""Detection of encodings."""
# ruff: noqa: RUF001 - texts in many scripts look alike on purpose

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import UnreadableArticle, UsageError
from labeling.sources.encodings import Encoding, check_encoding_name, detect_encoding

ENGLISH = "The two sides \u201cwelcomed\u201d the Maldives\u2019 decision \u2013 in Mal\u00e9 \u2013 the ministry said."
TEXTS = {
    "cp1252": (
        "en",
        ENGLISH,
        "President Lula da Silva met officials in S\u00e3o Paulo on Monday to discuss trade.",
        "Le ministre des Affaires étrangères a déclaré que l\u2019accord était « très important ».",
        "Der Außenminister sprach über die Beziehungen zwischen beiden Ländern in München.",
        "The café in Malé.",
    ),
    "cp1250": ("pl", "Minister powiedział, że współpraca między państwami będzie się rozwijać."),
    "iso8859_2": ("pl", "Minister powiedział, że współpraca między państwami będzie się rozwijać."),
    "cp1251": ("ru", "Министерство иностранных дел сообщило о заседании рабочей группы."),
    "koi8_r": ("ru", "Министерство иностранных дел сообщило о заседании рабочей группы."),
    "cp1254": ("tr", "Türkiye Dışişleri Bakanlığı görüşmelerin sürdüğünü açıkladı."),
    "cp1256": ("ar", "أعلنت وزارة الخارجية أن الاجتماع الثاني لفريق العمل المشترك عقد يوم الاثنين."),
    "shift_jis": ("en", "外務省は、第二回合同作業部会が月曜日に開催されたと発表した。両国は協力を強化する。"),
    "euc_jp": ("en", "外務省は、第二回合同作業部会が月曜日に開催されたと発表した。両国は協力を強化する。"),
    "iso2022_jp": ("en", "外務省は、第二回合同作業部会が月曜日に開催されたと発表した。両国は協力を強化する。"),
    "gb18030": ("en", "外交部发言人表示,两国将继续加强在各个领域的合作,共同维护地区和平与稳定。"),
    "utf_16_le": ("en", ENGLISH),
    "utf_16_be": ("en", ENGLISH),
}
CASES = [(name, language, text) for name, (language, *texts) in TEXTS.items() for text in texts]


def found(data: bytes, language: str = "en", *, declares: bool = False) -> Encoding:
    """The encoding detected for some bytes."""
    return detect_encoding(io.BytesIO(data), language, declares=declares)


@pytest.mark.parametrize(("name", "language", "text"), CASES)
def test_legacy_encodings_are_guessed_and_reported(name: str, language: str, text: str) -> None:
    """Text in the old encodings of half the world is read right, and the guess is called one."""
    guess = found(text.encode(name), language)

    assert text.encode(name).decode(guess.name) == text
    assert guess.guessed


def test_polish_is_not_taken_for_western() -> None:
    """Signs inside words give a wrong encoding away, even where the project's language is English."""
    text = "Minister powiedział, że współpraca między państwami będzie się rozwijać."

    assert text.encode("cp1250").decode(found(text.encode("cp1250"), "en").name) == text


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(name: str) -> None:
    """With a mark nothing is guessed, and the mark is not part of the text."""
    encoding = found(ENGLISH.encode(name))

    assert not encoding.guessed
    assert ENGLISH.encode(name).decode(encoding.name) == ENGLISH


@given(st.text(st.characters(exclude_characters="\0\x1b", exclude_categories=["Cs"])))
def test_utf8_is_always_read_as_utf8(text: str) -> None:
    """No text in UTF-8 is ever guessed to be in another encoding."""
    encoding = found(b"x" + text.encode())

    assert encoding == Encoding("utf-8")


def test_utf8_with_a_broken_byte_stays_utf8() -> None:
    """One bad byte must not change every good character of a text."""
    data = ENGLISH.encode()

    assert found(data[:40] + b"\xff" + data[40:]) == Encoding("utf-8")
    assert found(data * 10 + "é".encode()[:1]) == Encoding("utf-8")


def test_utf8_with_a_nul_stays_utf8() -> None:
    """A NUL alone does not make UTF-16: it is refused by name later."""
    assert found(b"The ministry\0said so on Monday.") == Encoding("utf-8")


def test_noise_is_refused() -> None:
    """Noise fits no encoding, and the way out is to name one."""
    noise = random.Random(1).randbytes(3000)  # noqa: S311 - noise, no secret

    with pytest.raises(UnreadableArticle, match="no encoding fits the 3000 bytes") as refusal:
        found(noise)

    assert "--encoding" in refusal.value.todo


def test_a_declared_encoding_goes_before_a_guess() -> None:
    """It comes after UTF-8; Latin-1 means Windows-1252, as on the web."""
    text = "\u201cS\u00e3o\u201d"

    assert found(f"<meta charset='iso-8859-1'>{text}".encode("cp1252"), declares=True) == Encoding("cp1252")
    assert found(f"<?xml version='1.0' encoding='big5'?>{'中文'}".encode("big5"), declares=True) == Encoding("big5")
    assert found(f"<meta charset='iso-8859-1'>{text}".encode(), declares=True) == Encoding("utf-8")
    assert found(f"<meta charset=shift_jis>{text}".encode("cp1252"), declares=True).guessed
    assert found(f"<meta charset=nonsense>{text}".encode("cp1252"), declares=True).guessed
    assert found(f"charset=cp1252 {text}".encode("cp1252")).guessed


def test_detection_leaves_the_file_at_its_start() -> None:
    """Detecting the encoding does not move the position in the file."""
    for data in (b"plain", ENGLISH.encode("cp1252"), ENGLISH.encode("utf-16")):
        file = io.BytesIO(data)
        detect_encoding(file)
        assert file.tell() == 0


def test_encoding_names_are_those_of_python() -> None:
    """UTF-8 is read with a mark or without; a codec that is not a text encoding is a wrong use."""
    assert check_encoding_name("UTF-8") == "utf-8-sig"
    assert check_encoding_name("latin1") == "iso8859-1"
    for name in ("klingon", "rot13", "base64", "a\0b"):
        with pytest.raises(UsageError):
            check_encoding_name(name)
