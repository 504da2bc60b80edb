"""What the relation head is given of a pair of spans: numbers for its signs, its labels, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .relation_signs import Reach, classify_distance, list_signs, pair_near_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from .prepared_text import PreparedText
    from .relation_signs import MarkedSpan, SpannedText

# Words on either side of a pair that are read with it, and the most words that are.
_CONTEXT: Final = 5
_MOST_WORDS: Final = 96
_FARTHEST: Final = 9
# Where a token is: before the pair, in its first span, between, in its second, after it; of a pair nested, in both.
PARTS: Final = 6
# How far a token is from a span, on which side; the one in the middle is within it.
STEPS: Final = 2 * _FARTHEST + 3


@dataclass(frozen=True, slots=True)
class RelationOutput:
    """What the head may say of a pair: a relation, from the earlier span to the later one or ``backwards``."""

    label: str
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class RelationForm:
    """What decides how a relation head is built and which pairs it is asked about.

    Attributes:
        outputs: What it may say.
        permitted: The outputs by number that are possible, by the labels of the earlier and of the later span.
        labels: Of spans, in the order of their numbers.
        reach: How near two spans must be.
        word_width: Of the word vectors.
        width: Of what is read from words.
        members: How many networks answer together.
        dropout: The share of features that is hidden in training.
        least: The least score of a relation between spans that are given, ``own_least`` between those found.
    """

    outputs: tuple[RelationOutput, ...]
    permitted: Mapping[tuple[str, str], tuple[int, ...]]
    labels: tuple[str, ...]
    reach: Reach
    word_width: int
    width: int
    members: int
    dropout: float
    least: float = 0.5
    own_least: float = 0.5


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """One pair: the numbers of its spans in the text, and what is known of it.

    ``labels`` are those of its spans, counted from 1; ``words``, ``parts``, ``from_first`` and ``from_second`` have a
    number for each token that is read: its row in the vectors, its part, and how far it is from either span; ``inside``
    the label of the span it is in, 0 for none; ``permitted`` is true for each output that is possible.
    """

    first: int
    second: int
    labels: tuple[int, int]
    signs: NDArray[np.int64]
    words: NDArray[np.int64]
    inside: NDArray[np.int64]
    parts: NDArray[np.int64]
    from_first: NDArray[np.int64]
    from_second: NDArray[np.int64]
    distance: int
    permitted: NDArray[np.bool_]


@dataclass(frozen=True)
class PairBatch:
    """Several pairs, padded to the most words: pairs x words. ``bags`` has the place where each pair's signs begin."""

    labels: Tensor
    distances: Tensor
    signs: Tensor
    bags: Tensor
    tokens: Mapping[str, Tensor]
    there: Tensor
    permitted: Tensor


def number_pairs(
    text: SpannedText, rows: NDArray[np.int64], signs: Mapping[str, int], form: RelationForm
) -> Iterator[PairFeatures]:
    """Each pair of a text's spans that may be related.

    Args:
        text: The text.
        rows: The row of each of its words in the vectors.
        signs: The number of each sign that the head knows.
        form: Of the head.
    """
    numbers = {label: number for number, label in enumerate(form.labels, start=1)}
    inside = _label_tokens(text, numbers)
    for first, second in pair_near_spans(text, form.reach):
        head, tail = text.spans[first], text.spans[second]
        possible = form.permitted.get((head.label, tail.label))
        if not possible:
            continue
        permitted = np.zeros(len(form.outputs), bool)
        permitted[list(possible)] = True
        tokens = _read_tokens(text, head, tail)
        known = [signs[sign] for sign in list_signs(text, first, second) if sign in signs]
        yield PairFeatures(
            first,
            second,
            (numbers[head.label], numbers[tail.label]),
            np.array(known, np.int64),
            rows[tokens],
            inside[tokens],
            np.array([_part_of(token, head, tail) for token in tokens], np.int64),
            np.array([_steps_to(token, head) for token in tokens], np.int64),
            np.array([_steps_to(token, tail) for token in tokens], np.int64),
            classify_distance(len(text.gap(first, second))),
            permitted,
        )


def stack_pairs(pairs: Sequence[PairFeatures]) -> PairBatch:
    """Several pairs as one batch."""
    lengths = torch.tensor([len(pair.words) for pair in pairs])
    counts = torch.tensor([0, *(len(pair.signs) for pair in pairs)])[:-1]
    names = ("words", "inside", "parts", "from_first", "from_second")
    return PairBatch(
        labels=torch.tensor([pair.labels for pair in pairs]),
        distances=torch.tensor([pair.distance for pair in pairs]),
        signs=torch.from_numpy(np.concatenate([pair.signs for pair in pairs])),
        bags=torch.cumsum(counts, 0),
        tokens={
            name: pad_sequence([torch.from_numpy(getattr(pair, name)) for pair in pairs], batch_first=True)
            for name in names
        },
        there=torch.arange(int(lengths.max())) < lengths[:, None],
        permitted=torch.from_numpy(np.stack([pair.permitted for pair in pairs])),
    )


def rows_of(prepared: PreparedText) -> NDArray[np.int64]:
    """The row of each word of a text in the vectors, whatever windows it is read in."""
    parts = [
        features.words[window.start - window.first : window.stop - window.first]
        for window, features in zip(prepared.windows, prepared.features, strict=True)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def write_form(form: RelationForm) -> dict[str, Any]:
    """A form as JSON has it."""
    content = {name: getattr(form, name) for name in RelationForm.__dataclass_fields__}
    return content | {
        "outputs": [[output.label, output.backwards] for output in form.outputs],
        "permitted": [[*labels, list(outputs)] for labels, outputs in sorted(form.permitted.items())],
        "labels": list(form.labels),
        "reach": [form.reach.sentences, form.reach.tokens],
    }


def read_form(content: Mapping[str, Any]) -> RelationForm:
    """A form from JSON.

    Raises:
        KeyError, TypeError, ValueError: It is not one.
    """
    return RelationForm(
        **dict(content)
        | {
            "outputs": tuple(RelationOutput(*each) for each in content["outputs"]),
            "permitted": {(first, second): tuple(outputs) for first, second, outputs in content["permitted"]},
            "labels": tuple(content["labels"]),
            "reach": Reach(*content["reach"]),
        }
    )


def _label_tokens(text: SpannedText, numbers: Mapping[str, int]) -> NDArray[np.int64]:
    """The label of the span that each token is in, the shortest of several; 0 where it is in none."""
    inside = np.zeros(len(text.words), np.int64)
    for span in sorted(text.spans, key=lambda span: span.start - span.end):
        inside[span.start : span.end] = numbers.get(span.label, 0)
    return inside


def _read_tokens(text: SpannedText, head: MarkedSpan, tail: MarkedSpan) -> list[int]:
    """The pair's tokens with some on either side in its sentences; of very many those at either end."""
    start, end = max(0, head.start - _CONTEXT), min(len(text.words), max(head.end, tail.end) + _CONTEXT)
    first, last = text.sentences[head.start], text.sentences[max(head.end, tail.end) - 1]
    tokens = [token for token in range(start, end) if first <= text.sentences[token] <= last]
    half = _MOST_WORDS // 2
    return tokens if len(tokens) <= _MOST_WORDS else tokens[:half] + tokens[-half:]


def _part_of(token: int, head: MarkedSpan, tail: MarkedSpan) -> int:
    in_head, in_tail = head.start <= token < head.end, tail.start <= token < tail.end
    if in_head or in_tail:
        return 5 if in_head and in_tail else 1 if in_head else 3
    return 0 if token < head.start else 2 if token < tail.start else 4


def _steps_to(token: int, span: MarkedSpan) -> int:
    if token < span.start:
        return _FARTHEST - min(_FARTHEST, (span.start - token).bit_length()) + 1
    if token >= span.end:
        return _FARTHEST + 1 + min(_FARTHEST, (token - span.end + 1).bit_length())
    return _FARTHEST + 1
