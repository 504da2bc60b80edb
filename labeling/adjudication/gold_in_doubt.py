"""Gold in doubt as a question to an adjudicator: what gold has there, or what speaks against it. Pure.

A question is current while gold has the same of what it asks about. Then its answer is a decision like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.span_findings import item_of_span
from labeling.adjudication.trimming import trim
from labeling.annotations import ADJUDICATED, overlaps
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.rows.conflict import Conflict, Item, Reading, SpanItem, sort_items
from labeling.workspace.rows.doubt import DoubtKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydantic import JsonValue

    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.workspace.rows.conflict import ConflictKind
    from labeling.workspace.rows.decision_row import Decision
    from labeling.workspace.rows.doubt import Doubt

_ID_SIGNS = 12  # as many as a conflict's id has
_GOLD = "gold"  # whose reading it is that gold has


class AskedDoubt(Frozen):
    """A doubt as it is asked: what gold has there (``standing``), and what it may have instead, each for itself.

    Nothing stands where a span may be missing, and nothing is proposed where one may be too many.
    """

    article: str
    digest: str
    kind: DoubtKind
    why: str
    standing: tuple[SpanItem, ...] = ()
    proposed: tuple[SpanItem, ...] = ()

    @property
    def items(self) -> tuple[SpanItem, ...]:
        """All that is judged, each once, in the order of the text."""
        return tuple(sorted({*self.standing, *self.proposed}, key=lambda item: item.key))

    @property
    def id(self) -> str:
        """The same for the same question, whatever speaks against gold; no conflict has it."""
        told: list[JsonValue] = [
            [item.model_dump(mode="json") for item in items] for items in (self.standing, self.proposed)
        ]
        return digest_of(canonical_json([self.article, self.digest, "doubt", told]))[:_ID_SIGNS]


class GoldInDoubt(Conflict):
    """A question about gold: its first version is what gold has, the others are what may stand instead."""

    asked: AskedDoubt

    @property
    def in_gold(self) -> tuple[Item, ...]:
        """What gold has there."""
        return self.asked.standing


def ask_doubt(doubt: Doubt, article: Article, gold: Gold, trimming: Collection[TrimRule]) -> AskedDoubt | None:
    """The question that a doubt raises; None where gold has not what is doubted, or has what is proposed already.

    Gold has PERSON 0..9, and 0..4 is said to be missing as a PERSON: then 0..9 stands, and 0..4 is proposed.

    Args:
        doubt: About gold of today.
        article: Its article.
        gold: What gold has there.
        trimming: The rules that trim spans: what is proposed is trimmed as well.
    """
    spans = {item_of_span(span) for span in gold.spans}
    places = [(doubt.start, doubt.end, doubt.instead)] if doubt.instead else []
    if doubt.ends:
        places.append((*doubt.ends, doubt.label or doubt.instead))
    trimmed = ((*trim(article.text, start, end, trimming), label) for start, end, label in places)
    proposed = {SpanItem(start=start, end=end, label=label) for start, end, label in trimmed if start < end} - spans
    if doubt.label:
        standing = {SpanItem(start=doubt.start, end=doubt.end, label=doubt.label)}
    else:
        standing = {span for span in spans if any(_may_be_meant(span, each) for each in proposed)}
    if not standing <= spans or not (standing or proposed) or doubt.digest != article.digest:
        return None
    return AskedDoubt(
        article=article.id,
        digest=article.digest,
        kind=doubt.kind,
        why=doubt.why,
        standing=_in_order(standing),
        proposed=_in_order(proposed),
    )


def pose_doubt(
    asked: AskedDoubt, article: Article | None, gold: Gold | None, labels: Collection[str]
) -> GoldInDoubt | None:
    """The question as it is put today; None where it is outdated.

    That is: the text is another one, the article was ruled out, gold has something else of what is judged than it had,
    annotators differ on that stretch, or a label is gone.

    Args:
        asked: What was asked.
        article: Its article, as it is today.
        gold: What gold has of it, without the answer to this question.
        labels: Those of today's schema.
    """
    items = asked.items
    if article is None or gold is None or not gold.usable or not items:
        return None
    start, end = min(item.start for item in items), max(item.end for item in items)
    spans = {item_of_span(span): span.rule for span in gold.spans}
    is_sound = {article.digest, gold.digest} == {asked.digest} and 0 <= start < end <= len(article.text)
    is_same = {item for item in items if item in spans} == {*asked.standing}
    is_open = any(overlaps(start, end, *each) for each in gold.open)
    if not (is_sound and is_same) or is_open or any(item.label not in labels for item in items):
        return None
    beside = [item for item in spans if item not in items and overlaps(item.start, item.end, start, end)]
    return GoldInDoubt(
        id=asked.id,
        article=article.id,
        digest=article.digest,
        kind=_find_kind(asked),
        start=start,
        end=end,
        readings=(
            *(_read(_GOLD, item) for item in asked.standing),
            *(_read(f"{number}", item) for number, item in enumerate(asked.proposed)),
        ),
        decided=tuple(item for item in asked.standing if spans[item] == ADJUDICATED),
        beside=sort_items(beside),
        asked=asked,
    )


def collect_verdicts(decisions: Iterable[Decision]) -> dict[tuple[str, str], dict[Item, bool]]:
    """What was decided last of each item, by article and digest of its text; what is inherited does not count."""
    verdicts: dict[tuple[str, str], dict[Item, bool]] = {}
    for each in sorted(decisions, key=lambda each: (each.at, each.conflict)):
        if not each.inherited_from:
            known = verdicts.setdefault((each.article, each.digest), {})
            known |= {**dict.fromkeys(each.judged, False), **dict.fromkeys(each.accepted, True)}
    return verdicts


def is_settled_doubt(asked: AskedDoubt, verdicts: Mapping[tuple[str, str], Mapping[Item, bool]]) -> bool:
    """Whether an adjudicator has decided on all that it asks about, and gold is as that was decided."""
    known = verdicts.get((asked.article, asked.digest), {})
    return all(known.get(item) is (item in asked.standing) for item in asked.items)


def _may_be_meant(span: SpanItem, proposed: SpanItem) -> bool:
    """Whether a span may be what is proposed, with an end that is wrong."""
    return span.label == proposed.label and overlaps(span.start, span.end, proposed.start, proposed.end)


def _in_order(items: Iterable[SpanItem]) -> tuple[SpanItem, ...]:
    return tuple(sorted(items, key=lambda item: item.key))


def _find_kind(asked: AskedDoubt) -> ConflictKind:
    if not asked.standing or not asked.proposed:
        return "missed"
    return "label" if len({(item.start, item.end) for item in asked.items}) == 1 else "boundary"


def _read(reader: str, item: SpanItem) -> Reading:
    return Reading(annotator=reader, id=reader, start=item.start, end=item.end, label=item.label)
