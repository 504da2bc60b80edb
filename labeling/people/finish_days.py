"""When work will be done, from how much of it was done on each day so far: resampled days, and never a straight line.

A draw of the future is made in two steps. First the days of the past are drawn anew, with replacement, one fewer than
there are (so that they vary as widely as what is not known of them): how fast somebody really is, is known only so
well. Then the future is drawn from these, day after day, until nothing is left. The middle 95 % of a thousand such
futures are the interval, the middle one is the day that is told.

The past is cut to whole weeks, the last ones, and to twelve at most: who was slow in spring may not be in summer. Of
eight weeks or more whole weeks are drawn, so that weekends stay weekends and a slow week stays one; of fewer, days.
Days without any work are days, too. Today is not over: what is drawn for it is less what was done already.

An example. Two articles on each of the last 28 days, none today yet, and five left: they will be done in two days,
in every draw. What a draw does not finish within five years is never done, as far as anybody can tell.

Simulated, the intervals held the true day 87 to 100 times in a hundred where days are alike but for weekends, and 74 to
86 times where whole weeks are slow or fast and fewer than eight of them are known: nobody can tell then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from labeling.evaluation.resampling import BOOTSTRAP
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.forecast import Finish

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from labeling.evaluation.resampling import Bootstrap

WEEK = 7  # days
# Weeks of the past that tell something about the next ones.
MOST_WEEKS = 12
# Of fewer than these, single days are drawn.
ENOUGH_WEEKS = 8
MOST_YEARS = 5
_NEVER = f"at this pace it may take more than {MOST_YEARS} years"


@dataclass(frozen=True)
class WorkedDays:
    """How much was done on each day, and the day (not over yet) that is the last of which something is known."""

    done: Mapping[date, int]
    today: date

    @property
    def past(self) -> list[int]:
        """How much on each day before today: whole weeks, the last ones, or the days there are in the first week."""
        first = min(self.done, default=self.today)
        known = (self.today - first).days
        days = min(known // WEEK, MOST_WEEKS) * WEEK or max(0, known)
        return [self.done.get(self.today - timedelta(days=back), 0) for back in range(days, 0, -1)]

    @property
    def why_unknown(self) -> str:
        """Why nothing can be told of the next days; empty where something can."""
        past = self.past
        if len(past) < WEEK:
            return f"it takes a week of work to tell, and there are {len(past)} days before the last pull"
        return "" if any(past) else f"nothing was submitted in the last {len(past)} days"


def measure_weekly_pace(worked: WorkedDays, bootstrap: Bootstrap = BOOTSTRAP) -> Coefficient:
    """How much is done in a week, with its interval; without one before a week of work has passed."""
    import numpy as np

    past = worked.past
    if not past:
        return Coefficient(value=None, items=0, undefined="nothing was submitted before the day of the last pull")
    value, done = sum(past) / len(past) * WEEK, sum(past)
    if len(past) < WEEK:
        return Coefficient(value=value, items=done, undefined=worked.why_unknown)
    drawn = _draw_pasts(past, bootstrap).mean(axis=(1, 2)) * WEEK
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Coefficient(value=value, items=done, interval=(float(low), float(high)))


def draw_finish(worked: WorkedDays, left: int, bootstrap: Bootstrap = BOOTSTRAP) -> NDArray[np.float64]:
    """In how many days from today each draw of the future is done with what is left; infinite where it never is.

    Something is left, and the past can tell (see `WorkedDays.why_unknown`).
    """
    import numpy as np

    pasts = _draw_pasts(worked.past, bootstrap)
    source = np.random.Generator(np.random.PCG64(bootstrap.seed + 1))
    draws, blocks, length = pasts.shape
    rows = np.arange(draws)[:, None]
    done, ended = np.zeros(draws), np.full(draws, math.inf)
    credit = worked.done.get(worked.today, 0)
    for week in range(MOST_YEARS * 366 // WEEK):
        chosen = source.integers(0, blocks, size=(draws, WEEK // length))
        days = pasts[rows, chosen].reshape(draws, WEEK).astype(np.float64)
        if not week:
            days[:, 0] = np.maximum(0, days[:, 0] - credit)
        reached = done[:, None] + days.cumsum(axis=1)
        ends = np.isinf(ended) & (reached[:, -1] >= left)
        ended[ends] = week * WEEK + (reached[ends] >= left).argmax(axis=1)
        done = reached[:, -1]
        if not np.isinf(ended).any():
            break
    return ended


def describe_finish(ended: NDArray[np.float64], today: date) -> Finish:
    """The day on which the middle draw is done, and the interval; ``ended`` are days from today."""
    import numpy as np

    # Draws that never end are the last ones: an interpolated day between them and the others is not one.
    low, middle, high = np.quantile(ended, [0.025, 0.5, 0.975], method="inverted_cdf")
    days = [
        None if math.isinf(each) else (today + timedelta(days=int(each))).isoformat() for each in (low, middle, high)
    ]
    return Finish(day=days[1], earliest=days[0], latest=days[2], why="" if days[2] else _NEVER)


def _draw_pasts(past: list[int], bootstrap: Bootstrap) -> NDArray[np.int64]:
    """Draws x blocks x days of a block: whole weeks, or single days where there are few weeks."""
    import numpy as np

    length = WEEK if len(past) >= ENOUGH_WEEKS * WEEK else 1
    blocks = np.array(past, np.int64).reshape(-1, length)
    source = np.random.Generator(np.random.PCG64(bootstrap.seed))
    return blocks[source.integers(0, len(blocks), size=(bootstrap.resamples, max(1, len(blocks) - 1)))]
