"""The head for choices, beside sums by hand."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any

import pytest

from labeling.training.tagger.questions import Question, choose_options

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT, TONE = Question("event", ("AID", "TALKS", "WAR"), exclusive=True), Question("tone", ("WARM", "HURRIED"))
# Of an exclusive question 1/7, 2/7 and 4/7; of the other 3/4 and 1/2.
LOGITS = [log(1), log(2), log(4), log(3), 0.0]


@pytest.fixture
def head() -> Any:
    """A head for states of one number."""
    pytest.importorskip("torch")
    from labeling.training.tagger.choice_head import ChoiceHead

    return ChoiceHead(1, [EVENT, TONE])


@pytest.mark.torch
@pytest.mark.parametrize(
    ("answers", "cost"),
    [
        ({}, 0.0),
        ({"event": {"AID": False, "TALKS": True, "WAR": False}}, -log(2 / 7)),
        # In dispute: AID or WAR.
        ({"event": {"TALKS": False}}, -log(5 / 7)),
        # What was chosen is known, whatever else is not.
        ({"event": {"WAR": True}}, -log(4 / 7)),
        # All refused: nothing that an exclusive question could mean.
        ({"event": {"AID": False, "TALKS": False, "WAR": False}}, 0.0),
        ({"tone": {"WARM": False, "HURRIED": True}}, -log(1 / 4) - log(1 / 2)),
        ({"tone": {"WARM": True}}, -log(3 / 4)),
        ({"event": {"WAR": True}, "tone": {"WARM": True}}, -log(4 / 7) - log(3 / 4)),
        ({"unknown": {"WARM": True}}, 0.0),
    ],
)
def test_only_what_is_known_costs(head: Any, answers: Mapping[str, Mapping[str, bool]], cost: float) -> None:
    """Cross entropy of known options; an open option of an exclusive question may be the right one."""
    import torch

    assert head.loss(torch.tensor([LOGITS]), [answers]).item() == pytest.approx(cost, abs=1e-6)


@pytest.mark.torch
def test_scores_are_probabilities(head: Any) -> None:
    """Those of an exclusive question add up to 1."""
    import torch

    scores = head.scores(torch.tensor(LOGITS))

    assert scores["event"] == pytest.approx({"AID": 1 / 7, "TALKS": 2 / 7, "WAR": 4 / 7})
    assert scores["tone"] == pytest.approx({"WARM": 3 / 4, "HURRIED": exp(0) / 2})


@pytest.mark.torch
def test_a_text_without_tokens_has_logits(head: Any) -> None:
    """Those of the options alone; beside it, texts of any length."""
    import torch

    logits = head([torch.zeros(0, 1), torch.ones(1, 1), torch.ones(9, 1)])

    assert logits.shape == (3, 5)
    assert torch.equal(logits[0], head.options.bias)
    assert torch.allclose(logits[1], logits[2])


def test_the_options_that_scores_choose() -> None:
    """The best of an exclusive question, the first of equals; of others each of 0.5 or more, maybe none."""
    assert choose_options(EVENT, {"AID": 0.2, "TALKS": 0.4, "WAR": 0.4}) == ("TALKS",)
    assert choose_options(TONE, {"WARM": 0.5, "HURRIED": 0.9}) == ("WARM", "HURRIED")
    assert choose_options(TONE, {"WARM": 0.49, "HURRIED": 0.0}) == ()
