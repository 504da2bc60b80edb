"""Front door of ``labeling predict``: a trained extractor and the articles of the workspace -> annotations."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import labeling
from labeling.annotations import Annotation
from labeling.errors import UsageError
from labeling.training.extractors import list_model_card, read_extractor
from labeling.training.open_extractors import open_extractor
from labeling.values import canonical_json, digest_of
from labeling.workspace.custody import refuse_altered
from labeling.workspace.flow.article_batches import plan_batches
from labeling.workspace.flow.article_flow import FlowPlace, WorkOrder, flow_in_order, say_no_progress, write_flow
from labeling.workspace.flow.parts import Made
from labeling.workspace.storage import folder_digest
from labeling.workspace.table import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.flow.article_batches import BatchPlan
    from labeling.workspace.flow.article_flow import Worker
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class PredictResult:
    """What was predicted: articles read; spans, relations and options of choices, by label."""

    articles: int
    spans: dict[str, int]
    relations: dict[str, int]
    choices: dict[str, int]


def predict(project: Project, model: Path) -> Iterator[Annotation]:
    """The model's prediction for each article of the workspace, signed ``model:<name>``, in the order of the articles.

    Raises:
        UsageError: The folder does not exist.
        MissingInput: Nothing was ingested.
        Altered: ``articles.jsonl``, or what the model says of itself, is not as it was left.
        TrainingError: The folder does not hold a model of ours.
        RayUnavailable: The project file names a Ray cluster that cannot be used.
    """
    return map(Annotation.model_validate_json, predict_lines(project, model))


def predict_lines(
    project: Project, model: Path, *, progress: Callable[[int, int], None] = say_no_progress
) -> Iterator[bytes]:
    """`predict` as lines of canonical JSON in UTF-8; errors are the same.

    Args:
        project: Whose articles. Its Ray cluster, if it names one, does the work.
        model: The model's folder.
        progress: Called with how many articles are done, and of how many.
    """
    plan, order = _plan_predictions(project, model)
    place = FlowPlace(project.file.passages.ray, progress=progress)
    return (line for made in flow_in_order(plan, order, place) for line in made.rows.splitlines())


def write_predictions(
    project: Project, model: Path, output: Path, *, progress: Callable[[int, int], None] = say_no_progress
) -> PredictResult:
    """Write the lines of `predict` to a file, whole or not at all; a run that was cut short goes on with what it had.

    Args:
        project: Whose articles. Its Ray cluster, if it names one, does the work.
        model: The model's folder.
        output: The file, which is replaced when all is done. What is finished is kept beside it until then.
        progress: Called with how many articles are done, and of how many.

    Raises:
        UsageError: The folder does not exist, or the file is the workspace's own, or not a file.
        WorkspaceBusy: Another command is writing the same file.
        NoRoom: The file cannot be written: it is what it was.
    """
    _refuse_output(output, project.workspace)
    plan, order = _plan_predictions(project, model)
    tally = write_flow(output, plan, order, FlowPlace(project.file.passages.ray, progress=progress))
    spans, relations, choices = (dict(sorted(tally[what].items())) for what in ("spans", "relations", "choices"))
    return PredictResult(plan.articles, spans, relations, choices)


def _plan_predictions(project: Project, model: Path) -> tuple[BatchPlan, WorkOrder]:
    if not model.is_dir():
        raise UsageError(
            f"the folder {model} does not exist", todo="name one that `labeling train` wrote", where=str(model)
        )
    workspace = project.workspace
    refuse_altered(workspace, "predict", (workspace.articles, *list_model_card(workspace, model)))
    plan = plan_batches(workspace.articles)
    return plan, order_predictions(model)


def order_predictions(model: Path) -> WorkOrder:
    """A model's predictions as work for a flow; it counts spans, relations and options of choices by label.

    Raises:
        TrainingError: The folder does not hold a model of ours.
    """
    read_extractor(model)
    decides = [labeling.__version__, version("spacy"), folder_digest(model)]
    return WorkOrder(digest_of(canonical_json([*decides])), partial(_open_predicting, model.absolute()))


def _open_predicting(model: Path) -> Worker:
    extractor = open_extractor(model)

    def predict_rows(articles: Sequence[Article]) -> Made:
        lines, tally = list[str](), defaultdict[str, Counter[str]](Counter)
        for annotation in extractor.predict(articles):
            lines.append(canonical_json(annotation.model_dump(mode="json")) + "\n")
            tally["spans"].update(span.label for span in annotation.spans)
            tally["relations"].update(relation.label for relation in annotation.relations)
            tally["choices"].update(f"{name}={one}" for name, chosen in annotation.choices.items() for one in chosen)
        return Made("".join(lines).encode(), {name: dict(counts) for name, counts in tally.items()})

    return predict_rows


def _refuse_output(output: Path, workspace: Workspace) -> None:
    """Refuse what a file of predictions would take the place of: the workspace's own files, folders, devices."""
    place, root = output.resolve(), workspace.root.resolve()
    own = {file.name for _, file in described()} | {page.name for page in workspace.pages}
    inside = place.relative_to(root).parts if place.is_relative_to(root) else ()
    if inside and (len(inside) > 1 or inside[0] in own or inside[0].startswith(".")):
        raise UsageError(
            f"{output} belongs to the workspace", todo="name a file outside of it with --output", where=str(output)
        )
    if output.exists() and not output.is_file():
        raise UsageError(f"{output} is not a file", todo="name a file with --output", where=str(output))
