"""Projects and the Data Manager's table as a reader's answers have them: without what others did there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from . import permits
from .searching import is_good_view, is_of_the_task
from .subject import row_number
from .task_answers import number_in

if TYPE_CHECKING:
    from .task_answers import Eyes


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- projects, and the Data Manager ----------------------------------------------------------------------------------

_PROJECT = _fields(
    "id title description label_config expert_instruction show_instruction show_skip_button enable_empty_annotation "
    "show_annotation_history organization color maximum_annotations is_published model_version is_draft created_by "
    "created_at show_collab_predictions task_number sampling control_weights parsed_label_config "
    "evaluate_predictions_automatically config_has_control_tags skip_queue reveal_preannotations_interactively "
    "pinned_at queue_total queue_done finished_task_number config_suitable_for_bulk_annotation source_syncing "
    "target_syncing task_count can_manage_annotations"
)
_NEUTRAL_PROJECT: dict[str, Any] = {
    "total_annotations_number": 0,
    "total_predictions_number": 0,
    "num_tasks_with_annotations": 0,
    "useful_annotation_number": 0,
    "ground_truth_number": 0,
    "skipped_annotations_number": 0,
    "annotation_count": 0,
    "overlap_cohort_percentage": 100,
    "annotator_evaluation_enabled": False,
    "show_ground_truth_first": False,
    "show_overlap_first": False,
    "can_delete_tasks": False,
    "can_manage_tasks": False,
}
_OWN_COUNTS = _fields("finished_task_number queue_done queue_total")
# All tasks; those that the caller has submitted or skipped; and of those the skipped ones that come up again.
_HOW_FAR = """
    SELECT COUNT(*), COUNT(own.task_id),
        COALESCE(SUM(CASE WHEN own.skips = 1 AND project.skip_queue = 'REQUEUE_FOR_ME' THEN 1 ELSE 0 END), 0)
    FROM task JOIN project ON project.id = task.project_id
    LEFT JOIN (
        SELECT task_id, MIN(CASE WHEN was_cancelled THEN 1 ELSE 0 END) AS skips FROM task_completion
        WHERE completed_by_id = %s GROUP BY task_id
    ) AS own ON own.task_id = task.id WHERE task.project_id = %s
"""


def clean_project(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - any JSON
    """A project with the caller's own counts."""
    if not isinstance(value, dict):
        return {}
    kept = {name: each for name, each in value.items() if name in _PROJECT}
    kept |= {name: each for name, each in _NEUTRAL_PROJECT.items() if name in value}
    if "maximum_annotations" in kept:
        kept["maximum_annotations"] = 1
    counted = _OWN_COUNTS & set(kept)
    return kept | (_count_own_tasks(eyes.number, row_number(value.get("id")), counted) if counted else {})


def _count_own_tasks(account: int, project: int | None, counted: frozenset[str]) -> dict[str, int]:
    """How far the caller is on the way through all tasks: Label Studio leaves out of it what others have finished."""
    with connection.cursor() as cursor:
        cursor.execute(_HOW_FAR, [account, project])
        total, finished, comes_back = map(int, cursor.fetchone())
    counts = {"finished_task_number": finished, "queue_done": finished - comes_back, "queue_total": total}
    return {name: counts[name] for name in counted}


def clean_projects(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - any JSON
    """A page of projects; one in which the caller decides is as it comes."""
    if not isinstance(value, dict):
        return {}
    adjudicated = eyes.account.adjudicated
    results = [
        each if isinstance(each, dict) and each.get("id") in adjudicated else clean_project(each, eyes)
        for each in value.get("results", [])
    ]
    return {**{name: value.get(name) for name in ("count", "next", "previous")}, "results": results}


def clean_columns(value: Any, _: Eyes) -> Any:  # noqa: ANN401 - the same
    """The columns of the table by which a reader may search."""
    listed = value.get("columns", []) if isinstance(value, dict) else []
    kept = [
        each
        for each in listed
        if each.get("id") == "data" or each.get("parent") == "data" or is_of_the_task(f"tasks:{each.get('id')}")
    ]
    return {"columns": kept}


def clean_views(value: Any, _: Eyes) -> Any:  # noqa: ANN401 - the same
    """The tabs that a reader may open."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, dict) and is_good_view(each.get("id", 0))]


def clean_actions(value: Any, _: Eyes) -> Any:  # noqa: ANN401 - the same
    """The actions that a reader may take."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if each.get("id") in permits.ACTIONS_OF_READERS]


def clean_users(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - the same
    """The caller's own account; whoever decides somewhere finds the others too, by their numbers."""
    listed = value if isinstance(value, list) else []
    if eyes.account.adjudicated:
        return listed
    return [each for each in listed if number_in(each) == eyes.number]


def clean_away(value: Any, _: Eyes) -> Any:  # noqa: ANN401 - the same
    """An empty list, or an empty page of one."""
    return {"count": 0, "next": None, "previous": None, "results": []} if isinstance(value, dict) else []
