"""The gate as Django meets it: two middlewares, the outermost and the innermost.

The outermost decides what any server refuses, and sees each answer last. The innermost stands before the view, when
the address has been resolved and the caller can be told: there roles hold. Both are there twice in each server: Label
Studio's own middleware for paths without a trailing slash has a whole second chain in it, through which it sends nearly
every call of its page once more, with the slash. The second outermost one lets pass what the first has decided.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY

from . import guessing, stages
from .decision import READING, Visit, decide, normal_origin
from .refusing import answer_refusal
from .version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "X-Labeling-Gate"

_MARK = "_labeling_gate"
_NO_FRAME = "frame-ancestors 'none'"
_logger = logging.getLogger("labeling_gate")


class Gate:
    """Decides once on each request, and seals each answer against framing."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:  # noqa: ANN401 - Django has no types
        """The answer to a request: a refusal of ours, or Label Studio's."""
        if hasattr(request, _MARK):
            return self.get_response(request)
        setattr(request, _MARK, True)
        visit = _visit_of(request)
        refusal = decide(visit)
        if refusal:
            _logger.warning(
                "refused %s %s: %s (%s)", visit.method, _printable(visit.path), refusal.reason, _printable(visit.origin)
            )
            return _seal(answer_refusal(request, refusal))
        return _seal(stages.end(request, self._answer(request)))

    def _answer(self, request: Any) -> Any:  # noqa: ANN401 - the same
        caller = guessing.Caller(_address_of(request), request.COOKIES.get(guessing.COOKIE, ""))
        before = guessing.caller_now.set(caller)
        try:
            answer = self.get_response(request)
        finally:
            guessing.caller_now.reset(before)
        slowed = guessing.slow_down(caller)
        if slowed:
            return answer_refusal(request, slowed)
        if caller.entered:
            answer.set_cookie(
                guessing.COOKIE,
                guessing.write_cookie(caller.entered),
                max_age=guessing.COOKIE_SECONDS,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return answer


class Door:
    """Stands before each view."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:  # noqa: ANN401 - the same
        """The answer of whatever is behind."""
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, _args: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401 - the same
        """An answer in place of the view's; None to let it answer."""
        return stages.begin(request, view, named)


def _visit_of(request: Any) -> Visit:  # noqa: ANN401 - the same
    return Visit(
        method=request.method,
        path=request.path,
        own_origins=_own_origins(request),
        origin=request.META.get("HTTP_ORIGIN"),
        fetch_site=request.META.get("HTTP_SEC_FETCH_SITE"),
        is_logged_in=request.method not in READING and _is_logged_in(request),
    )


def _own_origins(request: Any) -> frozenset[str]:  # noqa: ANN401 - the same
    """The address that the browser shows: as the proxy before us says, else as the request does; and those named."""
    scheme, host = request.scheme, request.META.get("HTTP_HOST", "")
    if settings.LABELING_PROXIES:
        scheme = _last(request.META.get("HTTP_X_FORWARDED_PROTO", "")) or scheme
        host = _last(request.META.get("HTTP_X_FORWARDED_HOST", "")) or host
    named = {normal_origin(origin) for origin in settings.CSRF_TRUSTED_ORIGINS}
    # Which hosts are served is Label Studio's to check (ALLOWED_HOSTS): it does so with every request that passes here.
    return frozenset(named | {normal_origin(f"{scheme}://{host}")} if host else named)


def _is_logged_in(request: Any) -> bool:  # noqa: ANN401 - the same
    """Whether the session cookie logs somebody in: Label Studio gives one to every caller, clients with keys too."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return bool(cookie) and SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(cookie)


def _address_of(request: Any) -> str:  # noqa: ANN401 - the same
    """Who called the outermost proxy of ours; without one, who called us."""
    count: int = settings.LABELING_PROXIES
    forwarded = [each.strip() for each in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    if count and len(forwarded) >= count and forwarded[-count]:
        return forwarded[-count]
    return str(request.META.get("REMOTE_ADDR", ""))


def _last(header: str) -> str:
    """What the nearest proxy wrote into a header to which each adds."""
    return header.rpartition(",")[2].strip()


def _seal(answer: Any) -> Any:  # noqa: ANN401 - the same
    """Forbid that any page shows this one in a frame, and say which gate stands here."""
    answer["X-Frame-Options"] = "DENY"
    policy = answer.get("Content-Security-Policy")
    # Policies that a comma separates all hold.
    answer["Content-Security-Policy"] = f"{policy}, {_NO_FRAME}" if policy else _NO_FRAME
    answer[HEADER] = VERSION
    return answer


def _printable(text: str | None) -> str:
    """What a stranger wrote, in one short line."""
    return ascii(text)[:120]
