"""``labeling pull``: tasks -> ``pulls/<time>.json.gz`` as it came, ``annotations.jsonl``, ``quarantine.jsonl``."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.errors import LabelingError, StudioError, WorkspaceBusy
from labeling.verbs.options import REFUSED, Project, json_option, show, wait_option, with_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

WHOLE_PULL_EVERY = dt.timedelta(days=1)
_LONGEST_PAUSE = 900.0  # seconds between two tries of `--watch` while the server fails


@dataclass(frozen=True)
class PullResult:
    """What there is now: tasks, annotations by state, what is sound in them, and what is in quarantine, by kind.

    ``kept`` is the server's answer as it came; empty when nothing had changed. ``new``, ``edited`` and ``deleted``
    count annotations and drafts since the last pull. ``empty`` ones are among the ``submitted``: annotated, nothing
    found. ``unsubmitted`` has a sentence for each draft that is newer than its annotation. ``thinned`` counts old
    answers that were removed.
    """

    kept: str
    tasks: int
    new: int
    edited: int
    deleted: int
    annotators: int
    submitted: int
    empty: int
    skipped: int
    drafts: int
    spans: int
    relations: int
    quarantined: dict[str, int]
    unsubmitted: tuple[str, ...]
    thinned: int


def pull(
    project: Project,
    *,
    server: Credentials | None = None,
    now: dt.datetime | None = None,
    changes: bool = False,
    wait: float = 0.0,
) -> PullResult:
    """Fetch what people have said, and read it; what was pulled before stays in ``pulls/``.

    Args:
        project: Whose annotations, and the schema they are checked against.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        now: The instant in the name of the kept answer; the clock's when None.
        changes: Fetch only what has changed since the last pull. All of it is fetched all the same when there is
            nothing to build upon, or the schema, the articles or the annotators' names are not what they were.
        wait: Seconds to wait for another command in this workspace.

    Raises:
        MissingInput: Nothing was ingested, or nothing pushed.
        WorkspaceBusy: Another command is writing here.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        ShortAnswer: Fewer tasks or annotations came than the server counts; nothing was written.
        NoRoom: The disk is full; the files are what they were.
        StudioError: The server did not do what was asked; nothing was written.
    """
    from labeling.studio.api.connect import connect
    from labeling.studio.sync.project_link import find_linked_project
    from labeling.studio.sync.pull_archive import thin_archive
    from labeling.studio.sync.pull_collection import ProjectPull

    workspace = project.workspace
    instant = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    with workspace.opened(wait):
        articles = workspace.articles.by("id")
        with connect(workspace, server) as studio:
            collection = ProjectPull(
                studio, find_linked_project(studio, workspace), workspace, project.schema, articles
            )
            pulled = collection.changes(instant) if changes else collection.whole(instant)
        thinned = thin_archive(workspace.pulls, instant)
    return PullResult(
        kept=pulled.kept,
        tasks=pulled.tasks,
        new=pulled.difference.new,
        edited=pulled.difference.edited,
        deleted=pulled.difference.deleted,
        annotators=len(pulled.tally.annotators),
        submitted=pulled.tally.states["submitted"],
        empty=pulled.tally.empty,
        skipped=pulled.tally.states["skipped"],
        drafts=pulled.tally.states["draft"],
        spans=pulled.tally.spans,
        relations=pulled.tally.relations,
        quarantined=dict(sorted(pulled.tally.quarantined.items())),
        unsubmitted=tuple(pulled.unsubmitted),
        thinned=thinned,
    )


def watch(
    project: Project, *, server: Credentials | None = None, every: float = 60.0
) -> Iterator[PullResult | LabelingError]:
    """Pull what has changed, again and again: all of it first and once a day; while the server fails, ever more rarely.

    Args:
        project: As for `pull`.
        server: The same.
        every: Seconds between two pulls; the workspace is free in between.

    Yields:
        What came, or what went wrong with the server or because another command was at work.

    Raises:
        LabelingError: Whatever waiting does not mend.
    """
    whole_at, pause = dt.datetime.min.replace(tzinfo=dt.UTC), every
    while True:
        now = dt.datetime.now(dt.UTC)
        try:
            yield pull(project, server=server, changes=now - whole_at < WHOLE_PULL_EVERY, wait=every)
            whole_at, pause = (now, every) if now - whole_at >= WHOLE_PULL_EVERY else (whole_at, every)
        except (StudioError, WorkspaceBusy) as error:
            yield error
            pause = min(pause * 2, max(_LONGEST_PAUSE, every))
        time.sleep(pause)


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
@wait_option
@json_option
@with_project
def pull_cli(  # one argument an option
    project: Project, *, changes: bool, watching: bool, every: float, wait: float, as_json: bool
) -> int:
    r"""Fetch all annotations from Label Studio, and read them strictly.

    Nothing is dropped: what fails a check stands in quarantine.jsonl with the reason, region by region, and the answer
    itself is kept as it came. Skipped, empty and draft annotations come through, too. Exit status 3 says that there is
    something in quarantine. What [migrations] in the project file remove or merge stands there as `migrated`.

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
        for came in watch(project, every=every):
            _print_round(came, as_json=as_json)
    click.echo("Fetching what has changed" if changes else "Fetching all annotations", err=True)
    summary = pull(project, changes=changes, wait=wait)
    listed = ", ".join(f"{number} {kind}" for kind, number in summary.quarantined.items()) or "nothing"
    table = {**asdict(summary), "quarantined": listed, "unsubmitted": len(summary.unsubmitted)}
    show(asdict(summary) if as_json else table, as_json=as_json)
    for sentence in summary.unsubmitted:
        click.echo(f"Not submitted: {sentence}", err=True)
    if summary.quarantined:
        click.echo(f"What failed a check is listed in {project.workspace.quarantine.path}", err=True)
    return REFUSED if summary.quarantined else 0


def _print_round(came: PullResult | LabelingError, *, as_json: bool) -> None:
    """A line on stderr for a round of `--watch` in which something happened; as JSON on stdout, if asked for."""
    clock = f"{dt.datetime.now(dt.UTC):%H:%M:%S}"
    if isinstance(came, LabelingError):
        click.echo(f"{clock}  {came}", err=True)
    elif came.kept and as_json:
        click.echo(json.dumps(asdict(came), ensure_ascii=False))
    elif came.kept:
        click.echo(f"{clock}  {came.new} new, {came.edited} edited, {came.deleted} deleted: {came.kept}", err=True)
