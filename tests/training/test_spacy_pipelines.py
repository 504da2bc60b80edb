"""Which articles a training config learns from: all of them, or those of which everything is known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import spacy

from labeling.errors import NothingToLearn
from labeling.project import shipped_config
from labeling.training.extractors import train_pipeline

if TYPE_CHECKING:
    from pathlib import Path


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
