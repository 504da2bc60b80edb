"""What the answers to a reader hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call


def blind(call: Call, answer: Any) -> Any:  # noqa: ANN401, ARG001 - Django has no types
    """The answer without anybody else's words."""
    return answer
