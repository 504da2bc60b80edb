"""A model opened once predicts as often as it is asked, with nothing more read from its folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import made
import pytest
from ruler_model import write_ruler

from labeling.annotations import Annotation, Span
from labeling.errors import TrainingError
from labeling.training.open_extractors import open_extractor, predict_annotations

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A pipeline that knows one word by a rule, with the card of a trained one."""
    return write_ruler(tmp_path)


def test_an_open_extractor_reads_nothing_more(model: Path) -> None:
    """Two askings after one opening, the folder gone in between: each gets its own articles' spans."""
    one, two = made.article("a1", "Oslo"), made.article("a2", "In Oslo")
    opened = open_extractor(model)
    first = list(opened.predict([one]))
    shutil.rmtree(model)

    second = list(opened.predict([two, one]))

    assert second[1:] == first
    assert second[0] == Annotation(
        article="a2",
        digest=two.digest,
        annotator="model:ruler-0123456789ab",
        spans=(Span(id="p1", start=3, end=7, label="LOCATION"),),
    )


def test_opening_names_what_is_not_a_model(model: Path, tmp_path: Path) -> None:
    """A folder without a card, and one whose pipeline is gone, are refused when opened, not at the first article."""
    with pytest.raises(TrainingError, match="does not hold an extractor"):
        open_extractor(tmp_path)
    (model / "config.cfg").unlink()
    with pytest.raises(TrainingError, match="cannot load"):
        open_extractor(model)


def test_predicting_once_is_opening_and_asking(model: Path) -> None:
    """The short way gives what the long way gives."""
    articles = [made.article(f"a{number}", "Oslo, and Oslo") for number in range(3)]

    assert list(predict_annotations(model, articles)) == list(open_extractor(model).predict(articles))
