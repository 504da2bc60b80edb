"""The twelve questions at the head of the page: what each asks, where it is answered at length, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.report.facts.answers import Answer, NextStep
    from labeling.report.facts.facts import Facts

# "look" wants somebody's eyes, "open" cannot be answered yet.
Tone: TypeAlias = Literal["told", "fine", "look", "open"]

_FEW_STEPS = 3
_SIGNS: dict[Tone, str] = {"told": "", "fine": "✓", "look": "!", "open": "?"}
_TOLD: dict[Tone, str] = {"told": "", "fine": "all is well", "look": "needs a look", "open": "not known yet"}


class LeadQuestion(NamedTuple):
    """The field of the facts that answers it, its words, and the section of the page that has all of it."""

    field: str
    words: str
    section: str


QUESTIONS = (
    LeadQuestion("how_far", "How far are we?", "progress"),
    LeadQuestion("how_fast", "How fast are we?", "pace"),
    LeadQuestion("when_done", "When are we done?", "pace"),
    LeadQuestion("what_next", "What next?", "next"),
    LeadQuestion("which_conflicts", "Which conflicts are open?", "conflicts"),
    LeadQuestion("weak_labels", "Which labels are weak?", "labels"),
    LeadQuestion("more_worth_it", "Is more annotation worth it?", "worth"),
    LeadQuestion("test_set", "Can the test set be trusted?", "test-set"),
    LeadQuestion("who_did_what", "Who did what?", "people"),
    LeadQuestion("how_good", "How good is each?", "quality"),
    LeadQuestion("model_errors", "Where is the model wrong?", "errors"),
    LeadQuestion("changes", "What changed?", "changes"),
)


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question with its answer; ``steps`` are the first things to do, where that is the question."""

    words: str
    section: str
    answer: Answer
    tone: Tone
    steps: Sequence[NextStep] = ()

    @property
    def sign(self) -> str:
        """The sign that stands for how it is: a tick, an exclamation mark, a question mark."""
        return _SIGNS[self.tone]

    @property
    def told(self) -> str:
        """The same in words."""
        return _TOLD[self.tone]


def answer_questions(facts: Facts) -> list[AnsweredQuestion]:
    """All twelve, in their order."""
    return [
        AnsweredQuestion(
            question.words,
            question.section,
            answer,
            _judge(question.field, answer, facts),
            facts.what_next.steps[:_FEW_STEPS] if question.field == "what_next" else (),
        )
        for question in QUESTIONS
        for answer in [getattr(facts, question.field)]
    ]


def _judge(field: str, answer: Answer, facts: Facts) -> Tone:
    if not answer.sentence:
        return "open"
    wrong = {
        "which_conflicts": facts.which_conflicts.count > 0,
        "weak_labels": any(label.weak for label in facts.weak_labels.labels),
        "test_set": facts.test_set.trusted is False,
        "what_next": any(step.kind == "mend" for step in facts.what_next.steps),
    }
    well = {"which_conflicts": True, "test_set": facts.test_set.trusted is True, "weak_labels": True}
    if wrong.get(field):
        return "look"
    return "fine" if well.get(field) else "told"
