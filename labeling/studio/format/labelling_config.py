"""The schema as Label Studio shows it: the labelling config (XML) and the instruction (HTML). Pure.

Both are built as trees, so that no character of a definition can break out of its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from labeling.schema import NOTE, UNSURE

if TYPE_CHECKING:
    from labeling.project import AssistSection
    from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema

# The key of a task's data that shows an article's source. The page hides a key named `source` behind one of its own:
# `$source` is there the whole task as JSON.
OUTLET = "outlet"

# The layout of the page: labels stay in sight while the text scrolls, what is asked about the selected span stays at
# the foot, and the options of a choice are in columns. Colours mark spans; the words next to them stay dark, because
# the editor's coloured words are hard to read. Each paragraph runs in its own direction: that of its first letter.
# `lsf-` are the editor's own class names: should they change, the page
# is plainer and works the same.
_STYLE = """
.lw-head h3, .lw-head h4 { display: inline; margin: 0 12px 0 0 !important; }
.lw-head h4 { font-weight: 400; opacity: .7; }
.lw-head h4, .lw-choices h4 { white-space: nowrap; font-size: 14px; }
.lw-head h3:empty, .lw-head h4:empty { display: none; }
.lw-labels { position: sticky; top: 0; z-index: 9; margin: 8px 0; padding: 4px 0;
  background: var(--color-neutral-background, #fff); border-bottom: 1px solid var(--color-neutral-border, #ddd); }
.lw-labels .lsf-label_selected, .lw-labels .lsf-label_selected .lsf-label__hotkey { color: #222; }
.lw-text { max-width: 52em; font-size: 16px; }
.lw-text .lsf-htx-richtext { line-height: 2; }
.lw-head h3 { unicode-bidi: plaintext; }
.lw-text .lsf-richtext__line { display: block; unicode-bidi: plaintext; text-align: start; min-height: 2em; }
.lw-text .lsf-richtext__line + br { display: none; }
.lw-span { position: sticky; bottom: -9px; z-index: 9; display: flex; gap: 16px; align-items: center; padding: 0 0 9px;
  background: var(--color-neutral-background, #fff); border-top: 1px solid var(--color-neutral-border, #ddd); }
.lw-span .lsf-text-area { flex: 1; max-width: 40em; }
.lw-choices { max-width: 52em; }
.lw-choices .lsf-choices { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5em, 1fr)); gap: 0 12px; }
.lsf-outliner-item .lsf-labels-list, .lsf-relations__item .lsf-labels-list {
  color: var(--color-neutral-content, #222) !important; }
.lsf-modal-ls__body h4 { margin: 16px 0 4px; }
.lsf-modal-ls__body ul { list-style: disc; padding-left: 20px; }
.lsf-modal-ls__body p { margin: 0 0 8px; }
"""

_HOW_LINES = (
    "Press the key of a label, then mark the stretch with the mouse: also part of a word, also inside another span.",
    "Click on a span to select it; then another label's key changes it, and Backspace removes it. Ctrl+Z undoes.",
    "Alt+R on a selected span, then a click on a second one, draws a relation; name it under Relations at the right.",
    "Marks that are there already are a machine's suggestions: mend them, remove them, add what is missing.",
    "In doubt, choose the likelier label, tick unsure on the span and leave a note.",
    "Nothing to mark? Submit it as it is. Skip only what you will not judge.",
)


# A control with which the page asks, whenever something was said by it, what else is offered.
_SMART = {"smartonly": "true"}
# In the field for a note on a span, where that note may ask for a model's spans: see the gate's `assisting`.
_MODEL_ASKED = "A note on this span; model? asks for a model's spans of its label"


def labelling_config(schema: Schema, assist: AssistSection | None = None) -> str:
    """The labelling config, as XML: header, labels, text, what is asked about the selected span, choices.

    The text is marked by characters (``granularity="symbol"``), because newswire glues words together
    (``release.The``, ``#India-#Maldives``) and a span may be part of what the page takes for a word. Spans may nest.
    Of a task's data it shows ``title``, ``outlet``, ``published`` and ``text``; an empty or absent one takes no room.
    With ``assist`` the page asks for more of what was drawn, without a switch for it being on.
    """
    # The order of elements is the order on the page.
    root = ET.Element("View")
    ET.SubElement(root, "Style").text = _STYLE
    root.append(_relations_control(schema.relations))
    root.append(_header())
    root.append(_labels_view(schema.labels, is_smart=assist is not None))
    root.append(_text_view())
    root.append(_span_view(schema.unsure_hotkey, asks_model=assist is not None and assist.model))
    root.extend(_choice_view(choices) for choices in schema.choices)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def labelling_instruction(schema: Schema) -> str:
    """The instruction people see before the first article, as HTML: how to mark, then every label and relation.

    It has elements only: the page strips styles from it, and takes them from the labelling config.
    """
    root = ET.Element("div")
    _add_list(root, "How to annotate", _HOW_LINES)
    _add_list(root, "What to mark", schema.guidance)
    _add_heading(root, "Labels")
    for label in schema.labels:
        _add_label(root, label)
    _add_list(root, "Relations", tuple(map(_relation_line, schema.relations)))
    for choices in schema.choices:
        _add_list(root, choices.question, tuple(f"{option.name}: {option.definition}" for option in choices.options))
    return ET.tostring(root, encoding="unicode", method="html")


def _relations_control(relations: tuple[RelationType, ...]) -> ET.Element:
    control = ET.Element("Relations")
    for relation in relations:
        ET.SubElement(control, "Relation", value=relation.name)
    return control


def _header() -> ET.Element:
    view = ET.Element("View", className="lw-head")
    # The source is shown under another key, see OUTLET.
    for key, size in (("title", "4"), (OUTLET, "6"), ("published", "6")):
        ET.SubElement(view, "Header", value=f"${key}", size=size)
    return view


def _labels_view(labels: tuple[Label, ...], *, is_smart: bool) -> ET.Element:
    view = ET.Element("View", className="lw-labels")
    control = ET.SubElement(view, "Labels", {"name": "label", "toName": "text", **(_SMART if is_smart else {})})
    for label in labels:
        shown = {"background": label.color, **_hotkey(label.hotkey), "hint": label.definition}
        ET.SubElement(control, "Label", {"value": label.name, **shown})
    return view


def _text_view() -> ET.Element:
    view = ET.Element("View", className="lw-text")
    ET.SubElement(view, "Text", name="text", value="$text", granularity="symbol", showLabels="true")
    return view


def _span_view(hotkey: str | None, *, asks_model: bool) -> ET.Element:
    view = ET.Element("View", className="lw-span", visibleWhen="region-selected")
    # One option of several, because a single one could not be unticked.
    ticked = ET.SubElement(view, "Choices", name=UNSURE, toName="text", perRegion="true", choice="multiple")
    ET.SubElement(ticked, "Choice", {"value": UNSURE, **_hotkey(hotkey)})
    box = {"rows": "1", "maxSubmissions": "1", "editable": "true", "placeholder": "A note on this span"}
    if asks_model:
        box |= {"placeholder": _MODEL_ASKED, **_SMART}
    ET.SubElement(view, "TextArea", {"name": NOTE, "toName": "text", "perRegion": "true", **box})
    return view


def _choice_view(choices: ChoiceSet) -> ET.Element:
    view = ET.Element("View", className="lw-choices")
    ET.SubElement(view, "Header", value=choices.question, size="6")
    kind = "multiple" if choices.multiple else "single-radio"
    control = ET.SubElement(view, "Choices", name=choices.name, toName="text", choice=kind, layout="inline")
    control.extend(_option(option) for option in choices.options)
    return view


def _option(option: Option) -> ET.Element:
    return ET.Element("Choice", {"value": option.name, "hint": option.definition, **_hotkey(option.hotkey)})


def _hotkey(key: str | None) -> dict[str, str]:
    return {"hotkey": key} if key else {}


def _add_heading(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, "h4").text = text


def _add_list(parent: ET.Element, head: str, lines: tuple[str, ...]) -> None:
    if lines:
        _add_heading(parent, head)
        items = ET.SubElement(parent, "ul")
        for line in lines:
            ET.SubElement(items, "li").text = line


def _add_label(parent: ET.Element, label: Label) -> None:
    line = ET.SubElement(parent, "p")
    name = ET.SubElement(line, "b")
    # In ElementTree, what follows an element is its tail.
    key = f" ({label.hotkey})" if label.hotkey else ""
    name.text, name.tail = label.name, f"{key} {label.definition}"
    # Examples first, then what is easily mistaken for one.
    for lines, word in ((label.examples, "Examples: "), (label.near_misses, "Not: ")):
        if lines:
            ET.SubElement(line, "br")
            ET.SubElement(line, "i").text = word + "; ".join(lines)


def _relation_line(relation: RelationType) -> str:
    ends = f"{' or '.join(relation.head)} to {' or '.join(relation.tail)}" if relation.head else "two of one label"
    return f"{relation.name} ({ends}): {relation.definition} {relation.example}"
