"""``labeling suggest``: articles -> ``suggestions.jsonl``, so that nobody starts from a blank page."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.annotations import Annotation
from labeling.suggestions.suggester import read_lines_frame, read_suggestion_settings, suggest_for_lines
from labeling.verbs.options import REFUSED, json_option, show, with_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.project import Project

_REFUSED = ""  # stands for a label in the tally: no label is empty


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
        DamagedFile: A line of ``articles.jsonl`` is no article.
        ProjectFileError: The rules, the pipeline or its label map have a fault.
    """
    workspace, tally = project.workspace, Counter[tuple[str, str]]()
    with workspace.opened():
        # Reading it all first finds a damaged line, and names it, before a thousand articles are asked about.
        articles = sum(1 for _ in workspace.articles.rows())
        workspace.suggestions.write_sorted(_suggest_rows(project, tally))
    annotators = sorted({annotator for annotator, _ in tally})
    return SuggestResult(
        articles=articles,
        spans={
            annotator: {label: tally[annotator, label] for label in project.schema.label_names}
            for annotator in annotators
        },
        refused=sum(tally[annotator, _REFUSED] for annotator in annotators),
    )


@click.command("suggest")
@json_option
@with_project
def suggest_cli(project: Project, *, as_json: bool) -> int:
    r"""Pre-annotate all articles, by rules and a spaCy pipeline.

    The rules are those of configs/rules.toml; the project file may name others under [suggest], or none, and an
    installed spaCy pipeline with a map from its labels to the schema's. `labeling push` sends what they say as
    predictions; people start from there.

    \b
    Example:
      labeling ingest articles/ && labeling suggest && labeling push
      labeling suggest --json | jq '.spans["model:rules"].COUNTRY'
    """
    summary = suggest(project)
    show(asdict(summary) if as_json else _format_suggestions(summary), as_json=as_json)
    click.echo(f"Written to {project.workspace.suggestions.path}", err=True)
    return REFUSED if summary.refused else 0


def _suggest_rows(project: Project, tally: Counter[tuple[str, str]]) -> Iterator[Annotation]:
    """All suggestions in the order of the file, counted into ``tally`` by annotator and label."""
    lines = read_lines_frame(project.workspace.articles.path)
    for row in suggest_for_lines(lines, project.schema, read_suggestion_settings(project)).iter_rows():
        annotation = Annotation.model_validate_json(row["annotation"])
        tally.update((annotation.annotator, span.label) for span in annotation.spans)
        tally[annotation.annotator, _REFUSED] += row["refused"]
        yield annotation


def _format_suggestions(summary: SuggestResult) -> dict[str, object]:
    """The summary with one line for each annotator, as people read it."""
    lines = {
        annotator: f"{sum(labels.values())} spans: " + ", ".join(f"{n} {label}" for label, n in labels.items() if n)
        for annotator, labels in summary.spans.items()
    }
    return {"articles": summary.articles, **lines, "refused": summary.refused}
