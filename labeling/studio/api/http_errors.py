"""What a server's failure is called: the one place where errors of the SDK and of the network become ours.

Messages have the address, the status and the server's own short reason. They never have headers, keys or cookies, and
never an article's text: where a request carries texts, the server's reason is left out, because it may quote them.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from labeling.errors import (
    NotAuthorised,
    NotLabelStudio,
    OversizedAnswer,
    ServerFailed,
    ServerRefused,
    ServerUnreachable,
    StudioError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from label_studio_sdk.core.api_error import ApiError

_LONGEST_REASON = 200  # characters of the server's reason

_KEY = "put a key of yours into LABEL_STUDIO_API_KEY: in Label Studio, Account & Settings, personal access token"
_LEGACY = "use a personal access token, or let the organisation's settings allow legacy tokens again"
_ADDRESS = (
    "name the address of a Label Studio server in LABEL_STUDIO_URL, without the path of a page; the server may live "
    "below a path, as in https://host/label-studio, and then that path belongs to its address"
)
_SMALLER = "let the proxy before the server accept larger requests (nginx: client_max_body_size)"
_LONGER = (
    "let the proxy before the server accept longer addresses (nginx: large_client_header_buffers, uWSGI: buffer-size; "
    "8 KB will do)"
)
_LOG = "see the server's log; then run the same command again, which goes on where it ended"
_PLAIN = "begin the address in LABEL_STUDIO_URL with http://: the server does not speak TLS there"
_SECURE = "begin the address in LABEL_STUDIO_URL with https://: the server speaks TLS there"
_NAME = "let LABEL_STUDIO_URL name the server as its certificate does, or give the server one with this name in it"
_EXPIRED = "renew the server's certificate; see that the clock of this machine is right"
_AUTHORITY = "name the file of the authority that signed the server's certificate in SSL_CERT_FILE"
_WAIT = "see that the server runs and can be reached; then run the same command again, which goes on where it ended"
_CUT = (
    "see that the server runs, and that its address begins with https:// if it speaks TLS; then run the same command "
    "again, which goes on where it ended"
)

# Parts of OpenSSL's messages, the narrower before the wider one.
_TLS_SIGNS = {
    "WRONG_VERSION_NUMBER": _PLAIN,
    "record layer failure": _PLAIN,
    "mismatch": _NAME,
    "has expired": _EXPIRED,
    "not yet valid": _EXPIRED,
    "CERTIFICATE": _AUTHORITY,
}
_TO_TLS = ("HTTPS port", "HTTPS server")  # what nginx and Apache, and what Go's servers say to plain HTTP


@contextmanager
def name_failures(url: str, doing: str, *, texts: bool = False, hide: Callable[[str], str] = str) -> Iterator[None]:
    """Give every failure in the block its name.

    Args:
        url: The server's address, for the message.
        doing: What was asked for, as in "to <doing>".
        texts: The request carries articles or annotations, which the answer may quote.
        hide: Takes our key out of what the server answered.

    Raises:
        ServerUnreachable: Nothing answers, or not in time, or the answer was cut off.
        NotLabelStudio: What answers is a web page, leads elsewhere, or is not an answer of Label Studio's.
        NotAuthorised: 401 or 403.
        ServerRefused: Another 4xx.
        ServerFailed: 5xx.
    """
    import httpx
    from label_studio_sdk.core.api_error import ApiError
    from label_studio_sdk.core.parse_error import ParsingError

    # `from None` throughout: the SDK's own errors print headers and cookies in a traceback.
    try:
        yield
    except ApiError as error:
        raise _status_error(error, url, doing, "" if texts else hide(_server_reason(error.body)), hide) from None
    except httpx.HTTPError as error:
        raise _unreachable_error(error, url) from None
    except (ParsingError, json.JSONDecodeError, ValidationError):
        raise not_label_studio_error(url) from None
    except (TypeError, AttributeError) as error:
        # The SDK stumbles over JSON of another shape than it expects.
        raise not_label_studio_error(url) from error


def not_label_studio_error(url: str) -> NotLabelStudio:
    """The error for an answer that is JSON, and not Label Studio's."""
    return NotLabelStudio(f"{url} answers, but not as Label Studio does", todo=_ADDRESS, where=url)


def not_an_api_error(url: str) -> NotLabelStudio:
    """The error for an answer that is not JSON, such as a web page."""
    return NotLabelStudio(f"{url} answers with something that is not Label Studio's API", todo=_ADDRESS, where=url)


def oversized_answer_error(url: str, doing: str, what: str) -> OversizedAnswer:
    """The error for an answer without an end: ``what`` is what there is too much of."""
    return OversizedAnswer(
        f"{url} was asked to {doing}, and its answer {what}",
        todo="see what answers there: Label Studio does not",
        where=url,
    )


def _unreachable_error(error: httpx.HTTPError, url: str) -> ServerUnreachable:
    import httpx

    message = str(error)
    is_refused = isinstance(error, httpx.ConnectError)
    if is_refused and message:
        reason = message[:_LONGEST_REASON]
    elif isinstance(error, httpx.TimeoutException):
        reason = "not in time"
    else:
        reason = type(error).__name__
    # A server that speaks TLS hangs up without a word when it is spoken to by plain HTTP.
    default = _CUT if url.startswith("http:") and not is_refused else _WAIT
    todo = next((todo for sign, todo in _TLS_SIGNS.items() if sign in message), default)
    return ServerUnreachable(f"{url} does not answer: {reason}", todo=todo, where=url)


def _status_error(error: ApiError, url: str, doing: str, reason: str, hide: Callable[[str], str]) -> StudioError:
    status = error.status_code or 0
    failed = f"{url} was asked to {doing} and answered {status}{reason}"
    if status in (401, 403):
        # Label Studio names the kind of key that its organisation does not allow.
        todo = _LEGACY if "legacy" in reason else _KEY
        return NotAuthorised(f"{url} does not accept the key: {status}{reason}", todo=todo, where=url)
    if status >= 500:  # noqa: PLR2004 - HTTP's own number
        return ServerFailed(failed, todo=_LOG, where=url)
    if 300 <= status < 400:  # noqa: PLR2004 - the same
        return NotLabelStudio(f"{url} leads to {hide(_redirect_goal(error))}", todo=_ADDRESS, where=url)
    # A proxy with TLS answers plain HTTP with a page of its own.
    if status == 400 and any(sign in str(error.body) for sign in _TO_TLS):  # noqa: PLR2004 - the same
        return NotLabelStudio(f"{url} expects https, and was addressed by http", todo=_SECURE, where=url)
    # A 404 of Label Studio's API is JSON; a page comes from something else at that address.
    if status < 300 or (status == 404 and isinstance(error.body, str)):  # noqa: PLR2004 - the same
        return not_an_api_error(url)
    return ServerRefused(failed, todo=_status_todo(status), where=url)


def _status_todo(status: int) -> str:
    if status == 413:  # noqa: PLR2004 - HTTP's own number
        return _SMALLER
    if status in (414, 431):
        return _LONGER
    return "mend what the message names; nothing of this request was stored"


def _redirect_goal(error: ApiError) -> str:
    """Where a redirection leads: a login page, or an address, without its query, which may hold secrets."""
    # Only the path of the goal is shown.
    goal = urlsplit((error.headers or {}).get("location", ""))
    if "login" in goal.path or "signin" in goal.path:
        return "a login page"
    return f"{goal.scheme}://{goal.hostname}{goal.path}" if goal.hostname else goal.path or "nowhere"


def _server_reason(body: object) -> str:
    """The server's short reason, with the field it is about; nothing of a web page."""
    if not isinstance(body, dict):
        return ""
    # Label Studio names each field that it did not accept, with a list of reasons.
    fields = body.get("validation_errors")
    named = [f"{name}: {_first_text(value)}" for name, value in fields.items()] if isinstance(fields, dict) else []
    # In one line: a server's words are not taken for ours.
    reason = " ".join("; ".join([str(body.get("detail") or ""), *named]).strip("; ").split())
    return f" ({reason[:_LONGEST_REASON]})" if reason else ""


def _first_text(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)
