"""The choices of a schema: questions about a whole text, each with its options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# An option of a question that takes several is chosen from here on.
CHOSEN: Final = 0.5


@dataclass(frozen=True)
class Question:
    """A question with its options; of an ``exclusive`` one exactly one option is right."""

    name: str
    options: tuple[str, ...]
    exclusive: bool = False


def choose_options(question: Question, scores: Mapping[str, float]) -> tuple[str, ...]:
    """The options that the scores choose: the best of an exclusive question, else each of 0.5 or more.

    Of ``{"AID": 0.6, "TALKS": 0.3, "WAR": 0.7}`` these are ``("WAR",)`` or ``("AID", "WAR")``. In the question's order;
    of two equally good ones the first.
    """
    if question.exclusive:
        return (max(question.options, key=lambda option: scores[option]),)
    return tuple(option for option in question.options if scores[option] >= CHOSEN)
