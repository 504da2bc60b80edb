"""Guessing of passwords, slowed down: for one account from one place, and for nobody else.

Label Studio takes passwords at three pages (its own log-in, Django's admin, the REST framework's), and each of them
asks Django's list of authentication backends whether a password is right. `GuessingBackend` is the first of that list:
it is asked whichever page it was, and when it refuses, no other is asked, so no password is checked.

What is counted is counted for an account *and* where the guess comes from: a colleague at another address, or with
another account, is not slowed down. Nor is one whose browser has logged in to that account before, whoever guesses from
the same address: a signed cookie says so, and such a browser is counted by itself.
"""

from __future__ import annotations

import logging
import math
import secrets
import sqlite3
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.utils.crypto import salted_hmac

from .attempts import Attempts, network_of
from .decision import Refusal

COOKIE = "labeling_known"
COOKIE_SECONDS = 400 * 24 * 3600  # the longest a browser keeps one

_SALT = "labeling_gate"
_logger = logging.getLogger("labeling_gate")


@dataclass
class Caller:
    """Whose request this is: its address, and the cookie of a browser that has logged in before, if it has one.

    ``waits`` are the seconds each account's password has to wait, decided once a request; ``entered`` is the account
    that was logged in to.
    """

    address: str
    cookie: str = ""
    waits: dict[str, float] = field(default_factory=dict)
    entered: str = ""


# The caller of the request that this thread answers: Label Studio's log-in form does not hand the request on.
caller_now: ContextVar[Caller | None] = ContextVar("caller_now", default=None)


class GuessingBackend:
    """A backend that lets nobody in, and keeps out who has to wait."""

    def authenticate(self, request: object, **credentials: Any) -> None:  # noqa: ANN401, ARG002 - Django's protocol
        """Say nothing, so that the next backend is asked; or that nobody is to be asked.

        Raises:
            PermissionDenied: There were too many wrong passwords.
        """
        caller = caller_now.get()
        account = credentials.get("email") or credentials.get("username")
        # A command on the server's own machine has no caller.
        if caller is None or not account or "password" not in credentials:
            return
        who = key_of(caller, str(account))
        # Label Studio runs a request again, up to 15 times, when its database is locked: that is one guess.
        if who not in caller.waits:
            caller.waits[who] = _begin(who, caller)
        if caller.waits[who] > 0:
            raise PermissionDenied


def slow_down(caller: Caller) -> Refusal | None:
    """The answer to a request in which a password was not checked."""
    wait = math.ceil(max(caller.waits.values(), default=0.0))
    if wait <= 0:
        return None
    return Refusal(
        429,
        "guessing",
        f"Too many wrong passwords for this account came from where you are: this one was not checked. Try again in "
        f"{wait} seconds.",
        wait,
    )


def key_of(caller: Caller, account: str) -> str:
    """The name under which guesses are counted; neither account nor address can be read from it."""
    normal = account.strip().casefold()
    known = _read_cookie(caller.cookie)
    place = known[1] if known and known[0] == _digest(normal) else network_of(caller.address)
    return _digest(f"{normal}\n{place}")


def write_cookie(account: str) -> str:
    """The value that marks a browser as one that has logged in to ``account``; each has a number of its own."""
    return str(signing.dumps([_digest(account.strip().casefold()), secrets.token_hex(8)], salt=_SALT))


def _read_cookie(cookie: str) -> list[str] | None:
    try:
        known = signing.loads(cookie, salt=_SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return None
    return list(known)


def _digest(text: str) -> str:
    return str(salted_hmac(_SALT, text, algorithm="sha256").hexdigest())


def _attempts() -> Attempts:
    return Attempts(Path(settings.BASE_DATA_DIR, "gate.sqlite3"))


def _begin(who: str, caller: Caller) -> float:
    try:
        wait = _attempts().begin(who, time.time())
    except (OSError, sqlite3.Error) as error:
        # Nobody is locked out because a disk is full.
        _logger.error("guesses cannot be counted: %s", type(error).__name__)  # noqa: TRY400 - its path is enough
        return 0.0
    if wait > 0:
        place = ascii(network_of(caller.address))[:60]
        _logger.warning("refused to check a password from %s for %.0f s: too many wrong ones", place, wait)
    return wait


def _forget(sender: object, user: Any, **_: object) -> None:  # noqa: ANN401, ARG001 - Django's signal
    """Begin anew: somebody has logged in."""
    caller = caller_now.get()
    if caller is None:
        return
    caller.entered = str(user.email)
    try:
        _attempts().forget(key_of(caller, caller.entered))
    except (OSError, sqlite3.Error) as error:
        _logger.error("guesses cannot be forgotten: %s", type(error).__name__)  # noqa: TRY400 - its path is enough


user_logged_in.connect(_forget, dispatch_uid=_SALT)
