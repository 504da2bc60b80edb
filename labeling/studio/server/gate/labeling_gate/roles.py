"""Roles: what is refused to whom, and what of a request the view gets to see.

The owner is let through at once. Everybody else is held to the table in `permits`: who is not named there for a method
and a route is refused; of the query and the body only what is named goes on, as one JSON object, so that a second
spelling of a field (a key twice, a form, a nested text) counts for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.http import urlencode

from .call import UnreadableBody
from .caller import ADJUDICATOR
from .decision import READING, Refusal
from .offered import is_gone, may_stem_from
from .permits import ACTIONS_OF_READERS, ANYONE, RANKS, Permit, permit_of
from .plain_values import has_plain_numbers, names_no_row, plain_body, plain_query
from .refusing import answer_refusal
from .region_shapes import find_region_fault
from .searching import check_query, check_search, check_stored_view, check_view
from .subject import find_author, row_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call

# What a body may not set, whoever sends it: a hint that somebody tried, where other unknown fields are left out.
_FORBIDDEN = frozenset(
    {
        "completed_by",
        "ground_truth",
        "overlap",
        "updated_by",
        "user",
        "task",
        "bulk_created",
        "import_id",
        "last_action",
    }
)
# From there nobody is led to the log-in page: a program could not fill it in, and whoever is logged in would be led
# back to the layer's own routes, which take no log-in, without an end.
_OF_PROGRAMS = ("api/", "labeling/api/")
# The only words of others that an adjudicator changes: the star, which says that a reading is right.
_STAR = {"ground_truth"}

_NOT_YOURS = "This is the work of the server's owner, or of an adjudicator of the project. Nothing was changed."
_NOT_OWN = "This is not your own, or it is no longer there. Nothing was changed."
_UNREADABLE = "The body of this request cannot be read. Nothing was changed."


def refuse(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """An answer that refuses; None when the caller may do this, and the view sees what it may."""
    permit = permit_of(call.method, call.route)
    if permit is not None and permit.least == ANYONE:
        return None
    if call.account is None:
        return _turn_away(call)
    if call.account.is_owner:
        return None
    refusal = _judge(call, permit)
    return None if refusal is None else answer_refusal(call.request, refusal)


def _judge(call: Call, permit: Permit | None) -> Refusal | None:
    if permit is None:
        return _refused("not yours", _NOT_YOURS)
    # The role is told from the address that the view will see, and from no parameter besides.
    names = permit.query | permit.more
    asked = plain_query({name: str(call.request.GET[name]) for name in names if name in call.request.GET})
    call.replace_query({name: value for name, value in asked.items() if name in permit.query})
    if RANKS.index(call.role) < RANKS.index(permit.least):
        return _refused("not yours", _NOT_YOURS)
    if call.role == ADJUDICATOR:
        call.replace_query(asked)
    try:
        refusal = _check_own(call, permit) or _narrow_body(call, permit)
    except UnreadableBody:
        return Refusal(400, "unreadable", _UNREADABLE)
    if refusal:
        return refusal
    for check in _CHECKS.get((call.method if call.method != "HEAD" else "GET", call.route), ()):
        sentence = check(call)
        if sentence:
            return _refused("not this", sentence)
    return None


def _refused(reason: str, sentence: str) -> Refusal:
    return Refusal(403, reason, sentence)


def _turn_away(call: Call) -> Any:  # noqa: ANN401 - the same
    """A stranger is asked who they are: by Label Studio where it asks by itself, and by us everywhere else."""
    if hasattr(call.view, "cls") and _asks(call.view.cls):
        return None
    if call.method in READING and not call.route.startswith(_OF_PROGRAMS):
        target = urlencode({"next": call.request.get_full_path()})
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{target}")
    return answer_refusal(call.request, Refusal(401, "stranger", "Log in first, or send a key. Nothing was changed."))


def _asks(view: Any) -> bool:  # noqa: ANN401 - the same
    """Whether a view of the REST framework lets in nobody without an account."""
    return any(each.__name__ == "IsAuthenticated" for each in view.permission_classes)


# --- the body --------------------------------------------------------------------------------------------------------


def _narrow_body(call: Call, permit: Permit) -> Refusal | None:
    if permit.fields is None:
        return None
    if call.method in {*READING, "DELETE"}:
        # Some views read a body there too.
        call.drop_body()
        return None
    body = call.body if call.request.body else {}
    if not isinstance(body, dict):
        return _refused("not an object", "A list of changes is not taken here: send one object. Nothing was changed.")
    if call.role == ADJUDICATOR and set(body) == _STAR and call.route == "api/annotations/<pk>":
        call.replace_body({"ground_truth": str(body["ground_truth"]).lower() in {"true", "1"}})
        return None
    tried = sorted(_FORBIDDEN & set(body) - permit.fields)
    # The page sends its own default along.
    if any(body[name] not in (None, False, "", "false") for name in tried):
        return _refused("forbidden field", f"You cannot set {', '.join(tried)} here. Nothing was changed.")
    try:
        call.replace_body(plain_body({name: value for name, value in body.items() if name in permit.fields}))
    except ValueError as error:
        raise UnreadableBody(str(error)) from error
    fault = find_region_fault(call.body["result"], call.task) if "result" in call.body else ""
    return Refusal(400, "odd region", f"{fault} Nothing was changed.") if fault else None


# --- whose it is -----------------------------------------------------------------------------------------------------


def _check_own(call: Call, permit: Permit) -> Refusal | None:
    if not has_plain_numbers(call.named):
        return _refused("not own", _NOT_OWN)
    if not permit.own:
        return None
    mine = call.subject.author is not None and call.account and call.subject.author == call.account.number
    if mine or _may_see_others(call):
        return None
    # The same for what is not there: else numbers would tell what others have done.
    return _refused("not own", _NOT_OWN)


def _may_see_others(call: Call) -> bool:
    """An adjudicator reads the words of others, and marks which are right."""
    if call.role != ADJUDICATOR or call.route != "api/annotations/<pk>":
        return False
    if call.method in READING:
        return True
    return call.method == "PATCH" and isinstance(call.body, dict) and set(call.body) == _STAR


def _check_self(call: Call) -> str:
    return "" if call.account and row_number(call.named.get("pk")) == call.account.number else _NOT_OWN


def _check_annotation_of_draft(call: Call) -> str:
    """A draft is of an annotation of one's own on that very task."""
    number = row_number(call.named.get("annotation_id"))
    return _check_parent(call, "annotation", number) if number else _NOT_OWN


def _check_draft(call: Call) -> str:
    return _check_parent(call, "annotation", call.body.get("annotation"))


def _check_parents(call: Call) -> str:
    """What one's words come from: own annotations, own drafts, and suggestions that one was shown."""
    for name, kind in (("parent_annotation", "annotation"), ("draft_id", "draft")):
        sentence = _check_parent(call, kind, call.body.get(name))
        if sentence:
            return sentence
    return _check_suggestion(call)


def _check_parent(call: Call, kind: str, value: object) -> str:
    number = row_number(value)
    if names_no_row(value) or call.account is None:
        return ""
    if number is None:
        return _NOT_OWN
    author, task = find_author(kind, number)
    if author is None and kind == "draft":
        return ""  # it is gone already, and the page still names it
    return "" if author == call.account.number and task == call.task else _NOT_OWN


def _check_suggestion(call: Call) -> str:
    named = call.body.get("parent_prediction")
    if names_no_row(named) or call.account is None or call.role == ADJUDICATOR:
        return ""
    number = row_number(named)
    if number is not None and may_stem_from(call.project, call.task, call.account, number):
        if is_gone(call.task, number):
            # Label Studio would refuse what a reader made of a suggestion that was replaced meanwhile.
            call.replace_body({name: value for name, value in call.body.items() if name != "parent_prediction"})
        return ""
    return "The suggestion that this names is not one that you were shown. Nothing was changed."


# --- what is searched for --------------------------------------------------------------------------------------------


def _check_action(call: Call) -> str:
    action = call.request.GET.get("id")
    if action not in ACTIONS_OF_READERS:
        return _NOT_YOURS
    call.notes.append(f"action {action}")
    return _check_search(call)


def _check_search(call: Call) -> str:
    """Filters and orderings over what others did tell their words without showing them."""
    if call.role == ADJUDICATOR:
        return ""
    query = call.request.GET
    stored = [row_number(query.get(name)) for name in ("view", "tabID")]
    body = call.body if call.method not in READING else {}
    return (
        next((sentence for number in stored if number and (sentence := check_stored_view(number))), "")
        or check_search(body)
        or check_query(call)
    )


def _check_view(call: Call) -> str:
    return "" if call.role == ADJUDICATOR else check_view(call.body)


def _check_stored(call: Call) -> str:
    number = row_number(call.named.get("pk"))
    return "" if call.role == ADJUDICATOR or not number else check_stored_view(number)


def _check_ordering(call: Call) -> str:
    ordering = call.request.GET.get("ordering")
    allowed = {"id", "title", "created_at", "pinned_at"}
    if ordering is None or {each.strip().removeprefix("-") for each in ordering.split(",")} <= allowed:
        return ""
    return f"Projects are ordered by {', '.join(sorted(allowed))} here."


_CHECKS: dict[tuple[str, str], tuple[Callable[[Call], str], ...]] = {
    ("GET", "api/users/<pk>"): (_check_self,),
    ("PATCH", "api/users/<pk>"): (_check_self,),
    ("GET", "api/projects"): (_check_ordering,),
    ("GET", "api/projects/counts"): (_check_ordering,),
    ("GET", "api/tasks"): (_check_search,),
    ("POST", "api/dm/actions"): (_check_action,),
    ("GET", "api/dm/views/<pk>"): (_check_stored,),
    ("POST", "api/dm/views"): (_check_view,),
    ("PATCH", "api/dm/views/<pk>"): (_check_view,),
    ("PUT", "api/dm/views/<pk>"): (_check_view,),
    ("POST", "api/tasks/<pk>/annotations"): (_check_parents,),
    ("PATCH", "api/annotations/<pk>"): (_check_parents,),
    ("PUT", "api/annotations/<pk>"): (_check_parents,),
    ("POST", "api/tasks/<pk>/drafts"): (_check_draft,),
    ("PATCH", "api/drafts/<pk>"): (_check_draft,),
    ("PUT", "api/drafts/<pk>"): (_check_draft,),
    ("GET", "api/tasks/<pk>/annotations/<annotation_id>/drafts"): (_check_annotation_of_draft,),
    ("POST", "api/tasks/<pk>/annotations/<annotation_id>/drafts"): (_check_annotation_of_draft, _check_draft),
}
