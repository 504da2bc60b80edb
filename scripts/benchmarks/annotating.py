"""Annotated articles on the server, for the sections that fetch them: stored in bulk, as if a push had sent them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.studio.api.connect import connect
from labeling.studio.format.tasks import submission_of, task_of
from labeling.studio.sync.project_link import prepare_project
from labeling.studio.sync.push_delivery import MOST_TASKS
from labeling.workspace import journal
from labeling.workspace.rows.server_state import PushedTask, TextKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled
    from labeling.annotations import Annotation
    from labeling.project import Project
    from labeling.studio.format.regions import Json


def annotated(bench: Bench, project: Project, said: Callable[[Labelled], Annotation]) -> int:
    """Store every article with what ``said`` gives for it in a new project, with the journal that a push would leave.

    Returns:
        The project's number.
    """
    sent: dict[TextKey, PushedTask] = {}
    with connect(project.workspace, bench.server) as studio:
        number = prepare_project(studio, project).number
        for at in range(0, len(bench.corpus), MOST_TASKS):
            batch = bench.corpus[at : at + MOST_TASKS]
            tasks = [_task(each, said(each)) for each in batch]
            for each, task in zip(batch, studio.import_tasks(number, tasks), strict=True):
                row = PushedTask(article=each.article.id, digest=each.article.digest, task=task)
                sent[row.key] = row
    journal.rewrite_journal(project.workspace.pushed.path, sent)
    return number


def _task(each: Labelled, said: Annotation) -> Json:
    return {**task_of(each.article, [each.suggested]), "annotations": [submission_of(said, each.article)]}
