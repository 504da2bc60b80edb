"""What the offsets of a file count: found by the copies of the words that it holds, else doubted by where spans end.

A file that says of a span both where it is and what it covers proves its counting: the one by which all copies stand
where they are said to stand. Where no counting does that for all of them, or several do at different places, a span is
only taken where no other counting has its words as well. Without copies the counting asked for is taken; spans that
begin or end inside words by it, and not by another, are worth a warning.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.imports.offsets import (
    CODE_POINTS,
    COUNTINGS,
    LIKELY_COUNTINGS,
    article_text,
    find_telling_parts,
    make_offset_map,
    simplify_counting,
)
from labeling.imports.stretches import are_odd, list_fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from labeling.imports.record import ImportRecord, MarkParts
    from labeling.imports.stretches import PlacesInText

_CLEARLY = 3  # times as many spans inside words: far more than people draw there on purpose

_MOST_ODD = 4  # one in so many spans


@dataclass(frozen=True)
class CountingChoice:
    """What the offsets of a file count.

    ``proven`` is true where the copies of the words decide between countings. ``rivals`` are countings by which some of
    the copies stand at other places. ``doubt`` is a warning, or "".
    """

    counting: str = CODE_POINTS
    rivals: tuple[str, ...] = ()
    proven: bool = False
    doubt: str = ""


def choose_counting(records: Sequence[ImportRecord], named: str = "", *, usual: str = CODE_POINTS) -> CountingChoice:
    """Find what the offsets of a file count.

    Args:
        records: All that the file has.
        named: The counting that was asked for, "" if none was.
        usual: What offsets of its format count where nothing tells.
    """
    file = _FileView([_RecordView(record) for record in records], named, usual)
    poll = file.poll(file.likely)
    # What no tool is known to count is only tried where the rest does not do.
    if poll.most < poll.copies:
        poll = max(poll, file.poll(file.countings), key=lambda each: each.most)
    if not poll.most:
        counting = file.asked
        return CountingChoice(counting, doubt=file.doubt_places(counting, sure=bool(named)))
    best, rivals, doubt = _decide(file, poll)
    doubts = (doubt, file.doubt_places(best, sure=True))
    return CountingChoice(best, rivals, proven=True, doubt="; ".join(filter(None, doubts)))


@dataclass(frozen=True)
class _RecordView:
    """A record, seen by different countings; ``telling`` are the parts of their names that make a difference in it."""

    record: ImportRecord
    _maps: dict[str, Callable[[int], int | None]] = field(default_factory=dict)

    @cached_property
    def telling(self) -> frozenset[str]:
        return find_telling_parts(self.record.row.text)

    @cached_property
    def text(self) -> str:
        return article_text(self.record.row.text)

    @property
    def copies(self) -> Iterator[tuple[MarkParts, str]]:
        """The stretches of which the file has the words, too."""
        for mark in self.record.marks:
            if mark.covers is not None:
                yield mark.parts, mark.covers
        for start, end, words in self.record.copies:
            yield ((start, end),), words

    @cached_property
    def uncopied(self) -> list[MarkParts]:
        """The stretches of which the file does not have the words."""
        return [mark.parts for mark in self.record.marks if mark.covers is None]

    def places(self, parts: MarkParts, counting: str) -> PlacesInText:
        """Where the parts of a mark are in the article by a counting."""
        place = self._find_map(counting)
        return tuple([(place(start), place(end)) for start, end in parts])

    def list_places(self, counting: str) -> list[PlacesInText]:
        """The places by a counting of all stretches without a copy."""
        place = self._find_map(counting)
        return [tuple([(place(start), place(end)) for start, end in parts]) for parts in self.uncopied]

    def _find_map(self, counting: str) -> Callable[[int], int | None]:
        """The function from an offset counted so to the article's, made once for each counting."""
        simple = simplify_counting(counting, self.telling)
        return self._maps.get(simple) or self._maps.setdefault(simple, make_offset_map(self.record.row.text, simple))

    def differ(self, one: str, other: str) -> bool:
        """Whether two countings are two in this text."""
        return simplify_counting(one, self.telling) != simplify_counting(other, self.telling)


@dataclass(frozen=True)
class _Poll:
    """How many copies stand where each counting has them, of those for which countings differ.

    ``fitting`` is how many stand where at least one has them, ``copies`` how many there are.
    """

    votes: Counter[str]
    fitting: int
    copies: int

    @property
    def most(self) -> int:
        """How many the best counting has."""
        return max(self.votes.values(), default=0)


@dataclass(frozen=True)
class _FileView:
    """The records of a file, the counting that was asked for, or "", and the one that is usual in the format."""

    views: list[_RecordView]
    named: str
    usual: str

    @cached_property
    def telling(self) -> frozenset[str]:
        return frozenset().union(*(view.telling for view in self.views))

    @property
    def asked(self) -> str:
        """The simplest name of the counting that was asked for, else of the usual one."""
        return simplify_counting(self.named or self.usual, self.telling)

    @cached_property
    def likely(self) -> list[str]:
        """The countings of tools that differ somewhere in the file, by their simplest names."""
        return self._list_distinct(LIKELY_COUNTINGS)

    @cached_property
    def countings(self) -> list[str]:
        """All countings that differ somewhere in the file."""
        return self._list_distinct(COUNTINGS)

    def _list_distinct(self, names: Iterable[str]) -> list[str]:
        return [*dict.fromkeys(simplify_counting(each, self.telling) for each in (self.named or self.usual, *names))]

    def poll(self, countings: Sequence[str]) -> _Poll:
        """Ask all copies by which of the countings they stand where they are said to stand."""
        votes = Counter[str]()
        fitting = copies = 0
        for view in self.views:
            here = {simplify_counting(each, view.telling) for each in countings}
            for parts, words in view.copies if len(here) > 1 else ():
                places = {each: view.places(parts, each) for each in here}
                # A copy that stands at one place by all of them tells nothing.
                if len(set(places.values())) > 1:
                    found = list_fitting(view.text, places, words)
                    votes.update(each for each in countings if simplify_counting(each, view.telling) in found)
                    fitting, copies = fitting + bool(found), copies + 1
        return _Poll(votes, fitting, copies)

    def doubt_places(self, counting: str, *, sure: bool) -> str:
        """A warning about spans without a copy, where another counting would fit the words as well; else "".

        Where the counting is ``sure``, another one has to fit clearly better, and so has one that no tool is known for.
        """
        odd, by_others = self._count_odd(counting, self.likely)
        if odd:
            by_others |= self._count_odd(counting, [each for each in self.countings if each not in by_others])[1]
        doubtful = {
            other: (tally.here, tally.there)
            for other, tally in by_others.items()
            if tally.is_doubtful(clearly=sure or other not in self.likely)
        }
        uncopied = sum(len(view.uncopied) for view in self.views)
        if not doubtful and odd * _MOST_ODD <= uncopied:
            return ""
        if not doubtful:
            return (
                f"counted as {counting}, {odd} of its {uncopied} spans begin or end inside a word or on a "
                "blank, and no other counting fits better: see what its offsets count, and name it with --offsets"
            )
        # The one that gains most; of those that are as good, the likelier.
        other, (here, there) = min(doubtful.items(), key=lambda each: each[1][1] - each[1][0])
        if not here:
            return f"its spans fit the words by {other} as well as by {counting}: if it is so, name --offsets {other}"
        return (
            f"counted as {counting}, {here} of its spans begin or end inside a word or on a blank; counted as {other}, "
            f"{there or 'none'} would: if it is so, import it again with --offsets {other}"
        )

    def _count_odd(self, one: str, others: Sequence[str]) -> tuple[int, dict[str, _OddTally]]:
        """How many spans without a copy are odd by one counting, and what each of others changes about them."""
        odd, tallies = 0, {other: _OddTally() for other in others}
        for view in self.views:
            places = view.list_places(one)
            are = [are_odd(view.text, each) for each in places]
            odd += sum(are)
            for other in others:
                if view.differ(one, other):
                    tallies[other].take(view, places, are, other)
        return odd, tallies


@dataclass
class _OddTally:
    """Spans that another counting has ``moved``: how many are odd ``here``, where they were, and ``there``."""

    moved: int = 0
    here: int = 0
    there: int = 0

    def take(self, view: _RecordView, places: Sequence[PlacesInText], are: Sequence[bool], other: str) -> None:
        """Count the spans of a record, of which it is known where they are and whether they are odd there."""
        for after, before, was in zip(view.list_places(other), places, are, strict=True):
            if before != after:
                self.moved += 1
                self.here += was
                self.there += are_odd(view.text, after)

    def is_doubtful(self, *, clearly: bool) -> bool:
        """Whether spans that are odd here should be counted otherwise, by which so many would be odd there."""
        if self.here and self.there * _CLEARLY <= self.here:
            return True
        # Spans that are as good either way tell nothing, and what tells nothing is in doubt.
        return self.moved > 0 and not clearly and (not self.there or self.here * _CLEARLY > self.there)


def _decide(file: _FileView, poll: _Poll) -> tuple[str, tuple[str, ...], str]:
    """The counting that most copies fit, its rivals, and what is doubtful about it."""
    best, *others = sorted(poll.votes, key=lambda each: (-poll.votes[each], each != file.asked, COUNTINGS.index(each)))
    if poll.most < poll.fitting:
        doubt = (
            f"the copies of the words in it fit no one counting: {poll.most} of {poll.fitting} fit {best}, which was "
            "taken, and the others are quarantined; import what another tool counted for itself, with its --offsets"
        )
        return best, tuple(others), doubt
    as_many = [each for each in others if poll.votes[each] == poll.most]
    tied = tuple(each for each in as_many if _are_at_odds(file.views, best, each))
    if file.named and best != file.asked:
        doubt = f"the copies of the words in it fit {best}, and not {file.named} as --offsets has it: {best} was taken"
        return best, tied, doubt
    if file.named or not tied:
        return best, (), ""
    doubt = (
        f"the copies of the words in it stand at different places by {' and by '.join((best, *tied))}: what differs "
        "is quarantined; say which it is with --offsets NAME"
    )
    return best, tied, doubt


def _are_at_odds(views: Iterable[_RecordView], one: str, other: str) -> bool:
    """Whether two countings have the words of a copy at different places, or a span without one."""
    for view in views:
        if view.differ(one, other) and any(
            view.places(each, one) != view.places(each, other) for each in view.uncopied
        ):
            return True
        for parts, words in view.copies if view.differ(one, other) else ():
            places = {each: view.places(parts, each) for each in (one, other)}
            if len(set(places.values())) > 1 and len(list_fitting(view.text, places, words)) > 1:
                return True
    return False
