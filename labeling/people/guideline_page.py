"""The guidelines as one page of HTML, which needs nothing from elsewhere; dark where its reader's screen is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.guidelines import format_ends, render_conduct

if TYPE_CHECKING:
    from labeling.schema import Schema


def render_guideline_page(schema: Schema, title: str) -> str:
    """The page of a schema; every text of it is escaped.

    Args:
        schema: A checked schema.
        title: The project's name.

    Returns:
        HTML that ends with a newline; the same bytes for the same schema.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markdown_it import MarkdownIt

    environment = Environment(
        loader=PackageLoader("labeling.people"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Nobody but us writes this part: the words of a schema do not go through Markdown.
    conduct = MarkdownIt("commonmark", {"html": False}).enable("table").render(render_conduct(schema.unsure_hotkey))
    environment.filters["pieces"] = split_brackets
    environment.filters["ends"] = format_ends
    return environment.get_template("guidelines.html.j2").render(schema=schema, title=title, conduct=conduct)


def split_brackets(sentence: str) -> list[tuple[str, bool]]:
    """A sentence in pieces, each with whether it is in [brackets], which mark spans; brackets stay.

    >>> split_brackets("the [Norwegian] delegation")
    [('the ', False), ('[Norwegian]', True), (' delegation', False)]
    """
    pieces = list[tuple[str, bool]]()
    start, depth = 0, 0
    for at, sign in enumerate(sentence):
        if sign == "[":
            if depth == 0 and start < at:
                pieces.append((sentence[start:at], False))
                start = at
            depth += 1
        elif sign == "]" and depth:
            depth -= 1
            if depth == 0:
                pieces.append((sentence[start : at + 1], True))
                start = at + 1
    # A bracket without its other half marks nothing.
    return [*pieces, (sentence[start:], False)] if start < len(sentence) else pieces
