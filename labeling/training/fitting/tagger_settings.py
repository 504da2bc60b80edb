"""How a tagger is trained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True)
class TaggerSettings:
    """How a tagger is trained; the defaults suit some hundreds of sentences.

    The digest of a model's settings is taken of the text of this value, so its fields and their names are kept.

    Attributes:
        rounds: The most rounds over the data; in a tenth of them the rates rise, in the others they fall to nothing.
        batch: Tokens a step, about: so many as eight sentences have.
        rate: The highest rate of all weights but the encoder's, and ``encoder_rate`` that of the encoder's (AdamW).
        decay: AdamW's weight decay.
        clip: The longest gradient.
        lstm: The width of the BiLSTM in either direction, 0 for none.
        dropout: The share of features that is hidden in training, and ``word_dropout`` that of words.
        scored: Dev is scored after every so many rounds of the second half, counted back from the last.
        patience: After so many rounds without a better score on dev training ends.
        half: Whether the encoder computes in half precision (bfloat16), which some processors do in half of the time.
        steps: The most steps, where the rounds are too many.
        members: How many networks are trained, with seeds of their own, which answer together.
        word_members: How many that have no encoder are trained beside those with one, where there are word vectors:
            they err elsewhere. On dev it is seen whether they answer with the others.
        window: The most tokens of a window that are its own, and ``margin`` how many it sees on either side.
        layers: The most layers of nested spans.
        swapped: In half of the texts of a round, the share of names that others of their label stand in for.
    """

    rounds: int = 40
    batch: int = 340
    rate: float = 2e-3
    encoder_rate: float = 1e-4
    decay: float = 0.01
    clip: float = 5.0
    lstm: int = 200
    dropout: float = 0.3
    word_dropout: float = 0.05
    scored: int = 5
    patience: int = 10
    half: bool = False
    steps: int | None = None
    members: int = 1
    window: int = 128
    margin: int = 24
    layers: int = 6
    # Not in the text: the digests of settings from before there were these stay as they are.
    word_members: int = field(default=0, repr=False)
    swapped: float = field(default=0.0, repr=False)


WORD_SETTINGS: Final = TaggerSettings()
# An encoder knows much before it is tuned, so that few rounds are enough.
ENCODER_SETTINGS: Final = TaggerSettings(rounds=16, scored=3, word_members=2, swapped=0.5)


def without_encoder(settings: TaggerSettings) -> TaggerSettings:
    """How the networks without an encoder are trained beside those with one: they know nothing yet."""
    return replace(settings, rounds=WORD_SETTINGS.rounds, scored=WORD_SETTINGS.scored)
