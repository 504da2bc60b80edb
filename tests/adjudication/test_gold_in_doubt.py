"""Doubts as questions: what they ask, when they are out of date, and what their answer does to gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import made
import pytest

from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.gold_in_doubt import (
    AskedDoubt,
    GoldInDoubt,
    ask_doubt,
    collect_verdicts,
    is_settled_doubt,
    pose_doubt,
)
from labeling.adjudication.versions import decide_conflict, name_answer, versions_of
from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.project import load_project
from labeling.studio.cards.card_page import card_notes
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.card_task import card_data, doubt_of
from labeling.workspace.asking import Asking
from labeling.workspace.rows.conflict import SpanItem
from labeling.workspace.rows.doubt import Doubt

if TYPE_CHECKING:
    from labeling.adjudication.trimming import TrimRule

ARTICLE = made.article("a", "The Dutch Council met, and Oslo.")
COUNCIL, DUTCH, WIDE = (10, 17, "COUNTRY"), (4, 9, "COUNTRY"), (4, 17, "GOV_BODY")
SCHEMA = load_project().schema
TRIM: tuple[TrimRule, ...] = ("blanks", "punctuation")


def gold(*spans: tuple[int, int, str], rule: str = "all agree", **more: Any) -> Gold:
    """What gold has of the article."""
    drawn = (GoldSpan(id=f"s{s}{label}", start=s, end=e, label=label, rule=rule, by=("ana",)) for s, e, label in spans)
    known = {"article": "a", "digest": ARTICLE.digest, "complete": True, "annotators": ("ana", "ben")}
    return Gold(**{**known, "spans": tuple(drawn), **more})


def doubted(start: int, end: int, label: str, instead: str = "", **more: Any) -> Doubt:
    """A doubt about the article."""
    about = {"article": "a", "digest": ARTICLE.digest, "text": ARTICLE.text[start:end], "why": "so it is", "score": 0.5}
    place = {"start": start, "end": end, "label": label, "instead": instead, "kind": "model", "kinds": ("model",)}
    return Doubt(**{**about, **place, **more})


def items(*spans: tuple[int, int, str]) -> tuple[SpanItem, ...]:
    """As a card has them."""
    return tuple(SpanItem(start=start, end=end, label=label) for start, end, label in spans)


def ask(doubt: Doubt, has: Gold) -> AskedDoubt:
    """The question that a doubt raises."""
    asked = ask_doubt(doubt, ARTICLE, has, TRIM)
    assert asked
    return asked


def pose(doubt: Doubt, has: Gold) -> GoldInDoubt:
    """The question as it is put."""
    posed = pose_doubt(ask(doubt, has), ARTICLE, has, SCHEMA.label_names)
    assert posed
    return posed


@pytest.mark.parametrize(
    ("doubt", "has", "versions"),
    [
        # Another label, which stands after gold's in the alphabet, and before it.
        (doubted(*COUNCIL, instead="GOV_BODY"), [COUNCIL], [[COUNCIL], [(10, 17, "GOV_BODY")]]),
        (doubted(*WIDE, instead="COUNTRY"), [WIDE], [[WIDE], [(4, 17, "COUNTRY")]]),
        # It should not be there.
        (doubted(*DUTCH), [DUTCH, WIDE], [[DUTCH]]),
        # It should be there; with what it should be trimmed of.
        (doubted(27, 32, "", "LOCATION"), [DUTCH], [[(27, 31, "LOCATION")]]),
        # Other ends: as a row of a span, and as one of what is missing beside it.
        (doubted(*COUNCIL, ends=(4, 17)), [COUNCIL], [[COUNCIL], [(4, 17, "COUNTRY")]]),
        (doubted(4, 17, "", "COUNTRY"), [COUNCIL, DUTCH, WIDE], [[DUTCH, COUNCIL], [(4, 17, "COUNTRY")]]),
        # Both another label and other ends.
        (
            doubted(*COUNCIL, instead="GOV_BODY", ends=(4, 17)),
            [COUNCIL],
            [[COUNCIL], [(4, 17, "COUNTRY")], [(10, 17, "GOV_BODY")]],
        ),
        # What is proposed is there already: then there is one version.
        (doubted(*COUNCIL, instead="GOV_BODY"), [COUNCIL, (10, 17, "GOV_BODY")], [[COUNCIL]]),
    ],
)
def test_gold_is_the_first_version(doubt: Doubt, has: Any, versions: Any) -> None:
    """Then what speaks against it, each for itself; the answers are named in the same order."""
    posed = pose(doubt, gold(*has))

    assert versions_of(posed) == [items(*version) for version in versions]
    assert [name_answer(posed, items(*version)) for version in versions] == ["a", "b", "c"][: len(versions)]
    assert name_answer(posed, ()) == "neither"


@pytest.mark.parametrize(
    ("doubt", "has"),
    [
        (doubted(*COUNCIL), [DUTCH]),
        (doubted(*COUNCIL, digest="0" * 64), [COUNCIL]),
        (doubted(27, 31, "", "LOCATION"), [(27, 31, "LOCATION")]),
        (doubted(21, 23, "", "LOCATION"), [DUTCH]),
    ],
)
def test_what_gold_does_not_have_is_not_asked(doubt: Doubt, has: Any) -> None:
    """Nor a doubt of another text, what stands already, or what is nothing but a comma."""
    assert ask_doubt(doubt, ARTICLE, gold(*has), TRIM) is None


def test_a_question_is_current_while_gold_has_the_same_of_it() -> None:
    """What else is in gold does not matter; it stands beside, where it is near."""
    asked = ask(doubted(*COUNCIL, instead="GOV_BODY"), gold(COUNCIL))

    def posed(has: Gold | None, article: Any = ARTICLE, labels: Any = SCHEMA.label_names) -> GoldInDoubt | None:
        return pose_doubt(asked, article, has, labels)

    current = posed(gold(COUNCIL, WIDE, (27, 31, "LOCATION")))
    assert current
    assert (current.id, current.beside) == (asked.id, items(WIDE))
    assert [
        posed(gold()),
        posed(gold((10, 17, "GOV_BODY"))),
        posed(gold(COUNCIL, (10, 17, "GOV_BODY"))),
        posed(gold(COUNCIL, open=((12, 20),))),
        posed(gold(COUNCIL, usable=False)),
        posed(None),
        posed(gold(COUNCIL), None),
        posed(gold(COUNCIL), made.article("a", ARTICLE.text + "!")),
        posed(gold(COUNCIL), labels=("COUNTRY",)),
    ] == [None] * 9


def test_what_was_decided_before_is_shown_as_such() -> None:
    """An adjudicator's word is a version like any other, and marked."""
    posed = pose(doubted(*COUNCIL, instead="GOV_BODY"), gold(COUNCIL, rule="adjudicated"))
    words = [answer.words for answer in CardQuestion(posed, ARTICLE, SCHEMA).answers]

    assert words[:2] == ["A: COUNTRY “Council” (decided before)", "B: GOV_BODY “Council”"]


def test_a_card_carries_its_doubt() -> None:
    """It is read back from the card, says what gold has and why it is in doubt; what was changed in it is not one."""
    posed = pose(doubted(*COUNCIL, instead="GOV_BODY", why="models say so"), gold(COUNCIL))
    question = CardQuestion(posed, ARTICLE, SCHEMA)
    data = card_data(question, card_notes(question, (), ""))

    assert (question.words, question.answers[0].words) == (
        "Which label?",
        "A: COUNTRY “Council” (as it is in gold)",
    )
    assert "models say so" in str(data["notes"])
    assert doubt_of(data) == posed.asked
    assert doubt_of({**data, "doubt": None}) is None
    assert doubt_of({**data, "article": "b"}) is None
    other = posed.asked.model_copy(update={"standing": items(WIDE)})
    assert doubt_of({**data, "doubt": other.model_dump(mode="json")}) is None


def test_a_question_has_the_same_id_whatever_speaks_against_gold() -> None:
    """And another one than any other question."""
    has = gold(COUNCIL)
    one, same = (ask(doubted(*COUNCIL, instead="GOV_BODY", why=why), has) for why in ("x", "y"))
    others = [ask(doubted(*COUNCIL), has), ask(doubted(*COUNCIL, instead="LOCATION"), has)]

    assert one.id == same.id
    assert len({one.id, *(each.id for each in others)}) == 3


@pytest.mark.parametrize(
    ("accepted", "settled"),
    [([COUNCIL], True), ([(10, 17, "GOV_BODY")], False), ([COUNCIL, (10, 17, "GOV_BODY")], False)],
)
def test_a_doubt_is_settled_while_gold_is_as_it_was_decided(accepted: Any, settled: bool) -> None:  # noqa: FBT001
    """Of an answer that gold does not follow, the doubt is there again; so it is when something else is proposed."""
    has = gold(COUNCIL)
    posed = pose(doubted(*COUNCIL, instead="GOV_BODY"), has)
    verdicts = collect_verdicts([decide_conflict(posed, items(*accepted), "lead", "2026-11-30T09:00:00Z")])

    assert is_settled_doubt(posed.asked, verdicts) is settled
    assert not is_settled_doubt(ask(doubted(*COUNCIL, instead="LOCATION"), has), verdicts)
    inherited = decide_conflict(posed, items(COUNCIL), "lead", "2026-11-30T09:00:00Z")
    assert not is_settled_doubt(posed.asked, collect_verdicts([inherited.model_copy(update={"inherited_from": "b"})]))


@pytest.mark.parametrize(
    ("doubt", "answer", "stands"),
    [
        (doubted(*COUNCIL, instead="GOV_BODY"), [COUNCIL], [DUTCH, WIDE, COUNCIL]),
        (doubted(*COUNCIL, instead="GOV_BODY"), [(10, 17, "GOV_BODY")], [DUTCH, WIDE, (10, 17, "GOV_BODY")]),
        (doubted(*COUNCIL, instead="GOV_BODY"), [], [DUTCH, WIDE]),
        (doubted(27, 32, "", "LOCATION"), [(27, 31, "LOCATION")], [DUTCH, WIDE, COUNCIL, (27, 31, "LOCATION")]),
        (doubted(4, 17, "", "COUNTRY"), [(4, 17, "COUNTRY")], [(4, 17, "COUNTRY"), WIDE]),
    ],
)
def test_an_answer_overrules_agreement_and_nothing_beside_it(doubt: Doubt, answer: Any, stands: Any) -> None:
    """Two readers say the same; what is in doubt follows the answer, and all else is as before."""
    spans = tuple(
        Span(id=f"s{n}", start=s, end=e, label=label) for n, (s, e, label) in enumerate((COUNCIL, DUTCH, WIDE))
    )
    said = [Annotation(article="a", digest=ARTICLE.digest, annotator=who, spans=spans) for who in ("ana", "ben")]
    rules = AdjudicationRules(SCHEMA, TRIM, Asking(SCHEMA, (), ()))
    (before,) = reconcile_annotations(said, (), {"a": ARTICLE}, rules).gold
    decision = decide_conflict(pose(doubt, before), items(*answer), "lead", "2026-11-30T09:00:00Z")
    after = reconcile_annotations(
        said, (), {"a": ARTICLE}, AdjudicationRules(SCHEMA, TRIM, rules.asking, decisions=[decision])
    )

    assert [(span.start, span.end, span.label) for span in after.gold[0].spans] == stands
    assert (after.conflicts, after.decided, after.gold[0].open) == ((), 1, ())
