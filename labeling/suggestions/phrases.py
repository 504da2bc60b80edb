"""Names and terms: words in a row that are looked up as they are, or in small letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.suggestions.token_row import NO_WORD, RowSpan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

    from labeling.suggestions.pattern_tokens import PatternTokens
    from labeling.suggestions.token_row import TokenRow


class PhraseTable:
    """Phrases with their labels, by their first word. It finds what spaCy's ``PhraseMatcher`` finds."""

    def __init__(
        self,
        nlp: Language,
        phrases: Mapping[str, Iterable[str]],
        tokens: PatternTokens,
        *,
        any_case: bool = False,
    ) -> None:
        """Cut phrases into tokens as texts are cut, and have ``tokens`` look out for their first words."""
        self._vocab, self._any_case = nlp.vocab, any_case
        self._by_first: dict[int, dict[tuple[int, ...], list[str]]] = {}
        for label, words in phrases.items():
            for doc in map(nlp.make_doc, words):
                self._add(doc, label)
        name, firsts = ("LOWER" if any_case else "TEXT"), sorted(nlp.vocab.strings[first] for first in self._by_first)
        self._begin = tokens.number({name: {"IN": firsts}})

    def find(self, row: TokenRow, fitting: Sequence[int]) -> Iterator[RowSpan]:
        """Every place in a row where a phrase stands.

        Args:
            row: The tokens.
            fitting: The mask of the places where a token fits, by its number.
        """
        words = row.words
        begins = f"{fitting[self._begin]:b}"[::-1]
        at = begins.find("1")
        while at >= 0:
            for phrase, labels in self._by_first[self._spelt(words[at])].items():
                if tuple(map(self._spelt, words[at : at + len(phrase)])) == phrase:
                    yield from (RowSpan(at, at + len(phrase), label) for label in labels)
            at = begins.find("1", at + 1)

    def _add(self, doc: Doc, label: str) -> None:
        phrase = tuple(self._spelt(token.orth) for token in doc)
        if not phrase:
            return
        begun = self._by_first.setdefault(phrase[0], {})
        labels = begun.setdefault(phrase, [])
        if label not in labels:
            begun[phrase] = self._order(doc, [*labels, label]) if labels else [label]

    def _order(self, doc: Doc, labels: Iterable[str]) -> list[str]:
        """The labels of one phrase in the order in which spaCy gives them: the first will stand."""
        from spacy.matcher import PhraseMatcher

        matcher = PhraseMatcher(self._vocab, attr="LOWER" if self._any_case else "ORTH")
        for label in labels:
            matcher.add(label, [doc])
        return [self._vocab.strings[key] for key, start, end in matcher(doc) if end - start == len(doc)]

    def _spelt(self, word: int) -> int:
        """The word as phrases are compared: as it is, or in small letters."""
        return self._vocab[word].lower if self._any_case and word != NO_WORD else word
