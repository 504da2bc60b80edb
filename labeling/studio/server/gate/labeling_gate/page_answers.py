"""What the page is told of a project and a task, as far as it is about whoever asks.

The counts are those of their own reading list; the instruction opens once a version; and why somebody is to look at an
article again stands above it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .assisting import list_own_backend
from .caller import OWNER, READER
from .decided_page import ADDRESS, list_told
from .json_answers import read_answer, replace_answer
from .queue import asks_for_next, project_asked, project_of_task, reading_list_of
from .showing import has_seen_instruction
from .subject import row_number

if TYPE_CHECKING:
    from .call import Call
    from .reading_list import ReadingList

# The key of a task's data under which the page finds why it is shown again, and what shows it.
AGAIN = "labeling_again"
_AGAIN_VIEW = (
    '<View className="lw-again"><Style>.lw-again :is(h1, h2, h3, h4, h5, h6):empty { display: none; } '
    f'.lw-again {{ color: #a33; }}</Style><Header value="${AGAIN}" size="5"/></View>'
)
_ROOT = re.compile(r"""\s*<View(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>""")
_TOLD = f'<p><a href="{ADDRESS}" target="_blank">What was decided on your articles</a></p>'
_DONE = 200
_OF_PROJECT = frozenset({"api/dm/project", "api/projects/<pk>"})
_OF_PROJECTS = frozenset({"api/projects", "api/projects/counts"})
# What Label Studio counts in a project, by what it is for one reader.
_TOTALS = ("task_number", "task_count")
_DONES = ("finished_task_number", "num_tasks_with_annotations", "total_annotations_number", "annotation_count")


def rewrite(call: Call, answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The answer as the page is to show it to this caller."""
    if answer.status_code != _DONE or call.account is None or call.method not in {"GET", "POST"}:
        return answer
    change = _find_change(call)
    value = read_answer(answer) if change is not None else None
    if change is None or not isinstance(value, (dict, list)):
        return answer
    return replace_answer(answer, value) if change(call, value) else answer


def _find_change(call: Call) -> Any:  # noqa: ANN401 - a function below
    if call.route in _OF_PROJECT:
        return _rewrite_project
    if call.route in _OF_PROJECTS and call.method == "GET":
        return _rewrite_projects
    if asks_for_next(call) or call.route == "api/tasks/<pk>":
        return _rewrite_task
    if call.route == "api/ml" and call.method == "GET":
        return list_own_backend
    return None


def _rewrite_project(call: Call, value: Any) -> bool:  # noqa: ANN401 - any JSON
    number = row_number(value.get("id")) if isinstance(value, dict) else None
    if number is None:
        return False
    changed = _count_own(call, number, value)
    if value.get("show_instruction") and _has_seen(call, number, value.get("expert_instruction")):
        value["show_instruction"] = False
        changed = True
    instruction = value.get("expert_instruction")
    if isinstance(instruction, str) and _is_told(call, number):
        value["expert_instruction"] = f"{_TOLD}{instruction}"
        changed = True
    config = value.get("label_config")
    if isinstance(config, str) and reading_list_of(call, number).again:
        root = _ROOT.match(config)
        if root:
            value["label_config"] = f"{root.group()}{_AGAIN_VIEW}{config[root.end() :]}"
            changed = True
    return changed


def _is_told(call: Call, project: int) -> bool:
    """Whether anything was decided on the caller's articles; what the owner reads, they may send back as it is."""
    if call.account is None or call.is_owners:
        return False
    return any(each.project == project for each in list_told(call.account.number))


def _has_seen(call: Call, project: int, instruction: Any) -> bool:  # noqa: ANN401 - the same
    account = call.account
    if account is None or account.role_in(project) == OWNER:
        return False
    return has_seen_instruction(project, account.number, instruction)


def _rewrite_projects(call: Call, value: Any) -> bool:  # noqa: ANN401 - the same
    rows = value.get("results") if isinstance(value, dict) else value
    changed = False
    for row in rows if isinstance(rows, list) else []:
        number = row_number(row.get("id")) if isinstance(row, dict) else None
        if number is not None:
            changed = _count_own(call, number, row) or changed
    return changed


def _count_own(call: Call, project: int, value: dict[str, Any]) -> bool:
    listed = reading_list_of(call, project)
    if not listed.governs or call.account is None:
        return False
    counts = {"queue_total": listed.total, "queue_done": listed.done}
    if call.account.role_in(project) == READER:
        counts |= dict.fromkeys(_TOTALS, listed.total) | dict.fromkeys(_DONES, listed.done) | _count_kinds(listed)
    value.update({name: count for name, count in counts.items() if name in value})
    return True


def _count_kinds(listed: ReadingList) -> dict[str, int]:
    skipped = sum(each.is_skipped for each in listed.assigned)
    return {
        "skipped_annotations_number": skipped,
        "useful_annotation_number": listed.done - skipped,
        "ground_truth_number": 0,
    }


def _rewrite_task(call: Call, value: Any) -> bool:  # noqa: ANN401 - any JSON
    project = project_asked(call) if asks_for_next(call) else project_of_task(call)
    task, data = (value.get("id"), value.get("data")) if isinstance(value, dict) else (None, None)
    if project is None or not isinstance(data, dict):
        return False
    again = (reading_list_of(call, project).again or {}).get(row_number(task) or 0)
    if again is None:
        return False
    data[AGAIN] = again.why
    if asks_for_next(call):
        # What the page opens with; and after Update it goes on to the next article, in place of opening this one again.
        value["default_selected_annotation"] = again.annotation
    return True
