"""What becomes of the spans of one article, place by place: those that stand, and a ledger row for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import ADJUDICATED, GoldSpan, LedgerRow
from labeling.ledger import make_ledger_rows
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.conflict import Reading, SpanItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from labeling.adjudication.rulings import Ruling
    from labeling.annotations import Span
    from labeling.articles import Article
    from labeling.ledger import Thing

GoldNames: TypeAlias = dict[tuple[str, str], GoldSpan]
"""The span of gold that an annotator's span (annotator, id) became."""

_NAME_SIGNS = 10  # as many as Label Studio's own


@dataclass(frozen=True)
class DrawnSpan:
    """A span as one annotator drew it, and where it lies after trimming."""

    annotator: str
    span: Span
    start: int
    end: int

    @property
    def reading(self) -> Reading:
        """As a conflict has it."""
        return Reading(annotator=self.annotator, id=self.span.id, start=self.start, end=self.end, label=self.span.label)

    @property
    def before(self) -> tuple[int, int] | None:
        """The offsets before trimming; None where it moved nothing."""
        drawn = (self.span.start, self.span.end)
        return None if drawn == (self.start, self.end) else drawn


@dataclass
class SpanFindings:
    """The spans that stand so far, which span of gold each drawn one became, and the ledger rows.

    ``added`` are the things that only an adjudicator drew.
    """

    article: Article
    gold: list[GoldSpan] = field(default_factory=list)
    names: GoldNames = field(default_factory=dict)
    rows: list[LedgerRow] = field(default_factory=list)
    added: list[Thing] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def agree(self, alike: Sequence[DrawnSpan], everyone: Sequence[str]) -> None:
        """All who were asked drew these: they are one span of gold."""
        rule = "unanimous" if len(everyone) > 1 else "only annotator"
        self._stand(alike, rule, tuple(everyone))

    def follow(self, alike: Sequence[DrawnSpan], ruling: Ruling) -> None:
        """An adjudicator decided on these."""
        if ruling.accepted:
            self._stand(alike, ADJUDICATED, (ruling.by,), ruling)
        else:
            self.reject(alike, ruling.reason)

    def add(self, item: SpanItem, ruling: Ruling) -> None:
        """Nobody but the adjudicator drew this one."""
        name = self._take_name("", item)
        self.gold.append(GoldSpan(id=name, **item.model_dump(), rule=ADJUDICATED, by=(ruling.by,)))
        self.rows += make_ledger_rows(self.article.id, "span", [(ruling.by, name)], why=ruling.reason)
        self.added.append((self.article.id, ruling.by, "span", name))

    def reject(self, alike: Sequence[DrawnSpan], reason: str) -> None:
        """These do not stand."""
        self.rows += make_ledger_rows(self.article.id, "span", _claims(alike), reason)

    def _stand(self, alike: Sequence[DrawnSpan], rule: str, by: tuple[str, ...], ruling: Ruling | None = None) -> None:
        first = alike[0]
        item = SpanItem(start=first.start, end=first.end, label=first.span.label)
        span = GoldSpan(
            id=self._take_name(first.span.id, item),
            start=first.start,
            end=first.end,
            label=first.span.label,
            unsure=any(each.span.unsure for each in alike),
            rule=rule,
            by=by,
            drawn=first.before,
            inherited_from=ruling.source if ruling else "",
        )
        self.gold.append(span)
        self.names |= dict.fromkeys(_claims(alike), span)
        self.rows += make_ledger_rows(self.article.id, "span", _claims(alike), why=ruling.reason if ruling else "")

    def _take_name(self, wanted: str, item: SpanItem) -> str:
        """The id of a span of gold: the drawn one's, unless another has it, as of two who moved one suggestion."""
        name = wanted
        if not name or name in self._taken:
            told: JsonValue = [self.article.id, item.start, item.end, item.label]
            name = digest_of(canonical_json(told))[:_NAME_SIGNS]
        self._taken.add(name)
        return name


def item_of_span(span: GoldSpan) -> SpanItem:
    """A span of gold without who said so."""
    return SpanItem(start=span.start, end=span.end, label=span.label)


def _claims(alike: Sequence[DrawnSpan]) -> list[tuple[str, str]]:
    return [(each.annotator, each.span.id) for each in alike]
