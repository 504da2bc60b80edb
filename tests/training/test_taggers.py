"""The tagger in the verbs: trained, asked, measured, suggested from. Its own insides have tests of their own."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from envoys import annotated_article
from tiny_encoder import write_encoder

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.checks import check_annotation
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.word_vectors.word_vectors import WordVectors
from labeling.errors import Altered, MissingInput, TrainingError, UsageError
from labeling.project import Project, SuggestSection, load_project, shipped_config
from labeling.splits.split import split
from labeling.suggestions.suggest import suggest
from labeling.training import taggers
from labeling.training.checkpoints import digest_checkpoint
from labeling.training.curve import curve
from labeling.training.evaluate import evaluate
from labeling.training.extractors import Extractor, corpus_digest, read_extractor, train_pipeline
from labeling.training.fitting.tagger_settings import ENCODER_SETTINGS
from labeling.training.fitting.tagger_task import Foundation
from labeling.training.model_card import write_card_scores
from labeling.training.open_extractors import predict_annotations
from labeling.training.predict import predict
from labeling.training.taggers import TaggerRecipe, plan_tagger, train_tagger
from labeling.training.train import train
from labeling.values import format_percent
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.annotations import Annotation


# Enough for articles that are all alike.
STEPS = 200


PAIRS = [annotated_article(number) for number in range(40)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twenty-eight articles to train on, six for dev and six for test, compiled."""
    project = load_project(workspace=tmp_path_factory.mktemp("taggers"))
    workspace = project.workspace
    workspace.articles.write([article for article, _ in PAIRS])
    workspace.annotations.write([annotation for _, annotation in PAIRS])
    adjudicate(project)
    workspace.splits.write(
        [
            SplitAssignment(
                article=article.id, leak_group=article.id, split="train" if n < 28 else "dev" if n < 34 else "test"
            )
            for n, (article, _) in enumerate(PAIRS)
        ],
    )
    split(project)
    compile_dataset(project)
    return project


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads of PyTorch wait for each other on a machine that does other work, too."""
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(project: Project) -> Path:
    """What `train` makes where nothing is named and PyTorch is there."""
    result = train(project, steps=STEPS, log=io.StringIO())
    assert result.lost == ""
    (folder,) = map(Path, result.models)
    return folder


def _places(annotation: Annotation) -> set[tuple[int, int, str]]:
    return {(span.start, span.end, span.label) for span in annotation.spans}


def _joined(annotation: Annotation) -> set[tuple[object, ...]]:
    places = {span.id: (span.start, span.end, span.label) for span in annotation.spans}
    return {(places[each.head], each.label, places[each.tail]) for each in annotation.relations}


@pytest.mark.torch
def test_a_tagger_finds_nested_spans_relations_and_choices_with_scores(project: Project, model: Path) -> None:
    """One model for all that was annotated; what it says passes the checks that all annotations must pass."""
    pairs = PAIRS[34:]

    predicted = list(predict_annotations(model, [article for article, _ in pairs]))

    card = read_extractor(model)
    assert model.name == card.name
    assert card.name.startswith("tagger-")
    assert (card.corpus, card.architecture, card.layers) == (corpus_digest(project.workspace.latest), "tagger", 2)
    found = joined = 0
    for annotation, (article, gold) in zip(predicted, pairs, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())
        found += len(_places(annotation) & _places(gold))
        joined += len(_joined(annotation) & _joined(gold))
        assert all(span.score is not None for span in annotation.spans)
        assert {*annotation.choices["event"]} <= {"AGREE", "CONSULT"}
        assert annotation.annotator == f"model:{model.name}"
        assert all(relation.score is not None for relation in annotation.relations)
    # Of eighteen spans and six relations.
    assert found >= 17
    assert joined >= 5


@pytest.mark.torch
def test_a_tagger_is_scored_and_its_card_says_how_well(project: Project, model: Path) -> None:
    """`evaluate` measures spans, choices and scores, and writes them into the place that MODEL.md has for them."""
    before = (model / "MODEL.md").read_text(encoding="utf-8")

    score = evaluate(project).scores[f"model:{model.name}"]

    after = (model / "MODEL.md").read_text(encoding="utf-8")
    assert (score.exact.micro.f1 or 0) > 0.9
    assert score.choices is not None
    assert score.relations is not None
    assert (score.relations.micro.f1 or 0) > 0.8
    assert score.reliability is not None
    assert score.reliability.spans == score.exact.micro.predicted
    assert "None yet" in before
    assert "None yet" not in after
    for what, measure in (("spans", score.exact.micro), ("relations", score.relations.micro)):
        assert f"| {what} | {format_percent(measure.f1)} | {measure.interval_text} |" in after
    assert score.exact.signature in after
    assert corpus_digest(project.workspace.latest) in after
    evaluate(project)
    assert (model / "MODEL.md").read_text(encoding="utf-8") == after


def _run_card(folder: Path) -> str:
    """Run the lines of Python in a model's card, beside its folder, where `labeling` cannot be imported."""
    text = (folder / "MODEL.md").read_text(encoding="utf-8")
    lines = text.split("```python\n")[1].split("```")[0]
    assert len(lines.splitlines()) <= 5
    code = f"import sys; sys.modules['labeling'] = None\n{lines}"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=folder.parent, capture_output=True, text=True, check=True
    )
    return run.stdout


@pytest.mark.torch
def test_the_lines_of_the_card_open_a_model_without_this_package(model: Path, tmp_path: Path) -> None:
    """Taken from MODEL.md as they stand, in another folder than the one in which it was trained."""
    shutil.copytree(model, tmp_path / model.name)

    told = _run_card(tmp_path / model.name)

    assert "'LOCATION'" in told
    assert "CONSULT" in told


@pytest.mark.torch
def test_a_model_that_was_altered_is_refused(project: Project, model: Path, tmp_path: Path) -> None:
    """Its card by the record of the workspace; its weights, its words and its own card wherever it lies."""
    for name in ("weights.safetensors", "words.json", "tagger.json"):
        copy = tmp_path / name / model.name
        shutil.copytree(model, copy)
        (copy / name).write_bytes((copy / name).read_bytes()[:-3] + b" ] ")
        with pytest.raises(TrainingError, match=rf"{name}"):
            next(predict(project, copy))
    card = model / "extractor.json"
    kept = card.read_bytes()
    card.write_bytes(kept.replace(b'"seed": 1', b'"seed": 2'))
    try:
        with pytest.raises(Altered, match=r"extractor\.json"):
            next(predict(project, model))
    finally:
        card.write_bytes(kept)


@pytest.mark.torch
def test_the_same_training_gives_the_same_predictions_under_the_same_name(project: Project, tmp_path: Path) -> None:
    """Trained twice, a tagger predicts the same; with other steps or another seed it is another model."""
    latest, articles = project.workspace.latest, [article for article, _ in PAIRS[34:]]

    def trained(folder: str, seed: int = 1, steps: int = 6) -> tuple[str, list[Annotation]]:
        model = train_tagger(plan_tagger(project, seed=seed, steps=steps), latest, tmp_path / folder, log=io.StringIO())
        return model.name, list(predict_annotations(model, articles))

    one = trained("one")

    assert trained("two") == one
    assert len({one[0], trained("one", seed=2)[0], trained("one", steps=5)[0]}) == 3
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [one[0]]


@pytest.mark.torch
def test_a_setting_makes_another_model_only_where_it_does_something(
    project: Project, checkpoint: Path, tmp_path: Path
) -> None:
    """Networks of words beside a checkpoint with vectors, names exchanged anywhere; else the name is that of before."""
    vectors = WordVectors("tiny", ("envoy", "talks"), np.eye(2, dtype=np.float32))

    def name(foundation: Foundation, words: int, swapped: float = 0.0) -> str:
        settings = replace(ENCODER_SETTINGS, steps=1, lstm=4, word_members=words, swapped=swapped)
        recipe = TaggerRecipe(project.schema, foundation, settings)
        return train_tagger(recipe, project.workspace.latest, tmp_path / "models", log=io.StringIO()).name

    both = Foundation(vectors, str(checkpoint))
    assert name(both, 0) != name(both, 1)
    for alone in (Foundation(vectors), Foundation(checkpoint=str(checkpoint))):
        assert name(alone, 0) == name(alone, 1)
    assert name(alone, 0) != name(alone, 0, 0.5)
    # Of this text the names of models from before were made.
    assert repr(ENCODER_SETTINGS).endswith("members=1, window=128, margin=24, layers=6)")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder that knows the words of these articles."""
    words = sorted({word for article, _ in PAIRS for word in re.findall(r"\w+|[.,]", article.text)})
    return write_encoder(tmp_path_factory.mktemp("checkpoint") / "tiny-bert", words)


@pytest.mark.torch
def test_a_tagger_stands_on_a_checkpoint(project: Project, checkpoint: Path, tmp_path: Path) -> None:
    """The same tagger with an encoder below: its card names the checkpoint by digest, and it opens without it."""
    moved = shutil.copytree(checkpoint, tmp_path / "moved" / "tiny-bert")

    (folder,) = map(Path, train(project, checkpoints=[str(moved)], steps=8, log=io.StringIO()).models)
    shutil.rmtree(moved)

    card = read_extractor(folder)
    assert (card.architecture, card.checkpoint) == ("tagger", str(moved))
    assert card.checkpoint_digest == digest_checkpoint(str(checkpoint))
    assert f"{moved}, SHA-256 `{card.checkpoint_digest}`" in (folder / "MODEL.md").read_text(encoding="utf-8")
    predicted = list(predict(project, folder))
    assert [annotation.article for annotation in predicted] == [article.id for article, _ in PAIRS]
    for annotation, (article, _) in zip(predicted, PAIRS, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())


@pytest.mark.torch
@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        ("*", None, "transformers cannot open"),
        ("model.safetensors", b"cut short", "transformers cannot open"),
        ("model.safetensors", None, "transformers cannot open"),
        ("config.json", b"{", "transformers cannot open"),
        ("tokenizer.json", b'{"x": 1}', "transformers cannot open"),
        ("tokenizer*", None, "tokenizer of .* has no words"),
    ],
)
def test_a_checkpoint_that_is_damaged_is_refused(
    project: Project, checkpoint: Path, tmp_path: Path, file: str, content: bytes | None, fault: str
) -> None:
    """A folder that is empty, a file that is not there, cut short or of another kind: by name, and nothing is left."""
    shutil.copytree(checkpoint, tmp_path / "damaged")
    for path in (tmp_path / "damaged").glob(file):
        path.unlink()
    if content is not None:
        (tmp_path / "damaged" / file).write_bytes(content)
    models, latest = tmp_path / "models", project.workspace.latest

    with pytest.raises(TrainingError, match=fault):
        train_tagger(plan_tagger(project, str(tmp_path / "damaged")), latest, models, log=io.StringIO())

    assert not models.exists() or list(models.iterdir()) == []


@pytest.mark.torch
def test_the_curve_is_of_the_tagger_where_there_is_pytorch(project: Project) -> None:
    """It is what `train` makes, on parts of the dataset; no model is left of it."""
    before = sorted(project.workspace.models.glob("*"))

    result = curve(project, points=2, steps=4, log=io.StringIO())

    assert (result.config, [point.articles for point in result.points]) == ("tagger", [14, 28])
    assert sorted(project.workspace.models.glob("*")) == before


def test_a_curve_is_of_one_extractor(project: Project) -> None:
    """A config and a checkpoint are two."""
    with pytest.raises(UsageError, match=r"ner\.cfg and the checkpoint x are both named"):
        curve(project, shipped_config("ner.cfg"), checkpoint="x")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say of a package that it is not installed."""
    hidden = set[str]()
    monkeypatch.setattr(taggers, "find_spec", lambda name: None if name in hidden else find_spec(name) or object())
    return hidden.add


@pytest.mark.parametrize("package", ["torch", "safetensors"])
def test_without_pytorch_the_configs_are_trained_and_what_is_lost_is_said(
    project: Project, without: Callable[[str], None], package: str
) -> None:
    """One line on stderr names the package; the models and the result are there, `lost` in JSON."""
    without(package)
    words = ["--workspace", str(project.workspace.root), "train", "--steps", "1", "--json"]

    run = CliRunner().invoke(cli, words)

    result = json.loads(run.stdout)
    assert [Path(model).name.split("-")[0] for model in result["models"]] == ["ner", "spancat"]
    assert result["lost"].startswith(f"{package} is not installed: spaCy's configs are trained in place of a tagger")
    assert "https://pytorch.org" in result["lost"]
    assert result["lost"] in run.stderr.splitlines()


@pytest.mark.parametrize("package", ["torch", "safetensors", "transformers"])
def test_without_a_package_a_checkpoint_is_refused(
    project: Project, without: Callable[[str], None], package: str
) -> None:
    """By name, with the way to get it, before anything is trained; named configs are trained without any of them."""
    without(package)

    with pytest.raises(TrainingError, match=f"a tagger needs {package}, which is not") as refusal:
        train(project, [shipped_config("ner.cfg")], checkpoints=["any"], steps=1, log=io.StringIO())

    assert "labeling[transformers]" in refusal.value.todo
    assert train(project, [shipped_config("ner.cfg")], steps=1, log=io.StringIO()).lost == ""


def test_without_a_dataset_there_is_nothing_to_train_on(tmp_path: Path) -> None:
    """The error names the verb that was left out, whatever is to be trained."""
    project = load_project(workspace=tmp_path / "empty")
    project.workspace.articles.write([PAIRS[0][0]])

    with pytest.raises(MissingInput, match=r"manifest\.json is not there") as refusal:
        train(project, log=io.StringIO())

    assert "labeling compile" in refusal.value.todo


def test_a_card_of_before_is_the_same_file() -> None:
    """Without an architecture the new keys are not written, and a card without them is read."""
    card = Extractor(name="ner-0", corpus="c", config="f", seed=1)

    assert list(card.model_dump()) == [
        "name", "corpus", "config", "seed", "steps", "checkpoint", "symmetric", "exclusive",
    ]  # fmt: skip
    assert Extractor.model_validate_json(card.model_dump_json()) == card
    assert "architecture" in card.model_copy(update={"architecture": "tagger"}).model_dump()


def test_scores_have_a_place_in_the_card_of_a_model_or_are_left_out(project: Project, tmp_path: Path) -> None:
    """Whoever removes the place keeps their words; where there is no card, no card is made."""
    folder = train_pipeline(shipped_config("ner.cfg"), project.workspace.latest, tmp_path, steps=1, log=io.StringIO())
    card = folder / "MODEL.md"
    score = evaluate(project, {"model:m": [each for _, each in PAIRS]}).scores["model:m"]
    own = card.read_text(encoding="utf-8").replace("<!-- end of scores -->", "Mine.")

    card.write_text(own, encoding="utf-8")
    write_card_scores(folder, score)
    assert card.read_text(encoding="utf-8") == own
    card.unlink()
    write_card_scores(folder, score)
    assert not card.exists()


@pytest.mark.torch
def test_a_tagger_suggests_with_its_scores(project: Project, model: Path) -> None:
    """Its folder is all that the project file names; labels are the schema's, scores travel with the spans."""
    section = SuggestSection(rules="", pipeline=str(model))
    asking = replace(project, file=project.file.model_copy(update={"suggest": section}))

    result = suggest(asking)

    rows = list(project.workspace.suggestions.rows())
    predicted = list(predict_annotations(model, [article for article, _ in PAIRS]))
    assert result.refused == 0
    assert [_places(row) for row in rows] == [_places(each) for each in predicted]
    assert {span.score for row in rows for span in row.spans} == {
        span.score for each in predicted for span in each.spans
    }
