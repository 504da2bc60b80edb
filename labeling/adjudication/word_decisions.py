"""What an adjudicator's annotation of a whole article decides, conflict by conflict: as on so many cards. Pure.

These are no rows of ``decisions.jsonl``. They are what reprints inherit of it, and precedents for cards.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labeling.adjudication.checks import check_annotation
from labeling.adjudication.decided_articles import collect_decided, list_decided
from labeling.adjudication.gold import is_whole_submission, reconcile_annotations
from labeling.adjudication.rulings import read_whole_annotation
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import overlaps
from labeling.workspace.asking import sent_at
from labeling.workspace.rows.conflict import SpanItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from labeling.adjudication.gold import AdjudicationRules
    from labeling.adjudication.rulings import WholeAnnotation
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.rows.conflict import Conflict, Item
    from labeling.workspace.rows.decision_row import Decision

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def list_word_decisions(
    annotations: Callable[[], Iterable[Annotation]], articles: Mapping[str, Article], rules: AdjudicationRules
) -> list[Decision]:
    """The decisions that follow from annotations of whole articles, for conflicts that no card has decided.

    Ana has PERSON 0..9, Ben PERSON 0..4, and the lead submits the article with PERSON 0..4: the decision of that
    conflict is that 0..4 stands.

    Args:
        annotations: Reads all of them, from the start.
        articles: The articles by id.
        rules: By what annotations are reconciled.
    """
    whole = _read_whole_words(annotations(), articles, rules)
    if not whole:
        return []
    others = [one for one in annotations() if one.article in whole and not rules.is_adjudicator(one)]
    cards = [each for each in rules.decisions if each.article in whole and not each.words]
    outcome = reconcile_annotations(others, (), articles, replace(rules, decisions=cards))
    decisions = []
    for conflict in outcome.conflicts:
        words = whole[conflict.article]
        accepted = _accept(conflict, words)
        if accepted is not None:
            # Most imports have no time.
            at = max(words.at, _EARLIEST).isoformat()
            decisions.append(decide_conflict(conflict, accepted, words.annotation.annotator, at))
    return decisions


def list_decisions_today(
    annotations: Callable[[], Iterable[Annotation]], articles: Mapping[str, Article], rules: AdjudicationRules
) -> list[Decision]:
    """All that counts today, in the names of today: what was decided on cards and inherited, and in whole articles."""
    cards = list_decided(rules.decisions, articles, rules.schema, rules.trimming)
    return [*cards, *list_word_decisions(annotations, articles, rules)]


def _read_whole_words(
    annotations: Iterable[Annotation], articles: Mapping[str, Article], rules: AdjudicationRules
) -> dict[str, WholeAnnotation]:
    """By article, the annotation that decides it: of several the latest."""
    decided, _ = collect_decided(
        [each for each in rules.decisions if each.words], articles, rules.schema, rules.trimming
    )
    found: defaultdict[str, list[Annotation]] = defaultdict(list)
    for name, each in decided.items():
        found[name] += each.words
    for one in annotations:
        if rules.is_adjudicator(one) and not rules.is_answer(one):
            found[one.article].append(one)
    whole: dict[str, WholeAnnotation] = {}
    for name, words in found.items():
        article = articles.get(name)
        sound = [one for one in words if article is not None and is_whole_submission(one, article)]
        if article is None or not sound:
            continue
        last = max(sound, key=lambda one: (sent_at(one), one.annotator))
        checked, _ = check_annotation(last, article, rules.schema)
        silence = rules.asking.silent_on(last)
        whole[name] = read_whole_annotation(checked, article, rules.schema, rules.trimming, silence)
    return whole


def _accept(conflict: Conflict, words: WholeAnnotation) -> list[Item] | None:
    """What stands of a conflict by these words; None where they do not speak of all of it."""
    rulings = [words.find(item) for item in conflict.items]
    if None in rulings:
        return None
    if conflict.what != "span":
        return [item for item in conflict.items if item in words.items]
    # What the adjudicator drew there instead stands, too.
    return [
        item
        for item in words.items
        if isinstance(item, SpanItem)
        and overlaps(item.start, item.end, conflict.start, conflict.end)
        and item not in conflict.beside
    ]
