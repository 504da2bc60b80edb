"""A precedent is about the same labels and shares a content word; the same words decided otherwise contradict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made

from labeling.adjudication.precedents import Precedents, list_contradictions
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


def test_short_words_in_lower_case_are_no_precedent() -> None:
    """`of` says nothing by itself; a short name does, a figure does, and so do words of scripts without cases."""
    pairs = [(("X", words), ("Y", words)) for words in ("of", "UN", "22", "فتح")]
    one, other = (made.article(name, f"{name} of UN 22 فتح") for name in "pq")
    articles = {"p": one, "q": other}

    found = [
        Precedents([decided(one, "X", *pair)], articles).find_nearest(question(other, *pair), other) for pair in pairs
    ]

    assert [len(each) for each in found] == [0, 1, 1, 1]


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
