"""Who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call


def refuse(call: Call) -> Any:  # noqa: ANN401, ARG001 - Django has no types
    """An answer that refuses; None when the caller may do this."""
    return None
