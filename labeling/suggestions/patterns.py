"""Patterns of tokens: where in a text one could stand, and what it matches there.

What a pattern matches is said by spaCy's `Matcher`. It tries every pattern at every token, though, and calls Python for
each list of words; but most patterns stand nowhere in most texts. So it is only asked about the stretches where a
pattern can match at all. They are found for a whole text at once, in whole numbers: bit n stands for token n.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spacy.matcher import Matcher
    from spacy.tokens import Doc
    from spacy.tokens import Span as Stretch
    from spacy.vocab import Vocab

    TokenSpec: TypeAlias = Mapping[str, Any]  # one token of a pattern, as spaCy writes it

# What spaCy asks of a token that depends on the word alone, wherever it stands: these, and ``IS_...`` and ``LIKE_...``.
_OF_WORDS = frozenset({"TEXT", "ORTH", "LOWER", "SHAPE", "PREFIX", "SUFFIX", "LENGTH"})
_OF_PLACES = frozenset({"IS_SENT_START"})


class PatternStep(NamedTuple):
    """One token of a pattern: its number in `PatternTokens`, whether it may be missing and whether repeated."""

    token: int
    optional: bool
    repeated: bool


class PatternTokens:
    """The tokens of all patterns, and which words fit them: spaCy is asked once about each word.

    A word that fits is needed, not enough, where spaCy looks at more than the word and ``ENT_TYPE``.
    """

    def __init__(self, vocab: Vocab) -> None:
        """Begin without any; `number` adds them."""
        from spacy.matcher import Matcher

        self.vocab = vocab
        self._numbers: dict[str, int] = {}
        self._labels: list[frozenset[str] | None] = []
        self._listed: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._matcher = Matcher(vocab)
        self._anywhere: list[int] = []
        self._fitting: dict[int, tuple[int, ...]] = {}

    def number(self, spec: TokenSpec) -> int:
        """The number of a token, whose keys are in capitals; the same for the same token.

        Raises:
            ValueError: spaCy doesn't take it for a token.
        """
        key = canonical_json(dict(spec))
        if key not in self._numbers:
            self._add(len(self._numbers), {name: value for name, value in spec.items() if _is_word_key(name)})
            self._numbers[key] = len(self._numbers)
            self._labels.append(_listed_labels(spec.get("ENT_TYPE")))
            self._fitting.clear()
        return self._numbers[key]

    def _add(self, number: int, of_word: TokenSpec) -> None:
        if not of_word:
            self._anywhere.append(number)
        elif (words := _listed_words(of_word)) is not None:
            for word in words:
                self._listed[word].append(number)
        else:
            self._matcher.add(str(number), [[dict(of_word)]])

    def places(self, doc: Doc) -> list[int]:
        """By number, where in the doc the words stand that fit."""
        import numpy as np

        words: list[int] = np.asarray(doc.to_array("ORTH")).tolist()
        self._learn(set(words).difference(self._fitting))
        places = [0] * len(self._numbers)
        for at, word in enumerate(words):
            for number in self._fitting[word]:
                places[number] |= 1 << at
        for number in self._anywhere:
            places[number] = (1 << len(words)) - 1
        return places

    def _learn(self, words: Iterable[int]) -> None:
        from spacy.tokens import Doc

        new = Doc(self.vocab, words=[self.vocab.strings[word] for word in words])
        fitting = [[*self._listed["TEXT", word.text], *self._listed["LOWER", word.lower_]] for word in new]
        for key, at, _ in self._matcher(new) if len(self._matcher) else ():
            fitting[at].append(int(self.vocab.strings[key]))
        self._fitting.update((word.orth, tuple(fitting[word.i])) for word in new)

    def labelled(self, places: Sequence[int], ents: Iterable[Stretch], length: int) -> list[int]:
        """The places that also have a label that fits, in a doc of so many tokens with these entities."""
        found: dict[str, int] = defaultdict(int)
        found[""] = (1 << length) - 1
        for ent in ents:
            mask = (1 << ent.end) - (1 << ent.start)
            found[ent.label_] |= mask
            found[""] &= ~mask
        return [
            at if labels is None else at & _union(found[label] for label in labels)
            for at, labels in zip(places, self._labels, strict=True)
        ]


@dataclass(frozen=True)
class Pattern:
    """A pattern made ready; ``marked`` has its bracketed part, as places in the pattern."""

    steps: tuple[PatternStep, ...]
    matcher: Matcher
    marked: range

    def spans(self, doc: Doc, fitting: Sequence[int]) -> Iterator[tuple[int, int]]:
        """What the brackets hold of each match, in tokens; of matches that overlap, the longest is meant.

        Args:
            doc: The entities on it are what ``ENT_TYPE`` looks at.
            fitting: By the number of a token, where in the doc it can stand.
        """
        for start, end in find_stretches(self.steps, fitting, len(doc)):
            found = cast("list[tuple[int, int, int, list[int]]]", self.matcher(doc[start:end], with_alignments=True))
            for _, first, _, places in found:
                inside = [start + first + at for at, place in enumerate(places) if place in self.marked]
                if inside:
                    yield inside[0], inside[-1] + 1


def compile_pattern(parts: Sequence[TokenSpec], marked: range, tokens: PatternTokens) -> Pattern:
    """A pattern in spaCy's form, made ready; its tokens are numbered by ``tokens``.

    Raises:
        MatchPatternError: spaCy does not take it for a pattern; ValueError in some cases.
    """
    from spacy.matcher import Matcher

    matcher = Matcher(tokens.vocab)
    matcher.add("", [[dict(part) for part in parts]], greedy="LONGEST")
    return Pattern(tuple(_pattern_step(part, tokens) for part in parts), matcher, marked)


def find_stretches(steps: Iterable[PatternStep], fitting: Sequence[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches of a text of ``length`` tokens in which a pattern can match, in tokens; none touches another.

    Every match stands within one of them. All places are walked at once: a step takes the places reached so far, those
    where its token fits, one token on. ``fitting`` tells by the number of a token where it fits.
    """
    reached, trodden = (1 << length) - 1, 0
    for token, optional, repeated in steps:
        fits = fitting[token]
        ahead = (reached & fits) << 1
        if repeated:
            # The carry of the sum runs through each row of fitting tokens from where it is entered to its end.
            ahead |= ((ahead & fits) + fits) ^ fits
        trodden |= ahead
        reached = ahead | reached if optional else ahead
        if not reached:
            return
    yield from _finished_rows(trodden, reached & trodden)


def _finished_rows(trodden: int, ends: int) -> Iterator[tuple[int, int]]:
    """Of the rows of tokens that were walked over (bit n + 1 for token n), those in which a pattern came to its end."""
    while ends:
        end = ends & -ends
        start = (~trodden & (end - 1)).bit_length()
        past = (trodden + end) & -end
        stop = (past & -past).bit_length() - 1
        yield start - 1, stop - 1
        ends = ends >> stop << stop


def _pattern_step(part: TokenSpec, tokens: PatternTokens) -> PatternStep:
    spec = {name.upper(): value for name, value in part.items()}
    repeat = spec.pop("OP", "1")
    # Of a token that may not fit ("!") we know nothing; "{2,3}" is a repetition.
    number = tokens.number({} if repeat == "!" else spec)
    return PatternStep(number, repeat not in {"1", "+", "!"}, repeat not in {"1", "?", "!"})


def _is_word_key(name: str) -> bool:
    return name in _OF_WORDS or (name.startswith(("IS_", "LIKE_")) and name not in _OF_PLACES)


def _listed_words(of_word: TokenSpec) -> list[tuple[str, str]] | None:
    """The words that fit, as printed or in small letters, when the token is just a list of them."""
    (name, value), *more = of_word.items()
    words = (
        [value] if isinstance(value, str) else value["IN"] if isinstance(value, dict) and [*value] == ["IN"] else None
    )
    return None if more or words is None or name not in {"TEXT", "LOWER"} else [(name, word) for word in words]


def _listed_labels(value: object) -> frozenset[str] | None:
    """The labels that ``ENT_TYPE`` asks for, "" for none yet; None when it is not just a list of them."""
    if isinstance(value, str):
        return frozenset({value})
    return frozenset(value["IN"]) if isinstance(value, dict) and "IN" in value else None


def _union(places: Iterable[int]) -> int:
    return reduce(or_, places, 0)
