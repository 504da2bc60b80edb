"""``labeling learn``: a round of the loop, from pull to push -> ``queue.jsonl``, ``rounds.jsonl``."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from labeling.errors import LabelingError, UsageError
from labeling.learning.learn import learn
from labeling.learning.rehearse import rehearse
from labeling.learning.turn import LearnOptions
from labeling.learning.watch_learning import watch_learning
from labeling.studio.sync.push import Pace
from labeling.values import format_percent
from labeling.verbs.bars import end_bar
from labeling.verbs.options import (
    REFUSED,
    format_measure,
    json_option,
    show,
    show_progress,
    tell,
    wait_option,
    with_project,
)

if TYPE_CHECKING:
    from labeling.learning.learn import LearnResult
    from labeling.learning.rehearse import LearnForecast
    from labeling.learning.turn import LearnStep
    from labeling.project import Project
    from labeling.workspace.rows.learning_rows import RoundRow


@click.command("learn")
@click.option("--watch", "watching", is_flag=True, help="Go on by itself, round after round, until Ctrl-C.")
@click.option(
    "--after",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="With --watch: the next round begins when N annotations have come,",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="or when this time has passed.",
)
@click.option("--dry-run", is_flag=True, help="Only say what a round would do; nothing is written, here or there.")
@click.option("--seed", default=1, show_default=True, help="Of every random number in training.")
@click.option("--steps", type=click.IntRange(min=1), help="The most updates of each training.")
@click.option(
    "--verdict/--no-verdict",
    default=True,
    show_default=True,
    help="Tell what more articles are worth, at the price of two further trainings.",
)
@wait_option
@json_option
@with_project
def learn_cli(  # noqa: PLR0913 - one argument an option
    project: Project,
    *,
    watching: bool,
    after: int,
    every: float,
    dry_run: bool,
    seed: int,
    steps: int | None,
    verdict: bool,
    wait: float,
    as_json: bool,
) -> int:
    r"""Bring home what was annotated, train, and let the model say which article comes next.

    One round is pull, cluster, adjudicate, split, compile, train, evaluate, suggest, order and push, with their times.
    [learning] in the project file says which share of the articles chance chooses: dev and test grow from these alone.
    Without annotations, or before there are articles of dev, nothing is trained: what is open is ordered all the same.
    Run it as often as you like: where nothing has changed, nothing is written, and after a crash it goes on.

    rounds.jsonl gets a line a round: what people did since the last one, and what that cost; F1 with its interval; what
    the next articles are worth, and whether to go on. docs/learning.md says what each number means.

    \b
    Example:
      labeling learn --dry-run
      labeling learn
      labeling learn --watch --after 10 --json | jq --unbuffered .round.verdict
    """
    if watching and dry_run:
        raise UsageError("--dry-run is of one round", todo="leave out --watch or --dry-run", where="--watch")
    options = LearnOptions(
        seed=seed,
        steps=steps,
        verdict=verdict,
        pace=Pace(wait=wait, say=lambda sentence: tell(sentence, err=True)),
        show=show_progress,
        tell=_tell_step,
    )
    if dry_run:
        return _print_learn_forecast(rehearse(project, options=options), as_json=as_json)
    if watching:
        end_bar()
        # It never ends by itself.
        for came in watch_learning(project, options=options, after=after, every=every):
            _print_turn(came, as_json=as_json)
    result = learn(project, options=options)
    tell(result.sentence, err=True)
    show(_learned_rows(result) if as_json else _result_table(result), as_json=as_json)
    return REFUSED if result.refused else 0


def _tell_step(step: LearnStep) -> None:
    tell(f"{step.verb:<10}{step.seconds:8.1f} s  {step.said}", err=True)


def _learned_rows(result: LearnResult) -> dict[str, Any]:
    rows = asdict(replace(result, round=None))
    return rows | {"round": result.round.model_dump(mode="json") if result.round else None}


def _result_table(result: LearnResult) -> dict[str, object]:
    return {"open": result.queued} if result.round is None else _round_table(result.round)


def _round_table(row: RoundRow) -> dict[str, object]:
    table: dict[str, object] = {"round": row.round, "articles": f"{row.articles}, {row.new} new; {row.open} open"}
    did = {name: number for name, number in row.actions.model_dump().items() if number}
    counted = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in did.items())
    unknown = "; how many mentions were removed is not known" if row.actions.mentions_removed is None else ""
    table["actions"] = (f"weight {row.actions.weight}: {counted}" if counted else "none") + unknown
    table["seconds"] = "unknown" if row.seconds is None else f"{row.seconds:g}"
    if row.model:
        table |= {"dataset": row.dataset, "model": row.model}
        table["spans"] = format_measure(row.score) if row.score else "no test articles yet"
        table["stability"] = "the first model" if row.stability is None else format_percent(row.stability)
    outlook = row.outlook
    gain = "" if outlook.gain is None else f"{100 * outlook.gain:+.1f} F1 from {outlook.articles} more articles"
    if outlook.interval is not None:
        gain += f" ({100 * outlook.interval[0]:+.1f} to {100 * outlook.interval[1]:+.1f})"
    table["verdict"] = "; ".join(part for part in (row.verdict, gain, outlook.why) if part)
    return table


def _print_learn_forecast(foreseen: LearnForecast, *, as_json: bool) -> int:
    if as_json:
        show(asdict(foreseen), as_json=True)
        return 0
    for sentence in foreseen.would:
        tell(f"would {sentence}")
    if not foreseen.changed:
        tell("Nothing has changed since the last round: there would be none.")
    return 0


def _print_turn(came: LearnResult | LabelingError, *, as_json: bool) -> None:
    clock = f"{dt.datetime.now(dt.UTC):%H:%M:%S}"
    if isinstance(came, LabelingError):
        tell(f"{clock}  {came}", err=True)
    else:
        tell(f"{clock}  {came.sentence}", err=True)
        if as_json and came.round:
            tell(json.dumps(_learned_rows(came), ensure_ascii=False))
