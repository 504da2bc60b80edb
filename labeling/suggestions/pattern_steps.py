"""Steps of a pattern over a row of tokens, by bit masks: bit n of a number represents place n.

All places are walked at once: a step moves the places reached so far, as far as its token fits there, one place on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class PatternStep(NamedTuple):
    """One token of a pattern: its number in `PatternTokens`, whether it may be missing, and whether repeated."""

    token: int
    optional: bool
    repeated: bool


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
        ahead = _step(reached, fitting[token], repeated=repeated)
        trodden |= ahead
        reached = ahead | reached if optional else ahead
        if not reached:
            return
    yield from _finished_rows(trodden, reached & trodden)


def longest_matches(steps: Sequence[PatternStep], fits: Sequence[int], length: int) -> list[tuple[int, int]]:
    """The matches in a short stretch, as spaCy chooses them: the longest first, then what overlaps none before it.

    Args:
        steps: Of the pattern.
        fits: The mask of the places in the stretch where the token of each step fits.
        length: Of the stretch.
    """
    # Most stretches are one match.
    if _reach(steps, fits, 1) >> length & 1:
        return [(0, length)]
    found = list[tuple[int, int]]()
    for first in range(length):
        ends = _reach(steps, fits, 1 << first)
        found += [(first, last) for last in range(first + 1, length + 1) if ends >> last & 1]
    chosen, taken = list[tuple[int, int]](), 0
    for first, last in sorted(found, key=lambda match: (match[0] - match[1], match[0])):
        bits = (1 << last) - (1 << first)
        if not taken & bits:
            taken |= bits
            chosen.append((first, last))
    return chosen


def places_of_steps(steps: Sequence[PatternStep], fits: Sequence[int], first: int, last: int) -> list[int]:
    """For each step of a pattern, the mask of the places that it may have in the match from ``first`` to ``last``.

    For ``name* [ name+ ]`` in three names these are 0 and 1, and all three: it can be read in three ways.
    """
    # Forwards: where each step may begin, or go on. Backwards: from where the end can be reached.
    starts, reached = list[int](), 1 << first
    for (_, optional, repeated), fit in zip(steps, fits, strict=True):
        ahead = _step(reached, fit, repeated=repeated)
        starts.append(reached | ahead if repeated else reached)
        reached = ahead | reached if optional else ahead
    used, target = list[int](), 1 << last
    for (_, optional, repeated), fit, start in zip(reversed(steps), reversed(fits), reversed(starts), strict=True):
        before = fit & target >> 1
        while repeated and before | (fit & before >> 1) != before:
            before |= fit & before >> 1
        used.append(start & before)
        target = before | target if optional else before
    return used[::-1]


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


def _reach(steps: Iterable[PatternStep], fits: Iterable[int], reached: int) -> int:
    """The places at which the pattern may end that begins at those reached."""
    for (_, optional, repeated), fit in zip(steps, fits, strict=True):
        ahead = _step(reached, fit, repeated=repeated)
        reached = ahead | reached if optional else ahead
        if not reached:
            break
    return reached


def _step(reached: int, fits: int, *, repeated: bool) -> int:
    """The places one token after those reached, where it fits; if repeated, as many tokens after as fit in a row."""
    ahead = (reached & fits) << 1
    # The carry of the sum runs through each row of fitting tokens from where it is entered to its end.
    return ahead | ((ahead & fits) + fits) ^ fits if repeated else ahead
