"""Open a tagger, and let it read texts."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from .ensemble import Ensemble
from .model_folder import CARD, ENCODER, RELATION_FOLDER, TOKENIZER, WEIGHTS, WORDS, read_card
from .network import Network, NetworkForm
from .prepared_text import TextPreparer
from .questions import choose_options
from .relation_features import read_form
from .relation_head import open_relation_head, relate_spans
from .relation_signs import MarkedSpan
from .span_scores import calibrate
from .tagged_text import ReadRelation, ReadSpan, TaggedText
from .word_features import KNOWN_WORDS, PADDING, number_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from .ensemble import ChainSpan
    from .model_folder import TaggerCard
    from .prepared_text import PreparedText
    from .relation_head import RelationHead

# How many texts are read at once: enough to fill batches, few enough for any memory.
_AT_ONCE: Final = 32


class Tagger:
    """A trained model, opened. It reads text after text, in memory that does not grow with their number."""

    def __init__(
        self, card: TaggerCard, preparer: TextPreparer, ensemble: Ensemble, head: RelationHead | None = None
    ) -> None:
        """Take the parts; `open_tagger` puts them together."""
        self.card = card
        self._preparer, self._ensemble, self._head = preparer, ensemble, head

    def read(self, texts: Iterable[str]) -> Iterator[TaggedText]:
        """What the model finds in each text, in their order.

        >>> model = tagger.load("MODEL")  # doctest: +SKIP
        >>> next(model.read(["Talks in Oslo"])).spans  # doctest: +SKIP
        (ReadSpan(start=9, end=13, label='LOCATION', score=0.93),)
        """
        waiting = iter(texts)
        while group := list(islice(waiting, _AT_ONCE)):
            yield from self._read(list(self._preparer.prepare(group)))

    def relate(self, text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[ReadRelation, ...]:
        """The relations among spans that are given, by their numbers: start and end in code points, and label.

        A span that no token touches has none, nor has one of a label that no relation was learned of.
        """
        (prepared,) = self._preparer.prepare([text])
        marked = [(number, _mark_span(prepared, *span)) for number, span in enumerate(spans)]
        held = [(number, span) for number, span in marked if span]
        related = self._relate(prepared, [(span, 1.0) for _, span in held], own=False)
        return tuple(ReadRelation(held[each.head][0], held[each.tail][0], each.label, each.score) for each in related)

    def _relate(
        self, text: PreparedText, spans: Sequence[tuple[MarkedSpan, float]], *, own: bool
    ) -> tuple[ReadRelation, ...]:
        if self._head is None:
            return ()
        least = self._head.form.own_least if own else self._head.form.least
        found = relate_spans(self._head, text, spans, self._ensemble.vectors)
        return tuple(ReadRelation(*each) for each in sorted(found) if each.chance >= least)

    def _read(self, texts: Sequence[PreparedText]) -> Iterator[TaggedText]:
        states = self._ensemble.states(texts)
        spans = self._ensemble.find_spans(states)
        for text, own, found in zip(texts, states, spans, strict=True):
            yield self._put_together(text, own, found)

    def _put_together(self, text: PreparedText, states: Sequence[Tensor], found: Sequence[ChainSpan]) -> TaggedText:
        calibration, labels = self.card.calibration, self.card.labels
        choices = self._ensemble.answer(states)
        scored = [
            (
                MarkedSpan(span.start, span.end, labels[span.label]),
                calibrate(span.chance, calibration.slope, calibration.offset),
            )
            for span in found
        ]
        return TaggedText(
            spans=tuple(
                ReadSpan(text.starts[span.start], text.ends[span.end - 1], span.label, score) for span, score in scored
            ),
            relations=self._relate(text, scored, own=True),
            choices=choices,
            answers={each.name: choose_options(each, choices[each.name]) for each in self.card.questions},
        )


def _mark_span(text: PreparedText, start: int, end: int, label: str) -> MarkedSpan | None:
    """The tokens that a span touches."""
    first, last = bisect_right(text.ends, start), bisect_left(text.starts, end)
    return MarkedSpan(first, last, label) if first < last else None


def open_tagger(folder: Path) -> Tagger:
    """Open a model.

    Raises:
        ValueError: A file is missing, damaged, or of another model; the message names it.
    """
    card = read_card(folder)
    try:
        # New weights are drawn before they are read: the caller's random numbers go on as if they had not been.
        with torch.random.fork_rng(devices=[]):
            return _open(folder, card)
    except (SafetensorError, RuntimeError, TypeError, KeyError, OSError) as error:
        # Every file is as it was written: what is left is a card that does not fit them.
        raise ValueError(f"{folder / CARD} does not fit the files beside it: {error}") from error


def _open(folder: Path, card: TaggerCard) -> Tagger:
    words = nn.Embedding(card.words + KNOWN_WORDS, card.word_width, padding_idx=PADDING)
    form, encoder, cutter = NetworkForm(**card.network), None, None
    networks = []
    for _ in range(card.members):
        if card.encoder:
            from .encoder import SubwordCutter, open_encoder

            encoder, tokenizer = open_encoder(folder / ENCODER)
            cutter = SubwordCutter(tokenizer, encoder.config)
        networks.append(Network(form, words, encoder, card.questions))
    networks += [Network(form, words, None, card.questions) for _ in range(card.word_members)]
    ensemble = Ensemble(networks, words, cutter.padding if cutter else 0)
    # Vectors are kept in half precision, and become what they were.
    ensemble.load_state_dict({name: weight.float() for name, weight in load_file(folder / WEIGHTS).items()})
    rows = number_vocabulary(json.loads((folder / WORDS).read_text(encoding="utf-8")))
    preparer = TextPreparer(_load_tokenizer(folder / TOKENIZER), rows, cutter, own=card.own, margin=card.margin)
    head = open_relation_head(read_form(card.relation_head), folder / RELATION_FOLDER) if card.relation_head else None
    return Tagger(card, preparer, ensemble, head)


def _load_tokenizer(folder: Path) -> Any:  # noqa: ANN401 - spaCy's
    import spacy

    return spacy.load(folder)
