"""Properties of precedents, over decisions drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import made
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.adjudication.decided_articles import list_decided
from labeling.adjudication.open_conflicts import make_conflict
from labeling.adjudication.precedents import STOP_WORDS, Precedents, list_contradictions, list_silent
from labeling.adjudication.versions import decide_conflict
from labeling.schema import Label, Migrations, Schema
from labeling.workspace.rows.conflict import Reading

if TYPE_CHECKING:
    from random import Random

    from labeling.articles import Article
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.decision_row import Decision

LABELS = ("BODY", "PLACE", "MAN")
# Renamed all, or two of them swapped.
RENAMINGS = st.sampled_from([{}, dict(zip(LABELS, "BPM", strict=True)), {"BODY": "PLACE", "PLACE": "BODY"}])
WORDS = st.lists(st.sampled_from(("Oslo", "the", "Fjord", "of", "US", "oil")), min_size=1, max_size=3).map(" ".join)
# The words in dispute, the labels, how many of them stand, on which day, why.
QUESTIONS = st.tuples(
    WORDS,
    st.sets(st.sampled_from(LABELS), min_size=1).map(sorted),
    st.integers(0, 2),
    st.integers(1, 3),
    st.sampled_from(("", "guideline silent")),
)


def schema_of(names: dict[str, str]) -> Schema:
    """The schema in which the labels have these names now."""
    labels = [
        Label(name=names.get(name, name), definition="It.", examples=("a",), color=f"#00000{at}")
        for at, name in enumerate(LABELS)
    ]
    return Schema(labels=tuple(labels), migrations=Migrations(labels=names))


def ask(article: Article, labels: list[str]) -> Conflict:
    """Each of several readers has another of these labels on the whole of an article."""
    readings = [
        Reading(annotator=f"r{at}", id=f"r{at}", start=0, end=len(article.text), label=label)
        for at, label in enumerate(labels)
    ]
    return make_conflict(article, "label" if len(labels) > 1 else "missed", readings, ())


def settle(questions: list[Any]) -> tuple[dict[str, Article], list[Decision]]:
    """An article a question; some are decided twice, at the same instant."""
    articles = {f"w/{at}": made.article(f"w/{at}", words) for at, (words, *_) in enumerate(questions)}
    decisions = []
    for article, (_, labels, stand, day, why) in zip(articles.values(), questions, strict=True):
        conflict = ask(article, labels)
        for first in range(1 + (day == 1)):
            made_so = decide_conflict(conflict, conflict.items[first:stand], "lead", f"2026-01-0{day}T09:00:00Z")
            decisions.append(made_so.model_copy(update={"why": why}))
    return articles, decisions


@given(st.lists(QUESTIONS, max_size=6), QUESTIONS, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_decisions_does_not_matter(questions: list[Any], asked: Any, random: Random) -> None:
    """Neither to what is nearest, nor to what is contradicted or silent."""
    articles, decisions = settle(questions)
    shuffled = random.sample(decisions, len(decisions))
    article = made.article("x", asked[0])
    one, other = (
        Precedents(each, articles).find_nearest(ask(article, asked[1]), article) for each in (decisions, shuffled)
    )

    assert one == other
    assert list_contradictions(decisions, articles) == list_contradictions(shuffled, articles)
    assert list_silent(decisions, articles) == list_silent(shuffled, articles)


@given(st.lists(QUESTIONS, min_size=1, max_size=6), RENAMINGS)
@settings(max_examples=50)
def test_a_decision_is_a_precedent_of_its_questions_twin(questions: list[Any], names: dict[str, str]) -> None:
    """The same labels on the same words of another article find it, as near as can be, in the names of today."""
    articles, decisions = settle(questions)
    precedents = Precedents(list_decided(decisions, articles, schema_of(names), []), articles)
    for at, (words, labels, *_) in enumerate(questions):
        twin = made.article("twin", words)
        found = precedents.find_nearest(ask(twin, [names.get(label, label) for label in labels]), twin, most=6)
        nearness = {each.decision.article: each.nearness for each in found}
        assert nearness.get(f"w/{at}", 0) == (not STOP_WORDS.issuperset(words.split()))


@given(st.lists(QUESTIONS, max_size=6))
@settings(max_examples=50)
def test_the_same_question_decided_otherwise_is_always_listed(questions: list[Any]) -> None:
    """All questions compared with one another, two by two."""
    articles, decisions = settle(questions)
    last = {each.conflict: each for each in sorted(decisions, key=lambda each: (each.at, each.decision))}
    said = [
        ((articles[each.article].text.casefold(), tuple(str(item.key) for item in each.judged)), each.decision)
        for each in last.values()
    ]
    wanted = {one for one, answer in said for other, another in said if one == other and answer != another}
    found = list_contradictions(decisions, articles)

    assert len(found) == len(wanted)
    assert {each.words.casefold() for each in found} == {words for words, _ in wanted}
