"""Gold is what all agree on, the rest is an open question, and every region is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.adjudication.gold import AdjudicationOutcome, AdjudicationRules, reconcile_annotations
from labeling.annotations import Annotation, Gold, QuarantineRow, Relation, Span
from labeling.errors import DamagedFile
from labeling.ledger import sum_ledger
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.workspace.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from labeling.adjudication.trimming import TrimRule

TEXT = "Delhi met Male, and Paris met Rome."
ARTICLE = made.article("a", TEXT)
SCHEMA = Schema(
    labels=(
        Label(name="PLACE", definition="A place.", examples=("Delhi",), color="#000001", hotkey="p"),
        Label(name="STATE", definition="A state.", examples=("India",), color="#000002", hotkey="s"),
    ),
    relations=(
        RelationType(name="SAME_AS", definition="One thing.", example="-", symmetric=True),
        RelationType(name="MEETS", definition="They meet.", example="-", head=("PLACE",), tail=("PLACE",)),
    ),
    choices=(
        ChoiceSet(
            name="event",
            question="What?",
            multiple=True,
            options=tuple(Option(name=name, definition=".") for name in ("AID", "CONSULT")),
        ),
        ChoiceSet(
            name="usable", question="?", options=tuple(Option(name=name, definition=".") for name in ("yes", "no"))
        ),
    ),
)
UNTRIMMED = AdjudicationRules(SCHEMA, [], Asking(SCHEMA))
DELHI, MALE, PARIS, ROME = (0, 5), (10, 14), (20, 25), (30, 34)


def span(place: tuple[int, int], name: str = "", label: str = "PLACE", *, unsure: bool = False) -> Span:
    """A span whose id is its words, unless it is given another."""
    return Span(id=name or TEXT[slice(*place)], start=place[0], end=place[1], label=label, unsure=unsure)


def submission(
    annotator: str, *spans: Span, relations: Sequence[Relation] = (), **choices: Sequence[str]
) -> Annotation:
    """One annotator's submission on the article."""
    return Annotation(
        article="a",
        digest=ARTICLE.digest,
        annotator=annotator,
        spans=spans,
        relations=tuple(relations),
        choices={name: tuple(chosen) for name, chosen in choices.items()},
        updated="2026-11-22T09:00:00Z",
    )


def decide(*annotations: Annotation, trimming: Sequence[TrimRule] = ()) -> AdjudicationOutcome:
    """Adjudicate annotations of the one article."""
    return reconcile_annotations(annotations, [], {"a": ARTICLE}, AdjudicationRules(SCHEMA, trimming, Asking(SCHEMA)))


def gold_of(found: AdjudicationOutcome) -> Gold:
    """The gold of the one article."""
    (gold,) = found.gold
    return gold


def account(found: AdjudicationOutcome) -> dict[tuple[str, str], str]:
    """Annotator and id to outcome, with the reason after a colon."""
    return {(row.annotator, row.id): f"{row.outcome}: {row.reason}".removesuffix(": ") for row in found.ledger}


def test_a_single_submission_is_gold() -> None:
    """It becomes gold as it is, with its choices, by the rule `only annotator`."""
    gold = gold_of(decide(submission("ana", span(DELHI), span(MALE, unsure=True), event=["AID"])))

    assert [(each.id, each.rule, each.by, each.unsure) for each in gold.spans] == [
        ("Delhi", "only annotator", ("ana",), False),
        ("Male", "only annotator", ("ana",), True),
    ]
    assert (gold.complete, gold.choices, gold.annotators) == (True, {"event": ("AID",)}, ("ana",))


def test_an_empty_submission_is_gold_without_spans() -> None:
    """Annotated and nothing found is knowledge: the article has gold, complete and empty."""
    gold = gold_of(decide(submission("ana")))

    assert (gold.complete, gold.spans, gold.annotators) == (True, (), ("ana",))


def test_spans_on_which_two_agree_are_merged() -> None:
    """The first annotator's region is gold, the other's merged with it; who is unsure makes gold unsure."""
    found = decide(submission("ben", span(DELHI, "b1", unsure=True)), submission("ana", span(DELHI, "a1")))

    (gold,) = gold_of(found).spans
    assert (gold.id, gold.rule, gold.by, gold.unsure) == ("a1", "unanimous", ("ana", "ben"), True)
    assert account(found) == {("ana", "a1"): "gold", ("ben", "b1"): "merged: same as ana's a1"}


def test_an_open_conflict_on_a_boundary() -> None:
    """Where offsets differ nothing is gold: the stretch of both is open, with both readings."""
    found = decide(submission("ana", span((0, 9), "a1"), span(MALE)), submission("ben", span(DELHI, "b1"), span(MALE)))

    gold, (conflict,) = gold_of(found), found.conflicts
    assert ([each.id for each in gold.spans], gold.open, gold.complete) == (["Male"], ((0, 9),), False)
    assert (conflict.kind, conflict.start, conflict.end, conflict.missed_by) == ("boundary", 0, 9, ())
    assert [(each.annotator, each.id, each.start, each.end) for each in conflict.readings] == [
        ("ben", "b1", 0, 5),
        ("ana", "a1", 0, 9),
    ]
    assert account(found)["ana", "a1"] == "open: open conflict: boundary, 0..9"


def test_an_open_conflict_on_a_label() -> None:
    """One stretch with two labels is a conflict of its own kind."""
    found = decide(submission("ana", span(DELHI, "a1")), submission("ben", span(DELHI, "b1", "STATE")))

    assert [(each.kind, each.start, each.end) for each in found.conflicts] == [("label", 0, 5)]


def test_a_span_that_one_missed_is_open() -> None:
    """The conflict names who missed it."""
    found = decide(submission("ana", span(DELHI)), submission("ben"), submission("cyd", span(DELHI)))

    assert [(each.kind, each.missed_by) for each in found.conflicts] == [("missed", ("ben",))]
    assert {row.outcome for row in found.ledger} == {"open"}


def test_adjacent_disputes_are_two_questions() -> None:
    """Disputed spans that touch without overlapping are asked one by one."""
    found = decide(submission("ana", span((0, 5), "a1"), span((5, 9), "a2")), submission("ben"))

    assert gold_of(found).open == ((0, 5), (5, 9))


def test_only_the_latest_submission_counts() -> None:
    """An earlier submission, a draft and a skip are set aside with their reasons; instants compare, not their texts."""
    early = submission("ana", span(DELHI)).model_copy(update={"updated": "2026-11-22T09:00:00Z", "server_id": 9})
    late = submission("ana", span(MALE)).model_copy(update={"updated": "2026-11-22T09:00:00.5Z", "server_id": 1})
    draft = submission("ana", span(PARIS)).model_copy(update={"state": "draft", "updated": "2026-11-23T09:00:00Z"})
    skipped = submission("ben", span(ROME)).model_copy(update={"state": "skipped"})

    found = decide(late, draft, skipped, early)

    assert [each.id for each in gold_of(found).spans] == ["Male"]
    assert account(found) == {
        ("ana", "Delhi"): "decided_against: superseded by a later submission",
        ("ana", "Male"): "gold",
        ("ana", "Paris"): "decided_against: a draft, not submitted",
        ("ben", "Rome"): "decided_against: skipped",
    }


def test_at_one_instant_the_higher_server_id_is_later() -> None:
    """Two submissions of one instant are told apart by the server's numbers."""
    first = submission("ana", span(DELHI)).model_copy(update={"server_id": 9})
    second = submission("ana", span(MALE)).model_copy(update={"server_id": 10})

    assert [each.id for each in gold_of(decide(second, first)).spans] == ["Male"]


def test_an_unreadable_time_is_refused() -> None:
    """A time that cannot be read would decide wrongly in silence, so it is an error."""
    with pytest.raises(DamagedFile, match="yesterday"):
        decide(submission("ana").model_copy(update={"updated": "yesterday"}))


def test_models_do_not_make_gold() -> None:
    """A model's or a projection's annotation never becomes gold; an article that only they annotated has none."""
    found = decide(submission("model:rules", span(DELHI)), submission("projected:b", span(MALE)))

    assert found.gold == ()
    assert {row.reason for row in found.ledger} == {"only a person's word can become gold"}


def test_an_article_that_all_skipped_has_no_gold() -> None:
    """Skipped is not annotated: there is no gold, and not an empty one."""
    assert decide(submission("ana").model_copy(update={"state": "skipped"})).gold == ()


def test_trimming_keeps_the_drawn_offsets() -> None:
    """A blank at the edge is trimmed, and gold has the drawn offsets too; two that differ by blanks agree."""
    found = decide(
        submission("ana", span((9, 15), "a1")), submission("ben", span(MALE, "b1")), trimming=("blanks", "punctuation")
    )

    (gold,) = gold_of(found).spans
    assert (gold.start, gold.end, gold.drawn) == (10, 14, (9, 15))
    assert found.conflicts == ()


def test_a_span_of_blanks_is_decided_against() -> None:
    """A span of blanks alone is decided against, and so is the relation that needs it."""
    blank = span((5, 6), "blank")
    found = decide(
        submission("ana", span(DELHI), blank, relations=[Relation(head="Delhi", tail="blank", label="MEETS")]),
        trimming=("blanks",),
    )

    assert account(found) == {
        ("ana", "Delhi"): "gold",
        ("ana", "blank"): "decided_against: nothing is left after trimming blanks",
        ("ana", "Delhi MEETS blank"): "decided_against: its end blank is not in gold",
    }


def test_spans_that_are_equal_after_trimming_are_one() -> None:
    """Two spans of one annotator that differ by a blank become one span of gold, their relations with them."""
    found = decide(
        submission(
            "ana",
            span(DELHI, "a1"),
            span((0, 6), "a2"),
            span(MALE, "a3"),
            relations=[
                Relation(head="a2", tail="a3", label="MEETS"),
                Relation(head="a1", tail="a3", label="MEETS"),
                Relation(head="a1", tail="a2", label="MEETS"),
            ],
        ),
        trimming=("blanks",),
    )

    assert gold_of(found).relations == (Relation(head="a1", tail="a3", label="MEETS"),)
    assert account(found)["ana", "a2"] == "merged: same as ana's a1"
    assert account(found)["ana", "a1 MEETS a2"] == "decided_against: both its ends are one span of gold"
    assert sum_ledger(found.ledger)["gold"]["relation"] == {"decided_against": 1, "gold": 1, "in": 3, "merged": 1}


def test_a_relation_of_an_open_span_is_open() -> None:
    """Nobody has decided against it: it waits for its end."""
    link = Relation(head="Delhi", tail="Male", label="MEETS")
    found = decide(submission("ana", span(DELHI), span(MALE), relations=[link]), submission("ben", span(DELHI, "b1")))

    assert account(found) == {
        ("ana", "Delhi"): "gold",
        ("ana", "Male"): "open: open conflict: missed, 10..14",
        ("ana", "Delhi MEETS Male"): "open: its end Male is not in gold",
        ("ben", "b1"): "merged: same as ana's Delhi",
    }


def test_relations_agree_on_spans_of_gold() -> None:
    """Two annotators' relations are one when they join the same two spans; a symmetric one either way round."""
    ana = submission(
        "ana",
        span(DELHI, "a1"),
        span(MALE, "a2"),
        relations=[Relation(head="a1", tail="a2", label="MEETS"), Relation(head="a1", tail="a2", label="SAME_AS")],
    )
    ben = submission(
        "ben",
        span(DELHI, "b1"),
        span(MALE, "b2"),
        relations=[Relation(head="b2", tail="b1", label="MEETS"), Relation(head="b2", tail="b1", label="SAME_AS")],
    )
    found = decide(ana, ben)

    assert gold_of(found).relations == (Relation(head="a1", tail="a2", label="SAME_AS"),)
    assert account(found)["ben", "b2 SAME_AS b1"] == "merged: same as ana's a1 SAME_AS a2"
    assert [(each.kind, each.start, each.end, each.missed_by) for each in found.conflicts] == [
        ("relation", 0, 14, ("ben",)),
        ("relation", 0, 14, ("ana",)),
    ]
    assert gold_of(found).complete


def test_choices_are_agreed_on_by_those_who_answered() -> None:
    """Who leaves a question out does not outvote; an option that one of two who answered did not choose is open."""
    found = decide(submission("ana", event=["AID", "CONSULT"]), submission("ben", event=["CONSULT"]), submission("cyd"))

    gold, (conflict,) = gold_of(found), found.conflicts
    assert (gold.choices, gold.open_choices) == ({"event": ("CONSULT",)}, ("event=AID",))
    assert (conflict.kind, conflict.missed_by, [each.id for each in conflict.readings]) == (
        "choice",
        ("ben",),
        ["event=AID"],
    )
    assert account(found) == {
        ("ana", "event=AID"): f"open: open conflict: choice, 0..{len(TEXT)}",
        ("ana", "event=CONSULT"): "gold",
        ("ben", "event=CONSULT"): "merged: same as ana's event=CONSULT",
    }


def test_an_option_named_twice_is_one_option() -> None:
    """It is accounted for twice, and is in gold once."""
    found = decide(submission("ana", event=["AID", "AID"]))

    assert gold_of(found).choices == {"event": ("AID",)}
    assert sum_ledger(found.ledger)["gold"]["choice"] == {"gold": 1, "in": 2, "merged": 1}


def test_anyone_can_rule_an_article_out() -> None:
    """`usable: no` by one annotator leaves nothing of the article but that verdict."""
    found = decide(submission("ana", span(DELHI), usable=["yes"]), submission("ben", usable=["no"], event=["AID"]))

    gold = gold_of(found)
    assert (gold.usable, gold.spans, gold.choices, found.conflicts) == (False, (), {"usable": ("no",)}, ())
    assert account(found) == {
        ("ana", "Delhi"): "decided_against: usable: no, says ben",
        ("ana", "usable=yes"): "decided_against: usable: no, says ben",
        ("ben", "event=AID"): "decided_against: usable: no, says ben",
        ("ben", "usable=no"): "gold",
    }


def test_quarantine_is_part_of_the_account() -> None:
    """What was quarantined when it was pulled has its row, with its kind."""
    bad = QuarantineRow(
        article="a", annotator="ana", what="span", id="x", kind="offsets out of range", reason="40..50 of 35"
    )
    found = reconcile_annotations([submission("ana", span(DELHI))], [bad], {"a": ARTICLE}, UNTRIMMED)

    assert account(found)["ana", "x"] == "quarantined: offsets out of range: 40..50 of 35"
    assert found.quarantined == ()


def test_a_schema_that_changed_since_the_pull() -> None:
    """A label that is gone from the schema is quarantined now, by name, and reported as new."""
    found = decide(submission("ana", span(DELHI, label="PLANET"), span(MALE)))

    assert account(found)["ana", "Delhi"].startswith("quarantined: unknown label:")
    assert [(each.id, each.kind) for each in found.quarantined] == [("Delhi", "unknown label")]


def test_annotations_of_an_unknown_article_are_quarantined() -> None:
    """Annotations of an article that was never taken in are quarantined, and make no gold."""
    found = reconcile_annotations([submission("ana", span(DELHI))], [], {}, UNTRIMMED)

    assert found.gold == ()
    assert account(found)["ana", "Delhi"].startswith("quarantined: unknown article")


def test_annotations_of_another_text_do_not_count() -> None:
    """Whoever annotated another text did not look at this one: nothing follows, not even that nothing is there."""
    stale = submission("ben").model_copy(update={"digest": "0" * 64})

    assert gold_of(decide(submission("ana", span(DELHI)), stale)).annotators == ("ana",)
    assert decide(stale).gold == ()


places = st.tuples(st.integers(0, 34), st.integers(1, 8), st.sampled_from(["PLACE", "STATE", "PLANET"]))


@st.composite
def submissions(draw: st.DrawFn) -> list[Annotation]:
    """Up to five annotations by three people and a model: any state, overlapping spans, dangling relations."""
    made = []
    for number in range(draw(st.integers(1, 5))):
        spans = [
            Span(id=f"s{draw(st.integers(0, 4))}", start=start, end=start + length, label=label)
            for start, length, label in draw(st.lists(places, max_size=4))
        ]
        ends = st.sampled_from([f"s{n}" for n in range(5)])
        relations = draw(
            st.lists(st.builds(Relation, head=ends, tail=ends, label=st.sampled_from(["SAME_AS", "MEETS"])), max_size=3)
        )
        one = submission(draw(st.sampled_from(["ana", "ben", "cyd", "model:m"])), *spans, relations=relations)
        chosen = draw(st.lists(st.sampled_from(["AID", "CONSULT", "WAR"]), max_size=2))
        usable = draw(st.sampled_from([(), (), ("yes",), ("no",)]))
        update = {
            "state": draw(st.sampled_from(["submitted", "submitted", "skipped", "draft"])),
            "choices": {"event": tuple(chosen), "usable": usable},
            "server_id": number,
        }
        made.append(one.model_copy(update=update))
    return made


@given(submissions(), st.sampled_from([(), ("blanks",), ("blanks", "punctuation")]))
def test_every_account_balances(several: list[Annotation], trimming: tuple[TrimRule, ...]) -> None:
    """As many things come out as came in; each span of gold has one row that records it; gold passes the checks."""
    found = decide(*several, trimming=trimming)

    for what, entered in {
        "span": sum(len(each.spans) for each in several),
        "relation": sum(len(each.relations) for each in several),
        "choice": sum(len(options) for each in several for options in each.choices.values()),
    }.items():
        assert entered == sum(row.what == what for row in found.ledger)
    for gold in found.gold:
        rows = [row.id for row in found.ledger if row.what == "span" and row.outcome == "gold"]
        assert sorted(rows) == sorted(each.id for each in gold.spans)
        assert len({each.id for each in gold.spans}) == len(gold.spans)
        ids = {each.id for each in gold.spans}
        assert all({each.head, each.tail} <= ids for each in gold.relations)
        assert all(first[1] <= second[0] for first, second in zip(gold.open, gold.open[1:], strict=False))
        assert gold.complete == (not gold.open)


@given(submissions(), st.randoms())
def test_gold_does_not_depend_on_the_order_of_annotations(several: list[Annotation], random: Random) -> None:
    """Annotations in any order give the same gold, conflicts and ledger."""
    shuffled = list(several)
    random.shuffle(shuffled)

    assert decide(*several) == decide(*shuffled)
