"""Decisions on one article, carried to those that have its words: what was decided once is not asked again.

A decision is inherited where all it judged and accepted stands, to the character, in words that the other article has
as well; with a word changed in one of its spans it is not the same question. An inherited decision settles what is in
dispute there, and nothing else. Options are about a whole article, and stay behind.
A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.reprints.overlap import count_shared
from labeling.reprints.projection import align_texts
from labeling.workspace.rows.conflict import Item, RelationItem, SpanItem, make_conflict_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.articles import Article
    from labeling.reprints.annotate_once import ReprintCorpus
    from labeling.reprints.projection import Alignment
    from labeling.workspace.rows.decision_row import Decision


def renew_inherited(
    decisions: Iterable[Decision], press: ReprintCorpus, implied: Iterable[Decision] = ()
) -> list[Decision]:
    """All decisions that were made, and what follows from them for the articles that share words, made anew.

    What was inherited before is left out: its decision may be gone, or the text another.

    Args:
        decisions: The rows as they are, inherited ones among them.
        press: The articles and what they share.
        implied: Further decisions to be inherited, which are no rows: what annotations of whole articles decide.

    Returns:
        Rows for ``decisions.jsonl``, in no order.
    """
    made = [each for each in decisions if not each.inherited_from]
    inherited: dict[tuple[object, ...], Decision] = {}
    for each in inherit_decisions([*made, *implied], press):
        # What is decided on a card and in the whole article, too, is one row.
        inherited.setdefault((each.article, each.conflict, each.by, each.at, each.inherited_from), each)
    return [*made, *inherited.values()]


def inherit_decisions(decisions: Iterable[Decision], press: ReprintCorpus) -> list[Decision]:
    """What the articles inherit that share words with those on which something was decided.

    It was decided on the fullest article that `Chad` is a COUNTRY, and not a GOV_BODY: so it is in its reprint, unless
    the words are others there.

    Args:
        decisions: Those that were made, on the texts of today.
        press: The articles and what they share.
    """
    by_source: defaultdict[str, list[Decision]] = defaultdict(list)
    for each in decisions:
        article = press.articles.get(each.article)
        if each.what in ("span", "relation") and article is not None and article.digest == each.digest:
            by_source[each.article].append(each)
    shared = count_shared(press.passages, by_source.keys(), press.articles.keys())
    found: list[Decision] = []
    for source in sorted(shared):
        text = press.articles[source].text
        for name in sorted(shared[source]):
            target = press.articles[name]
            alignment = align_texts(text, target.text, press.run_between(source, name))
            images = (_project_decision(each, target, alignment) for each in by_source[source])
            found += (image for image in images if image is not None)
    return found


def _project_decision(decision: Decision, target: Article, alignment: Alignment) -> Decision | None:
    judged = [_project_item(item, alignment) for item in decision.judged]
    accepted = [_project_item(item, alignment) for item in decision.accepted]
    whole = [item for item in (*judged, *accepted) if item is not None]
    if len(whole) < len(judged) + len(accepted):
        return None
    spans = [span for item in whole for span in _item_spans(item)]
    fields = {
        "conflict": make_conflict_id(target.id, target.digest, decision.what, whole[: len(judged)]),
        "article": target.id,
        "digest": target.digest,
        "start": min(span.start for span in spans),
        "end": max(span.end for span in spans),
        "judged": tuple(whole[: len(judged)]),
        "accepted": tuple(whole[len(judged) :]),
        "inherited_from": decision.article,
        # Neither asked about there, nor on a card of its own.
        "beside": (),
        "task": None,
        "server_id": None,
    }
    return decision.model_copy(update=fields)


def _project_item(item: Item, alignment: Alignment) -> Item | None:
    if isinstance(item, SpanItem):
        image = alignment.image(item.start, item.end)
        return SpanItem(start=image[0], end=image[1], label=item.label) if image else None
    if isinstance(item, RelationItem):
        head, tail = _project_item(item.head, alignment), _project_item(item.tail, alignment)
        if isinstance(head, SpanItem) and isinstance(tail, SpanItem):
            return RelationItem(head=head, label=item.label, tail=tail)
    return None


def _item_spans(item: Item) -> tuple[SpanItem, ...]:
    if isinstance(item, RelationItem):
        return item.head, item.tail
    return (item,) if isinstance(item, SpanItem) else ()
