"""``labeling status``: what stands where, by the server's own word, without fetching everything."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import Project, json_option, wait_option, with_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.progress import ProgressLine
    from labeling.studio.sync.pull_changes import Changes
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class StatusResult:
    """What stands where: a line for each annotator and for all, and how often each label was submitted.

    ``lines`` and ``labels`` are the server's; ``imported`` counts annotations by annotator that came from a file and
    are on no server. ``not_sent`` are articles that have no task, ``lost`` those whose task is gone from the server;
    ``foreign_tasks`` are numbers of tasks there that we did not send. ``not_pulled`` counts annotations
    and drafts that came or changed since the last pull, ``not_there`` those that were pulled and are gone.
    ``unsubmitted`` has a sentence for each draft that is newer than its annotation.
    """

    url: str
    articles: int
    lines: tuple[ProgressLine, ...]
    labels: dict[str, int]
    imported: dict[str, int]
    not_sent: tuple[str, ...]
    lost: tuple[str, ...]
    foreign_tasks: tuple[int, ...]
    not_pulled: int
    not_there: int
    unsubmitted: tuple[str, ...]


def status(project: Project, *, server: Credentials | None = None, wait: float = 0.0) -> StatusResult:
    """Compare the workspace with its project on the server, both ways; nothing is written.

    Only what has changed since the last pull is asked for.

    Raises:
        MissingInput: Nothing was ingested, or nothing pushed.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        StudioError: The server did not do what was asked.
    """
    from labeling.studio.api.connect import connect
    from labeling.studio.format.submissions import annotator_names
    from labeling.studio.sync.progress import tabulate_progress
    from labeling.studio.sync.project_link import find_linked_project
    from labeling.studio.sync.pull_collection import ProjectPull
    from labeling.studio.sync.pull_state import compare_pulls, describe_unsubmitted
    from labeling.workspace import journal

    workspace = project.workspace
    with workspace.opened(wait):
        articles = workspace.articles.by("id")
        pushed = journal.load_journal(workspace.pushed.path)
        with connect(workspace, server) as studio:
            remote = find_linked_project(studio, workspace)
            names = annotator_names(studio.users())
            collection = ProjectPull(studio, remote, workspace, project.schema, articles)
            before, now = collection.now(names)
        labels = _count_submitted_labels(_read_annotations(workspace), project, articles, now, names)
        imported = Counter(said.annotator for said in _read_annotations(workspace) if said.imported)
    tasks = {row.task: row for row in pushed.values() if row.task in now.after}
    differs = compare_pulls(before, now.after)
    return StatusResult(
        url=f"{studio.url}/projects/{remote.number}/data",
        articles=len(articles),
        lines=tabulate_progress({number for number in tasks if number is not None}, now.after.values()),
        labels={label: labels[label] for label in project.schema.label_names},
        imported=dict(sorted(imported.items())),
        not_sent=tuple(sorted(set(articles) - {row.article for row in pushed.values()})),
        lost=tuple(sorted(row.article for row in pushed.values() if row.task not in now.after)),
        foreign_tasks=tuple(sorted(number for number in now.after if number not in tasks)),
        not_pulled=differs.new + differs.edited,
        not_there=differs.deleted,
        unsubmitted=tuple(describe_unsubmitted(now.after.values())),
    )


@click.command("status")
@wait_option
@json_option
@with_project
def status_cli(project: Project, *, wait: float, as_json: bool) -> int:
    r"""Say what stands where: sent = open + annotated + skipped + draft.

    For each annotator and in all; how often each label was submitted; what is on the server and not here, and the other
    way round. Only what has changed since the last pull is asked for.

    \b
    Example:
      labeling status
      labeling status --json | jq '.lines[-1].open'
    """
    summary = status(project, wait=wait)
    if as_json:
        click.echo(json.dumps(asdict(summary), ensure_ascii=False, indent=2))
        return 0
    click.echo(_format_status(summary.lines))
    labels = "  ".join(f"{label} {count}" for label, count in summary.labels.items() if count)
    for part in filter(None, (labels, "\n".join(_describe_status(summary)))):
        click.echo(f"\n{part}")
    return 0


def _read_annotations(workspace: Workspace) -> Iterator[Annotation]:
    """What was pulled, and what was imported, one at a time."""
    return workspace.annotations.rows_if_written()


def _count_submitted_labels(
    pulled: Iterable[Annotation],
    project: Project,
    articles: Mapping[str, Article],
    now: Changes,
    names: Mapping[int | str, str],
) -> Counter[str]:
    """How often each label was submitted on the server: by the last pull, and by what has changed since."""
    from labeling.studio.format.submissions import read_task

    changed = {int(str(task["id"])) for task in now.tasks} | now.deleted
    old = (said for said in pulled if said.task is not None and said.task not in changed)
    new = (said for task in now.tasks for said in read_task(task, articles, project.schema, names)[0])
    submitted = (said for group in (old, new) for said in group if said.state == "submitted")
    return Counter(span.label for said in submitted for span in said.spans)


def _format_status(lines: Iterable[ProgressLine]) -> str:
    rows: list[tuple[str, ...]] = [("annotator", "sent", "open", "annotated", "skipped", "draft")]
    rows += [
        (line.annotator, *map(str, (line.sent, line.open, line.annotated, line.skipped, line.draft))) for line in lines
    ]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{row[0]:<{width}}" + "".join(f"{cell:>11}" for cell in row[1:]) for row in rows)


def _describe_status(summary: StatusResult) -> list[str]:
    counted = {
        "articles that were not sent": len(summary.not_sent),
        "articles whose task is gone from the server": len(summary.lost),
        "tasks on the server that are not ours": len(summary.foreign_tasks),
        "annotations and drafts on the server that were not pulled": summary.not_pulled,
        "annotations and drafts that were pulled and are gone from the server": summary.not_there,
    }
    said = [f"{count} {what}" for what, count in counted.items() if count]
    brought = [
        f"{count} annotations by {name} were imported: no server has them" for name, count in summary.imported.items()
    ]
    return [*(said or ["Both sides hold the same."]), *brought, *summary.unsubmitted]
