"""Who may sign up: an address that the owner invited, once, by a link with a signature of ours.

The link's token is what Label Studio's form carries along as the organisation's invitation. It holds the address and a
number that is drawn for it, and this server's key signs both. At the door the address that was typed is compared with
the one that was invited; then, and only for that request, Label Studio sees the organisation's own token. Who has come
in by an invitation is confirmed: what the plan gives to the address is this account's from then on.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.db import IntegrityError, connection
from django.urls import reverse

from .decision import Refusal
from .entries import InvitationEntry, PersonEntry, normal_email, now_text
from .keeping import add_entries, change_entries, read_entries, remove_entries, write
from .refusing import answer_refusal

if TYPE_CHECKING:
    from .call import Call

LIFETIME = timedelta(days=30)

_ROUTE = "user/signup"
_SALT = "labeling_gate.invitation"
_logger = logging.getLogger("labeling_gate")
_ACCEPTED = 302  # a form that was accepted leads elsewhere

_ASK = "Ask whoever runs this server for a link of your own (`labeling people invite`)."
_LOG_IN = "Log in with the account that it made."
_CONFIRM = "Log in with it; whoever runs this server confirms it (`labeling people invite --confirm`)."
_SENTENCES = {
    "no invitation": f"Nobody signs up here without an invitation of their own. {_ASK}",
    "expired invitation": f"This invitation is older than {LIFETIME.days} days. {_ASK}",
    "forged invitation": f"This is not an invitation to this server. {_ASK}",
    "invitation taken back": f"This invitation was taken back, or another has taken its place. {_ASK}",
    "used invitation": f"This invitation has been used. {_LOG_IN}",
    "another address": "This invitation is for another e-mail address than the one that was typed. "
    "Sign up with the address that it was sent to.",
    "address taken": f"There is an account of this e-mail address already. {_CONFIRM}",
}
_REFUSALS = {reason: Refusal(403, reason, sentence) for reason, sentence in _SENTENCES.items()}


def invite(email: str, project: int) -> str | None:
    """The path of the page where ``email``, a normal address, signs up; None where it has an account.

    A link that it was given before is void.
    """
    entry = InvitationEntry(secrets.token_urlsafe(16), email, project, now_text())

    def put() -> bool:
        # Waits for whoever is signing up by the link that it was given before.
        remove_entries(InvitationEntry, email=email, used_by=None)
        return not find_accounts(email) and bool(add_entries([entry]))

    if not write(put):
        return None
    return f"{_signup_path()}?token={signing.dumps([entry.nonce, email], salt=_SALT)}"


def open_link() -> str:
    """The path of the organisation's own link, by which anybody signs up where roles do not hold."""
    return f"{_signup_path()}?token={_organisation_token()}"


def confirm(email: str, account: int) -> None:
    """Give an address's roles to an account that the owner has named; a link that is still open is void."""
    now = now_text()

    def put() -> None:
        remove_entries(InvitationEntry, email=email, used_by=None)
        add_entries([InvitationEntry(secrets.token_urlsafe(16), email, 0, now, account, now)])
        change_entries(PersonEntry, {"account": account}, email=email)

    write(put)


def confirmed_accounts() -> dict[str, int]:
    """The account of each confirmed address; one that was removed since is not there."""
    there = {number for number, _ in all_accounts()}
    used = [entry for entry in read_entries(InvitationEntry) if entry.used_by in there]
    used.sort(key=lambda entry: entry.used_at or "")
    return {entry.email: entry.used_by for entry in used if entry.used_by is not None}


def all_accounts() -> list[tuple[int, str]]:
    """The number and the address of every account, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, email FROM htx_user ORDER BY id")
        return [(int(number), str(email)) for number, email in cursor.fetchall()]


def find_accounts(email: str) -> list[tuple[int, str]]:
    """The accounts of an address, however it is spelt."""
    return [(number, spelt) for number, spelt in all_accounts() if normal_email(spelt) == normal_email(email)]


def admit(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """An answer that lets nobody sign up; None when the request is about something else, or they may.

    Where they may, Label Studio sees the organisation's token in the place of ours.
    """
    if call.route != _ROUTE or call.request.user.is_authenticated:
        return None
    token = call.request.GET.get("token", "")
    posted = call.request.POST.get("email", "") if call.method == "POST" else None
    if not token and posted is None:
        return None  # the page alone signs nobody up
    judged = _judge_token(token, posted)
    if isinstance(judged, Refusal):
        return _send_away(call, judged)
    if posted is not None:
        organisation = _organisation_token()
        call.kept["invitations"] = _Entrance(judged, token, organisation)
        call.replace_query({**call.request.GET.dict(), "token": organisation})
    return None


def enter(call: Call) -> Any:  # noqa: ANN401 - the same
    """The answer to a form with an invitation that let its sender pass: an account and its confirmation, or neither.

    Of several that come at once by one link the first signs up, and so nobody does whose link is being taken back.
    """
    entrance: _Entrance | None = call.kept.get("invitations")
    if entrance is None:
        return None
    try:
        answer = write(partial(_sign_up, call, entrance.invitation))
    except IntegrityError:
        answer = _REFUSALS["address taken"]  # by an account that was made in another way at this moment
    if isinstance(answer, Refusal):
        logout(call.request)
        return _send_away(call, answer)
    if answer.status_code == _ACCEPTED:
        call.notes.append(f"signed up by invitation: {entrance.invitation.email}")
    return answer


def settle(call: Call, answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """A form that Label Studio shows again keeps our token, and never the organisation's."""
    entrance: _Entrance | None = call.kept.get("invitations")
    if entrance is not None and not answer.streaming:
        answer.content = answer.content.replace(entrance.organisation.encode(), entrance.token.encode())
        answer["Content-Length"] = str(len(answer.content))
    return answer


def _send_away(call: Call, refusal: Refusal) -> Any:  # noqa: ANN401 - the same
    _logger.warning("refused to sign somebody up: %s", refusal.reason)
    call.notes.append(refusal.reason)
    return answer_refusal(call.request, refusal)


@dataclass(frozen=True)
class _Entrance:
    """An invitation in use: its token, and the organisation's that stood in its place."""

    invitation: InvitationEntry
    token: str
    organisation: str


def _sign_up(call: Call, invitation: InvitationEntry) -> Any:  # noqa: ANN401 - the same
    """Label Studio's answer, while nobody else can use this invitation, or take it back; a refusal if somebody did."""
    if call.request.user.is_authenticated:
        logout(call.request)  # by an account that went again, when the database was found to be locked
    now, mine = now_text(), {"nonce": invitation.nonce, "used_by": None}
    if not change_entries(InvitationEntry, {"used_at": now}, **mine):
        judged = _judge_entry(invitation.nonce, invitation.email, None)
        return judged if isinstance(judged, Refusal) else _REFUSALS["invitation taken back"]
    answer = call.view(call.request, **call.named)
    made = find_accounts(invitation.email)
    if answer.status_code != _ACCEPTED or len(made) != 1:
        connection.set_rollback(True)
        return answer if answer.status_code != _ACCEPTED else _REFUSALS["address taken"]
    account = made[0][0]
    change_entries(InvitationEntry, {"used_by": account}, **mine)
    remove_entries(InvitationEntry, email=invitation.email, used_by=None)
    change_entries(PersonEntry, {"account": account}, email=invitation.email)
    return answer


def _judge_token(token: str, posted: str | None) -> InvitationEntry | Refusal:
    """The invitation that a token is, if ``posted``, the address that was typed, may come in by it."""
    if not token:
        return _REFUSALS["no invitation"]
    try:
        nonce, email = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        return _REFUSALS["expired invitation"]
    except (signing.BadSignature, ValueError, TypeError):
        return _REFUSALS["forged invitation"]
    return _judge_entry(nonce, email, posted)


def _judge_entry(nonce: str, email: str, posted: str | None) -> InvitationEntry | Refusal:
    found = read_entries(InvitationEntry, nonce=nonce, email=email)
    if not found:
        return _REFUSALS["invitation taken back"]
    if found[0].used_by is not None:
        return _REFUSALS["used invitation"]
    # Not as addresses are compared: what Label Studio stores must be what was invited, to the letter.
    if posted is not None and posted.strip().lower() != email:
        return _REFUSALS["another address"]
    return _REFUSALS["address taken"] if find_accounts(email) else found[0]


def _organisation_token() -> str:
    with connection.cursor() as cursor:
        # As Label Studio's own page does.
        cursor.execute("SELECT token FROM organization ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def _signup_path() -> str:
    """Below the address of the server, as Label Studio itself gives it."""
    return str(reverse("user-signup")).removeprefix(settings.FORCE_SCRIPT_NAME or "")


def is_open(entry: InvitationEntry) -> bool:
    """Whether an invitation can still be used."""
    made = datetime.fromisoformat(entry.at)
    return entry.used_by is None and datetime.now(UTC) - made < LIFETIME
