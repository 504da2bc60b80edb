"""Which relations the layer lets through, without a server: the schema's own rules, and a sentence for each fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from team import ANNA, BOB, ROME, TEXT, relation, span

from labeling.articles import Article
from labeling.schema import Label, RelationType, Schema
from labeling.studio.format.submissions import read_task
from labeling.studio.server.gate.labeling_gate.relation_rules import find_relation_fault, read_relation_rules
from labeling.values import digest_of

RULES = read_relation_rules(
    {
        "relations": [
            {"name": "MET", "head": ["PERSON"], "tail": ["PERSON"], "symmetric": False},
            {"name": "SAME_AS", "head": [], "tail": [], "symmetric": True},
        ],
        "migrations": {
            "labels": {"MAN": "PERSON", "TOWN": ""},
            "relations": {"SAW": "MET", "LIKED": ""},
            "splits": {"NAME": ["PERSON", "PLACE"]},
        },
    }
)
SPANS = [span("a", ANNA), span("b", BOB), span("r", ROME), span("m", (0, 4, "MAN")), span("n", (9, 12, "NAME"))]


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        (
            relation("a", "r", "MET"),
            "MET may not go from “Anna” to “Rome”: it joins PERSON to PLACE here, and only goes",
        ),
        (relation("a", "r", "SAME_AS"), "it joins PERSON to PLACE here, and only joins two of one label"),
        (relation("a", "b"), "The relation from “Anna” to “Bob” has no name"),
        (relation("a", "b", ""), "The relation from “Anna” to “Bob” has no name"),
        (relation("a", "b", "KNOWS"), "KNOWS from “Anna” to “Bob” is not a relation of this project"),
        (relation("a", "b", "MET", "KNOWS"), "KNOWS from"),
        (relation("a", "b", "MET", direction="left"), "MET from “Anna” to “Bob” points the other way"),
        (relation("a", "b", "MET", direction="bi"), "turn its arrow"),
        (relation("a", "a", "MET"), "MET may not go from “Anna” to “Anna”: it joins a span to itself"),
        (relation("a", "gone", "MET"), "it joins PERSON to what has no label here"),
        (relation("r", "a", "SAW"), "SAW may not go from “Rome” to “Anna”"),
        ({**relation("a", "b"), "labels": None}, "has no name"),
        ({"type": "relation"}, "The relation from a span to a span has no name"),
    ],
)
def test_each_fault_of_a_relation_has_its_sentence(drawn: dict[str, Any], sentence: str) -> None:
    """And it says how to go on."""
    assert RULES is not None
    fault = find_relation_fault([*SPANS, relation("a", "b", "MET"), drawn], RULES)
    assert sentence in fault
    assert fault.endswith("what you have marked is kept as your draft.")


@pytest.mark.parametrize(
    "sound",
    [
        relation("a", "b", "MET"),
        relation("a", "b", "SAME_AS", direction="left"),
        relation("a", "m", "MET"),  # a label of before
        relation("a", "n", "MET"),  # one that was split: it may become a PERSON
        relation("a", "b", "SAW"),
        relation("a", "r", "LIKED"),  # dropped by the schema
    ],
)
def test_what_the_schema_allows_passes(sound: dict[str, Any]) -> None:
    """Names of before are read as those of today; what cannot be told yet waits for its reader, not here."""
    assert RULES is not None
    assert find_relation_fault([*SPANS, sound], RULES) == ""


@pytest.mark.parametrize("result", [None, "x", 3, {"a": 1}, [None, 3, "x"], [{"type": "labels", "value": None}]])
def test_what_is_not_a_result_is_left_to_label_studio(result: Any) -> None:
    """Nothing in it is a relation."""
    assert RULES is not None
    assert find_relation_fault(result, RULES) == ""


@pytest.mark.parametrize("rule", [{}, {"relations": None}, {"relations": 3}, {"instruction": "1"}])
def test_a_rule_without_relations_refuses_nothing(rule: dict[str, Any]) -> None:
    """A project that was pushed before there were rules goes on."""
    assert read_relation_rules(rule) is None


# --- the same as what a pull quarantines -----------------------------------------------------------------------------

ENDS = {"MET": ("PERSON", "PERSON"), "LIVES_IN": ("PERSON", "PLACE")}
ARTICLE = Article(id="a", text=TEXT, digest=digest_of(TEXT))
SCHEMA = Schema(
    labels=tuple(
        Label(name=name, definition=".", examples=("x",), color=color)
        for name, color in (("PERSON", "#000001"), ("PLACE", "#000002"))
    ),
    relations=(
        *(
            RelationType(name=name, definition=".", example="x", head=(head,), tail=(tail,))
            for name, (head, tail) in ENDS.items()
        ),
        RelationType(name="SAME_AS", definition=".", example="x", symmetric=True),
    ),
)
SENT = read_relation_rules({"relations": [each.model_dump(mode="json") for each in SCHEMA.relations]})
LABELS = st.lists(st.sampled_from(["PERSON", "PLACE"]), min_size=1, max_size=3)
REGIONS = st.lists(LABELS, min_size=1, max_size=3)
NAMES = st.lists(st.sampled_from(["MET", "LIVES_IN", "SAME_AS", "KNOWS"]), max_size=2, unique=True)
RELATIONS = st.tuples(st.integers(0, 3), st.integers(0, 3), NAMES, st.sampled_from(["right", "right", "left", "bi"]))


@given(REGIONS, RELATIONS)
def test_what_is_refused_is_what_a_pull_would_quarantine(
    regions: list[list[str]], drawn: tuple[int, int, list[str], str]
) -> None:
    """Of one relation between any regions, the missing fourth one too: the layer and the reading of exports agree."""
    head, tail, names, direction = drawn
    rows = [span(f"s{n}", (2 * n, 2 * n + 1, "")) for n in range(len(regions))]
    for row, labels in zip(rows, regions, strict=True):
        row["value"]["labels"] = labels
    result = [*rows, relation(f"s{head}", f"s{tail}", *names, direction=direction)]
    task: Any = {"id": 1, "data": {"article": "a", "text": TEXT}, "annotations": [{"id": 2, "result": result}]}
    _, quarantined = read_task(task, {"a": ARTICLE}, SCHEMA, {})

    assert SENT is not None
    reasons = [row.reason for row in quarantined if row.what == "relation"]
    assert bool(find_relation_fault(result, SENT)) == bool(reasons), reasons
