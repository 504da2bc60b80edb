"""What people have answered on cards, read strictly from an export of their tasks. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.annotations import QuarantineRow
from labeling.articles import escape_surrogates
from labeling.studio.cards.card_page import REASON, VERDICT, read_reason
from labeling.studio.cards.card_task import card_of
from labeling.studio.format.tasks import TEXT
from labeling.workspace.rows.server_state import check_written_instant, is_server_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from labeling.annotations import Defect
    from labeling.studio.format.regions import Json
    from labeling.workspace.rows.decision_row import DecisionReason


@dataclass(frozen=True)
class CardReply:
    """One person's answer to one card, as it was submitted.

    ``by`` and ``changed_by`` are what the server's users are called; ``changed_by`` is "" where nobody else has sent
    the words, and so is ``email`` where the account is not known. ``verdict`` is "" where no answer can be read:
    ``fault`` then says why.
    """

    task: int
    conflict: str
    article: str
    number: int
    by: str
    email: str
    changed_by: str
    at: str
    verdict: str
    reason: DecisionReason
    fault: str
    raw: JsonValue


@dataclass(frozen=True)
class CardReader:
    """Reads the tasks of a project of cards: ``names`` are what users are called, ``emails`` their addresses."""

    names: Mapping[int | str, str]
    emails: Mapping[int, str]

    def read(self, task: Mapping[str, Any]) -> list[CardReply]:
        """The answers in a task of an export, without skips and drafts; none in a task that is not a card."""
        data, rows = task.get("data"), task.get("annotations")
        if not isinstance(data, dict) or not card_of(data) or not isinstance(rows, list):
            return []
        return [self.read_answer(task["id"], data, row) for row in rows if is_answer(row)]

    def read_answer(self, task: int, data: Mapping[str, Any], row: Mapping[str, Any]) -> CardReply:
        """One answer, as an export has it."""
        author, editor = _account_of(row.get("completed_by")), _account_of(row.get("updated_by"))
        verdict, reason, fault = read_verdict(row.get("result"))
        at = str(row.get("updated_at") or "")
        try:
            check_written_instant(at)
        except ValueError:
            at, verdict, fault = "", "", "its time cannot be read"
        return CardReply(
            task=task,
            conflict=card_of(data),
            article=escape_surrogates(str(data.get("article") or "")),
            number=row["id"],
            by=self._name(author),
            email=self.emails.get(author or -1, ""),
            # A server that does not tell who sent an answer is believed.
            changed_by=self._name(editor) if "updated_by" in row and editor != author else "",
            at=at,
            verdict=verdict,
            reason=reason,
            fault=fault,
            raw=_as_kept(row),
        )

    def _name(self, account: int | None) -> str:
        if account is None:
            return "nobody"
        return escape_surrogates(self.names.get(account, f"user-{account}"))


def read_verdict(result: object) -> tuple[str, DecisionReason, str]:
    """The answer that a result gives, the reason, and what is wrong where there is no answer to be read.

    >>> read_verdict([{"type": "choices", "from_name": "verdict", "value": {"choices": ["b"]}}])
    ('b', '', '')
    """
    chosen: dict[str, list[str]] = {VERDICT: [], REASON: []}
    for control, option in _list_chosen(result):
        if control in chosen:
            chosen[control].append(option)
    if len(chosen[VERDICT]) != 1:
        return "", "", "it has no answer" if not chosen[VERDICT] else "it has more than one answer"
    reasons = {read_reason(word) for word in chosen[REASON]}
    if len(chosen[REASON]) > 1 or None in reasons:
        return "", "", "its reason is not one of those that a card has"
    return chosen[VERDICT][0], next((each for each in reasons if each), ""), ""


def make_reply(verdict: str, reason: DecisionReason = "") -> Json:
    """An answer to a card as the page submits it; `read_verdict` reads its result.

    Args:
        verdict: The name of an answer of the card: ``a``, ``both``, ``neither`` ...
        reason: Why, if it is told.
    """
    chosen = [(VERDICT, verdict), *([(REASON, reason)] if reason else [])]
    result: list[JsonValue] = [
        {"id": control, "from_name": control, "to_name": TEXT, "type": "choices", "value": {"choices": [option]}}
        for control, option in chosen
    ]
    return {"result": result}


def quarantine_reply(reply: CardReply, kind: Defect, reason: str) -> QuarantineRow:
    """An answer that decides nothing, and why."""
    return QuarantineRow(
        article=reply.article,
        annotator=reply.by,
        what="annotation",
        id=f"card {reply.number}",
        kind=kind,
        reason=reason,
        task=reply.task,
        server_id=reply.number,
        raw=reply.raw,
    )


def is_answer(row: object) -> bool:
    """Whether a row of an export was submitted, and not skipped."""
    return isinstance(row, dict) and is_server_number(row.get("id")) and not row.get("was_cancelled")


def _list_chosen(result: object) -> Iterator[tuple[str, str]]:
    """Each option that a result chooses, with its control; what else stands there is the card's own marks."""
    for row in result if isinstance(result, list) else []:
        if isinstance(row, dict) and row.get("type") == "choices" and isinstance(row.get("value"), dict):
            options = row["value"].get("choices")
            for option in options if isinstance(options, list) else []:
                yield str(row.get("from_name")), str(option)


def _account_of(by: object) -> int | None:
    number = by.get("id") if isinstance(by, dict) else by
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _as_kept(row: Mapping[str, Any]) -> JsonValue:
    """An answer as files of ours can hold it: without half characters and endless numbers, else as a text."""
    written = json.dumps(row)
    try:
        json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return written
    kept: JsonValue = json.loads(written)
    return kept
