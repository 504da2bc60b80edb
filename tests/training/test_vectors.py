"""Word vectors in what is trained, and in datasets: with spaCy's real loop, on a table of a few words."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import made
import numpy as np
import pytest
import spacy
import srsly
from spacy.strings import StringStore
from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Relation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.release.join import join
from labeling.corpora.release.release import release
from labeling.corpora.verify import verify
from labeling.corpora.word_vectors.spacy_vectors import list_open_places, takes_vectors, write_vectors
from labeling.corpora.word_vectors.word_vectors import WordVectors
from labeling.errors import CorpusChanged, VectorsUnusable
from labeling.project import Project, TrainSection, load_project, shipped_config
from labeling.splits.split import split
from labeling.training import extractors
from labeling.training.curve import curve
from labeling.training.evaluate import evaluate
from labeling.training.extractors import read_extractor
from labeling.training.spacy_pipelines import TrainingPlan, plan_training, read_config
from labeling.training.train import train
from labeling.training.vectors import find_vectors
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.assignment import SplitAssignment
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

WORDS = ("in", "envoys", "oslo", "rome", "lima", "cairo")
CITIES = ("Oslo", "Rome", "Lima", "Cairo")
ROWS = np.arange(len(WORDS) * 4, dtype="float32").reshape(-1, 4) / 8


def _table(folder: Path, rows: Any = ROWS) -> None:
    """A folder with vectors, as `spacy init vectors` makes it."""
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(strings=StringStore(WORDS), data=rows, keys=WORDS)
    nlp.to_disk(folder)


def _naming(project: Project, vectors: str) -> Project:
    """The same project, with these vectors."""
    return replace(project, file=project.file.model_copy(update={"train": TrainSection(vectors=vectors)}))


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles, eight of them to train on, split; and beside its workspace a folder `vectors`."""
    folder = tmp_path_factory.mktemp("vectors")
    project = load_project(workspace=folder / "workspace")
    articles, said = [], []
    for number in range(12):
        here, there = CITIES[number % 4], CITIES[(number + 1 + number // 4) % 4]
        text = f"Envoys met in {here} on Monday, not in {there}."
        places = [text.index(city) for city in (here, there)]
        article = made.article(f"a{number:02}", text)
        spans = tuple(
            Span(id=str(place), start=place, end=place + len(city), label="LOCATION")
            for place, city in zip(places, (here, there), strict=True)
        )
        articles.append(article)
        said.append(
            Annotation(
                article=article.id,
                digest=article.digest,
                annotator="ana",
                spans=spans,
                relations=(Relation(head=spans[0].id, tail=spans[1].id, label="SAME_AS"),),
                choices={"event": ("CONSULT",), "usable": ("yes",)},
            )
        )
    workspace = project.workspace
    workspace.articles.write(articles)
    workspace.annotations.write(said)
    adjudicate(project)
    places_of = ["train"] * 8 + ["dev"] * 2 + ["test"] * 2
    workspace.splits.write(
        SplitAssignment(article=article.id, leak_group=article.id, split=place)  # type: ignore[arg-type]  # three names
        for article, place in zip(articles, places_of, strict=True)
    )
    split(project)
    compile_dataset(project)
    _table(folder / "vectors")
    return project


@pytest.fixture
def project(pattern: Project, tmp_path: Path) -> Project:
    """A copy of it, which names its vectors, in a dataset without any."""
    shutil.copytree(pattern.workspace.root.parent, tmp_path / "copy", symlinks=True)
    return _naming(load_project(workspace=tmp_path / "copy" / "workspace"), str(tmp_path / "copy" / "vectors"))


def _train(project: Project, config: str = "ner.cfg") -> Path:
    """The folder of a model after two steps."""
    (name,) = train(project, [shipped_config(config)], steps=2, log=io.StringIO()).models
    return project.workspace.models / name.rsplit("/", 1)[-1]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _layers(nlp: Language) -> list[str]:
    """The names of all layers of all its components."""
    pipes: list[Any] = [pipe for _, pipe in nlp.pipeline]
    return [node.name for pipe in pipes for node in pipe.model.walk()]


def _plan(project: Project, config: Path) -> TrainingPlan:
    """What is planned with the vectors of a project."""
    corpus = project.workspace.latest
    manifest = read_value(corpus / MANIFEST, Manifest)
    return plan_training(read_config(config), corpus, manifest, 1, 2, find_vectors(project))


def test_a_model_holds_its_vectors(project: Project, tmp_path: Path) -> None:
    """It opens where they are not, by spaCy alone; its card names them; it names no folder of this machine."""
    model = _train(project)
    vectors = find_vectors(project)
    assert f"model:{model.name}" in evaluate(project).scores
    shutil.copytree(model, tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "copy")

    code = (
        "import spacy, sys; sys.modules['labeling'] = None; nlp = spacy.load(sys.argv[1]); "
        "print([token.vector.tolist() for token in nlp('Oslo OSLO oslo Quito')], nlp.pipe_names)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "elsewhere")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    row = ROWS[2].tolist()

    assert vectors is not None
    assert ran.stdout.strip() == f"{[row, row, row, [0.0] * 4]} ['ner']"
    card = read_extractor(tmp_path / "elsewhere")
    assert (card.vectors, card.vectors_digest) == ("vectors", vectors.digest)
    assert [name for name, content in _files(tmp_path / "elsewhere").items() if str(tmp_path).encode() in content] == []
    assert spacy.load(tmp_path / "elsewhere").config["initialize"]["vectors"] is None


def test_a_model_with_vectors_is_made_again(project: Project) -> None:
    """To the byte; its name is the digest of what made it, the vectors' own among it."""
    first = _train(project)
    before = _files(first)
    shutil.rmtree(first)
    assert _train(project) == first
    assert _files(first) == before

    card = read_extractor(first)
    decides = canonical_json([card.corpus, card.config, 1, 2, card.vectors_digest])
    assert first.name == f"ner-{digest_of(decides)[:12]}"


def test_both_components_of_a_pipeline_take_vectors(project: Project) -> None:
    """Each that embeds words has a layer for them, and the settings say so."""
    nlp = spacy.load(_train(project, "relations.cfg"))

    assert _layers(nlp).count("static_vectors") == 2
    assert list_open_places(nlp.config["components"]) == []


@pytest.mark.parametrize(("config", "places"), [("ner", 1), ("spancat", 1), ("relations", 2), ("textcat", 0)])
def test_what_the_shipped_configs_have_room_for(project: Project, config: str, places: int) -> None:
    """A bag of words has no room: such a model is the one of before."""
    path = shipped_config(f"{config}.cfg")
    with_, without = _plan(project, path), _plan(_naming(project, ""), path)

    assert len(list_open_places(read_config(path).sections["components"])) == places
    assert takes_vectors(with_.config["components"]) == bool(places) == bool(with_.vectors)
    assert (with_.digest == without.digest) == (places == 0)
    assert without.vectors is None


def test_without_vectors_a_model_is_what_it_was(project: Project) -> None:
    """Its name is the digest of what it always was of, and its card says nothing of vectors."""
    model = _train(_naming(project, ""))

    card = json.loads((model / "extractor.json").read_bytes())
    decides = canonical_json([card["corpus"], card["config"], 1, 2])
    assert model.name == f"ner-{digest_of(decides)[:12]}"
    assert not [key for key in card if "vectors" in key]


@pytest.mark.parametrize("refuses", ["pretrained_vectors = null", "its own"])
def test_a_config_without_a_place_is_trained_as_before(project: Project, tmp_path: Path, refuses: str) -> None:
    """One that refuses vectors, and one that names its own: the same plan as without any."""
    text = shipped_config("ner.cfg").read_text(encoding="utf-8")
    if refuses == "its own":
        text = text.replace("pretrained_vectors = null", "pretrained_vectors = true")
        text = text.replace("[initialize]\n", '[initialize]\nvectors = "somewhere"\n')
    else:
        text = text.replace(refuses, "pretrained_vectors = false")
    (tmp_path / "mine.cfg").write_text(text, encoding="utf-8")

    plan = _plan(project, tmp_path / "mine.cfg")

    assert plan.vectors is None
    assert plan.digest == _plan(_naming(project, ""), tmp_path / "mine.cfg").digest


def test_a_config_that_asks_for_vectors_gets_ours(project: Project, tmp_path: Path) -> None:
    """As `spacy init config` writes one: it asks, and leaves open which."""
    text = shipped_config("ner.cfg").read_text(encoding="utf-8").replace("dev = null", "dev = null\nvectors = null")
    text = text.replace("pretrained_vectors = null", "pretrained_vectors = true")
    text = text.replace("[initialize]\n", "[initialize]\nvectors = ${paths.vectors}\n")
    (tmp_path / "mine.cfg").write_text(text, encoding="utf-8")

    assert _plan(project, tmp_path / "mine.cfg").vectors is not None


def test_damaged_vectors_are_refused_before_training(project: Project) -> None:
    """And nothing is left of the attempt."""
    rows = ROWS.copy()
    rows[3, 2] = np.nan
    _table(project.workspace.root.parent / "vectors", rows)

    with pytest.raises(VectorsUnusable, match="the vector of 'rome'"):
        _train(project)
    with pytest.raises(VectorsUnusable, match="the vector of 'rome'"):
        compile_dataset(project)
    assert not project.workspace.models.exists()


def test_a_curve_is_of_models_with_vectors(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is trained as `train` would."""
    given = []
    real = extractors.train_pipeline

    def seen(*words: Any, vectors: WordVectors, **options: Any) -> Path:
        given.append(vectors.name)
        return real(*words, vectors=vectors, **options)

    monkeypatch.setattr(extractors, "train_pipeline", seen)
    made_of = curve(project, points=1, steps=2, log=io.StringIO())

    assert [point.articles for point in made_of.points] == [8]
    assert given == ["vectors"]


def test_a_dataset_holds_named_vectors(project: Project) -> None:
    """Its manifest names them by digest, its configs take them, spaCy itself trains with them, as project.yml says."""
    without = project.workspace.latest.resolve()
    compile_dataset(project)
    folder, vectors = project.workspace.latest.resolve() / "spacy", find_vectors(project)
    note = read_value(folder.parent / MANIFEST, Manifest).vectors

    assert vectors is not None
    assert note is not None
    assert (note.name, note.words, note.width, note.sha256) == ("vectors", 6, 4, vectors.digest)
    assert read_value(without / MANIFEST, Manifest).vectors is None
    assert "vectors" not in json.loads((without / MANIFEST).read_bytes())
    new = set(_files(folder.parent)) - set(_files(without))
    assert all(name.startswith("spacy/vectors/") for name in new)
    assert "6 words of vectors" in (folder.parent / "README.md").read_text(encoding="utf-8")

    command = [sys.executable, "-W", "ignore", "-m", "spacy", "train", "configs/ner.cfg", "--output", "training/ner"]
    limits = ["--training.max_steps=2", "--training.eval_frequency=2"]
    ran = subprocess.run([*command, *limits], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    nlp = spacy.load(folder / "training" / "ner" / "model-best")
    assert nlp("Oslo")[0].vector.tolist() == ROWS[2].tolist()
    assert "static_vectors" in _layers(nlp)
    commands = srsly.read_yaml(folder / "project.yml")["commands"]
    assert [each["name"] for each in commands if "vectors" in each.get("deps", [])] == ["ner", "spancat", "relations"]


def test_a_dataset_with_vectors_is_made_again(project: Project) -> None:
    """To the byte; `verify` sees a number that was changed."""
    first = compile_dataset(project)
    before = _files(project.workspace.latest.resolve())
    shutil.rmtree(project.workspace.corpora)

    assert compile_dataset(project).digest == first.digest
    assert _files(project.workspace.latest.resolve()) == before
    assert verify(project).digest == first.digest
    numbers = project.workspace.latest / "spacy" / "vectors" / "vocab" / "vectors"
    numbers.write_bytes(numbers.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CorpusChanged, match="spacy/vectors/vocab/vectors has changed"):
        verify(project)


@pytest.mark.parametrize("vectors", ["", "auto"])
def test_other_datasets_hold_none(project: Project, vectors: str) -> None:
    """GloVe of `auto` goes into models: the dataset is the one of before, by digest."""
    before = project.workspace.latest.resolve().name

    assert compile_dataset(_naming(project, vectors)).digest[:16] == before


def test_a_release_says_nothing_of_a_folder(project: Project) -> None:
    """Neither it nor what is joined from it has vectors: they are no part of what people said."""
    compile_dataset(project)
    released = release(project)
    joined = join(project, project.workspace.root / released.folder)

    assert b"vectors" not in b"".join(_files(project.workspace.root / released.folder).values())
    assert not [name for name in _files(project.workspace.root / joined.folder) if "spacy/vectors" in name]


def test_capitals_find_small_letters(tmp_path: Path) -> None:
    """In what spaCy loads, however a word is written; what the table has itself stays what it is."""
    words = ("oslo", "us", "US", "anglo-dutch", "3", "\u00df")
    rows = np.arange(12, dtype="float32").reshape(6, 2) + 1
    write_vectors(WordVectors("made", words, rows), tmp_path / "made", "en")
    vocab = spacy.load(tmp_path / "made").vocab

    found = {word: vocab.get_vector(word).tolist() for word in ("Oslo", "OSLO", "US", "Us", "Anglo-Dutch", "3", "SS")}
    assert found == {
        "Oslo": [1, 2],
        "OSLO": [1, 2],
        "US": [5, 6],
        "Us": [3, 4],
        "Anglo-Dutch": [7, 8],
        "3": [9, 10],
        "SS": [0, 0],
    }


def test_open_places_are_those_left_null() -> None:
    """At any depth, in each component; true and false are answers."""
    components = {
        "ner": {"model": {"tok2vec": {"pretrained_vectors": None, "width": 9}}},
        "tok2vec": {"model": {"embed": {"include_static_vectors": False}}},
        "spancat": {"model": {"tok2vec": {"embed": {"include_static_vectors": None}}}},
    }

    assert list_open_places(components) == [
        "ner.model.tok2vec.pretrained_vectors",
        "spancat.model.tok2vec.embed.include_static_vectors",
    ]
    assert not takes_vectors(components)
