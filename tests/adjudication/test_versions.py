"""A conflict has one id whoever differs; its versions do not tell whose they are; an answer names what stands."""

from __future__ import annotations

import made
import pytest

from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict, name_answer, name_version, versions_of
from labeling.annotations import Annotation, Relation, Span
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.values import digest_of
from labeling.workspace.asking import Asking
from labeling.workspace.rows.conflict import ChoiceItem, Conflict, RelationItem, SpanItem
from labeling.workspace.rows.decision_row import Decision

TEXT = "Delhi met Male, and Paris met Rome."
ARTICLE = made.article("a", TEXT)
SCHEMA = Schema(
    labels=(Label(name="PLACE", definition="A place.", examples=("Delhi",), color="#000001", hotkey="p"),),
    relations=(RelationType(name="MEETS", definition="They meet.", example="-", symmetric=True),),
    choices=(ChoiceSet(name="event", question="What?", options=(Option(name="AID", definition="."),)),),
)
DELHI, MET_MALE, MALE = (SpanItem(start=s, end=e, label="PLACE") for s, e in ((0, 5), (6, 14), (10, 14)))


def said(annotator: str, *places: SpanItem, meets: bool = False, event: tuple[str, ...] = ()) -> Annotation:
    """What somebody submitted on the article: the ids of the spans are their own."""
    spans = tuple(Span(id=f"{annotator}{each.start}", **each.model_dump()) for each in places)
    link = Relation(head=spans[-1].id, tail=spans[0].id, label="MEETS") if meets else None
    return Annotation(
        article="a",
        digest=ARTICLE.digest,
        annotator=annotator,
        spans=spans,
        relations=(link,) if link else (),
        choices={"event": event} if event else {},
    )


def conflicts_of(*annotations: Annotation) -> tuple[Conflict, ...]:
    """The conflicts of the one article."""
    rules = AdjudicationRules(SCHEMA, [], Asking(SCHEMA))
    return reconcile_annotations(annotations, [], {"a": ARTICLE}, rules).conflicts


def test_a_conflict_has_one_id_whoever_differs() -> None:
    """The id follows from the article, its text, and what is in dispute; not from names, order, or who missed it."""
    (one,) = conflicts_of(said("ana", MET_MALE), said("ben", MALE))
    (other,) = conflicts_of(said("zoe", MALE), said("cyd", MALE), said("ben", MET_MALE), said("ana"))
    (fewer,) = conflicts_of(said("ana", MET_MALE), said("ben"))

    items = '[{"end":14,"label":"PLACE","start":6},{"end":14,"label":"PLACE","start":10}]'
    told = f'["a","{ARTICLE.digest}","span",{items}]'
    assert one.id == other.id == digest_of(told)[:12]
    assert fewer.id != one.id
    assert one.items == (MET_MALE, MALE)


def test_a_relation_in_dispute_names_its_ends() -> None:
    """Those of a symmetric one stand in the order of the text, however it was drawn; choices name their option."""
    ana, ben = said("ana", DELHI, MALE, meets=True, event=("AID",)), said("ben", DELHI, MALE)
    relation, *_ = conflicts_of(ana, ben)

    assert relation.items == (RelationItem(head=DELHI, label="MEETS", tail=MALE),)
    assert (relation.readings[0].head, relation.readings[0].tail) == (DELHI, MALE)
    assert relation.what == "relation"


def test_a_choice_in_dispute_names_its_option() -> None:
    """Its item is `set=option`, and so is the reading's id."""
    schema_options = (Option(name="AID", definition="."), Option(name="TALK", definition="."))
    schema = SCHEMA.model_copy(update={"choices": (SCHEMA.choices[0].model_copy(update={"options": schema_options}),)})
    rules = AdjudicationRules(schema, [], Asking(schema))
    annotations = [said("ana", event=("AID",)), said("ben", event=("TALK",))]

    (conflict,) = reconcile_annotations(annotations, [], {"a": ARTICLE}, rules).conflicts

    assert conflict.items == (ChoiceItem(choice="event=AID"), ChoiceItem(choice="event=TALK"))
    assert versions_of(conflict) == [(ChoiceItem(choice="event=AID"),), (ChoiceItem(choice="event=TALK"),)]


def test_versions_are_sorted_by_what_they_say() -> None:
    """Two annotators of one version have one; the order is that of the text, not that of names."""
    (conflict,) = conflicts_of(said("ana", MALE), said("ben", MET_MALE), said("cyd", MALE), said("dan"))
    again = conflict.model_copy(update={"decided": (DELHI,)})

    assert versions_of(conflict) == [(MET_MALE,), (MALE,)]
    assert versions_of(again) == [(DELHI,), (MET_MALE,), (MALE,)]


@pytest.mark.parametrize(
    ("accepted", "answer"),
    [
        ((MET_MALE,), "a"),
        ((MALE,), "b"),
        ((MALE, MET_MALE), "both"),
        ((), "neither"),
        ((DELHI,), "other"),
        ((DELHI, MALE), "other"),
    ],
)
def test_an_answer_names_what_stands(accepted: tuple[SpanItem, ...], answer: str) -> None:
    """One of the versions by its letter, all of them, none of them, or what nobody had drawn."""
    (conflict,) = conflicts_of(said("ana", MET_MALE), said("ben", MALE))
    decision = decide_conflict(conflict, accepted, "lead", "2026-11-23T10:00:00Z")

    assert name_answer(conflict, accepted) == decision.decision == answer
    assert (decision.conflict, decision.judged) == (conflict.id, (MET_MALE, MALE))
    assert Decision.model_validate_json(decision.model_dump_json()) == decision


def test_after_z_versions_have_numbers() -> None:
    """Nobody runs out of names."""
    assert [name_version(number) for number in (0, 25, 26, 27)] == ["a", "z", "27", "28"]


def test_conflicts_of_before_are_read() -> None:
    """A row without an id, a digest or the ends of its relation is a conflict still."""
    line = (
        '{"article":"a","end":5,"kind":"relation","missed_by":["ben"],"readings":[{"annotator":"ana","end":5,'
        '"id":"x MEETS y","label":"MEETS","start":0}],"start":0,"task":null}'
    )
    conflict = Conflict.model_validate_json(line)

    assert (conflict.id, conflict.digest, conflict.decided, conflict.beside) == ("", "", (), ())
    assert conflict.items == (SpanItem(start=0, end=5, label="MEETS"),)
