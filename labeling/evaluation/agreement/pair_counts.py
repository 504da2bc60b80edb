"""How many spans two annotators have in common, by four rules; what F1 is made of.

For spans agreement is the F1 of two annotators: the same whoever comes first, and unlike kappa it needs no count of the
spans that nobody drew (Hripcsak and Rothschild, Agreement, the F-measure, and Reliability in Information Retrieval,
2005). The rules are those of `pair_spans`, and one more:

* ``exact``: start, end and label are the same.
* ``overlapping``: the label is, and a code point is shared.
* ``position``: start and end are the same, whatever the labels.
* ``label``: the label is the same, wherever in the article the spans are.

An example. Ana draws PERSON 0..9 and COUNTRY 18..26, Ben PERSON 0..4 and GOV_BODY 18..26. Of 2 and 2 spans, none is the
same (F1 0), one overlaps with the same label (2 x 1 / 4), one has the same position, and one the same label.

Over more than two annotators, F1 is that of all their pairs together: the sums of all pairs, divided once.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from labeling.annotations import LABEL_ITEM
from labeling.evaluation.matching import PAIRING_RULES, pair_spans
from labeling.evaluation.relations_and_choices import pair_choices, pair_relations
from labeling.evaluation.scores import count_paired, pair_article

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.evaluation.agreement.submitted import Marks, SubmittedArticle
    from labeling.evaluation.scores import GroupCounts, ScoredArticle
    from labeling.schema import Schema
    from labeling.workspace.rows.score import PairingRule

    # By rule of pairing: of spans, of relations, and of the options chosen.
    LayerCounts: TypeAlias = dict[str, GroupCounts]

SPAN_RULES = ("exact", "overlapping", "position", "label")
RELATION_RULES: tuple[PairingRule, ...] = ("exact", "overlapping")
# Names of further layers beside the rules for spans.
RELATIONS = "relations "
CHOICES = "choices"


class MarkedPlace(NamedTuple):
    """A span without all that does not count when spans are paired."""

    id: str
    start: int
    end: int
    label: str


def count_pairs(
    submitted: Iterable[SubmittedArticle], schema: Schema, names: Collection[str] | None = None
) -> dict[tuple[str, str], LayerCounts]:
    """What each two annotators have in common, by their names in order.

    Args:
        submitted: The articles; those that one annotator submitted count for nobody.
        schema: Names the relations and the choices.
        names: Count the pairs that one of these is in, each with one who is not; without it, all pairs.
    """
    found: dict[tuple[str, str], LayerCounts] = {}
    for each in submitted:
        for one, other in combinations(sorted(each.submissions), 2):
            if names is None or (one in names) != (other in names):
                counts = found.setdefault((one, other), {})
                silent = each.silence[one] | each.silence[other]
                count_marks(counts, each.leak_group, each.marks[one], each.marks[other], silent)
                count_layers(counts, each.compare(one, other), schema)
    return found


def sum_counts(counts: Iterable[LayerCounts]) -> LayerCounts:
    """The counts of several pairs together."""
    total: LayerCounts = {}
    for each in counts:
        for layer, groups in each.items():
            for group, labels in groups.items():
                held = total.setdefault(layer, {}).setdefault(group, {})
                for label, numbers in labels.items():
                    held[label] = [a + b for a, b in zip(held.get(label, (0, 0, 0)), numbers, strict=True)]
    return total


def count_marks(counts: LayerCounts, group: str, one: Marks, other: Marks, silent: Collection[str]) -> None:
    """Add the spans of one article, but for labels that one of both was not asked for."""
    exact, overlapping, position, alone = (counts.setdefault(rule, {}).setdefault(group, {}) for rule in SPAN_RULES)
    ours, theirs = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for label in sorted(one.keys() | other.keys()):
        if silent and LABEL_ITEM + label in silent:
            continue
        left, right = one.get(label, ()), other.get(label, ())
        same = len(left) if left == right else (Counter(left) & Counter(right)).total()
        near = same if left == right else _count_overlapping(label, left, right)
        for table, pairs in ((exact, same), (overlapping, near), (alone, min(len(left), len(right)))):
            _add_numbers(table, label, pairs, len(left), len(right))
        ours.update(left)
        theirs.update(right)
    # By position, labels may differ within a pair: there is nothing to list by label.
    _add_numbers(position, "", (ours & theirs).total(), ours.total(), theirs.total())


def count_layers(counts: LayerCounts, scored: ScoredArticle, schema: Schema) -> None:
    """Add the relations and choices of one article."""
    for rule in RELATION_RULES:
        _add_counts(counts, RELATIONS + rule, scored.leak_group)
        if scored.gold.relations or scored.prediction.relations:
            # Which of several equally good partners a span has must not depend on who comes first.
            turned = _is_turned(scored)
            paired = pair_relations(scored.turned if turned else scored, schema, rule)
            _add_counts(counts, RELATIONS + rule, scored.leak_group, count_paired([paired]), turned=turned)
    _add_counts(counts, CHOICES, scored.leak_group)
    if scored.gold.choices or scored.prediction.choices:
        paired = pair_choices(scored, schema)
        _add_counts(counts, CHOICES, scored.leak_group, count_paired([paired]))


def count_beside_gold(counts: LayerCounts, scored: ScoredArticle, schema: Schema) -> None:
    """Add the spans, relations and choices of one article beside its gold, which may leave stretches open."""
    for rule in PAIRING_RULES:
        _add_counts(counts, rule, scored.leak_group, count_paired([pair_article(scored, rule)]))
    count_layers(counts, scored, schema)


def _is_turned(scored: ScoredArticle) -> bool:
    if scored.turned is scored:
        return False
    one, other = (sorted((span.start, span.end, span.label) for span in each.spans) for each in scored.sides)
    return one > other


def _add_counts(
    counts: LayerCounts, layer: str, group: str, added: GroupCounts | None = None, *, turned: bool = False
) -> None:
    table = counts.setdefault(layer, {}).setdefault(group, {})
    for label, (pairs, gold, predicted) in (added or {}).get(group, {}).items():
        _add_numbers(table, label, pairs, *((predicted, gold) if turned else (gold, predicted)))


def _add_numbers(table: dict[str, list[int]], label: str, pairs: int, left: int, right: int) -> None:
    numbers = table.setdefault(label, [0, 0, 0])
    numbers[0] += pairs
    numbers[1] += left
    numbers[2] += right


def _count_overlapping(label: str, left: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]) -> int:
    if not left or not right:
        return 0
    ones, others = ([MarkedPlace("", *place, label) for place in side] for side in (left, right))
    return len(pair_spans(ones, others, "overlapping").pairs)
