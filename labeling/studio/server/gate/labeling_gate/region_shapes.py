"""What a region of a reader's must be for Label Studio to keep it, to read it again, and to let its owner go on.

Label Studio takes any JSON for a result, fails on some of it half way, and on some of it long after: a region of a tag
that the page does not have keeps the owner from every change of the page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection

_LONGEST = 200  # characters of a tag's name, or of a type
_CONFIG = "SELECT project.label_config FROM task JOIN project ON project.id = task.project_id WHERE task.id = %s"
# What joins or compares regions is of no tag.
_OF_NO_TAG = frozenset({"relation", "pairwise"})


def find_region_fault(result: Any, task: int | None) -> str:  # noqa: ANN401 - any JSON
    """What is wrong with the first region that cannot be kept for a task, as a sentence; empty if all are sound."""
    if result is None:
        return ""
    if not isinstance(result, list):
        return "The result is not a list of regions."
    tags = set[tuple[str, str, str]]()
    for number, region in enumerate(result, 1):
        fault = _judge_region(region)
        if fault:
            return f"Region {number} of the result {fault}."
        if "from_name" in region:
            tags.add((region["from_name"], _join_names(region.get("to_name")), str(region.get("type") or "")))
    config = _config_of(task) if tags and task is not None else ""
    unknown = next((name for name, *rest in sorted(tags) if config and not _has_tag(config, name, *rest)), None)
    return "" if unknown is None else f"There is no tag {unknown!a} of this kind on this project's page."


def _judge_region(region: Any) -> str:  # noqa: ANN401 - the same
    if not isinstance(region, dict):
        return "is not an object"
    if isinstance(region.get("id"), (list, dict)):
        return "has an id that is not a text"
    names = [("type", "" if region.get("type") is None else region["type"])]
    if "from_name" in region:
        to_name = region.get("to_name", "")
        names.append(("from_name", region["from_name"]))
        names += [("to_name", each) for each in (to_name if isinstance(to_name, list) else [to_name])]
    fault = next((f"has a {name} that is not a name" for name, value in names if not _is_name(value)), "")
    if "from_name" in region and not isinstance(region.get("value"), dict):
        return fault or "has no value, or one that is not an object"
    return fault


def _is_name(value: Any) -> bool:  # noqa: ANN401 - the same
    # Label Studio writes three names into one text, with this sign between them.
    return isinstance(value, str) and len(value) <= _LONGEST and "|" not in value


def _join_names(to_name: Any) -> str:  # noqa: ANN401 - the same
    return ",".join(to_name) if isinstance(to_name, list) else to_name or ""


def _config_of(task: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_CONFIG, [task])
        row = cursor.fetchone()
    return str(row[0] or "") if row else ""


def _has_tag(config: str, from_name: str, to_name: str, kind: str) -> bool:
    """Whether a page has this tag, as Label Studio asks it when its owner changes the page."""
    from core.label_config import check_control_in_config_by_regex, check_toname_in_config_by_regex

    tags, kinds = _tags_of(config)
    kind = kind.lower()
    if f"{from_name}|{to_name}|{kind}" in tags:
        return True
    if not check_control_in_config_by_regex(config, from_name):
        return False
    if not to_name or not kind or kind in _OF_NO_TAG or kind == "textarea":
        return True
    return kind in kinds and check_toname_in_config_by_regex(config, to_name)


@lru_cache(maxsize=16)
def _tags_of(config: str) -> tuple[frozenset[str], frozenset[str]]:
    from core.label_config import get_all_control_tag_tuples, get_all_types

    return frozenset(get_all_control_tag_tuples(config)), frozenset(get_all_types(config))
