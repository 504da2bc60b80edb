"""What trials of stopping come to: how often an interval covers what was true, and what stopping costs and saves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from labeling.learning.stopping import judge_stopping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.workspace.rows.learning_rows import Outlook, StoppingVerdict
    from simulated.stopping_trials import TrialRound

_VERDICTS: tuple[StoppingVerdict, ...] = ("go on", "stop", "cannot tell")


@dataclass(frozen=True)
class JudgedRound:
    """A round, what the verdict was, and what is true: the mean gain over the draws."""

    labelled: int
    outlook: Outlook
    gain: float

    @property
    def covered(self) -> bool:
        """Whether what is true lies within the interval."""
        return self.outlook.interval is not None and self.outlook.interval[0] <= self.gain <= self.outlook.interval[1]


def judge_trials(
    trials: Sequence[Sequence[TrialRound]], horizon: int, worth: float, label: str | None = None
) -> list[list[JudgedRound]]:
    """The verdict on each round that has runs; of a label, on each where what is true is known for all draws."""
    return [
        [
            JudgedRound(each.labelled, judge_stopping(each.runs, horizon, worth, str(seed), label=label), mean(gains))
            for each in rounds
            if (gains := _known_gains(each, label))
        ]
        for seed, rounds in enumerate(trials, start=1)
    ]


def _known_gains(each: TrialRound, label: str | None) -> tuple[float, ...]:
    gains = each.gain if label is None else each.label_gains.get(label, ())
    known = tuple(gain for gain in gains if gain is not None)
    return known if len(known) == len(gains) else ()


def describe_coverage(judged: Sequence[Sequence[JudgedRound]]) -> Iterator[str]:
    """A line for each size: how often the interval covers the true gain, both means, the mean width, the verdicts."""
    yield f"{'labelled':<10}{'covered':>9}{'true':>8}{'told':>8}{'width':>8}   go on / stop / cannot tell"
    rows = [row for rounds in judged for row in rounds if row.outlook.interval]
    sizes = {str(size): [row for row in rows if row.labelled == size] for size in _sizes_of(rows)}
    for name, chosen in ({**sizes, "all": rows} if rows else {}).items():
        told = [row.outlook.gain or 0.0 for row in chosen]
        widths = [high - low for low, high in (row.outlook.interval or (0.0, 0.0) for row in chosen)]
        yield (
            f"{name:<10}{mean(row.covered for row in chosen):>9.1%}{100 * mean(row.gain for row in chosen):>8.2f}"
            f"{100 * mean(told):>8.2f}{100 * mean(widths):>8.2f}   {_write_verdicts(chosen)}"
        )


def describe_labels(trials: Sequence[Sequence[TrialRound]], horizon: int, worth: float) -> Iterator[str]:
    """A line for each label: over how many rounds, how often its interval covers, and its verdicts."""
    labels = sorted({label for rounds in trials for each in rounds for label in each.label_gains})
    yield f"{'label':<20}{'rounds':>8}{'covered':>9}{'width':>8}   go on / stop / cannot tell"
    for label in labels:
        rows = [row for rounds in judge_trials(trials, horizon, worth, label) for row in rounds if row.outlook.interval]
        if rows:
            widths = [high - low for low, high in (row.outlook.interval or (0.0, 0.0) for row in rows)]
            yield (
                f"{label:<20}{len(rows):>8}{mean(row.covered for row in rows):>9.1%}{100 * mean(widths):>8.1f}"
                f"   {_write_verdicts(rows)}"
            )


def describe_stopping(
    trials: Sequence[Sequence[TrialRound]], judged: Sequence[Sequence[JudgedRound]], horizon: int, worth: float
) -> Iterator[str]:
    """A line for each rule of stopping: articles labelled, saved, and F1 lost, beside never stopping; the regret.

    Where ``horizon`` articles cost as much as ``worth`` of F1 is worth, regret is what the best round in hindsight is
    better than the one where it was stopped: 0.6 at 100 and 0.65 at 150 with 50 articles at 0.01 are a regret of 0.04.
    """
    pairs = list(zip(trials, judged, strict=True))
    stops = {
        "at the verdict": [_first([row.outlook.verdict == "stop" for row in rows]) for _, rows in pairs],
        "where it is true": [_first([row.gain < worth for row in rows]) for _, rows in pairs],
        "where the gain told is less": [_first([(row.outlook.gain or 0) < worth for row in rows]) for _, rows in pairs],
    }
    stops |= {f"at {each.labelled}": [at] * len(pairs) for at, each in enumerate(trials[0])}
    yield f"{f'stop, worth {worth}':<30}{'articles':>10}{'saved':>8}{'F1 lost':>9}{'at most':>9}{'regret':>8}   stopped"
    for name, places in stops.items():
        ended = [rounds[at] for (rounds, _), at in zip(pairs, places, strict=True)]
        lost = [rounds[-1].f1 - end.f1 for (rounds, _), end in zip(pairs, ended, strict=True)]
        saved = [1 - end.labelled / rounds[-1].labelled for (rounds, _), end in zip(pairs, ended, strict=True)]
        regret = [
            max(each.f1 - worth * (each.labelled - end.labelled) / horizon for each in rounds) - end.f1
            for (rounds, _), end in zip(pairs, ended, strict=True)
        ]
        early = sum(share > 0 for share in saved)
        yield (
            f"{name:<30}{mean(end.labelled for end in ended):>10.0f}{mean(saved):>8.1%}{100 * mean(lost):>9.2f}"
            f"{100 * max(lost):>9.2f}{100 * mean(regret):>8.2f}   {early}"
        )


def _write_verdicts(rows: Sequence[JudgedRound]) -> str:
    verdicts = Counter(row.outlook.verdict for row in rows)
    return " / ".join(str(verdicts[each]) for each in _VERDICTS)


def _first(stopped: Sequence[bool]) -> int:
    """The first round at which it is stopped; -1, the last one of all, where it never is."""
    return stopped.index(True) if True in stopped else -1


def _sizes_of(rows: Sequence[JudgedRound]) -> list[int]:
    return sorted({row.labelled for row in rows})
