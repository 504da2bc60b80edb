"""How the rules of a file find spans: names first, then patterns layer by layer, in many texts at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from labeling.suggestions.names import load_names
from labeling.suggestions.pattern_tokens import PatternTokens
from labeling.suggestions.patterns import Pattern, compile_pattern
from labeling.suggestions.phrases import PhraseTable
from labeling.suggestions.rule_file import RuleLayer, Rules, parse_pattern, pattern_error
from labeling.suggestions.token_row import RowSpan, TokenRow, find_word, keep_longest
from labeling.tokens import make_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

# A name is also looked for in capitals ("NEW DELHI"), but only from this length on: "US" and "Us" are two words.
_LEAST_IN_CAPITALS = 4
_ROW_CHARACTERS = 50_000  # of the texts that are looked at together: some ten thousand tokens
_NEW_WORDS = 100_000  # what a vocabulary may grow by: some 25 MB


class FoundSpan(NamedTuple):
    """A span that a rule found, in code points, as a half-open interval."""

    start: int
    end: int
    label: str


class Finder:
    """Rules compiled for one language: call it with a text to get the spans they find."""

    def __init__(self, rules: Rules, language: str) -> None:
        """Look up the names, and compile the patterns.

        Raises:
            ProjectFileError: A pattern has a fault, or spaCy has no tokenizer for the language.
        """
        self._rules, self._language = rules, language
        self._compile()

    def __call__(self, text: str) -> list[FoundSpan]:
        """All spans that the rules find, sorted, longer first. Nested spans are kept; of crossing ones, the longer."""
        return next(self.find_all([text]))

    def find_all(self, texts: Iterable[str]) -> Iterator[list[FoundSpan]]:
        """The spans in each of many texts: in several at once, which takes a third of the time."""
        for some in _take_some(texts):
            if len(self._nlp.vocab.strings) > self._most_words:
                self._compile()
            yield from self._find_in_row(TokenRow([*map(self._nlp.make_doc, some)]))

    def _compile(self) -> None:
        """Begin with a new vocabulary: spaCy's keeps every word that it has met."""
        rules = self._rules
        self._nlp = make_tokenizer(self._language)
        self._tokens = PatternTokens(self._nlp.vocab)
        self._names = PhraseTable(self._nlp, _all_names(rules), self._tokens)
        self._terms = PhraseTable(self._nlp, rules.terms, self._tokens, any_case=True)
        self._layers = tuple(_prepare_layer(layer, rules.tokens, self._tokens) for layer in rules.layers)
        self._most_words = len(self._nlp.vocab.strings) + _NEW_WORDS

    def _find_in_row(self, row: TokenRow) -> Iterator[list[FoundSpan]]:
        # Words never change; which labels they have does, with every layer.
        words = self._tokens.places(row)
        # Names and terms first; the layers build on them.
        spans = row.entities = keep_longest([*self._names.find(row, words), *self._terms.find(row, words)])
        fitting = self._tokens.filter_by_label(words, row)
        for layer in self._layers:
            new = layer.spans(row, fitting)
            if new:
                spans = [*layer.keep_old(spans, new), *new]
                row.entities = [*new, *_drop_touching(row.entities, new)]
                fitting = self._tokens.filter_by_label(words, row)
        return _split_by_text(row, [*spans, *_find_echoes(row, spans, self._rules.echoes)])


def _take_some(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts, some at a time: up to a number of characters, or one that is longer."""
    some, length = list[str](), 0
    for text in texts:
        if some and length + len(text) > _ROW_CHARACTERS:
            yield some
            some, length = [], 0
        some.append(text)
        length += len(text)
    if some:
        yield some


@dataclass(frozen=True)
class _PreparedLayer:
    """One layer and its compiled patterns."""

    layer: RuleLayer
    patterns: tuple[Pattern, ...]

    def spans(self, row: TokenRow, fitting: Sequence[int]) -> list[RowSpan]:
        """The longest spans of this layer; none overlaps another."""
        # Patterns of one layer compete: the longest match wins, whichever pattern it is of.
        found = {place for pattern in self.patterns for place in pattern.spans(row, fitting)}
        return keep_longest(RowSpan(start, end, self.layer.label) for start, end in sorted(found))

    def keep_old(self, old: Iterable[RowSpan], new: Iterable[RowSpan]) -> Iterator[RowSpan]:
        """The spans found before, without those that are hidden inside one of the new ones."""
        # New spans do not overlap, so a token is in one of them at most.
        outer = {at: span.start for span in new for at in range(span.start, span.end)}
        for span in old:
            around_start, around_end = outer.get(span.start), outer.get(span.end - 1)
            inside = around_start is not None and around_start == around_end
            if not (inside and span.label in self.layer.hides):
                yield span


def _all_names(rules: Rules) -> dict[str, list[str]]:
    """The names of the file and of the libraries, by label, each also in capitals."""
    # The lists of the libraries come on top of the names of the file.
    names = {label: set(own) for label, own in rules.names.items()}
    for which, label in rules.lists.items():
        names.setdefault(label, set()).update(load_names(which) - set(rules.without))
    return {
        label: sorted(own | {name.upper() for name in own if len(name) >= _LEAST_IN_CAPITALS})
        for label, own in sorted(names.items())
    }


def _prepare_layer(
    layer: RuleLayer, named: Mapping[str, Mapping[str, JsonValue]], tokens: PatternTokens
) -> _PreparedLayer:
    from spacy.errors import MatchPatternError

    patterns = []
    for pattern in layer.patterns:
        parts, marked = parse_pattern(pattern, named)
        try:
            patterns.append(compile_pattern(parts, marked, tokens))
        except (MatchPatternError, ValueError) as error:
            raise pattern_error(pattern, str(error)) from None
    return _PreparedLayer(layer, tuple(patterns))


def _drop_touching(old: Iterable[RowSpan], new: Iterable[RowSpan]) -> Iterator[RowSpan]:
    """The old spans that share no token with a new one."""
    taken = {at for span in new for at in range(span.start, span.end)}
    return (span for span in old if taken.isdisjoint(range(span.start, span.end)))


def _find_echoes(row: TokenRow, spans: Iterable[RowSpan], labels: Iterable[str]) -> Iterator[RowSpan]:
    """The last words of what was found, wherever they occur again in the same text and nothing else was found."""
    last = {(row.number_at(span.start), span.label, row.last_word(span)) for span in spans if span.label in labels}
    named = {at for span in row.entities for at in range(span.start, span.end)} if last else set()
    # Words as tokens, so that `Kim` is not found inside `Kimberley`.
    for number, label, words in last:
        first, length = row.firsts[number], len(words)
        stop = first + len(row.docs[number])
        at = find_word(row.words, words[0], first, stop)
        while at >= 0:
            if tuple(row.words[at : at + length]) == words and named.isdisjoint(range(at, at + length)):
                yield RowSpan(at, at + length, label)
            at = find_word(row.words, words[0], at + 1, stop)


def _split_by_text(row: TokenRow, spans: Iterable[RowSpan]) -> Iterator[list[FoundSpan]]:
    """The spans of each text as offsets, without those that cross a longer one."""
    found: list[set[FoundSpan]] = [set() for _ in row.docs]
    for span in spans:
        number, start, end = row.offsets(span)
        found[number].add(FoundSpan(start, end, span.label))
    return map(_drop_crossing, found)


def _drop_crossing(spans: Iterable[FoundSpan]) -> list[FoundSpan]:
    """The spans sorted, without those that cross a longer one.

    Of 0..9, 4..12 and 5..9 the first and the last are kept: 4..12 is shorter than 0..9 and crosses it.
    """
    return sorted(_without_crossing(spans), key=lambda each: (each.start, -each.end, each.label))


def _without_crossing(found: Iterable[FoundSpan]) -> Iterator[FoundSpan]:
    longest_first = sorted(found, key=lambda each: (each.start - each.end, each))
    edges = bytearray(max((each.end for each in longest_first), default=0) + 1)
    for one in longest_first:
        # Whatever was kept is at least as long: it crosses this one if it starts or ends inside.
        if edges.find(1, one.start + 1, one.end) < 0:
            edges[one.start] = edges[one.end] = 1
            yield one
