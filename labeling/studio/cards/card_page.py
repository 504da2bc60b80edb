"""What the page of a card is made of: the labelling config, the instruction, and the notes under the question. Pure.

All of it is built as trees, so that no character of a definition or an article can break out of its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args
from xml.etree import ElementTree as ET

from labeling.adjudication.gold_in_doubt import GoldInDoubt
from labeling.studio.format.tasks import TEXT
from labeling.workspace.rows.conflict import ChoiceItem, RelationItem, SpanItem
from labeling.workspace.rows.decision_row import DecisionReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.schema import ChoiceSet, Label, RelationType, Schema
    from labeling.studio.cards.card_question import CardQuestion
    from labeling.workspace.rows.conflict import Item

# The names of the controls.
READING, VERDICT, REASON, NOTES = "reading", "verdict", "reason", "notes"

REASON_KEYS: dict[DecisionReason, str] = {"slip": "s", "guideline silent": "g", "ambiguous": "a"}

_CARD_STYLE = """
.lw-hidden { display: none; }
.lw-card h4 { margin: 0 0 8px !important; }
.lw-card h3:empty, .lw-card h4:empty { display: none; }
.lw-text { max-width: 52em; font-size: 16px; margin-bottom: 8px; }
.lw-text .lsf-htx-richtext { line-height: 2; }
.lw-text .lsf-richtext__line { display: block; unicode-bidi: plaintext; text-align: start; min-height: 2em; }
.lw-text .lsf-richtext__line + br { display: none; }
.lw-notes { max-width: 52em; }
.lsf-outliner-item .lsf-labels-list { color: var(--color-neutral-content, #222) !important; }
"""

_HOW_TO_ANSWER = (
    "Each card is one question on which readers differ, or one about what stands and is in doubt.",
    "What each version marks is in the text, named A, B and so on; of what is in doubt, A is what stands.",
    "Press the digit of your answer, then Ctrl+Enter: the next card comes by itself.",
    "8 lets all versions stand together, 9 says that nothing stands there, 0 that the whole article has to be read.",
    "If you like, add a letter for the reason: s for a slip, g for silent guidelines, a for an ambiguous text.",
    "To change an answer, go back with the arrow, press another digit, and Update.",
)


def card_config(schema: Schema) -> str:
    """The labelling config of all cards of a project, as XML.

    What the versions are called, and which answers there are, stands in each card's own data.
    """
    root = ET.Element("View", className="lw-card")
    ET.SubElement(root, "Style").text = _CARD_STYLE
    relations = ET.SubElement(root, "Relations")
    for relation in schema.relations:
        ET.SubElement(relations, "Relation", value=relation.name)
    for key, size in (("question", "4"), ("title", "6")):
        ET.SubElement(root, "Header", value=f"${key}", size=size)
    # The names of what is marked, which nobody marks anything with.
    hidden = ET.SubElement(root, "View", className="lw-hidden")
    ET.SubElement(hidden, "Labels", name=READING, toName=TEXT, value="$readings")
    view = ET.SubElement(root, "View", className="lw-text")
    ET.SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol", showLabels="true")
    one_answer = {"choice": "single-radio", "required": "true", "requiredMessage": "Press the digit of your answer."}
    ET.SubElement(root, "Choices", {"name": VERDICT, "toName": TEXT, "value": "$answers", **one_answer})
    reasons = ET.SubElement(root, "Choices", name=REASON, toName=TEXT, choice="single", layout="inline")
    for reason, key in REASON_KEYS.items():
        ET.SubElement(reasons, "Choice", value=reason, hotkey=key)
    notes = ET.SubElement(root, "View", className="lw-notes")
    ET.SubElement(notes, "HyperText", name=NOTES, value="$notes", inline="true", clickableLinks="true")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def card_instruction() -> str:
    """The instruction, as HTML: how a card is answered."""
    root = ET.Element("div")
    _add_lines(root, "How to answer a card", _HOW_TO_ANSWER)
    return ET.tostring(root, encoding="unicode", method="html")


def card_notes(question: CardQuestion, precedents: Sequence[str], article_page: str) -> str:
    """What stands under a card, as HTML: definitions of what is in dispute, what was decided before, a link.

    Args:
        question: The question.
        precedents: What was decided of conflicts like it, a sentence each, the nearest first.
        article_page: The address of the article's page; empty where it has none.
    """
    root = ET.Element("div")
    if isinstance(question.conflict, GoldInDoubt):
        _add_lines(root, "Gold is in doubt", [question.conflict.asked.why])
    _add_lines(root, "All agree on", [question.describe(item) for item in question.conflict.beside])
    for name, lines in _list_definitions(question.schema, _disputed(question)):
        _add_definition(root, name, lines)
    _add_lines(root, "Decided before", precedents)
    if article_page:
        link = ET.SubElement(ET.SubElement(root, "p"), "a", href=article_page, target="_blank")
        link.text = "Open the article"
    return ET.tostring(root, encoding="unicode", method="html")


def read_reason(word: str) -> DecisionReason | None:
    """A reason as it is kept; None where it is none of ours."""
    return next((reason for reason in get_args(DecisionReason) if reason and reason == word), None)


def _disputed(question: CardQuestion) -> list[Item]:
    return [*question.conflict.items, *question.conflict.decided]


def _list_definitions(schema: Schema, items: Iterable[Item]) -> Iterator[tuple[str, list[str]]]:
    """The name and the definition, with examples, of each label, relation and option in dispute, once."""
    told = set[str]()
    for item in items:
        name = _name_of(item)
        if name not in told:
            told.add(name)
            lines = _define(schema, item)
            if lines:
                yield name.rpartition("=")[2], lines


def _name_of(item: Item) -> str:
    return item.choice if isinstance(item, ChoiceItem) else item.label


def _define(schema: Schema, item: Item) -> list[str]:
    if isinstance(item, SpanItem):
        return _define_label(next((each for each in schema.labels if each.name == item.label), None))
    if isinstance(item, RelationItem):
        return _define_relation(schema.relation(item.label))
    name, _, option = item.choice.partition("=")
    return _define_option(schema.choice_set(name), option)


def _define_label(label: Label | None) -> list[str]:
    if label is None:
        return []
    examples = f"Examples: {'; '.join(label.examples)}"
    return [label.definition, examples, *([f"Not: {'; '.join(label.near_misses)}"] if label.near_misses else [])]


def _define_relation(relation: RelationType | None) -> list[str]:
    return [relation.definition, relation.example] if relation else []


def _define_option(question: ChoiceSet | None, option: str) -> list[str]:
    return [each.definition for each in question.options if each.name == option] if question else []


def _add_definition(parent: ET.Element, name: str, lines: Sequence[str]) -> None:
    line = ET.SubElement(parent, "p")
    head = ET.SubElement(line, "b")
    head.text, head.tail = name, f" {lines[0]}"
    for further in lines[1:]:
        ET.SubElement(line, "br").tail = further


def _add_lines(parent: ET.Element, head: str, lines: Sequence[str]) -> None:
    if lines:
        ET.SubElement(parent, "h4").text = head
        items = ET.SubElement(parent, "ul")
        for line in lines:
            ET.SubElement(items, "li").text = line
