"""A request that has found its view: which route, whose, about which project, with which body.

Everything is looked up when it is first asked for, and once: an owner's request costs no more than knowing that it is
the owner's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request

from .caller import OWNER, READER, ServerAccount, find_account
from .subject import Subject, find_subject

_GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")
_CONVERTER = re.compile(r"<\w+:(\w+)>")


def normal_route(route: str) -> str:
    r"""A pattern of Django's resolver as the tables of this layer write it.

    >>> normal_route("^api/^users/(?P<pk>[^/.]+)/$"), normal_route("api/tasks/<int:pk>/"), normal_route("^sw\\.js$")
    ('api/users/<pk>', 'api/tasks/<pk>', 'sw.js')
    """
    named = _CONVERTER.sub(r"<\1>", _GROUP.sub(r"<\1>", route)).replace("\\", "")
    return named.replace("^", "").removesuffix("$").removesuffix("/?").removesuffix("/")


class UnreadableBody(ValueError):
    """A body that the view could not read either."""


@dataclass(eq=False)
class Call:
    """One request at the door of its view.

    Attributes:
        request: Django's.
        view: The function that Django would call.
        route: As `normal_route` writes it.
        named: What the route takes out of the path.
        notes: What the audit's line is to say besides.
        kept: What one stage leaves for another, by the name of its module.
        answered: Whether the layer answered, and not Label Studio.
    """

    request: Any
    view: Any
    route: str
    named: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    answered: bool = False

    @property
    def method(self) -> str:
        """HTTP's, in upper case."""
        return str(self.request.method).upper()

    @cached_property
    def account(self) -> ServerAccount | None:
        """Whose request it is; None for a stranger."""
        return find_account(self.request, self.view)

    @property
    def is_owners(self) -> bool:
        """Whether the organisation's owner asks."""
        return self.account is not None and self.account.is_owner

    @cached_property
    def subject(self) -> Subject:
        """The project, task, annotation or draft that the address names, as the database has them."""
        return find_subject(self.route, self.named, self.request.GET)

    @property
    def project(self) -> int | None:
        """The number of the project that the address is about, if it is about one."""
        return self.subject.project

    @property
    def task(self) -> int | None:
        """The number of the task that the address is about, if it is about one."""
        return self.subject.task

    @cached_property
    def role(self) -> str:
        """What the caller is here: ``owner``, ``adjudicator``, ``reader``, or nothing for a stranger."""
        if self.account is None:
            return ""
        if self.account.is_owner:
            return OWNER
        # Only somebody who decides somewhere may be more than a reader here: nobody else's subject is looked up.
        return self.account.role_in(self.project) if self.account.adjudicated else READER

    @cached_property
    def body(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as the view will read it: the same parsers, by the same content type; a form's is a dictionary.

        Raises:
            UnreadableBody: It cannot be read, or in no way that the view reads.
        """
        parsers = getattr(getattr(self.view, "cls", None), "parser_classes", (JSONParser, FormParser, MultiPartParser))
        try:
            data = Request(self.request, parsers=[each() for each in parsers]).data
        except (APIException, ValueError, RecursionError) as error:
            raise UnreadableBody(type(error).__name__) from error
        # A form may have a field more than once; the last counts, as with JSON.
        return data.dict() if hasattr(data, "dict") else data

    def replace_body(self, value: Any) -> None:  # noqa: ANN401 - any JSON
        """Let the view read this instead, as JSON."""
        written = json.dumps(value).encode()
        request = self.request
        request._body = written  # noqa: SLF001 - where Django keeps a body that was read
        request.META["CONTENT_TYPE"] = request.content_type = "application/json"
        request.META["CONTENT_LENGTH"] = str(len(written))
        request.META.pop("HTTP_CONTENT_ENCODING", None)
        # The form of the old body must not be read in its place.
        for name in ("_post", "_files"):
            request.__dict__.pop(name, None)
        request.__dict__["_read_started"] = True
        self.__dict__["body"] = value

    def drop_body(self) -> None:
        """Let the view read no body."""
        request = self.request
        request._body = b""  # noqa: SLF001 - the same
        request.META["CONTENT_LENGTH"] = "0"
        for name in ("_post", "_files"):
            request.__dict__.pop(name, None)
        request.__dict__["_read_started"] = True
        self.__dict__["body"] = {}

    def replace_query(self, query: dict[str, str]) -> None:
        """Let the view see these parameters of the address, and no others."""
        replaced = self.request.GET.copy()
        replaced.clear()
        replaced.update(query)
        self.request.META["QUERY_STRING"] = replaced.urlencode()
        replaced._mutable = False  # noqa: SLF001 - as Django hands it out
        self.request.GET = replaced
        self.__dict__.pop("subject", None)
