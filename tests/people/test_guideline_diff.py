"""What changed between two schemas, and which labels are taken for each other."""

from __future__ import annotations

from typing import Any

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Relation, Span
from labeling.people.guideline_diff import GuidelineChange, compare_schemas, list_neighbours
from labeling.people.guideline_page import render_guideline_page, split_brackets
from labeling.people.judged_anew import list_judged_anew
from labeling.schema import ChoiceSet, Label, Migrations, Option, RelationType, Schema
from labeling.workspace.guideline_versions import GuidelinePeriod

FRIDAY = GuidelinePeriod("2026-11-27T10:00:00Z", "f" * 64)
MONDAY, SUNDAY = "2026-11-23T10:00:00Z", "2026-11-29T10:00:00Z"


def label(name: str, definition: str = "d", near: tuple[str, ...] = (), **more: Any) -> Label:
    """A label with one example."""
    return Label(name=name, definition=definition, examples=("[x]",), near_misses=near, color="#b4c369", **more)


def relation(name: str, head: str, tail: str, *, symmetric: bool = False) -> RelationType:
    """A relation between two labels."""
    return RelationType(name=name, definition="d", example="e", head=(head,), tail=(tail,), symmetric=symmetric)


def event(*options: str, question: str = "What?", definition: str = "d") -> ChoiceSet:
    """A question about the article."""
    listed = tuple(Option(name=name, definition=definition) for name in options)
    return ChoiceSet(name="event", question=question, options=listed)


OLD = Schema(
    labels=(label("PERSON"), label("ROLE"), label("MINISTRY"), label("SITE")),
    relations=(relation("HOLDS", "PERSON", "ROLE"),),
    choices=(event("MEET", "SIGN"),),
    guidance=("Mark names.",),
)


def told(old: Schema, new: Schema) -> list[tuple[str, str, str]]:
    """The changes, without their texts."""
    return [(change.part, change.name, change.what) for change in compare_schemas(old, new)]


def test_each_kind_of_change_is_told_once() -> None:
    """A schema in which one thing of each kind is other than it was."""
    new = Schema(
        labels=(
            label("PERSON", "other", near=("Dr.: no",), hotkey="p"),
            label("ROLE"),
            label("GOV_BODY"),
            label("TOWN"),
            label("PORT"),
            label("WHEN"),
        ),
        relations=(relation("HOLDS", "PERSON", "GOV_BODY"), relation("IN", "PERSON", "TOWN")),
        choices=(event("CONSULT", "SIGN", question="Which?", definition="e"),),
        guidance=("Mark names, always.",),
        migrations=Migrations(
            labels={"MINISTRY": "GOV_BODY"}, choices={"event.MEET": "event.CONSULT"}, splits={"SITE": ("TOWN", "PORT")}
        ),
    )

    assert told(OLD, new) == [
        ("guidance", "Mark names.", "removed"),
        ("guidance", "Mark names, always.", "added"),
        ("label", "GOV_BODY", "renamed"),
        ("label", "SITE", "split"),
        ("label", "PERSON", "definition"),
        ("label", "PERSON", "near misses"),
        ("label", "PERSON", "key"),
        ("label", "TOWN", "added"),
        ("label", "PORT", "added"),
        ("label", "WHEN", "added"),
        ("relation", "HOLDS", "ends"),
        ("relation", "IN", "added"),
        ("choice", "event", "question"),
        ("option", "event.CONSULT", "renamed"),
        ("option", "event.CONSULT", "definition"),
        ("option", "event.SIGN", "definition"),
    ]


def test_a_name_that_goes_is_removed_and_one_that_joins_another_is_merged() -> None:
    """Without a migration it is removed, and with an empty one."""
    new = Schema(
        labels=(label("PERSON"), label("ROLE")), migrations=Migrations(labels={"MINISTRY": "ROLE", "SITE": ""})
    )

    assert told(OLD, new)[1:4] == [
        ("label", "ROLE", "merged"),
        ("label", "SITE", "removed"),
        ("relation", "HOLDS", "removed"),
    ]


def test_the_ends_of_a_relation_tell_its_direction_too() -> None:
    """HOLDS may be drawn from either end now."""
    new = OLD.model_copy(update={"relations": (relation("HOLDS", "PERSON", "ROLE", symmetric=True),)})

    assert compare_schemas(OLD, new) == (
        GuidelineChange("relation", "HOLDS", "ends", "PERSON -> ROLE", "PERSON <-> ROLE"),
    )


NAMES = st.lists(st.sampled_from("ABCDEF"), min_size=1, unique=True)


@given(NAMES, NAMES)
def test_a_schema_differs_from_itself_in_nothing_and_both_ways_in_as_much(one: list[str], other: list[str]) -> None:
    """What is added one way is removed the other way."""
    left, right = (Schema(labels=tuple(map(label, names))) for names in (one, other))

    assert compare_schemas(left, left) == ()
    assert {(each.name, each.what) for each in compare_schemas(left, right)} == {
        *((name, "added") for name in {*other} - {*one}),
        *((name, "removed") for name in {*one} - {*other}),
    }


def test_near_misses_name_neighbours_both_ways() -> None:
    """The longer name wins; a name inside a word is none; what readers confused comes first."""
    schema = Schema(
        labels=(
            label("ROLE", near=('"the ministry": GOV_BODY of STATE', "STATELESS: no")),
            label("GOV_BODY of STATE"),
            label("STATE"),
        )
    )

    assert list_neighbours([schema]) == {"ROLE": {"GOV_BODY of STATE"}, "GOV_BODY of STATE": {"ROLE"}}
    assert list_neighbours([schema], [("STATE", "ROLE")]) == {"ROLE": {"STATE"}, "STATE": {"ROLE"}}


def said(updated: str, **more: Any) -> Annotation:
    """Ana's article: a PERSON, two ROLEs, a SITE, a relation and an answer."""
    text = made.article("a", "Anna is a minister and a mayor in Oslo")
    spans = [("p", 0, 4, "PERSON"), ("r", 10, 18, "ROLE"), ("m", 25, 30, "ROLE"), ("s", 34, 38, "SITE")]
    return Annotation(
        article="a",
        digest=text.digest,
        annotator="ana",
        updated=updated,
        task=1,
        spans=tuple(Span(id=name, start=start, end=end, label=label) for name, start, end, label in spans),
        relations=(Relation(head="p", tail="r", label="HOLDS"), Relation(head="p", tail="m", label="HOLDS")),
        choices={"event": ("MEET",)},
        **more,
    )


def test_spans_of_what_changed_and_of_its_neighbours_are_judged_anew() -> None:
    """Each span once, with why; a relation type and an option once an article; a key changes nothing."""
    changes = (
        GuidelineChange("label", "ROLE", "definition", "a", "b"),
        GuidelineChange("label", "ROLE", "examples", "a", "b"),
        GuidelineChange("label", "SITE", "key", "a", "b"),
        GuidelineChange("relation", "HOLDS", "ends", "a", "b"),
        GuidelineChange("choice", "event", "question", "a", "b"),
    )

    rows = list_judged_anew([said(MONDAY)], changes, {"ROLE": {"PERSON"}}, FRIDAY)

    assert [(row.what, row.why) for row in rows] == [
        (
            "span 0..4 PERSON",
            "label PERSON is taken for ROLE, which has other definition and examples since 2026-11-27",
        ),
        ("span 10..18 ROLE", "label ROLE: other definition and examples since 2026-11-27"),
        ("span 25..30 ROLE", "label ROLE: other definition and examples since 2026-11-27"),
        ("relation HOLDS", "relation HOLDS: other ends since 2026-11-27"),
        ("choice event=MEET", "choice event: other question since 2026-11-27"),
    ]
    assert {(row.reader, row.since, row.guidelines) for row in rows} == {("ana", FRIDAY.since, FRIDAY.digest)}


@pytest.mark.parametrize(("updated", "sent", "asked"), [(SUNDAY, "", 0), (SUNDAY, MONDAY, 1), (FRIDAY.since, "", 1)])
def test_who_sent_since_is_not_asked(updated: str, sent: str, asked: int) -> None:
    """A star of later is not words of later."""
    changes = (GuidelineChange("label", "SITE", "examples", "a", "b"),)

    assert len(list_judged_anew([said(updated, sent=sent)], changes, {}, FRIDAY)) == asked


def test_a_new_label_asks_for_the_spans_of_those_it_is_taken_for() -> None:
    """It has no spans of its own yet."""
    changes = (GuidelineChange("label", "WHEN", "added"),)

    (row,) = list_judged_anew([said(MONDAY)], changes, {"WHEN": {"SITE"}}, FRIDAY)

    assert (row.what, row.why) == ("span 34..38 SITE", "label SITE is taken for WHEN, which is new since 2026-11-27")


@given(st.text(alphabet="[]ab", max_size=40))
def test_pieces_of_a_sentence_are_the_sentence(sentence: str) -> None:
    """And each piece in brackets has as many that open as that close."""
    pieces = split_brackets(sentence)

    assert "".join(words for words, _ in pieces) == sentence
    assert all(words.count("[") == words.count("]") for words, is_span in pieces if is_span)


HOSTILE = "<script>alert(1)</script>&\"'{{ 7 * 7 }}[x](javascript:1)`*"


def test_every_text_of_the_page_is_escaped() -> None:
    """Whatever a schema says, it is text, wherever it stands."""
    schema = Schema(
        labels=(label(HOSTILE, HOSTILE, (HOSTILE,)).model_copy(update={"examples": (HOSTILE,)}),),
        relations=(RelationType(name=HOSTILE, definition=HOSTILE, example=HOSTILE, head=(HOSTILE,), tail=(HOSTILE,)),),
        choices=(event(HOSTILE, question=HOSTILE, definition=HOSTILE),),
        guidance=(HOSTILE,),
    )

    page = render_guideline_page(schema, HOSTILE)

    assert "<script" not in page
    assert "49" not in page
    # Thirteen texts, and the title twice.
    assert page.count("&lt;script&gt;") == 15
    assert "href" not in page
    assert "src=" not in page
    assert "url(" not in page
