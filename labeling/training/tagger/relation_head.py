"""The head for relations: which of the pairs of spans near each other are related, and how.

It is given spans, gold's or those that were found, and what it says of a pair adds up from two sides: weights of the
pair's signs, and what it reads from the vectors of the words around. It says at most what its form permits.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .relation_features import PARTS, STEPS, number_pairs, rows_of, stack_pairs
from .relation_signs import mark_text, order_spans
from .word_features import UNKNOWN_WORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .prepared_text import PreparedText
    from .relation_features import PairBatch, PairFeatures, RelationForm
    from .relation_signs import MarkedSpan, SpannedText

_WEIGHTS, _SIGNS = "weights.safetensors", "signs.json"
_LABEL_WIDTH, _DISTANCE_WIDTH, _DISTANCES = 16, 8, 12
_FILTER_LENGTH: Final = 3
# Of signs that hold the share that is hidden in training, and of the words of names.
_HIDDEN_SIGNS, _HIDDEN_NAMES = 0.3, 0.3
_AT_ONCE: Final = 256
_NEVER: Final = -1e4


class FoundRelation(NamedTuple):
    """A relation between two of the spans of a marked text, by their numbers, with its probability."""

    head: int
    tail: int
    label: str
    chance: float


class PairNetwork(nn.Module):
    """One network: a pair -> how well each output, and last that there is no relation, suits."""

    def __init__(self, form: RelationForm, signs: int) -> None:
        """Make new weights."""
        super().__init__()
        labels, width = len(form.labels) + 1, form.width
        self._dropout = form.dropout
        self.signs = nn.EmbeddingBag(max(1, signs), len(form.outputs), mode="sum")
        nn.init.zeros_(self.signs.weight)
        self.labels = nn.Embedding(labels, _LABEL_WIDTH)
        self.distances = nn.Embedding(_DISTANCES, _DISTANCE_WIDTH)
        self.filters = nn.Conv1d(form.word_width + _LABEL_WIDTH, width, _FILTER_LENGTH, padding=_FILTER_LENGTH // 2)
        self.places = nn.ModuleDict(
            {
                name: nn.Embedding(rows, width)
                for name, rows in (("parts", PARTS), ("from_first", STEPS), ("from_second", STEPS))
            }
        )
        for table in self.places.values():
            nn.init.normal_(table.weight, std=0.1)
        self.hidden = nn.Linear(PARTS * width + 2 * _LABEL_WIDTH + _DISTANCE_WIDTH, width)
        self.outputs = nn.Linear(width, len(form.outputs))

    def forward(self, batch: PairBatch, vectors: nn.Embedding) -> Tensor:
        """Pairs x (outputs and none): logarithms of probabilities."""
        read = torch.cat(
            [self._read_words(batch, vectors), self.labels(batch.labels).flatten(1), self.distances(batch.distances)], 1
        )
        suits = self.outputs(self._drop(torch.relu(self.hidden(self._drop(read))))) + self._weigh_signs(batch)
        none = suits.new_zeros(len(suits), 1)
        return torch.cat([suits.masked_fill(~batch.permitted, _NEVER), none], 1).log_softmax(1)

    def _read_words(self, batch: PairBatch, vectors: nn.Embedding) -> Tensor:
        """Pairs x (parts x width): of each part the maximum over its words."""
        tokens = batch.tokens
        words = tokens["words"]
        if self.training:
            hidden = (torch.rand(words.shape) < _HIDDEN_NAMES) & (tokens["inside"] > 0)
            words = words.masked_fill(hidden, UNKNOWN_WORD)
        states = self._drop(torch.cat([vectors(words).detach(), self.labels(tokens["inside"])], -1))
        states = self.filters((states * batch.there[..., None]).transpose(1, 2)).transpose(1, 2)
        states = torch.relu(states + sum(table(tokens[name]) for name, table in self.places.items()))
        parts = [
            states.masked_fill(~(batch.there & (tokens["parts"] == part))[..., None], 0).amax(1)
            for part in range(PARTS)
        ]
        return torch.cat(parts, 1)

    def _weigh_signs(self, batch: PairBatch) -> Tensor:
        shares = torch.ones(len(batch.signs))
        if self.training:
            shares = (torch.rand(len(batch.signs)) >= _HIDDEN_SIGNS) / (1 - _HIDDEN_SIGNS)
        weighed: Tensor = self.signs(batch.signs, batch.bags, per_sample_weights=shares)
        return weighed

    def _drop(self, states: Tensor) -> Tensor:
        return nn.functional.dropout(states, self._dropout, self.training)


class RelationHead(nn.Module):
    """Networks that answer together, with the signs they know."""

    def __init__(self, form: RelationForm, signs: Sequence[str]) -> None:
        """Make networks with new weights."""
        super().__init__()
        self.form = form
        self.signs = tuple(signs)
        self._numbers = {sign: number for number, sign in enumerate(signs)}
        self.networks = nn.ModuleList(PairNetwork(form, len(signs)) for _ in range(form.members))

    def number(self, text: SpannedText, rows: NDArray[np.int64]) -> list[PairFeatures]:
        """The pairs of a text that may be related; ``rows`` has each word's row in the vectors."""
        return list(number_pairs(text, rows, self._numbers, self.form))

    @torch.no_grad()
    def chances(self, pairs: Sequence[PairFeatures], vectors: nn.Embedding) -> Tensor:
        """Pairs x outputs: the probability of each, the mean over networks."""
        self.eval()
        found = [torch.zeros(0, len(self.form.outputs))]
        for start in range(0, len(pairs), _AT_ONCE):
            batch = stack_pairs(pairs[start : start + _AT_ONCE])
            answers = torch.stack([network(batch, vectors).exp() for network in self.networks])
            found.append(answers.mean(0)[:, :-1])
        return torch.cat(found)

    def relate(self, text: SpannedText, rows: NDArray[np.int64], vectors: nn.Embedding) -> Iterator[FoundRelation]:
        """Every relation that may be between spans of a text, however improbable, pair by pair."""
        pairs = self.number(text, rows)
        for pair, chances in zip(pairs, self.chances(pairs, vectors).tolist(), strict=True):
            for output, chance, possible in zip(self.form.outputs, chances, pair.permitted, strict=True):
                if possible:
                    ends = (pair.second, pair.first) if output.backwards else (pair.first, pair.second)
                    yield FoundRelation(*ends, output.label, chance)


def relate_spans(
    head: RelationHead, prepared: PreparedText, spans: Sequence[tuple[MarkedSpan, float]], vectors: nn.Embedding
) -> list[FoundRelation]:
    """What may be related among spans, by their numbers, however improbable.

    Args:
        head: The head.
        prepared: The text.
        spans: In any order, each with its score: a relation is right only where both its spans are, so that the chance
            of a relation is multiplied by their scores.
        vectors: Of words.
    """
    marked = [span for span, _ in spans]
    order = order_spans(marked)
    found = []
    for each in head.relate(mark_text(prepared, marked), rows_of(prepared), vectors):
        first, second = order[each.head], order[each.tail]
        found.append(FoundRelation(first, second, each.label, each.chance * spans[first][1] * spans[second][1]))
    return found


def save_relation_head(head: RelationHead, folder: Path) -> None:
    """Write weights and signs into a new folder; the form goes into the model's card."""
    folder.mkdir()
    save_file({name: weight.contiguous() for name, weight in head.state_dict().items()}, folder / _WEIGHTS)
    (folder / _SIGNS).write_text(json.dumps(head.signs, ensure_ascii=False) + "\n", encoding="utf-8")


def open_relation_head(form: RelationForm, folder: Path) -> RelationHead:
    """Open a head.

    Raises:
        RuntimeError, OSError, ValueError, SafetensorError: A file is not there, or is not of this form.
    """
    head = RelationHead(form, json.loads((folder / _SIGNS).read_text(encoding="utf-8")))
    head.load_state_dict(load_file(folder / _WEIGHTS))
    return head
