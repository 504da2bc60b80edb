"""Patterns of tokens: the stretches of many texts where one can match, and what it matches there.

What a pattern matches is decided by spaCy's `Matcher`. It tries every pattern at every token, though, and calls Python
for each list of words, while most patterns match nowhere in most texts. So the stretches where a pattern can match at
all are found for many texts at once by bit masks, and what it matches in a short one is read from these masks as well.
spaCy is asked only where they do not say all: of tokens that depend on more than the word and its label, of long
stretches, and where a match can be read in two ways.

That is worth its code for the speed alone. With the `Matcher` asked about whole texts the shipped rules take 15 times
as long, for the same spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from labeling.suggestions.pattern_steps import PatternStep, find_stretches, longest_matches, places_of_steps
from labeling.suggestions.pattern_tokens import unite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.matcher import Matcher

    from labeling.suggestions.pattern_tokens import PatternTokens, TokenSpec
    from labeling.suggestions.token_row import TokenRow

_WINDOW = 20  # tokens; the longest stretch in the sample articles has nine


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; ``marked`` is its bracketed part, as places in the pattern.

    ``plain`` tells that the masks of its tokens say all that there is to know, so that spaCy is asked only where a
    match can be read in two ways.
    """

    steps: tuple[PatternStep, ...]
    matcher: Matcher
    marked: range
    plain: bool

    def spans(self, row: TokenRow, fitting: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The bracketed part of each match, in places of the row; of matches that overlap, the longest counts.

        Args:
            row: ``ENT_TYPE`` looks at the entities on it.
            fitting: The mask of the places where a token fits, by its number.
        """
        for start, end in find_stretches(self.steps, fitting, len(row)):
            found = self._read(fitting, start, end) if self.plain and end - start <= _WINDOW else None
            yield from self._ask(row, start, end) if found is None else found

    def _read(self, fitting: Sequence[int], start: int, end: int) -> list[tuple[int, int]] | None:
        """What is found in one stretch, read from the masks; None where a match can be read in two ways."""
        within = (1 << (end - start)) - 1
        fits = [fitting[step.token] >> start & within for step in self.steps]
        inside = [self._inside(fits, first, last) for first, last in longest_matches(self.steps, fits, end - start)]
        if None in inside:
            return None
        return [(start + each[0], start + each[1]) for each in inside if each]

    def _inside(self, fits: Sequence[int], first: int, last: int) -> tuple[int, int] | tuple[()] | None:
        """Where the bracketed part of a match is, or nowhere; None where that can be read in two ways."""
        if self.marked.start == 0 and len(self.marked) >= len(self.steps):
            return first, last
        used = places_of_steps(self.steps, fits, first, last)
        marked = unite(each for number, each in enumerate(used) if number in self.marked)
        if marked & unite(each for number, each in enumerate(used) if number not in self.marked):
            return None
        return ((marked & -marked).bit_length() - 1, marked.bit_length()) if marked else ()

    def _ask(self, row: TokenRow, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What spaCy finds in a stretch."""
        doc, base = row.doc_at(start)
        for begin, stop in _windows(start, end):
            window = doc[begin - base : stop - base]
            found = cast("list[tuple[int, int, int, list[int]]]", self.matcher(window, with_alignments=True))
            for _, first, _, places in found:
                inside = [begin + first + at for at, place in enumerate(places) if place in self.marked]
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
    steps = tuple(_pattern_step(part, tokens) for part in parts)
    plain = all(tokens.is_exact(step.token) for step in steps) and not any(map(_is_odd, parts))
    return Pattern(steps, matcher, marked, plain)


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


def _is_odd(part: TokenSpec) -> bool:
    """Whether a token has a sign of repetition that our steps only come near to."""
    return any(name.upper() == "OP" and value not in {"1", "?", "*", "+"} for name, value in part.items())
