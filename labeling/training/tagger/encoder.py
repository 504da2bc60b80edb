"""An encoder of ``transformers`` under the network: a token is the mean of the subwords that it shares characters with.

What is longer than the encoder reads goes in as several rows; a token without subwords is a row of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# In subwords, those that a tokenizer adds among them: as long as most encoders read.
_LONGEST_ROW: Final = 512


@dataclass(frozen=True, slots=True)
class Subwords:
    """A window's subwords: ``rows`` for the encoder, and which subword (row, place) belongs to which token.

    ``places`` is subwords x 3: row, place in the row, token. A subword that lies in two tokens is there twice.
    """

    rows: tuple[tuple[int, ...], ...]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class SubwordBatch:
    """The subwords of several windows, each in rows of its own, as the encoder takes them.

    ``pieces`` are numbers of subwords among all of the batch, row by row, ``tokens`` the tokens they belong to, counted
    over windows that are all padded to the same length.
    """

    ids: Tensor
    attention: Tensor
    pieces: Tensor
    tokens: Tensor


class SubwordCutter:
    """Cuts a window's text into subwords by a fast tokenizer."""

    def __init__(self, tokenizer: Any, config: Any) -> None:  # noqa: ANN401 - any encoder's
        """Take a tokenizer, and the form of its encoder."""
        self._tokenizer = tokenizer
        self._longest = min(_LONGEST_ROW, int(tokenizer.model_max_length), _limit_of(config))
        self.padding = tokenizer.pad_token_id or 0

    def cut(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> Subwords:
        """The subwords of the tokens with these edges in the text."""
        offset = starts[0]
        encoded = self._tokenizer(
            text[offset : ends[-1]],
            truncation=True,
            max_length=self._longest,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        from_start, from_end = np.asarray(starts) - offset, np.asarray(ends) - offset
        found = [
            (row, place, token)
            for row, offsets in enumerate(encoded["offset_mapping"])
            for place, (start, end) in enumerate(offsets)
            if start < end
            for token in range(from_end.searchsorted(start, "right"), from_start.searchsorted(end, "left"))
        ]
        rows = tuple(tuple(ids) for ids in encoded["input_ids"])
        return Subwords(rows, np.array(found, np.int64).reshape(-1, 3))


def stack_subwords(windows: Sequence[Subwords], length: int, padding: int) -> SubwordBatch:
    """Put the rows of several windows under each other; ``length`` is that of the longest window, in tokens."""
    rows = [row for window in windows for row in window.rows]
    width = max(map(len, rows))
    ids = np.full((len(rows), width), padding, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    lengths = np.array([len(row) for row in rows])
    first = np.cumsum([0, *(len(window.rows) for window in windows)])
    pieces = [
        (each.places[:, 0] + before) * width + each.places[:, 1] for each, before in zip(windows, first, strict=False)
    ]
    tokens = [each.places[:, 2] + number * length for number, each in enumerate(windows)]
    return SubwordBatch(
        torch.from_numpy(ids),
        torch.from_numpy((np.arange(width) < lengths[:, None]).astype(np.int64)),
        torch.from_numpy(np.concatenate(pieces)),
        torch.from_numpy(np.concatenate(tokens)),
    )


def encode_tokens(encoder: Any, batch: SubwordBatch, tokens: int) -> Tensor:  # noqa: ANN401 - any encoder
    """Tokens x width: the mean of each token's subwords, for so many tokens of all windows together."""
    states = encoder(input_ids=batch.ids, attention_mask=batch.attention).last_hidden_state.float()
    pieces = states.reshape(-1, states.shape[-1])[batch.pieces]
    sums = states.new_zeros(tokens, states.shape[-1]).index_add(0, batch.tokens, pieces)
    counts = states.new_zeros(tokens).index_add(0, batch.tokens, states.new_ones(len(batch.tokens)))
    return sums / counts.clamp(min=1)[:, None]


def open_checkpoint(name: str) -> tuple[Any, Any]:
    """Encoder and tokenizer of a checkpoint: a folder, or a name on the Hub.

    Raises:
        ValueError: It cannot be opened, or its tokenizer does not say where its subwords are in the text.
    """
    from transformers import AutoModel, AutoTokenizer

    tokenizer = _open_tokenizer(name, AutoTokenizer)
    try:
        # Not as it is stored: in half precision a small step would be lost.
        encoder = AutoModel.from_pretrained(name, dtype=torch.float32)
    except Exception as error:  # whatever a damaged or foreign folder brings up there
        raise ValueError(f"transformers cannot open {name}: {error}") from error
    _refuse_unfit(encoder.config, name)
    return encoder, tokenizer


def open_encoder(folder: Path) -> tuple[Any, Any]:
    """Encoder, without its weights, and tokenizer, as `save_encoder` wrote them.

    Raises:
        ValueError: They cannot be opened.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    tokenizer = _open_tokenizer(str(folder), AutoTokenizer)
    try:
        encoder: Any = AutoModel.from_config(  # type: ignore[no-untyped-call]  # theirs
            AutoConfig.from_pretrained(str(folder)), dtype=torch.float32
        )
    except Exception as error:  # the same
        raise ValueError(f"transformers cannot open {folder}: {error}") from error
    return encoder, tokenizer


def save_encoder(encoder: Any, tokenizer: Any, folder: Path) -> None:  # noqa: ANN401 - any encoder's
    """Write what it takes to open an encoder without its checkpoint: its form and its tokenizer, not its weights."""
    encoder.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _open_tokenizer(name: str, opener: Any) -> Any:  # noqa: ANN401 - theirs
    try:
        tokenizer = opener.from_pretrained(name)
    except Exception as error:  # the same
        raise ValueError(f"transformers cannot open the tokenizer of {name}: {error}") from error
    # This is what transformers makes up where a folder has no tokenizer.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ValueError(f"the tokenizer of {name} has no words")
    if not tokenizer.is_fast:
        raise ValueError(f"the tokenizer of {name} is slow: it does not give the places of its pieces in the text")
    return tokenizer


def _refuse_unfit(config: Any, name: str) -> None:  # noqa: ANN401 - any encoder's
    if getattr(config, "is_encoder_decoder", False):
        raise ValueError(f"{name} is not an encoder alone: it writes texts")
    if getattr(config, "hidden_size", None) is None:
        raise ValueError(f"{name} is not an encoder of texts: its form has no hidden_size")


def _limit_of(config: Any) -> int:  # noqa: ANN401 - any encoder's
    # Some count places from 2 on.
    return int(getattr(config, "max_position_embeddings", None) or _LONGEST_ROW + 2) - 2
