"""Where the regions of an annotation come from, as the editor noted it: drawn by hand, or from a suggestion. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

# The editor's own words: drawn by hand; copied from a prediction; that, and changed since.
Origin: TypeAlias = Literal["manual", "prediction", "prediction-changed"]
_KNOWN: dict[str, Origin] = {
    "manual": "manual",
    "prediction": "prediction",
    "prediction-changed": "prediction-changed",
}

# Further labels of one region are further spans: `<id>#2`.
_FURTHER = re.compile(r"#[0-9]+$")


@dataclass(frozen=True)
class SpanOrigins:
    """What the editor noted of one annotation.

    ``begun`` is whether it was begun from a prediction, None where that is not told; ``regions`` has the origin of each
    region by its id, as far as it is noted.
    """

    begun: bool | None = None
    regions: Mapping[str, Origin] = field(default_factory=dict)


def read_origins(task: Mapping[str, JsonValue]) -> dict[int, SpanOrigins]:
    """The origins in each annotation of a task, as the server's export has it, by the server's number of it.

    Never fails: what cannot be read is not noted.
    """
    rows = task.get("annotations")
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {number: _origins_in(row) for row in listed if isinstance(number := row.get("id"), int)}


def origin_of(regions: Mapping[str, Origin], span: str) -> Origin | Literal[""]:
    """The origin of a span, by its id; empty where it is not noted.

    >>> origin_of({"x1": "manual"}, "x1#2")
    'manual'
    """
    return regions.get(span) or regions.get(_FURTHER.sub("", span)) or ""


def _origins_in(row: Mapping[str, JsonValue]) -> SpanOrigins:
    result = row.get("result")
    regions: dict[str, Origin] = {}
    for each in result if isinstance(result, list) else ():
        if not isinstance(each, dict) or each.get("type") != "labels":
            continue
        name, origin = each.get("id"), each.get("origin")
        if isinstance(name, str) and isinstance(origin, str) and origin in _KNOWN:
            regions[name] = _KNOWN[origin]
    begun = isinstance(row["parent_prediction"], int) if "parent_prediction" in row else None
    return SpanOrigins(begun, regions)
