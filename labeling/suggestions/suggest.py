"""The front door of suggestions: articles -> ``suggestions.jsonl``, so that nobody starts from a blank page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import Annotation
from labeling.suggestions.suggester import read_lines_frame, read_suggestion_settings, suggest_for_lines
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.project import Project

_REFUSED = ""  # counts refused spans in the tally, in the place of a label: no label is empty


@dataclass(frozen=True)
class SuggestResult:
    """What was suggested: articles read, spans by annotator and label (in the schema's order), spans refused."""

    articles: int
    spans: dict[str, dict[str, int]]
    refused: int


def suggest(project: Project) -> SuggestResult:
    """Ask the rules, and the pipeline if one is named, about every article; write ``suggestions.jsonl``.

    Its rows are annotations, sorted by article and annotator. What was suggested before is replaced.

    Raises:
        MissingInput: Nothing was ingested.
        Altered: ``articles.jsonl`` is not as it was left.
        DamagedFile: A line of ``articles.jsonl`` is not an article.
        ProjectFileError: The rules, the pipeline or its label map have a fault.
    """
    workspace = project.workspace
    tally = Counter[tuple[str, str]]()
    with (
        workspace.opened(),
        keep_custody(workspace, "suggest", reads=(workspace.articles,), writes=(workspace.suggestions,)),
    ):
        # Reading everything first finds a damaged line, and names it, before a thousand articles are worked on.
        articles = sum(1 for _ in workspace.articles.rows())
        workspace.suggestions.write_sorted(_suggest_rows(project, tally))
    # The tally is complete only now: rows were counted while they were written.
    annotators = sorted({annotator for annotator, _ in tally})
    return SuggestResult(
        articles=articles,
        spans={
            annotator: {label: tally[annotator, label] for label in project.schema.label_names}
            for annotator in annotators
        },
        refused=sum(tally[annotator, _REFUSED] for annotator in annotators),
    )


def _suggest_rows(project: Project, tally: Counter[tuple[str, str]]) -> Iterator[Annotation]:
    """All suggestions in the order of the file, counted into ``tally`` by annotator and label."""
    lines = read_lines_frame(project.workspace.articles.path)
    for row in suggest_for_lines(lines, project.schema, read_suggestion_settings(project)).iter_rows():
        annotation = Annotation.model_validate_json(row["annotation"])
        tally.update((annotation.annotator, span.label) for span in annotation.spans)
        tally[annotation.annotator, _REFUSED] += row["refused"]
        yield annotation
