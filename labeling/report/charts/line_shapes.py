"""The charts of the page with two axes: a line of ratios, and how often is right what was said with a probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from labeling.report.charts.draw_chart import WIDTH, draw_chart
from labeling.report.charts.shapes import RangedValue, scale_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

_BAR, _SOFT = "var(--bar)", "var(--soft)"


class LinePoint(NamedTuple):
    """A point of a line: where it is, how high (a ratio), and the interval of that."""

    place: float
    value: float | None
    interval: tuple[float, float] | None = None


def draw_line(name: str, points: Iterable[LinePoint], below: str) -> Markup:
    """A line of ratios in per cent with their intervals; ``below`` says what the places are."""
    data = [{"place": point.place, **scale_value(RangedValue("", point.value, point.interval))} for point in points]
    places = {
        "field": "place",
        "type": "quantitative",
        "axis": {"title": below, "grid": False, "tickMinStep": 1, "tickCount": 5},
    }
    high = {
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"title": None, "values": [0, 25, 50, 75, 100]},
    }
    line = {"field": "value", **high}
    spec = {
        "width": WIDTH + 100,
        "height": 150,
        "data": {"values": data},
        "encoding": {"x": places},
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule"},
                "encoding": {"y": {"field": "low", **high}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "color": _BAR, "strokeWidth": 2}, "encoding": {"y": line}},
            {"mark": {"type": "point", "color": _BAR}, "encoding": {"y": line}},
            {
                "mark": {"type": "text", "dy": -10, "dx": 4, "align": "left"},
                "encoding": {"y": line, "text": {"field": "told", "type": "nominal"}},
            },
        ],
    }
    return draw_chart(name, spec)


def draw_calibration(name: str, points: Sequence[LinePoint]) -> Markup:
    """How often is right what was said with a probability; on the line from corner to corner as often as it said."""
    data = [
        {"place": 100 * point.place, **scale_value(RangedValue("", point.value, point.interval))} for point in points
    ]
    ends = [{"x": 0, "y": 0}, {"x": 100, "y": 100}]
    axis = {"values": [0, 50, 100], "grid": True}

    def along(field: str, title: str | None) -> dict[str, Any]:
        return {
            "field": field,
            "type": "quantitative",
            "scale": {"domain": [0, 100]},
            "axis": {**axis, "title": title},
        }

    spec = {
        "width": WIDTH,
        "height": WIDTH,
        "layer": [
            {
                "data": {"values": ends},
                "mark": {"type": "line", "color": _SOFT, "strokeDash": [4, 4], "strokeWidth": 1},
                "encoding": {"x": along("x", "said, %"), "y": along("y", "right, %")},
            },
            {
                "data": {"values": data},
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule"},
                "encoding": {
                    "x": along("place", "said, %"),
                    "y": along("low", "right, %"),
                    "y2": {"field": "high"},
                },
            },
            {
                "data": {"values": data},
                "mark": {"type": "point", "color": _BAR},
                "encoding": {"x": along("place", "said, %"), "y": along("value", "right, %")},
            },
        ],
    }
    return draw_chart(name, spec)
