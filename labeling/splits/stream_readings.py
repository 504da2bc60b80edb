"""Where dev and test come from, and who read what of the random stream: all that ``reliance.json`` is measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import Annotation
from labeling.evaluation.agreement.submitted import choose_first_words
from labeling.evaluation.agreement.views import find_names, list_served
from labeling.evaluation.reliance import StreamReading, measure_reliance
from labeling.splits.placement import TESTED
from labeling.workspace.asking import Asking
from labeling.workspace.names_of_today import rename_annotation
from labeling.workspace.rows.reliance_row import Reliance, StreamShare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.project import Project
    from labeling.workspace.custody import CustodyFile
    from labeling.workspace.rows.assignment import SplitAssignment
    from labeling.workspace.table import Workspace


def list_reading_files(workspace: Workspace) -> tuple[CustodyFile, ...]:
    """The files that tell who read what, and with which suggestions."""
    return (
        workspace.first,
        workspace.begun,
        workspace.kept,
        workspace.users,
        workspace.asked,
        workspace.imported,
    )


def find_reliance(
    project: Project, rows: Sequence[SplitAssignment], drawn: Mapping[str, str], gold: Mapping[str, Gold]
) -> Reliance:
    """What came to dev and test from the random stream, and what suggestions do to those who read with them.

    Args:
        project: Whose workspace.
        rows: The splits.
        drawn: The articles of the random stream, each with its leak group of today.
        gold: Gold by article.
    """
    tested = {name: [row for row in rows if row.split == name] for name in TESTED}
    assisted, unassisted, difference = measure_reliance(_read_stream_readings(project, drawn, gold))
    return Reliance(
        tested={
            name: StreamShare(articles=len(own), of_stream=sum(row.stream for row in own))
            for name, own in tested.items()
        },
        assisted=assisted,
        unassisted=unassisted,
        difference=difference,
    )


def _read_stream_readings(
    project: Project, drawn: Mapping[str, str], gold: Mapping[str, Gold]
) -> Iterator[StreamReading]:
    """First words on articles of the stream, of which it is known what a model had said before anybody read them."""
    workspace, schema = project.workspace, project.schema
    begun = {row.article: row for row in workspace.begun.rows_if_written() if row.source and row.article in drawn}
    if not begun:
        return
    users = workspace.users.value_if_written()
    emails = users.emails if users else {}
    served = list_served(workspace.kept.rows_if_written(), emails)
    adjudicators = _name_adjudicators(project, emails)
    asking = Asking(schema, workspace.asked.rows_if_written(), workspace.imported.rows_if_written())
    for first in choose_first_words(workspace.first.rows_if_written()):
        shown = begun.get(first.article)
        # An import was read elsewhere; one who judged a single span has not read the article.
        if shown is None or shown.digest != first.digest or first.task is None or first.open:
            continue
        if first.annotator in adjudicators:
            continue
        said = rename_annotation(first.annotation, schema)
        model = Annotation(article=first.article, digest=first.digest, annotator=shown.source, spans=shown.spans)
        settled = gold.get(first.article)
        yield StreamReading(
            leak_group=drawn[first.article],
            said=said,
            model=rename_annotation(model, schema).spans,
            # Without a layer that keeps what it served, everybody saw what was sent.
            assisted=served.get((first.annotator, first.task), shown.shown),
            gold=settled if settled and settled.digest == first.digest else None,
            silent_on=asking.silent_on(first.annotation),
        )


def _name_adjudicators(project: Project, emails: Mapping[str, str]) -> Collection[str]:
    people = project.file.people
    return find_names(emails, people.adjudicators if people else ()).keys()
