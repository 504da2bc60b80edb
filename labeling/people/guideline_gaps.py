"""What the guidelines do not say yet: what adjudicators decided where they were silent, for their writers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.precedents import list_silent
from labeling.guidelines import escape_markdown_text
from labeling.workspace.rows.conflict import ChoiceItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.articles import Article
    from labeling.workspace.rows.conflict import Item
    from labeling.workspace.rows.decision_row import Decision

_CONTEXT = 100  # code points on either side


def render_gaps(decisions: Iterable[Decision], articles: Mapping[str, Article]) -> str:
    """A Markdown page with each such decision: words around it, what was in question, what stands; "" for none.

    Decisions that reprints inherited are left out, and so are those of texts that are not here any more.
    """
    silent = (each.decision for each in list_silent(decisions, articles))
    parts = [_describe_gap(each, articles[each.article]) for each in silent]
    return "\n".join(["# What the guidelines do not say yet\n", *parts]) if parts else ""


def _describe_gap(decision: Decision, article: Article) -> str:
    start, end = max(0, decision.start - _CONTEXT), decision.end + _CONTEXT
    # Of a question about the whole article its beginning is enough.
    words = article.text[: 2 * _CONTEXT] if decision.what in ("choice", "article") else article.text[start:end]
    lines = [
        f"## {escape_markdown_text(article.id)}, {decision.at[:10]}\n",
        f"> {escape_markdown_text(' '.join(words.split()))}\n",
        *(f"* in question: {escape_markdown_text(_describe_item(item, article))}" for item in decision.judged),
        *(f"* stands: {escape_markdown_text(_describe_item(item, article))}" for item in decision.accepted),
        *(() if decision.accepted else ("* nothing stands",)),
    ]
    return "\n".join([*lines, ""])


def _describe_item(item: Item, article: Article) -> str:
    if isinstance(item, SpanItem):
        return f"{item.label} on {article.text[item.start : item.end]!r}"
    if isinstance(item, ChoiceItem):
        return item.choice
    return f"{item.label} from {_describe_item(item.head, article)} to {_describe_item(item.tail, article)}"
