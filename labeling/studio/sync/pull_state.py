"""``pulled.jsonl`` and ``pulled.json``: what each task held when it was last pulled, and how far that reaches.

By them the next pull knows what has changed, and `status` what stands where, without fetching everything again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.server_state import PulledAnnotation, PulledTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class PullDifference:
    """How many annotations and drafts came, changed and went between two pulls."""

    new: int
    edited: int
    deleted: int


def read_pulled_task(task: Mapping[str, Any], names: Mapping[int | str, str]) -> PulledTask | None:
    """What a task of an export holds; None for one that is none."""
    number, data = task.get("id"), task.get("data")
    if not isinstance(number, int):
        return None
    article = data.get("article") if isinstance(data, dict) else None
    said = [*_pulled_annotations(task, "annotations", names), *_pulled_annotations(task, "drafts", names)]
    return PulledTask(
        task=number,
        article=_escape_lone_surrogates(article if isinstance(article, str) else ""),
        updated=str(task.get("updated_at") or ""),
        said=tuple(said),
    )


def compare_pulls(before: Mapping[int, PulledTask], after: Mapping[int, PulledTask]) -> PullDifference:
    """Compare by the server's numbers and the digests; a draft and an annotation may bear the same number."""
    old, new = dict(_digests(before.values())), dict(_digests(after.values()))
    return PullDifference(
        new=len(new.keys() - old.keys()),
        edited=sum(old[key] != digest for key, digest in new.items() if key in old),
        deleted=len(old.keys() - new.keys()),
    )


def describe_unsubmitted(tasks: Iterable[PulledTask]) -> list[str]:
    """A sentence for each draft that is newer than the annotation it changes: somebody forgot to press Update."""
    return [
        f"task {task.task} ({task.article}): {draft.by} has changed annotation {draft.of} after submitting it, and has "
        "not pressed Update"
        for task in tasks
        for draft in task.said
        if draft.of is not None and _is_newer(draft, task.said)
    ]


def _is_newer(draft: PulledAnnotation, said: Iterable[PulledAnnotation]) -> bool:
    submitted = next((one for one in said if one.state != "draft" and one.id == draft.of), None)
    return submitted is not None and _parse_instant(draft.updated) > _parse_instant(submitted.updated)


def _pulled_annotations(
    task: Mapping[str, Any], part: str, names: Mapping[int | str, str]
) -> Iterator[PulledAnnotation]:
    rows = task.get(part)
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("id"), int):
            yield _pulled_annotation(row, part == "drafts", names)


def _pulled_annotation(row: Mapping[str, Any], is_draft: bool, names: Mapping[int | str, str]) -> PulledAnnotation:  # noqa: FBT001 - it is private
    by = row.get("user") if is_draft else row.get("completed_by")
    parent = row.get("annotation")
    return PulledAnnotation(
        id=row["id"],
        by=_escape_lone_surrogates(names.get(by, str(by)) if isinstance(by, int | str) else ""),
        state="draft" if is_draft else "skipped" if row.get("was_cancelled") else "submitted",
        digest=_content_digest([row.get(key) for key in ("result", "was_cancelled", "ground_truth", "lead_time")]),
        updated=str(row.get("updated_at") or ""),
        of=parent if is_draft and isinstance(parent, int) else None,
    )


def _content_digest(content: list[Any]) -> str:
    return digest_of(_escape_lone_surrogates(canonical_json(content)))[:16]


def _escape_lone_surrogates(value: str) -> str:
    """A text that files can hold: the server takes lone surrogates, which are kept in quarantine, escaped."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _digests(tasks: Iterable[PulledTask]) -> Iterator[tuple[tuple[bool, int], str]]:
    return (((one.state == "draft", one.id), f"{one.state} {one.digest}") for task in tasks for one in task.said)


def _parse_instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
