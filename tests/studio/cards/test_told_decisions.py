"""What readers are told of decisions: their own reading and what stands, and never whose the other one was."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import made

from labeling.adjudication.gold import AdjudicationRules
from labeling.adjudication.open_conflicts import make_conflict
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import Annotation, Span
from labeling.project import load_project
from labeling.studio.cards.told_decisions import ToldDecision, tell_decisions
from labeling.workspace.asking import Asking
from labeling.workspace.rows.conflict import Reading, SpanItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.workspace.rows.decision_row import Decision

ARTICLE = made.article("a", "Oslo met Bergen.")
OTHER = made.article("b", "Oslo met Bergen again.")
SCHEMA = load_project().schema
NOON, LATER = "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"
OSLO, BERGEN = (0, 4), (9, 15)
COUNTRY, LOCATION = (SpanItem(start=0, end=4, label=name) for name in ("COUNTRY", "LOCATION"))


def words(who: str, *spans: tuple[tuple[int, int], str], article: Any = ARTICLE, **fields: Any) -> Annotation:
    """What somebody submitted."""
    drawn = tuple(Span(id=f"{start}{name}", start=start, end=end, label=name) for (start, end), name in spans)
    more: dict[str, Any] = {"updated": NOON, "task": 1, "server_id": 1} | fields
    return Annotation(article=article.id, digest=article.digest, annotator=who, spans=drawn, **more)


def decision(accepted: Sequence[SpanItem], at: str = NOON, why: str = "", **fields: Any) -> Decision:
    """A decision on what Oslo is."""
    said = [Reading(annotator=name, id=name, start=0, end=4, label=name) for name in ("COUNTRY", "LOCATION")]
    made_by_card = decide_conflict(make_conflict(ARTICLE, "label", said, ()), accepted, "lead", at)
    return made_by_card.model_copy(update={"why": why, **fields})


def told(said: Sequence[Annotation], *decisions: Decision, gold: frozenset[str] = frozenset()) -> list[ToldDecision]:
    """What everybody is told."""
    asking = Asking(SCHEMA, ())
    roles = (lambda one: one.annotator in gold, decisions, lambda one: one.annotator == "lead")
    rules = AdjudicationRules(SCHEMA, (), asking, *roles)
    by_article = defaultdict[str, list[Annotation]](list)
    for one in said:
        by_article[one.article].append(one)
    articles = {each.id: each for each in (ARTICLE, OTHER)}
    return [*tell_decisions(lambda: said, by_article, articles, rules, lambda one: f"{one.annotator}@desk.example")]


def shown(rows: Sequence[ToldDecision]) -> set[tuple[str, str, str, str]]:
    """Whom, of which stretch, what they said, what stands."""
    return {(row.reader, row.words, row.own, row.stands) for row in rows}


ANA = words("ana", (OSLO, "COUNTRY"), (BERGEN, "LOCATION"))
BEN = words("ben", (OSLO, "LOCATION"), (BERGEN, "LOCATION"))
CYD = words("cyd", (BERGEN, "LOCATION"))


def test_each_is_told_their_own_reading_and_what_stands() -> None:
    """Also whoever marked nothing there; with the reason, the time, and nobody's name but the reader's own."""
    rows = told([ANA, BEN, CYD], decision([COUNTRY], why="slip"))
    assert shown(rows) == {
        ("ana", "Oslo", "COUNTRY “Oslo”", "COUNTRY “Oslo”"),
        ("ben", "Oslo", "LOCATION “Oslo”", "COUNTRY “Oslo”"),
        ("cyd", "Oslo", "nothing", "COUNTRY “Oslo”"),
    }
    assert {(row.email, row.why, row.at) for row in rows if row.reader == "ana"} == {("ana@desk.example", "slip", NOON)}
    for row in rows:
        others = {"ana", "ben", "cyd", "lead"} - {row.reader}
        assert not any(name in str(row) for name in others)


def test_the_later_decision_is_told() -> None:
    """Of two on one question; "neither" is told as nothing."""
    rows = told([ANA], decision([COUNTRY]), decision([], LATER))
    assert shown(rows) == {("ana", "Oslo", "COUNTRY “Oslo”", "nothing")}


def test_who_has_not_submitted_is_told_nothing() -> None:
    """A skip, a draft, another article, another text, an answer to a gold question, and the adjudicator: nothing."""
    for said in (
        ANA.model_copy(update={"state": "skipped"}),
        ANA.model_copy(update={"state": "draft"}),
        words("ana", (OSLO, "COUNTRY"), article=OTHER),
        ANA.model_copy(update={"digest": "0" * 64}),
        words("lead", (OSLO, "COUNTRY")),
        words("model:x", (OSLO, "COUNTRY")),
    ):
        assert [row for row in told([said], decision([COUNTRY])) if row.reader != "ben"] == [], said
    assert shown(told([ANA, BEN], decision([COUNTRY]), gold=frozenset({"ana"}))) == {
        ("ben", "Oslo", "LOCATION “Oslo”", "COUNTRY “Oslo”")
    }


def test_a_decision_for_another_text_is_told_nobody() -> None:
    """The article has changed since."""
    assert told([ANA], decision([COUNTRY], digest="0" * 64)) == []


def test_a_whole_article_is_told_by_what_is_otherwise() -> None:
    """What does not stand, with what stands instead, and what stands besides; or that all stands as it was read."""
    lead = words("lead", (OSLO, "LOCATION"), ((0, 15), "ISSUE"), updated=LATER)
    whole = decision([], LATER, what="article", conflict="x", judged=(), words=lead, end=16)
    rows = shown(told([ANA, words("ben", (OSLO, "LOCATION"), ((0, 15), "ISSUE"))], whole))
    assert rows == {
        ("ana", "Oslo", "COUNTRY “Oslo”", "LOCATION “Oslo”; ISSUE “Oslo met Bergen”"),
        ("ana", "Bergen", "LOCATION “Bergen”", "ISSUE “Oslo met Bergen”"),
        ("ben", "", "as you read it", "all of it"),
    }


def test_what_an_adjudicator_submitted_among_readers_is_told() -> None:
    """It decides what readers differ in, as a card would."""
    lead = words("lead", (OSLO, "LOCATION"), (BERGEN, "LOCATION"), updated=LATER, server_id=9)
    assert shown(told([ANA, BEN, lead])) == {
        ("ana", "Oslo", "COUNTRY “Oslo”", "LOCATION “Oslo”"),
        ("ben", "Oslo", "LOCATION “Oslo”", "LOCATION “Oslo”"),
    }
