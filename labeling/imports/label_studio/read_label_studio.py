"""Any project's own JSON of Label Studio: its texts, and the annotations of people and models.

* A submission that was cancelled is a skip; a draft stays a draft; a star (``ground_truth``) stays one.
* A prediction is signed ``model:<model_version>``, whatever else is asked for: it never becomes gold.
* Of several submissions of one person on one task the latest counts, as on the server.
* ``completed_by`` is a person where the file has an address: in the row, or in any row with the same number. Else it is
  the number of an account that only its own server, or ``--people``, can tell.
* A task without any of these is an article without an annotation.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labeling.annotations import MODEL
from labeling.articles import escape_surrogates, reject_of
from labeling.errors import ArticleError
from labeling.imports.label_studio.foreign_result import read_foreign_result, row_type
from labeling.imports.label_studio.foreign_tasks import stream_foreign_tasks
from labeling.imports.label_studio.text_field import TextFieldSearch
from labeling.imports.record import Account, ImportRecord, Misfit, reject_unreadable
from labeling.sources.fields import COLUMNS, make_source_row
from labeling.sources.inputs import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.annotations import State
    from labeling.articles import SourceRow
    from labeling.imports.label_studio.foreign_tasks import ForeignTask, TaskFields
    from labeling.imports.label_studio.text_field import TextField
    from labeling.imports.record import ImportItem, TextLookup

# Where an article's own fields stand in the data: ours, and those that our own projects send.
_OWN_FIELDS = {
    **{name: names for name, names in COLUMNS.items() if name != "text"},
    "id": ("id", "article", "article_id"),
}
_OURS = frozenset({"digest", "outlet"})
_ADDRESSES = ("http://", "https://", "s3://", "gs://", "azure-blob://", "/data/")
_NO_RESULT = "it has no result that is a list of rows"
_EXPORT_AGAIN = "export the project as JSON; its tasks have `data`, `annotations` and `predictions`"


def read_label_studio(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file, twice: which field has the text is known only at its end.

    Raises:
        UnreadableArticle: It is not JSON of tasks; what came before the fault has been given.
    """
    search, accounts = TextFieldSearch(), dict[int, str]()
    fault: ArticleError | None = None
    try:
        for task in stream_foreign_tasks(path):
            search.look(task.data, task.rows)
            accounts |= _addresses(task)
    except ArticleError as error:
        # What stands before the fault is read all the same, and comes to it again.
        fault = error
    reader = _TaskReader(SourceFile(path, name), search.decide(), accounts)
    try:
        for task in stream_foreign_tasks(path):
            yield from reader.read(task)
    except ArticleError as error:
        raise fault or error from None


class _TaskReader:
    """Reads the tasks of one file, when it is known where its texts and its people are."""

    def __init__(self, source: SourceFile, field: TextField, accounts: Mapping[int, str]) -> None:
        self._source, self._field, self._accounts = source, field, accounts

    def read(self, task: ForeignTask) -> Iterator[ImportItem]:
        """A record for each person and model that annotated a task; a silent one if nobody did."""
        if task.reason:
            yield reject_unreadable(task.where, task.reason, _EXPORT_AGAIN)
            return
        if reason := self._reason_against(task):
            lost = sum(1 for _ in task.answers)
            yield reject_unreadable(task.where, f"{reason}; {lost} annotations are refused with it", _EXPORT_AGAIN)
            return
        fields = self._article_fields(task)
        try:
            row = make_source_row(fields.items(), self._source, task.where)
        except ArticleError as error:
            yield reject_of(error, str(fields.get("id", "")), task.where)
            return
        yield from self._read_answers(task, row, named=bool(fields.get("id") or fields.get("url")))

    def _reason_against(self, task: ForeignTask) -> str:
        """Why no text can be had of a task, or ""."""
        key = self._field.key
        if not key:
            among = ", ".join(f"`{name}`" for name in self._field.candidates)
            return f"no field of its data can be told to be the text{', between ' if among else ''}{among}"
        drawn = {kind for row in task.rows if (kind := row_type(row)).endswith("labels")}
        if drawn and "labels" not in drawn:
            return f"its regions are of type {', '.join(sorted(drawn))}: they are not drawn on a plain text"
        text = task.data.get(key)
        if not isinstance(text, str):
            return f"its data has no text in `{key}`, where the file has its texts"
        if text.startswith(_ADDRESSES) and len(text.split()) == 1:
            return f"`{key}` is an address: the text lies elsewhere"
        return ""

    def _article_fields(self, task: ForeignTask) -> TaskFields:
        found = {
            ours: task.data[name]
            for ours, names in _OWN_FIELDS.items()
            for name in reversed(names)
            if name != self._field.key and task.data.get(name) not in (None, "")
        }
        return {**found, "text": task.data[self._field.key]}

    def _read_answers(self, task: ForeignTask, row: SourceRow, *, named: bool) -> Iterator[ImportRecord]:
        known = {name for names in _OWN_FIELDS.values() for name in names} | {self._field.key} | _OURS
        ignored = {f"data.{name}" for name in task.data.keys() - known} | task.unread.keys()
        if task.flat:
            ignored.add("relations and single choices, which JSON-MIN does not tell")
        bare = ImportRecord(row, named=named, odd=row.odd)
        records = [
            *self._submissions(task, bare),
            *(self._record(each, bare, "draft", each.get("user")) for each in task.drafts if isinstance(each, dict)),
            *(self._prediction(each, bare) for each in task.predictions if isinstance(each, dict)),
        ]
        for part in ("annotations", "drafts", "predictions"):
            # Snapshots and plain exports have some of them as numbers only.
            if any(not isinstance(each, dict) for each in getattr(task, part)):
                ignored.add(f"{part} of which there are only numbers")
        # Without any, it is an article all the same.
        first, *others = records or [replace(bare, is_silent=True)]
        yield replace(first, ignored=first.ignored | ignored, unread=task.unread)
        yield from others

    def _submissions(self, task: ForeignTask, bare: ImportRecord) -> Iterator[ImportRecord]:
        """The latest of each person; those without a person, each."""
        latest: dict[object, TaskFields] = {}
        replaced = False
        for number, each in enumerate(task.annotations):
            if isinstance(each, dict):
                account = self._account(each.get("completed_by"))
                key: object = account if account.number is not None or account.email else number
                replaced |= key in latest
                if key not in latest or _sent_at(latest[key]) <= _sent_at(each):
                    latest[key] = each
        for each in latest.values():
            state: State = "skipped" if each.get("was_cancelled") else "submitted"
            record = self._record(each, bare, state, each.get("completed_by"))
            if replaced:
                record = replace(
                    record, ignored=record.ignored | {"annotations that a later one of their author replaces"}
                )
            yield record

    def _prediction(self, each: TaskFields, bare: ImportRecord) -> ImportRecord:
        version = each.get("model_version")
        signature = MODEL + (escape_surrogates(version) if isinstance(version, str) and version else "unnamed")
        return replace(self._record(each, bare, "submitted", None), annotator=signature, ground_truth=False)

    def _record(self, each: TaskFields, bare: ImportRecord, state: State, by: object) -> ImportRecord:
        result = each.get("result")
        read = read_foreign_result(result if isinstance(result, list) else [], self._field.control, bare.row.text)
        # Where its result is something else, whatever was said may stand anywhere in it.
        odd = [] if isinstance(result, list) else [Misfit("annotation", "", "unreadable", _NO_RESULT, each)]
        return replace(
            bare,
            account=self._account(by),
            state="draft" if odd and state == "submitted" else state,
            marks=read.marks,
            links=read.links,
            options=read.options,
            misfits=(*read.misfits, *odd),
            ignored=read.ignored | _changed_by_others(each),
            updated=_sent_at(each),
            ground_truth=each.get("ground_truth") is True,
            seconds=_seconds(each.get("lead_time")),
        )

    def _account(self, by: object) -> Account:
        """Whose an annotation is: an address, else a number."""
        if isinstance(by, dict):
            email, by = by.get("email"), by.get("id")
            if isinstance(email, str) and email:
                return Account(email=escape_surrogates(email))
        if isinstance(by, str) and by.strip():
            return Account(email=escape_surrogates(by)) if not by.isdecimal() else self._account(int(by))
        if type(by) is int:
            return Account(email=self._accounts[by]) if by in self._accounts else Account(number=by)
        return Account()


def _addresses(task: ForeignTask) -> dict[int, str]:
    """The accounts that a task tells the number and the address of."""
    people = [each.get("completed_by") for each in task.answers]
    return {
        who["id"]: escape_surrogates(who["email"])
        for who in people
        if isinstance(who, dict) and type(who.get("id")) is int and isinstance(who.get("email"), str) and who["email"]
    }


def _sent_at(each: TaskFields) -> str:
    """When it was sent, an ISO instant; "" where that cannot be read."""
    for name in ("updated_at", "created_at"):
        value: Any = each.get(name)
        try:
            if isinstance(value, str) and value:
                instant = datetime.fromisoformat(value)
                return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
            if type(value) in (int, float):
                return datetime.fromtimestamp(value, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            continue
    return ""


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _changed_by_others(each: TaskFields) -> frozenset[str]:
    """A remark where somebody else was the last to send an annotation: with other words, or a star."""
    by, last = each.get("completed_by"), each.get("updated_by")
    number = by.get("id") if isinstance(by, dict) else by
    is_changed = type(last) is int and type(number) is int and last != number
    return frozenset({"updated_by: somebody else sent it last"} if is_changed else ())
