"""Properties of decisions, over articles, annotations and decisions drawn at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import made
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.adjudication.gold import AdjudicationOutcome, AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict, versions_of
from labeling.annotations import Annotation, Gold, Relation, Span
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.workspace.asking import Asking
from labeling.workspace.rows.conflict import ChoiceItem, Conflict, Item, RelationItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from labeling.workspace.rows.decision_row import Decision

TEXT = "ab cd ef gh."
ARTICLES = {name: made.article(name, TEXT + name) for name in "xy"}
LABELS = ("PLACE", "STATE")
SCHEMA = Schema(
    labels=tuple(
        Label(name=name, definition="It.", examples=("a",), color=f"#00000{at}") for at, name in enumerate(LABELS)
    ),
    relations=(
        RelationType(name="MEETS", definition=".", example="-", head=LABELS, tail=LABELS),
        RelationType(name="NEAR", definition=".", example="-", head=LABELS, tail=LABELS, symmetric=True),
    ),
    choices=(
        ChoiceSet(
            name="event", question="?", multiple=True, options=tuple(Option(name=n, definition=".") for n in "ABC")
        ),
        ChoiceSet(name="tone", question="?", options=tuple(Option(name=n, definition=".") for n in "ABC")),
    ),
)
RULES = AdjudicationRules(SCHEMA, [], Asking(SCHEMA))

PLACES = st.tuples(st.integers(0, 11), st.integers(1, 5), st.sampled_from(LABELS)).map(
    lambda drawn: (drawn[0], min(drawn[0] + drawn[1], len(TEXT)), drawn[2])
)


@st.composite
def annotations_on(draw: st.DrawFn, article: str, annotator: str) -> Annotation:
    """What one annotator submitted on one article."""
    places = draw(st.lists(PLACES, max_size=4, unique=True))
    spans = tuple(Span(id=f"{annotator}{at}", start=p[0], end=p[1], label=p[2]) for at, p in enumerate(places))
    ends = st.sampled_from([span.id for span in spans]) if len(spans) > 1 else st.nothing()
    pairs = st.tuples(ends, st.sampled_from(("MEETS", "NEAR")), ends).filter(lambda link: link[0] != link[2])
    links = draw(st.lists(pairs, max_size=2, unique=True)) if len(spans) > 1 else []
    event, tone = draw(st.sets(st.sampled_from("ABC"))), draw(st.sets(st.sampled_from("ABC"), max_size=1))
    return Annotation(
        article=article,
        digest=ARTICLES[article].digest,
        annotator=annotator,
        spans=spans,
        relations=tuple(Relation(head=head, label=name, tail=tail) for head, name, tail in links),
        choices={name: tuple(sorted(chosen)) for name, chosen in (("event", event), ("tone", tone)) if chosen},
    )


SUBMISSIONS = st.tuples(*(annotations_on(name, who) for name in "xy" for who in ("ana", "ben", "cyd"))).map(list)


@st.composite
def rulings_of(draw: st.DrawFn, conflicts: Sequence[Conflict], hour: int = 10) -> list[Decision]:
    """A decision of each conflict: one of the versions, all of them, nothing, or what nobody has drawn."""
    return [
        decide_conflict(each, draw(st.sampled_from(list_answers(each))), "lead", f"2026-11-23T{hour}:00:00Z")
        for each in conflicts
    ]


def list_answers(conflict: Conflict) -> list[tuple[Item, ...]]:
    """What an adjudicator may answer."""
    versions = versions_of(conflict)
    if conflict.what == "choice":
        # A question that takes one answer has one version at most that stands.
        return [(), *(version for version in versions if len(version) == 1)]
    drawn: tuple[Item, ...] = (SpanItem(start=conflict.start, end=conflict.end, label="STATE"),)
    everything = tuple(item for version in versions for item in version)
    return [(), *versions, everything, *([drawn] if conflict.what == "span" else [])]


def decide(annotations: Iterable[Annotation], decisions: Sequence[Decision] = ()) -> AdjudicationOutcome:
    """Adjudicate all articles."""
    return reconcile_annotations(annotations, [], ARTICLES, replace(RULES, decisions=decisions))


def settle(annotations: Sequence[Annotation], data: st.DataObject) -> tuple[AdjudicationOutcome, list[Decision]]:
    """Decide everything: spans and choices first, then the relations between what stands."""
    decisions: list[Decision] = []
    for hour in (10, 11):
        decisions += data.draw(rulings_of(decide(annotations, decisions).conflicts, hour))
    return decide(annotations, decisions), decisions


def items_in(gold: Gold) -> set[Item]:
    """What stands in gold."""
    spans = {span.id: SpanItem(start=span.start, end=span.end, label=span.label) for span in gold.spans}
    links = set[Item]()
    for each in gold.relations:
        head, tail = spans[each.head], spans[each.tail]
        if each.label == "NEAR" and tail.key < head.key:
            head, tail = tail, head
        links.add(RelationItem(head=head, label=each.label, tail=tail))
    chosen = {ChoiceItem(choice=f"{name}={option}") for name, options in gold.choices.items() for option in options}
    return {*spans.values(), *links, *chosen}


def ids(conflicts: Iterable[Conflict], *kinds: str) -> set[str]:
    """The ids of the conflicts of some kinds."""
    return {each.id for each in conflicts if each.what in kinds}


@settings(max_examples=40)
@given(SUBMISSIONS, st.data())
def test_what_is_decided_holds(annotations: list[Annotation], data: st.DataObject) -> None:
    """No conflict is left, what was accepted last stands, what was only judged does not, and articles are complete."""
    found, decisions = settle(annotations, data)

    assert found.conflicts == ()
    gold = {each.article: items_in(each) for each in found.gold}
    for each in decisions:
        assert {*each.accepted} <= gold[each.article]
        assert gold[each.article].isdisjoint({*each.judged} - {*each.accepted} - _accepted(decisions, each.article))
    assert all(each.complete and not each.open and not each.open_choices for each in found.gold)


def _accepted(decisions: Iterable[Decision], article: str) -> set[Item]:
    """All that was accepted on an article."""
    return {item for each in decisions if each.article == article for item in each.accepted}


@settings(max_examples=40)
@given(SUBMISSIONS, st.data(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(annotations: list[Annotation], data: st.DataObject, chance: Random) -> None:
    """Annotations and decisions in any order, once more or twice: the same gold, conflicts and ledger."""
    found, decisions = settle(annotations, data)
    shuffled = [*annotations]
    chance.shuffle(shuffled)
    chance.shuffle(decisions)

    assert decide(shuffled, decisions) == found
    assert decide(annotations, [*decisions, *decisions]).gold == found.gold


@settings(max_examples=40)
@given(SUBMISSIONS, st.data())
def test_a_decision_closes_its_own_conflict_alone(annotations: list[Annotation], data: st.DataObject) -> None:
    """The others stay as they are, none comes back, and whatever is not of this article is the same to the byte."""
    before = decide(annotations).conflicts
    for each in data.draw(rulings_of(before)):
        after = decide(annotations, [each])
        assert ids(after.conflicts, "span", "choice") == ids(before, "span", "choice") - {each.conflict}
        if each.what != "span":
            assert ids(after.conflicts, "relation") == ids(before, "relation") - {each.conflict}


@settings(max_examples=40)
@given(SUBMISSIONS, st.data())
def test_a_later_annotation_touches_its_article_alone(annotations: list[Annotation], data: st.DataObject) -> None:
    """Somebody submits anew: gold of all other articles is the same to the byte, and decisions on this one hold."""
    before, decisions = settle(annotations, data)
    anew = data.draw(annotations_on("x", "ben")).model_copy(update={"updated": "2026-11-24T09:00:00Z"})

    after = decide([*annotations, anew], decisions)

    was, now = ({each.article: each.model_dump_json() for each in found.gold} for found in (before, after))
    assert {name: line for name, line in now.items() if name != "x"} == {
        name: line for name, line in was.items() if name != "x"
    }
    spans = {item for each in after.gold if each.article == "x" for item in items_in(each)}
    decided = [each for each in decisions if each.article == "x" and each.what != "relation"]
    assert _accepted(decided, "x") <= spans
    judged = {item for each in decided for item in each.judged} - _accepted(decided, "x")
    assert spans.isdisjoint(judged)
    assert all({*each.items}.isdisjoint(judged | _accepted(decided, "x")) for each in after.conflicts)


@settings(max_examples=40)
@given(SUBMISSIONS, st.data())
def test_every_thing_has_one_row(annotations: list[Annotation], data: st.DataObject) -> None:
    """Whatever annotators drew, and what only the adjudicator did: one outcome each, and nothing is open at the end."""
    found, _ = settle(annotations, data)

    drawn = Counter(
        (one.annotator, name)
        for one in annotations
        for name in (
            *(span.id for span in one.spans),
            *(f"{each.head} {each.label} {each.tail}" for each in one.relations),
            *(f"{name}={option}" for name, options in one.choices.items() for option in options),
        )
    )
    rows = Counter((row.annotator, row.id) for row in found.ledger)
    more = rows - drawn
    assert drawn - rows == Counter()
    assert {annotator for annotator, _ in more} <= {"lead"}
    assert not [row for row in found.ledger if row.outcome == "open"]


@given(annotations_on("x", "ana"))
def test_identical_annotations_need_no_decision(annotation: Annotation) -> None:
    """However many say the same, nothing is in dispute."""
    others = [annotation.model_copy(update={"annotator": name}) for name in ("ben", "cyd")]

    assert decide([annotation, *others]).conflicts == ()
