"""What happens to a request before its view and after, and in which order, where roles hold.

A stage before the view returns an answer of its own, or None to let the request go on. A stage after it returns the
answer, which it may have rewritten; it sees the layer's own answers too. Each part of the layer is a module, and is
named here once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import blindness, invitations, roles, trail
from .call import Call, normal_route
from .caller import roles_hold

if TYPE_CHECKING:
    from collections.abc import Callable

_MARK = "_labeling_call"

BEFORE: tuple[Callable[[Call], Any], ...] = (invitations.admit, roles.refuse)
AFTER: tuple[Callable[[Call, Any], Any], ...] = (invitations.settle, blindness.blind, trail.record)


def begin(request: Any, view: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401 - Django has no types
    """The answer to a request in place of the view's; None when the view is to answer."""
    if not roles_hold():
        return None
    known: Call | None = getattr(request, _MARK, None)
    # Label Studio runs a view again while its database is locked: that was decided.
    if known is not None and known.view is view and known.named == named:
        return None
    call = Call(request, view, normal_route(request.resolver_match.route), named)
    setattr(request, _MARK, call)
    for stage in BEFORE:
        answer = stage(call)
        if answer is not None:
            call.answered = True
            return answer
    return None


def end(request: Any, answer: Any) -> Any:  # noqa: ANN401 - the same
    """The answer as it leaves the server; one that found no view is Label Studio's own."""
    call: Call | None = getattr(request, _MARK, None)
    if call is None:
        return answer
    for stage in AFTER:
        answer = stage(call, answer)
    return answer
