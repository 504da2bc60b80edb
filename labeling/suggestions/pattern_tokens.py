"""The tokens of patterns, and the words that fit each."""

from __future__ import annotations

import re
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.suggestions.token_row import NO_WORD
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from spacy.vocab import Vocab

    from labeling.suggestions.token_row import TokenRow

    TokenSpec: TypeAlias = Mapping[str, Any]  # one token of a pattern, as spaCy writes it
    WordTest: TypeAlias = Callable[[Iterable[str]], list[bool]]

# Attributes that depend on the word alone, wherever it is in a text: these, and ``IS_...`` and ``LIKE_...``.
_OF_WORDS = frozenset({"TEXT", "ORTH", "LOWER", "SHAPE", "PREFIX", "SUFFIX", "LENGTH"})
_OF_PLACES = frozenset({"IS_SENT_START"})


class PatternTokens:
    """The tokens of all patterns, and the words that fit each: spaCy is asked once about each word.

    Where spaCy looks at more than the word and ``ENT_TYPE``, a fitting word is a necessary condition only.
    """

    def __init__(self, vocab: Vocab) -> None:
        """Begin with no tokens; `number` adds them."""
        from spacy.matcher import Matcher

        self.vocab = vocab
        self._numbers: dict[str, int] = {}
        self._labels: list[frozenset[str] | None] = []
        self._exact: list[bool] = []
        self._listed: dict[str, dict[str, list[int]]] = {"TEXT": {}, "LOWER": {}}
        self._tests: dict[int, list[tuple[str, WordTest]]] = {}
        self._matcher = Matcher(vocab)
        self._anywhere: list[int] = []
        self._forget()

    def number(self, spec: TokenSpec) -> int:
        """The number of a token, whose keys are in capitals; equal tokens have one number.

        Raises:
            ValueError: spaCy does not accept it as a token.
        """
        # Rules repeat tokens; each is asked about once.
        key = canonical_json(dict(spec))
        if key not in self._numbers:
            self._add(len(self._numbers), {name: value for name, value in spec.items() if _is_word_key(name)})
            self._numbers[key] = len(self._numbers)
            labels = _listed_labels(spec.get("ENT_TYPE"))
            self._labels.append(labels)
            self._exact.append(all(_is_word_key(name) or (name == "ENT_TYPE" and labels is not None) for name in spec))
            self._forget()
        return self._numbers[key]

    def is_exact(self, number: int) -> bool:
        """Whether a token fits wherever its mask says so: spaCy need not be asked again."""
        return self._exact[number]

    def places(self, row: TokenRow) -> list[int]:
        """The mask of the words in the row that fit, by the number of the token."""
        import numpy as np

        # Looked up once for each word: a row repeats most of them.
        words, at = np.unique(row.array, return_inverse=True)
        met: list[int] = words.tolist()
        self._learn([word for word in met if word not in self._columns])
        eights = np.take(np.take(self._table, [self._columns[word] for word in met], axis=1), at, axis=1)
        # From eight tokens in a byte, a place each, to eight places in a byte, for each token.
        packed = [np.packbits(eights >> bit & 1, axis=1, bitorder="little") for bit in range(8)]
        return [int.from_bytes(packed[n % 8][n // 8].tobytes(), "little") for n in range(len(self._numbers))]

    def filter_by_label(self, places: Sequence[int], row: TokenRow) -> list[int]:
        """The masks reduced to places whose label fits as well."""
        masks = row.label_masks()
        fitting = {labels: unite(masks.get(label, 0) for label in labels) for labels in {*self._labels} if labels}
        return [
            at if labels is None else at & fitting.get(labels, 0)
            for at, labels in zip(places, self._labels, strict=True)
        ]

    def _forget(self) -> None:
        """Know nothing of any word; the empty place between two texts fits no token."""
        import numpy as np

        self._columns = {NO_WORD: 0}
        self._table = np.zeros((len(self._numbers) // 8 + 1, 1), np.uint8)

    def _add(self, number: int, of_word: TokenSpec) -> None:
        if not of_word:
            self._anywhere.append(number)
        elif (words := _listed_words(of_word)) is not None:
            for name, word in words:
                self._listed[name].setdefault(word, []).append(number)
        elif (tests := _word_tests(of_word)) is not None:
            self._tests[number] = tests
        else:
            self._matcher.add(str(number), [[dict(of_word)]])

    def _learn(self, words: list[int]) -> None:
        """Ask which tokens each of these words fits; keep the answers as a column of the table, eight in a byte."""
        import numpy as np
        from spacy.tokens import Doc

        first, count = len(self._columns), len(words)
        if not count:
            return
        if first + count > self._table.shape[1]:
            # Twice as long each time, so that many words are not copied for each that is new.
            longer = np.zeros((len(self._table), 2 * (first + count)), np.uint8)
            longer[:, :first] = self._table[:, :first]
            self._table = longer
        self._columns.update(zip(words, range(first, first + count), strict=True))
        lexemes = [self.vocab[word] for word in words]
        spelt = {"TEXT": [lexeme.text for lexeme in lexemes], "LOWER": [lexeme.lower_ for lexeme in lexemes]}
        new = np.zeros((8 * len(self._table), count), bool)
        new[self._anywhere] = True
        for name, listed in self._listed.items():
            for at, word in enumerate(spelt[name]):
                if word in listed:
                    new[listed[word], at] = True
        for number, tests in self._tests.items():
            new[number] = np.logical_and.reduce([test(spelt[name]) for name, test in tests])
        if len(self._matcher):
            for key, at, _ in self._matcher(Doc(self.vocab, words=spelt["TEXT"])):
                new[int(self.vocab.strings[key]), at] = True
        self._table[:, first : first + count] = np.packbits(new, axis=0, bitorder="little")


def _is_word_key(name: str) -> bool:
    return name in _OF_WORDS or (name.startswith(("IS_", "LIKE_")) and name not in _OF_PLACES)


def _listed_words(of_word: TokenSpec) -> list[tuple[str, str]] | None:
    """The words that fit, as printed or in small letters, when the token is just a list of them; else None."""
    (name, value), *more = of_word.items()
    if more or name not in {"TEXT", "LOWER"}:
        return None
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, dict) and [*value] == ["IN"]:
        return [(name, word) for word in value["IN"]]
    return None


def _word_tests(of_word: TokenSpec) -> list[tuple[str, WordTest]] | None:
    """A token that asks for expressions and lists only, as tests of words as printed or in small letters; else None."""
    tests: list[tuple[str, WordTest]] = []
    for name, asked in of_word.items():
        if name not in {"TEXT", "LOWER"} or not isinstance(asked, dict) or not {*asked} <= {"REGEX", "NOT_IN"}:
            return None
        if "REGEX" in asked:
            tests.append((name, partial(_find_expression, re.compile(asked["REGEX"]).search)))
        if "NOT_IN" in asked:
            tests.append((name, partial(_miss_list, frozenset(asked["NOT_IN"]))))
    return tests


def _find_expression(search: Callable[[str], object], words: Iterable[str]) -> list[bool]:
    return [search(word) is not None for word in words]


def _miss_list(listed: frozenset[str], words: Iterable[str]) -> list[bool]:
    return [word not in listed for word in words]


def _listed_labels(value: object) -> frozenset[str] | None:
    """The labels that ``ENT_TYPE`` asks for, "" for no label; None when it is not just a list of them."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, dict) and "IN" in value:
        return frozenset(value["IN"])
    return None


def unite(places: Iterable[int]) -> int:
    """The mask of all places that are in one of several."""
    return reduce(or_, places, 0)
