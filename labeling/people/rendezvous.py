"""Stories to readers by rendezvous hashing with bounded loads: by share, seeded, and moving as little as can be.

Every reader bids for every story, by a hash of the two that is weighted by the reader's share (Schindelhauer and
Schomaker: Weighted distributed hash tables, 2005); whoever bids best has the story, until their share is full (Mirrokni
and others: Consistent hashing with bounded loads, 2018). What somebody has already stays theirs as far as their share
allows. A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Load:
    """What is given to one reader as a whole: what of a story nobody has started.

    ``now`` is whose it is, ``home`` whose it was in the plan of before; ``barred`` are those who must not have it, and
    ``shunned`` is one who gets it only if nobody else can.
    """

    story: str
    now: str | None = None
    home: str | None = None
    barred: frozenset[str] = frozenset()
    shunned: str | None = None


def due_shares(count: int, shares: Mapping[str, float]) -> dict[str, Fraction]:
    """How much of ``count`` stories is each reader's, exactly.

    >>> due_shares(5, {"ana": 1.0, "ben": 0.5})
    {'ana': Fraction(10, 3), 'ben': Fraction(5, 3)}
    """
    # By the figures that were written: 0.1 is a tenth.
    weights = {reader: Fraction(str(share)) for reader, share in shares.items()}
    whole = sum(weights.values())
    return {reader: count * weight / whole for reader, weight in weights.items()}


def round_shares(
    count: int, shares: Mapping[str, float], salt: str, ahead: Mapping[str, Fraction] | None = None
) -> dict[str, int]:
    """How many of ``count`` stories each reader gets, if none is barred to anybody; see `place_loads`.

    >>> round_shares(5, {"ana": 1.0, "ben": 0.5}, "seed")
    {'ana': 3, 'ben': 2}
    """
    return _Quotas(due_shares(count, shares), ahead or {}, {}, dict.fromkeys(shares, count), salt).meet()


def place_loads(
    loads: Sequence[Load],
    shares: Mapping[str, float],
    salt: str,
    ahead: Mapping[str, Fraction] | None = None,
    later: Mapping[str, Fraction] | None = None,
) -> dict[str, str]:
    """Give each load to a reader, so that each has their share of all of them to within one.

    A reader whose share cannot be met, because too much of it is barred, gets what there is. A load that is barred to
    everybody goes to one who has room.

    Args:
        loads: In any order; it changes nothing.
        shares: Of each reader, by name.
        salt: Another one, another plan.
        ahead: How much more than their share of something else each reader has: together, too, they are to be within
            one of their share.
        later: How much of something else, which is given out after this, will be due to each reader: who is rounded up
            here leaves a way to round that up and down so that they are within one of their share of both together.

    Returns:
        The reader of each story; nothing where there is nobody.
    """
    if not shares or not loads:
        return {}
    loads = sorted(loads, key=lambda load: load.story)
    held = Counter(load.now for load in loads if load.now is not None and load.now not in load.barred)
    # What everybody is barred from goes to somebody all the same.
    barred = Counter(reader for load in loads if not shares.keys() <= load.barred for reader in load.barred)
    most = {reader: len(loads) - barred[reader] for reader in shares}
    quotas = _Quotas(due_shares(len(loads), shares), ahead or {}, held, most, salt, later or {}).meet()
    placement = _Placement(loads, shares, salt, quotas)
    placement.keep()
    placement.fill()
    return {load.story: placement.reader_of[number] for number, load in enumerate(loads)}


@dataclass(frozen=True)
class _Quotas:
    """How many loads each reader gets: what is ``due``, rounded down or up, and no more than ``most``."""

    due: Mapping[str, Fraction]
    ahead: Mapping[str, Fraction]
    held: Mapping[str, int]
    most: Mapping[str, int]
    salt: str
    later: Mapping[str, Fraction] = field(default_factory=dict)

    def meet(self) -> dict[str, int]:
        """The quotas; they add up to all there is."""
        quotas = {reader: min(int(due), self.most[reader]) for reader, due in self.due.items()}
        left = int(sum(self.due.values())) - sum(quotas.values())
        for reader in self._rank_claims():
            if left and quotas[reader] < self.due[reader] and quotas[reader] < self.most[reader]:
                quotas[reader] += 1
                left -= 1
        # Somebody cannot have their share: the others have more than theirs.
        while left and (open_to := [reader for reader in self.due if quotas[reader] < self.most[reader]]):
            reader = min(open_to, key=lambda name: ((quotas[name] + 1) / self.due[name], self._tie(name)))
            quotas[reader] += 1
            left -= 1
        return quotas

    def _rank_claims(self) -> list[str]:
        """The readers, those first who are rounded up.

        Of what comes later some are rounded up, too, so many as its fractions add up to. Whoever has more than one by
        both fractions must be rounded up in one of the two: if those are too many for the later one, some are here.
        Whoever has less must not be in both: if too many are here, too few are left for the later one.
        """
        ranked = sorted(self.due, key=self._claim)
        ups = {reader: due % 1 for reader, due in self.later.items()}
        number = int(sum(ups.values()))
        in_one = [reader for reader in ranked if self.due[reader] % 1 + ups.get(reader, 0) > 1]
        here = in_one[: max(0, len(in_one) - number)]
        room = sum(up > 0 for up in ups.values()) - number
        in_no_more = [reader for reader in ranked if reader not in in_one and ups.get(reader)]
        late = in_no_more[max(0, room) :]
        return [*here, *(reader for reader in ranked if reader not in here and reader not in late), *late]

    def _claim(self, reader: str) -> tuple[bool, bool, bool, Fraction, str]:
        """Who is rounded up first: whoever would otherwise be behind by more than one, then who has as much already."""
        due, ahead = self.due[reader], self.ahead.get(reader, Fraction(0))
        floor = int(due)
        is_behind, is_ahead = ahead + floor - due < -1, ahead + floor + 1 - due > 1
        return not is_behind, is_ahead, self.held.get(reader, 0) <= floor, floor - due, self._tie(reader)

    def _tie(self, reader: str) -> str:
        return digest_of(f"{self.salt}:{reader}")


class _Placement:
    """Loads on their way to readers: who has which, by number, and how much room is left."""

    def __init__(
        self, loads: Sequence[Load], shares: Mapping[str, float], salt: str, quotas: Mapping[str, int]
    ) -> None:
        self.loads = loads
        self.readers = sorted(shares)
        from labeling.people.bids import compute_bids

        stories = [(load.story, load.shunned) for load in loads]
        self.bids = compute_bids(stories, self.readers, due_shares(1, shares), salt)
        self.room = dict(quotas)
        # Where quotas cannot be met as they were rounded, somebody may be rounded up instead.
        self.slack = {reader: ceil(share) for reader, share in due_shares(len(loads), shares).items()}
        self.reader_of: dict[int, str] = {}
        self.held: dict[str, list[int]] = {reader: [] for reader in self.readers}

    def keep(self) -> None:
        """Leave with each reader what they have, as far as their quota goes: what they bid best for."""
        for place, reader in enumerate(self.readers):
            # What came only lately goes first.
            own = sorted(
                (load.home != load.now, self.bids[number, place], number)
                for number, load in enumerate(self.loads)
                if load.now == reader and reader not in load.barred
            )
            for _, _, number in own[: self.room[reader]]:
                self._give(number, reader)

    def fill(self) -> None:
        """Give what is left to whoever bids best and has room, in the order of the best bids."""
        rest = [number for number in range(len(self.loads)) if number not in self.reader_of]
        if not rest:
            return
        from labeling.people.bids import rank_bids

        for place, ranks in rank_bids(self.bids[rest]):
            self._place(rest[place], [self.readers[each] for each in ranks])

    def _place(self, number: int, ranked: Sequence[str]) -> None:
        able = [reader for reader in ranked if reader not in self.loads[number].barred] or ranked
        for room in (self.room, self.slack):
            with_room = next((reader for reader in able if room[reader] > 0), None)
            # One who could have it makes room for it, by giving something to one who has room.
            if reader := with_room or self._make_room(able, room):
                self._give(number, reader)
                return
        self._give(number, able[0])

    def _give(self, number: int, reader: str) -> None:
        self.reader_of[number] = reader
        self.held[reader].append(number)
        self.room[reader] -= 1
        self.slack[reader] -= 1

    def _make_room(self, able: Sequence[str], room: Mapping[str, int]) -> str | None:
        """One of the readers, who has room after loads were handed on from reader to reader; None if none can."""
        came_from: dict[str, str | None] = dict.fromkeys(able)
        waiting = deque(able)
        while waiting:
            giver = waiting.popleft()
            for taker in self.readers:
                if taker in came_from or self._find_to_hand_on(giver, taker) is None:
                    continue
                came_from[taker] = giver
                if room[taker] > 0:
                    return self._hand_on(taker, came_from)
                waiting.append(taker)
        return None

    def _hand_on(self, taker: str, came_from: Mapping[str, str | None]) -> str:
        while (giver := came_from[taker]) is not None:
            number = self._find_to_hand_on(giver, taker)
            if number is not None:
                self.held[giver].remove(number)
                self.room[giver] += 1
                self.slack[giver] += 1
                self._give(number, taker)
            taker = giver
        return taker

    def _find_to_hand_on(self, giver: str, taker: str) -> int | None:
        # The last ones first: what was kept stays, if it can.
        return next((each for each in reversed(self.held[giver]) if taker not in self.loads[each].barred), None)
