"""May this request pass: one decision a request, made from a table of rules.

Pure: a request is described by a `Visit`, and the answer is a `Refusal` or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The methods that change nothing.
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# What a browser writes into Sec-Fetch-Site when the request comes from the site's own page, or from its user (a typed
# address, a bookmark). Another port of the same host is `same-site`.
_OWN_SITES = frozenset({"same-origin", "none"})

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Visit:
    """What a decision is made from.

    Attributes:
        method: HTTP's.
        path: Without the query, which may hold an invitation.
        own_origins: Where the server's own pages come from, as `normal_origin` writes them.
        origin: The header Origin, if there is one; any browser sends it with a write.
        fetch_site: The header Sec-Fetch-Site, if there is one; browsers send it on https and localhost.
        is_logged_in: Whether a cookie of the request logs somebody in.
    """

    method: str
    path: str
    own_origins: frozenset[str]
    origin: str | None = None
    fetch_site: str | None = None
    is_logged_in: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a request does not pass: the HTTP status, a word for the log, and a sentence for whoever sent it."""

    status: int
    reason: str
    sentence: str
    wait: int = 0  # seconds after which to try again


def decide(visit: Visit) -> Refusal | None:
    """The first refusal of the table; None when the request may pass."""
    return next((refusal for rule in RULES if (refusal := rule(visit))), None)


def normal_origin(origin: str) -> str:
    """An origin in lower case and without the port that its scheme has anyway.

    >>> normal_origin("HTTPS://Labels.example.org:443")
    'https://labels.example.org'
    """
    lowered = origin.strip().lower().rstrip("/")
    scheme = lowered.partition("://")[0]
    return lowered.removesuffix(_DEFAULT_PORTS.get(scheme, "/"))


def _refuse_foreign_origin(visit: Visit) -> Refusal | None:
    """A page of another origin, or of none (`null`: a sandbox, a file, a redirect in between)."""
    if visit.method in READING or visit.origin is None or normal_origin(visit.origin) in visit.own_origins:
        return None
    return Refusal(
        403,
        "foreign origin",
        "A page from elsewhere tried to change something here, and nothing was changed. If this was you, open the "
        "server under the address that its people use, and do it there; behind a proxy, CSRF_TRUSTED_ORIGINS names "
        "that address.",
    )


def _refuse_foreign_site(visit: Visit) -> Refusal | None:
    if visit.method in READING or visit.fetch_site is None or visit.fetch_site.strip().lower() in _OWN_SITES:
        return None
    return Refusal(
        403,
        "foreign site",
        "A page of another site, or of another port of this host, tried to change something here, and nothing was "
        "changed.",
    )


def _refuse_login_without_origin(visit: Visit) -> Refusal | None:
    """A log-in that came along without a word on which page used it, which a key in a header or a body is not."""
    if visit.method in READING or not visit.is_logged_in or visit.origin is not None or visit.fetch_site is not None:
        return None
    return Refusal(
        403,
        "log-in without origin",
        "This request uses somebody's log-in and does not say which page it comes from, so nothing was changed. A "
        "program sends a key instead (`Authorization: Token ...`), or this server's address as `Origin`.",
    )


# In this order; the first that refuses is the answer.
RULES: tuple[Callable[[Visit], Refusal | None], ...] = (
    _refuse_foreign_origin,
    _refuse_foreign_site,
    _refuse_login_without_origin,
)
