"""Linear chains (conditional random fields) over several layers of tags at once.

A tag that goes on with a label follows that label alone. Shapes: emissions are layers x texts x tokens x tags, masks
texts x tokens (true where a text has a token; its tokens come first). Where only some tags of a token are permitted,
the loss is of all paths through these: what is not known teaches nothing. The chains are those of Lafferty, McCallum
and Pereira (2001), the sums over permitted paths those of Tsuboi and others (2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn

from .layers import begin_tag, count_tags, inside_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .layers import TokenSpan

# The score of what cannot be: smaller than any sum that can, and still a number, so that gradients are numbers.
_FORBIDDEN: Final = -1e4


@dataclass(frozen=True)
class ChainScores:
    """How well a tag follows another (layers x tags x tags), and how well it begins a text (layers x tags)."""

    transitions: Tensor
    starts: Tensor


class LayeredCrf(nn.Module):
    """The chains' own weights, all zero at first."""

    def __init__(self, layers: int, labels: int) -> None:
        """Make weights for so many layers, each of which has all labels."""
        super().__init__()
        tags = count_tags(labels)
        self.transitions = nn.Parameter(torch.zeros(layers, tags, tags))
        self.starts = nn.Parameter(torch.zeros(layers, tags))
        allowed = torch.ones(tags, tags, dtype=torch.bool)
        for label in range(labels):
            begin, inside = begin_tag(label), inside_tag(label)
            allowed[:, inside] = False
            allowed[[begin, inside], inside] = True
        # A text begins as if after a tag that is outside of all spans.
        self.register_buffer("allowed", allowed, persistent=False)

    def scores(self) -> ChainScores:
        """The weights, with that of every forbidden step so low that no path takes it."""
        return ChainScores(
            self.transitions.masked_fill(~self.allowed, _FORBIDDEN),
            self.starts.masked_fill(~self.allowed[0], _FORBIDDEN),
        )

    def loss(self, emissions: Tensor, mask: Tensor, permitted: Tensor) -> Tensor:
        """Layers x texts: minus the logarithm of the probability that a path takes permitted tags alone.

        Args:
            emissions: As above.
            mask: As above.
            permitted: Of the shape of emissions; true for each tag that a token may have.
        """
        # Both sums in one pass, since steps cost time, not rows.
        both = torch.cat([emissions, emissions.masked_fill(~permitted, _FORBIDDEN)], 1)
        sums = log_sums(self.scores(), both, torch.cat([mask, mask]))
        total, known = sums.chunk(2, 1)
        return total - known


def log_sums(scores: ChainScores, emissions: Tensor, mask: Tensor) -> Tensor:
    """Layers x texts: the logarithm of the sum over all paths."""
    alpha = scores.starts[:, None] + emissions[:, :, 0]
    for token in range(1, emissions.shape[2]):
        new = torch.logsumexp(alpha[..., None] + scores.transitions[:, None], 2) + emissions[:, :, token]
        alpha = torch.where(mask[None, :, token, None], new, alpha)
    return torch.logsumexp(alpha, -1)


def best_tags(scores: ChainScores, emissions: Tensor, mask: Tensor) -> NDArray[np.int64]:
    """Layers x texts x tokens: the tags of the best path (Viterbi); after a text's last token they mean nothing."""
    score = scores.starts[:, None] + emissions[:, :, 0]
    stay = torch.arange(score.shape[-1])
    steps = []
    for token in range(1, emissions.shape[2]):
        value, where = (score[..., None] + scores.transitions[:, None]).max(2)
        there = mask[None, :, token, None]
        score = torch.where(there, value + emissions[:, :, token], score)
        steps.append(torch.where(there, where, stay))
    tag = score.argmax(-1)
    path = [tag]
    for where in reversed(steps):
        tag = where.gather(-1, tag[..., None])[..., 0]
        path.append(tag)
    return torch.stack(path[::-1], -1).numpy()


class SpanChances:
    """How probable a span is in its layer: exactly, over all paths, not as a product of its tokens' chances.

    All in double precision: sums over ten thousand tokens leave single precision no digits for one span.
    """

    def __init__(self, scores: ChainScores, emissions: Tensor, mask: Tensor) -> None:
        """Run forward and backward over all texts once."""
        scores = ChainScores(scores.transitions.double(), scores.starts.double())
        emissions = emissions.double()
        forward, backward = _run_forward(scores, emissions, mask), _run_backward(scores, emissions, mask)
        self._totals = torch.logsumexp(forward[:, :, 0] + backward[:, :, 0], -1).numpy()
        self._forward, self._backward = forward.numpy(), backward.numpy()
        self._emissions, self._transitions = emissions.numpy(), scores.transitions.numpy()
        self._lengths = mask.sum(1).tolist()

    def of(self, layer: int, text: int, spans: Sequence[TokenSpan]) -> list[float]:
        """The probability of each span of one layer of one text, between 0 and 1."""
        return [self._chance(layer, text, *span) for span in spans]

    def _chance(self, layer: int, text: int, start: int, end: int, label: int) -> float:
        begin, inside = begin_tag(label), inside_tag(label)
        transitions, emissions = self._transitions[layer], self._emissions[layer, text]
        score = self._forward[layer, text, start, begin]
        if end - start > 1:
            score += emissions[start + 1 : end, inside].sum()
            score += transitions[begin, inside] + (end - start - 2) * transitions[inside, inside]
        if end < self._lengths[text]:
            last = inside if end - start > 1 else begin
            after = transitions[last] + emissions[end] + self._backward[layer, text, end]
            # It ends here: the next token has any tag but that which would go on.
            after[inside] = -np.inf
            score += np.logaddexp.reduce(after)
        return float(min(1.0, np.exp(score - self._totals[layer, text])))


def _run_forward(scores: ChainScores, emissions: Tensor, mask: Tensor) -> Tensor:
    alpha = scores.starts[:, None] + emissions[:, :, 0]
    steps = [alpha]
    for token in range(1, emissions.shape[2]):
        new = torch.logsumexp(alpha[..., None] + scores.transitions[:, None], 2) + emissions[:, :, token]
        alpha = torch.where(mask[None, :, token, None], new, alpha)
        steps.append(alpha)
    return torch.stack(steps, 2)


def _run_backward(scores: ChainScores, emissions: Tensor, mask: Tensor) -> Tensor:
    beta = torch.zeros_like(emissions[:, :, 0])
    steps = [beta]
    for token in range(emissions.shape[2] - 1, 0, -1):
        new = torch.logsumexp(scores.transitions[:, None] + (emissions[:, :, token] + beta)[..., None, :], 3)
        beta = torch.where(mask[None, :, token, None], new, beta)
        steps.append(beta)
    return torch.stack(steps[::-1], 2)
