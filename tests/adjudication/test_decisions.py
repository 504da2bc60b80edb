"""What an adjudicator decided stands, whoever says what since, and until an adjudicator decides otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import made
import pytest

from labeling.adjudication.gold import AdjudicationOutcome, AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import Annotation, Gold, Relation, Span
from labeling.ledger import sum_ledger
from labeling.schema import ChoiceSet, Label, Migrations, Option, RelationType, Schema
from labeling.workspace.asking import Asking
from labeling.workspace.rows.asked_item import AskedItem
from labeling.workspace.rows.conflict import ChoiceItem, Conflict, Item, RelationItem, SpanItem, make_conflict_id
from labeling.workspace.rows.decision_row import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.adjudication.trimming import TrimRule

TEXT = "Delhi met Male, and Paris met Rome."
ARTICLE = made.article("a", TEXT)
NOON, LATER = "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"


def label(name: str, number: int) -> Label:
    """A label of the test's schema."""
    return Label(name=name, definition="It.", examples=("Delhi",), color=f"#00000{number}")


SCHEMA = Schema(
    labels=(label("PLACE", 1), label("STATE", 2)),
    relations=(
        RelationType(name="SAME_AS", definition="One thing.", example="-", symmetric=True),
        RelationType(name="MEETS", definition="They meet.", example="-", head=("PLACE",), tail=("PLACE",)),
    ),
    choices=(
        ChoiceSet(
            name="event",
            question="What?",
            multiple=True,
            options=tuple(Option(name=name, definition=".") for name in ("AID", "CONSULT", "YIELD")),
        ),
        ChoiceSet(
            name="tone", question="How?", options=tuple(Option(name=name, definition=".") for name in ("A", "B", "C"))
        ),
        ChoiceSet(
            name="usable", question="?", options=tuple(Option(name=name, definition=".") for name in ("yes", "no"))
        ),
    ),
)
RULES = AdjudicationRules(SCHEMA, [], Asking(SCHEMA))
LEAD_DECIDES = replace(RULES, is_adjudicator=lambda one: one.annotator == "lead")


def place(start: int, end: int, label: str = "PLACE") -> SpanItem:
    """An item of the text."""
    return SpanItem(start=start, end=end, label=label)


DELHI, DELHI_MET, MET, MALE, PARIS, ROME = (place(*p) for p in ((0, 5), (0, 9), (6, 9), (10, 14), (20, 25), (30, 34)))
DELHI_STATE = place(0, 5, "STATE")


def said(annotator: str, *items: SpanItem, relations: Iterable[Relation] = (), **choices: Sequence[str]) -> Annotation:
    """What somebody submitted on the article; a span's id is its author's first letter and its place."""
    return Annotation(
        article="a",
        digest=ARTICLE.digest,
        annotator=annotator,
        spans=tuple(Span(id=f"{annotator[0]}{i.start}-{i.end}{i.label[0]}", **i.model_dump()) for i in items),
        relations=tuple(relations),
        choices={name: tuple(chosen) for name, chosen in choices.items()},
        updated="2026-11-22T09:00:00Z",
    )


def decide(
    annotations: Iterable[Annotation], *decisions: Decision, rules: AdjudicationRules = RULES
) -> AdjudicationOutcome:
    """Adjudicate the one article."""
    return reconcile_annotations(annotations, [], {"a": ARTICLE}, replace(rules, decisions=decisions))


def gold_of(found: AdjudicationOutcome) -> Gold:
    """The gold of the one article."""
    (gold,) = found.gold
    return gold


def standing(found: AdjudicationOutcome) -> dict[tuple[int, int, str], tuple[str, tuple[str, ...]]]:
    """By what rule and whom each span of gold stands."""
    return {(each.start, each.end, each.label): (each.rule, each.by) for each in gold_of(found).spans}


def account(found: AdjudicationOutcome) -> dict[tuple[str, str], str]:
    """Annotator and id to outcome, with the reason after a colon."""
    return {(row.annotator, row.id): f"{row.outcome}: {row.reason}".removesuffix(": ") for row in found.ledger}


def conflict_of(*annotations: Annotation, decisions: Sequence[Decision] = ()) -> Conflict:
    """The one conflict of the article."""
    (conflict,) = decide(annotations, *decisions).conflicts
    return conflict


def ruling(conflict: Conflict, *accepted: Item, at: str = NOON, why: str = "") -> Decision:
    """The lead's decision."""
    return decide_conflict(conflict, accepted, "lead", at).model_copy(update={"why": why})


ANA, BEN = said("ana", DELHI, MALE), said("ben", DELHI_MET, MALE)


def test_what_is_accepted_stands_and_the_rest_does_not() -> None:
    """Gold names the adjudicator; the ledger tells both sides why; the stretch is no longer open."""
    found = decide([ANA, BEN], ruling(conflict_of(ANA, BEN), DELHI_MET, why="slip"))

    assert standing(found) == {DELHI_MET.key: ("adjudicated", ("lead",)), MALE.key: ("unanimous", ("ana", "ben"))}
    assert (gold_of(found).complete, gold_of(found).open, found.conflicts) == (True, (), ())
    assert account(found) == {
        ("ana", "a0-5P"): "decided_against: lead decided otherwise: slip",
        ("ben", "b0-9P"): "gold: lead decided so: slip",
        ("ana", "a10-14P"): "gold",
        ("ben", "b10-14P"): "merged: same as ana's a10-14P",
    }
    assert (found.decided, found.idle) == (1, {})


def test_both_stand_or_neither() -> None:
    """Both overlap in gold; `neither` decides that nothing stands there, and closes the stretch all the same."""
    conflict = conflict_of(ANA, BEN)

    both, neither = decide([ANA, BEN], ruling(conflict, DELHI, DELHI_MET)), decide([ANA, BEN], ruling(conflict))

    assert [*standing(both)] == [DELHI.key, DELHI_MET.key, MALE.key]
    assert [*standing(neither)] == [MALE.key]
    assert gold_of(both).complete
    assert gold_of(neither).complete
    assert account(neither)["ben", "b0-9P"] == "decided_against: lead decided otherwise"


def test_what_only_the_adjudicator_drew_has_a_row_of_its_own() -> None:
    """It is gold under an id that stays, and the account balances: one thing more came in than annotators drew."""
    decision = ruling(conflict_of(ANA, BEN), MET)
    found, again = decide([ANA, BEN], decision), decide([BEN, ANA], decision)

    drawn = next(each for each in gold_of(found).spans if each.rule == "adjudicated")
    assert (drawn.start, drawn.end, drawn.by) == (6, 9, ("lead",))
    assert account(found)["lead", drawn.id] == "gold: lead decided so"
    assert sum_ledger(found.ledger)["gold"]["span"] == {"decided_against": 2, "gold": 2, "in": 5, "merged": 1}
    assert found == again


def test_it_stands_when_readers_withdraw_it() -> None:
    """Both readers change their minds to what was decided against: that does not stand, and what was accepted does."""
    decision = ruling(conflict_of(ANA, BEN), DELHI)

    found = decide([said("ana", DELHI_MET), said("ben", DELHI_MET)], decision)

    assert standing(found) == {DELHI.key: ("adjudicated", ("lead",))}
    assert account(found)["ana", "a0-9P"] == "decided_against: lead decided otherwise"


def test_what_comes_later_is_a_question_of_its_own() -> None:
    """It was not judged: it is open beside what was decided, and the next decision may take that back."""
    decision = ruling(conflict_of(ANA, BEN), DELHI)
    later = [said("ana", DELHI, MALE), said("ben", MET, DELHI_MET, MALE)]

    found = decide(later, decision)
    (conflict,) = found.conflicts
    again = decide(later, decision, ruling(conflict, MET, at=LATER))

    assert (conflict.items, conflict.decided, conflict.beside) == ((MET,), (), ())
    assert gold_of(found).open == ((6, 9),)
    assert [*standing(again)] == [DELHI.key, MET.key, MALE.key]


def test_a_later_decision_takes_the_place_of_an_earlier_one() -> None:
    """The new conflict shows what stands there by the first; the order of the rows does not matter."""
    first = ruling(conflict_of(ANA, BEN), DELHI_MET)
    later = [said("ana", DELHI_STATE), said("ben", DELHI_MET)]
    conflict = conflict_of(*later, decisions=[first])
    second = ruling(conflict, DELHI_STATE, at=LATER)

    assert (conflict.items, conflict.decided) == ((DELHI_STATE,), (DELHI_MET,))
    assert second.judged == (DELHI_STATE, DELHI_MET)
    assert [*standing(decide(later, first, second))] == [DELHI_STATE.key]
    assert decide(later, first, second) == decide(later, second, first)


def test_instants_are_compared_not_their_texts() -> None:
    """A decision of 12:30 in another time zone may be earlier than one of 12:00."""
    conflict = conflict_of(ANA, BEN)
    early = ruling(conflict, DELHI_MET, at="2026-11-23T12:30:00+02:00")

    assert DELHI.key in standing(decide([ANA, BEN], early, ruling(conflict, DELHI)))


def test_what_all_agree_on_later_against_a_decision_is_open() -> None:
    """Readers cannot put another span beside what was decided by saying the same; what was there before stays gold."""
    wide = place(0, 14)
    before = [said("ana", DELHI, wide), said("ben", DELHI_MET, wide)]
    decision = ruling(conflict_of(*before), DELHI)

    kept = decide(before, decision)
    against = decide([said("ana", MET, wide), said("ben", MET, wide)], decision)

    assert decision.beside == (wide,)
    assert (kept.conflicts, [*standing(kept)]) == ((), [DELHI.key, wide.key])
    assert [(each.items, each.beside, each.missed_by) for each in against.conflicts] == [((MET,), (wide,), ())]


def test_a_decision_on_another_text_does_nothing() -> None:
    """It is counted, with the reason, and so is one on an article that is gone, or that nobody submits any more."""
    decision = ruling(conflict_of(ANA, BEN), DELHI)
    stale = decision.model_copy(update={"digest": "0" * 64})
    gone = decision.model_copy(update={"article": "b"})

    found = decide([ANA, BEN], stale, gone)
    skipped = decide([ANA.model_copy(update={"state": "skipped"})], decision)

    assert (len(found.conflicts), found.decided, found.idle) == (1, 0, {"made on another text": 2})
    assert (skipped.gold, skipped.decided, skipped.idle) == ((), 0, {"nobody's submission of the article counts": 1})


def test_a_decision_is_read_in_the_names_of_today() -> None:
    """A renamed label is decided as it was; a label that is gone takes along what accepted it, and nothing else."""
    conflict = conflict_of(said("ana", DELHI), said("ben", DELHI_STATE))
    renamed = Schema(labels=(label("PLACE", 1), label("POWER", 2)), migrations=Migrations(labels={"STATE": "POWER"}))
    removed = Schema(labels=(label("PLACE", 1),), migrations=Migrations(labels={"STATE": ""}))
    now = [said("ana", DELHI), said("ben", place(0, 5, "POWER"))]

    def found(schema: Schema, annotations: Iterable[Annotation], *accepted: Item) -> AdjudicationOutcome:
        return decide(annotations, ruling(conflict, *accepted), rules=AdjudicationRules(schema, [], Asking(schema)))

    assert [*standing(found(renamed, now, DELHI_STATE))] == [(0, 5, "POWER")]
    assert [*standing(found(removed, [said("ana", DELHI), said("ben")], DELHI))] == [DELHI.key]
    fallen = found(removed, [said("ana", DELHI), said("ben")], DELHI_STATE)
    assert ([each.kind for each in fallen.conflicts], fallen.decided) == (["missed"], 0)
    assert fallen.idle == {"a label, relation or option is gone": 1}


def test_decisions_follow_the_rules_that_trim() -> None:
    """A rule that came after the decision moves what it judged as it moves what annotators drew."""
    conflict = conflict_of(said("ana", place(0, 6)), said("ben", DELHI_MET))
    trimming: list[TrimRule] = ["blanks"]

    found = decide(
        [said("ana", place(0, 6)), said("ben", DELHI_MET)],
        ruling(conflict, place(0, 6)),
        rules=AdjudicationRules(SCHEMA, trimming, Asking(SCHEMA)),
    )

    assert standing(found) == {DELHI.key: ("adjudicated", ("lead",))}
    assert found.conflicts == ()


def test_relations_are_decided_between_spans_of_gold() -> None:
    """One that is accepted stands as long as its ends do, also where nobody draws it any more."""
    link = Relation(head="a0-5P", tail="a10-14P", label="MEETS")
    ana, ben = said("ana", DELHI, MALE, relations=[link]), said("ben", DELHI, MALE)
    conflict = conflict_of(ana, ben)
    item = RelationItem(head=DELHI, label="MEETS", tail=MALE)

    accepted, rejected = decide([ana, ben], ruling(conflict, item)), decide([ana, ben], ruling(conflict, why="slip"))
    withdrawn = decide([said("ana", DELHI, MALE), ben], ruling(conflict, item))
    loose = decide([said("ana", DELHI), said("ben", DELHI)], ruling(conflict, item))

    assert gold_of(accepted).relations == gold_of(withdrawn).relations == (link,)
    assert account(withdrawn)["lead", "a0-5P MEETS a10-14P"] == "gold: lead decided so"
    assert (gold_of(rejected).relations, rejected.conflicts) == ((), ())
    assert account(rejected)["ana", "a0-5P MEETS a10-14P"] == "decided_against: lead decided otherwise: slip"
    assert (gold_of(loose).relations, loose.conflicts) == ((), ())


def test_a_relation_shows_what_stands_between_its_ends() -> None:
    """What was decided between the same two spans may be taken back by the next decision."""
    meets, same = (Relation(head="a0-5P", tail="a10-14P", label=name) for name in ("MEETS", "SAME_AS"))
    ben = said("ben", DELHI, MALE)
    first = conflict_of(said("ana", DELHI, MALE, relations=[meets]), ben)
    item = RelationItem(head=DELHI, label="MEETS", tail=MALE)

    second = conflict_of(said("ana", DELHI, MALE, relations=[same]), ben, decisions=[ruling(first, item)])

    assert second.decided == (item,)
    assert ruling(second).judged == (item, RelationItem(head=DELHI, label="SAME_AS", tail=MALE))


def test_a_decided_end_settles_its_relations() -> None:
    """A relation waits for an end in dispute; it is gold, or decided against, as soon as that is decided."""
    link = Relation(head="a0-5P", tail="a10-14P", label="MEETS")
    ana = said("ana", DELHI, MALE, relations=[link])
    conflict = conflict_of(ana, BEN)

    assert gold_of(decide([ana, BEN], ruling(conflict, DELHI))).relations == (link,)
    against = decide([ana, BEN], ruling(conflict, DELHI_MET))
    assert account(against)["ana", "a0-5P MEETS a10-14P"] == "decided_against: its end a0-5P is not in gold"


def test_options_are_decided_one_by_one() -> None:
    """What all chose stays agreed; an option that somebody chooses later is a question of its own."""
    ana, ben = said("ana", event=["AID", "CONSULT"]), said("ben", event=["CONSULT"])
    conflict = conflict_of(ana, ben)
    aid = ChoiceItem(choice="event=AID")

    accepted, rejected = decide([ana, ben], ruling(conflict, aid)), decide([ana, ben], ruling(conflict))
    withdrawn = decide([said("ana", event=["CONSULT"]), ben], ruling(conflict, aid))
    later = decide([ana, said("ben", event=["CONSULT", "YIELD"])], ruling(conflict, aid))

    assert conflict.beside == (ChoiceItem(choice="event=CONSULT"),)
    assert gold_of(accepted).choices == gold_of(withdrawn).choices == {"event": ("AID", "CONSULT")}
    assert account(withdrawn)["lead", "event=AID"] == "gold: lead decided so"
    assert (gold_of(rejected).choices, gold_of(rejected).open_choices) == ({"event": ("CONSULT",)}, ())
    assert [each.items for each in later.conflicts] == [(ChoiceItem(choice="event=YIELD"),)]


def test_a_question_that_takes_one_answer_has_one() -> None:
    """What all answer after a decision is a question of its own; a decision for two answers does nothing."""
    ana, ben = said("ana", tone=["A"]), said("ben", tone=["B"])
    conflict = conflict_of(ana, ben)
    a, b = (ChoiceItem(choice=f"tone={name}") for name in "AB")

    assert gold_of(decide([ana, ben], ruling(conflict, a))).choices == {"tone": ("A",)}
    later = decide([said("ana", tone=["C"]), said("ben", tone=["C"])], ruling(conflict, a))
    assert (gold_of(later).choices, len(later.conflicts)) == ({"tone": ("A",)}, 1)
    assert later.conflicts[0].decided == (a,)
    assert len(decide([ana, ben], ruling(conflict, a, b)).conflicts) == 1


def test_an_adjudicators_annotation_decides_the_article() -> None:
    """Gold is what they submitted; what all agree on needed no decision, and is called so."""
    lead = said("lead", DELHI_STATE, MALE, event=["AID"])
    readers = [said("ana", DELHI, MALE, event=["CONSULT"]), said("ben", DELHI_MET, MALE, PARIS)]
    found = decide([*readers, lead], rules=LEAD_DECIDES)

    assert standing(found) == {
        DELHI_STATE.key: ("adjudicated", ("lead",)),
        MALE.key: ("unanimous", ("ana", "ben", "lead")),
    }
    assert (gold_of(found).complete, gold_of(found).choices, found.conflicts) == (True, {"event": ("AID",)}, ())
    assert account(found)["ben", "b20-25P"] == "decided_against: lead decided otherwise"
    assert account(found)["lead", "l0-5S"] == "gold: lead decided so"


@pytest.mark.parametrize("state", ["draft", "skipped"])
def test_only_what_an_adjudicator_submitted_decides(state: str) -> None:
    """Neither a draft, nor a skip, nor what judges a part of the article; a question left out is not answered."""
    lead = said("lead", DELHI_STATE).model_copy(update={"state": state})
    part = said("lead", DELHI).model_copy(update={"open": ((5, len(TEXT)),)})

    assert len(decide([ANA, BEN, lead], rules=LEAD_DECIDES).conflicts) == 1
    assert len(decide([ANA, BEN, part], rules=LEAD_DECIDES).conflicts) == 1
    silent = decide([said("ana", event=["AID"]), said("ben", event=["YIELD"]), said("lead")], rules=LEAD_DECIDES)
    assert len(silent.conflicts) == 1


def test_an_adjudicator_decides_what_they_were_asked() -> None:
    """Of a label that came after they submitted, readers decide, and may differ."""
    asked = [
        AskedItem(item=f"label {name}", since=since, schema_digest="", guidelines="")
        for name, since in (("PLACE", "2026-11-01T00:00:00Z"), ("STATE", "2026-11-22T12:00:00Z"))
    ]
    rules = replace(LEAD_DECIDES, asking=Asking(SCHEMA, asked))
    lead = said("lead", DELHI).model_copy(update={"task": 7})
    late = {"updated": LATER, "task": 7}
    ana = said("ana", DELHI_STATE, MALE, place(20, 25, "STATE")).model_copy(update=late)
    ben = said("ben", place(20, 25, "STATE")).model_copy(update=late)

    found = decide([lead, ana, ben], rules=rules)

    assert standing(found) == {
        DELHI.key: ("adjudicated", ("lead",)),
        (20, 25, "STATE"): ("unanimous", ("ana", "ben")),
    }
    assert [each.items for each in found.conflicts] == [(DELHI_STATE,)]


def test_of_an_annotation_and_a_card_the_later_counts() -> None:
    """Item by item, whichever came first."""
    conflict = conflict_of(ANA, BEN)
    lead = said("lead", DELHI_STATE, MALE).model_copy(update={"updated": NOON})

    card_later = decide([ANA, BEN, lead], ruling(conflict, DELHI, at=LATER), rules=LEAD_DECIDES)
    card_first = decide([ANA, BEN, lead], ruling(conflict, DELHI, at="2026-11-23T11:00:00Z"), rules=LEAD_DECIDES)

    assert [*standing(card_later)] == [DELHI.key, DELHI_STATE.key, MALE.key]
    assert [*standing(card_first)] == [DELHI_STATE.key, MALE.key]


def words_of(annotation: Annotation, at: str = NOON) -> Decision:
    """The row of an adjudicator's annotation in the project of whole articles."""
    return Decision(
        conflict=make_conflict_id("a", ARTICLE.digest, "article", ()),
        article="a",
        digest=ARTICLE.digest,
        what="article",
        start=0,
        end=len(TEXT),
        decision="other",
        by="lead",
        at=at,
        words=annotation,
    )


def test_the_words_of_a_decision_are_part_of_the_account() -> None:
    """They decide the article, by the instant of the decision, and everything in them has a ledger row."""
    bad = Relation(head="s0-5S", tail="nowhere", label="MEETS")
    found = decide([ANA, BEN], words_of(said("somebody", DELHI_STATE, relations=[bad])))
    alone = decide([], words_of(said("lead", DELHI)))

    assert standing(found) == {DELHI_STATE.key: ("adjudicated", ("lead",))}
    assert account(found)["lead", "s0-5S"] == "gold: lead decided so"
    assert account(found)["lead", "s0-5S MEETS nowhere"].startswith("quarantined: broken relation")
    assert standing(alone) == {DELHI.key: ("only annotator", ("lead",))}


def test_the_later_of_two_adjudicators_decides_the_article() -> None:
    """The other's words are readings among others."""
    early, late = words_of(said("lead", DELHI)), words_of(said("lead", MALE), LATER)
    other = early.model_copy(update={"by": "boss", "at": "2026-11-23T12:30:00Z"})

    assert [*standing(decide([ANA, BEN], early, other))] == [DELHI.key]
    assert [*standing(decide([ANA, BEN], other, late))] == [MALE.key]


def test_an_adjudicator_can_use_what_a_reader_ruled_out() -> None:
    """Who says nothing against the article can use it, and decides; who rules it out does so."""
    ana, ben = said("ana", DELHI), said("ben", usable=["no"])

    used = decide([ana, ben, said("lead", DELHI_MET)], rules=LEAD_DECIDES)
    out = decide([ana, said("lead", usable=["no"])], rules=LEAD_DECIDES)

    assert (gold_of(used).usable, [*standing(used)], gold_of(used).choices) == (True, [DELHI_MET.key], {})
    assert account(used)["ben", "usable=no"] == "decided_against: lead decided otherwise"
    assert not gold_of(out).usable


def test_what_is_inherited_settles_what_is_in_dispute_and_nothing_else() -> None:
    """It adds no gold that nobody drew, does not overrule agreement, and yields to a decision on the article itself."""
    conflict = conflict_of(ANA, BEN)
    own = ruling(conflict, DELHI)
    inherited = ruling(conflict, DELHI_MET, at=LATER).model_copy(update={"inherited_from": "lead-story"})

    settled = decide([ANA, BEN], inherited)
    (span,) = (each for each in gold_of(settled).spans if each.rule == "adjudicated")
    assert (span.start, span.end, span.by, span.inherited_from) == (0, 9, ("lead",), "lead-story")
    assert account(settled)["ana", "a0-5P"] == "decided_against: lead decided otherwise, in lead-story"
    assert standing(decide([said("ana", DELHI), said("ben", DELHI)], inherited)) == {
        DELHI.key: ("unanimous", ("ana", "ben"))
    }
    assert gold_of(decide([said("ana"), said("ben")], inherited)).spans == ()
    assert [*standing(decide([ANA, BEN], own, inherited))] == [DELHI.key, MALE.key]


def test_spans_of_gold_have_ids_of_their_own() -> None:
    """Two readers moved one suggestion, and the adjudicator keeps both: one of them gets another id."""
    ana = ANA.model_copy(update={"spans": (Span(id="x", **DELHI.model_dump()),)})
    ben = BEN.model_copy(update={"spans": (Span(id="x", **DELHI_MET.model_dump()),)})

    gold = gold_of(decide([ana, ben], ruling(conflict_of(ana, ben), DELHI, DELHI_MET)))

    assert len({span.id for span in gold.spans}) == len(gold.spans) == 2
