"""Train the head for relations on the spans of gold, and choose on dev how sure it must be."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from labeling.training.fitting.dev_relations import settle_least
from labeling.training.fitting.relation_lessons import (
    collect_signs,
    find_reach,
    make_relation_lesson,
    shape_permitted,
)
from labeling.training.tagger.relation_features import RelationForm, stack_pairs
from labeling.training.tagger.relation_head import RelationHead
from labeling.training.tagger.relation_signs import MarkedSpan
from labeling.training.tagger.span_scores import calibrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.training.fitting.dev_relations import DevRelations
    from labeling.training.fitting.lessons import Lesson
    from labeling.training.fitting.relation_lessons import RelationLesson
    from labeling.training.fitting.tagger_task import TaggerTask
    from labeling.training.tagger.ensemble import Ensemble
    from labeling.training.tagger.model_folder import Calibration, RelationKind
    from labeling.training.tagger.relation_features import PairFeatures
    from labeling.training.tagger.relation_head import PairNetwork

_SEED_STEP: Final = 1000
_WARM_UP: Final = 0.1
# Batches are filled from so many at a time, in the order of their length.
_POOL: Final = 8


@dataclass(frozen=True)
class RelationSettings:
    """How the head is trained; the defaults suit some hundreds of relations.

    Attributes:
        rounds: Over the related pairs, and as many others as ``negatives`` says.
        batch: Pairs a step.
        rate: The highest rate of all weights but those of signs, and ``sign_rate`` that of these (AdamW).
        decay: AdamW's weight decay, of all but signs.
        ridge: What the squares of all weights of signs cost, beside the pairs of a round.
        clip: The longest gradient.
        width: Of what is read from words.
        dropout: The share of features that is hidden in training.
        members: How many networks are trained, with seeds of their own, which answer together.
        seen: In how many pairs of train a sign must be.
        negatives: How many unrelated pairs a round has for each related one, at most.
    """

    rounds: int = 15
    batch: int = 64
    rate: float = 2e-3
    sign_rate: float = 5e-3
    decay: float = 0.01
    ridge: float = 0.3
    clip: float = 5.0
    width: int = 100
    dropout: float = 0.4
    members: int = 3
    seen: int = 1
    negatives: int = 20


@dataclass(frozen=True)
class TaughtPair:
    """A pair and what it teaches: all of ``outputs`` where it is related, else that one of them holds, or none."""

    features: PairFeatures
    related: bool
    outputs: tuple[int, ...]


def learn_relations(
    task: TaggerTask,
    train: Sequence[Lesson],
    dev: Sequence[Lesson],
    ensemble: Ensemble,
    calibration: Calibration,
    *,
    seed: int,
) -> tuple[RelationHead | None, DevRelations | None]:
    """Train a head beside a trained tagger, and choose its least scores; nothing where there are none to learn."""
    head = fit_relation_head(train, task.relations, ensemble.vectors, seed=seed)
    if head is None:
        return None, None
    found = [
        [
            (
                MarkedSpan(span.start, span.end, task.labels[span.label]),
                calibrate(span.chance, calibration.slope, calibration.offset),
            )
            for span in spans
        ]
        for spans in ensemble.find_spans(ensemble.states([lesson.prepared for lesson in dev]))
    ]
    return head, settle_least(head, dev, task.relations, ensemble.vectors, found)


def fit_relation_head(
    train: Sequence[Lesson],
    kinds: Sequence[RelationKind],
    vectors: nn.Embedding,
    *,
    settings: RelationSettings = RelationSettings(),
    seed: int = 1,
) -> RelationHead | None:
    """Train a head; None where train has no relation that can be learned.

    The same lessons, settings and seed are the same weights; the caller's random numbers go on as before.

    Args:
        train: What to learn from.
        kinds: The relations that may be said.
        vectors: Of words.
        settings: How it is trained.
        seed: Of every random number in training.
    """
    lessons = [make_relation_lesson(lesson, kinds) for lesson in train]
    form = _shape(lessons, kinds, settings, vectors.embedding_dim)
    if not form.outputs:
        return None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = RelationHead(form, collect_signs(lessons, form, settings.seen))
        pairs = [pair for lesson in lessons for pair in teach_pairs(lesson, head)]
        for number, network in enumerate(head.networks):
            torch.manual_seed(seed + _SEED_STEP * number)
            _train(network, pairs, vectors, settings, random.Random(seed + _SEED_STEP * number))  # noqa: S311 - an order
    return head.eval()


def teach_pairs(lesson: RelationLesson, head: RelationHead) -> Iterator[TaughtPair]:
    """The pairs of a lesson that teach something."""
    outputs = head.form.outputs
    for features in head.number(lesson.text, lesson.rows):
        said = lesson.related.get((features.first, features.second), frozenset())
        if numbers := tuple(number for number, output in enumerate(outputs) if output in said):
            yield TaughtPair(features, related=True, outputs=numbers)
        elif lesson.complete:
            possible = (
                number
                for number, output in enumerate(outputs)
                if features.permitted[number] and output.label in lesson.unasked
            )
            yield TaughtPair(features, related=False, outputs=tuple(possible))


def _shape(
    lessons: Sequence[RelationLesson], kinds: Sequence[RelationKind], settings: RelationSettings, word_width: int
) -> RelationForm:
    outputs, permitted = shape_permitted(lessons, kinds)
    return RelationForm(
        outputs=outputs,
        permitted=permitted,
        labels=tuple(sorted({span.label for lesson in lessons for span in lesson.text.spans})),
        reach=find_reach(lessons),
        word_width=word_width,
        width=settings.width,
        members=settings.members,
        dropout=settings.dropout,
    )


def _train(
    network: PairNetwork,
    pairs: Sequence[TaughtPair],
    vectors: nn.Embedding,
    settings: RelationSettings,
    chance: random.Random,
) -> None:
    network.train()
    related, others = [pair for pair in pairs if pair.related], [pair for pair in pairs if not pair.related]
    count = min(len(others), settings.negatives * len(related))
    steps = settings.rounds * math.ceil((len(related) + count) / settings.batch)
    optimizer, schedule = _make_relation_optimizer(network, settings, steps)
    for _ in range(settings.rounds):
        for batch in _deal_batches([*related, *chance.sample(others, count)], settings.batch, chance):
            loss = _cost(network, batch, vectors) + settings.ridge * network.signs.weight.square().sum() / len(pairs)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
            optimizer.step()
            schedule.step()


def _make_relation_optimizer(
    network: PairNetwork, settings: RelationSettings, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    others = [weight for name, weight in network.named_parameters() if not name.startswith("signs.")]
    groups = [
        {"params": others, "lr": settings.rate, "weight_decay": settings.decay},
        {"params": list(network.signs.parameters()), "lr": settings.sign_rate, "weight_decay": 0.0},
    ]
    optimizer, rising = torch.optim.AdamW(groups), max(1, round(_WARM_UP * steps))
    return optimizer, torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )


def _deal_batches(pairs: Sequence[TaughtPair], size: int, chance: random.Random) -> Iterator[list[TaughtPair]]:
    """Pairs in a new order, in batches alike in length."""
    order = list(pairs)
    chance.shuffle(order)
    pools = [order[start : start + _POOL * size] for start in range(0, len(order), _POOL * size)]
    ordered = [pair for pool in pools for pair in sorted(pool, key=lambda pair: len(pair.features.words))]
    batches = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    chance.shuffle(batches)
    yield from batches


def _cost(network: PairNetwork, batch: Sequence[TaughtPair], vectors: nn.Embedding) -> Tensor:
    """The mean over pairs of what the answers cost: of a related one the mean over its relations."""
    answers = network(stack_pairs([pair.features for pair in batch]), vectors)
    related = torch.tensor([pair.related for pair in batch])
    wanted = torch.zeros_like(answers)
    for row, pair in zip(wanted, batch, strict=True):
        # Of an unrelated one, none of the relations that people were asked for: the last, or one that may hold.
        row[list(pair.outputs) if pair.related else [*pair.outputs, -1]] = 1
    of_related = (answers * wanted).sum(1) / wanted.sum(1)
    of_others = answers.masked_fill(wanted == 0, -math.inf).logsumexp(1)
    return -torch.where(related, of_related, of_others).mean()
