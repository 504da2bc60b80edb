"""The order of what is open, written for `push`; the model that suggests, and how far it agrees with the one before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.annotations import MODEL
from labeling.learning.open_articles import list_open_articles
from labeling.learning.reading_queue import plan_queue
from labeling.learning.rounds import draw_fixed_set
from labeling.learning.stopping import measure_stability
from labeling.suggestions.latest_model import find_latest_model
from labeling.training.extractors import EXTRACTOR_CARD, read_extractor
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.learning.open_articles import ReadingState
    from labeling.project import LearningSection, Project
    from labeling.workspace.rows.learning_rows import QueueRow, RoundRow


def find_last_model(before: Sequence[RoundRow]) -> str:
    """The signature of the model of the last round that had one; empty where none had."""
    return next((row.model for row in reversed(before) if row.model), "")


def with_model(project: Project, model: str) -> Project:
    """The project, with a model of its own as what suggests, by its signature; as it is, where there is none.

    The newest of the latest dataset says relations and choices, too; one of before, whose dataset is not the latest any
    more, spans alone.
    """
    workspace, folder = project.workspace, project.workspace.models / model.removeprefix(MODEL)
    asked: dict[str, object] = {"model": ""}
    if model and (folder / EXTRACTOR_CARD).is_file():
        is_latest = read_extractor(folder).corpus == workspace.latest.resolve().name
        newest = find_latest_model(workspace) if is_latest else ""
        is_newest = newest == str(folder.absolute())
        asked = {"model": "latest"} if is_newest else {"model": "", "pipeline": str(folder), "label_map": {}}
    suggest = project.file.suggest.model_copy(update=asked)
    return replace(project, file=project.file.model_copy(update={"suggest": suggest}))


def write_queue(project: Project, section: LearningSection, state: ReadingState, model: str) -> list[QueueRow]:
    """Order what nobody has begun, into ``queue.jsonl``.

    Raises:
        WorkspaceBusy: Another command is writing here.
    """
    workspace = project.workspace
    reads = (workspace.articles, workspace.clusters, workspace.gold, workspace.begun)
    with workspace.opened(), keep_custody(workspace, "learn", reads=reads, writes=(workspace.queue,), stale=False):
        queue = plan_queue(
            [*list_open_articles(project, state, model, misses=section.misses)],
            state.touched_groups,
            state.touched_stories,
            share=section.stream,
            seed=section.seed,
        )
        workspace.queue.write(queue)
    return queue


def compare_on_fixed_set(project: Project, groups: Mapping[str, str], last: str, model: str) -> float | None:
    """How far a model says what the last one said, of articles that were drawn once; what both say is kept.

    Args:
        project: Whose workspace; the model's suggestions are there.
        groups: The leak group of each article.
        last: The signature of the model of the round before; empty for the first.
        model: That of this round's.
    """
    workspace = project.workspace
    with (
        workspace.opened(),
        keep_custody(workspace, "learn", reads=(workspace.fixed_set,), writes=(workspace.fixed_set,)),
    ):
        known = [*workspace.fixed_set.rows_if_written()]
        seed = project.file.learning.seed if project.file.learning else ""
        fixed = draw_fixed_set(groups, seed, {row.article for row in known})
        suggested = workspace.suggestions.grouped_by("article")
        now = [row for name in fixed for row in suggested.get(name, ()) if row.annotator == model]
        before = [row for row in known if row.annotator == last != model and row.article in set(fixed)]
        workspace.fixed_set.write([*before, *now])
    return measure_stability(before, now) if before else None
