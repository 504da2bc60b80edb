"""First submissions as the layer before the server kept them, read into annotations of ours. Pure.

The layer gives a row for each account and task, once: ``{"task": 17, "account": 3, "email": "ana@desk.example", "at":
"2026-11-22T09:03:00Z", "annotation": 23, "result": [...], "was_cancelled": false, "lead_time": 41.5}``. The last three
and one of ``account`` and ``email`` may be missing. A row that is of another form, or of a task that is not ours, is
passed over: what is on the server now is read all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import FiniteFloat

from labeling.articles import escape_surrogates
from labeling.studio.format.regions import ServerModel, parse_row
from labeling.studio.format.signatures import words_digest
from labeling.studio.format.submissions import read_task
from labeling.workspace.asking import parse_instant
from labeling.workspace.rows.server_state import ServerNumber
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import JsonValue

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.rows.server_state import TextKey


@dataclass(frozen=True)
class KeptSubmission:
    """What somebody sent first: its words, by which later ones are judged, and what we read in them.

    ``annotation`` is None where it is a skip, or cannot be read.
    """

    signed: SignedWords
    annotation: Annotation | None


class _KeptRow(ServerModel):
    task: ServerNumber
    at: str
    result: list[Any]
    account: ServerNumber | None = None
    email: str = ""
    annotation: ServerNumber | None = None
    was_cancelled: bool = False
    lead_time: FiniteFloat | None = None


def read_kept_submissions(
    rows: Iterable[JsonValue],
    tasks: Mapping[int, TextKey],
    articles: Mapping[str, Article],
    schema: Schema,
    names: Mapping[int | str, str],
) -> Iterator[KeptSubmission]:
    """Convert the layer's rows, one at a time.

    Args:
        rows: As the layer gives them.
        tasks: Which text of which article each task has.
        articles: Ours, by id.
        schema: By which results are read.
        names: What the server's users are called, by number and by e-mail address.
    """
    # Of addresses, upper and lower case are the same.
    known = {by.casefold() if isinstance(by, str) else by: name for by, name in names.items()}
    for raw in rows:
        row = parse_row(_KeptRow, raw)
        if not isinstance(row, str) and _is_instant(row.at) and (name := _author_of(row, known)):
            annotation = None if row.was_cancelled else _read_annotation_of(row, name, tasks, articles, schema)
            words = words_digest({"result": row.result, "was_cancelled": row.was_cancelled})
            yield KeptSubmission(SignedWords(task=row.task, by=name, words=words), annotation)


def _author_of(row: _KeptRow, known: Mapping[int | str, str]) -> str:
    # An address outlasts a move to another server; a number does not.
    by_address = known.get(row.email.casefold()) if row.email else None
    by_number = known.get(row.account, f"user-{row.account}") if row.account is not None else row.email
    return escape_surrogates(by_address or by_number)


def _read_annotation_of(
    row: _KeptRow, name: str, tasks: Mapping[int, TextKey], articles: Mapping[str, Article], schema: Schema
) -> Annotation | None:
    home, digest = tasks.get(row.task, ("", ""))
    article = articles.get(home)
    # Offsets into another text mean nothing.
    if article is None or article.digest != digest:
        return None
    task: dict[str, JsonValue] = {
        "id": row.task,
        "data": {"article": article.id, "text": article.text},
        "annotations": [
            {"id": row.annotation or 0, "result": row.result, "updated_at": row.at, "lead_time": row.lead_time}
        ],
    }
    found, _ = read_task(task, articles, schema, {})
    return found[0].model_copy(update={"annotator": name, "server_id": row.annotation}) if found else None


def _is_instant(text: str) -> bool:
    try:
        parse_instant(text)
    except ValueError:
        return False
    return bool(text)
