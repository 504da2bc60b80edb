"""The network: what is known of each token -> its state -> how well each tag and each option suits.

Words, characters, shape and, where there is one, the encoder's states stand side by side; a BiLSTM may read them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from .choice_head import ChoiceHead
from .crf import LayeredCrf
from .encoder import encode_tokens, stack_subwords
from .layers import count_tags
from .word_features import CHARACTER_ROWS, PADDING, SHAPE_WIDTH, UNKNOWN_WORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .encoder import SubwordBatch
    from .prepared_text import WindowFeatures
    from .questions import Question

_CHARACTER_WIDTH, _FILTERS, _FILTER_LENGTH = 25, 50, 3


@dataclass(frozen=True)
class NetworkForm:
    """What decides which weights a network has, beside its vectors and its encoder.

    ``lstm`` is the width of the BiLSTM in either direction, 0 for none; ``own_words`` says that the vectors are
    trained, and so are each network's own; ``half`` that the encoder computes in half precision (bfloat16).
    ``dropout`` and ``word_dropout`` are of training alone.
    """

    labels: int
    layers: int
    lstm: int
    characters: bool = True
    own_words: bool = False
    half: bool = False
    dropout: float = 0.3
    word_dropout: float = 0.05


@dataclass(frozen=True)
class WindowBatch:
    """Several windows, padded to the longest: windows x tokens x features. ``lengths`` is in tokens."""

    words: Tensor
    characters: Tensor
    shapes: Tensor
    lengths: Tensor
    subwords: SubwordBatch | None


class Network(nn.Module):
    """One network. Several that are the same but for their weights may answer together (see `reading`)."""

    def __init__(self, form: NetworkForm, words: nn.Embedding, encoder: Any, questions: Sequence[Question]) -> None:  # noqa: ANN401 - any encoder
        """Make one with new weights.

        Args:
            form: Its form.
            words: The vectors, the first two rows of zeros; several networks may share them.
            encoder: A model of ``transformers``, or None.
            questions: The choices it answers.
        """
        super().__init__()
        self.form = form
        # In a list, those that networks share are not among this one's weights: they are kept once for all.
        self._shared = [] if form.own_words else [words]
        self.words = deepcopy(words) if form.own_words else None
        width = words.embedding_dim + SHAPE_WIDTH
        if form.characters:
            self.characters = nn.Embedding(CHARACTER_ROWS, _CHARACTER_WIDTH, padding_idx=PADDING)
            self.filters = nn.Conv1d(_CHARACTER_WIDTH, _FILTERS, _FILTER_LENGTH, padding=_FILTER_LENGTH // 2)
            width += _FILTERS
        self.encoder = encoder
        if encoder is not None:
            width += encoder.config.hidden_size
        self.dropout = nn.Dropout(form.dropout)
        self.width = self._tag_width = width
        if form.lstm:
            self.lstm = nn.LSTM(width, form.lstm, batch_first=True, bidirectional=True)
            self.width, self._tag_width = 2 * form.lstm + width, 2 * form.lstm
        self.tags = nn.Linear(self._tag_width, form.layers * count_tags(form.labels))
        self.crf = LayeredCrf(form.layers, form.labels)
        self.choices = ChoiceHead(self.width, questions) if questions else None

    def states(self, batch: WindowBatch) -> Tensor:
        """Windows x tokens x ``width``: what the heads are given of each token.

        What the BiLSTM made of it comes first, on which tags are chosen, then what it was made from: whole texts are
        told apart by single words as well.
        """
        states = self.dropout(torch.cat(self._features(batch), -1))
        if not self.form.lstm:
            return states
        packed = pack_padded_sequence(states, batch.lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=states.shape[1])
        return torch.cat([self.dropout(read), states], -1)

    def emissions(self, states: Tensor) -> Tensor:
        """Layers x texts x tokens x tags, of states that are texts x tokens x ``width``."""
        texts, tokens, _ = states.shape
        return self.tags(states[..., : self._tag_width]).view(texts, tokens, self.form.layers, -1).permute(2, 0, 1, 3)

    def _features(self, batch: WindowBatch) -> list[Tensor]:
        words = batch.words
        if self.training and self.form.word_dropout:
            words = words.masked_fill(torch.rand(words.shape) < self.form.word_dropout, UNKNOWN_WORD)
        vectors = self.words if self.words is not None else self._shared[0]
        found = [vectors(words), batch.shapes]
        windows, tokens = words.shape
        if self.form.characters:
            characters = self.characters(batch.characters.flatten(0, 1)).transpose(1, 2)
            found.append(torch.relu(self.filters(characters)).amax(-1).view(windows, tokens, -1))
        if self.encoder is not None and batch.subwords is not None:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.form.half):
                encoded = encode_tokens(self.encoder, batch.subwords, windows * tokens)
            found.append(encoded.view(windows, tokens, -1))
        return found


def stack_windows(windows: Sequence[WindowFeatures], padding: int = 0) -> WindowBatch:
    """Several windows as one batch; ``padding`` is the subword that fills the encoder's rows."""
    length = max(len(window.words) for window in windows)
    subwords = [window.subwords for window in windows if window.subwords is not None]
    return WindowBatch(
        words=_pad_arrays([window.words for window in windows]),
        characters=_pad_arrays([window.characters for window in windows]),
        shapes=_pad_arrays([window.shapes for window in windows]),
        lengths=torch.tensor([len(window.words) for window in windows]),
        subwords=stack_subwords(subwords, length, padding) if subwords else None,
    )


def _pad_arrays(arrays: Sequence[NDArray[Any]]) -> Tensor:
    return pad_sequence([torch.from_numpy(each) for each in arrays], batch_first=True)


def mask_of(lengths: Sequence[int]) -> Tensor:
    """Texts x tokens: true where a text has a token."""
    counts = torch.tensor(lengths)
    return torch.arange(int(counts.max())) < counts[:, None]
