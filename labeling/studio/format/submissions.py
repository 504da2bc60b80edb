"""What people have made of a task: submissions, skips and drafts, read strictly into annotations of ours. Pure.

Label Studio's ``start`` and ``end`` are Unicode code points, half open, as ours are, so offsets pass through untouched.
The server's ``value.text`` is never read: it holds whatever the browser selected. Label Studio stores any JSON it is
sent, so everything is read by strict models here, and what does not fit goes into quarantine with its raw form.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import FiniteFloat, JsonValue

from labeling.adjudication.checks import check_annotation, make_quarantine_row
from labeling.annotations import Annotation, Defect, QuarantineRow, State
from labeling.articles import has_surrogates
from labeling.studio.format.migrations import migrate_result
from labeling.studio.format.regions import ServerModel, parse_row, read_result
from labeling.studio.format.signatures import Judgement
from labeling.values import digest_of
from labeling.workspace.rows.server_state import ServerNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.studio.format.regions import ParsedResult
    from labeling.workspace.rows.forgotten_text import ForgottenTexts


def read_task(  # noqa: PLR0913 - each is something that it is read by
    task: JsonValue,
    articles: Mapping[str, Article],
    schema: Schema,
    names: Mapping[int | str, str],
    *,
    portable: bool = False,
    judgements: Mapping[int, Judgement] | None = None,
    same_text: Callable[[str], Sequence[str]] = lambda _digest: (),
) -> tuple[list[Annotation], list[QuarantineRow]]:
    """Read everything people have made of one task: submissions, skips, empty ones and drafts; all are kept.

    Predictions are passed over: they are suggestions of ours. An annotation drawn on another text than the article's is
    not let through, not even an empty one: that would mean that there is nothing in the article.

    Args:
        task: One task, as `labeling.studio.format.exports.read_export` gives it.
        articles: Our articles by id.
        schema: The project's schema.
        names: What to call annotators, as `annotator_names` gives it; a user not in it is called by e-mail address or
            ``user-<id>``, and one without a user ``unsigned-<id of the annotation>``.
        judgements: Whether each annotation's words count, as `Signatures.judge_task` says; without any, all do.
        same_text: The ids of our articles with a text, by its digest: a task that names none of ours, because somebody
            else stored it, is that of the article with its text.
        portable: Files can hold it, as `exports.is_portable` has found; else that is checked here, which takes longer.

    Returns:
        The annotations with what is sound in them, and what is not, thing by thing.
    """
    number = task.get("id") if isinstance(task, dict) else None
    # Quarantine needs an annotation to name; of this task not even the article can be trusted.
    nobody = Annotation(article="", digest="", annotator="", task=number if isinstance(number, int) else None)
    if not portable and not _fits_in_files(task):
        reason = "it holds a lone surrogate or NaN, which no file of ours can hold; `raw` is escaped"
        return [], [_refuse_annotation(nobody, "unreadable", reason, json.dumps(task))]
    read = parse_row(_Task, task)
    if isinstance(read, str):
        return [], [_refuse_annotation(nobody, "unreadable", read, task)]
    if read.article not in articles:
        read = read.named_by_text(same_text)
    judged = judgements or {}
    submitted = [(parse_row(_Submission, raw), raw) for raw in read.annotations]
    parts = [
        *(_Part(one, raw, _SOUND if isinstance(one, str) else judged.get(one.id, _SOUND)) for one, raw in submitted),
        *(_Part(parse_row(_Draft, raw), raw) for raw in read.drafts),
    ]
    checked = [_read_annotation(part, read, articles, schema, names) for part in parts]
    return [sound for sound, _ in checked if sound], [finding for _, findings in checked for finding in findings]


_SOUND = Judgement()


def is_forgotten_task(
    task: JsonValue,
    forgotten: ForgottenTexts,
    articles: Mapping[str, Article],
    same_text: Callable[[str], Sequence[str]] = lambda _digest: (),
) -> bool:
    """Whether a task, as an export has it, is one of a forgotten text: whatever people say in it is passed over."""
    data = task.get("data") if isinstance(task, dict) else None
    text = data.get("text") if isinstance(data, dict) else None
    if not forgotten or not isinstance(data, dict) or not isinstance(text, str) or has_surrogates(text):
        return False
    name = data.get("article")
    return forgotten.covers(name if isinstance(name, str) else "", digest_of(text), articles, same_text)


# What is inside is JSON already, and read strictly row by row: to validate it here as well takes a third of a pull.
class _Task(ServerModel):
    id: int
    data: dict[str, Any]
    annotations: list[Any]
    drafts: list[Any] = []

    @property
    def article(self) -> str:
        name = self.data.get("article")
        return name if isinstance(name, str) else ""

    def named_by_text(self, same_text: Callable[[str], Sequence[str]]) -> _Task:
        """The task as that of the one article that has its text; as it is, where none or several have it."""
        found = same_text(self.digest) if self.digest else ()
        return self.model_copy(update={"data": {**self.data, "article": found[0]}}) if len(found) == 1 else self

    @property
    def digest(self) -> str:
        text = self.data.get("text")
        return digest_of(text) if isinstance(text, str) else ""


class _User(ServerModel):
    id: int
    email: str


class _Submission(ServerModel):
    id: ServerNumber
    result: list[Any]
    completed_by: int | _User | None = None
    was_cancelled: bool = False
    ground_truth: bool = False
    lead_time: FiniteFloat | None = None
    updated_at: str = ""


class _Draft(ServerModel):
    id: ServerNumber
    result: list[Any]
    user: int | str | None = None
    lead_time: FiniteFloat | None = None
    updated_at: str = ""


class _Part(NamedTuple):
    """An annotation or a draft as it was read, or why it cannot be; as it came; and whose words it has."""

    one: _Submission | _Draft | str
    raw: JsonValue
    judgement: Judgement = _SOUND


def _fits_in_files(task: JsonValue) -> bool:
    try:
        json.dumps(task, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError:
        return False
    return True


def _read_annotation(
    part: _Part,
    task: _Task,
    articles: Mapping[str, Article],
    schema: Schema,
    names: Mapping[int | str, str],
) -> tuple[Annotation | None, list[QuarantineRow]]:
    one, raw, judgement = part
    if isinstance(one, str):
        nobody = Annotation(article=task.article, digest=task.digest, annotator="", task=task.id)
        return None, [_refuse_annotation(nobody, "unreadable", one, raw)]
    annotation = _sign_annotation(one, task, names)
    article = articles.get(task.article)
    if article is None:
        names_it = f"names {task.article!r}, which is not ours," if task.article else "has no `article` in its data,"
        reason = f"task {task.id} {names_it} and its text is not that of exactly one article"
        return None, [_refuse_annotation(annotation, "unknown article", reason, raw)]
    if judgement.reason:
        return None, [_refuse_annotation(annotation, "spoken for another", judgement.reason, raw)]
    if judgement.signer:
        annotation = annotation.model_copy(update={"annotator": judgement.signer})
    if judgement.imported_as:
        annotation = annotation.model_copy(update={"imported_as": judgement.imported_as})
    # Old names first, then the rows, then the checks against article and schema.
    rows, by_rule = migrate_result(one.result, schema.migrations)
    reading = read_result(rows, schema)
    reading.findings[:0] = by_rule
    sound, findings = _check_result(annotation, reading, article, schema)
    # Offsets into another text mean nothing, however well they fit.
    if annotation.digest == article.digest:
        return sound, findings
    return None, [_refuse_annotation(annotation, "stale text", "the task's text is not the article's", raw), *findings]


def _sign_annotation(one: _Submission | _Draft, task: _Task, names: Mapping[int | str, str]) -> Annotation:
    by = one.user if isinstance(one, _Draft) else one.completed_by
    return Annotation(
        article=task.article,
        digest=task.digest,
        annotator=_signature(by, names) or f"unsigned-{one.id}",
        state=_state(one),
        ground_truth=isinstance(one, _Submission) and one.ground_truth,
        seconds=one.lead_time,
        updated=one.updated_at,
        task=task.id,
        server_id=one.id,
    )


def _signature(by: int | str | _User | None, names: Mapping[int | str, str]) -> str:
    # Exports name users by number; other answers contain the user.
    if isinstance(by, _User):
        return names.get(by.id, by.email)
    if isinstance(by, int):
        return names.get(by, f"user-{by}")
    return names.get(by, by) if by else ""


def _state(one: _Submission | _Draft) -> State:
    if isinstance(one, _Draft):
        return "draft"
    return "skipped" if one.was_cancelled else "submitted"


def _check_result(
    annotation: Annotation, reading: ParsedResult, article: Article, schema: Schema
) -> tuple[Annotation, list[QuarantineRow]]:
    drawn = {
        "spans": tuple(reading.spans),
        "relations": tuple(reading.relations),
        "choices": reading.choices,
    }
    sound, bad = check_annotation(annotation.model_copy(update=drawn), article, schema)
    # What could not be read comes first, then what was read and failed a check.
    unreadable = [make_quarantine_row(annotation, f.what, f.id, f.kind, f.reason, f.raw) for f in reading.findings]
    return sound, [*unreadable, *(item.model_copy(update={"raw": reading.row_of(item)}) for item in bad)]


def _refuse_annotation(annotation: Annotation, kind: Defect, reason: str, raw: JsonValue) -> QuarantineRow:
    return make_quarantine_row(annotation, "annotation", str(annotation.server_id or ""), kind, reason, raw)
