"""Links that open one's own annotation of an article, or a new one.

Of a task that is opened by its address, Label Studio's page takes the last annotation and offers to update it, also
somebody else's to whoever may see it. A page with `own=1` in its address asks for the task from there: it is told of
nobody else's annotations and drafts. Whoever opens an article from the table sees all that they may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .json_answers import read_answer, replace_answer
from .subject import row_number
from .task_answers import Eyes, clean_drafts, number_in

if TYPE_CHECKING:
    from .call import Call

_OWN = "own"
_DONE = 200
_LONGEST = 4000  # characters of an address


def keep_own(call: Call, answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The answer on a task, with the caller's own annotations and drafts alone where a link asks for no others."""
    is_read = call.route == "api/tasks/<pk>" and call.method == "GET" and answer.status_code == _DONE
    if not is_read or call.account is None or not _asks_for_own(call):
        return answer
    value = read_answer(answer)
    if not isinstance(value, dict):
        return answer
    mine = call.account.number
    if isinstance(value.get("annotations"), list):
        value["annotations"] = [
            each
            for each in value["annotations"]
            if isinstance(each, dict) and number_in(each.get("completed_by")) == mine
        ]
    if isinstance(value.get("drafts"), list):
        value["drafts"] = clean_drafts(value["drafts"], Eyes(call))
    return replace_answer(answer, value)


def _asks_for_own(call: Call) -> bool:
    """Whether the page that asks was opened by such a link, of this very task."""
    try:
        query = urlsplit(str(call.request.META.get("HTTP_REFERER", ""))[:_LONGEST]).query
    except ValueError:
        return False
    named = parse_qs(query)
    return named.get(_OWN) == ["1"] and [row_number(each) for each in named.get("task", [])] == [call.task]
