"""Whether a test set can be trusted: shares by hand, and each thing that makes scores on it doubtful."""

from __future__ import annotations

import made
import pytest

from labeling.annotations import Annotation, Gold, GoldSpan, Span, surface_of
from labeling.evaluation.trustworthiness import HeldOutArticle, measure_trust

TEXT = "Ana met Ben in CHAD."
ANA, BEN, CHAD = (0, 3, "PERSON"), (8, 11, "PERSON"), (15, 19, "COUNTRY")


def held_out(
    name: str,
    *places: tuple[int, int, str],
    group: str = "",
    by: tuple[str, ...] = ("ana",),
    offered: tuple[tuple[int, int, str], ...] = (),
    task: int | None = 1,
) -> HeldOutArticle:
    """An article of the test set, whose gold its annotators agree on; some of it they were offered."""
    article = made.article(name, TEXT)
    gold = tuple(
        GoldSpan(id=f"g{start}", start=start, end=end, label=label, rule="unanimous", by=by)
        for start, end, label in places
    )
    spans = tuple(
        Span(id=f"s{start}", start=start, end=end, label=label, offered=(start, end, label) in offered)
        for start, end, label in places
    )
    said = [Annotation(article=name, digest=article.digest, annotator=each, spans=spans, task=task) for each in by]
    whole = Gold(article=name, digest=article.digest, complete=True, annotators=by, spans=gold)
    return HeldOutArticle(article.text, group or name, whole, said)


def never(_: Annotation) -> bool:
    """Nobody had suggestions."""
    return False


def test_seen_is_the_share_of_spans_that_train_has() -> None:
    """Ana is known, in capitals too, Ben is not; of two articles with 2 of 2 and 0 of 1 resamples have 1, 2/3 and 0."""
    articles = [held_out("1", ANA, CHAD), held_out("2", BEN)]
    trust = measure_trust(articles, {surface_of("PERSON", "ANA"), surface_of("COUNTRY", "Chad")}, never)

    assert (trust.articles, trust.leak_groups, trust.spans) == (2, 2, 3)
    assert trust.seen.value == pytest.approx(2 / 3)
    assert trust.seen.interval == (0, 1)
    assert (trust.labels["PERSON"].value, trust.labels["PERSON"].items) == (0.5, 2)
    assert trust.labels["COUNTRY"].value == 1


def test_the_same_words_with_another_label_are_not_seen() -> None:
    """Chad is a name of people as well."""
    trust = measure_trust([held_out("1", CHAD)], {surface_of("PERSON", "Chad")}, never)

    assert trust.seen.value == 0
    assert trust.seen.undefined == "one leak group, and a resample needs two"


def test_a_large_and_clean_test_set_is_trusted() -> None:
    """Twenty articles in ten leak groups, read without suggestions: nothing to warn of."""
    articles = [held_out(f"{number}", ANA, group=f"{number % 10}") for number in range(20)]
    trust = measure_trust(articles, (), never)

    assert (trust.drawn_alone, trust.suggested, trust.unknown) == (20, 0, 0)
    assert trust.warnings == ()


def test_few_articles_and_few_leak_groups_are_warned_of() -> None:
    """One article fewer, or one leak group."""
    few = measure_trust([held_out(f"{number}", ANA) for number in range(19)], (), never)
    alike = measure_trust([held_out(f"{number}", ANA, group=f"{number % 9}") for number in range(20)], (), never)

    assert few.warnings == ("it has 19 articles, and with fewer than 20 a score says little",)
    assert alike.warnings == (
        "its articles are of 9 leak groups, and fewer than 10 make intervals that are too narrow",
    )


def test_gold_that_was_made_from_suggestions_is_warned_of() -> None:
    """One of two annotators had them; of the second article neither is known, of the third one nobody had any."""
    articles = [held_out("1", ANA, by=("ana", "ben")), held_out("2", ANA, task=None), held_out("3", ANA)]

    def was_suggested(one: Annotation) -> bool | None:
        return None if one.task is None else one.annotator == "ben"

    trust = measure_trust(articles, (), was_suggested)

    assert (trust.suggested, trust.unknown, trust.drawn_alone) == (1, 1, 1)
    assert (
        trust.warnings[-1]
        == "1 of its 3 articles were read with suggestions before the eyes, which flatters whoever made them"
    )


def test_gold_whose_annotators_are_gone_is_unknown() -> None:
    """A release that was joined has gold without annotations."""
    whole = held_out("1", ANA)
    trust = measure_trust([HeldOutArticle(whole.text, "1", whole.gold, [])], (), never)

    assert trust.unknown == 1


def test_what_nobody_drew_was_offered() -> None:
    """Both let Ana stand, but one of them drew Ben; the article was read with suggestions, whatever else is known."""
    article = made.article("1", TEXT)
    one = held_out("1", ANA, BEN, by=("ana", "ben"), offered=(ANA, BEN))
    drew = one.said[1].model_copy(
        update={"spans": tuple(span.model_copy(update={"offered": span.start == 0}) for span in one.said[1].spans)}
    )
    trust = measure_trust([HeldOutArticle(article.text, "1", one.gold, [one.said[0], drew])], (), never)

    assert (trust.offered, trust.suggested) == (1, 1)


def test_what_was_trimmed_is_found_as_it_was_drawn() -> None:
    """Gold of 0..3 was drawn as 0..4."""
    one = held_out("1", (0, 4, "PERSON"), offered=((0, 4, "PERSON"),))
    trimmed = one.gold.spans[0].model_copy(update={"end": 3, "drawn": (0, 4)})
    gold = one.gold.model_copy(update={"spans": (trimmed,)})

    assert measure_trust([HeldOutArticle(TEXT, "1", gold, one.said)], (), never).offered == 1


def test_an_empty_test_set_is_told_once() -> None:
    """Nothing else is said of what is not there."""
    trust = measure_trust([], (), never)

    assert trust.warnings == ("the test set has no article",)
    assert (trust.seen.value, trust.seen.undefined) == (None, "gold has none")
