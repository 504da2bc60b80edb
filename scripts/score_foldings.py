"""How good is an extractor on articles it never saw? Over foldings by leak group, each article in test exactly once.

    python scripts/score_foldings.py --out RESULTS.jsonl --corpus gum_news --trainer spancat [--seed N]...
    python scripts/score_foldings.py --out RESULTS.jsonl --table

``gum_news`` (22 articles of Wikinews) has nested spans, ``samples`` are ours with their settled gold, ``re3d`` has
relations. Each folding is compiled by the verbs that users have; of what is not in test a fifth is dev. ``spans`` are
all spans of gold, nested ones too; ``relations`` those between spans that were found, ``relations-gold`` those that are
found between the spans of gold; all exact. Each training runs in a process of its own, whose largest size is told.
Every fold is a line of the results: a run that was cut short goes on where it was.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from fold_results import read_results, write_table
from measured_folds import CORPORA, THINGS, Training, compile_folding, list_missing, measure_apart, open_corpus
from trainers import trainer_options

if TYPE_CHECKING:
    from fold_results import Thing
    from measured_folds import CorpusName
    from trainers import Trainer

    from labeling.workspace.rows.assignment import SplitName


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The results, to which lines are added.")
@click.option("--table", is_flag=True, help="Print the table of the results, and train nothing.")
@click.option("--corpus", default="gum_news", type=click.Choice(CORPORA), show_default=True)
@click.option("--corpora", default=Path("../shared/corpora"), type=click.Path(path_type=Path), help="Where they are.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(min=2))
@click.option("--fold", "only", multiple=True, type=int, help="Only this one, from 1 on, to try something. Repeatable.")
@trainer_options("spancat")
@click.option("--recipe", default="", help="Its name in the results; trainer, checkpoint and steps when left out.")
@click.option("--seed", "seeds", multiple=True, default=(1,), type=int, help="Of training. Repeatable.")
@click.option("--what", "things", multiple=True, default=("spans",), type=click.Choice(THINGS), help="Repeatable.")
@click.option("--dev", is_flag=True, help="Measure on each folding's dev, too: choices are made there.")
def main(  # noqa: PLR0913 - an option each
    *,
    out: Path,
    corpus: CorpusName,
    corpora: Path,
    folds: int,
    only: tuple[int, ...],
    made: Trainer,
    recipe: str,
    seeds: tuple[int, ...],
    things: tuple[Thing, ...],
    table: bool,
    dev: bool,
) -> None:
    """Train and measure each fold that is not among the results, and print the table of them."""
    if not table:
        splits: tuple[SplitName, ...] = ("dev", "test") if dev else ("test",)
        with tempfile.TemporaryDirectory() as scratch:
            project = open_corpus(corpus, corpora, Path(scratch))
            for fold in only or range(1, folds + 1):
                wanted = [
                    Training(project, corpus, f"{fold}/{folds}", made, recipe or made.title, seed, things, splits)
                    for seed in seeds
                ]
                missing = list_missing(wanted, out)
                if missing:
                    folded = compile_folding(project, fold, folds, Path(scratch) / f"fold{fold}")
                    measure_apart([replace(each, project=folded) for each in missing], out)
    print("\n".join(write_table(read_results(out))))


if __name__ == "__main__":
    main()
