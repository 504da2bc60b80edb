"""On which relations between spans of gold an article's annotators agree, and what to ask them of the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.open_conflicts import list_asked, make_conflict, make_disputed_rows
from labeling.annotations import RELATION_ITEM, GoldSpan, LedgerRow, Relation, relation_id
from labeling.ledger import make_ledger_rows
from labeling.workspace.rows.conflict import Conflict, Reading, SpanItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.adjudication.consensus import AgreedSpans, GoldNames
    from labeling.adjudication.open_conflicts import Silence
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema


@dataclass(frozen=True)
class AgreedRelations:
    """The relations all agree on, by ids of gold, the conflicts, and a ledger row for every relation."""

    gold: tuple[Relation, ...]
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]


def agree_on_relations(
    article: Article, submissions: Sequence[Annotation], spans: AgreedSpans, schema: Schema, silence: Silence
) -> AgreedRelations:
    """Relations of one label that every annotator draws between the same two spans of gold.

    Only those count who were asked for the relation, and have both spans. One with an end in an open conflict is open,
    too: nobody has decided against it.
    """
    rows: list[LedgerRow] = []
    links: defaultdict[tuple[str, str, str], list[tuple[str, Relation]]] = defaultdict(list)
    for one in submissions:
        for relation in one.relations:
            fault = _loose_end(one.annotator, relation, spans.names)
            if fault:
                rows += _loose_rows(article.id, one.annotator, relation, spans, fault)
            else:
                key = _relation_key(one.annotator, relation, spans.names, schema)
                links[key].append((one.annotator, relation))
    # What is left joins spans of gold, so that relations can be compared by them.
    gold, conflicts = [], []
    holders = {(annotator, span.id) for (annotator, _), span in spans.names.items()}
    for (head, label, tail), alike in sorted(links.items()):
        marked_by = {annotator for annotator, _ in alike}
        asked = list_asked(submissions, marked_by, silence, {RELATION_ITEM + label})
        # Who was not asked for the label of an end has no such span, and could not draw the relation.
        able = [name for name in asked if {(name, head), (name, tail)} <= holders]
        if len(marked_by) == len(able):
            gold.append(_relation_in_gold(*alike[0], spans.names))
            claims = [(annotator, relation_id(each)) for annotator, each in alike]
            rows += make_ledger_rows(article.id, "relation", claims)
        else:
            readings = [_relation_reading(annotator, each, spans.names, schema) for annotator, each in alike]
            involved = [one for one in submissions if one.annotator in able]
            conflicts.append(make_conflict(article, "relation", readings, involved))
    return AgreedRelations(tuple(gold), tuple(conflicts), (*rows, *make_disputed_rows("relation", conflicts)))


def _loose_rows(article: str, annotator: str, relation: Relation, spans: AgreedSpans, fault: str) -> list[LedgerRow]:
    """A relation without both its ends in gold waits for an end that is open; else it is decided against."""
    open_spans = {(row.annotator, row.id) for row in spans.rows if row.outcome == "open"}
    waits = not {(annotator, relation.head), (annotator, relation.tail)}.isdisjoint(open_spans)
    claim = annotator, relation_id(relation)
    return make_ledger_rows(article, "relation", [claim], fault, "open" if waits else "decided_against")


def _loose_end(annotator: str, relation: Relation, names: Mapping[tuple[str, str], GoldSpan]) -> str:
    """Why a relation cannot be carried over to gold; empty when it can."""
    head, tail = names.get((annotator, relation.head)), names.get((annotator, relation.tail))
    if head is None or tail is None:
        return f"its end {relation.head if head is None else relation.tail} is not in gold"
    return "both its ends are one span of gold" if head == tail else ""


def _relation_in_gold(annotator: str, relation: Relation, names: GoldNames) -> Relation:
    head, tail = names[annotator, relation.head], names[annotator, relation.tail]
    return Relation(head=head.id, tail=tail.id, label=relation.label)


def _relation_key(annotator: str, relation: Relation, names: GoldNames, schema: Schema) -> tuple[str, str, str]:
    """What two relations have in common that are the same: direction counts unless the type is symmetric."""
    joined = _relation_in_gold(annotator, relation, names)
    ends = (joined.head, joined.tail)
    head, tail = sorted(ends) if _is_symmetric(relation.label, schema) else ends
    return head, relation.label, tail


def _is_symmetric(label: str, schema: Schema) -> bool:
    kind = schema.relation(label)
    return kind is not None and kind.symmetric


def _relation_reading(annotator: str, relation: Relation, names: GoldNames, schema: Schema) -> Reading:
    ends = (names[annotator, relation.head], names[annotator, relation.tail])
    head, tail = (SpanItem(start=end.start, end=end.end, label=end.label) for end in ends)
    if _is_symmetric(relation.label, schema) and tail.key < head.key:
        head, tail = tail, head
    return Reading(
        annotator=annotator,
        id=relation_id(relation),
        start=min(head.start, tail.start),
        end=max(head.end, tail.end),
        label=relation.label,
        head=head,
        tail=tail,
    )
