"""What happens to a request before its view and after, and in which order, where roles hold.

A stage before the view returns an answer of its own, or None to let the request go on. A stage around it runs the view
itself, in a transaction or over fewer rows, or returns None; it runs as often as Label Studio runs the view, which is
more than once while its database is locked. A stage after it returns the answer, which it may have rewritten; it sees
the layer's own answers too. Each part of the layer is a module, and is named here once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import assisting, blindness, closed, invitations, own_links, page_answers, queue, roles, showing, taking, trail
from .call import Call, normal_route
from .caller import roles_hold

if TYPE_CHECKING:
    from collections.abc import Callable

_MARK = "_labeling_call"

BEFORE: tuple[Callable[[Call], Any], ...] = (
    invitations.admit,
    roles.refuse,
    closed.refuse_closed,
    trail.prepare,
    queue.answer_next,
    queue.hide_unassigned,
    assisting.answer_offers,
)
AROUND: tuple[Callable[[Call], Any], ...] = (
    invitations.enter,
    taking.submit,
    closed.list_open,
    queue.list_assigned,
)
AFTER: tuple[Callable[[Call, Any], Any], ...] = (
    invitations.settle,
    blindness.blind,
    own_links.keep_own,
    page_answers.rewrite,
    showing.note_shown,
    trail.record,
)


def begin(request: Any, view: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401 - Django has no types
    """The answer to a request in place of the view's; None when the view is to answer."""
    if not roles_hold():
        return None
    known: Call | None = getattr(request, _MARK, None)
    # Label Studio runs a view again while its database is locked: that was decided.
    if known is not None and known.view is view and known.named == named:
        return _ask(AROUND, known)
    call = Call(request, view, normal_route(request.resolver_match.route), named)
    setattr(request, _MARK, call)
    answer = _ask(BEFORE, call)
    call.answered = answer is not None
    return answer if call.answered else _ask(AROUND, call)


def end(request: Any, answer: Any) -> Any:  # noqa: ANN401 - the same
    """The answer as it leaves the server; one that found no view is Label Studio's own."""
    call: Call | None = getattr(request, _MARK, None)
    if call is None:
        return answer
    for stage in AFTER:
        answer = stage(call, answer)
    return answer


def _ask(stages: tuple[Callable[[Call], Any], ...], call: Call) -> Any:  # noqa: ANN401 - the same
    """The first answer that a stage gives; None where none does."""
    for stage in stages:
        answer = stage(call)
        if answer is not None:
            return answer
    return None
