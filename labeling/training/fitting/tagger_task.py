"""What a tagger is to learn, what it starts from, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.tokens import NEWSWIRE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.training.fitting.examples import Example
    from labeling.training.tagger.model_folder import RelationKind
    from labeling.training.tagger.questions import Question


@dataclass(frozen=True)
class TaggerTask:
    """The examples to learn from and to choose by, and the names that may be answered.

    ``language`` and ``tokenizer`` are those of the dataset: the rules by which its tokens are cut. Labels of examples
    that are not among ``labels`` are left out, as are questions and relations.
    """

    train: Sequence[Example]
    dev: Sequence[Example]
    labels: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    relations: tuple[RelationKind, ...] = ()
    language: str = "en"
    tokenizer: str = NEWSWIRE


@dataclass(frozen=True)
class Foundation:
    """What was learned before: word vectors, and the name or folder of a checkpoint of ``transformers``; or nothing."""

    vectors: WordVectors | None = None
    checkpoint: str = ""


@dataclass(frozen=True)
class FitReport:
    """What came of training.

    Attributes:
        rounds: How many rounds each network was trained, and ``best`` after how many it was kept.
        f1: On dev by what was asked for, ``spans`` or ``choices``: 0 to 1.
        layers: How many layers of spans the model has.
        unheld: How many spans of train had no place in them.
        cut: How many spans of train end inside a token.
        probabilities_error: The expected calibration error of the spans on dev before calibration, and ``scores_error``
            after it: each span scored by a line that was fitted without its text.
        seconds: How long it took.
    """

    rounds: tuple[int, ...]
    best: tuple[int, ...]
    f1: Mapping[str, float]
    layers: int
    unheld: int
    cut: int
    probabilities_error: float
    scores_error: float
    seconds: float
