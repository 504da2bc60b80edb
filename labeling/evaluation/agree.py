"""Front door of ``labeling agree``: first words -> ``agreement.json``, how far people agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from labeling.annotations import submission_order
from labeling.evaluation.agreement import find_doubly_annotated, measure_agreement
from labeling.workspace.asking import Asking
from labeling.workspace.custody import keep_custody
from labeling.workspace.grouping import read_leak_groups
from labeling.workspace.names_of_today import rename_annotation
from labeling.workspace.storage import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.annotations import Annotation
    from labeling.project import Project
    from labeling.workspace.rows.score import Agreement, Measures


@dataclass(frozen=True)
class AgreeResult:
    """How many articles two or more people submitted; F1 of each two of them, by rule; alpha of each choice.

    ``spoken_for_another`` counts annotations whose words are left out, because they are signed by one person and have
    words of another; what that person was seen to say first counts all the same.
    Numbers are rounded to four decimals; ``agreement.json`` has all of them.
    """

    articles: int
    annotators: tuple[str, ...]
    f1: dict[str, dict[str, float | None]]
    choices: dict[str, float | None]
    spoken_for_another: int = 0


def agree(project: Project) -> AgreeResult:
    """Measure agreement on first words, into ``agreement.json``.

    What somebody changed after the first submission changes no number: two who have talked agree. A workspace without
    ``first.jsonl``, as before any pull wrote it, or where nothing was pulled, is measured on its annotations.

    Raises:
        MissingInput: Nothing was ingested or pulled.
        TooFewAnnotators: No article was submitted by two people.
        Altered: A file that it reads is not as it was left.
        DamagedFile: A file has a line that is not a row of it, or an annotation's time cannot be read.
    """
    workspace = project.workspace
    words = workspace.measured
    # Where first words are gone, annotations are not what takes their place.
    said = (workspace.first, words, workspace.quarantine, workspace.asked, workspace.imported)
    reads = (workspace.articles, workspace.clusters, *said)
    with workspace.opened(), keep_custody(workspace, "agree", reads=reads, writes=(workspace.agreement,)):
        # Articles are read one at a time; only what two people annotated is held in memory.
        articles, groups = workspace.articles.by("id"), read_leak_groups(workspace)
        asking = Asking(project.schema, workspace.asked.rows_if_written(), workspace.imported.rows_if_written())
        rows = _read_first_words(project) if workspace.first.exists() else workspace.annotations.rows()
        doubly_annotated = list(find_doubly_annotated(rows, articles, groups, asking))
        agreement = measure_agreement(doubly_annotated, project.schema, file_digest(words.path))
        workspace.agreement.write(agreement)
        spoken = sum(row.kind == "spoken for another" for row in workspace.quarantine.rows_if_written())
    return _summarise_agreement(agreement, spoken)


def _read_first_words(project: Project) -> Iterator[Annotation]:
    """What each annotator said first of each text, in the names of today."""
    rows = (row.annotation for row in project.workspace.first.rows())
    for _, own in groupby(rows, key=lambda one: (one.article, one.annotator, one.digest)):
        # Who judged single spans has not annotated the article; an import mostly has no time, and comes first.
        first = min(own, key=lambda one: (bool(one.open), submission_order(one)))
        yield rename_annotation(first, project.schema)


def _summarise_agreement(agreement: Agreement, spoken_for_another: int) -> AgreeResult:
    def f1(measures: Measures) -> float | None:
        return None if measures.micro.f1 is None else round(measures.micro.f1, 4)

    return AgreeResult(
        articles=agreement.articles,
        annotators=agreement.annotators,
        f1={
            f"{pair.one} and {pair.other}": {
                measures.rule: f1(measures)
                for measures in (pair.score.exact, pair.score.position, pair.score.overlapping)
            }
            for pair in agreement.pairs
        },
        choices={name: None if value is None else round(value, 4) for name, value in agreement.choices.items()},
        spoken_for_another=spoken_for_another,
    )
