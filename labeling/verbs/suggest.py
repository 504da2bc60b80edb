"""``labeling suggest``: articles -> ``suggestions.jsonl``, so that nobody starts from a blank page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.suggestions.suggest import SuggestResult, suggest
from labeling.verbs.options import REFUSED, json_option, show, show_progress, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("suggest")
@json_option
@with_project
def suggest_cli(project: Project, *, as_json: bool) -> int:
    r"""Pre-annotate all articles, by rules, a spaCy pipeline and a GLiNER model.

    The rules are those of configs/rules.toml; the project file may name others under [suggest], or none, and an
    installed spaCy pipeline with a map from its labels to the schema's. A GLiNER model (`zero_shot`, a folder or a name
    on the Hub) is asked for the schema's labels by name and definition. With `model = "latest"` the newest model that
    was trained on the last dataset is asked as well, for spans, relations and choices. `labeling push` sends the
    suggestions as predictions, and people start from there.

    \b
    Example:
      labeling ingest articles/ && labeling suggest && labeling push
      labeling suggest --json | jq '.spans["model:rules"].COUNTRY'
    """
    with show_progress("suggesting") as progress:
        summary = suggest(project, progress=progress)
    show(asdict(summary) if as_json else _format_suggestions(summary), as_json=as_json)
    tell(f"Written to {project.workspace.suggestions.path}", err=True)
    return REFUSED if summary.refused else 0


def _format_suggestions(summary: SuggestResult) -> dict[str, object]:
    """The summary with one line for each annotator, as people read it."""
    lines = {
        annotator: f"{sum(labels.values())} spans: " + ", ".join(f"{n} {label}" for label, n in labels.items() if n)
        for annotator, labels in summary.spans.items()
    }
    return {"articles": summary.articles, **lines, "refused": summary.refused}
