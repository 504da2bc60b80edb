"""What the networks of a model share: words and their vectors, the tokenizer, what prepares texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import nn

from labeling.errors import TrainingError
from labeling.tokens import make_tokenizer
from labeling.training.tagger.encoder import SubwordCutter, open_checkpoint
from labeling.training.tagger.prepared_text import TextPreparer
from labeling.training.tagger.word_features import KNOWN_WORDS, PADDING, number_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.language import Language

    from labeling.training.fitting.examples import Example
    from labeling.training.fitting.tagger_settings import TaggerSettings
    from labeling.training.fitting.tagger_task import Foundation, TaggerTask

# Where no vectors are given, words get new ones of this width if train has them so often.
_OWN_WIDTH: Final = 50
_OWN_LEAST: Final = 2


@dataclass(frozen=True)
class Ground:
    """The words with their vectors, the tokenizer, and what prepares texts.

    ``tokenizer`` and ``cutter`` are of the encoder's subwords, None where there is no encoder.
    """

    words: tuple[str, ...]
    table: nn.Embedding
    nlp: Language
    preparer: TextPreparer
    tokenizer: Any
    cutter: SubwordCutter | None

    @property
    def padding(self) -> int:
        """The subword that fills the encoder's rows."""
        return self.cutter.padding if self.cutter else 0


def lay_ground(task: TaggerTask, foundation: Foundation, settings: TaggerSettings) -> Ground:
    """Make what networks share.

    Raises:
        TrainingError: The checkpoint cannot be used.
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
    """
    nlp = make_tokenizer(task.language, task.tokenizer)
    words, table = _table_of(task, foundation, nlp)
    tokenizer = cutter = None
    if foundation.checkpoint:
        encoder, tokenizer = open_start(foundation.checkpoint)
        cutter = SubwordCutter(tokenizer, encoder.config)
    preparer = TextPreparer(nlp, number_vocabulary(words), cutter, own=settings.window, margin=settings.margin)
    return Ground(tuple(words), table, nlp, preparer, tokenizer, cutter)


def _table_of(task: TaggerTask, foundation: Foundation, nlp: Language) -> tuple[Sequence[str], nn.Embedding]:
    """Words and their vectors: those given, else new ones that are learned; with an encoder alone there are none."""
    if foundation.vectors is not None:
        rows = foundation.vectors.rows
        # As they are kept: what is trained on them is what is used.
        scaled = np.vstack([np.zeros((KNOWN_WORDS, rows.shape[1])), rows / (rows.std() or 1)]).astype(np.float16)
        weights = torch.from_numpy(scaled.astype(np.float32))
        return foundation.vectors.words, nn.Embedding.from_pretrained(weights, freeze=True, padding_idx=PADDING)
    if foundation.checkpoint:
        return (), nn.Embedding.from_pretrained(torch.zeros(KNOWN_WORDS, 1), freeze=True, padding_idx=PADDING)
    words = _frequent_words(task.train, nlp)
    return words, nn.Embedding(len(words) + KNOWN_WORDS, _OWN_WIDTH, padding_idx=PADDING)


def _frequent_words(examples: Sequence[Example], nlp: Language) -> list[str]:
    counts = Counter(
        token.lower_ for example in examples for token in nlp.tokenizer(example.text) if not token.is_space
    )
    return sorted(word for word, count in counts.items() if count >= _OWN_LEAST)


def open_start(checkpoint: str) -> tuple[Any, Any]:
    """Encoder and tokenizer of the checkpoint that training starts from.

    Raises:
        TrainingError: It cannot be opened, or has no fast tokenizer.
    """
    try:
        return open_checkpoint(checkpoint)
    except ValueError as error:
        raise TrainingError(
            str(error),
            todo="name a folder with a model, or a checkpoint of the Hub that this machine can reach",
            where=checkpoint,
        ) from error
