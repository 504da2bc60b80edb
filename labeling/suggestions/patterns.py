"""Patterns of tokens: the stretches of a text where one can match, and what it matches there.

What a pattern matches is decided by spaCy's `Matcher`. It tries every pattern at every token, though, and calls Python
for each list of words, while most patterns match nowhere in most texts. So it is only asked about the stretches where a
pattern can match at all. They are found for a whole text at once by bit masks: bit n of a number represents token n.

That is worth its code for the speed alone. On the 24 sample articles the shipped rules take 6 ms an article; with the
`Matcher` asked about whole texts they take 90 ms, for the same spans.
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

# Attributes that depend on the word alone, wherever it is in a text: these, and ``IS_...`` and ``LIKE_...``.
_OF_WORDS = frozenset({"TEXT", "ORTH", "LOWER", "SHAPE", "PREFIX", "SUFFIX", "LENGTH"})
_WINDOW = 20  # tokens; the longest stretch in the sample articles has nine
_OF_PLACES = frozenset({"IS_SENT_START"})


class PatternStep(NamedTuple):
    """One token of a pattern: its number in `PatternTokens`, whether it may be missing, and whether repeated."""

    token: int
    optional: bool
    repeated: bool


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
        self._listed: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._matcher = Matcher(vocab)
        self._anywhere: list[int] = []
        self._fitting: dict[int, tuple[int, ...]] = {}

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
        """The mask of the words in the doc that fit, by the number of the token."""
        import numpy as np

        # Words as numbers of the vocabulary: a text repeats most of them.
        words: list[int] = np.asarray(doc.to_array("ORTH")).tolist()
        self._learn(set(words).difference(self._fitting))
        found: list[list[int]] = [[] for _ in self._numbers]
        for at, word in enumerate(words):
            for number in self._fitting[word]:
                found[number].append(at)
        places = [_mask(each, len(words)) for each in found]
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

    def filter_by_label(self, places: Sequence[int], ents: Iterable[Stretch], length: int) -> list[int]:
        """The masks reduced to places whose label fits as well, in a doc of ``length`` tokens with these entities."""
        labelled: dict[str, list[int]] = defaultdict(list)
        for ent in ents:
            labelled[ent.label_].extend(range(ent.start, ent.end))
        found = {label: _mask(each, length) for label, each in labelled.items()}
        # No token has two labels; those of no entity have none.
        found[""] = (1 << length) - 1 ^ _union(found.values())
        return [
            at if labels is None else at & _union(found.get(label, 0) for label in labels)
            for at, labels in zip(places, self._labels, strict=True)
        ]


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; ``marked`` is its bracketed part, as places in the pattern."""

    steps: tuple[PatternStep, ...]
    matcher: Matcher
    marked: range

    def spans(self, doc: Doc, fitting: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The bracketed part of each match, in tokens; of matches that overlap, the longest counts.

        Args:
            doc: ``ENT_TYPE`` looks at the entities on it.
            fitting: The mask of the places where a token fits, by its number.
        """
        stretches = find_stretches(self.steps, fitting, len(doc))
        for start, end in (window for stretch in stretches for window in _windows(*stretch)):
            found = cast("list[tuple[int, int, int, list[int]]]", self.matcher(doc[start:end], with_alignments=True))
            for _, first, _, places in found:
                inside = [start + first + at for at, place in enumerate(places) if place in self.marked]
                if inside:
                    yield inside[0], inside[-1] + 1


def compile_pattern(parts: Sequence[TokenSpec], marked: range, tokens: PatternTokens) -> Pattern:
    """Compile a pattern in spaCy's form; its tokens are numbered by ``tokens``.

    Raises:
        MatchPatternError: spaCy does not accept it as a pattern; ValueError in some cases.
    """
    from spacy.matcher import Matcher

    matcher = Matcher(tokens.vocab)
    # The number of a match does not matter: one matcher has one pattern.
    matcher.add("", [[dict(part) for part in parts]], greedy="LONGEST")
    return Pattern(tuple(_pattern_step(part, tokens) for part in parts), matcher, marked)


def find_stretches(steps: Iterable[PatternStep], fitting: Sequence[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches of a text of ``length`` tokens in which a pattern can match, in tokens; none touches another.

    Every match lies within one of them. All places are walked at once: a step moves the places reached so far, as far
    as its token fits there, one token on. ``fitting`` is the mask of the places where a token fits, by its number.

    Of the pattern ``name name+`` in the tokens ``met Ana Maria Berg in``, where ``name`` fits tokens 1 to 3, the first
    step reaches 2 to 4 and the second 3 and 4: the stretch is 1..4.
    """
    reached = (1 << length) - 1
    trodden = 0
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
    """The runs of tokens that were walked over (bit n + 1 for token n) and in which the pattern came to its end."""
    # As text, lowest bit first: shifting the numbers from run to run would take the square of their length.
    walked, ended = f"{trodden:b}"[::-1], f"{ends:b}"[::-1]
    at = ended.find("1")
    while at >= 0:
        start, stop = walked.rfind("0", 0, at) + 1, walked.find("0", at)
        stop = len(walked) if stop < 0 else stop
        yield start - 1, stop - 1
        at = ended.find("1", stop)


def _windows(start: int, end: int) -> Iterator[tuple[int, int]]:
    """A stretch as it is, or a long one in windows that overlap by half: what is shorter than half is whole in one.

    spaCy keeps every beginning of a match with every end of it, with all that lies between them.
    """
    half = _WINDOW // 2
    for at in range(start, max(end - half, start + 1), half):
        yield at, min(at + _WINDOW, end)


def _pattern_step(part: TokenSpec, tokens: PatternTokens) -> PatternStep:
    spec = {name.upper(): value for name, value in part.items()}
    repeat = spec.pop("OP", "1")
    # A token that must not fit ("!") could be any; "{2,3}" is a repetition.
    number = tokens.number({} if repeat == "!" else spec)
    return PatternStep(number, repeat not in {"1", "+", "!"}, repeat not in {"1", "?", "!"})


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


def _listed_labels(value: object) -> frozenset[str] | None:
    """The labels that ``ENT_TYPE`` asks for, "" for no label; None when it is not just a list of them."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, dict) and "IN" in value:
        return frozenset(value["IN"])
    return None


def _mask(places: Iterable[int], length: int) -> int:
    """The number with those bits set."""
    bits = bytearray(length // 8 + 1)
    for at in places:
        bits[at // 8] |= 1 << at % 8
    return int.from_bytes(bits, "little")


def _union(places: Iterable[int]) -> int:
    return reduce(or_, places, 0)
