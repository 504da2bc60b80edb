"""``pulled.jsonl`` and ``pulled.json``: what each task held when it was last pulled, and how far that reaches. Pure.

By them the next pull finds what has changed, and `status` counts, without fetching everything again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.articles import escape_surrogates
from labeling.studio.format.signatures import content_digest
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.server_state import PulledAnnotation, PulledTask, is_server_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.annotations import Annotation, QuarantineRow, State


@dataclass(frozen=True)
class PullDifference:
    """How many annotations and drafts came, changed and went between two pulls."""

    new: int
    edited: int
    deleted: int


def read_pulled_task(task: Mapping[str, Any], names: Mapping[int | str, str]) -> PulledTask | None:
    """What a task of an export holds; None for something that is not a task."""
    number, data = task.get("id"), task.get("data")
    if not isinstance(number, int):
        return None
    article = data.get("article") if isinstance(data, dict) else None
    # An export names the maker of an annotation and of a draft by different keys.
    annotations = [_pulled_annotation(row, names) for row in _rows_with_id(task, "annotations")]
    drafts = [_pulled_draft(row, names) for row in _rows_with_id(task, "drafts")]
    return PulledTask(
        task=number,
        # The server takes lone surrogates, which no file can hold.
        article=escape_surrogates(article if isinstance(article, str) else ""),
        updated=str(task.get("updated_at") or ""),
        said=(*annotations, *drafts),
    )


def list_pulled_words(pulled: Iterable[PulledTask], quarantine: Iterable[QuarantineRow]) -> dict[int, str]:
    """The digests of annotations as they were pulled, by number, but for those that were spoken for another."""
    spoken = {row.server_id for row in quarantine if row.kind == "spoken for another"}
    said = (one for task in pulled for one in task.said)
    return {one.id: one.digest for one in said if one.state != "draft" and one.id not in spoken}


def compare_pulls(before: Mapping[int, PulledTask], after: Mapping[int, PulledTask]) -> PullDifference:
    """Compare by the server's numbers and the digests; a draft and an annotation may have the same number.

    If annotations 1 and 2 were there, and now there are 2, with another digest, and 3: one is new, one edited, one
    deleted.
    """
    old, new = dict(_digests(before.values())), dict(_digests(after.values()))
    return PullDifference(
        new=len(new.keys() - old.keys()),
        edited=sum(old[key] != digest for key, digest in new.items() if key in old),
        deleted=len(old.keys() - new.keys()),
    )


class SentWords:
    """When submissions were sent that an earlier pull has seen: a star or a restore changes their time, and no word.

    Ana submits at 9:00, and the owner sets a star at 11:00: the server has 11:00, and Ana's words are of 9:00. Should
    she press Update at 12:00, at least her lead time is another, and they are of 12:00.
    """

    def __init__(self, before: Iterable[Mapping[str, Any]]) -> None:
        """Take the rows of ``annotations.jsonl`` and ``quarantine.jsonl`` as the last pull left them."""
        self._sent = {
            _words_key(row): row.get("sent") or row["updated"] for row in before if row.get("state") == "submitted"
        }

    def date(self, annotation: Annotation) -> Annotation:
        """The annotation, with the time of its words where the server's is another."""
        if annotation.state != "submitted" or not self._sent:
            return annotation
        sent = self._sent.get(_words_key(annotation.model_dump(mode="json")), annotation.updated)
        return annotation if sent == annotation.updated else annotation.model_copy(update={"sent": sent})


def _words_key(row: Mapping[str, Any]) -> str:
    words = [row[name] for name in ("article", "digest", "annotator", "spans", "relations", "choices", "seconds")]
    return digest_of(canonical_json(words))[:16]


def describe_unsubmitted(tasks: Iterable[PulledTask]) -> list[str]:
    """A sentence for each draft that is newer than the annotation it changes: somebody forgot to press Update."""
    return [
        f"task {task.task} ({task.article}): {draft.by} has changed annotation {draft.of} after submitting it, and has "
        "not pressed Update"
        for task in tasks
        for draft in task.said
        if draft.of is not None and _is_newer(draft, task.said)
    ]


def _is_newer(draft: PulledAnnotation, others: Iterable[PulledAnnotation]) -> bool:
    submitted = next((one for one in others if one.state != "draft" and one.id == draft.of), None)
    return submitted is not None and _parse_instant(draft.updated) > _parse_instant(submitted.updated)


def _rows_with_id(task: Mapping[str, Any], part: str) -> Iterator[Mapping[str, Any]]:
    rows = task.get(part)
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and is_server_number(row.get("id")):
            yield row


def _pulled_annotation(row: Mapping[str, Any], names: Mapping[int | str, str]) -> PulledAnnotation:
    state: State = "skipped" if row.get("was_cancelled") else "submitted"
    return PulledAnnotation(
        id=row["id"],
        by=_annotator_name(row.get("completed_by"), names),
        state=state,
        digest=content_digest(row),
        updated=str(row.get("updated_at") or ""),
    )


def _pulled_draft(row: Mapping[str, Any], names: Mapping[int | str, str]) -> PulledAnnotation:
    parent = row.get("annotation")
    return PulledAnnotation(
        id=row["id"],
        by=_annotator_name(row.get("user"), names),
        state="draft",
        digest=content_digest(row),
        updated=str(row.get("updated_at") or ""),
        of=parent if isinstance(parent, int) and is_server_number(parent) else None,
    )


def _annotator_name(by: object, names: Mapping[int | str, str]) -> str:
    return escape_surrogates(names.get(by, str(by)) if isinstance(by, int | str) else "")


def _digests(tasks: Iterable[PulledTask]) -> Iterator[tuple[tuple[bool, int], str]]:
    # Drafts and annotations are numbered apart on the server.
    return (((one.state == "draft", one.id), f"{one.state} {one.digest}") for task in tasks for one in task.said)


def _parse_instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
