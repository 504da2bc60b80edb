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
from simulated.course import SCHEDULE, Course, ErringReader, Milestone, find_goal
from simulated.pools import REPRINTED, make_pool, read_document_pool, read_sentence_pool
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simulated.arms import Arm
    from simulated.pools import Pool

SLIPS, ACCEPTS = 0.05, 0.1
_QUICK_ARMS = ("random, by hand", "suggestions alone", "ours, all parts")
_QUICK = (0.2, 0.5, 1.0)  # what is read after each round
_QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's t at 97.5 %, by the number of seeds


@dataclass(frozen=True)
class CourseResult:
    """What one course came to: ``full`` actions draw all spans of the pool by hand, in so many ``articles``."""

    pool: str
    errs: bool
    arm: str
    seed: int
    aim: float
    full: int
    articles: int
    milestones: list[Milestone]

    @property
    def reached(self) -> bool:
        """Whether the aim was reached; all that was read counts where it was not."""
        return find_goal(self.milestones, self.aim) is not None

    @property
    def actions_share(self) -> float:
        """The actions it needed, as a share of drawing everything."""
        last = self.milestones[-1]
        return (find_goal(self.milestones, self.aim) or (last.articles, last.actions))[1] / self.full

    @property
    def articles_share(self) -> float:
        """The articles it needed, as a share of all."""
        last = self.milestones[-1]
        return (find_goal(self.milestones, self.aim) or (last.articles, last.actions))[0] / self.articles


@click.command()
@click.option("--corpora", default=Path("../shared/corpora/crossner_politics"), type=click.Path(path_type=Path))
@click.option("--documents", default=Path("../shared/corpora/re3d"), type=click.Path(path_type=Path))
@click.option("--seeds", default=5, show_default=True)
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
                yield _result(pool, errors, arm, milestones, by_hand)


def _result(
    pool: Pool, errors: ErringReader, arm: Arm, milestones: list[Milestone], by_hand: CourseResult | None = None
) -> CourseResult:
    return CourseResult(
        pool=pool.name,
        errs=errors.slips > 0,
        arm=arm.name,
        seed=errors.seed,
        aim=by_hand.aim if by_hand else milestones[-1].f1,
        full=by_hand.full if by_hand else milestones[-1].actions,
        articles=len(pool.open),
        milestones=milestones,
    )


def read_course_results(path: Path) -> list[CourseResult]:
    """The results of a file; none where it is not there."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return [CourseResult(**{**row, "milestones": [Milestone(**each) for each in row["milestones"]]}) for row in rows]


def write_savings(results: Iterable[CourseResult]) -> Iterator[str]:
    """Tables in Markdown: by pool, what share of all actions each arm needed, with a reader who errs and without."""
    tables: Mapping[str, dict[tuple[str, bool], list[CourseResult]]] = defaultdict(lambda: defaultdict(list))
    for each in results:
        tables[each.pool][each.arm, each.errs].append(each)
    for pool, arms in sorted(tables.items()):
        if not all(arms[BY_HAND.name, errs] for errs in (True, False)):
            continue  # begun, and not ended
        words = [_describe_aim(arms[BY_HAND.name, errs]) for errs in (True, False)]
        yield from (f"**{pool}.** Everything by hand: {words[0]}; without slips {words[1]}.", "")
        yield from ("| way | actions | without slips | articles | without slips |", "| --- | --- | --- | --- | --- |")
        for arm in ARMS:
            courses = [arms[arm.name, errs] for errs in (True, False)]
            if all(courses):
                actions, articles = map(_describe_shares, courses), map(_describe_articles, courses)
                yield f"| {arm.name} | {' | '.join((*actions, *articles))} |"
        yield ""


def _describe_aim(by_hand: Sequence[CourseResult]) -> str:
    actions, f1 = mean(each.full for each in by_hand), 100 * mean(each.aim for each in by_hand)
    return f"{actions:.0f} actions, F1 {f1:.1f}"


def _describe_shares(results: Sequence[CourseResult]) -> str:
    """``31 % (28 to 34)``, and in how many courses the aim was reached where it was not in all of them."""
    reached = sum(each.reached for each in results)
    words = _write_interval([each.actions_share for each in results])
    return words if reached == len(results) else f"{words}; {reached} of {len(results)}"


def _describe_articles(results: Sequence[CourseResult]) -> str:
    return f"{100 * mean(each.articles_share for each in results):.0f} %"


def _write_interval(shares: Sequence[float]) -> str:
    words = f"{100 * mean(shares):.0f} %"
    if len(shares) in _QUANTILES:
        half = 100 * _QUANTILES[len(shares)] * stdev(shares) / sqrt(len(shares))
        words += f" ({100 * mean(shares) - half:.0f} to {100 * mean(shares) + half:.0f})"
    return words


if __name__ == "__main__":
    main()
