"""The project beside spaCy's files: `spacy train` and `spacy debug data` run as they are, where this package is not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from score_crossner import compiled

from labeling.annotations import Relation
from labeling.corpora.build.build import build_dataset
from labeling.corpora.manifest import MANIFEST, Manifest, verify_dataset
from labeling.corpora.targets.spacy.training_files import (
    EXPECTED_WARNINGS,
    list_learnable_options,
    write_training_files,
)
from labeling.errors import CorpusChanged
from labeling.tokens import make_tokenizer
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from tests.corpora.conftest import Making

NAMES = ("Berg", "Cole", "Diaz", "Endo", "Faro", "Gill", "Hahn")
BODIES = ("Customs", "Fisheries", "Justice", "Transport", "Energy")
# spaCy as a program, in a Python that cannot import this package.
ALONE = "import sys, runpy; sys.modules['labeling'] = None; runpy.run_module('spacy', run_name='__main__')"
CONFIGS = ("ner", "spancat", "textcat", "relations")


def _annotated(making: Making, number: int) -> tuple[Article, Gold]:
    """A minister meets or joins; the office holds a body; every third is glued to a handle, so that a token is cut."""
    name, body = NAMES[number % 7], BODIES[number % 5]
    glue, verb, event = ("@" if number % 3 else "@The"), *(("met", "CONSULT"), ("joined", "AGREE"))[number % 2]
    text = f"Minister {glue}{name} of {body} {verb} envoys of Chad on day {number}."
    if number % 10 == 9:
        return (article := making.article(f"Nothing of note on day {number}.", f"a{number:03}")), making.gold(article)
    article, at = making.article(text, f"a{number:03}"), text.index(name)
    places = ((at, at + len(name), "PERSON"), (text.index(body), text.index(body) + len(body), "GOV_BODY"))
    whole, chad = (0, text.index(verb) - 1, "PERSON"), (text.index("Chad"), text.index("Chad") + 4, "COUNTRY")
    relations = (Relation(head="s1", tail="s0", label="PART_OF"), Relation(head="s3", tail="s2", label="PART_OF"))
    gold = making.gold(
        article, chad, *places, whole, relations=relations if number % 4 else (), choices={"event": (event,)}
    )
    return article, gold


def _dataset(making: Making, folder: Path, train: int, dev: int) -> Path:
    rows = [(*_annotated(making, number), "train" if number < train else "dev") for number in range(train + dev)]
    project: Project = making.workspace(folder / "workspace", rows)
    (folder / "dataset").mkdir()
    build_dataset(project, folder / "dataset")
    return folder / "dataset"


@pytest.fixture(scope="module")
def dataset(making: Making, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred and ten articles to train on, the least that spaCy takes seriously, and ten for dev."""
    return _dataset(making, tmp_path_factory.mktemp("training"), 110, 10)


def _spacy(dataset: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE, *words],
        cwd=dataset / "spacy",
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8", "ENV_ANSI": "0"},
    )


def _code(name: str) -> list[str]:
    return ["--code", "relations.py"] if name == "relations" else []


@pytest.mark.parametrize("name", CONFIGS)
def test_spacy_trains_from_a_dataset_as_it_is(dataset: Path, name: str) -> None:
    """Two steps of `spacy train` without this package make a model with our tokenizer rules; nothing is spoilt."""
    run = _spacy(
        dataset, "train", f"configs/{name}.cfg", "--output", f"training/{name}", "--training.max_steps=2", *_code(name)
    )

    assert run.returncode == 0, run.stdout + run.stderr
    load = (
        "import sys; sys.modules['labeling'] = None; sys.path.insert(0, '.');"
        + ("import relations;" if name == "relations" else "")
        + f"import spacy; nlp = spacy.load('training/{name}/model-best');"
        "print([token.text for token in nlp('Region (IOR).Both')])"
    )
    opened = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", load], cwd=dataset / "spacy", capture_output=True, text=True, check=True
    )
    assert opened.stdout.strip() == "['Region', '(', 'IOR', ')', '.', 'Both']"
    verify_dataset(dataset)


@pytest.mark.parametrize("name", CONFIGS)
def test_debug_data_warns_of_nothing_unexpected(dataset: Path, name: str) -> None:
    """`spacy debug data` exits 0, and every warning it gives is one that we name, with what it means."""
    run = _spacy(dataset, "debug", "data", f"configs/{name}.cfg", *_code(name))

    assert run.returncode == 0, run.stdout + run.stderr
    warned = _said(run.stdout, "⚠")
    assert "Low number of examples to train a new pipeline" in "\n".join(warned)
    assert [line for line in warned if not _expected(line)] == []
    assert _said(run.stdout, "✘") == []


def test_debug_data_of_a_tiny_dataset(making: Making, tmp_path: Path) -> None:
    """Under a hundred training articles spaCy exits with 1, for that one reason; all else is expected, too."""
    run = _spacy(_dataset(making, tmp_path, 10, 3), "debug", "data", "configs/ner.cfg")

    assert run.returncode == 1
    (error,) = _said(run.stdout, "✘")
    assert [each.fails for each in EXPECTED_WARNINGS if each.matches(error)] == [True]
    assert [line for line in _said(run.stdout, "⚠") if not _expected(line)] == []


def test_debug_data_of_a_published_corpus_warns_of_nothing_unexpected(tmp_path: Path) -> None:
    """CrossNER's politics, brought along as CoNLL: all its spans are whole tokens; `spacy debug data` is content."""
    corpus = Path(__file__).parents[4] / "shared" / "corpora" / "crossner_politics"
    if not corpus.exists():
        pytest.skip("the shared corpora are not here")
    project = compiled(corpus, tmp_path)
    manifest = read_value(project.workspace.latest / MANIFEST, Manifest)
    run = _spacy(project.workspace.latest, "debug", "data", "configs/ner.cfg")

    # Two sentences of train share twelve words with dev, and with them go eleven of its 1,304 spans.
    assert (manifest.splits["train"].articles, manifest.splits["dev"].articles) == (198, 541)
    assert manifest.ledger["spacy"]["span"]["kept"] == manifest.ledger["spacy"]["span"]["in"] == 1304 - 11 + 3482
    assert run.returncode == 0, run.stdout
    assert [line for line in _said(run.stdout, "⚠") if not _expected(line)] == []


def _said(output: str, mark: str) -> list[str]:
    """What follows a mark, each on a line; the counts at the end left out."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output).replace("\r", "\n")
    lines = [line.partition(f"{mark} ")[2].strip() for line in plain.splitlines() if f"{mark} " in line]
    return [line for line in lines if not re.fullmatch(r"\d+ (warnings?|errors?)", line)]


def _expected(line: str) -> bool:
    return any(each.matches(line) for each in EXPECTED_WARNINGS)


def test_an_expected_warning_matches_its_message_and_no_other() -> None:
    """N stands for a number and ... for words; each message has one entry, and another message none."""
    message = "Low number of examples for label 'ARMED_GROUP' in key 'sc' (5)"

    assert [each.words for each in EXPECTED_WARNINGS if each.matches(message)] == [
        "Low number of examples for label '...' in key 'sc' (N)"
    ]
    assert [each.words for each in EXPECTED_WARNINGS if each.matches("12 misaligned tokens in the dev data")] == [
        "N misaligned tokens in the dev data"
    ]
    assert not _expected("12 misaligned tokens in the training data")
    assert not _expected("Low number of examples for label 'X' (many)")


def test_spacy_accepts_the_project_file(dataset: Path) -> None:
    """`spacy project run all --dry` would train all four, in order."""
    run = _spacy(dataset, "project", "run", "all", "--dry")

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.findall(r"spacy train configs/(\w+)\.cfg", run.stdout) == list(CONFIGS)
    verify_dataset(dataset)


def test_verify_passes_over_trained_models_only(making: Making, tmp_path: Path) -> None:
    """`verify_dataset` passes over what spaCy writes, and over nothing else."""
    dataset = _dataset(making, tmp_path, 3, 1)
    for name in ("spacy/training/ner/model-best/meta.json", "spacy/project.lock", "spacy/__pycache__/relations.pyc"):
        (dataset / name).parent.mkdir(parents=True, exist_ok=True)
        (dataset / name).write_text("{}", encoding="utf-8")
    verify_dataset(dataset)

    (dataset / "spacy" / "configs" / "mine.cfg").write_text("", encoding="utf-8")
    (dataset / "training").mkdir()
    (dataset / "training" / "x").write_text("", encoding="utf-8")
    with pytest.raises(CorpusChanged, match=r"spacy/configs/mine\.cfg is not in the manifest; training/x is not in"):
        verify_dataset(dataset)


def test_training_files_are_deterministic_and_follow_the_schema(making: Making, tmp_path: Path) -> None:
    """Written twice it is the same; a schema of labels alone has no use for the other two configs."""
    bare = making.schema.model_copy(update={"relations": (), "choices": making.schema.choices[1:]})
    for name in ("one", "two"):
        write_training_files(tmp_path / name, make_tokenizer("en"), making.schema)
    write_training_files(tmp_path / "bare", make_tokenizer("en"), bare)

    def files(name: str) -> dict[str, bytes]:
        root = tmp_path / name
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert files("one") == files("two")
    assert {name for name in files("one") if name.startswith("configs/")} == {f"configs/{name}.cfg" for name in CONFIGS}
    assert {name for name in files("bare") if "/" not in name or name.startswith("configs/")} == {
        "configs/ner.cfg",
        "configs/spancat.cfg",
        "project.yml",
    }
    assert b"relations" not in files("bare")["project.yml"]
    assert str(tmp_path).encode() not in b"".join(files("one").values())


def test_a_text_classifier_learns_all_options_but_usable() -> None:
    """All options but those by which an annotator rules an article out: no dataset has such articles."""
    assert list_learnable_options({"event": ("A", "B"), "usable": ("yes", "no")}) == ["event=A", "event=B"]
