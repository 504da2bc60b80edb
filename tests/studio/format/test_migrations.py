"""Migrations: old words read as new ones, and an account of what was removed or merged on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Relation, Span
from labeling.errors import SchemaError
from labeling.schema import ChoiceSet, Label, Migrations, Option, RelationType, Schema, check_schema
from labeling.studio.format.migrations import migrate_result
from labeling.studio.format.submissions import read_task
from labeling.studio.format.tasks import result_of, task_of

if TYPE_CHECKING:
    from labeling.annotations import QuarantineRow

TEXT = "The ministry of Peru met Anna Bo."
ARTICLE = made.article("a", TEXT)


def label(name: str, key: str) -> Label:
    """A label of that name."""
    color = f"#{ord(key):06x}"
    return Label(name=name, definition="what it is", examples=("an example",), color=color, hotkey=key)


def schema(**migrations: Any) -> Schema:
    """BODY, COUNTRY and PERSON, one relation, one choice; and what becomes of what was there before."""
    return Schema(
        labels=(label("BODY", "b"), label("COUNTRY", "c"), label("PERSON", "p")),
        relations=(RelationType(name="OF", definition="d", example="e", head=("BODY",), tail=("COUNTRY", "BODY")),),
        choices=(ChoiceSet(name="event", question="?", multiple=True, options=(Option(name="TALK", definition="d"),)),),
        migrations=Migrations(**migrations),
    )


def read(annotation: Annotation, today: Schema) -> tuple[Annotation, list[QuarantineRow]]:
    """What is read of an annotation as the server has it."""
    task: Any = {"id": 1, **task_of(ARTICLE), "annotations": [{"id": 7, "result": [*result_of(annotation, ARTICLE)]}]}
    (sound,), findings = read_task(task, {"a": ARTICLE}, today, {})
    return sound, findings


def saying(*spans: Span, relations: tuple[Relation, ...] = (), event: tuple[str, ...] = ()) -> Annotation:
    """An annotation of before."""
    choices = {"event": event} if event else {}
    return Annotation(
        article="a", digest=ARTICLE.digest, annotator="ana", spans=spans, relations=relations, choices=choices
    )


MINISTRY = Span(id="m", start=4, end=20, label="MINISTRY", unsure=True, note="which?")
PERU = Span(id="p", start=16, end=20, label="COUNTRY")


def test_a_renamed_label_relation_and_option_are_read_by_their_new_names() -> None:
    """The span keeps its id, offsets, doubt and note; nothing is left over."""
    old = saying(MINISTRY, PERU, relations=(Relation(head="m", tail="p", label="IN"),), event=("MEET",))
    today = schema(labels={"MINISTRY": "BODY"}, relations={"IN": "OF"}, choices={"event.MEET": "event.TALK"})

    sound, findings = read(old, today)

    assert findings == []
    assert sound.spans == (MINISTRY.model_copy(update={"label": "BODY"}), PERU)
    assert sound.relations == (Relation(head="m", tail="p", label="OF"),)
    assert sound.choices == {"event": ("TALK",)}


def test_a_removed_label_takes_its_note_its_doubt_and_its_relations_along() -> None:
    """Each is accounted for as migrated, with the row as it came."""
    old = saying(MINISTRY, PERU, relations=(Relation(head="m", tail="p", label="OF"),), event=("MEET",))

    sound, findings = read(old, schema(labels={"MINISTRY": ""}, choices={"event.MEET": ""}))

    assert (sound.spans, sound.relations, sound.choices) == ((PERU,), (), {})
    assert [(found.what, found.id, found.kind) for found in findings] == [
        ("span", "m:MINISTRY", "migrated"),
        ("span", "m:unsure", "migrated"),
        ("span", "m:note", "migrated"),
        ("relation", "m OF p", "migrated"),
        ("choice", "event=MEET", "migrated"),
    ]
    assert all(found.raw for found in findings)


def test_two_labels_merged_at_one_place_become_one_span() -> None:
    """The span that had the name already is kept; what referred to the other one refers to it."""
    body = Span(id="b", start=4, end=20, label="BODY")
    links = (Relation(head="m", tail="p", label="OF"), Relation(head="b", tail="p", label="OF"))
    old = saying(MINISTRY, body, PERU, relations=links)

    sound, findings = read(old, schema(labels={"MINISTRY": "BODY"}))

    assert sound.spans == (body.model_copy(update={"unsure": True, "note": "which?"}), PERU)
    assert sound.relations == (links[1],)
    assert [(found.what, found.id) for found in findings] == [("span", "m:MINISTRY"), ("relation", "b OF p")]


def test_one_label_of_a_region_may_go_and_the_other_stay() -> None:
    """Two labels on one region: the region lives on, and so does a relation to it."""
    region = {"start": 4, "end": 20, "labels": ["MINISTRY", "BODY"]}
    rows: Any = [
        {"id": "m", "type": "labels", "from_name": "label", "to_name": "text", "value": region},
        {"type": "relation", "from_id": "m", "to_id": "p", "direction": "right", "labels": ["OF"]},
    ]
    left, findings = migrate_result(rows, Migrations(labels={"MINISTRY": ""}))

    assert left == [{**rows[0], "value": {**region, "labels": ["BODY"]}}, rows[1]]
    assert [found.id for found in findings] == ["m:MINISTRY"]


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["labels", "relation", "A", "m"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "type", "value", "labels", "choices", "from_name", "from_id", "to_id"]),
                    inner,
                )
            ),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_migration_of_any_json_loses_no_row(result: list[Any]) -> None:
    """Nothing fails, and each row is there still, or a finding has the reason why it is not."""
    left, findings = migrate_result(result, Migrations(labels={"A": ""}, relations={"A": ""}, choices={"event.A": ""}))

    assert len(left) + len(findings) >= len(result)


@pytest.mark.parametrize(
    ("migrations", "fault"),
    [
        ({"labels": {"BODY": "PERSON"}}, "'BODY' is still in the schema"),
        ({"labels": {"OLD": "NEW"}}, "'NEW' is not in the schema"),
        ({"relations": {"OLD": "NEW"}}, "migrations.relations: 'NEW'"),
        ({"choices": {"usable.no": "event.TALK"}}, "another choice set"),
    ],
)
def test_a_migration_to_an_unknown_name_is_refused(migrations: dict[str, dict[str, str]], fault: str) -> None:
    """From something that is still there, or to something that is not."""
    with pytest.raises(SchemaError, match=fault):
        check_schema(schema(**migrations), "here")
