"""Another project's tasks, in whatever file they are: exports, snapshots, files made for an import, storage, JSON-MIN.

Each becomes one form here: its data, and its annotations, drafts and predictions.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.errors import UnreadableArticle
from labeling.imports.jsonl import limited_lines
from labeling.sources.json_items import read_more_text, stream_array
from labeling.sources.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

TaskFields: TypeAlias = dict[str, Any]

_MANY = ("tasks", "results")
_PARTS = ("annotations", "completions", "predictions", "drafts")
_EXPORT_AGAIN = "export it from Label Studio as JSON"
# The server's own account of a task, none of which is about its text.
_BOOKKEEPING_FIELDS = frozenset(
    {"id", "inner_id", "created_at", "updated_at", "created_by", "updated_by", "project", "meta", "file_upload"}
    | {"allow_skip", "allow_postpone", "overlap", "is_labeled", "mode", "storage_filename", "total_annotations"}
    | {"cancelled_annotations", "total_predictions", "comment_count", "unresolved_comment_count", "comment_authors"}
    | {"last_comment_updated_at", "comment_authors_count", "annotators", "annotations_results", "annotations_ids"}
    | {"predictions_results", "predictions_score", "predictions_model_versions", "avg_lead_time", "draft_exists"}
    | {"completed_at", "reviewers", "reviewed", "reviews_accepted", "reviews_rejected", "ground_truth", "agreement"}
    | {"unique_lock_id", "precomputed_agreement", "task_path", "sid", "state"}
)
# What JSON-MIN has of a task and its one annotation; all else is data, or one of the project's controls.
_MIN_FIELDS = ("annotation_id", "annotator", "created_at", "updated_at", "lead_time", "agreement", "history")


@dataclass(frozen=True)
class ForeignTask:
    """A task: its place in the file, its data, and what people and models made of it, as it came.

    ``reason`` is why it is not a task, or "". ``flat`` is true of JSON-MIN, which knows no relations.
    """

    where: str
    data: TaskFields
    annotations: tuple[Any, ...] = ()
    drafts: tuple[Any, ...] = ()
    predictions: tuple[Any, ...] = ()
    unread: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""
    flat: bool = False

    @property
    def answers(self) -> Iterator[TaskFields]:
        """All annotations, drafts and predictions that are more than a number."""
        return (each for each in (*self.annotations, *self.drafts, *self.predictions) if isinstance(each, dict))

    @property
    def rows(self) -> Iterator[TaskFields]:
        """All rows of all results."""
        for each in self.answers:
            result = each.get("result")
            yield from (row for row in (result if isinstance(result, list) else []) if isinstance(row, dict))


def stream_foreign_tasks(path: Path) -> Iterator[ForeignTask]:
    """The tasks of a file: a JSON array, an object with a list of ``tasks``, one task, or one a line.

    Raises:
        UnreadableArticle: It is not such a file; what came before the fault has been given.
    """
    for where, item in _stream_file(path):
        if isinstance(item, dict) and "data" not in item and (many := _inner_list(item)) is not None:
            for number, each in enumerate(many, start=1):
                yield _read_item(each, f"{where}: item {number}")
        else:
            yield _read_item(item, where)


def _stream_file(path: Path) -> Iterator[tuple[str, Any]]:
    def fail(reason: str) -> UnreadableArticle:
        return UnreadableArticle(reason, todo=_EXPORT_AGAIN, where=str(path))

    with open_plain(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        head = read_more_text(text, "", fail) or ""
        if head.startswith("["):
            for number, item in enumerate(stream_array(head, text, fail), start=1):
                yield f"{path}: item {number}", item
        elif _is_one_a_line(head):
            yield from _stream_lines(path)
        else:
            yield str(path), _load_whole(head, text, fail)


def _is_one_a_line(head: str) -> bool:
    """Whether the first line is an object, and so each line is one."""
    first, _, rest = head.partition("\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _stream_lines(path: Path) -> Iterator[tuple[str, Any]]:
    with open_plain(path) as lines:
        for number, line in enumerate(limited_lines(lines), start=1):
            if line.strip():
                where = f"{path}:{number}"
                try:
                    yield where, json.loads(line.decode("utf-8-sig"))
                except (ValueError, RecursionError) as error:
                    yield where, ForeignTask(where, {}, reason=f"the line is not JSON: {error}")


def _load_whole(head: str, text: TextIO, fail: Callable[[str], UnreadableArticle]) -> Any:  # noqa: ANN401 - JSON of any form
    pieces = [head]
    while (more := read_more_text(text, "", fail)) is not None:
        pieces.append(more)
    try:
        return json.loads("".join(pieces))
    except (ValueError, RecursionError) as error:
        raise fail(f"it is not JSON ({error})") from None


def _inner_list(item: TaskFields) -> list[Any] | None:
    return next((item[name] for name in _MANY if isinstance(item.get(name), list)), None)


def _read_item(item: object, where: str) -> ForeignTask:
    if isinstance(item, ForeignTask):
        return item
    if not isinstance(item, dict):
        return ForeignTask(where, {}, reason="it is not an object with the `data` of a task")
    # A storage that Label Studio writes to gets one annotation a file, with its task inside.
    if isinstance(item.get("task"), dict) and "result" in item:
        return _read_task_fields({**item["task"], "annotations": [item], "predictions": [], "drafts": []}, where)
    if "data" in item:
        return _read_task_fields(item, where)
    return _read_flat(item, where)


def _read_task_fields(item: TaskFields, where: str) -> ForeignTask:
    if not isinstance(item["data"], dict):
        return ForeignTask(
            where, {}, reason=f"its `data` is not an object of fields, but {type(item['data']).__name__}"
        )
    parts = {name: item.get(name) or [] for name in _PARTS}
    for name, value in parts.items():
        if not isinstance(value, list):
            return ForeignTask(where, item["data"], reason=f"its `{name}` is not a list")
    return ForeignTask(
        where,
        data=item["data"],
        # Before version 1.0 annotations were called completions.
        annotations=(*parts["annotations"], *parts["completions"]),
        drafts=tuple(parts["drafts"]),
        predictions=tuple(parts["predictions"]),
        unread={name: item[name] for name in item.keys() - {"data", *_PARTS} - _BOOKKEEPING_FIELDS},
    )


def _read_flat(item: TaskFields, where: str) -> ForeignTask:
    """JSON-MIN, or the bare fields of a task: Label Studio imports these, too."""
    if "annotation_id" in item or "annotator" in item:
        return _read_json_min(item, where)
    nested = sorted(name for name, value in item.items() if isinstance(value, dict | list))
    if nested:
        names = ", ".join(f"`{name}`" for name in nested)
        return ForeignTask(where, {}, reason=f"it has no `data`, but {names}: it is not a task of Label Studio")
    return ForeignTask(where, data=item)


def _read_json_min(item: TaskFields, where: str) -> ForeignTask:
    """JSON-MIN has one annotation an item, among the data; a choice of one option looks like a field of the data."""
    result, data = list[Any](), TaskFields()
    for name, value in item.items():
        rows = _min_rows(name, value)
        if rows:
            result += rows
        elif name not in _MIN_FIELDS and name != "id":
            data[name] = value
    annotation = {
        "id": item.get("annotation_id"),
        "completed_by": item.get("annotator"),
        "result": result,
        "created_at": item.get("created_at"),
        "updated_at": item.get("updated_at"),
        "lead_time": item.get("lead_time"),
    }
    return ForeignTask(where, data, annotations=(annotation,), flat=True)


def _min_rows(control: str, value: object) -> list[TaskFields]:
    """The rows of a control in JSON-MIN: regions in a list, or choices; nothing for a field of the data."""
    values = value if isinstance(value, list) else [value]
    found = list[TaskFields]()
    for each in values:
        if isinstance(each, dict) and isinstance(each.get("choices"), list):
            found.append({"type": "choices", "from_name": control, "value": each})
        elif isinstance(each, dict) and "labels" in each:
            found.append({"type": "labels", "from_name": control, "value": each})
        elif isinstance(each, dict) and (kinds := [name for name in each if name.endswith("labels")]):
            found.append({"type": kinds[0], "from_name": control, "value": each})
        else:
            return []
    return found
