"""The head for choices: of a whole text's states, mean and maximum, one number for each option of each question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .questions import Question


class ChoiceHead(nn.Module):
    """Answers questions about a whole text."""

    def __init__(self, width: int, questions: Sequence[Question]) -> None:
        """Make weights for these questions; ``width`` is that of a token's state."""
        super().__init__()
        self._questions = tuple(questions)
        self.options = nn.Linear(2 * width, sum(len(each.options) for each in questions))

    def forward(self, states: Sequence[Tensor]) -> Tensor:
        """Texts x options of all questions, one after the other; each text's states are tokens x width."""
        return self.options(torch.stack([_pool(each) for each in states]))

    def loss(self, logits: Tensor, answers: Sequence[Mapping[str, Mapping[str, bool]]]) -> Tensor:
        """The mean over texts of what the answers cost: cross entropy, of known options alone.

        Args:
            logits: As `forward` gives them.
            answers: By question and option, whether it was chosen. An option that is not there is not known: of an
                exclusive question it may be the right one, unless another was chosen.
        """
        costs = [self._cost(row, known) for row, known in zip(logits, answers, strict=True)]
        return torch.stack(costs).mean()

    def scores(self, logits: Tensor) -> dict[str, dict[str, float]]:
        """The probability of each option of each question, of one text's logits."""
        return {
            question.name: dict(zip(question.options, _chances(part, question), strict=True))
            for question, part in self._parts(logits)
        }

    def _parts(self, logits: Tensor) -> list[tuple[Question, Tensor]]:
        sizes = [len(question.options) for question in self._questions]
        return list(zip(self._questions, logits.split(sizes), strict=True))

    def _cost(self, logits: Tensor, answers: Mapping[str, Mapping[str, bool]]) -> Tensor:
        cost = logits.new_zeros(())
        for question, part in self._parts(logits):
            known = answers.get(question.name, {})
            if not known:
                continue
            if question.exclusive:
                cost = cost - (part.log_softmax(0)[_possible_places(question, known)]).logsumexp(0)
            else:
                places = [place for place, option in enumerate(question.options) if option in known]
                wanted = part.new_tensor([known[question.options[place]] for place in places])
                cost = cost + nn.functional.binary_cross_entropy_with_logits(part[places], wanted, reduction="sum")
        return cost


def _pool(states: Tensor) -> Tensor:
    if not len(states):
        return states.new_zeros(2 * states.shape[1])
    return torch.cat([states.mean(0), states.amax(0)])


def _possible_places(question: Question, known: Mapping[str, bool]) -> list[int]:
    """The places of the options that may be the right one."""
    chosen = [place for place, option in enumerate(question.options) if known.get(option)]
    open_ = [place for place, option in enumerate(question.options) if option not in known]
    # Where all were refused, the answer says nothing that an exclusive question could mean.
    return chosen or open_ or list(range(len(question.options)))


def _chances(logits: Tensor, question: Question) -> list[float]:
    return (logits.softmax(0) if question.exclusive else logits.sigmoid()).tolist()
