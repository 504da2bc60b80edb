"""Which suggestions are somebody's words, signed by whoever said them: other members are not shown those.

A model may bear a member's name, and its suggestions are nobody's words. A suggestion is a member's if it is signed by
their whole address; or by their name, and `push` has told that a person said it, or they had said it there before.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .caller import ServerAccount

PROJECTED = "projected:"
_FIGURES = 16  # of a digest
_MEMBERS = (
    "SELECT htx_user.id, htx_user.email FROM htx_user JOIN organizations_organizationmember AS member "
    "ON member.user_id = htx_user.id WHERE htx_user.id <> %s"
)

Prediction = dict[str, Any]


def without_words_of_others(
    task: int, account: ServerAccount, rule: dict[str, Any], offered: Iterable[Prediction]
) -> list[Prediction]:
    """The suggestions on a task but for those that are the words of other members, or hidden by the project's rule."""
    hidden = tuple(str(prefix) for prefix in rule.get("hidden_suggestions", []))
    listed = [each for each in offered if not version_of(each).startswith(hidden)]
    if not listed:
        return []
    addresses, accounts = _find_members(account.number)
    told = rule.get("words_of", [])
    said = {str(name).casefold() for name in told} if isinstance(told, list) else set()
    return [
        each
        for each in listed
        # What was joined to somebody's words bears their name, too.
        if (name := version_of(each).casefold().removeprefix(f"{PROJECTED}+")) not in addresses
        and not (name in accounts and (name in said or _was_said_before(task, accounts[name], each)))
    ]


def version_of(prediction: Prediction) -> str:
    """The model by which a suggestion is signed."""
    return str(prediction.get("model_version") or "")


def digest_prediction(prediction: Prediction) -> str:
    """The digest of what a suggestion says, as `push` takes it."""
    written = json.dumps(prediction.get("result"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()[:_FIGURES]


def _find_members(but: int) -> tuple[set[str], dict[str, list[int]]]:
    """The addresses of all other members, and their accounts by the part before the @."""
    addresses, accounts = set[str](), dict[str, list[int]]()
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [but])
        for number, email in cursor.fetchall():
            address = str(email).casefold()
            addresses.add(address)
            accounts.setdefault(address.partition("@")[0], []).append(int(number))
    return addresses, accounts


def _was_said_before(task: int, accounts: list[int], prediction: Prediction) -> bool:
    """Whether a region of a suggestion stood in the words of one of these accounts when the suggestion was made."""
    made = _read_moment(prediction.get("created_at"))
    regions = [each for each in _list_regions(prediction.get("result")) if each]
    return any(
        region in regions
        for at, result in _list_words(task, accounts)
        if made is None or at <= made
        for region in _list_regions(result)
    )


def _list_words(task: int, accounts: list[int]) -> Iterator[tuple[datetime, Any]]:
    from tasks.models import Annotation, AnnotationDraft

    yield from Annotation.objects.filter(task_id=task, completed_by_id__in=accounts).values_list("created_at", "result")
    yield from AnnotationDraft.objects.filter(task_id=task, user_id__in=accounts).values_list("created_at", "result")


def _list_regions(result: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """The regions of a result without what differs between a copy and its original."""
    listed = result if isinstance(result, list) else []
    names = ("id", "from_name", "to_name", "type", "value")
    return [{name: each.get(name) for name in names} for each in listed if isinstance(each, dict)]


def _read_moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None
