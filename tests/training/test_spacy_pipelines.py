"""Which articles a training config learns from: all of them, or those of which everything is known."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import spacy

from labeling.errors import NothingToLearn
from labeling.project import shipped_config
from labeling.tokens import NEWSWIRE, NEWSWIRE_1
from labeling.training.extractors import train_pipeline
from labeling.training.spacy_pipelines import plan_training, read_config

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.corpora.manifest import Manifest


def needed_folder(config: Path, folder: Path) -> str:
    """The folder of a dataset that the config is the first to need: an empty dataset is refused by its name."""
    corpus = folder / "0123456789abcdef"
    (corpus / "spacy").mkdir(parents=True)
    (corpus / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(NothingToLearn) as refusal:
        train_pipeline(config, corpus, folder / "models", log=io.StringIO())
    return refusal.value.where.removeprefix(f"{corpus}/spacy/")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("ner.cfg", "train"),
        ("textcat.cfg", "train"),
        ("spancat.cfg", "train/complete"),
        ("relations.cfg", "train/complete"),
    ],
)
def test_shipped_configs_learn_from(name: str, folder: str, tmp_path: Path) -> None:
    """What learns a no from silence trains on complete articles alone; the others, on every article."""
    assert needed_folder(shipped_config(name), tmp_path) == folder


@pytest.mark.parametrize("factory", ["spancat", "spancat_singlelabel", "span_finder", "labeling_relations"])
def test_factories_that_learn_from_silence_need_complete_articles(factory: str, tmp_path: Path) -> None:
    """The factory decides, whatever the component is called."""
    config = tmp_path / "mine.cfg"
    config.write_text(
        f'[nlp]\nlang = "en"\npipeline = ["mine"]\n[components]\n[components.mine]\nfactory = "{factory}"\n',
        encoding="utf-8",
    )

    assert needed_folder(config, tmp_path) == "train/complete"


@pytest.mark.parametrize(("named", "used"), [(NEWSWIRE, NEWSWIRE_1), ("spacy.copy_from_base_model.v1", None)])
def test_a_model_cuts_texts_as_its_dataset_does(named: str, used: str | None, tmp_path: Path) -> None:
    """By the rules that the manifest names, which may be older than the config; another callback is left alone."""
    text = shipped_config("ner.cfg").read_text(encoding="utf-8")
    assert f'"{NEWSWIRE}"' in text
    own = tmp_path / "own.cfg"
    own.write_text(text.replace(NEWSWIRE, named), encoding="utf-8")
    (tmp_path / "spacy").mkdir()
    manifest = cast("Manifest", SimpleNamespace(language="en", tokenizer=NEWSWIRE_1))
    plan = plan_training(read_config(own), tmp_path, manifest, seed=1, steps=1)

    assert plan.config["initialize"]["before_init"]["@callbacks"] == (used or named)


def test_a_comment_does_not_decide_what_is_learned_from(tmp_path: Path) -> None:
    """A remark in a config may name a factory, and so may a setting: neither is a component of the pipeline."""
    config = tmp_path / "ner.cfg"
    text = shipped_config("ner.cfg").read_text(encoding="utf-8")
    config.write_text(f'# Not "spancat", and no "labeling_relations".\n{text}', encoding="utf-8")

    assert needed_folder(config, tmp_path) == "train"


def test_a_component_of_another_pipeline_has_the_factory_it_has_there(tmp_path: Path) -> None:
    """A config may take a component from a trained pipeline, and then names no factory of it."""
    other = spacy.blank("en")
    other.add_pipe("spancat", name="mine")
    other.to_disk(tmp_path / "other")
    config = tmp_path / "sourced.cfg"
    config.write_text(
        f'[nlp]\nlang = "en"\npipeline = ["mine"]\n[components]\n[components.mine]\nsource = "{tmp_path / "other"}"\n',
        encoding="utf-8",
    )

    assert needed_folder(config, tmp_path) == "train/complete"
