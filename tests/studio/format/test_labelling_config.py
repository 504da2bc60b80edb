"""The labelling config and the instruction: well-formed, complete, escaped, accepted by Label Studio's own check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.project import AssistSection, load_project, shipped_config
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.schema_change import find_orphans, read_schema_terms

PROJECTS = [shipped_config("diplomatic.toml"), Path(__file__).parents[2] / "data" / "sports.toml"]

# What an XML document can hold: no control characters but tab and LF, no surrogates.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\t\n&<>\"'\ufffd"), min_size=1).map(
    lambda text: text.replace("\ufffe", "?").replace("\uffff", "?")
)


@pytest.fixture(params=PROJECTS, ids=lambda path: path.stem)
def schema(request: pytest.FixtureRequest) -> Schema:
    """Each of the two schemas."""
    return load_project(request.param).schema


def _tree(schema: Schema) -> ET.Element:
    return ET.fromstring(labelling_config(schema))  # noqa: S314 - our own output


def _said(tree: ET.Element, tag: str, *keys: str) -> list[tuple[str | None, ...]]:
    return [tuple(element.get(key) for key in keys) for element in tree.iter(tag)]


def test_the_config_has_every_label_of_the_schema_once(schema: Schema) -> None:
    """Name, colour, key and definition of each label, in order; nothing else is a label."""
    expected = [(label.name, label.color, label.hotkey, label.definition) for label in schema.labels]

    assert _said(_tree(schema), "Label", "value", "background", "hotkey", "hint") == expected


def test_the_config_has_every_relation_once(schema: Schema) -> None:
    """The relation labels, in order."""
    assert _said(_tree(schema), "Relation", "value") == [(relation.name,) for relation in schema.relations]


def test_the_config_has_every_choice_once(schema: Schema) -> None:
    """Each choice set is a control of its name with its options; several answers only where the schema allows them."""
    controls = {
        control.get("name"): (control.get("choice"), _said(control, "Choice", "value", "hint", "hotkey"))
        for control in _tree(schema).iter("Choices")
        if not control.get("perRegion")
    }

    assert controls == {
        choices.name: (
            "multiple" if choices.multiple else "single-radio",
            [(option.name, option.definition, option.hotkey) for option in choices.options],
        )
        for choices in schema.choices
    }


def test_hotkeys_are_distinct(schema: Schema) -> None:
    """All hotkeys of labels, options and `unsure` differ, and none is Label Studio's own `u`."""
    keys = Counter(element.get("hotkey") for element in _tree(schema).iter() if element.get("hotkey"))

    assert {key: n for key, n in keys.items() if n > 1} == {}
    assert "u" not in keys


def test_every_span_can_be_unsure_and_have_a_note(schema: Schema) -> None:
    """Two controls of the selected span, with the names that are read back, and the key of the schema."""
    spans = {element.get("name"): element.tag for element in _tree(schema).iter() if element.get("perRegion") == "true"}
    tick = _tree(schema).find(".//Choices[@name='unsure']/Choice")

    assert spans == {"unsure": "Choices", "note": "TextArea"}
    assert tick is not None
    assert (tick.get("value"), tick.get("hotkey")) == ("unsure", schema.unsure_hotkey)


def test_part_of_a_word_can_be_marked(schema: Schema) -> None:
    """One text, marked by characters: newswire glues words together."""
    assert _said(_tree(schema), "Text", "name", "value", "granularity") == [("text", "$text", "symbol")]


def test_header_never_asks_for_source(schema: Schema) -> None:
    """The page hides a field named source behind the whole task, so the header takes another."""
    asked = [element.get("value", "") for element in _tree(schema).iter() if element.get("value", "").startswith("$")]

    assert asked == ["$title", "$outlet", "$published", "$text"]


def test_every_control_names_the_text(schema: Schema) -> None:
    """Each control names the text it is about, and no two controls have one name."""
    controls = _said(_tree(schema), "Labels", "name", "toName") + [
        said for tag in ("Choices", "TextArea") for said in _said(_tree(schema), tag, "name", "toName")
    ]

    assert {to for _, to in controls} == {"text"}
    assert len({name for name, _ in controls}) == len(controls)


def test_label_studio_accepts_it(schema: Schema) -> None:
    """Label Studio's own offline check passes, and reads the controls that we mean."""
    from label_studio_sdk.label_interface.interface import LabelInterface

    config = LabelInterface(labelling_config(schema))
    config.validate()  # type: ignore[no-untyped-call] # the SDK's own looseness

    assert set(config.get_control("label").labels) == set(schema.label_names)  # type: ignore[no-untyped-call] # the same
    assert {control.name for control in config.controls} == {
        "label",
        "unsure",
        "note",
        *(choices.name for choices in schema.choices),
    }


def test_markup_in_definitions_stays_text() -> None:
    """& < > and quotes of the sports schema are escaped, in XML and in HTML, and read back as written."""
    schema = load_project(PROJECTS[1]).schema
    config, page = labelling_config(schema), labelling_instruction(schema)

    assert "say O'Neill &amp; &quot;Sons&quot; &lt;at home&gt;." in config
    assert 'say O\'Neill &amp; "Sons" &lt;at home&gt;.' in page
    assert "<at home>" not in config + page
    assert "<never>" not in page


@given(TEXT)
def test_markup_in_any_text_is_escaped(text: str) -> None:
    """Whatever is in a definition, example or question, XML reads it back, and the page keeps its elements."""
    schema = Schema(
        labels=(Label(name="A", definition=text, examples=(text,), near_misses=(text,), color="#ffffff", hotkey="a"),),
        relations=(RelationType(name="R", definition=text, example=text),),
        choices=(ChoiceSet(name="c", question=text, options=(Option(name="o", definition=text),)),),
        guidance=(text,),
    )
    hint = _tree(schema).find(".//Label")
    plain = schema.model_copy(update={"guidance": ("x",)})

    assert hint is not None
    assert hint.get("hint") == text
    assert labelling_instruction(schema).count("<li>") == labelling_instruction(plain).count("<li>") == 6 + 1 + 1 + 1


def test_instruction_explains_everything(schema: Schema) -> None:
    """The page has every definition, example, near miss, rule and option of the schema, in that order of labels."""
    from html import unescape

    page = unescape(labelling_instruction(schema))
    sentences = [
        *schema.guidance,
        *(text for label in schema.labels for text in (label.definition, *label.examples, *label.near_misses)),
        *(relation.definition for relation in schema.relations),
        *(option.definition for choices in schema.choices for option in choices.options),
    ]

    assert [sentence for sentence in sentences if sentence not in page] == []
    places = [page.index(f">{name}</b>") for name in schema.label_names]
    assert places == sorted(places)


def test_the_same_schema_gives_the_same_bytes(schema: Schema) -> None:
    """A second rendering is the first: nothing depends on time or order of a set."""
    again = Schema.model_validate(schema.model_dump())

    assert labelling_config(again) == labelling_config(schema)
    assert labelling_instruction(again) == labelling_instruction(schema)


def test_another_layout_is_not_another_schema(schema: Schema) -> None:
    """A project of before, whose page had no rules for the direction of texts, loses no label by getting them."""
    now = labelling_config(schema)
    before = "".join(line for line in now.splitlines(keepends=True) if "unicode-bidi" not in line)

    assert before != now
    assert read_schema_terms(before) == read_schema_terms(now)
    assert find_orphans(before, now, frozenset(), list) == {}


def test_only_with_assist_the_page_asks_for_more(schema: Schema) -> None:
    """Of labels, and of notes where a model may be asked; taken out, the page is the same to the byte."""
    bare = labelling_config(schema)
    assert "smartonly" not in bare
    mentions = labelling_config(schema, AssistSection(model=False))
    assert mentions.replace(' smartonly="true"', "", 1) == bare
    both = ET.fromstring(labelling_config(schema, AssistSection()))  # noqa: S314 - our own output
    smart = [element.get("name") for element in both.iter() if element.get("smartonly") == "true"]
    assert smart == ["label", "note"]
