"""The transport: the one way in which a request of ours reaches a server, and the one place that tries again.

A read (`Transport.read`, always a GET) that fails for a moment is tried again, at most twice: when the server or a
proxy before it answers 429, 502, 503 or 504, or when the connection is lost. A write (`Transport.write`) is sent once,
whatever becomes of it: Label Studio does not recognise what it has been sent before, so a second try after a lost
answer would store everything twice. Whatever fails has a name (`http_errors`).

This module alone reaches into `label_studio_sdk`, which knows how to sign a request with either kind of key.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from labeling.studio.api.http_errors import (
    name_failures,
    not_an_api_error,
    not_label_studio_error,
    oversized_answer_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from label_studio_sdk import LabelStudio
    from label_studio_sdk.core.api_error import ApiError
    from label_studio_sdk.core.request_options import RequestOptions

WriteMethod: TypeAlias = Literal["POST", "PUT", "PATCH", "DELETE"]
Parsed = TypeVar("Parsed")

# Seconds before the second and before the third try of a read, where the server does not name a time itself.
PAUSES = (1.0, 2.0)
# Seconds that a server may make us wait between two tries, whatever its Retry-After asks for.
LONGEST_PAUSE = 60.0

# Seconds. The server sends nothing while it stores a batch or prepares an export.
REQUEST_SECONDS = 900.0
FIRST_REQUEST_SECONDS = 30.0

# Bytes after decompression: far more than five hundred tasks, or all suggestions of a project, take.
LARGEST_ANSWER = 1 << 30
LARGEST_REFUSAL = 1 << 20
# Seconds from the head of an answer to its end, however steadily it drips.
LONGEST_ANSWER = 1800.0
# Of others, and of several one upon the other, a small piece may become a huge one.
ENCODINGS = "gzip, deflate"
_ABOUT_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_KNOWN_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})

# Too many requests, bad gateway, unavailable, gateway timeout: answers about this moment, not about this request.
_MOMENTARY = frozenset({429, 502, 503, 504})
_FORBIDDEN, _NOT_FOUND = 403, 404


@dataclass(frozen=True)
class Transport:
    """A connection to the server at ``url``, which is written for people: it has no secret in it."""

    url: str
    sdk: LabelStudio = field(repr=False)

    @property
    def is_legacy_key(self) -> bool:
        """Whether the key is a legacy token; else it is a personal access token."""
        return bool(self.sdk._client_wrapper._tokens_client._use_legacy_token)  # noqa: SLF001 - the only way

    def read(
        self, path: str, doing: str, *, params: dict[str, Any] | None = None, is_first: bool = False
    ) -> httpx.Response:
        """GET a path, up to three times if need be, and return the answer if it is a good one.

        Args:
            path: Without the server's address.
            doing: What is asked for, as in "was asked to <doing>", for the error.
            params: The query.
            is_first: Nothing was heard from this server yet: a connection that fails is not tried again then, because
                the address is probably wrong; and the answer has to come within half a minute.

        Raises:
            StudioError: Any other answer, or none, by its name.
        """
        with name_failures(self.url, doing, hide=self.hide_key):
            return self._read(path, params, is_first=is_first)

    def read_if_there(self, path: str, doing: str, *, params: dict[str, Any] | None = None) -> httpx.Response | None:
        """GET a path as `read` does; None when Label Studio itself answers that it does not have it."""
        from label_studio_sdk.core.api_error import ApiError

        with name_failures(self.url, doing, hide=self.hide_key):
            try:
                return self._read(path, params)
            except ApiError as error:
                if _is_not_there(error):
                    return None
                raise

    def is_forbidden(self, path: str, doing: str, headers: dict[str, str]) -> bool:
        """GET a path once, with headers; whether the server answers that this is not ours to ask (403)."""
        from label_studio_sdk.core.api_error import ApiError

        with name_failures(self.url, doing, hide=self.hide_key):
            try:
                self._request("GET", path, REQUEST_SECONDS, headers=headers)
            except ApiError as error:
                if error.status_code != _FORBIDDEN:
                    raise
                return True
        return False

    def remove_if_there(self, path: str, doing: str) -> None:
        """DELETE a path, once; it is as well when Label Studio itself answers that it does not have it any more."""
        from label_studio_sdk.core.api_error import ApiError

        with name_failures(self.url, doing, hide=self.hide_key):
            try:
                self._request("DELETE", path, REQUEST_SECONDS)
            except ApiError as error:
                if not _is_not_there(error):
                    raise

    def write(
        self,
        method: WriteMethod,
        path: str,
        doing: str,
        *,
        texts: bool = False,
        **sent: Any,  # noqa: ANN401 - JSON
    ) -> httpx.Response:
        """Send one request, never a second time, and return the answer if it is a good one.

        Args:
            method: HTTP's.
            path: Without the server's address.
            doing: What is asked for, as in "was asked to <doing>", for the error.
            texts: The request carries articles or annotations, which an error must not quote.
            sent: ``json``, ``headers``, or ``content`` for a body that is written already.

        Raises:
            StudioError: Any other answer, or none, by its name. Then nobody knows whether the server did it.
        """
        with name_failures(self.url, doing, texts=texts, hide=self.hide_key):
            return self._request(method, path, REQUEST_SECONDS, **sent)

    def parse(self, answer: httpx.Response, read: Callable[[Any], Parsed]) -> Parsed:
        """What ``read`` makes of an answer's JSON.

        Raises:
            NotLabelStudio: The answer is not JSON, or JSON of another shape than ``read`` expects.
        """
        try:
            body = answer.json()
            # Escapes may hide a key from whoever looks for it in the text.
            if b"\\u" in answer.content:
                body = json.loads(self.hide_key(json.dumps(body)))
        except (ValueError, RecursionError):
            raise not_an_api_error(self.url) from None
        try:
            return read(body)
        # Instants at the ends of the calendar have none in another zone, and what is nested deep has no digest.
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raise not_label_studio_error(self.url) from None

    def hide_key(self, text: str) -> str:
        """A text of the server's without our key, which it may repeat."""
        for key in self._keys():
            text = text.replace(key, "[key]")
        return text

    def _keys(self) -> list[str]:
        """The key that was given, and the one that stands for it for some minutes."""
        tokens = self.sdk._client_wrapper._tokens_client  # noqa: SLF001 - the only way
        return [key for key in (tokens._api_key, tokens._access_token) if key]  # noqa: SLF001 - the same

    def _read(self, path: str, params: dict[str, Any] | None, *, is_first: bool = False) -> httpx.Response:
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        seconds = FIRST_REQUEST_SECONDS if is_first else REQUEST_SECONDS
        # The last try is below, outside of the loop: whatever it raises is the end.
        for pause in PAUSES:
            try:
                return self._request("GET", path, seconds, params=params)
            except ApiError as error:
                if error.status_code not in _MOMENTARY:
                    raise
                time.sleep(_seconds_to_wait(error, pause))
            # A timeout is not among these: after a quarter of an hour there is nothing to hope for.
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                if is_first:
                    raise
                time.sleep(pause)
        return self._request("GET", path, seconds, params=params)

    def _request(self, method: str, path: str, seconds: float, **sent: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        """One request; an answer that is not a good one is the SDK's error, with its status, headers and body."""
        from label_studio_sdk.core.api_error import ApiError

        # The SDK has methods for a part of the routes, and would retry writes; this is its own way to call any route.
        http = self.sdk._client_wrapper.httpx_client  # noqa: SLF001 - see above
        options: RequestOptions = {"max_retries": 0, "timeout": seconds}
        with http.stream(path, method=method, request_options=options, **sent) as coming:
            answer = self._receive(coming, path)
        if answer.is_success:
            return answer
        raise ApiError(status_code=answer.status_code, headers=dict(answer.headers), body=_answer_body(answer))

    def _receive(self, coming: httpx.Response, path: str) -> httpx.Response:
        """The whole answer, without our key in it.

        Raises:
            OversizedAnswer: It has no end, or none in time.
            NotLabelStudio: It is compressed in a way that was not asked for.
        """
        import httpx

        if coming.headers.get("content-encoding", "").strip().lower() not in _KNOWN_ENCODINGS:
            raise not_an_api_error(self.url)
        body, until = bytearray(), time.monotonic() + LONGEST_ANSWER
        most = LARGEST_ANSWER if coming.is_success else LARGEST_REFUSAL
        doing = f"answer {path.partition('?')[0]}"
        for piece in coming.iter_bytes():
            body += piece
            if len(body) > most:
                raise oversized_answer_error(self.url, doing, f"is larger than {most} bytes")
            if time.monotonic() > until:
                raise oversized_answer_error(self.url, doing, f"takes longer than {LONGEST_ANSWER:g} seconds")
        content = bytes(body)
        for key in self._keys():
            content = content.replace(key.encode(), b"[key]")
        # What was decompressed here is not to be decompressed again.
        headers = [(name, value) for name, value in coming.headers.items() if name not in _ABOUT_THE_BODY]
        return httpx.Response(coming.status_code, headers=headers, content=content, request=coming.request)


def _seconds_to_wait(error: ApiError, pause: float) -> float:
    """What the answer's Retry-After asks for, in seconds or as a date, but at most a minute; else ``pause``."""
    # httpx gives all names of headers in lower case.
    asked = (error.headers or {}).get("retry-after", "").strip()
    if asked.isdecimal():
        return min(float(asked), LONGEST_PAUSE)
    try:
        wanted = parsedate_to_datetime(asked) - dt.datetime.now(dt.UTC)
    except (ValueError, TypeError):
        return pause
    return min(max(wanted.total_seconds(), 0.0), LONGEST_PAUSE)


def _is_not_there(error: ApiError) -> bool:
    # A 404 with a web page comes from something else than Label Studio's API.
    return error.status_code == _NOT_FOUND and isinstance(error.body, dict)


def _answer_body(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return answer.text
