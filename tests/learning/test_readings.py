"""What was offered and done, from the files of a workspace: written once, whatever models say later."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest

from labeling.annotations import Annotation, Span
from labeling.learning.readings import record_readings
from labeling.project import AssistSection, LearningSection, load_project
from labeling.studio.format.tasks import digest_result, result_of
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.kept_row import KeptRow
from labeling.workspace.rows.learning_rows import ActionCounts
from labeling.workspace.rows.server_state import PushedTask, Watermark
from labeling.workspace.rows.stream_row import StreamPlace

if TYPE_CHECKING:
    from labeling.project import Project

ROOT = Path(__file__).parents[2]
TEXT = "Anna met Carl in Rome."
ANNA, CARL, ROME = ("p1", 0, 4, "PERSON"), ("p2", 9, 13, "PERSON"), ("p3", 17, 21, "LOCATION")
NAMES = ("a", "b", "c")
ARTICLES = {name: made.article(name, f"{TEXT} {name}") for name in NAMES}
MODEL = "model:small"


def said(name: str, annotator: str, *spans: tuple[str, int, int, str], **fields: Any) -> Annotation:
    """An annotation of one of the articles."""
    drawn = tuple(Span(id=each, start=start, end=end, label=label) for each, start, end, label in spans)
    return Annotation(article=name, digest=ARTICLES[name].digest, annotator=annotator, spans=drawn, **fields)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three articles that were pushed with a model's suggestion, two spans each."""
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded = replace(loaded, file=loaded.file.model_copy(update={"learning": LearningSection()}))
    workspace = loaded.workspace
    workspace.articles.write(ARTICLES.values())
    suggest(loaded, ANNA, CARL)
    workspace.pushed.write(
        PushedTask(
            article=name,
            digest=ARTICLES[name].digest,
            task=number,
            suggested={MODEL: digest_result(result_of(said(name, MODEL, ANNA, CARL), ARTICLES[name]))},
        )
        for number, name in enumerate(NAMES, 1)
    )
    return loaded


def suggest(project: Project, *spans: tuple[str, int, int, str]) -> None:
    """Let the model say this of every article."""
    project.workspace.suggestions.write(said(name, MODEL, *spans) for name in NAMES)


def pull(project: Project, *annotations: Annotation, answers: dict[str, list[dict[str, Any]]] | None = None) -> None:
    """Have these annotations as if they had been pulled, and the server's answers as they came."""
    workspace = project.workspace
    with workspace.lock(), keep_custody(workspace, "pull", writes=(workspace.annotations,)):
        workspace.annotations.write(annotations)
    workspace.pulls.mkdir(exist_ok=True)
    for name, tasks in (answers or {}).items():
        (workspace.pulls / name).write_bytes(gzip.compress(json.dumps(tasks).encode()))
    seen = "2026-11-30T12:00:00+00:00"
    mark = Watermark(project=1, created=seen, seen=seen, reading="", names={}, answers=tuple(answers or {}))
    workspace.watermark.write(mark)


def counted(project: Project, number: int = 1, **places: StreamPlace) -> dict[tuple[str, str], ActionCounts]:
    """The readings of a round, by article and reader."""
    rows = record_readings(project, number, places)
    return {(row.article, row.annotator): row.actions for row in rows}


def raw(number: int, origins: dict[str, str], begun: int | None = 7) -> dict[str, Any]:
    """A task with an annotation of that number, as an answer has it."""
    result = [{"id": name, "type": "labels", "origin": origin} for name, origin in origins.items()]
    return {"id": number, "data": {}, "annotations": [{"id": number, "parent_prediction": begun, "result": result}]}


ANA_KEPT = said("a", "ana", ("x1", *ANNA[1:]), ("x2", *ROME[1:]), task=1, server_id=5, seconds=12.5)


def test_a_reading_is_compared_with_what_was_pushed_and_told_apart_by_origins(project: Project) -> None:
    """By the last answer Anna was removed, and drawn again; by the older one, she was kept."""
    old, new = raw(5, {"x1": "prediction"}), raw(5, {"x1": "manual", "x2": "manual"})
    pull(project, ANA_KEPT, answers={"2026-11-29.json.gz": [old], "2026-11-30.changes.json.gz": [new]})
    assert counted(project) == {("a", "ana"): ActionCounts(spans_removed=2, spans_added=2)}
    (row,) = project.workspace.actions.rows()
    assert (row.seconds, row.assisted, row.round) == (12.5, True, 1)


def test_a_reading_is_counted_once_whatever_its_reader_changes_later(project: Project) -> None:
    """The next round counts what came since, and the same round, run again, what it had counted."""
    pull(project, ANA_KEPT)
    first = counted(project)
    files = [project.workspace.begun.path.read_bytes(), project.workspace.actions.path.read_bytes()]
    suggest(project, ROME)
    assert counted(project) == first
    assert [project.workspace.begun.path.read_bytes(), project.workspace.actions.path.read_bytes()] == files
    pull(project, said("a", "ana", task=1, server_id=5), said("b", "ana", ("x", *ANNA[1:]), task=2, server_id=6))
    assert counted(project, 2).keys() == {("b", "ana")}
    assert [(row.article, row.round) for row in project.workspace.actions.rows()] == [("a", 1), ("b", 2)]


def test_what_was_offered_stays_from_the_first_draft_on(project: Project) -> None:
    """Ana had begun when the model said Anna and Carl; it says Rome when she submits."""
    pull(project, said("a", "ana", ("x1", *ANNA[1:]), state="draft", task=1, server_id=5))
    assert counted(project) == {}
    suggest(project, ROME)
    pull(project, ANA_KEPT)
    assert counted(project, 2) == {("a", "ana"): ActionCounts(spans_kept=1, spans_removed=1, spans_added=1)}
    (row,) = project.workspace.begun.rows()
    assert (row.source, row.shown, [span.id for span in row.spans]) == (MODEL, True, ["p1", "p2"])


def test_what_is_not_as_it_was_pushed_was_not_offered(project: Project) -> None:
    """The model says Rome now, and nobody sees that in the page: what was removed is not known."""
    suggest(project, ROME)
    pull(project, ANA_KEPT, answers={"2026-11-30.json.gz": [raw(5, {"x1": "prediction", "x2": "manual"})]})
    assert counted(project) == {("a", "ana"): ActionCounts(spans_kept=1, spans_added=1)}


def test_where_nothing_is_shown_everything_was_added_and_what_the_model_said_is_kept(project: Project) -> None:
    """An article of the stream that is read without suggestions."""
    pull(project, ANA_KEPT)
    unassisted = StreamPlace(drawn=True, assisted=False)
    assert counted(project, a=unassisted) == {("a", "ana"): ActionCounts(spans_added=2)}
    (offered,) = project.workspace.begun.rows()
    assert (offered.shown, len(offered.spans)) == (False, 2)
    assert [row.assisted for row in project.workspace.actions.rows()] == [False]


def test_what_is_withheld_is_what_would_have_been_shown(project: Project) -> None:
    """Of two sources the page joins the words: so are those that nobody saw, or both could not be compared."""
    rules = said("a", "model:rules", ROME)
    project.workspace.suggestions.write([said("a", MODEL, ANNA, CARL), rules])
    pull(project, ANA_KEPT)

    counted(project, a=StreamPlace(drawn=True, assisted=False))

    (withheld,) = project.workspace.begun.rows()
    assert (withheld.source, withheld.shown) == (f"{MODEL}+model:rules", False)
    assert [(span.start, span.end, span.label) for span in withheld.spans] == [ANNA[1:], CARL[1:], ROME[1:]]


def test_imported_words_and_skips_and_models_are_no_readings(project: Project) -> None:
    """Nor is who judged a single span on a card; of two submissions by one reader the later one counts."""
    pull(
        project,
        said("a", "ana", ANNA, updated="2026-11-29T10:00:00Z", task=1, server_id=5),
        said("a", "ana", updated="2026-11-29T11:00:00Z", task=1, server_id=6),
        said("b", "ben", ANNA),
        said("b", "cyd", ANNA, state="skipped", task=2),
        said("c", "dee", ANNA, open=((5, 9),), task=3),
        said("c", MODEL, ANNA, task=3),
    )
    assert counted(project) == {("a", "ana"): ActionCounts(spans_removed=2)}


def test_offers_that_are_gone_are_counted_where_the_layer_kept_them(project: Project) -> None:
    """Of the reader whose first words it has, on that task alone; elsewhere nobody knows, and without [assist] none."""
    workspace = project.workspace
    offered = [("ana", 1, ROME), ("ana", 1, ANNA), ("ben", 1, CARL), ("ana", 2, CARL)]
    with workspace.lock(), keep_custody(workspace, "pull", writes=(workspace.kept,)):
        workspace.kept.write(
            [
                KeptRow(kind="first", email="ana@desk.example", task=1, result=[]),
                *(
                    KeptRow(kind="mention", email=f"{by}@desk.example", task=task, begins=start, ends=end, label=label)
                    for by, task, (_, start, end, label) in offered
                ),
            ]
        )
    stands = ("offered-17-21-ab", *ROME[1:])
    here = [said("a", "ana", stands, task=1, server_id=5), said("c", "ana", stands, task=3, server_id=6)]
    pull(project, *here)
    assisted = replace(project, file=project.file.model_copy(update={"assist": AssistSection()}))
    removed = {key: counts.mentions_removed for key, counts in counted(assisted).items()}
    assert removed == {("a", "ana"): 1, ("c", "ana"): None}
    pull(project, *here, said("b", "ana", stands, task=2, server_id=7))
    assert [counts.mentions_removed for counts in counted(project, 2).values()] == [0]


def test_a_damaged_answer_leaves_readings_to_be_compared(project: Project) -> None:
    """It is told, and nothing fails."""
    told = list[str]()
    project.workspace.say = told.append
    pull(project, ANA_KEPT, answers={"2026-11-30.json.gz": []})
    (project.workspace.pulls / "2026-11-30.json.gz").write_bytes(b"broken")
    assert counted(project) == {("a", "ana"): ActionCounts(spans_kept=1, spans_removed=1, spans_added=1)}
    assert any("told by comparing" in sentence for sentence in told)
