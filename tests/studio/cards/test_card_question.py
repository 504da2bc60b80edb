"""A conflict as a card: what it shows of the article, its answers and their keys, and what is marked in the text."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.adjudication.open_conflicts import make_conflict
from labeling.project import load_project
from labeling.studio.cards.card_page import card_config, card_notes
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.card_task import card_data, card_task
from labeling.studio.cards.card_window import CARD_MARGIN, cut_window
from labeling.workspace.rows.conflict import ChoiceItem, Conflict, Reading, SpanItem

SCHEMA = load_project().schema
TEXT = "x" * 300 + "Oslo 😀 of the <b>Norwegian</b> Foreign Ministry & others." + "y" * 900 + " Bergen."
ARTICLE = made.article("wire/1", TEXT, title="T")
OSLO, NORWAY, BERGEN = TEXT.index("Oslo"), TEXT.index("Norwegian"), TEXT.index("Bergen")


def reading(who: str, start: int, words: str, label: str) -> Reading:
    """What somebody says of some words."""
    return Reading(annotator=who, id=f"{who}{start}", start=start, end=start + len(words), label=label)


def ask(*readings: Reading, kind: Any = "label", **fields: Any) -> CardQuestion:
    """The question on which some differ."""
    conflict = make_conflict(ARTICLE, kind, readings, ())
    return CardQuestion(conflict.model_copy(update=fields), ARTICLE, SCHEMA)


def answers(question: CardQuestion) -> dict[str, tuple[str, str]]:
    """The key and the words of each answer, by its name."""
    return {answer.name: (answer.key, answer.words) for answer in question.answers}


LABELS = (reading("zoe", OSLO, "Oslo", "COUNTRY"), reading("ana", OSLO, "Oslo", "LOCATION"))


def test_two_versions_have_letters_and_digits_that_do_not_tell_whose_they_are() -> None:
    """In the order of their items, whoever drew them: swap the two, and the card is the same."""
    swapped = tuple(
        each.model_copy(update={"annotator": {"zoe": "ana", "ana": "zoe"}[each.annotator]}) for each in LABELS
    )
    question = ask(*LABELS)

    assert answers(question) == {
        "a": ("1", "A: COUNTRY “Oslo”"),
        "b": ("2", "B: LOCATION “Oslo”"),
        "both": ("8", "both"),
        "neither": ("9", "neither"),
        "article": ("0", "open the article: this cannot be told from here"),
    }
    for same in (ask(*swapped), ask(*LABELS[::-1])):
        assert card_task(same, "") == card_task(question, "")
    assert "zoe" not in str(card_task(question, ""))
    assert question.answers[2].accepted == (*question.versions[0], *question.versions[1])
    assert (question.answers[3].accepted, question.answers[4].accepted) == ((), None)


def test_keys_stay_where_they_are_when_there_are_more_versions() -> None:
    """A digit for each of seven; all together, nothing and the article have theirs on every card."""
    labels = SCHEMA.label_names[:9]
    question = ask(*(reading(f"r{n}", OSLO, "Oslo", label) for n, label in enumerate(labels)))
    keys = {name: key for name, (key, _) in answers(question).items()}

    assert [keys[name] for name in "abcdefghi"] == [*"1234567", "", ""]
    assert (keys["both"], keys["neither"], keys["article"]) == ("8", "9", "0")
    assert answers(question)["both"][1] == "all of them"
    assert len({key for key in keys.values() if key}) == 10


def test_what_cannot_stand_together_is_not_offered() -> None:
    """One who marked more than another said it all; what some missed is one version; a question may have one answer."""
    more = ask(LABELS[0], *(each.model_copy(update={"annotator": "ana"}) for each in LABELS), kind="boundary")
    missed = ask(LABELS[0], kind="missed")
    options = [
        Reading(annotator=who, id=f"usable={o}", start=0, end=9, label=o) for who, o in (("a", "no"), ("b", "yes"))
    ]
    usable = next(each for each in SCHEMA.choices if not each.multiple)
    told = [o.model_copy(update={"id": f"{usable.name}={o.label}"}) for o in options]
    event = [
        o.model_copy(update={"id": f"event={n}", "label": n}) for o, n in zip(options, ("AID", "CONSULT"), strict=True)
    ]

    assert [*answers(more)] == ["a", "b", "neither", "article"]
    assert [*answers(missed)] == ["a", "neither", "article"]
    assert [*answers(ask(*told, kind="choice"))] == ["a", "b", "neither", "article"]
    assert [*answers(ask(*event, kind="choice"))] == ["a", "b", "both", "neither", "article"]


def test_the_text_is_cut_around_what_is_in_dispute() -> None:
    """Two hundred code points on either side, an emoji counts as one; far ends of a relation are two pieces."""
    question = ask(*LABELS)
    window = question.window
    assert window.text == f"… {TEXT[OSLO - CARD_MARGIN : OSLO + 4 + CARD_MARGIN]} …"
    place = window.place(OSLO, OSLO + 4)
    assert place is not None
    assert window.text[slice(*place)] == "Oslo"

    head, tail = (
        SpanItem(start=NORWAY, end=NORWAY + 9, label="GOV_BODY"),
        SpanItem(start=BERGEN, end=BERGEN + 6, label="COUNTRY"),
    )
    far = Reading(annotator="a", id="r", start=NORWAY, end=BERGEN + 6, label="PART_OF", head=head, tail=tail)
    related = ask(far, kind="relation")
    task: Any = card_task(related, "")
    rows = task["predictions"][0]["result"]
    text = task["data"]["text"]
    assert "[…]" in text
    assert [text[row["value"]["start"] : row["value"]["end"]] for row in rows[:2]] == ["Norwegian", "Bergen"]
    assert [row["value"]["labels"] for row in rows[:2]] == [["A PART_OF from: GOV_BODY"], ["A PART_OF to: COUNTRY"]]
    assert [(rows[2][name], rows[2]["labels"]) for name in ("from_id", "to_id")] == [
        (rows[0]["id"], ["PART_OF"]),
        (rows[1]["id"], ["PART_OF"]),
    ]
    assert all(row["readonly"] for row in rows[:2])


@given(
    st.text("ab😀é\n", max_size=900),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 40)), min_size=1, max_size=4),
)
def test_each_stretch_stands_in_the_window_with_what_is_around_it(text: str, drawn: list[tuple[int, int]]) -> None:
    """As it is in the article, with two hundred code points on each side or the end of the text."""
    stretches = [(min(start, len(text)), min(start + length, len(text))) for start, length in drawn]
    window = cut_window(text, stretches)

    for start, end in stretches:
        first, last = max(0, start - CARD_MARGIN), min(len(text), end + CARD_MARGIN)
        for begin, finish in ((start, end), (first, last)):
            place = window.place(begin, finish)
            assert place is not None
            assert window.text[slice(*place)] == text[begin:finish]
    assert window.text.count("[…]") < len(stretches)


def test_no_word_breaks_out_of_its_place() -> None:
    """What is in an article, a definition or a reason is text on the page, whatever it looks like."""
    bad = '<script>alert("x")</script>&'
    question = ask(
        reading("a", NORWAY - 3, "<b>Norwegian</b>", "GOV_BODY"), kind="missed", beside=(ChoiceItem(choice=f"q={bad}"),)
    )
    notes = card_notes(question, [bad], "/projects/1/data?task=2&x=3")

    assert "<script>" not in notes
    assert "Decided before" in notes
    assert "All agree on" in notes
    root = ET.fromstring(notes.replace("<br>", "<br/>"))  # noqa: S314 - written by us
    assert [each.get("href") for each in root.iter("a")] == ["/projects/1/data?task=2&x=3"]
    data: Any = card_data(question, notes)
    assert data["answers"][0]["value"] == "A: GOV_BODY “<b>Norwegian</b>”"


def test_definitions_in_dispute_stand_under_the_card_once() -> None:
    """Of each label, relation and option, also of what was decided before; of one that the schema lost, nothing."""
    before = (SpanItem(start=OSLO, end=OSLO + 4, label="GOV_BODY"),)
    notes = card_notes(ask(*LABELS, reading("c", OSLO, "Oslo", "GONE"), decided=before), (), "")

    assert [notes.count(f"<b>{label}</b>") for label in ("COUNTRY", "LOCATION", "GOV_BODY", "GONE")] == [1, 1, 1, 0]
    assert "<a " not in notes


def test_the_config_of_the_page_is_one_for_all_cards() -> None:
    """With the relations of the schema, an answer that is required, and reasons by letters that no digit takes."""
    root = ET.fromstring(card_config(SCHEMA))  # noqa: S314 - the same
    assert [each.get("value") for each in root.iter("Relation")] == [each.name for each in SCHEMA.relations]
    verdict, reason = root.findall("Choices")
    assert (verdict.get("required"), verdict.get("value"), len(verdict)) == ("true", "$answers", 0)
    assert [(each.get("value"), each.get("hotkey")) for each in reason] == [
        ("slip", "s"),
        ("guideline silent", "g"),
        ("ambiguous", "a"),
    ]


@pytest.mark.parametrize("around", [0, 3])
def test_a_conflict_of_a_whole_article_shows_its_beginning(around: int) -> None:
    """Of a choice four hundred code points, and the window may be empty where the text is."""
    option = Reading(annotator="a", id="event=AID", start=0, end=len(TEXT), label="AID")
    assert ask(option, kind="choice").window.text == f"{TEXT[: 2 * CARD_MARGIN]} …"
    assert cut_window("", [(0, 0)], around).text == ""


def test_what_was_decided_before_is_a_version_that_says_so() -> None:
    """Something new in a stretch that was settled: what stands is among the versions."""
    decided = (SpanItem(start=OSLO, end=OSLO + 4, label="COUNTRY"),)
    conflict: Conflict = ask(LABELS[1], kind="missed", decided=decided).conflict
    told = answers(CardQuestion(conflict, ARTICLE, SCHEMA))
    assert (told["a"][1], told["b"][1]) == ("A: COUNTRY “Oslo” (decided before)", "B: LOCATION “Oslo”")
