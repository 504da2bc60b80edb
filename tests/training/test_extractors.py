"""Training and asking extractors, with spaCy's real loop on a real dataset made in the test."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from envoys import annotated_article

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.checks import check_annotation
from labeling.annotations import Annotation, Relation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import MissingInput, NoRoom, TrainingError
from labeling.project import Project, load_project, shipped_config
from labeling.splits.split import split
from labeling.training import predictions, spacy_pipelines
from labeling.training.evaluate import evaluate
from labeling.training.extractors import corpus_digest, read_extractor, train_pipeline
from labeling.training.open_extractors import predict_annotations
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles to train on, four for dev and four for test, compiled."""
    project = load_project(workspace=tmp_path_factory.mktemp("extractors"))
    pairs = [annotated_article(number) for number in range(20)]
    workspace = project.workspace
    workspace.articles.write([article for article, _ in pairs])
    workspace.annotations.write([annotation for _, annotation in pairs])
    adjudicate(project)
    workspace.splits.write(
        [
            SplitAssignment(
                article=article.id, leak_group=article.id, split="train" if n < 12 else "dev" if n < 16 else "test"
            )
            for n, (article, _) in enumerate(pairs)
        ],
    )
    split(project)
    compile_dataset(project)
    return project


@pytest.mark.parametrize(("config", "labels"), [("ner.cfg", {"LOCATION", "MEETING"}), ("spancat.cfg", {"LOCATION"})])
def test_predictions_are_sound_annotations(project: Project, config: str, labels: set[str]) -> None:
    """A model learns twelve near-identical articles; its predictions pass the checks that all annotations must pass."""
    workspace = project.workspace
    articles = [annotated_article(number)[0] for number in range(16, 20)]
    log = io.StringIO()

    folder = train_pipeline(shipped_config(config), workspace.latest, workspace.models, steps=60, log=log)
    predicted = list(predict_annotations(folder, articles))

    card = read_extractor(folder)
    assert folder.name == card.name
    assert card.name.startswith(f"{config.removesuffix('.cfg')}-")
    assert (card.corpus, card.seed, card.steps) == (corpus_digest(workspace.latest), 1, 60)
    assert "LOSS" in log.getvalue()
    assert [annotation.article for annotation in predicted] == [article.id for article in articles]
    assert {annotation.annotator for annotation in predicted} == {f"model:{card.name}"}
    assert {span.label for annotation in predicted for span in annotation.spans} >= labels
    for annotation, article in zip(predicted, articles, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())
    f1 = evaluate(project).scores[card.annotator].exact.micro.f1
    assert f1 is not None
    assert f1 > 0.5


def test_relations_are_predicted_between_predicted_entities(project: Project) -> None:
    """A model of `relations.cfg` finds entities and what joins them; gold's relation is among it, and all is sound."""
    workspace = project.workspace
    pairs = [annotated_article(number) for number in range(16, 20)]

    folder = train_pipeline(
        shipped_config("relations.cfg"), workspace.latest, workspace.models, steps=100, log=io.StringIO()
    )
    predicted = list(predict_annotations(folder, [article for article, _ in pairs]))

    found = 0
    for annotation, (article, gold) in zip(predicted, pairs, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())
        places = {span.id: (span.start, span.end) for span in annotation.spans}
        wanted = {span.id: (span.start, span.end) for span in gold.spans}
        (held_at,) = gold.relations
        joined = {(places[each.head], each.label, places[each.tail]) for each in annotation.relations}
        found += (wanted[held_at.head], "HELD_AT", wanted[held_at.tail]) in joined
    assert found >= 3
    score = evaluate(project).scores[f"model:{folder.name}"]
    assert score.relations is not None
    assert score.relations.micro.pairs == found
    assert score.choices is None


def test_choices_are_predicted(project: Project) -> None:
    """A model of `textcat.cfg` tells the two events apart, predicts nothing for `usable`, and marks no span."""
    workspace = project.workspace
    pairs = [annotated_article(number) for number in range(16, 20)]

    folder = train_pipeline(
        shipped_config("textcat.cfg"), workspace.latest, workspace.models, steps=100, log=io.StringIO()
    )
    predicted = list(predict_annotations(folder, [article for article, _ in pairs]))

    assert [annotation.choices for annotation in predicted] == [
        {"event": ("CONSULT",)},
        {"event": ("AGREE",)},
        {"event": ("CONSULT",)},
        {"event": ("AGREE",)},
    ]
    assert {annotation.spans for annotation in predicted} == {()}
    score = evaluate(project).scores[f"model:{folder.name}"]
    assert score.choices is not None
    assert score.choices.micro.f1 == 1.0
    assert score.relations is None


def test_an_exclusive_choice_has_one_option() -> None:
    """Of an exclusive choice the best option that scores enough; of another all that do; below the threshold none."""
    cats = {"event=A": 0.7, "event=B": 0.9, "event=C": 0.4, "tone=X": 0.6, "tone=Y": 0.8, "far=Z": 0.1}

    predicted = predictions.extract_choices(cats, {"textcat_multilabel": 0.5}, exclusive=("tone", "far"))

    assert predicted == {"event": ("B", "A"), "tone": ("Y",)}


def test_a_relation_without_direction_is_predicted_once() -> None:
    """The classifier scores both ways; a symmetric relation is one relation, a directed one may go both ways."""
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    doc = Doc(Vocab(), words=["A", "and", "B"], ents=["B-X", "O", "B-X"])
    spacy_pipelines.register_components()
    both = {"SAME_AS": 0.9, "LEADS": 0.6, "ABOUT": 0.2}
    doc._.rel = {(0, 2): both, (2, 0): both}
    spans = (Span(id="a", start=0, end=1, label="X"), Span(id="b", start=6, end=7, label="X"))

    predicted = list(predictions.extract_relations(doc, spans, {"relations": 0.5}, symmetric=("SAME_AS",)))

    assert predicted == [
        Relation(head="a", tail="b", label="LEADS"),
        Relation(head="a", tail="b", label="SAME_AS"),
        Relation(head="b", tail="a", label="LEADS"),
    ]
    assert list(predictions.extract_relations(doc, spans, {}, symmetric=())) == []


def test_a_model_opens_where_this_package_is_not_installed(project: Project, tmp_path: Path) -> None:
    """The tokenizer rules travel inside the pipeline, no path of this machine does, and MODEL.md shows how."""
    folder = train_pipeline(shipped_config("ner.cfg"), project.workspace.latest, tmp_path, steps=1, log=io.StringIO())
    code = (
        "import sys; sys.modules['labeling'] = None\n"
        + (folder / "MODEL.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
        + "print([t.text for t in nlp('Region (IOR).Both')])"
    )

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert run.stdout.splitlines()[1:] == ["['Region', '(', 'IOR', ')', '.', 'Both']"]
    assert str(project.workspace.root) not in (folder / "config.cfg").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_predictions(project: Project, tmp_path: Path) -> None:
    """Trained twice from the same dataset, a model predicts the same."""
    articles = [annotated_article(number)[0] for number in range(16, 20)]

    def predicted(name: str) -> list[Annotation]:
        folder = train_pipeline(
            shipped_config("ner.cfg"), project.workspace.latest, tmp_path / name, steps=30, log=io.StringIO()
        )
        return list(predict_annotations(folder, articles))

    assert predicted("one") == predicted("two")


def test_a_model_trained_otherwise_is_another_model(project: Project, tmp_path: Path) -> None:
    """Other steps, another seed or another config make a folder beside the first; the same, and a remark, the same."""
    remark = tmp_path / "ner.cfg"
    remark.write_text("# A remark.\n" + shipped_config("ner.cfg").read_text(encoding="utf-8"), encoding="utf-8")
    wider = tmp_path / "wider" / "ner.cfg"
    wider.parent.mkdir()
    wider.write_text(remark.read_text(encoding="utf-8").replace("hidden_width = 64", "hidden_width = 32"), "utf-8")

    def trained(config: Path, seed: int, steps: int) -> Path:
        corpus, models = project.workspace.latest, tmp_path / "models"
        return train_pipeline(config, corpus, models, seed=seed, steps=steps, log=io.StringIO())

    folders = [
        trained(shipped_config("ner.cfg"), 1, 1),
        trained(shipped_config("ner.cfg"), 1, 2),
        trained(shipped_config("ner.cfg"), 7, 1),
    ]
    folders.append(trained(wider, 1, 1))

    assert len({*folders}) == 4
    assert [(card.seed, card.steps) for card in map(read_extractor, folders)] == [(1, 1), (1, 2), (7, 1), (1, 1)]
    assert trained(remark, 1, 1) == folders[0]
    assert sorted((tmp_path / "models").iterdir()) == sorted(folders)


def test_the_table_is_plain_in_a_file(project: Project, tmp_path: Path) -> None:
    """No colours in a file, and no folder that is gone when training is done."""
    log = io.StringIO()

    train_pipeline(shipped_config("ner.cfg"), project.workspace.latest, tmp_path / "models", steps=1, log=log)

    assert "LOSS" in log.getvalue()
    assert "\x1b" not in log.getvalue()
    assert str(tmp_path) not in log.getvalue()


def test_a_folder_that_may_not_be_written_is_named(
    project: Project, open_folder: Path, as_nobody: Callable[..., AbstractContextManager[None]]
) -> None:
    """Before a single step is made."""
    copy, models = open_folder / corpus_digest(project.workspace.latest), open_folder / "models"
    shutil.copytree(project.workspace.latest, copy)
    models.mkdir(mode=0o555)

    with as_nobody(models), pytest.raises(NoRoom, match="Permission denied"):
        train_pipeline(shipped_config("ner.cfg"), copy, models, steps=1, log=io.StringIO())


def test_without_a_dataset_there_is_nothing_to_train_on(tmp_path: Path) -> None:
    """The error names the verb that was left out."""
    with pytest.raises(MissingInput, match=r"manifest\.json is not there") as refusal:
        train_pipeline(shipped_config("ner.cfg"), tmp_path / "latest", tmp_path / "models", log=io.StringIO())

    assert "labeling compile" in refusal.value.todo
    assert list(tmp_path.iterdir()) == []


def test_a_split_without_articles_is_named(project: Project, tmp_path: Path) -> None:
    """A dataset whose dev split is empty cannot tell when to stop; nothing is left behind."""
    corpus = tmp_path / "0123456789abcdef"
    (corpus / "spacy" / "train").mkdir(parents=True)
    (corpus / "manifest.json").write_text("{}", encoding="utf-8")
    shard = next((project.workspace.latest / "spacy" / "train").rglob("*.spacy"))
    (corpus / "spacy" / "train" / "000.spacy").write_bytes(shard.read_bytes())

    with pytest.raises(TrainingError, match=r"dev holds no article"):
        train_pipeline(shipped_config("ner.cfg"), corpus, tmp_path / "models", log=io.StringIO())

    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ('[nlp]\npipeline = ["ner"]\n[components]\n', "paths"),
        ('[paths]\ntrain = 1\n[system]\n[nlp]\npipeline = ["no such thing"]\n[components]\n', "no such thing"),
        ("[project]\nname = 1\n[project]\nname = 2\n", "already exists"),
        ("# Read me\n\nThis is not a config.\n", ""),
        ("", "names no pipeline"),
        ("[training]\nmax_steps = 3\n", "names no pipeline"),
    ],
)
def test_a_file_that_is_not_a_training_config_is_refused(
    project: Project, tmp_path: Path, words: str, why: str
) -> None:
    """By name, with what to name in its place; the corpus is not to blame, and no half model is left."""
    broken = tmp_path / "broken.cfg"
    broken.write_text(words, encoding="utf-8")

    with pytest.raises(TrainingError, match=rf"broken\.cfg is not a training config(.|\n)*{why}") as refusal:
        train_pipeline(broken, project.workspace.latest, tmp_path / "models", log=io.StringIO())

    assert "configs/ner.cfg" in refusal.value.todo
    assert not (tmp_path / "models").exists()


def test_a_config_that_cannot_be_read_or_trained_is_refused(project: Project, tmp_path: Path) -> None:
    """No such file, no text, and a config with which spaCy gives up: nothing is left behind."""
    latest, models = project.workspace.latest, tmp_path / "models"
    (tmp_path / "noise.cfg").write_bytes(b"\xff\xfe\x00")
    text = shipped_config("ner.cfg").read_text(encoding="utf-8")
    (tmp_path / "lost.cfg").write_text(text.replace('"corpora.dev"', '"corpora.nowhere"'), encoding="utf-8")

    for name in ("none.cfg", "noise.cfg"):
        with pytest.raises(TrainingError, match=rf"{name} cannot be read"):
            train_pipeline(tmp_path / name, latest, models, log=io.StringIO())
    with pytest.raises(TrainingError, match=r"could not train"):
        train_pipeline(tmp_path / "lost.cfg", latest, models, log=io.StringIO())

    assert list(models.iterdir()) == []


def test_a_folder_without_a_model_is_refused(project: Project, tmp_path: Path) -> None:
    """Neither an empty folder nor a card without its pipeline passes for an extractor."""
    with pytest.raises(TrainingError, match=r"does not hold an extractor"):
        next(predict_annotations(tmp_path, []))

    folder = train_pipeline(shipped_config("ner.cfg"), project.workspace.latest, tmp_path, steps=1, log=io.StringIO())
    (folder / "config.cfg").unlink()
    with pytest.raises(TrainingError, match=r"cannot load the model"):
        next(predict_annotations(folder, []))
