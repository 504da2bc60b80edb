"""What is open, from the files of a workspace, with what a model says of it; and the fixed set that is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.cli import cli
from labeling.errors import MissingInput, ProjectFileError
from labeling.learning.learn import learn
from labeling.learning.open_articles import list_open_articles, read_state
from labeling.learning.rehearse import rehearse
from labeling.learning.round_order import compare_on_fixed_set, with_model, write_queue
from labeling.project import LearningSection, load_project
from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.workspace.rows.learning_rows import BegunRow
from labeling.workspace.rows.passage import ClusterRow

if TYPE_CHECKING:
    from labeling.project import Project

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
SECTION = LearningSection(stream=0.5)
NAMES = ("a", "b", "c", "d", "e")
ARTICLES = {name: made.article(name, f"Anna met Carl, number {name}.") for name in NAMES}
MODEL = "model:small"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Five articles; a and b share words; a was read, c was skipped, d was begun."""
    loaded = load_project(CONFIG, tmp_path / "workspace")
    loaded = replace(loaded, file=loaded.file.model_copy(update={"learning": SECTION}))
    workspace = loaded.workspace
    workspace.articles.write(ARTICLES.values())
    workspace.clusters.write(
        ClusterRow(article=name, story=f"s-{name}", leak_group="a" if name in "ab" else name, lead=True)
        for name in NAMES
    )
    workspace.annotations.write(
        [
            said("a", "ana", 0, task=1),
            said("c", "ana", state="skipped", task=3),
            said("d", "ana", 0, state="draft", task=4),
            said("e", "model:rules", 0),
        ]
    )
    return loaded


def said(name: str, annotator: str, *starts: int, **fields: object) -> Annotation:
    """An annotation with spans of four code points, the first of them scored 0.9, the second 0.3."""
    scores = (0.9, 0.3) if annotator.startswith("model:") else (None, None)
    spans = tuple(
        Span(id=f"s{start}", start=start, end=start + 4, label="PERSON", score=score)
        for start, score in zip(starts, scores, strict=False)
    )
    base = Annotation(article=name, digest=ARTICLES[name].digest, annotator=annotator, spans=spans)
    return base.model_copy(update=fields)


def test_open_is_what_nobody_has_touched(project: Project) -> None:
    """Of five, one was read, one skipped, one begun; a model's words are not a reading."""
    state = read_state(project.workspace, SECTION)
    assert (set(state.touched), set(state.settled)) == ({"a", "c", "d"}, {"a", "c"})
    assert (state.touched_groups, state.touched_stories) == ({"a", "c", "d"}, {"s-a", "s-c", "s-d"})
    assert [each.id for each in list_open_articles(project, state, "")] == ["b", "e"]


def test_an_open_article_has_the_models_scores_of_the_text_it_has(project: Project) -> None:
    """Carl is the weakest span; of another text, or by another model, nothing counts."""
    old = said("b", MODEL, 0).model_copy(update={"digest": "old"})
    project.workspace.suggestions.write([old, said("e", MODEL, 0, 9), said("e", "model:rules", 5)])
    state = read_state(project.workspace, SECTION)
    b, e = list_open_articles(project, state, MODEL)
    assert (b.span_scores, b.weakest, b.leak_group, b.story) == ((), "", "a", "s-b")
    # Anna met Carl , number e .
    assert (e.span_scores, e.weakest, e.tokens) == ((0.9, 0.3), "Carl", 7)
    assert (e.drawn, e.assisted) == (state.places["e"].drawn, state.places["e"].assisted)


def test_misses_are_expected_from_what_a_model_had_missed_where_people_have_read(project: Project) -> None:
    """The model found Anna in a, and people Carl, too; in e it found nothing, and names are missed there."""
    workspace = project.workspace
    spans = tuple(
        GoldSpan(id=f"s{at}", start=at, end=at + 4, label="PERSON", rule="only annotator", by=("ana",)) for at in (0, 9)
    )
    workspace.gold.write([Gold(article="a", digest=ARTICLES["a"].digest, complete=True, spans=spans)])
    workspace.suggestions.write([said("b", MODEL, 0), said("e", MODEL)])
    state = read_state(workspace, SECTION)
    assert [each.expected_misses for each in list_open_articles(project, state, MODEL, misses=True)] == [0, 0]
    offered = said("a", MODEL, 0)
    workspace.begun.write([BegunRow(article="a", digest=offered.digest, source=MODEL, spans=offered.spans)])
    # Carl was met once, and missed: (1 + 2 * 1) / (1 + 2) = 1. Anna was never met where nothing was found: 2 * 1 / 2.
    b, e = list_open_articles(project, state, MODEL, misses=True)
    assert (b.expected_misses, e.expected_misses) == (1, 2)
    # Nobody asked for them.
    assert [each.expected_misses for each in list_open_articles(project, state, MODEL)] == [0, 0]


def test_the_queue_is_written_with_a_row_for_each_open_article(project: Project) -> None:
    """What shares words with what was read comes last."""
    queue = write_queue(project, SECTION, read_state(project.workspace, SECTION), "")
    assert [row.article for row in queue] == ["e", "b"]
    assert [*project.workspace.queue.rows()] == queue


def test_models_are_compared_on_what_was_drawn_once(project: Project) -> None:
    """Two spans of one, one of the other, one of both: 2 * 1 / (2 + 1), in each of four leak groups."""
    workspace, groups = project.workspace, read_state(project.workspace, SECTION).groups
    workspace.suggestions.write(said(name, MODEL, 0, 9) for name in NAMES)
    assert compare_on_fixed_set(project, groups, "", MODEL) is None
    workspace.suggestions.write(said(name, "model:next", 0) for name in NAMES)
    assert compare_on_fixed_set(project, groups, MODEL, "model:next") == 2 / 3
    # Run again after it was cut short, it is compared with the same one.
    assert compare_on_fixed_set(project, groups, MODEL, "model:next") == 2 / 3
    assert [(row.article, row.annotator) for row in workspace.fixed_set.rows()] == [
        (name, model) for name in ("a", "c", "d", "e") for model in ("model:next", MODEL)
    ]


def test_without_learning_in_the_project_file_nothing_is_learned(project: Project) -> None:
    """It is refused by name, rehearsed or not, and nothing is written."""
    plain = load_project(CONFIG, project.workspace.root)
    before = {path.name: path.read_bytes() for path in project.workspace.root.iterdir()}
    for verb in (learn, rehearse):
        with pytest.raises(ProjectFileError, match=r"has no \[learning\]"):
            verb(plain)
    assert {path.name: path.read_bytes() for path in project.workspace.root.iterdir()} == before


def test_a_rehearsal_in_an_empty_folder_makes_none(tmp_path: Path) -> None:
    """Nothing was ingested there."""
    loaded = load_project(CONFIG, tmp_path / "nothing")
    loaded = replace(loaded, file=loaded.file.model_copy(update={"learning": SECTION}))
    with pytest.raises(MissingInput):
        rehearse(loaded)
    assert not (tmp_path / "nothing").exists()


def test_the_command_line_refuses_to_rehearse_for_ever() -> None:
    """``--watch`` never ends, and ``--dry-run`` is of one round."""
    done = CliRunner().invoke(cli, ["learn", "--watch", "--dry-run"], obj=None)
    assert done.exception is not None
    assert "--dry-run is of one round" in str(done.exception)


def test_the_model_of_the_latest_dataset_is_asked_for_all_and_one_of_before_for_spans(project: Project) -> None:
    """Without any, nobody is asked, though the project file asks for the latest."""
    workspace = project.workspace
    for name, corpus in (("old", "d1"), ("new", "d2")):
        (workspace.models / name).mkdir(parents=True)
        (workspace.corpora / corpus).mkdir(parents=True)
        card = Extractor(name=name, corpus=corpus, config="", seed=1)
        (workspace.models / name / EXTRACTOR_CARD).write_text(card.model_dump_json(), encoding="utf-8")
    (workspace.corpora / "d2" / "manifest.json").write_text("{}", encoding="utf-8")
    workspace.latest.symlink_to("d2")
    wanted = project.file.suggest.model_copy(update={"model": "latest", "pipeline": "mine"})
    asking = replace(project, file=project.file.model_copy(update={"suggest": wanted}))

    def asked(signature: str) -> tuple[str, str]:
        suggest = with_model(asking, signature).file.suggest
        return suggest.model, suggest.pipeline

    assert asked("model:new") == ("latest", "mine")
    assert asked("model:old") == ("", str(workspace.models / "old"))
    assert asked("model:gone") == asked("") == ("", "mine")
