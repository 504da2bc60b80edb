"""The page of a whole article that is put to an adjudicator: the readers' own, with what they differ in. Pure.

All of it is built as trees, so that no character of an article or of a name can break out of its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.tasks import TEXT
from labeling.workspace.rows.conflict import item_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.schema import Schema
    from labeling.studio.cards.card_question import CardQuestion

# The names of the controls, and the only label of the first, which nobody gives.
DIFFERS, DIFFERENCES = "differs", "differences"

_STYLE = """
.lw-hidden { display: none; }
.lw-differences { max-width: 52em; border-left: 3px solid #d00000; padding-left: 12px; margin-bottom: 8px; }
"""
_MARKED = {"background": "#d00000", "hotkey": "ctrl+alt+shift+f1"}
_HOW = (
    "What all agree on is marked already, and what readers differ in is marked as “differs” and listed above the text.",
    "The tabs above the page show what each reader has marked, by name.",
    "Mark what is to stand, and submit: that is then what stands in this article. The marks “differs” say nothing.",
)


def article_config(schema: Schema) -> str:
    """The labelling config of whole articles, as XML: the readers' own, with the marks and the list of differences."""
    root = ET.fromstring(labelling_config(schema))  # noqa: S314 - our own
    style = root.find("Style")
    if style is not None:
        style.text = (style.text or "") + _STYLE
    view = ET.Element("View", className="lw-differences")
    ET.SubElement(view, "HyperText", name=DIFFERENCES, value=f"${DIFFERENCES}", inline="true")
    hidden = ET.Element("View", className="lw-hidden")
    control = ET.SubElement(hidden, "Labels", name=DIFFERS, toName=TEXT)
    ET.SubElement(control, "Label", {"value": DIFFERS, **_MARKED})
    # After the style, the relations and the article's head.
    for place, each in enumerate((view, hidden), start=3):
        root.insert(place, each)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def article_instruction(schema: Schema) -> str:
    """The instruction, as HTML: how an article is settled, then what readers are told."""
    root = ET.Element("div")
    ET.SubElement(root, "h4").text = "How to settle an article"
    lines = ET.SubElement(root, "ul")
    for line in _HOW:
        ET.SubElement(lines, "li").text = line
    return ET.tostring(root, encoding="unicode", method="html") + labelling_instruction(schema)


def article_differences(questions: Iterable[CardQuestion]) -> str:
    """What readers differ in, as HTML: a line for each open conflict, with what each of them says."""
    root = ET.Element("ul")
    for question in questions:
        line = ET.SubElement(root, "li", dir="auto")
        line.text = "; ".join(_list_sayings(question))
    return ET.tostring(root, encoding="unicode", method="html")


def _list_sayings(question: CardQuestion) -> Iterator[str]:
    conflict = question.conflict
    for reading in conflict.readings:
        yield f"{reading.annotator}: {question.describe(item_of(reading, conflict.what))}"
    for name in conflict.missed_by:
        yield f"{name}: nothing"
    for item in conflict.decided:
        yield f"decided before: {question.describe(item)}"
