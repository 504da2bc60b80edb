"""What the layer before the server kept, as a pull fetched it: the rows of ``layer.jsonl`` and ``audit.jsonl``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue

from labeling.values import Frozen
from labeling.workspace.rows.server_state import ServerNumber


def _is_absent_value(value: Any) -> bool:  # noqa: ANN401 - of any field
    return value is None or value == ""


class KeptRow(Frozen):
    """One thing that the layer kept, of one account.

    ``first``: the ``result`` that somebody submitted first in a task, ``at`` that instant. ``refused``: what the layer
    refused, and ``why``. ``served``: a ``prediction``, by its number there, that came with a task, and 0 for none;
    ``suggestion`` is what it is known by on every server. ``shown``: the ``version`` of the instruction that somebody
    was shown. ``mention``: a span that was offered to somebody while they annotated, with ``label``, from code point
    ``begins`` to ``ends``. Who has no e-mail address any more has the number alone.
    """

    kind: Literal["first", "refused", "served", "shown", "mention"]
    email: str
    account: ServerNumber | None = Field(default=None, exclude_if=_is_absent_value)
    task: ServerNumber | None = Field(default=None, exclude_if=_is_absent_value)
    at: str = Field(default="", exclude_if=_is_absent_value)
    annotation: ServerNumber | None = Field(default=None, exclude_if=_is_absent_value)
    result: JsonValue = Field(default=None, exclude_if=_is_absent_value)
    why: str = Field(default="", exclude_if=_is_absent_value)
    prediction: ServerNumber | None = Field(default=None, exclude_if=_is_absent_value)
    version: str = Field(default="", exclude_if=_is_absent_value)
    suggestion: str = Field(default="", exclude_if=_is_absent_value)
    label: str = Field(default="", exclude_if=_is_absent_value)
    begins: int | None = Field(default=None, ge=0, exclude_if=_is_absent_value)
    ends: int | None = Field(default=None, ge=0, exclude_if=_is_absent_value)


class AuditLine(Frozen):
    """A request that changed something on the server, or tried to: when, whose, what it asked for, what came of it."""

    at: str
    email: str
    method: str
    path: str
    status: int
    account: ServerNumber | None = None
    project: ServerNumber | None = None
    task: ServerNumber | None = None
    note: str = ""
