"""One or several networks that answer together: the mean of their emissions, transitions and options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from .crf import ChainScores, SpanChances, best_tags
from .layers import spans_of_tags
from .network import mask_of, stack_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .network import Network
    from .prepared_text import PreparedText, WindowFeatures
    from .windows import TokenWindow

# How many tokens a network reads at once, and how many the chains go through at once, padding included.
_STATES_AT_ONCE: Final = 8192
_CHAINED_AT_ONCE: Final = 16384


class ChainSpan(NamedTuple):
    """A span by its tokens and its label's number, with the probability that it is in its layer."""

    start: int
    end: int
    label: int
    chance: float


class Ensemble(nn.Module):
    """Networks of one form; ``words`` are the vectors that they share."""

    def __init__(self, networks: Sequence[Network], words: nn.Embedding, padding: int = 0) -> None:
        """Take networks; ``padding`` is the subword that fills the encoders' rows."""
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.words = None if networks[0].form.own_words else words
        self._padding = padding

    @property
    def vectors(self) -> nn.Embedding:
        """The vectors of words: those shared, else those of the first network."""
        vectors: nn.Embedding = self.words if self.words is not None else self.networks[0].words
        return vectors

    @torch.no_grad()
    def states(self, texts: Sequence[PreparedText]) -> list[list[Tensor]]:
        """By text and network: tokens x width, whatever windows the text is read in."""
        self.eval()
        windows = [(text.windows[n], text.features[n]) for text in texts for n in range(len(text.windows))]
        # In the order of their length, so that little is padding.
        order = sorted(range(len(windows)), key=lambda number: len(windows[number][1].words))
        found: list[list[Tensor]] = [[] for _ in windows]
        for batch in _pack(order, [len(features.words) for _, features in windows], _STATES_AT_ONCE):
            for network in self.networks:
                states = own_states(network, [windows[number] for number in batch], self._padding)
                for number, own in zip(batch, states, strict=True):
                    found[number].append(own)
        parts = iter(found)
        return [self._join([next(parts) for _ in text.windows]) for text in texts]

    @torch.no_grad()
    def find_spans(self, states: Sequence[Sequence[Tensor]], *, chances: bool = True) -> list[list[ChainSpan]]:
        """The spans of each text in the order of the text; without ``chances`` that of each is 1, and it is faster."""
        lengths = [len(each[0]) for each in states]
        found: list[list[ChainSpan]] = [[] for _ in states]
        order = sorted((number for number in range(len(states)) if lengths[number]), key=lengths.__getitem__)
        scores = self._chain_scores()
        for batch in _pack(order, lengths, _CHAINED_AT_ONCE):
            emissions = self._emissions([states[number] for number in batch])
            mask = mask_of([lengths[number] for number in batch])
            tags = best_tags(scores, emissions, mask)
            calculator = SpanChances(scores, emissions, mask) if chances else None
            for row, number in enumerate(batch):
                found[number] = _collect(tags[:, row, : lengths[number]].tolist(), row, calculator)
        return found

    @torch.no_grad()
    def answer(self, states: Sequence[Tensor]) -> dict[str, dict[str, float]]:
        """The probability of each option of each question about one text."""
        heads = [network.choices for network in self.networks if network.choices is not None]
        if not heads:
            return {}
        logits = torch.stack([head([own])[0] for head, own in zip(heads, states, strict=True)])
        return heads[0].scores(logits.mean(0))

    def _join(self, parts: Sequence[Sequence[Tensor]]) -> list[Tensor]:
        if not parts:
            return [torch.zeros(0, network.width) for network in self.networks]
        return [torch.cat([part[number] for part in parts]) for number in range(len(self.networks))]

    def _chain_scores(self) -> ChainScores:
        scores = [network.crf.scores() for network in self.networks]
        return ChainScores(
            torch.stack([each.transitions for each in scores]).mean(0),
            torch.stack([each.starts for each in scores]).mean(0),
        )

    def _emissions(self, states: Sequence[Sequence[Tensor]]) -> Tensor:
        by_network = [
            network.emissions(pad_sequence([text[number] for text in states], batch_first=True))
            for number, network in enumerate(self.networks)
        ]
        return torch.stack(by_network).mean(0)


def own_states(
    network: Network, windows: Sequence[tuple[TokenWindow, WindowFeatures]], padding: int = 0
) -> list[Tensor]:
    """Of each window the states of its own tokens: own tokens x width."""
    states = network.states(stack_windows([features for _, features in windows], padding))
    return [
        row[window.start - window.first : window.stop - window.first]
        for row, (window, _) in zip(states, windows, strict=True)
    ]


def _pack(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Cut an order, from short to long, into batches of at most so many tokens with padding, or of one."""
    batch: list[int] = []
    for number in order:
        if batch and (len(batch) + 1) * lengths[number] > most:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _collect(layers: Sequence[Sequence[int]], row: int, calculator: SpanChances | None) -> list[ChainSpan]:
    """The spans of all layers of one text; one that two layers have is there once, as probable as in the better."""
    best: dict[tuple[int, int, int], float] = {}
    for layer, tags in enumerate(layers):
        spans = spans_of_tags(tags)
        chances = calculator.of(layer, row, spans) if calculator else [1.0] * len(spans)
        for span, chance in zip(spans, chances, strict=True):
            best[span] = max(chance, best.get(span, 0.0))
    ordered = sorted(best.items(), key=lambda item: (item[0][0], -item[0][1], item[0][2]))
    return [ChainSpan(*span, chance) for span, chance in ordered]
