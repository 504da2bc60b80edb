"""The guidelines for annotators, rendered from the schema as Markdown; ``docs/guidelines.md`` is made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labeling.schema import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.schema import ChoiceSet, RelationType, Schema

_HOW = """\
Read the whole article first. Then, in Label Studio's page:

| to | do |
| --- | --- |
| mark a span | press the key of its label, then mark the stretch with the mouse; part of a word is fine |
| mark a span inside another | the same: spans nest, and may overlap |
| give one stretch two labels | mark it twice |
| change a label | click on the span, press the key of the other label |
| remove a span | click on it, press Backspace |
| draw a relation | click on the first span, press Alt+R, click on the second; then name it in the list *Relations* |
| take the last step back | Ctrl+Z, and Ctrl+Shift+Z to do it again |
| leave a span alone | U or Escape |
| hand in | *Submit*, or Ctrl+Enter |

**Suggestions.** Marks that are there when you open an article are a machine's. Judge each: keep it, correct it or
remove it, and add what is missing. They are never taken for your word until you submit.

**Empty or skipped.** Nothing to mark? Submit it as it is: that means "read, and nothing found". *Skip* means "not
judged", and the article counts as not annotated. Skip only what you will not judge.

**Order.** Spans first, then relations, then the questions under the text.
"""


def render_conduct(hotkey: str | None) -> str:
    """How to work in the page, whatever the schema: Markdown without a heading; ``hotkey`` is that of `unsure`."""
    return f"{_HOW}\n{_doubt_section(hotkey)}"


def render_guidelines(schema: Schema, title: str) -> str:
    """The guidelines as one Markdown page: how to annotate, what holds for all labels, each label, relation, choice.

    Args:
        schema: A checked schema.
        title: The project's name.

    Returns:
        Markdown that ends with a newline; the same bytes for the same schema.
    """
    # An empty part is left out, with its heading.
    parts = (
        f"# How to annotate: {title}\n",
        _HOW,
        _doubt_section(schema.unsure_hotkey),
        _guidance_section(schema.guidance),
        _labels_section(schema),
        _relations_section(schema.relations),
        *map(_choices_section, schema.choices),
    )
    return "\n".join(part for part in parts if part)


def _doubt_section(hotkey: str | None) -> str:
    key = f" (key `{hotkey}`)" if hotkey else ""
    return (
        f"**In doubt.** Choose the likelier label, tick *{UNSURE}*{key} while the span is selected, and say why in\n"
        "the note next to it. Both are read by those who settle differences, and by those who improve this page.\n"
    )


def _guidance_section(sentences: tuple[str, ...]) -> str:
    if not sentences:
        return ""
    return "## What to mark\n\n" + "\n".join(f"* {escape_markdown_text(sentence)}" for sentence in sentences) + "\n"


def _labels_section(schema: Schema) -> str:
    # One row a label, in the order of the schema: the order that people see in the page.
    rows = (
        (
            _code(label.name),
            _code(label.hotkey or ""),
            label.definition,
            _join_lines(label.examples),
            _join_lines(label.near_misses),
        )
        for label in schema.labels
    )
    return "## Labels\n\nThe span is in [brackets].\n\n" + _markdown_table(
        ("label", "key", "is", "examples", "is not"), rows
    )


def _relations_section(relations: tuple[RelationType, ...]) -> str:
    if not relations:
        return ""
    rows = (
        (_code(relation.name), format_ends(relation), relation.definition, relation.example) for relation in relations
    )
    return "## Relations\n\n" + _markdown_table(("relation", "from -> to", "is", "example"), rows)


def _choices_section(choices: ChoiceSet) -> str:
    how = "Several answers at once are fine." if choices.multiple else "One answer."
    rows = ((_code(option.name), _code(option.hotkey or ""), option.definition) for option in choices.options)
    return f"## {escape_markdown_text(choices.question)}\n\n`{choices.name}`. {how}\n\n" + _markdown_table(
        ("answer", "key", "means"), rows
    )


def format_ends(relation: RelationType) -> str:
    """Which labels a relation joins, and which way: ``PERSON -> ROLE``."""
    # Without labels at its ends a relation joins any two spans with the same label.
    if not relation.head:
        return "any -> the same label" if not relation.symmetric else "any <-> the same label"
    # A symmetric relation may be drawn from either end.
    arrow = " <-> " if relation.symmetric else " -> "
    return arrow.join((", ".join(relation.head), ", ".join(relation.tail)))


def _code(name: str) -> str:
    """A name as code: between more backticks than it has in a row itself."""
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{name}{pad}{fence}" if name else ""


def _markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *(tuple(_markdown_cell(cell) for cell in row) for row in rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _join_lines(sentences: tuple[str, ...]) -> str:
    return "\n".join(sentences)


def _markdown_cell(text: str) -> str:
    return escape_markdown_text(text).replace("|", "\\|").replace("\n", "<br>")


def escape_markdown_text(text: str) -> str:
    """Escape what Markdown would take for markup, so that readers see what was written."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("](", "]\\(")
