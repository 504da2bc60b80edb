"""The decisions that count today, by article: those on its text of today, in the names of today's schema. Pure.

A decision falls when what it accepted cannot be followed any more: a label or an option is gone, or a relation may not
join what it joins. Of what was judged and not accepted, that which has no name any more is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.adjudication.checks import list_options
from labeling.adjudication.rulings import make_relation_item
from labeling.adjudication.trimming import trim
from labeling.workspace.names_of_today import rename_annotation
from labeling.workspace.rows.conflict import ChoiceItem, Item, RelationItem, SpanItem, sort_items

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.rows.decision_row import Decision

OTHER_TEXT = "made on another text"
NAME_GONE = "a label, relation or option is gone"


@dataclass
class DecidedArticle:
    """What was decided of one article: of single conflicts, and in annotations of all of it (``words``)."""

    decisions: list[Decision] = field(default_factory=list)
    words: list[Annotation] = field(default_factory=list)


# What counts, by article id; and how many decisions do not, by the reason.
DecidedArticles: TypeAlias = tuple[dict[str, DecidedArticle], Counter[str]]


def collect_decided(
    decisions: Iterable[Decision], articles: Mapping[str, Article], schema: Schema, trimming: Collection[TrimRule]
) -> DecidedArticles:
    """The decisions that count today, by article; and how many that were made do not, by the reason.

    Args:
        decisions: All there are.
        articles: The articles by id.
        schema: Of today.
        trimming: The rules that trim spans today, which those of decisions follow.
    """
    by_article: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        by_article[decision.article].append(decision)
    found: dict[str, DecidedArticle] = {}
    idle = Counter[str]()
    for name, its in by_article.items():
        article = articles.get(name)
        here = [] if article is None else [each for each in its if each.digest == article.digest]
        idle[OTHER_TEXT] += _count_made(its) - _count_made(here)
        if article is not None and here:
            found[name] = _DecisionReader(article.text, schema, trimming).read(here)
            idle[NAME_GONE] += _count_made(here) - _count_made(found[name].decisions) - len(found[name].words)
    return found, +idle


def list_decided(
    decisions: Iterable[Decision], articles: Mapping[str, Article], schema: Schema, trimming: Collection[TrimRule]
) -> list[Decision]:
    """The decisions on single conflicts that count today, in the names of today; as `collect_decided` has them."""
    found, _ = collect_decided(decisions, articles, schema, trimming)
    return [each for one in found.values() for each in one.decisions]


def _count_made(decisions: Iterable[Decision]) -> int:
    """How many were made: what follows from them for reprints is not counted."""
    return sum(not each.inherited_from for each in decisions)


@dataclass(frozen=True)
class _DecisionReader:
    """Reads the decisions on one text in the names of today."""

    text: str
    schema: Schema
    trimming: Collection[TrimRule]

    def read(self, decisions: Iterable[Decision]) -> DecidedArticle:
        read = DecidedArticle()
        for each in decisions:
            if each.words:
                # Whose words they are, and of when, is what the decision says.
                signed = {"article": each.article, "annotator": each.by, "updated": each.at, "sent": ""}
                read.words.append(self._rename_words(each.words).model_copy(update=signed))
            elif renewed := self._renew_decision(each):
                read.decisions.append(renewed)
        return read

    def _rename_words(self, words: Annotation) -> Annotation:
        """What has no name at all stays: it is for the checks to quarantine."""
        labels = {*self.schema.migrations.labels, *self.schema.migrations.splits}
        is_migrated = (
            any(span.label in labels for span in words.spans)
            or any(each.label in self.schema.migrations.relations for each in words.relations)
            or any(f"{name}.{option}" in self.schema.migrations.choices for name, option in list_options(words))
        )
        return rename_annotation(words, self.schema) if is_migrated else words

    def _renew_decision(self, decision: Decision) -> Decision | None:
        accepted = self._renew_all(decision.accepted)
        judged = self._renew_all(decision.judged)
        is_followed = None not in map(self._renew, decision.accepted) and not self._answers_twice(accepted)
        if not is_followed or not (accepted or judged):
            return None
        beside = self._renew_all(decision.beside)
        return decision.model_copy(update={"accepted": accepted, "judged": judged, "beside": beside})

    def _renew_all(self, items: Iterable[Item]) -> tuple[Item, ...]:
        return sort_items(item for item in map(self._renew, items) if item is not None)

    def _renew(self, item: Item) -> Item | None:
        if isinstance(item, SpanItem):
            return self._renew_span(item)
        return self._renew_relation(item) if isinstance(item, RelationItem) else self._renew_choice(item)

    def _renew_span(self, item: SpanItem) -> SpanItem | None:
        label = self.schema.migrations.labels.get(item.label, item.label)
        if label not in self.schema.label_names or not 0 <= item.start < item.end <= len(self.text):
            return None
        start, end = trim(self.text, item.start, item.end, self.trimming)
        return SpanItem(start=start, end=end, label=label) if start < end else None

    def _renew_relation(self, item: RelationItem) -> RelationItem | None:
        head, tail = self._renew_span(item.head), self._renew_span(item.tail)
        kind = self.schema.relation(self.schema.migrations.relations.get(item.label, item.label))
        if head is None or tail is None or kind is None or head == tail:
            return None
        is_allowed = kind.allows(head.label, tail.label) or (kind.symmetric and kind.allows(tail.label, head.label))
        return make_relation_item(head, kind.name, tail, self.schema) if is_allowed else None

    def _renew_choice(self, item: ChoiceItem) -> ChoiceItem | None:
        former = item.choice.replace("=", ".", 1)
        name, _, option = self.schema.migrations.choices.get(former, former).partition(".")
        question = self.schema.choice_set(name)
        is_known = question is not None and option in {known.name for known in question.options}
        return ChoiceItem(choice=f"{name}={option}") if is_known else None

    def _answers_twice(self, items: Iterable[Item]) -> bool:
        """Whether a question that takes one answer would get two."""
        answers = Counter(item.choice.partition("=")[0] for item in items if isinstance(item, ChoiceItem))
        questions = {name: self.schema.choice_set(name) for name, count in answers.items() if count > 1}
        return any(question is not None and not question.multiple for question in questions.values())
