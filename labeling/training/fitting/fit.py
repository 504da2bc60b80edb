"""Train a tagger on examples, and write it to a folder that opens without this package."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

import torch

from labeling.errors import NothingToLearn
from labeling.evaluation.reliability import expected_calibration_error
from labeling.training.fitting.calibration import cross_calibrated, fit_calibration
from labeling.training.fitting.dev_scores import judge_spans, score_dev
from labeling.training.fitting.fit_relations import learn_relations
from labeling.training.fitting.ground import lay_ground, open_start
from labeling.training.fitting.lessons import make_lesson, needed_layers
from labeling.training.fitting.swapped_names import collect_names
from labeling.training.fitting.tagger_settings import ENCODER_SETTINGS, WORD_SETTINGS, without_encoder
from labeling.training.fitting.tagger_task import FitReport, Foundation
from labeling.training.fitting.training_loop import School, make_pieces, overall_score, train_network
from labeling.training.fitting.written_model import write_model
from labeling.training.tagger.ensemble import Ensemble
from labeling.training.tagger.model_folder import TaggerCard
from labeling.training.tagger.network import Network, NetworkForm
from labeling.training.tagger.relation_features import write_form

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from labeling.training.fitting.examples import Example
    from labeling.training.fitting.ground import Ground
    from labeling.training.fitting.lessons import Lesson
    from labeling.training.fitting.tagger_settings import TaggerSettings
    from labeling.training.fitting.tagger_task import TaggerTask
    from labeling.training.fitting.training_loop import Piece, Training
    from labeling.training.tagger.model_folder import Calibration
    from labeling.training.tagger.relation_head import RelationHead

# How far apart the seeds of networks are that answer together.
_SEED_STEP: Final = 1000
# The most windows of a text that are learned from at once.
_WHOLE: Final = 8


class _Lessons(NamedTuple):
    train: Sequence[Lesson]
    dev: Sequence[Lesson]


def fit_tagger(
    task: TaggerTask,
    folder: Path,
    *,
    foundation: Foundation = Foundation(),  # noqa: B008 - frozen
    settings: TaggerSettings | None = None,
    seed: int = 1,
    log: TextIO = sys.stderr,
) -> FitReport:
    """Train a tagger, and keep it as it was when it was best on dev.

    The same task, foundation, settings and seed are the same bytes on the same machine with as many threads; the
    caller's random numbers go on as if nothing had been drawn.

    Args:
        task: What it is to learn.
        folder: An empty folder for the model. Its ``tagger/`` opens it where this package is not installed.
        foundation: What it starts from.
        settings: How it is trained; what suits vectors or a checkpoint, when nothing is named.
        seed: Of every random number in training.
        log: Where loss, F1 on dev and time of each round are written.

    Raises:
        NothingToLearn: There is no example to train on, or none to choose by.
        TrainingError: The checkpoint cannot be used.
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
    """
    _refuse_empty(task)
    began = time.monotonic()
    settings = settings or (ENCODER_SETTINGS if foundation.checkpoint else WORD_SETTINGS)
    labels = {label: number for number, label in enumerate(task.labels)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ground = lay_ground(task, foundation, settings)
        train, dev = (_make_lessons(examples, ground, labels, settings.layers) for examples in (task.train, task.dev))
        _tell_lessons(train, log)
        form = _form_of(labels, needed_layers(train), settings, own_words=ground.table.weight.requires_grad)
        school = _open_school(task, ground, _Lessons(train, dev), form, settings, log)
        members = _choose_members(_train_members(form, ground, school, foundation, seed), ground, school)
    ensemble = Ensemble([network for network, _ in members], ground.table, ground.padding)
    calibration, before, after = _calibrate(ensemble, dev, task.labels)
    log.write(f"expected calibration error on dev {before:.3f}, calibrated {after:.3f}\n")
    head, related = learn_relations(task, train, dev, ensemble, calibration, seed=seed)
    if related:
        log.write(f"relations: F1 on dev {100 * related.own:.1f}, with the spans of gold {100 * related.given:.1f}\n")
    card = _card_of(task, form, settings, ground, calibration, head)
    card = replace(card, word_members=len(members) - settings.members)
    write_model(folder, card, ensemble, ground, head)
    return FitReport(
        rounds=tuple(training.rounds for _, training in members),
        best=tuple(training.best for _, training in members),
        f1=score_dev(ensemble, dev, task.labels, task.questions) | ({"relations": related.own} if related else {}),
        layers=form.layers,
        unheld=_count_left(train),
        cut=_count_cut(train),
        probabilities_error=before,
        scores_error=after,
        seconds=time.monotonic() - began,
    )


def _open_school(
    task: TaggerTask, ground: Ground, lessons: _Lessons, form: NetworkForm, settings: TaggerSettings, log: TextIO
) -> School:
    labels = {label: number for number, label in enumerate(task.labels)}
    # What is answered about whole texts is learned from whole texts, but for very long ones.
    most = _WHOLE if task.questions else 1

    def cut(some: Sequence[Lesson]) -> Sequence[Piece]:
        return tuple(make_pieces(some, form.layers, labels, most))

    swapper, pieces = collect_names(task.train, settings.swapped), cut(lessons.train)

    def vary(chance: random.Random) -> Sequence[Piece]:
        if not settings.swapped:
            return pieces
        swapped = [swapper.swap(lesson.example, chance) for lesson in lessons.train]
        kept = {id(lesson.example): lesson for lesson in lessons.train}
        made = iter(_make_lessons([new for new in swapped if id(new) not in kept], ground, labels, settings.layers))
        return cut([kept.get(id(new)) or next(made) for new in swapped])

    return School(pieces, vary, lessons.dev, labels, task.questions, settings, ground.padding, log)


def _train_members(
    form: NetworkForm, ground: Ground, school: School, foundation: Foundation, seed: int
) -> list[tuple[Network, Training]]:
    """Those with the encoder, if there is one, then those of words alone."""
    settings, beside = school.settings, without_encoder(school.settings)
    kinds = [(foundation.checkpoint, settings)] * settings.members
    if foundation.checkpoint and foundation.vectors is not None:
        kinds += [("", beside)] * settings.word_members
    return [
        _train_member(form, ground, replace(school, settings=own), checkpoint, seed + _SEED_STEP * member)
        for member, (checkpoint, own) in enumerate(kinds)
    ]


def _choose_members(
    members: Sequence[tuple[Network, Training]], ground: Ground, school: School
) -> Sequence[tuple[Network, Training]]:
    """All of them, or those with the encoder alone where these do better on dev."""
    first = members[: school.settings.members]
    if len(first) == len(members):
        return members
    scores = []
    for some in (members, first):
        ensemble = Ensemble([network for network, _ in some], ground.table, ground.padding)
        found = score_dev(ensemble, school.dev, list(school.labels), school.questions)
        scores.append(overall_score(found))
    together, alone = (f"{100 * score:.1f}" for score in scores)
    school.log.write(f"on dev {together} with the networks of words alone, {alone} without\n")
    return members if scores[0] >= scores[1] else first


def _train_member(
    form: NetworkForm, ground: Ground, school: School, checkpoint: str, seed: int
) -> tuple[Network, Training]:
    torch.manual_seed(seed)
    encoder = open_start(checkpoint)[0] if checkpoint else None
    network = Network(form, ground.table, encoder, school.questions)
    return network, train_network(network, ground.table, school, seed)


def _form_of(labels: Mapping[str, int], layers: int, settings: TaggerSettings, *, own_words: bool) -> NetworkForm:
    return NetworkForm(
        labels=len(labels),
        layers=layers,
        lstm=settings.lstm,
        own_words=own_words,
        half=settings.half,
        dropout=settings.dropout,
        word_dropout=settings.word_dropout,
    )


def _card_of(
    task: TaggerTask,
    form: NetworkForm,
    settings: TaggerSettings,
    ground: Ground,
    calibration: Calibration,
    head: RelationHead | None,
) -> TaggerCard:
    return TaggerCard(
        language=task.language,
        labels=task.labels,
        questions=task.questions,
        relations=task.relations if head else (),
        network=asdict(form),
        relation_head=write_form(head.form) if head else {},
        members=settings.members,
        own=settings.window,
        margin=settings.margin,
        words=len(ground.words),
        word_width=ground.table.embedding_dim,
        encoder=ground.cutter is not None,
        calibration=calibration,
    )


def _refuse_empty(task: TaggerTask) -> None:
    for name, examples in (("train", task.train), ("dev", task.dev)):
        if not any(example.text.strip() for example in examples):
            raise NothingToLearn(
                f"the {name} split holds no article", todo="annotate more articles, then compile again", where=name
            )


def _make_lessons(examples: Sequence[Example], ground: Ground, labels: Mapping[str, int], most: int) -> list[Lesson]:
    """A lesson of each example; a text without tokens teaches nothing."""
    prepared = ground.preparer.prepare(example.text for example in examples)
    return [make_lesson(example, text, labels, most) for example, text in zip(examples, prepared, strict=True)]


def _tell_lessons(lessons: Sequence[Lesson], log: TextIO) -> None:
    spans, layers = sum(len(lesson.spans) for lesson in lessons), needed_layers(lessons)
    log.write(f"{len(lessons)} articles with {spans} spans in {layers} {'layer' if layers == 1 else 'layers'}\n")
    if left := _count_left(lessons):
        log.write(f"{left} spans are nested deeper than that, and are not learned\n")
    if cut := _count_cut(lessons):
        log.write(f"{cut} spans end inside a token, and are not learned\n")


def _count_left(lessons: Sequence[Lesson]) -> int:
    return sum(len(lesson.left) for lesson in lessons)


def _count_cut(lessons: Sequence[Lesson]) -> int:
    return sum(lesson.cut for lesson in lessons)


def _calibrate(
    ensemble: Ensemble, lessons: Sequence[Lesson], labels: Sequence[str]
) -> tuple[Calibration, float, float]:
    """The line from probabilities to scores, and the expected calibration error before and after it."""
    found = ensemble.find_spans(ensemble.states([lesson.prepared for lesson in lessons]))
    judged = [
        (span.chance, right, number)
        for number, (lesson, spans) in enumerate(zip(lessons, found, strict=True))
        for span, right in zip(spans, judge_spans(lesson, spans, labels), strict=True)
        if right is not None
    ]
    chances, right, texts = [each[0] for each in judged], [each[1] for each in judged], [each[2] for each in judged]
    before = expected_calibration_error(chances, right)
    after = expected_calibration_error(cross_calibrated(chances, right, texts), right)
    return fit_calibration(chances, right), before, after
