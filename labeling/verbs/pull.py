"""``labeling pull``: tasks -> ``pulls/<time>.json.gz`` as it came, ``annotations.jsonl``, ``quarantine.jsonl``."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from labeling.annotations import DEFECTS_BY_RULE
from labeling.errors import LabelingError
from labeling.studio.sync.adoption import Adoption
from labeling.studio.sync.pull import pull, watch
from labeling.verbs.bars import end_bar
from labeling.verbs.options import REFUSED, json_option, list_first, show, tell, tell_first, wait_option, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.cards.pull_cards import CardTally
    from labeling.studio.sync.pull_result import PullResult


@click.command("pull")
@click.option("--changes", is_flag=True, help="Fetch only what has changed since the last pull.")
@click.option("--watch", "watching", is_flag=True, help="Keep going until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look, with --watch.",
)
@click.option(
    "--adopt",
    multiple=True,
    metavar="NUMBER",
    help="Let an annotation that is spoken for another count; `imported`: all that the server imported.",
)
@click.option("--why", default="", metavar="TEXT", help="Why, with --adopt; it is written down in signed.jsonl.")
@wait_option
@json_option
@with_project
def pull_cli(  # noqa: PLR0913 - one argument an option
    project: Project,
    *,
    changes: bool,
    watching: bool,
    every: float,
    adopt: tuple[str, ...],
    why: str,
    wait: float,
    as_json: bool,
) -> int:
    r"""Fetch all annotations from Label Studio, and read them strictly.

    Nothing is dropped: what fails a check is in quarantine.jsonl with the reason, region by region, and the answer
    itself is kept as it came. Skipped, empty and draft annotations come through, too. What [migrations] in the project
    file remove or merge is there as `migrated`: that was decided. Exit status 3 means that there is something else in
    quarantine, for somebody to look at.

    What somebody else than its author changed, or filed in another's name, is there as `spoken for another`: it counts
    again when its author opens it and presses Update, or with --adopt. `changed_by_others` under [policies] in the
    project file lets it count as the editor's.

    The answers that adjudicators gave on cards (`labeling cards`) come along, as decisions.jsonl. One that somebody
    else gave or changed, or to a question that is not open any more, decides nothing, and is in quarantine.

    Of the answers in pulls/, all of the last seven days stay, then the last whole one of each day for 31 days and of
    each month for ever; never the newest whole one goes, nor the changes after it.

    With --watch, --json prints a line of JSON for each round that brought something.

    \b
    Example:
      labeling pull
      labeling pull --changes --wait 600
      labeling pull --watch --every 30
      labeling pull --json | jq .quarantined
      labeling pull --watch --json | jq --unbuffered .new
    """
    if watching:
        end_bar()
        # It never ends by itself.
        for came in watch(project, every=every):
            _print_round(came, as_json=as_json)
    tell("Fetching what has changed" if changes else "Fetching all annotations", err=True)
    summary = pull(project, changes=changes, wait=wait, adoption=Adoption(adopt, why) if adopt else None)
    listed = ", ".join(f"{number} {kind}" for kind, number in summary.quarantined.items()) or "nothing"
    rows = _result_rows(summary)
    table = {**rows, "quarantined": listed, "unsubmitted": len(summary.unsubmitted)}
    if summary.cards and not as_json:
        table["cards"] = _describe_cards(summary.cards)
    show(rows if as_json else table, as_json=as_json)
    _tell_of_cards(summary.cards)
    if summary.repeated:
        tell(f"Sent more than once, and counted once: {list_first(summary.repeated)}", err=True)
    tell_first([f"Not submitted: {sentence}" for sentence in summary.unsubmitted])
    if summary.quarantined:
        tell(f"What failed a check is listed in {project.workspace.quarantine.path}", err=True)
    return REFUSED if summary.quarantined.keys() - DEFECTS_BY_RULE else 0


def _describe_cards(cards: CardTally) -> str:
    counted = {
        "new": cards.new,
        "changed": cards.changed,
        "withdrawn": cards.withdrawn,
        "to be read in the article": cards.to_article,
    }
    parts = [f"{number} {what}" for what, number in counted.items() if number]
    return f"{cards.decisions} decisions" + (f": {', '.join(parts)}" if parts else "")


def _tell_of_cards(cards: CardTally | None) -> None:
    if cards:
        tell_first([f"Outdated: {sentence}" for sentence in cards.outdated])
        tell_first([f"Adjudicators differ: {sentence}" for sentence in cards.differing])


def _result_rows(summary: PullResult) -> dict[str, Any]:
    rows = asdict(summary)
    # Only where there is one: programs of before know the other keys.
    return {name: value for name, value in rows.items() if name not in ("repeated", "replaced", "cards") or value}


def _print_round(came: PullResult | LabelingError, *, as_json: bool) -> None:
    """A line on stderr for a round of `--watch` in which something happened; as JSON on stdout, if asked for."""
    clock = f"{dt.datetime.now(dt.UTC):%H:%M:%S}"
    if isinstance(came, LabelingError):
        tell(f"{clock}  {came}", err=True)
    elif came.kept and as_json:
        tell(json.dumps(_result_rows(came), ensure_ascii=False))
    elif came.kept:
        tell(f"{clock}  {came.new} new, {came.edited} edited, {came.deleted} deleted: {came.kept}", err=True)
