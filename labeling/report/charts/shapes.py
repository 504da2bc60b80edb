"""The shapes of the page's charts: bars, intervals, heat maps, lines. Numbers are written beside what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from labeling.report.charts.draw_chart import WIDTH, draw_chart
from labeling.report.charts.row_names import ROOM, name_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

_INK, _SOFT, _BAR, _OTHER = "var(--ink)", "var(--soft)", "var(--bar)", "var(--other)"
_MOST_ROWS = 24
_LETTER = 6  # pixels
_ROOM_ABOVE = 13
_PERCENT_AXIS = {"grid": True, "values": [0, 50, 100], "title": None}
_FILLS = ("var(--bar)", "var(--half)", "var(--rest)")


class BarPart(NamedTuple):
    """A piece of a bar: ``ana``, ``submitted``, 12."""

    name: str
    part: str
    number: float


class RangedValue(NamedTuple):
    """A ratio with its 95 % interval, where it has one; ``series`` tells two of one name apart."""

    name: str
    value: float | None
    interval: tuple[float, float] | None = None
    series: str = ""


class HeatCell(NamedTuple):
    """A cell of a heat map; ``weight``, from 0 to 1, is how dark it is, ``text`` what stands in it."""

    row: str
    column: str
    weight: float
    text: str


def draw_bars(name: str, parts: Sequence[BarPart], order: Sequence[str]) -> Markup:
    """Bars of parts, the parts in ``order``, with the sum behind each."""
    rows = _first_names(parts)
    at = _place(rows)
    values = [
        {
            "name": rows[part.name],
            "at": at[part.name],
            "part": part.part,
            "number": part.number,
            "place": order.index(part.part),
        }
        for part in parts
        if part.name in rows
    ]
    sums = [
        {"name": rows[row], "sum": f"{_count_first(parts, row, order):,} of {_count(parts, row):,}"} for row in rows
    ]
    colour = {
        "field": "part",
        "type": "nominal",
        "sort": [*order],
        "scale": {"domain": [*order], "range": [*_FILLS[: len(order)]]},
    }
    bar = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": 13, "stroke": "var(--paper)", "strokeWidth": 1},
        "encoding": {
            "x": {"field": "number", "type": "quantitative", "axis": None, "stack": "zero"},
            "color": colour,
            "order": {"field": "place"},
        },
    }
    spec = {
        "width": WIDTH - 30,
        "height": {"step": 22},
        "encoding": {"y": _names()},
        "layer": [bar, _beside(sums, "sum", WIDTH - 24)],
    }
    return draw_chart(name, spec)


def draw_intervals(name: str, values: Sequence[RangedValue], room: int = ROOM) -> Markup:
    """Ratios in per cent, each a dot on the line of its interval, the number behind it; two series have two shapes.

    ``room`` is how many letters the names of the rows may have.
    """
    width = WIDTH - 10 - _LETTER * (room - ROOM)
    rows = _first_names(values, room)
    at = _place(rows)
    series = [*dict.fromkeys(value.series for value in values)]
    data = [
        {**scale_value(value), "name": rows[value.name], "at": at[value.name]} for value in values if value.name in rows
    ]
    several = len(series) > 1
    offset = {"yOffset": {"field": "series", "type": "nominal", "sort": series}} if several else {}
    told: dict[str, Any] = {
        "field": "series",
        "type": "nominal",
        "sort": series,
        "legend": {} if several else None,
    }
    colour = {**told, "scale": {"domain": series, "range": [_BAR, _OTHER][: len(series)]}}
    shape = {**told, "scale": {"domain": series, "range": ["circle", "diamond"][: len(series)]}}
    spec = {
        "width": width,
        "height": {"step": 13 if several else 22},
        "data": {"values": data},
        "encoding": {"y": _names(), **offset},
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule"},
                "encoding": {"x": _percent("low"), "x2": {"field": "high"}, "color": colour},
            },
            {
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": {"type": "point"},
                "encoding": {"x": _percent("value"), "color": colour, "shape": shape},
            },
            _beside_dots(width),
        ],
    }
    return draw_chart(name, spec)


def draw_differences(name: str, values: Sequence[RangedValue]) -> Markup:
    """Differences of ratios in points, each a dot on its interval, beside the line where nothing changed."""
    rows = _first_names(values)
    at = _place(rows)
    data = [
        {
            **scale_value(value),
            "name": rows[value.name],
            "at": at[value.name],
            "told": f"{100 * (value.value or 0):+.1f}",
        }
        for value in values
        if value.name in rows
    ]
    along = {"type": "quantitative", "axis": {"grid": True, "title": None, "tickCount": 5}}
    dot = {"field": "value", **along}
    layer = [
        {"mark": {"type": "rule", "strokeDash": [4, 4]}, "encoding": {"x": {"datum": 0, **along}, "y": None}},
        {
            "transform": [{"filter": "isValid(datum.low)"}],
            "mark": {"type": "rule", "color": _BAR},
            "encoding": {"x": {"field": "low", **along}, "x2": {"field": "high"}},
        },
        {"mark": {"type": "point", "color": _BAR}, "encoding": {"x": dot}},
        _beside_dots(WIDTH - 10),
    ]
    spec = {
        "width": WIDTH - 10,
        "height": {"step": 22},
        "data": {"values": data},
        "encoding": {"y": _names()},
    }
    return draw_chart(name, {**spec, "layer": layer})


def draw_heat_map(name: str, cells: Sequence[HeatCell], rows: Sequence[str], columns: Sequence[str]) -> Markup:
    """A cell for each row and column, the darker the more, its number in it."""
    letters = max((len(cell.text) for cell in cells), default=1)
    side = max(18, min(9 * letters, (WIDTH + 40) // max(len(columns), 1)))
    small = side < 6 * letters
    down, across = name_rows(rows), name_rows(columns, _ROOM_ABOVE)
    at, over = _place(down), _place(across)
    data = [
        {
            **cell._asdict(),
            "row": down[cell.row],
            "column": across[cell.column],
            "at": at[cell.row],
            "over": over[cell.column],
        }
        for cell in cells
    ]
    spec = {
        "width": {"step": side},
        "height": {"step": 26},
        "data": {"values": data},
        "encoding": {
            "x": {
                "field": "column",
                "type": "nominal",
                "sort": {"field": "over", "op": "min"},
                "axis": {"orient": "top", "title": None, "labelAngle": -45, "labelColor": _INK},
            },
            "y": {**_names(), "field": "row"},
        },
        "layer": [
            {
                "mark": {"type": "rect", "fill": _BAR, "stroke": "var(--line)"},
                "encoding": {
                    "fillOpacity": {
                        "field": "weight",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": [0, 0.55]},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 8.5 if small else 11},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }
    return draw_chart(name, spec)


def _first_names(rows: Iterable[BarPart] | Iterable[RangedValue], room: int = ROOM) -> dict[str, str]:
    return name_rows([*dict.fromkeys(row.name for row in rows)][:_MOST_ROWS], room)


def _count(parts: Iterable[BarPart], name: str) -> int:
    return int(sum(part.number for part in parts if part.name == name))


def _count_first(parts: Iterable[BarPart], name: str, order: Sequence[str]) -> int:
    return int(sum(part.number for part in parts if part.name == name and part.part == order[0]))


def scale_value(value: RangedValue) -> dict[str, Any]:
    """The fields of a value in per cent, and how it is written: ``71``."""
    low, high = value.interval or (None, None)
    return {
        "name": value.name,
        "series": value.series,
        "value": None if value.value is None else 100 * value.value,
        "low": None if low is None else 100 * low,
        "high": None if high is None else 100 * high,
        "told": "–" if value.value is None else f"{100 * value.value:.0f}",  # noqa: RUF001 - the dash is meant
    }


def _names() -> dict[str, Any]:
    # Names stand among the data alone: in the specification Vega takes some for words of its own, as `if`.
    return {"field": "name", "type": "nominal", "sort": {"field": "at", "op": "min"}, "title": None}


def _place(names: Iterable[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}


def _beside_dots(place: int) -> dict[str, Any]:
    mark = {"type": "text", "align": "left", "x": place + 6}
    return {"mark": mark, "encoding": {"text": {"field": "told", "type": "nominal"}}}


def _percent(field: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "scale": {"domain": [0, 100]}, "axis": _PERCENT_AXIS}


def _beside(rows: Sequence[dict[str, Any]], field: str, place: int) -> dict[str, Any]:
    return {
        "data": {"values": [*rows]},
        "mark": {"type": "text", "align": "left", "x": place},
        "encoding": {"text": {"field": field, "type": "nominal"}},
    }
