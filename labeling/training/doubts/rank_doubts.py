"""All that speaks against gold in one list, what is most likely an error first. Pure.

Kinds are ranked against each other by the share of their doubts that were errors where errors had been planted
(`scripts/score_doubts.py`): that of the first of a kind, halved with each so many further ones. The same words
with the same reading in another place come later. Two kinds that speak
against one reading are taken as witnesses that know nothing of each other: both are wrong more rarely than one.

A span of which an end is wrong is doubted twice: as it is, and where it should be. Both are one question, and one row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.annotations import fold_words, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.training.doubts.marked_text import Suspicion
    from labeling.workspace.rows.doubt import DoubtKind

# The share of the first doubts of each kind that were planted errors: about a label, a span too many, one that is
# missing, and one that is missing where another of its label overlaps it.
_FIRST = {
    ("model", "label"): 0.7,
    ("model", "extra"): 0.7,
    ("model", "missing"): 0.7,
    ("model", "boundary"): 0.6,
    ("rare reading", "label"): 0.3,
    ("rare reading", "extra"): 0.35,
    ("rare reading", "missing"): 0.45,
    ("rare reading", "boundary"): 0.3,
    # Decisions were not planted: a judgement on the same words, and not on the same place.
    ("precedent", "label"): 0.6,
    ("precedent", "extra"): 0.6,
    ("precedent", "missing"): 0.4,
    ("precedent", "boundary"): 0.4,
    # One of two is an error at most, and each is listed.
    ("reprint", "label"): 0.3,
    ("reprint", "extra"): 0.3,
    ("reprint", "missing"): 0.3,
    ("reprint", "boundary"): 0.3,
    # A cut word is always an error, and one that a rule finds as well: it leaves room for what no rule finds.
    ("edge", "cut"): 0.5,
    ("edge", "odd"): 0.1,
}
_AGAIN = 0.8  # of its strength a doubt has that repeats another one, word for word: one look may settle both
_HALF = 15  # doubts of one kind, after which the share is half of what it was


@dataclass(frozen=True)
class RankedDoubt:
    """What speaks against one reading: the strongest reason, all kinds and reasons, and the share expected right.

    ``ends`` is where the span should begin and end, if anything says so.
    """

    suspicion: Suspicion
    kinds: tuple[DoubtKind, ...]
    whys: tuple[str, ...]
    score: float
    ends: tuple[int, int] | None = None


def rank_suspicions(suspicions: Iterable[Suspicion]) -> list[RankedDoubt]:
    """One list, the most likely error first; in whatever order they come, the result is the same."""
    streams: dict[tuple[str, str], list[Suspicion]] = {}
    for each in suspicions:
        streams.setdefault((each.kind, _aspect(each)), []).append(each)
    expected = [
        RankedDoubt(each, (each.kind,), (each.why,), _FIRST[stream] * strength * 0.5 ** (place / _HALF), each.ends)
        for stream, members in streams.items()
        for place, (strength, each) in enumerate(_order_stream(members))
    ]
    return _join_questions(_join_readings(expected))


def _order_stream(suspicions: Iterable[Suspicion]) -> list[tuple[float, Suspicion]]:
    """The strongest first, each with how strong it is; the same words with the same reading once more are less so."""
    seen = Counter[tuple[str, str, str]]()
    ordered: list[tuple[float, Suspicion]] = []
    for each in sorted(set(suspicions), key=_by_strength):
        words = fold_words(each.text), each.label, each.instead
        ordered.append((each.strength * _AGAIN ** seen[words], each))
        seen[words] += 1
    return sorted(ordered, key=lambda pair: (-pair[0], *_by_strength(pair[1])))


def _aspect(suspicion: Suspicion) -> str:
    if suspicion.kind == "edge":
        return "cut" if suspicion.strength == 1 else "odd"
    if not suspicion.label:
        return "boundary" if suspicion.beside else "missing"
    return "label" if suspicion.instead else "extra"


def _by_strength(suspicion: Suspicion) -> tuple[float, str, int, int, str, str, str]:
    place = suspicion.article, suspicion.start, suspicion.end
    return -suspicion.strength, *place, suspicion.label, suspicion.instead, suspicion.why


def _by_score(doubt: RankedDoubt) -> tuple[float, str, int, int, str, str, str]:
    return -doubt.score, *_by_strength(doubt.suspicion)[1:]


def _join_readings(doubts: Iterable[RankedDoubt]) -> list[RankedDoubt]:
    """One doubt a reading: what gold has at one stretch."""
    by_reading: dict[tuple[str, int, int, str], RankedDoubt] = {}
    for doubt in sorted(doubts, key=_by_score):
        each = doubt.suspicion
        reading = each.article, each.start, each.end, each.label
        known = by_reading.get(reading)
        by_reading[reading] = _join_doubts(known, doubt) if known else doubt
    return sorted(by_reading.values(), key=_by_score)


def _join_questions(doubts: Sequence[RankedDoubt]) -> list[RankedDoubt]:
    """One doubt a question: that a span is missing belongs to the doubt about a span of that label that overlaps it."""
    by_article: dict[str, list[int]] = {}
    kept: dict[int, RankedDoubt] = {}
    for number, doubt in enumerate(doubts):
        same = by_article.setdefault(doubt.suspicion.article, [])
        known = next((other for other in same if _is_one_question(kept[other].suspicion, doubt.suspicion)), None)
        if known is None:
            same.append(number)
            kept[number] = doubt
        else:
            kept[known] = _join_doubts(kept[known], doubt)
    return sorted(kept.values(), key=_by_score)


def _is_one_question(one: Suspicion, other: Suspicion) -> bool:
    # Two spans that are both there are two questions.
    if one.label and other.label:
        return False
    is_same = (one.label or one.instead) == (other.label or other.instead)
    return is_same and overlaps(one.start, one.end, other.start, other.end)


def _join_doubts(one: RankedDoubt, other: RankedDoubt) -> RankedDoubt:
    about = other.suspicion
    # Of a span that is there, what is missing beside it tells the ends.
    missing = (about.start, about.end) if one.suspicion.label and not about.label else None
    return replace(
        one,
        kinds=tuple(dict.fromkeys((*one.kinds, *other.kinds))),
        whys=tuple(dict.fromkeys((*one.whys, *other.whys))),
        score=1 - (1 - one.score) * (1 - other.score),
        ends=one.ends or other.ends or missing,
    )
