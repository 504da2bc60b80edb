"""Article: identity, text rules, and every refusal by name."""

from __future__ import annotations

import hashlib
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import (
    Article,
    SourceRow,
    escape_surrogates,
    is_new,
    make_article,
    normalise_newlines,
    refuse_forgotten,
    reject_of,
)
from labeling.errors import (
    ArticleError,
    BadField,
    ChangedArticle,
    EmptyArticle,
    ForbiddenCharacter,
    ForgottenArticle,
    OverlongArticle,
)
from labeling.values import canonical_json, encode_strings


def row(text: str = "Both sides met.", **fields: Any) -> SourceRow:
    """A sound row, but for the fields that a test gives."""
    return SourceRow(**{"where": "wire.jsonl:3", "id": "a", "text": text, **fields})


def test_article_has_the_digest_of_its_text() -> None:
    """The digest is the SHA-256 of the text's UTF-8 bytes."""
    article = make_article(row("Malé \U0001f600"), 100)

    assert article.digest == hashlib.sha256("Malé \U0001f600".encode()).hexdigest()


@given(st.dictionaries(st.text(), st.text()))
def test_strings_are_encoded_as_canonical_json_has_them(fields: dict[str, str]) -> None:
    """Two encoders write the same bytes: controls, quotes, signs of any plane, keys in their order."""
    every = {"controls": "".join(map(chr, range(0x100))), "others": '"\\/\u2028\ufeff\uffff\U0001f600\U0010ffff'}
    for each in (fields, fields | every):
        assert encode_strings(each) == canonical_json(dict(each)).encode("utf-8")


def test_normalisation_changes_line_ends_only() -> None:
    """CRLF and CR become LF; blanks, tabs, NBSP, other line ends, curly quotes and a trailing LF stay."""
    text = "  a\r\nb\rc\r\r\nd\t\u00a0\u2028\u0085 \u201cq\u2019 \n"

    assert make_article(row(text), 100).text == "  a\nb\nc\n\nd\t\u00a0\u2028\u0085 \u201cq\u2019 \n"


def test_the_leading_date_is_read_and_kept() -> None:
    """A date line at the head is read into ``published``, and stays in the text."""
    article = make_article(row(" date 2023-07-25 India and"), 100)

    assert (article.published, article.text) == ("2023-07-25", " date 2023-07-25 India and")


def test_a_date_field_goes_before_the_leading_date() -> None:
    """The source's own date counts more than the head of the text."""
    assert make_article(row("date 2023-07-25 India", published="26 July 2023"), 100).published == "2023-07-26"


@pytest.mark.parametrize("text", ["", " \n\t ", "\u00a0\u2003", "\ufeff\u200b\u2060"])
def test_an_invisible_text_is_empty(text: str) -> None:
    """A text of blanks, or of characters that cannot be seen, is refused as empty."""
    with pytest.raises(EmptyArticle):
        make_article(row(text), 100)


def test_the_limit_is_counted_in_code_points() -> None:
    """A text of exactly the limit passes, emoji and CRLF counting one each; one more is refused with both ways out."""
    assert len(make_article(row("\U0001f600\r\n" * 5), 10).text) == 10

    with pytest.raises(OverlongArticle, match=r"11 characters.* 10 characters") as refusal:
        make_article(row("\U0001f600\r\n" * 5 + "x"), 10)

    assert "max_characters" in refusal.value.todo
    assert "split the article" in refusal.value.todo


@pytest.mark.parametrize("field", ["text", "id", "title", "source", "published", "url"])
@pytest.mark.parametrize(("sign", "name"), [("\0", "NUL"), ("\ud800", r"U\+D800"), ("\udfff", r"U\+DFFF")])
def test_nul_and_lone_surrogates_are_refused(field: str, sign: str, name: str) -> None:
    """In every field, with the place in code points."""
    with pytest.raises(ForbiddenCharacter, match=f"{name} at character 2 of the {field}"):
        make_article(row(**{field: f"\U0001f600b{sign}d"}), 100)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\tb", "\u200b"])
def test_an_id_is_visible_and_on_one_line(name: str) -> None:
    """An empty id, or one with control characters, is refused."""
    with pytest.raises(BadField):
        make_article(row(id=name), 100)


def test_an_ambiguous_date_is_refused_with_the_way_out() -> None:
    """A date with two readings is a bad field; the way out names the form."""
    with pytest.raises(BadField, match="2023-01-02 or 2023-02-01") as refusal:
        make_article(row(published="01/02/2023"), 100)

    assert "2023-07-25" in refusal.value.todo


def test_identity_is_id_and_text() -> None:
    """An id is new, or known with the same text, or refused; two ids may share a text."""
    article = make_article(row(), 100)

    assert is_new(article, {}, "w")
    assert is_new(article, {"b": article.digest}, "w")
    assert not is_new(article, {"a": article.digest}, "w")
    with pytest.raises(ChangedArticle, match="'a' was ingested before with another text"):
        is_new(article, {"a": "0" * 64}, "w")


def test_messages_do_not_hold_the_text() -> None:
    """Article texts never appear in a message: they may be licensed or secret."""
    for bad in (row("secret\0"), row("secret" * 50), row("secret", published="soon"), row("secret", id="\n")):
        with pytest.raises(ArticleError) as refusal:
            make_article(bad, 100)
        assert "secret" not in f"{refusal.value} {refusal.value.todo}"


def test_a_reject_can_always_be_written() -> None:
    """A file name may not be UTF-8; a reject has escapes for it instead of failing to be written."""
    reject = reject_of(EmptyArticle("nothing", todo="t", where="caf\udce9.txt"), "caf\udce9")

    assert (reject.where, reject.id) == (r"caf\udce9.txt", r"caf\udce9")
    assert reject.model_dump_json().encode("utf-8")


def test_article_refuses_unknown_keys_and_wrong_types() -> None:
    """The model is strict: a file is read back as it was written, or is damaged."""
    with pytest.raises(ValueError, match=r"Extra inputs"):
        Article.model_validate({"id": "a", "text": "b", "digest": "c", "body": "d"})
    with pytest.raises(ValueError, match="valid string"):
        Article.model_validate({"id": 1, "text": "b", "digest": "c"})


def test_normalise_newlines_is_idempotent() -> None:
    """It is idempotent, and ``escape_surrogates`` leaves sound text alone."""
    assert normalise_newlines(normalise_newlines("a\r\r\nb")) == "a\n\nb"
    assert escape_surrogates("Malé \U0001f600") == "Malé \U0001f600"


@pytest.mark.parametrize(("name", "told"), [("a", "the text of 'a' was forgotten$"), ("b c", "under the id 'b c'$")])
def test_a_forgotten_text_is_refused_with_the_way_out(name: str, told: str) -> None:
    """The way out can be typed as it stands, and any other text is let through."""
    article = make_article(row(), 100)
    with pytest.raises(ForgottenArticle, match=told) as refused:
        refuse_forgotten(article, name, "wire.jsonl:3")
    assert refused.value.kind == "forgotten"
    assert f"labeling forget --undo {shlex.quote(name)}`" in refused.value.todo
    refuse_forgotten(article, "", "wire.jsonl:3")
