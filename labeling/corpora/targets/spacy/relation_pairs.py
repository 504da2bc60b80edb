"""``Doc._.rel``: relations as a classifier trains on them, a view over the flat layer.

The layout is that of explosion's relation tutorial, so that its code reads ours: ``{(head start, tail start): {label:
1 or 0}}``, by the first tokens of two entities, where spaCy itself keeps an extension attribute. A 1 is a relation of
gold. A 0 is filled in for two entities whose starts are at most so many tokens apart, for each label that the schema
allows between them; other labels are impossible there and have no entry.

A relation with an end outside the flat layer has no place here, and its line in the ledger has the reason; all of them
are in ``doc.user_data["relations"]``.

Of two entities, Ana (PERSON, from token 0) and Chad (COUNTRY, from token 4), with the relation Ana FROM Chad and a
schema that allows FROM from a PERSON to a COUNTRY, the view is ``{(0, 4): {"FROM": 1}}``; without the relation the 1 is
a 0; with a distance of 3 it is empty.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from spacy.tokens import Doc

    from labeling.annotations import Gold, Relation
    from labeling.schema import Schema

# Where spaCy keeps what `doc._.rel` shows, once somebody calls `Doc.set_extension("rel", default={})`.
REL: Final = ("._.", "rel", None, None)

RelationPairs: TypeAlias = "dict[tuple[int, int], dict[str, int]]"


class RelationPairBuilder:
    """Builds the view, from the relations that a schema allows and the distance up to which a 0 is filled in."""

    def __init__(self, schema: Schema, distance: int) -> None:
        """Tabulate the schema; ``distance`` is in tokens, between the starts of two entities."""
        self._distance = distance
        self._symmetric = {kind.name for kind in schema.relations if kind.symmetric}
        # By label: what is 0 with each other label as the tail, and as the head. The dicts of zeros are shared by all
        # pairs of such labels and never changed: an article has a hundred of them.
        zeros = {(head, tail): _zeros(schema, head, tail) for head in schema.label_names for tail in schema.label_names}
        self._nothing = {
            label: (
                {other: zeros[label, other] for other in schema.label_names},
                {other: zeros[other, label] for other in schema.label_names},
            )
            for label in schema.label_names
        }

    def build(self, doc: Doc, gold: Gold) -> RelationPairs:
        """The view of one article.

        Where gold is not complete nothing is 0: nobody knows what else its annotators would have agreed on. A relation
        that its annotators were not asked for is not 0 either. A symmetric relation is a 1 in both directions.

        Args:
            doc: Its reference, with the flat layer in ``doc.ents``, each with the id of its span.
            gold: Its gold.
        """
        entities = [(ent.start, ent.label_, ent.ent_id_) for ent in doc.ents]
        pairs = self._zeros(entities, gold.unasked_relations) if gold.complete else {}
        starts = {name: start for start, _, name in entities}
        # In one order, whatever gold's is: the same relations are the same bytes.
        for relation in sorted(gold.relations, key=lambda each: (each.head, each.label, each.tail)):
            # An end that is not in the flat layer has no entity: the ledger names such a relation.
            if relation.head in starts and relation.tail in starts:
                head, tail = starts[relation.head], starts[relation.tail]
                both = [(head, tail), (tail, head)] if relation.label in self._symmetric else [(head, tail)]
                pairs.update({pair: {**pairs.get(pair, {}), relation.label: 1} for pair in both})
        return pairs

    def _zeros(self, entities: Sequence[tuple[int, str, str]], unasked: Collection[str]) -> RelationPairs:
        zeros: RelationPairs = {}
        for number, (start, label, _) in enumerate(entities, start=1):
            after, before = self._nothing[label]
            # Entities are in the order of the text, so that the first one too far away ends the search.
            for later, other, _ in islice(entities, number, None):
                if later - start > self._distance:
                    break
                if nothing := after.get(other):
                    zeros[start, later] = nothing
                if nothing := before.get(other):
                    zeros[later, start] = nothing
        if not unasked:
            return zeros
        known = {pair: {name: 0 for name in nothing if name not in unasked} for pair, nothing in zeros.items()}
        return {pair: nothing for pair, nothing in known.items() if nothing}


def _zeros(schema: Schema, head: str, tail: str) -> dict[str, int]:
    return {kind.name: 0 for kind in schema.relations if kind.allows(head, tail)}


def explain_omission(relation: Relation, left: Mapping[str, str]) -> str:
    """Why the view does not hold a relation: each end that is not in the flat layer; empty when it does.

    Args:
        relation: A relation of gold.
        left: Ids of the spans outside the flat layer, with the reason.
    """
    ends = [end for end in (relation.head, relation.tail) if end in left]
    reasons = [f"{end} is not in the flat layer: {left[end]}" for end in ends]
    return f"exact in user_data, not in Doc._.rel: {'; '.join(reasons)}" if reasons else ""
