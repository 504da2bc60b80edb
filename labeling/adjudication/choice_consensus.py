"""On which options of the questions about an article its annotators agree, and what to ask them of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.adjudication.open_conflicts import list_asked, make_conflict, make_disputed_rows
from labeling.annotations import choice_id, choice_item
from labeling.ledger import make_ledger_rows
from labeling.workspace.rows.conflict import ChoiceItem, Conflict, Reading, sort_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.rulings import Ruling, Rulings
    from labeling.annotations import Annotation, LedgerRow
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.rows.conflict import Item


@dataclass(frozen=True)
class AgreedChoices:
    """The options that stand, those in dispute (``set=option``), the conflicts, a ledger row for every choice.

    ``added`` are the things that only an adjudicator chose.
    """

    gold: dict[str, tuple[str, ...]]
    open: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]
    added: tuple[Thing, ...] = ()


@dataclass
class _Question:
    """One question: who answered what, and what became of each option."""

    name: str
    answers: Mapping[str, Sequence[str]]
    agreed: list[str] = field(default_factory=list)
    decided: dict[str, Ruling] = field(default_factory=dict)
    disputed: list[str] = field(default_factory=list)

    @property
    def standing(self) -> tuple[str, ...]:
        return tuple(sorted([*self.agreed, *(option for option, ruling in self.decided.items() if ruling.accepted)]))

    def claims(self, option: str) -> list[tuple[str, str]]:
        """Who chose an option: an annotation may name one option twice, which is accounted for twice."""
        return [
            (annotator, choice_id(self.name, option))
            for annotator, chosen in self.answers.items()
            for _ in range(chosen.count(option))
        ]


def agree_on_choices(
    article: Article, submissions: Sequence[Annotation], schema: Schema, silence: Silence, rulings: Rulings
) -> AgreedChoices:
    """Options that everybody chose who answered that question, and was asked for that option; or an adjudicator did.

    Ana chose AID and CONSULT, Ben CONSULT, Cyd left the question out: CONSULT is gold, and AID an open conflict; but
    not if Ben answered before there was AID, or an adjudicator decided on AID.
    """
    gold: dict[str, tuple[str, ...]] = {}
    conflicts: list[Conflict] = []
    rows: list[LedgerRow] = []
    added: list[Thing] = []
    accepted = [item.choice for item, _ in rulings.list_accepted(ChoiceItem)]
    for name in sorted({name for one in submissions for name in one.choices} | {*map(_name_question, accepted)}):
        answers = {one.annotator: one.choices[name] for one in submissions if one.choices.get(name)}
        question = _settle_question(_Question(name, answers), schema, silence, rulings)
        if question.standing:
            gold[name] = question.standing
        rows += _settled_rows(article.id, question)
        added += [
            (article.id, ruling.by, "choice", choice_id(name, option))
            for option, ruling in question.decided.items()
            if ruling.accepted and not question.claims(option)
        ]
        if question.disputed:
            conflicts.append(_choice_conflict(article, question, submissions, silence))
    disputed = {reading.id for conflict in conflicts for reading in conflict.readings}
    every = (*rows, *make_disputed_rows("choice", conflicts))
    return AgreedChoices(gold, tuple(sorted(disputed)), tuple(conflicts), every, tuple(added))


def _settle_question(question: _Question, schema: Schema, silence: Silence, rulings: Rulings) -> _Question:
    """Sort the options of a question by what becomes of them."""
    agreed = _agreed_options(question.name, question.answers, schema, silence)
    asked = schema.choice_set(question.name)
    # Where one answer excludes the others, what comes after a decision is a question of its own, though all agree.
    is_late = rulings.is_decided_question(question.name) and asked is not None and not asked.multiple
    accepted = {
        item.choice.partition("=")[2]
        for item, _ in rulings.list_accepted(ChoiceItem)
        if _name_question(item.choice) == question.name
    }
    options = {option for chosen in question.answers.values() for option in chosen}
    for option in sorted(options | accepted):
        is_agreed = option in agreed
        ruling = rulings.find(ChoiceItem(choice=choice_id(question.name, option)), is_agreed=is_agreed)
        if ruling:
            question.decided[option] = ruling
        elif is_agreed and not is_late:
            question.agreed.append(option)
        else:
            question.disputed.append(option)
    return question


def _agreed_options(
    name: str, answers: Mapping[str, Sequence[str]], schema: Schema, silence: Silence
) -> tuple[str, ...]:
    """The options of a question that are in every answer that speaks of them, sorted."""
    options = sorted({option for chosen in answers.values() for option in chosen})
    question = schema.choice_set(name)
    # One answer excludes all others: an option that came later does not settle what was answered before.
    if question is not None and not question.multiple and len(options) > 1:
        return ()
    return tuple(
        option
        for option in options
        if all(
            option in chosen or choice_item(choice_id(name, option)) in silence.get(annotator, ())
            for annotator, chosen in answers.items()
        )
    )


def _settled_rows(article: str, question: _Question) -> list[LedgerRow]:
    rows = [row for option in question.agreed for row in make_ledger_rows(article, "choice", question.claims(option))]
    for option, ruling in question.decided.items():
        claims, reason = question.claims(option), ruling.reason
        if ruling.accepted:
            claims = claims or [(ruling.by, choice_id(question.name, option))]
            rows += make_ledger_rows(article, "choice", claims, why=reason)
        else:
            rows += make_ledger_rows(article, "choice", claims, reason)
    return rows


def _choice_conflict(
    article: Article, question: _Question, submissions: Sequence[Annotation], silence: Silence
) -> Conflict:
    """What is left is disputed among those who answered."""
    readings = [
        Reading(annotator=annotator, id=choice_id(question.name, option), start=0, end=len(article.text), label=option)
        for annotator, chosen in question.answers.items()
        for option in chosen
        if option in question.disputed
    ]
    items = {choice_item(reading.id) for reading in readings}
    involved = list_asked(submissions, {reading.annotator for reading in readings}, silence, items)
    asked = [one for one in submissions if one.annotator in question.answers and one.annotator in involved]
    decided = [option for option, ruling in question.decided.items() if ruling.accepted]
    return make_conflict(
        article,
        "choice",
        readings,
        asked,
        decided=_items_of(question.name, decided),
        beside=_items_of(question.name, question.agreed),
    )


def _items_of(name: str, options: Iterable[str]) -> tuple[Item, ...]:
    return sort_items(ChoiceItem(choice=choice_id(name, option)) for option in options)


def _name_question(choice: str) -> str:
    return choice.partition("=")[0]
