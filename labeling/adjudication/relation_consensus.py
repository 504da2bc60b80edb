"""On which relations between spans of gold an article's annotators agree, and what to ask them of the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.adjudication.open_conflicts import list_asked, make_conflict, make_disputed_rows
from labeling.adjudication.rulings import NOTHING_DECIDED, make_relation_item
from labeling.adjudication.span_findings import item_of_span
from labeling.annotations import RELATION_ITEM, LedgerRow, Relation, relation_id
from labeling.ledger import make_ledger_rows
from labeling.workspace.rows.conflict import Conflict, Reading, RelationItem, SpanItem, sort_items

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from labeling.adjudication.consensus import AgreedSpans
    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.rulings import Ruling, Rulings
    from labeling.adjudication.span_findings import GoldNames
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema


@dataclass(frozen=True)
class AgreedRelations:
    """The relations that stand, by ids of gold, the conflicts, and a ledger row for every relation.

    ``added`` are the things that only an adjudicator drew.
    """

    gold: tuple[Relation, ...]
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]
    added: tuple[Thing, ...] = ()


@dataclass(frozen=True)
class _Link:
    """One relation between two spans of gold, and who drew it."""

    item: RelationItem
    alike: tuple[tuple[str, Relation], ...]
    relation: Relation

    @property
    def claims(self) -> list[tuple[str, str]]:
        return [(annotator, relation_id(each)) for annotator, each in self.alike]


@dataclass
class _RelationFindings:
    """What becomes of relations, one after the other: those that stand by everybody's and by an adjudicator's word."""

    article: Article
    agreed: list[_Link] = field(default_factory=list)
    decided: list[_Link] = field(default_factory=list)
    disputed: list[tuple[_Link, list[str]]] = field(default_factory=list)
    gold: list[Relation] = field(default_factory=list)
    rows: list[LedgerRow] = field(default_factory=list)
    added: list[Thing] = field(default_factory=list)

    def agree(self, link: _Link) -> None:
        self.agreed.append(link)
        self.gold.append(link.relation)
        self.rows += make_ledger_rows(self.article.id, "relation", link.claims)

    def follow(self, link: _Link, ruling: Ruling) -> None:
        if not ruling.accepted:
            self.rows += make_ledger_rows(self.article.id, "relation", link.claims, ruling.reason)
            return
        self.decided.append(link)
        self.gold.append(link.relation)
        claims = link.claims or [(ruling.by, relation_id(link.relation))]
        self.rows += make_ledger_rows(self.article.id, "relation", claims, why=ruling.reason)
        if not link.alike:
            self.added.append((self.article.id, ruling.by, "relation", relation_id(link.relation)))


def agree_on_relations(
    article: Article,
    submissions: Sequence[Annotation],
    spans: AgreedSpans,
    schema: Schema,
    silence: Silence,
    rulings: Rulings = NOTHING_DECIDED,
) -> AgreedRelations:
    """Relations of one label that every annotator draws between the same two spans of gold, or an adjudicator accepts.

    Only those count who were asked for the relation, and have both spans. One with an end in an open conflict is open,
    too: nobody has decided against it.
    """
    found = _RelationFindings(article)
    holders = {(annotator, span.id) for (annotator, _), span in spans.names.items()}
    links = _group_links(submissions, spans, schema, found)
    for link in links:
        marked_by = {annotator for annotator, _ in link.alike}
        asked = list_asked(submissions, marked_by, silence, {RELATION_ITEM + link.item.label})
        # Who was not asked for the label of an end has no such span, and could not draw the relation.
        ends = link.relation.head, link.relation.tail
        able = [name for name in asked if {(name, end) for end in ends} <= holders]
        is_agreed = len(marked_by) == len(able)
        ruling = rulings.find(link.item, is_agreed=is_agreed)
        if ruling:
            found.follow(link, ruling)
        elif is_agreed:
            found.agree(link)
        else:
            found.disputed.append((link, able))
    _add_accepted(found, {link.item for link in links}, spans, schema, rulings)
    conflicts = _list_conflicts(found, submissions)
    rows = (*found.rows, *make_disputed_rows("relation", conflicts))
    return AgreedRelations(tuple(found.gold), conflicts, rows, tuple(found.added))


def _group_links(
    submissions: Sequence[Annotation], spans: AgreedSpans, schema: Schema, found: _RelationFindings
) -> list[_Link]:
    """The relations between spans of gold, those that are the same as one; the others get their rows."""
    links: defaultdict[tuple[str, str, str], list[tuple[str, Relation]]] = defaultdict(list)
    for one in submissions:
        for relation in one.relations:
            fault = _loose_end(one.annotator, relation, spans.names)
            if fault:
                found.rows += _loose_rows(found.article.id, one.annotator, relation, spans, fault)
            else:
                key = _relation_key(one.annotator, relation, spans.names, schema)
                links[key].append((one.annotator, relation))
    return [_make_link(alike, spans.names, schema) for _, alike in sorted(links.items())]


def _make_link(alike: Sequence[tuple[str, Relation]], names: GoldNames, schema: Schema) -> _Link:
    annotator, first = alike[0]
    head, tail = names[annotator, first.head], names[annotator, first.tail]
    item = make_relation_item(item_of_span(head), first.label, item_of_span(tail), schema)
    return _Link(item, tuple(alike), Relation(head=head.id, tail=tail.id, label=first.label))


def _add_accepted(
    found: _RelationFindings, drawn: Collection[RelationItem], spans: AgreedSpans, schema: Schema, rulings: Rulings
) -> None:
    """The relations that nobody but an adjudicator drew, as far as both their ends stand."""
    accepted = [(item, ruling) for item, ruling in rulings.list_accepted(RelationItem) if item not in drawn]
    ids = {item_of_span(span): span.id for span in spans.gold} if accepted else {}
    for item, ruling in accepted:
        kind = schema.relation(item.label)
        head, tail = item.head, item.tail
        # The order of the text is not always one that the schema allows.
        if kind and not kind.allows(head.label, tail.label):
            head, tail = tail, head
        if head in ids and tail in ids:
            found.follow(_Link(item, (), Relation(head=ids[head], tail=ids[tail], label=item.label)), ruling)


def _list_conflicts(found: _RelationFindings, submissions: Sequence[Annotation]) -> tuple[Conflict, ...]:
    decided, agreed = _group_by_ends(found.decided), _group_by_ends(found.agreed)
    conflicts = []
    for link, able in found.disputed:
        readings = [_relation_reading(annotator, each, link.item) for annotator, each in link.alike]
        involved = [one for one in submissions if one.annotator in able]
        ends = frozenset({link.item.head, link.item.tail})
        beside = sort_items(agreed.get(ends, ()))
        conflict = make_conflict(
            found.article, "relation", readings, involved, decided=sort_items(decided.get(ends, ())), beside=beside
        )
        conflicts.append(conflict)
    return tuple(conflicts)


def _group_by_ends(links: Sequence[_Link]) -> dict[frozenset[SpanItem], list[RelationItem]]:
    groups: defaultdict[frozenset[SpanItem], list[RelationItem]] = defaultdict(list)
    for link in links:
        groups[frozenset({link.item.head, link.item.tail})].append(link.item)
    return groups


def _loose_rows(article: str, annotator: str, relation: Relation, spans: AgreedSpans, fault: str) -> list[LedgerRow]:
    """A relation without both its ends in gold waits for an end that is open; else it is decided against."""
    open_spans = {(row.annotator, row.id) for row in spans.rows if row.outcome == "open"}
    waits = not {(annotator, relation.head), (annotator, relation.tail)}.isdisjoint(open_spans)
    claim = annotator, relation_id(relation)
    return make_ledger_rows(article, "relation", [claim], fault, "open" if waits else "decided_against")


def _loose_end(annotator: str, relation: Relation, names: GoldNames) -> str:
    """Why a relation cannot be carried over to gold; empty when it can."""
    head, tail = names.get((annotator, relation.head)), names.get((annotator, relation.tail))
    if head is None or tail is None:
        return f"its end {relation.head if head is None else relation.tail} is not in gold"
    return "both its ends are one span of gold" if head == tail else ""


def _relation_key(annotator: str, relation: Relation, names: GoldNames, schema: Schema) -> tuple[str, str, str]:
    """What two relations have in common that are the same: direction counts unless the type is symmetric."""
    ends = (names[annotator, relation.head].id, names[annotator, relation.tail].id)
    kind = schema.relation(relation.label)
    head, tail = sorted(ends) if kind and kind.symmetric else ends
    return head, relation.label, tail


def _relation_reading(annotator: str, relation: Relation, item: RelationItem) -> Reading:
    return Reading(
        annotator=annotator,
        id=relation_id(relation),
        start=min(item.head.start, item.tail.start),
        end=max(item.head.end, item.tail.end),
        label=relation.label,
        head=item.head,
        tail=item.tail,
    )
