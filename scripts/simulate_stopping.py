"""Is the verdict of `learn` right? Many trials in which what the next articles bring is measured, not foretold.

    python scripts/simulate_stopping.py [--corpora DIR] [--crossner DIR] [--trials N] [--kept FILE] [--only CORPUS]
    python scripts/simulate_stopping.py --quick

Sentences of CrossNER's politics and of re3d, shuffled anew in each trial, and a tagger that learns in a fifth of a
second (``scripts/simulated/fast_tagger.py``). How often does the interval cover the true gain (95 of 100 are what it
promises), and what becomes of F1 and of the articles where one stops at the verdict, beside never stopping and fixed
sizes? With ``--kept`` trials are added to a file, and those that are there are not made again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from simulated.sentences import read_sentences
from simulated.stopping_figures import describe_coverage, describe_labels, describe_stopping, judge_trials
from simulated.stopping_trials import MarkedCorpus, TrialPlan, TrialRound, mark_corpus, run_trial

from labeling.learning.stopping import CurveRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLANS = {
    "crossner": TrialPlan(test=200, sizes=(50, 100, 200, 300, 450), horizon=50),
    "re3d": TrialPlan(test=80, sizes=(40, 80, 120, 160), horizon=40),
}
QUICK = TrialPlan(test=40, sizes=(20, 40), horizon=20, draws=1)
QUICK_ARTICLES = 160
LABEL_TRIALS = 20  # a verdict on each label of each is slower than all else
WORTHS = (0.01, 0.02, 0.03)


@click.command()
@click.option("--corpora", default=Path("../shared/corpora"), type=click.Path(path_type=Path))
@click.option("--crossner", type=click.Path(path_type=Path), help="With the test split, which is not in --corpora.")
@click.option("--trials", default=100, show_default=True)
@click.option("--kept", type=click.Path(path_type=Path), help="Trials, one a line; added to.")
@click.option("--only", type=click.Choice(sorted(PLANS)))
@click.option("--quick", is_flag=True, help="Two small trials: to see that it runs.")
def main(
    *, corpora: Path, crossner: Path | None, trials: int, kept: Path | None, only: str | None, quick: bool
) -> None:
    """Make the trials that are missing, judge all, and print what came of it; all numbers of F1 in hundredths."""
    folders = {"crossner": crossner or corpora / "crossner_politics", "re3d": corpora / "re3d"}
    for name in [only] if only else sorted(PLANS):
        plan = QUICK if quick else PLANS[name]
        articles = QUICK_ARTICLES if quick else None
        made = [*_make_trials(folders[name], name, plan, range(1, 2 if quick else trials + 1), kept, articles)]
        click.echo(f"{name}: {len(made)} trials, {plan.test} test articles, the next {plan.horizon}\n")
        judged = {worth: judge_trials(made, plan.horizon, worth) for worth in WORTHS}
        click.echo("\n".join([*describe_coverage(judged[WORTHS[0]]), ""]))
        click.echo("\n".join([*describe_labels(made[:LABEL_TRIALS], plan.horizon, WORTHS[0]), ""]))
        for worth in WORTHS:
            click.echo("\n".join([*describe_stopping(made, judged[worth], plan.horizon, worth), ""]))


def _make_trials(
    folder: Path, name: str, plan: TrialPlan, seeds: Iterable[int], kept: Path | None, articles: int | None
) -> Iterator[list[TrialRound]]:
    """Those that are kept, then the missing ones; each is written when it is made."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept and kept.exists() else []
    rows = {row["seed"]: row for row in map(json.loads, lines) if row["corpus"] == name}
    corpus: MarkedCorpus | None = None
    for seed in seeds:
        if seed in rows:
            yield [_read_round(each) for each in rows[seed]["rounds"]]
            continue
        # Read only where a trial is missing: it takes some seconds.
        corpus = corpus or mark_corpus(read_sentences(folder)[:articles])
        rounds = run_trial(corpus, plan, seed)
        if kept:
            row = {"corpus": name, "seed": seed, "rounds": [asdict(each) for each in rounds]}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        yield rounds


def _read_round(row: dict[str, Any]) -> TrialRound:
    fields = dict(row)
    runs = tuple(CurveRun(**run) for run in fields.pop("runs"))
    return TrialRound(runs=runs, **fields)


if __name__ == "__main__":
    main()
