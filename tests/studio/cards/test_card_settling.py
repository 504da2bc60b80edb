"""Which answers on cards decide, and what becomes of the others and of what was decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import made
import pytest
from differing import answer_of

from labeling.adjudication.open_conflicts import make_conflict
from labeling.project import load_project
from labeling.studio.cards.card_plan import plan_cards, read_sent_cards
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.card_replies import CardReader, make_reply, read_verdict
from labeling.studio.cards.card_settling import CardJudge, CardSettlement
from labeling.workspace.rows.conflict import Reading, SpanItem
from labeling.workspace.rows.decision_row import DecisionReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.workspace.rows.decision_row import Decision

ARTICLE = made.article("a", "Oslo met Bergen.")
LEAD, JUDGE, READER, OWNER = 1, 2, 3, 4
EMAILS = {LEAD: "lead@x.example", JUDGE: "Judge@x.example", READER: "ana@x.example", OWNER: "owner@x.example"}
NAMES: dict[int | str, str] = {number: email.partition("@")[0] for number, email in EMAILS.items()}


def question(start: int, end: int) -> CardQuestion:
    """Whether a stretch is a country or a location."""
    said = [Reading(annotator=w, id=w, start=start, end=end, label=w) for w in ("COUNTRY", "LOCATION")]
    return CardQuestion(make_conflict(ARTICLE, "label", said, ()), ARTICLE, load_project().schema)


OSLO, BERGEN = question(0, 4), question(9, 15)
ID = OSLO.conflict.id


def at(minute: int) -> str:
    """An instant as the server writes it."""
    return f"2026-11-30T09:{minute:02}:00.000000Z"


def said(number: int, by: int, verdict: str, *reasons: str, minute: int = 0, **fields: Any) -> dict[str, Any]:
    """An answer as an export has it."""
    row = {"id": number, "completed_by": by, "updated_by": by, "result": answer_of(verdict, *reasons)}
    return {**row, "was_cancelled": False, "updated_at": at(minute), **fields}


def card(task: int, *rows: dict[str, Any], about: CardQuestion = OSLO) -> dict[str, Any]:
    """A card as an export has it."""
    return {"id": task, "data": {"conflict": about.conflict.id, "article": "a"}, "annotations": [*rows], "drafts": [{}]}


def settle(
    *cards: dict[str, Any], known: Sequence[Decision] = (), still: Sequence[CardQuestion] = (OSLO, BERGEN)
) -> CardSettlement:
    """What comes of some cards, where these questions are open."""

    def find_open(article: str, _decisions: Sequence[Decision]) -> Mapping[str, CardQuestion]:
        return {each.conflict.id: each for each in still} if article == "a" else {}

    judge = CardJudge(CardReader(NAMES, EMAILS), {"lead@x.example", "judge@x.example"}, find_open)
    return judge.settle(cards, known)


def told(found: CardSettlement) -> list[tuple[str, str, str]]:
    """Who decided what, and why."""
    return [(each.by, each.decision, each.why) for each in found.decisions]


def kinds(found: CardSettlement) -> list[str]:
    """Why answers decide nothing."""
    return [row.kind for row in found.quarantine]


def test_an_answer_decides_its_question() -> None:
    """With who, when and why, the server's numbers, and what stands of what was judged."""
    (decision,) = settle(card(7, said(70, LEAD, "b", "slip", minute=3))).decisions
    country, location = (SpanItem(start=0, end=4, label=label) for label in ("COUNTRY", "LOCATION"))

    assert (decision.conflict, decision.article, decision.digest) == (ID, "a", ARTICLE.digest)
    assert (decision.judged, decision.accepted) == ((country, location), (location,))
    assert (decision.by, decision.why, decision.at, decision.task, decision.server_id) == ("lead", "slip", at(3), 7, 70)


@pytest.mark.parametrize(
    ("verdict", "accepted"), [("a", ["COUNTRY"]), ("both", ["COUNTRY", "LOCATION"]), ("neither", [])]
)
def test_each_answer_lets_stand_what_it_says(verdict: str, accepted: list[str]) -> None:
    """Neither lets nothing stand."""
    (decision,) = settle(card(7, said(70, LEAD, verdict))).decisions
    assert [item.label for item in decision.accepted if isinstance(item, SpanItem)] == accepted
    assert decision.decision == verdict


def test_what_nobody_decides_is_no_decision() -> None:
    """A skip, a draft, a card without an answer, one that is left to the whole article."""
    skip = said(70, LEAD, "a", was_cancelled=True)
    found = settle(card(7, skip), card(8), card(9, said(90, LEAD, "article"), about=BERGEN))
    assert (told(found), kinds(found), found.to_article) == ([], [], 1)


def test_only_an_adjudicator_decides() -> None:
    """By address, in whatever letters; a reader's answer is in quarantine, and so is one by nobody who is known."""
    found = settle(card(7, said(70, READER, "a"), said(71, 99, "a"), said(72, JUDGE, "b")))
    assert (told(found), kinds(found)) == ([("Judge", "b", "")], ["not an adjudicator"] * 2)
    assert [(row.annotator, row.article, row.id, row.task, row.server_id) for row in found.quarantine] == [
        ("ana", "a", "card 70", 7, 70),
        ("user-99", "a", "card 71", 7, 71),
    ]


def test_words_that_somebody_else_gave_an_answer_do_not_count() -> None:
    """Changed by the owner, or filed by the owner as the adjudicator's; a server that does not tell is believed."""
    changed = settle(
        card(7, said(70, LEAD, "a", updated_by=OWNER)), card(8, said(80, LEAD, "a", updated_by=None), about=BERGEN)
    )
    assert (told(changed), kinds(changed)) == ([], ["changed card"] * 2)
    row = said(70, LEAD, "a")
    del row["updated_by"]
    assert told(settle(card(7, row))) == [("lead", "a", "")]


def test_a_star_changes_no_decision_and_neither_does_somebody_elses_word() -> None:
    """What was taken in stands: with its time, as its author gave it."""
    known = settle(card(7, said(70, LEAD, "a", minute=1))).decisions
    starred = settle(card(7, said(70, LEAD, "a", minute=5, updated_by=OWNER)), known=known)
    forged = settle(card(7, said(70, LEAD, "b", minute=6, updated_by=OWNER)), known=known)

    assert (starred.decisions, kinds(starred)) == (known, [])
    assert (forged.decisions, kinds(forged), forged.withdrawn) == (known, ["changed card"], 0)


def test_what_was_decided_once_stays() -> None:
    """Though readers agree by now, though its author decides no more, though the card or its project is gone."""
    known = settle(card(7, said(70, LEAD, "a"))).decisions
    assert settle(card(7, said(70, LEAD, "a")), known=known, still=()).decisions == known
    assert settle(known=known, still=()).decisions == known
    # Another server's task of that number is another card.
    assert settle(card(7, about=BERGEN), known=known).decisions == known
    # And so is one of a later project on the same server, which may have the same number.
    later = CardJudge(CardReader(NAMES, EMAILS), set(), lambda _article, _decisions: {}, "2026-11-30T10:00:00.5+00:00")
    assert later.settle([card(7)], known).decisions == known
    left = CardJudge(CardReader(NAMES, EMAILS), set(), lambda _article, _decisions: {})
    assert left.settle([card(7, said(70, LEAD, "a"))], known).decisions == known


def test_its_author_changes_and_withdraws_a_decision() -> None:
    """By another answer, another reason, by deleting it, skipping, or leaving it to the article."""
    known = settle(card(7, said(70, LEAD, "a", minute=1))).decisions
    changed = settle(card(7, said(70, LEAD, "b", "ambiguous", minute=2)), known=known)
    assert (told(changed), changed.changed, changed.new) == ([("lead", "b", "ambiguous")], 1, 0)
    for rows in ([], [said(70, LEAD, "a", was_cancelled=True)], [said(70, LEAD, "article", minute=2)]):
        found = settle(card(7, *rows), known=known)
        assert (told(found), found.withdrawn) == ([], 1), rows


def test_an_outdated_answer_is_dropped_and_listed() -> None:
    """Its readers agree by now, or differ in something else."""
    found = settle(card(7, said(70, LEAD, "a")), card(8, said(80, LEAD, "b"), about=BERGEN), still=(BERGEN,))
    assert ([each.task for each in found.decisions], kinds(found)) == ([8], ["outdated card"])


def test_of_two_answers_of_one_adjudicator_the_last_one_counts() -> None:
    """On one card or on two of the same question, in whatever order they come; a star does not make one the last."""
    rows = said(70, LEAD, "a", minute=5), said(71, LEAD, "b", minute=9)
    for cards in ([card(7, *rows)], [card(7, *rows[::-1])], [card(8, rows[1]), card(7, rows[0])]):
        assert told(settle(*cards)) == [("lead", "b", "")]
    known = settle(card(7, *rows)).decisions
    starred = said(70, LEAD, "a", minute=20, updated_by=OWNER)
    assert told(settle(card(7, starred, rows[1]), known=known)) == [("lead", "b", "")]


def test_two_adjudicators_who_differ_are_both_listed() -> None:
    """The later one stands, which is adjudication's to say; who says the same does not differ."""
    found = settle(card(7, said(71, JUDGE, "b", minute=9), said(70, LEAD, "a", minute=2)))
    assert sorted(told(found)) == [("Judge", "b", ""), ("lead", "a", "")]
    assert found.differing == ("a 0..4: lead says a, then Judge says b; the last one stands",)
    assert settle(card(7, said(71, JUDGE, "a"), said(70, LEAD, "a"))).differing == ()


BAD_RESULTS = [
    [],
    None,
    "a",
    [7, {"type": "choices"}, {"type": "choices", "from_name": "verdict", "value": {"choices": "a"}}],
    answer_of("z"),
    answer_of("A"),
    answer_of(""),
    [*answer_of("a"), *answer_of("b")],
    answer_of("a", "because"),
    answer_of("a", "slip", "ambiguous"),
]


@pytest.mark.parametrize("result", BAD_RESULTS)
def test_an_answer_made_by_hand_that_is_none_of_the_cards_decides_nothing(result: Any) -> None:
    """It is in quarantine, and what its author had decided before is withdrawn with it."""
    row = said(70, LEAD, "a", minute=3, result=result)
    found = settle(card(7, row))
    assert (told(found), kinds(found)) == ([], ["unreadable card"])
    before = settle(card(7, said(70, LEAD, "a"))).decisions
    assert told(settle(card(7, row), known=before)) == []


@pytest.mark.parametrize("when", [None, "yesterday", "2026-11-30T09:00:00", "9999-12-31T00:00:00Z"])
def test_an_answer_without_a_time_decides_nothing(when: Any) -> None:
    """Nobody could tell which of two is the later one."""
    assert kinds(settle(card(7, said(70, LEAD, "a", updated_at=when)))) == ["unreadable card"]


def test_both_is_none_of_the_answers_where_one_version_holds_the_other() -> None:
    """An answer that the card does not offer is none."""
    alone = [Reading(annotator="x", id="x", start=0, end=4, label="COUNTRY")]
    missed = CardQuestion(make_conflict(ARTICLE, "missed", alone, ()), ARTICLE, load_project().schema)
    found = settle(card(7, said(70, LEAD, "both"), about=missed), still=(missed,))
    assert kinds(found) == ["unreadable card"]


def test_a_reason_is_read_beside_the_marks_of_the_card() -> None:
    """The card's own marks stand in each answer, too."""
    mark = {"type": "labels", "from_name": "reading", "value": {"start": 0, "end": 4, "labels": ["A COUNTRY"]}}
    assert read_verdict([mark, *answer_of("neither", "guideline silent")]) == ("neither", "guideline silent", "")


@pytest.mark.parametrize("verdict", ["a", "both", "neither", "article", "27"])
@pytest.mark.parametrize("reason", get_args(DecisionReason))
def test_what_is_made_as_an_answer_is_read_as_that_answer(verdict: str, reason: DecisionReason) -> None:
    """With and without a reason."""
    assert read_verdict(make_reply(verdict, reason)["result"]) == (verdict, reason, "")


# --- the cards there are ---------------------------------------------------------------------------------------------


def row(task: int, conflict: object, answered: int = 0, skipped: int = 0) -> dict[str, Any]:
    """A task as the server lists it."""
    return {"id": task, "data": {"conflict": conflict}, "total_annotations": answered, "cancelled_annotations": skipped}


def test_each_open_conflict_has_one_card() -> None:
    """New ones are sent once; an answered card stays whatever its question becomes; tasks of others are left alone."""
    sent = read_sent_cards(
        [row(5, "d"), row(4, "b"), row(1, "a", 1), row(2, "b"), row(3, "e", 1), row(6, None), row(7, 3)]
    )
    plan = plan_cards(["a", "b", "c", "c"], sent)

    assert plan.new == ("c",)
    assert {name: each.task for name, each in plan.waiting.items()} == {"b": 2}
    assert {name: each.task for name, each in plan.answered.items()} == {"a": 1}
    assert [each.task for each in plan.outdated] == [4, 5]


def test_of_two_cards_of_a_question_the_answered_one_stays() -> None:
    """Else the one that somebody skipped, else the older one."""
    assert [each.task for each in plan_cards(["a"], read_sent_cards([row(1, "a"), row(2, "a", 1)])).outdated] == [1]
    assert [each.task for each in plan_cards(["a"], read_sent_cards([row(1, "a"), row(2, "a", 0, 1)])).outdated] == [1]
    assert plan_cards(["a"], read_sent_cards([row(1, "a", 1), row(2, "a", 1)])).outdated == ()
