"""``labeling status``: where the work stands, as the server has it, without fetching everything."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from labeling.errors import StudioError, UsageError
from labeling.studio.sync.next_step import complete_step, read_project_standing
from labeling.studio.sync.pace import HASTY
from labeling.studio.sync.status import StatusResult, status
from labeling.studio.sync.work_counts import count_work
from labeling.verbs.endings import name_next
from labeling.verbs.options import (
    IN_JSON,
    MOST_LISTED,
    format_measure,
    json_option,
    show,
    tell,
    wait_option,
    with_project,
)
from labeling.workspace.custody import sign_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.project import Project
    from labeling.studio.cards.card_standing import CardStanding
    from labeling.studio.sync.order_in_force import OrderInForce
    from labeling.studio.sync.pace import ReaderPace
    from labeling.studio.sync.progress import ProgressLine
    from labeling.workspace.standing import WorkspaceStanding

# Only where there is something: programs of before know the other keys.
_SELDOM_TOLD = (
    *("spoken_for_another", "judged_before", "forgotten_tasks", "relation_slips"),
    *("readers", "read_by_more", "read_by_fewer"),
)
_ORDERS: dict[OrderInForce, str] = {
    "layer": "Open articles are served in the order of queue.jsonl, by the layer of this server.",
    "score": "Open articles are served by the score of their suggestions alone, by Label Studio: no layer keeps the "
    "order of queue.jsonl there. What has no suggestion comes last.",
    "none": "Open articles are served in Label Studio's own order: no push has brought another (`labeling learn`).",
}
# What comes when conflicts are settled, or nothing.
_AFTER_CARDS = frozenset({"split", "compile", "train", "evaluate", "report", ""})


@click.command("status")
@click.option(
    "--adopt",
    metavar="FILE",
    help="Sign a change of a file of the workspace that was made on purpose; the cards of datasets tell of it.",
)
@click.option("--why", metavar="TEXT", default="", help="The reason, with --adopt.")
@wait_option
@json_option
@with_project
def status_cli(project: Project, *, adopt: str | None, why: str, wait: float, as_json: bool) -> int:
    r"""Show how each file stands, what there is, the next command, and how far the work on the server is.

    A file is as its verb made it, stale, altered or missing; that is told without a server too. The project file, the
    rules that it names and suggestions are free: people write those themselves, and nobody checks them.

    On the server, sent = open + annotated + skipped + draft: for each annotator and in all; how often each label was
    submitted; what is on the server and not here, and the other way round. Only what has changed since the last pull
    is asked for.

    Where several people read, or there is a plan (`labeling assign`): for each what is open, done and skipped, the
    median time of an article, the time left, and how many submissions say exactly what was suggested, within ten
    seconds; and how many articles more or fewer people have read than planned (--json has which).

    Where the project file has [learning]: who serves the open articles, and in which order: the layer of a server of
    ours in the order of queue.jsonl, or Label Studio by the score of the suggestions alone.

    Where the project file names adjudicators: how many conflicts are open, and how far their cards are.

    \b
    Example:
      labeling status
      labeling status --json | jq '.lines[-1].open'
      labeling status --adopt annotations.jsonl --why "Ben withdrew what he had said"
    """
    workspace = project.workspace
    if adopt is not None:
        with workspace.opened(wait):
            sign_change(workspace, adopt, why)
        tell(f"{adopt} is adopted as it is.")
        _tell_next(project, read_project_standing(project, wait))
        return 0
    if why:
        raise UsageError("--why is the reason for --adopt", todo="name the file: --adopt FILE")
    standing = read_project_standing(project, wait)
    # Before the first push no server can be asked.
    if not workspace.studio_link.exists():
        _print_standing(project, standing, {}, as_json=as_json)
        return 0
    try:
        summary = status(project, wait=wait)
    except StudioError:
        # What the files tell needs no server; the command fails all the same, as it was asked for both.
        _print_standing(project, standing, {}, as_json=as_json)
        raise
    further = (
        "spoken_for_another",
        "judged_before",
        "forgotten_tasks",
        "relation_slips",
        "readers",
        "read_by_more",
        "read_by_fewer",
        "cards",
        "order",
    )
    if summary.cards and summary.cards.next and standing.next.removeprefix("labeling ") in _AFTER_CARDS:
        standing = replace(standing, next=summary.cards.next)
    rows = {name: value for name, value in asdict(summary).items() if name not in further or value}
    if as_json:
        _print_standing(project, standing, rows, as_json=True)
        return 0
    tell(_format_status(summary.lines))
    labels = "  ".join(f"{label} {count}" for label, count in summary.labels.items() if count)
    # An empty part leaves out its blank line, too.
    for part in filter(None, (_format_pace(summary.readers), labels, "\n".join(_describe_status(summary)))):
        tell(f"\n{part}")
    tell()
    _print_standing(project, standing, {}, as_json=False)
    return 0


def _print_standing(
    project: Project, standing: WorkspaceStanding, summary: dict[str, object], *, as_json: bool
) -> None:
    """Print how the files stand; as JSON with all that the server has told."""
    if as_json:
        told = {
            name: value for name, value in asdict(standing).items() if name not in ("forgotten", "last_round") or value
        }
        tell(json.dumps(summary | told, ensure_ascii=False, indent=2))
        return
    width = max(len(file.file) for file in standing.listed)
    for file in standing.listed:
        signed = f": {'; '.join(file.signed)}" if file.signed else ""
        tell(f"{file.file:<{width}}  {file.state}{signed}")
    if standing.forgotten:
        those = "1 article was" if standing.forgotten == 1 else f"{standing.forgotten} articles were"
        tell(f"\n{those} forgotten: the texts do not come back")
    if standing.last_round:
        tell(f"\n{standing.last_round}")
    tell()
    # Last, for it is what is seen of a long list.
    show(_describe_work(project), as_json=False)
    _tell_next(project, standing)


def _tell_next(project: Project, standing: WorkspaceStanding) -> None:
    step = complete_step(project, standing.next.removeprefix("labeling "))
    tell("\n".join(["", *step.people, f"Next: {name_next(step.command)}"]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _describe_work(project: Project) -> dict[str, object]:
    """Where one is and how much there is, a line each; what there is nothing of is left out."""
    workspace = project.workspace
    counts = count_work(workspace)
    told: dict[str, object] = {
        "project": f"{project.file.project.name} ({project.path}), in {workspace.root}",
        "articles": f"{counts.articles}, {counts.gold} with gold",
    }
    waiting = [
        *([_count(counts.conflicts, "open conflict")] if counts.conflicts else []),
        *([f"{_count(counts.quarantined, 'thing')} in quarantine"] if counts.quarantined else []),
    ]
    if waiting:
        told["to settle"] = ", ".join(waiting)
    if counts.dataset:
        told["dataset"] = f"{counts.dataset}, {_count(counts.models, 'model')}"
    if counts.best:
        told["best model"] = f"{counts.best.annotator}: {format_measure(counts.best.exact.micro)} on the test set"
    if counts.page:
        told["annotate at"] = counts.page
    if workspace.report.exists():
        told["report"] = str(workspace.report)
    return told


def _format_status(lines: Iterable[ProgressLine]) -> str:
    rows: list[tuple[str, ...]] = [("annotator", "sent", "open", "annotated", "skipped", "draft")]
    rows += [
        (line.annotator, *map(str, (line.sent, line.open, line.annotated, line.skipped, line.draft))) for line in lines
    ]
    # Names are as long as they are; numbers take eleven columns each.
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{row[0]:<{width}}" + "".join(f"{cell:>11}" for cell in row[1:]) for row in rows)


def _format_pace(readers: Iterable[ReaderPace]) -> str:
    """A table of each reader's pace; nothing where there are none."""
    rows = [
        (
            each.reader,
            *map(str, (each.open, each.done, each.skipped)),
            _format_seconds(each.seconds),
            _format_seconds(each.seconds_left),
            str(each.as_suggested),
        )
        for each in readers
    ]
    if not rows:
        return ""
    rows.insert(0, ("reader", "open", "done", "skipped", "an article", "left", f"as suggested in {HASTY:g} s"))
    width = max(len(row[0]) for row in rows)
    # The last heading is longer than its numbers.
    last = len(rows[0][-1]) + 2
    return "\n".join(
        f"{row[0]:<{width}}" + "".join(f"{cell:>12}" for cell in row[1:-1]) + f"{row[-1]:>{last}}" for row in rows
    )


def _format_seconds(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _describe_cards(cards: CardStanding) -> list[str]:
    counted = {
        "have no card yet (`labeling cards` sends one)": cards.not_sent,
        f"wait for an adjudicator: {cards.url}": cards.waiting,
        "were answered": cards.answered,
        "were skipped": cards.skipped,
    }
    told = [f"{count} {what}" for what, count in counted.items() if count]
    asked = f"{cards.conflicts} open conflicts" + (f" and {cards.doubts} doubts" if cards.doubts else "")
    return [asked + (f": {', '.join(told)}" if told else "")]


def _describe_status(summary: StatusResult) -> list[str]:
    counted = {
        "articles that were not sent": len(summary.not_sent),
        "articles whose task is gone from the server": len(summary.lost),
        "tasks on the server that are not ours": len(summary.foreign_tasks),
        "tasks on the server of forgotten articles (`labeling forget` removes them)": len(summary.forgotten_tasks),
        "annotations and drafts on the server that were not pulled": summary.not_pulled,
        "annotations and drafts that were pulled and are gone from the server": summary.not_there,
    }
    differences = [f"{count} {what}" for what, count in counted.items() if count]
    planned = {"more": summary.read_by_more, "fewer": summary.read_by_fewer}
    plan = [f"{len(names)} articles were read by {how} people than planned" for how, names in planned.items() if names]
    brought = [
        f"{count} annotations by {name} were imported: no server has them" for name, count in summary.imported.items()
    ]
    spoken = [f"Spoken for another: {sentence}" for sentence in summary.spoken_for_another]
    slips = [f"A relation to be mended by its author: {sentence}" for sentence in summary.relation_slips]
    before = [
        f"{count} articles were judged before {item} was asked for" for item, count in summary.judged_before.items()
    ]
    return [
        *(differences or ["Both sides hold the same."]),
        *(_describe_cards(summary.cards) if summary.cards else ()),
        *([_ORDERS[summary.order]] if summary.order else ()),
        *plan,
        *brought,
        *before,
        *_shorten(summary.unsubmitted),
        *_shorten(slips),
        *_shorten(spoken),
    ]


def _shorten(sentences: Sequence[str]) -> list[str]:
    """The first of a list that may be as long as the corpus, and how many more there are."""
    more = [f"and {len(sentences) - MOST_LISTED} more: {IN_JSON}"] if len(sentences) > MOST_LISTED else []
    return [*sentences[:MOST_LISTED], *more]
