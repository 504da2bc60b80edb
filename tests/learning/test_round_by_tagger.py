"""A round whose model is the tagger of PyTorch: trained, measured, judged, and asked for all that it can say."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from envoys import annotated_article

from labeling.learning.learn import learn
from labeling.learning.trained_model import RoundTraining, find_trained_model
from labeling.learning.turn import LearnOptions
from labeling.project import LearningSection, SplitsSection, TrainSection, load_project

if TYPE_CHECKING:
    from labeling.learning.turn import LearnStep

pytestmark = pytest.mark.torch
ROOT = Path(__file__).parents[2]
WORDS = [annotated_article(number) for number in range(40)]
READ = 36  # of these
STEPS = 100


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Threads of PyTorch wait for each other on a machine that does other work, too."""
    import torch

    torch.set_num_threads(1)


def test_a_round_by_the_tagger_suggests_all_kinds_and_orders_by_its_doubts(tmp_path: Path) -> None:
    """Up to the push, which does not know what trained the model: F1, verdict, scores, relations, choices, order."""
    section = LearningSection(stream=0.6, unassisted=0)
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    # Fewer than ten leak groups to test on tell nothing.
    shares = SplitsSection(train=0.5, dev=0.15, test=0.35)
    parts = {"learning": section, "train": TrainSection(vectors=""), "splits": shares}
    project = replace(project, file=project.file.model_copy(update=parts))
    workspace = project.workspace
    workspace.articles.write([article for article, _ in WORDS])
    workspace.annotations.write([said for _, said in WORDS[:READ]])
    verbs = list[str]()

    def stop_before_push(step: LearnStep) -> None:
        verbs.append(step.verb)
        if step.verb == "order":
            raise KeyboardInterrupt

    log = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        learn(project, options=LearnOptions(steps=STEPS, log=log, tell=stop_before_push))

    assert verbs[-4:] == ["train", "evaluate", "suggest", "order"]
    (folder,) = workspace.models.glob("tagger-*")
    trained = find_trained_model(RoundTraining(project, section, log, steps=STEPS), workspace.latest.resolve().name)
    assert trained is not None
    assert (trained.signature, trained.score is not None) == (f"model:{folder.name}", True)
    assert trained.outlook is not None
    # All seven trainings went into it.
    assert trained.outlook.interval is not None

    found = [row for row in workspace.suggestions.rows() if row.annotator == trained.signature]
    spans = [span for row in found for span in row.spans]
    assert all(span.score is not None and 0 < span.score <= 1 for span in spans)
    assert {span.label for span in spans} == {"LOCATION", "MEETING"}
    assert any(row.relations for row in found)
    assert any(row.choices for row in found)

    queue = [*workspace.queue.rows()]
    assert {row.article for row in queue} == {article.id for article, _ in WORDS[READ:]}
    assert {row.chosen_by for row in queue} == {"stream", "model"}
    of_model = [row.score for row in queue if row.chosen_by == "model"]
    assert of_model == sorted(of_model)
