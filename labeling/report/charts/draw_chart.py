"""A chart as SVG that stands in the page, drawn by Vega-Lite, without a browser or a network.

Colours are the page's own (``var(--ink)``), so that a chart is dark where the page is. To a screen reader it is one
picture with a name: its numbers stand in a table beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

# The widest that a phone shows as it is, in pixels, with the names of rows to the left.
WIDTH = 190
_FONT = 'system-ui, "Segoe UI", Roboto, sans-serif'
# Since one of today may draw otherwise than one of tomorrow.
_GRAMMAR = "6.4"

# What XML has no place for, which ends the process where it is drawn, and what ends a line in an expression of Vega.
_NO_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INSIDE = re.compile(r' (?:aria-[a-z]+|role|pointer-events|xmlns(?::xlink)?|version|class)="[^"]*"')
_HEAD = re.compile(r"<svg [^>]*>")

_CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": _FONT,
    # Fonts differ in width from that which was measured with.
    "padding": {"left": 12, "right": 14, "top": 2, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "titleFontSize": 11,
        "labelFontSize": 11,
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelLimit": 0,
    },
    "axisY": {"labelColor": "var(--ink)", "labelFontSize": 12},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": "var(--ink)",
        "labelFontSize": 11,
        "labelLimit": 0,
        "symbolStrokeColor": "var(--ink)",
        "offset": 6,
        "columnPadding": 18,
    },
    "text": {"color": "var(--ink)", "fontSize": 11},
    "rule": {"color": "var(--soft)", "strokeWidth": 2},
    "point": {"filled": True, "size": 56, "opacity": 1},
}


def draw_chart(name: str, spec: Mapping[str, Any]) -> Markup:
    """The chart of a Vega-Lite specification, as a picture called ``name``."""
    import vl_convert
    from markupsafe import Markup, escape

    drawn = vl_convert.vegalite_to_svg(_make_drawable({**spec, "config": _CONFIG}), vl_version=_GRAMMAR)
    head = _HEAD.match(drawn)
    named = _INSIDE.sub("", drawn[head.end() :] if head else drawn)
    size = re.findall(r'(?:width|height|viewBox)="[^"]*"', head.group() if head else "")
    return Markup(f'<svg class="chart" role="img" aria-label="{escape(name)}" {" ".join(size)}>{named}')  # noqa: S704 - drawn from escaped text


def _make_drawable(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return _NO_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _make_drawable(each) for key, each in value.items()}
    return [_make_drawable(each) for each in value] if isinstance(value, list | tuple) else value
