"""How many actions do models in the loop save? A simulated reader on CrossNER's politics and on re3d.

    python scripts/simulate_learning.py [--corpora DIR] [--documents DIR] [--seeds N] [--out FILE] [--quick]

Each corpus is read as it is, and with reprints mixed in, which then are 30 % of the pool; by a reader who slips in 5
of 100 spans and takes 10 of 100 wrong suggestions for right, and by one who does neither. Reading goes in rounds; after
each a tagger is trained on all that was read (see `simulated.token_tagger`), and scored once on test: no order and no
setting depends on that score, only where a course ends. Counted are actions, two for a span mended, removed or drawn,
nothing for one kept, until the F1 is reached that drawing all spans of the pool in random order gives, less one point;
where it never was, all that were taken are counted.

CrossNER's pool is train and dev; DIR must have ``test`` beside them, else the second half of dev plays it, on which
settings are chosen. Of re3d a third of the leak groups is test, another third by each seed, and spans are flat. The
random stream is left out: what is drawn for dev and test is not trained on, in any arm, and costs the same in all.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

import click
from simulated.arms import ARMS, BY_HAND
from simulated.course import SCHEDULE, Course, ErringReader, Milestone, actions_to
from simulated.pools import REPRINTED, make_pool, read_document_pool, read_sentence_pool
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simulated.arms import Arm
    from simulated.pools import Pool

SLIPS, ACCEPTS = 0.05, 0.1
_QUICK_ARMS = ("random, by hand", "suggestions alone", "ours, all parts")
_QUICK = (0.2, 0.5, 1.0)  # what is read after each round
_SEEDS = 5
_T_OF_FOUR = 2.776  # Student's t at 97.5 %, of five seeds; for another number no interval is given


@dataclass(frozen=True)
class CourseResult:
    """What one course came to; ``needed`` is None if the aim was not reached, ``full`` is of everything by hand."""

    pool: str
    errs: bool
    arm: str
    seed: int
    aim: float
    full: int
    needed: float | None
    milestones: list[Milestone]

    @property
    def share(self) -> float:
        """The actions it needed, as a share of drawing everything: all that it took where the aim was not reached."""
        return (self.milestones[-1].actions if self.needed is None else self.needed) / self.full


@click.command()
@click.option("--corpora", default=Path("../shared/corpora/crossner_politics"), type=click.Path(path_type=Path))
@click.option("--documents", default=Path("../shared/corpora/re3d"), type=click.Path(path_type=Path))
@click.option("--seeds", default=_SEEDS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Keep results there, and go on with what is there.")
@click.option("--quick", is_flag=True, help="One seed, few articles, three arms: does it work?")
def main(corpora: Path, documents: Path, seeds: int, out: Path | None, *, quick: bool) -> None:
    """Go through the pools in each way, and print what it took."""
    threadpool_limits(1)  # the matrices are small: threads would wait for one another
    done = read_course_results(out) if out else []
    articles, shares = (60, (REPRINTED,)) if quick else (None, (0.0, REPRINTED))
    # The same for each seed: what varies is the order, and the reader.
    sentences = [
        make_pool(_name("CrossNER politics", share), *read_sentence_pool(corpora, articles), share) for share in shares
    ]
    for seed in range(1, (1 if quick else seeds) + 1):
        folding = read_document_pool(documents, seed, articles and articles // 4)
        for pool in [*sentences, *(make_pool(_name("re3d", share), *folding, share, seed) for share in shares)]:
            for result in simulate_pool(pool, seed, done, quick=quick):
                done.append(result)
                if out:
                    with out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(result)) + "\n")
    click.echo("\n".join(write_savings(done)))


def _name(corpus: str, reprints: float) -> str:
    return corpus + f", {reprints:.0%} reprints" * bool(reprints)


def simulate_pool(
    pool: Pool, seed: int, done: Sequence[CourseResult] = (), *, quick: bool = False
) -> Iterator[CourseResult]:
    """All arms on a pool, by a reader who errs and by one who does not; what is ``done`` is not done again."""
    there = {(each.pool, each.errs, each.arm, each.seed): each for each in done}
    arms, schedule = ([arm for arm in ARMS if arm.name in _QUICK_ARMS], _QUICK) if quick else (ARMS, SCHEDULE)
    for errs in (True, False):
        errors = ErringReader(SLIPS, ACCEPTS, seed) if errs else ErringReader(0.0, 0.0, seed)
        by_hand = there.get((pool.name, errs, BY_HAND.name, seed))
        if by_hand is None:
            by_hand = _result(pool, errors, BY_HAND, Course(pool, BY_HAND, errors, None, schedule).run())
            yield by_hand
        for arm in arms:
            idle = arm.needs_reprints and len({row.story for row in pool.clusters.values()}) == len(pool.open)
            if arm != BY_HAND and not idle and (pool.name, errs, arm.name, seed) not in there:
                milestones = Course(pool, arm, errors, by_hand.aim, schedule).run()
                yield _result(pool, errors, arm, milestones, by_hand.aim, by_hand.full)


def _result(
    pool: Pool,
    errors: ErringReader,
    arm: Arm,
    milestones: list[Milestone],
    aim: float | None = None,
    full: int | None = None,
) -> CourseResult:
    aim, full = aim or milestones[-1].f1, full or milestones[-1].actions
    return CourseResult(
        pool=pool.name,
        errs=errors.slips > 0,
        arm=arm.name,
        seed=errors.seed,
        aim=aim,
        full=full,
        needed=actions_to(milestones, aim),
        milestones=milestones,
    )


def read_course_results(path: Path) -> list[CourseResult]:
    """The results of a file; none where it is not there."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return [CourseResult(**{**row, "milestones": [Milestone(**each) for each in row["milestones"]]}) for row in rows]


def write_savings(results: Iterable[CourseResult]) -> Iterator[str]:
    """Tables in Markdown: by pool and reader, what share of all actions each arm needed."""
    tables: Mapping[tuple[str, bool], dict[str, list[CourseResult]]] = defaultdict(lambda: defaultdict(list))
    for each in results:
        tables[each.pool, each.errs][each.arm].append(each)
    for (pool, errs), arms in sorted(tables.items(), key=lambda table: (table[0][0], not table[0][1])):
        by_hand = arms[BY_HAND.name]
        reader = f"{SLIPS:.0%} slips, {ACCEPTS:.0%} of wrong suggestions accepted" if errs else "no slips"
        actions, f1 = mean(each.full for each in by_hand), 100 * mean(each.aim for each in by_hand)
        yield f"**{pool}; {reader}.** Everything by hand: {actions:.0f} actions, F1 {f1:.1f}."
        yield from ("", "| way | actions, of all by hand | reached |", "| --- | --- | --- |")
        yield from (_write_arm(arm.name, arms[arm.name]) for arm in ARMS if arm.name in arms)
        yield ""


def _write_arm(name: str, results: Sequence[CourseResult]) -> str:
    shares = [each.share for each in results]
    words = f"{100 * mean(shares):.0f} %"
    if len(shares) == _SEEDS:
        half = _T_OF_FOUR * stdev(shares) / sqrt(len(shares))
        words += f" ({100 * (mean(shares) - half):.0f} to {100 * (mean(shares) + half):.0f})"
    reached = sum(each.needed is not None for each in results)
    return f"| {name} | {words} | {reached} of {len(results)} |"


if __name__ == "__main__":
    main()
