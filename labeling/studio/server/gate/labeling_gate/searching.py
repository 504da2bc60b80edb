"""What a reader may search, sort and show tasks by: what lies in the task itself, and nothing that others did.

A filter over annotations, annotators, drafts, predictions or agreement tells their words without showing them: whether
a task is in the answer is the answer. So columns are named here, and all others refused, in whatever way a request
spells them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from django.apps import apps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .call import Call

# A column as Label Studio spells it in filters and orderings. What is in `data` is the article's.
_OF_THE_TASK = re.compile(r"-?(filter:)?(tasks:)?-?(id|inner_id|created_at|file_upload|storage_filename|data\.[^\n]*)")
_PARTS = frozenset({"filter", "operator", "type", "value", "child_filter"})
_SEARCH = frozenset({"filters", "ordering", "selectedItems", "project"})
_REFUSED = "Tasks are searched and sorted by number, time and what is in the article, and not by what others did."


def is_of_the_task(column: object) -> bool:
    """Whether a column holds what is in the task itself.

    >>> is_of_the_task("filter:tasks:data.title"), is_of_the_task("-tasks:id"), is_of_the_task("tasks:annotators")
    (True, True, False)
    """
    return isinstance(column, str) and _OF_THE_TASK.fullmatch(column) is not None


def check_search(search: Any) -> str:  # noqa: ANN401 - any JSON
    """A sentence if filters or an ordering go by what others did; empty when they do not."""
    if not isinstance(search, dict):
        return _REFUSED
    good = _is_good_ordering(search.get("ordering")) and _is_good_filter_group(search.get("filters"))
    return "" if good else _REFUSED


def check_query(call: Call) -> str:
    """The same for a search that is written into the address, as JSON in `query`; what is in it is written anew."""
    named = dict(call.request.GET.items())
    if "query" in named:
        try:
            search = json.loads(unquote(named["query"]))
        except (ValueError, RecursionError):
            return _REFUSED
        sentence = check_search(search)
        if sentence:
            return sentence
        # One reading of it, ours, for whoever reads it next; Label Studio takes a second layer of escapes off.
        named["query"] = quote(json.dumps({name: search[name] for name in _SEARCH & set(search)}))
    call.replace_query(named)
    return ""


def check_view(body: Any) -> str:  # noqa: ANN401 - the same
    """The same for a tab that is to be kept."""
    data = body.get("data", {}) if isinstance(body, dict) else None
    return check_search(data)


def check_stored_view(number: int) -> str:
    """The same for a tab that was kept, by whomever; empty also where there is none."""
    return "" if is_good_view(number) else _REFUSED


def is_good_view(number: int) -> bool:
    """Whether a tab searches and sorts by what is in the tasks; one that is not there does no harm."""
    view = apps.get_model("data_manager", "View").objects.filter(pk=number).select_related("filter_group").first()
    if view is None:
        return True
    filters = list(view.filter_group.filters.all()) if view.filter_group else []
    children = apps.get_model("data_manager", "Filter").objects.filter(parent__in=filters)
    columns = [each.column for each in (*filters, *children)]
    return all(is_of_the_task(column) for column in columns) and _is_good_ordering(view.ordering)


def _is_good_ordering(ordering: Any) -> bool:  # noqa: ANN401 - the same
    if not ordering:
        return True
    return isinstance(ordering, list) and all(is_of_the_task(column) for column in ordering)


def _is_good_filter_group(group: Any) -> bool:  # noqa: ANN401 - the same
    if not group:
        return True
    if not isinstance(group, dict) or not set(group) <= {"conjunction", "items"}:
        return False
    items = group.get("items") or []
    return isinstance(items, list) and all(_is_good_filter(each) for item in items for each in _chain(item))


def _chain(item: Any) -> Iterator[Any]:  # noqa: ANN401 - the same
    """A filter and the ones nested in it."""
    while item is not None:
        yield item
        item = item.get("child_filter") if isinstance(item, dict) else None


def _is_good_filter(item: Any) -> bool:  # noqa: ANN401 - the same
    return isinstance(item, dict) and set(item) <= _PARTS and is_of_the_task(item.get("filter"))
