"""What a file of Label Studio's is recognised by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.imports.foreign_formats import name_fields, tell_objects

if TYPE_CHECKING:
    from labeling.imports.glimpse import Glimpse, JsonLine

_ANSWERS = ("annotations", "completions", "predictions")


def looks_like_label_studio(glimpse: Glimpse) -> str:
    """What tells tasks of Label Studio's: answers with a ``result``, ``data`` around the text, regions of JSON-MIN."""
    return tell_objects(glimpse, _tell_task)


def _tell_task(fields: JsonLine) -> str:
    for name in _ANSWERS:
        answers = fields.get(name)
        if isinstance(answers, list) and any(isinstance(each, dict) and "result" in each for each in answers):
            return name_fields(name, "result")
    if isinstance(fields.get("data"), dict):
        return "the lines hold `data` around their fields"
    if "result" in fields and isinstance(fields.get("task"), dict):
        return name_fields("result", "task")
    if isinstance(tasks := fields.get("tasks"), list):
        return next(filter(None, (_tell_task(each) for each in tasks if isinstance(each, dict))), "")
    regions = [each for value in fields.values() if isinstance(value, list) for each in value if isinstance(each, dict)]
    if any({"start", "end"} <= each.keys() and isinstance(each.get("labels"), list) for each in regions):
        return "the lines hold regions with `labels`"
    return name_fields("annotation_id", "annotator") if {"annotation_id", "annotator"} <= fields.keys() else ""
