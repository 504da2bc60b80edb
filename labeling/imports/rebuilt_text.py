"""The text of a file that has none: what stands between two tokens, and where each token then is.

A sentence's own text is taken where the file gives it and it has the tokens. Else tokens are joined by a blank, except
where the file tells that none follows (``SpaceAfter=No``), and where the language is written without blanks, which the
script of the tokens tells. Sentences are joined by a line end. Places are code points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.imports.tagged_tokens import TaggedToken, TokenSentence

# Thai, Lao, Tibetan, Burmese, Khmer, kana and Han; and the full-width signs that are set between them.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    r"\uff00-\uffef\U00020000-\U0003ffff]"
)
_LETTER = re.compile(r"[^\W\d_]")
_NEARLY_ALL = 0.9

Place = tuple[int, int]


@dataclass(frozen=True)
class _Spacing:
    """Whether the language is written without blanks, and whether the file has a token for each character of it."""

    unspaced: bool
    by_character: bool

    def between(self, one: TaggedToken, other: TaggedToken) -> str:
        """What stands between two tokens of a sentence."""
        if one.glued or self.by_character:
            return ""
        if not self.unspaced:
            return " "
        # Words of another script in such a text are set apart.
        foreign = one.word[-1:].isalnum() and other.word[:1].isalnum()
        among = _UNSPACED.match(one.word[-1:]) or _UNSPACED.match(other.word[:1]) or not foreign
        return "" if among else " "


def place_tokens(sentences: Sequence[TokenSentence], text: str | None) -> tuple[str, list[list[Place]]]:
    """The text of some sentences, and the place of each token in it.

    Args:
        sentences: All sentences of a document.
        text: The text of the article of that name, which is taken if its words are the same.
    """
    if text is not None and (there := find_tokens([token.word for each in sentences for token in each.tokens], text)):
        return text, list(_by_sentence(sentences, there))
    spacing = _look_at_spacing(sentences)
    texts, places = list[str](), list[list[Place]]()
    start = 0
    for sentence in sentences:
        words, own = _write_sentence(sentence, spacing)
        texts.append(words)
        places.append([(start + first, start + last) for first, last in own])
        start += len(words) + 1
    return "\n".join(texts), places


def find_tokens(words: Sequence[str], text: str) -> list[Place] | None:
    """The place of each word in the text, one after the other with only blanks between; None if that is not so."""
    found = list[Place]()
    end = 0
    for word in words:
        # Only blanks may lie between, else the words are others.
        start = text.find(word, end)
        if start < 0 or text[end:start].strip():
            return None
        end = start + len(word)
        found.append((start, end))
    return found if not text[end:].strip() else None


def _by_sentence(sentences: Iterable[TokenSentence], places: Iterable[Place]) -> Iterator[list[Place]]:
    at = iter(places)
    for sentence in sentences:
        yield [next(at) for _ in sentence.tokens]


def _write_sentence(sentence: TokenSentence, spacing: _Spacing) -> tuple[str, list[Place]]:
    """The text of a sentence, and where its tokens are in it."""
    own = sentence.text.strip()
    if own and (found := find_tokens([token.word for token in sentence.tokens], own)):
        return own, found
    text, places = "", list[Place]()
    before: TaggedToken | None = None
    for token in sentence.tokens:
        text += spacing.between(before, token) if before else ""
        places.append((len(text), len(text) + len(token.word)))
        text += token.word
        before = token
    return text, places


def _look_at_spacing(sentences: Sequence[TokenSentence]) -> _Spacing:
    words = [token.word for sentence in sentences for token in sentence.tokens]
    lettered = [word for word in words if word.isalpha() or _LETTER.search(word)]
    unspaced = sum(not word.isascii() and bool(_UNSPACED.search(word)) for word in lettered) > len(lettered) / 2
    single = sum(len(word) == 1 for word in words) >= _NEARLY_ALL * len(words)
    return _Spacing(unspaced, by_character=unspaced and single)
