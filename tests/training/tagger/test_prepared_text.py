"""Texts on their way into the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.tokens import make_tokenizer
from labeling.training.tagger import prepared_text
from labeling.training.tagger.prepared_text import TextPreparer

if TYPE_CHECKING:
    import pytest


def test_blanks_are_not_tokens() -> None:
    """Edges are code points, and the words of a window are rows of its features."""
    preparer = TextPreparer(make_tokenizer("en"), {"oslo": 2}, None, own=3, margin=1)

    empty, blank, text = preparer.prepare(["", " \n\t ", "\U0001f600  Oslo \n\n waits , and Oslo"])

    assert len(empty) == len(blank) == 0
    assert empty.windows == blank.windows == ()
    assert text.starts == [0, 3, 11, 17, 19, 23]
    assert text.ends == [1, 7, 16, 18, 22, 27]
    assert [(window.first, window.start, window.stop, window.last) for window in text.windows] == [
        (0, 0, 2, 3),
        (1, 2, 5, 6),
        (4, 5, 6, 6),
    ]
    assert [features.words.tolist() for features in text.features] == [[1, 2, 1], [2, 1, 1, 1, 2], [1, 2]]


def test_a_full_memory_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with the tokenizer's memory full, texts of new words are prepared the same, and leave nothing behind."""
    nlp = make_tokenizer("en")
    texts = [f"word{number} met other{number}." for number in range(50)]
    preparer = TextPreparer(nlp, {}, None, own=8, margin=2)
    monkeypatch.setattr(prepared_text, "_MOST_REMEMBERED", 0)
    preparer.prepare(["met ."])
    before = len(nlp.vocab.strings)

    full = [(each.starts, each.ends) for each in preparer.prepare(texts)]

    assert len(nlp.vocab.strings) == before
    monkeypatch.undo()
    assert [(each.starts, each.ends) for each in preparer.prepare(texts)] == full
    assert len(nlp.vocab.strings) > before
