"""A precedent is about the same labels and shares a content word; the same words decided otherwise contradict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest

from labeling.adjudication.precedents import Precedents, list_contradictions, list_silent
from labeling.adjudication.versions import decide_conflict
from labeling.workspace.rows.conflict import (
    ChoiceItem,
    Conflict,
    Item,
    Reading,
    RelationItem,
    SpanItem,
    make_conflict_id,
)

if TYPE_CHECKING:
    from labeling.articles import Article
    from labeling.workspace.rows.decision_row import Decision


def question(article: Article, *said: tuple[str, str]) -> Conflict:
    """Annotators have these labels on these words, each annotator one."""
    readings = []
    for number, (label, words) in enumerate(said):
        start = article.text.index(words)
        end = start + len(words)
        readings.append(Reading(annotator=f"r{number}", id=f"s{number}", start=start, end=end, label=label))
    conflict = Conflict(
        article=article.id,
        kind="label",
        start=min(each.start for each in readings),
        end=max(each.end for each in readings),
        readings=tuple(readings),
        digest=article.digest,
    )
    return conflict.model_copy(update={"id": make_conflict_id(article.id, article.digest, "span", conflict.items)})


def decided(
    article: Article, stands: str, *said: tuple[str, str], why: str = "", at: str = "2026-11-23T10:00:00Z"
) -> Decision:
    """The lead's decision of that question: the items of this label stand."""
    conflict = question(article, *said)
    accepted = [item for item in conflict.items if isinstance(item, SpanItem) and item.label == stands]
    return decide_conflict(conflict, accepted, "lead", at).model_copy(update={"why": why})


A = made.article("a", "The British troops left, and the Kremlin said so of its own will.")
B = made.article("b", "Many British soldiers of the Kremlin's guard have left.")
C = made.article("c", "French troops of the British army left. Here of, here off.")
ARTICLES = {each.id: each for each in (A, B, C)}
BOTH_LABELS = (("COUNTRY", "British"), ("NATIONALITY", "British"))


def sentences(conflict: Conflict, article: Article, *decisions: Decision) -> list[str]:
    """The nearest precedents, as the card tells them."""
    return [each.sentence for each in Precedents(decisions, ARTICLES).find_nearest(conflict, article)]


def test_the_same_labels_on_a_shared_word_are_a_precedent() -> None:
    """Told with what stands, what does not, and why; another pair of labels, or another word, is none."""
    british = decided(A, "NATIONALITY", *BOTH_LABELS, why="guideline silent")

    told = sentences(question(B, *BOTH_LABELS), B, british)

    assert told == ["“British”: NATIONALITY, not COUNTRY (guideline silent)"]
    assert sentences(question(B, ("NATIONALITY", "British")), B, british) == []
    assert sentences(question(B, ("COUNTRY", "British"), ("ORG", "British")), B, british) == []
    assert sentences(question(B, ("COUNTRY", "Kremlin"), ("NATIONALITY", "Kremlin")), B, british) == []


def test_the_nearest_precedent_comes_first() -> None:
    """By the words in common; a rare one counts more than a common one, the same words count 1, the latest first."""
    pair = (("COUNTRY", "British troops"), ("NATIONALITY", "British troops"))
    same = decided(A, "COUNTRY", *pair)
    rare = decided(B, "NATIONALITY", ("COUNTRY", "British soldiers"), ("NATIONALITY", "British soldiers"))
    common = decided(C, "NATIONALITY", ("COUNTRY", "French troops"), ("NATIONALITY", "French troops"))
    other = made.article("d", "Now British troops arrive.")
    articles = {**ARTICLES, "d": other}

    found = Precedents([common, rare, same], articles).find_nearest(question(other, *pair), other)

    assert found[0].decision == same
    assert found[0].nearness == 1.0
    assert all(0 < each.nearness < 1 for each in found[1:])
    assert len(Precedents([common, rare, same], articles).find_nearest(question(other, *pair), other, most=1)) == 1


@pytest.mark.parametrize("words", ["oil", "UN", "US", "WHO", "IT", "May", "22", "فتح"])
def test_short_words_that_mean_something_are_shared(words: str) -> None:
    """Also names that look like common words, figures, and words of scripts without cases."""
    one, other = (made.article(name, f"{name} and {words} too") for name in "pq")
    pair = (("X", words), ("Y", words))

    assert len(Precedents([decided(one, "X", *pair)], {"p": one}).find_nearest(question(other, *pair), other)) == 1


@pytest.mark.parametrize(("one", "other"), [("of", "of"), ("The Kremlin", "The Louvre"), ("their guns", "THEIR ships")])
def test_common_words_say_nothing_by_themselves(one: str, other: str) -> None:
    """Whether or not a sentence begins with them."""
    left, right = made.article("p", f"{one}."), made.article("q", f"{other}.")
    conflict = question(right, ("X", other), ("Y", other))

    assert Precedents([decided(left, "X", ("X", one), ("Y", one))], {"p": left}).find_nearest(conflict, right) == []


def test_relations_are_alike_only_between_the_same_labels() -> None:
    """Both ways round, for the ends of a symmetric one stand in the order of the text."""
    text = made.article("r", "Oslo Bo. Bo Oslo.")

    def ask(head: tuple[int, int, str], tail: tuple[int, int, str], name: str) -> Conflict:
        ends = {end: SpanItem(start=at[0], end=at[1], label=at[2]) for end, at in (("head", head), ("tail", tail))}
        reading = Reading(annotator="r", id="x", start=0, end=17, label="NEAR", **ends)
        return Conflict(article="r", kind="relation", start=0, end=17, readings=(reading,), id=name, digest=text.digest)

    first = ask((0, 4, "PLACE"), (5, 7, "MAN"), "c1")
    precedents = Precedents([decide_conflict(first, first.items, "lead", "2026-11-23T10:00:00Z")], {"r": text})

    assert len(precedents.find_nearest(ask((9, 11, "MAN"), (12, 16, "PLACE"), "c2"), text)) == 1
    assert precedents.find_nearest(ask((9, 11, "ORG"), (12, 16, "PLACE"), "c3"), text) == []


def test_what_was_decided_there_before_is_in_dispute_again() -> None:
    """Ben draws a COUNTRY where a NATIONALITY was decided: the same question as between two readers."""
    british = decided(A, "NATIONALITY", *BOTH_LABELS)
    again = question(B, ("COUNTRY", "British"))
    item = SpanItem(start=B.text.index("British"), end=B.text.index("British") + 7, label="NATIONALITY")

    assert sentences(again, B, british) == []
    assert len(sentences(again.model_copy(update={"decided": (item,)}), B, british)) == 1


def test_what_was_decided_where_guidelines_are_silent_is_listed() -> None:
    """In the order of articles, with its source; not where that was not the last word."""
    silent = [decided(each, "COUNTRY", *BOTH_LABELS, why="guideline silent") for each in (C, A, B)]
    later = decided(C, "COUNTRY", *BOTH_LABELS, why="slip", at="2026-11-24T10:00:00Z")
    found = list_silent([later, *silent], ARTICLES)

    assert [each.source for each in found] == ["lead, 2026-11-23, a", "lead, 2026-11-23, b"]
    assert found[0].sentence == "“British”: COUNTRY, not NATIONALITY (guideline silent)"


def test_only_what_was_decided_on_texts_of_today_is_a_precedent() -> None:
    """Neither what was inherited, nor a decision on another text, nor that of the same conflict."""
    british = decided(A, "NATIONALITY", *BOTH_LABELS)
    conflict = question(B, *BOTH_LABELS)

    assert sentences(conflict, B, british.model_copy(update={"inherited_from": "x"})) == []
    assert sentences(conflict, B, british.model_copy(update={"digest": "0" * 64})) == []
    assert sentences(conflict, B, british.model_copy(update={"article": "gone"})) == []
    assert sentences(question(A, *BOTH_LABELS), A, british) == []
    later = decided(A, "COUNTRY", *BOTH_LABELS, at="2026-11-23T12:00:00+01:00")
    assert sentences(conflict, B, later, british) == sentences(conflict, B, british, later)
    assert sentences(conflict, B, later, british)[0] == "“British”: COUNTRY, not NATIONALITY"


def test_relations_and_options_have_precedents() -> None:
    """A relation by the words of its ends, an option by the beginning of the article; boundaries tell their words."""
    kremlin, british = SpanItem(start=33, end=40, label="ORG"), SpanItem(start=4, end=11, label="COUNTRY")
    link = RelationItem(head=british, label="PART_OF", tail=kremlin)
    option = ChoiceItem(choice="event=AID")

    def row(what: str, item: Item) -> Decision:
        fields = {"conflict": what, "what": what, "judged": (item,), "accepted": (item,)}
        return decided(A, "COUNTRY", *BOTH_LABELS).model_copy(update=fields)

    precedents = Precedents([row("relation", link), row("choice", option)], ARTICLES)
    ends = {"head": british, "tail": kremlin}
    reading = Reading(annotator="r", id="x", start=4, end=40, label="PART_OF", **ends)
    asked = Conflict(article="a", kind="relation", start=4, end=40, readings=(reading,))
    choice = Reading(annotator="r", id="event=AID", start=0, end=9, label="AID")

    assert [each.sentence for each in precedents.find_nearest(asked, A)] == ["“British … Kremlin”: PART_OF"]
    chosen = asked.model_copy(update={"kind": "choice", "readings": (choice,)})
    assert [each.stands for each in precedents.find_nearest(chosen, B)] == [(("event=AID", ""),)]
    boundary = decided(A, "ORG", ("ORG", "Kremlin"), ("ORG", "the Kremlin"))
    narrow = boundary.model_copy(update={"accepted": boundary.judged[1:]})
    told = sentences(question(B, ("ORG", "Kremlin"), ("ORG", "the Kremlin")), B, narrow)
    assert told == ["“the Kremlin”: ORG on “Kremlin”, not ORG"]


def test_decisions_that_contradict_one_another_are_listed() -> None:
    """The same question in the same words, whatever their case and blanks; each answer with its articles."""
    shouted = made.article("s", "THE BRITISH ARE HERE")
    articles = {**ARTICLES, "s": shouted}
    so = [decided(each, "NATIONALITY", *BOTH_LABELS) for each in (A, B)]
    loud = (("COUNTRY", "BRITISH"), ("NATIONALITY", "BRITISH"))
    otherwise = decided(shouted, "COUNTRY", *loud)

    (found,) = list_contradictions([otherwise, *so], articles)

    assert found.sentences == ["NATIONALITY: a, b", "COUNTRY: s"]
    assert list_contradictions([*so, decided(shouted, "NATIONALITY", *loud)], articles) == []
    assert list_contradictions([*so, decided(C, "COUNTRY", ("COUNTRY", "British"), ("ORG", "British"))], articles) == []
    assert list_contradictions([*so, decided(C, "none", *BOTH_LABELS)], articles)[0].sentences[1] == "nothing: c"
