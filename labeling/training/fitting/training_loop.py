"""The loop that trains one network, and keeps it as it was when it was best on dev."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from labeling.training.fitting.dev_scores import score_dev
from labeling.training.fitting.lessons import cut_permitted, permit_tags
from labeling.training.tagger.ensemble import Ensemble, own_states
from labeling.training.tagger.network import mask_of
from labeling.workspace.progress_watch import mark_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from labeling.training.fitting.lessons import Lesson
    from labeling.training.fitting.tagger_settings import TaggerSettings
    from labeling.training.tagger.network import Network
    from labeling.training.tagger.prepared_text import WindowFeatures
    from labeling.training.tagger.questions import Question
    from labeling.training.tagger.windows import TokenWindow

# Batches are filled from so many pieces at a time, in the order of their length.
_POOL = 64
# Of so many tokens the loss is the sum: a sentence's worth, however texts are cut into windows.
_SENTENCE = 32
# Of all rounds the share in which rates rise, and the share after which dev is scored.
_WARM_UP, _UNSCORED = 0.1, 1 / 2


@dataclass(frozen=True)
class Piece:
    """What is learned from at once: windows of one text, in order.

    ``permitted`` is, by window, layers x own tokens x tags.
    """

    windows: tuple[tuple[TokenWindow, WindowFeatures], ...]
    permitted: tuple[NDArray[np.bool_], ...]
    lesson: Lesson

    @property
    def tokens(self) -> int:
        """How many tokens are learned from."""
        return sum(window.stop - window.start for window, _ in self.windows)


@dataclass(frozen=True)
class School:
    """What training one network needs beside the network.

    ``pieces`` are those of the texts as they are, ``vary`` makes those of a round of them; ``padding`` is the subword
    that fills the encoder's rows.
    """

    pieces: Sequence[Piece]
    vary: Callable[[random.Random], Sequence[Piece]]
    dev: Sequence[Lesson]
    labels: Mapping[str, int]
    questions: Sequence[Question]
    settings: TaggerSettings
    padding: int
    log: TextIO


@dataclass(frozen=True)
class Training:
    """How many rounds a network was trained, after how many it was kept, and its F1 on dev then, by what was asked."""

    rounds: int
    best: int
    f1: Mapping[str, float]


def make_pieces(lessons: Sequence[Lesson], layers: int, labels: Mapping[str, int], most: int) -> Iterator[Piece]:
    """Cut lessons into pieces of at most so many windows."""
    for lesson in lessons:
        permitted = permit_tags(lesson, layers, labels)
        windows = list(zip(lesson.prepared.windows, lesson.prepared.features, strict=True))
        for start in range(0, len(windows), most):
            part = tuple(windows[start : start + most])
            yield Piece(part, tuple(cut_permitted(permitted, lesson, window) for window, _ in part), lesson)


def train_network(network: Network, words: nn.Embedding, school: School, seed: int) -> Training:
    """Train a network in place; the generator of ``torch`` is seeded by the caller.

    Rates rise for a tenth of all steps and fall to nothing in the others.
    """
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    a_round = len(_fill_batches(school.pieces, school.settings.batch, random.Random(seed)))  # noqa: S311 - the same
    rounds = _plan_rounds(school.settings, a_round)
    learner = _Learner(network, school, sum(rounds))
    ensemble = Ensemble([network], words, school.padding)
    best, rose, kept, scores = 0, 0, dict[str, Tensor](), dict[str, float]()
    began = time.monotonic()
    for number, steps in enumerate(rounds, start=1):
        loss = learner.learn(_fill_batches(school.vary(chance), school.settings.batch, chance)[:steps])
        mark_progress("training", number, len(rounds))
        line = f"round {number} of {len(rounds)}  loss {loss:.3f}"
        left = len(rounds) - number
        if not left or (number > _UNSCORED * len(rounds) and left % school.settings.scored == 0):
            found = score_dev(ensemble, school.dev, list(school.labels), school.questions)
            line += "".join(f"  F1 of {name} on dev {100 * value:.1f}" for name, value in found.items())
            if not best or overall_score(found) > overall_score(scores):
                rose = number
            # Of equally good ones the later, whose rates were lower: a small dev cannot tell them apart.
            if not best or overall_score(found) >= overall_score(scores):
                best, scores = number, found
                kept = {name: weight.clone() for name, weight in network.state_dict().items()}
        school.log.write(f"{line}  {time.monotonic() - began:.0f} s\n")
        if rose and number - rose >= school.settings.patience:
            break
    network.load_state_dict(kept)
    return Training(number, best, scores)


def _plan_rounds(settings: TaggerSettings, a_round: int) -> list[int]:
    """The steps of each round: the last one may be cut short by the most steps."""
    total = settings.rounds * a_round
    total = min(total, settings.steps or total)
    return [min(a_round, total - done) for done in range(0, total, a_round)]


def overall_score(scores: Mapping[str, float]) -> float:
    """What training chooses by: the mean over what was asked for, 0 where nothing was."""
    return sum(scores.values()) / max(1, len(scores))


class _Learner:
    """A network with its optimizer."""

    def __init__(self, network: Network, school: School, total: int) -> None:
        self._network, self._school = network, school
        encoder = list(network.encoder.parameters()) if network.encoder is not None else []
        theirs = {id(weight) for weight in encoder}
        ours = [weight for weight in network.parameters() if id(weight) not in theirs and weight.requires_grad]
        settings = school.settings
        groups = [{"params": ours, "lr": settings.rate}, {"params": encoder, "lr": settings.encoder_rate}]
        self._optimizer = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=settings.decay)
        rising = max(1, round(_WARM_UP * total))

        def share(step: int) -> float:
            return min((step + 1) / rising, (total - step) / max(1, total - rising))

        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, share)

    def learn(self, batches: Sequence[Sequence[Piece]]) -> float:
        """Learn from each batch; return the mean loss."""
        self._network.train()
        losses = 0.0
        for batch in batches:
            loss = _loss(self._network, batch, self._school.padding)
            self._optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self._network.parameters(), self._school.settings.clip)
            self._optimizer.step()
            self._schedule.step()
            losses += loss.item()
        return losses / len(batches)


def _loss(network: Network, batch: Sequence[Piece], padding: int) -> Tensor:
    windows = [window for piece in batch for window in piece.windows]
    states = own_states(network, windows, padding)
    permitted = [torch.from_numpy(each).transpose(0, 1) for piece in batch for each in piece.permitted]
    loss = network.crf.loss(
        network.emissions(pad_sequence(states, batch_first=True)),
        mask_of([len(each) for each in states]),
        pad_sequence(permitted, batch_first=True).permute(2, 0, 1, 3),
    )
    total: Tensor = loss.sum() * (_SENTENCE / sum(piece.tokens for piece in batch))
    if network.choices is not None:
        parts = iter(states)
        texts = [torch.cat([next(parts) for _ in piece.windows]) for piece in batch]
        answers = [piece.lesson.example.answers for piece in batch]
        total = total + network.choices.loss(network.choices(texts), answers)
    return total


def _fill_batches(pieces: Sequence[Piece], size: int, chance: random.Random) -> list[list[Piece]]:
    """Pieces in a new order, in batches of at most so many tokens, or of one piece; alike in length, to pad little."""
    order = list(pieces)
    chance.shuffle(order)
    batches: list[list[Piece]] = []
    for start in range(0, len(order), _POOL):
        batch: list[Piece] = []
        for piece in sorted(order[start : start + _POOL], key=_longest):
            if batch and sum(each.tokens for each in batch) + piece.tokens > size:
                batches.append(batch)
                batch = []
            batch.append(piece)
        batches.append(batch)
    chance.shuffle(batches)
    return batches


def _longest(piece: Piece) -> int:
    return max(len(features.words) for _, features in piece.windows)
