"""The front door of suggestions: articles -> ``suggestions.jsonl``, so that nobody starts from a blank page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.suggestions.latest_model import find_latest_model
from labeling.suggestions.suggester import REFUSED_SPANS, order_suggestions, read_suggestion_settings
from labeling.training.extractors import list_model_card
from labeling.workspace.custody import keep_custody
from labeling.workspace.flow.article_batches import plan_batches
from labeling.workspace.flow.article_flow import FlowPlace, say_no_progress, write_flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project
    from labeling.workspace.custody import CustodyFile


@dataclass(frozen=True)
class SuggestResult:
    """What was suggested: articles read, spans by annotator and label (in the schema's order), spans refused."""

    articles: int
    spans: dict[str, dict[str, int]]
    refused: int


def suggest(project: Project, *, progress: Callable[[int, int], None] = say_no_progress) -> SuggestResult:
    """Ask the rules, and what else is named, about every article; write ``suggestions.jsonl``.

    Its rows are annotations, sorted by article and annotator. What was suggested before is replaced when all is done. A
    run that was cut short goes on with what it had, unless articles or settings have changed.

    Args:
        project: Whose articles. Its Ray cluster, if it names one, does the work.
        progress: Called with how many articles are done, and of how many.

    Raises:
        MissingInput: Nothing was ingested; or the latest model is asked, and there is none of the latest dataset.
        Altered: ``articles.jsonl``, or what a model of ours says of itself, is not as it was left.
        DamagedFile: A line of ``articles.jsonl`` is not an article.
        ProjectFileError: The rules, the pipeline or its label map have a fault.
        ZeroShotUnavailable: The model for `zero_shot` cannot be used.
        RayUnavailable: The project file names a Ray cluster that cannot be used.
    """
    workspace, place = project.workspace, FlowPlace(project.file.passages.ray, progress=progress)
    reads: tuple[CustodyFile, ...] = (
        workspace.articles,
        *list_model_card(workspace, Path(project.file.suggest.pipeline)),
    )
    latest = find_latest_model(workspace) if project.file.suggest.model == "latest" else ""
    if latest:
        reads += list_model_card(workspace, Path(latest))
    elif project.file.suggest.model:
        workspace.say('[suggest] model = "latest": there is no dataset yet, and so no model that could suggest')
    with workspace.opened(), keep_custody(workspace, "suggest", reads=reads, writes=(workspace.suggestions,)):
        plan = plan_batches(workspace.articles)
        order = order_suggestions(project.schema, read_suggestion_settings(project))
        tally = write_flow(workspace.suggestions.path, plan, order, place, workspace.suggestions)
    return SuggestResult(
        articles=plan.articles,
        spans={
            annotator: {label: tally[annotator][label] for label in project.schema.label_names}
            for annotator in sorted(tally)
        },
        refused=sum(counts[REFUSED_SPANS] for counts in tally.values()),
    )
