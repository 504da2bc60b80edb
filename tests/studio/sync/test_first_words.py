"""First words are kept: what a pull saw first, or the layer kept, is what agreement is measured on ever after."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

import made
import pytest

from labeling.annotations import Annotation, Span
from labeling.evaluation.agree import agree
from labeling.project import Project, load_project
from labeling.studio.format.layer_words import read_kept_submissions
from labeling.studio.format.signatures import Signatures
from labeling.studio.sync.first_words import FirstWords, KeptAnswers
from labeling.studio.sync.pull_archive import archive_name
from labeling.studio.sync.pull_writer import PullGoal, PullWriter
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.rows.first_submission import first_submission
from labeling.workspace.rows.server_state import Watermark

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

ANA, BEN, OWNER = 1, 2, 3
NAMES = annotator_names([(ANA, "ana@x.org"), (BEN, "ben@x.org"), (OWNER, "owner@x.org")])
ARTICLE = made.article("a", "Anna met Carl and Dora.")
CREATED = "2026-11-01T08:00:00Z"
EARLY, LATE, LATER = "2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"

# Files are written by hand between the verbs, which is not the subject here.
pytestmark = pytest.mark.usefixtures("written_by_hand")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped schema, and a workspace of one article."""
    project = load_project(workspace=tmp_path / "workspace")
    project.workspace.articles.write([ARTICLE])
    project.workspace.pulls.mkdir()
    return project


def said(number: int, by: int, start: int, at: str = EARLY, **more: Any) -> dict[str, Any]:
    """An annotation as an export has it: one PERSON of four letters."""
    value = {"start": start, "end": start + 4, "labels": ["PERSON"]}
    region = {"id": f"s{start}", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    fields = {"was_cancelled": False, "ground_truth": False, "lead_time": 2.0, "updated_at": at}
    return {"id": number, "completed_by": by, "updated_by": by, "result": [region], **fields, **more}


def task(*annotations: dict[str, Any], number: int = 5, made_at: str = CREATED) -> dict[str, Any]:
    """The article's task with these annotations."""
    data = {"article": ARTICLE.id, "text": ARTICLE.text}
    return {"id": number, "data": data, "created_at": made_at, "annotations": [*annotations], "drafts": []}


def take(
    project: Project,
    *tasks: dict[str, Any],
    kept: tuple[dict[str, Any], ...] = (),
    doubtful: frozenset[str] = frozenset(),
) -> None:
    """What a pull does with the server's answer, and with what the layer kept."""
    workspace, schema = project.workspace, project.schema
    articles = workspace.articles.by("id")
    is_new = not workspace.first.exists()
    first = FirstWords(workspace, doubtful)
    if is_new:
        first.add_seen(KeptAnswers(workspace, schema, articles, NAMES, CREATED).list_seen())
    signed = []
    for one in read_kept_submissions(kept, {5: (ARTICLE.id, ARTICLE.digest)}, articles, schema, NAMES):
        signed.append(one.signed)
        if one.annotation:
            first.add_kept(one.annotation)
    signatures = Signatures(workspace.signed.rows_if_written(), NAMES, kept=signed)
    goal = PullGoal(workspace, schema, articles, lambda _: [], doubtful)
    writer = PullWriter(goal, dict(NAMES), signatures, first)
    for each in tasks:
        writer.add(each)
    writer.add_imported()
    mark = Watermark(project=1, created=CREATED, seen=LATER, reading="r", names={}, answers=())
    writer.write(mark)


def keep_answer(project: Project, day: int, *tasks: dict[str, Any], name: str = "") -> None:
    """A kept answer of a day of November."""
    name = name or archive_name(dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC))
    (project.workspace.pulls / name).write_bytes(gzip.compress(json.dumps([*tasks]).encode()))


def first(project: Project) -> dict[str, tuple[list[int], str, str]]:
    """Where each annotator's first words begin, when they were sent, and who kept them."""
    rows = list(project.workspace.first.rows())
    found: dict[str, tuple[list[int], str, str]] = {}
    for row in rows:
        found[row.annotator] = [span.start for span in row.spans], row.at, row.kept_by
    assert len(found) == len(rows), "one row an annotator"
    return found


def f1(project: Project) -> float | None:
    """The agreement of ana and ben."""
    return agree(project).f1["ana and ben"]["exact"]


def test_agreement_is_that_of_the_words_before_they_were_changed(project: Project) -> None:
    """Ana marks Anna, ben Carl; after a talk ana marks Carl, too: they agree in no span, before the pull and after."""
    take(project, task(said(1, ANA, 0), said(2, BEN, 9)))
    before = project.workspace.first.path.read_bytes()
    assert f1(project) == 0

    take(project, task(said(1, ANA, 9, LATE), said(2, BEN, 9)))
    assert [span.start for row in project.workspace.annotations.rows() for span in row.spans] == [9, 9]
    assert project.workspace.first.path.read_bytes() == before
    assert f1(project) == 0
    assert first(project) == {"ana": ([0], EARLY, "pull"), "ben": ([9], EARLY, "pull")}


def test_first_words_outlast_their_annotation(project: Project) -> None:
    """Whoever deletes an annotation, skips the article, or leaves it to a draft has said what was said first."""
    take(project, task(said(1, ANA, 0), said(2, BEN, 9)))
    before = project.workspace.first.path.read_bytes()
    for later in ((), (said(1, ANA, 0, LATE, was_cancelled=True),), (said(7, ANA, 18, LATE),)):
        take(project, task(*later))
        assert project.workspace.first.path.read_bytes() == before


def test_a_skip_and_a_draft_are_not_first_words(project: Project) -> None:
    """Ana skips, and submits in the end: that is her first submission. A draft of ben's is none."""
    draft = {"id": 3, "user": "ben@x.org", "result": said(3, BEN, 9)["result"], "updated_at": EARLY}
    take(project, {**task(said(1, ANA, 0, was_cancelled=True)), "drafts": [draft]})
    assert first(project) == {}

    take(project, task(said(1, ANA, 18, LATE)))
    assert first(project) == {"ana": ([18], LATE, "pull")}


def test_of_two_submissions_in_one_pull_the_earlier_is_first(project: Project) -> None:
    """The page lets somebody submit twice; instants are compared, not their texts."""
    take(project, task(said(1, ANA, 9, "2026-11-02T10:00:00+00:00"), said(2, ANA, 0, "2026-11-02T10:30:00+01:00")))

    assert first(project) == {"ana": ([0], "2026-11-02T10:30:00+01:00", "pull")}


def test_a_workspace_of_before_gets_them_from_its_kept_pulls(project: Project) -> None:
    """The oldest answer that has an annotator has their first words; ben's are in the second, carl's nowhere yet."""
    keep_answer(project, 3, task(said(1, ANA, 0)))
    keep_answer(project, 4, task(said(1, ANA, 9, LATE), said(2, BEN, 9)))
    # Ben's words are given him by ana: they do not count, and his own stay his first.
    keep_answer(project, 5, task(said(2, BEN, 0, LATER, updated_by=ANA)))
    take(project, task(said(1, ANA, 18, LATER), said(2, BEN, 18, LATER), said(3, OWNER, 18)))

    assert first(project) == {
        "ana": ([0], EARLY, "pull"),
        "ben": ([9], EARLY, "pull"),
        "owner": ([18], EARLY, "pull"),
    }


def test_kept_pulls_of_a_former_server_and_broken_ones_are_passed_over(project: Project) -> None:
    """A restored project has users of other numbers: what was made before it is nobody's whom we know."""
    keep_answer(project, 3, task(said(1, BEN, 18), made_at="2026-10-01T08:00:00Z"))
    keep_answer(project, 4, task(said(1, BEN, 18), made_at="no instant"))
    (project.workspace.pulls / archive_name(dt.datetime(2026, 11, 5, tzinfo=dt.UTC))).write_bytes(b"\x1f\x8bnothing")
    keep_answer(project, 6, task(said(1, ANA, 0)))
    take(project, task(said(1, ANA, 9, LATE), said(2, BEN, 9)))

    assert first(project) == {"ana": ([0], EARLY, "pull"), "ben": ([9], EARLY, "pull")}


def test_what_the_layer_kept_stands_in_the_place_of_what_a_pull_saw_later(project: Project) -> None:
    """Ana changed her words before any pull; and a row of the layer is not overwritten by another of its own."""
    take(project, task(said(1, ANA, 9, LATE), said(2, BEN, 9)))
    kept = {"task": 5, "account": ANA, "at": EARLY, "annotation": 1, "result": said(1, ANA, 0)["result"]}
    take(project, task(said(1, ANA, 9, LATE), said(2, BEN, 9)), kept=(kept,))
    assert first(project) == {"ana": ([0], EARLY, "layer"), "ben": ([9], EARLY, "pull")}

    take(project, task(), kept=({**kept, "at": CREATED, "result": said(1, ANA, 18)["result"]},))
    assert first(project)["ana"] == ([0], EARLY, "layer")


def test_what_a_pull_saw_stays_where_the_layer_came_later(project: Project) -> None:
    """The layer was put before a server in use: its first is a later word."""
    take(project, task(said(1, ANA, 0, EARLY)))
    take(project, task(), kept=({"task": 5, "account": ANA, "at": LATE, "result": said(1, ANA, 9)["result"]},))

    assert first(project) == {"ana": ([0], EARLY, "pull")}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"task": 99},
        {"task": "5"},
        {"at": ""},
        {"at": "yesterday"},
        {"result": "[]"},
        {"account": None},
        {"was_cancelled": True},
    ],
)
def test_a_kept_row_that_is_none_stops_no_other(project: Project, spoilt: dict[str, Any]) -> None:
    """A task of others, no instant, no result, nobody, a skip: the next row is read all the same."""
    row = {"task": 5, "account": ANA, "at": EARLY, "result": said(1, ANA, 0)["result"]}
    take(project, task(), kept=({**row, **spoilt}, {**row, "account": BEN}))

    assert first(project) == {"ben": ([0], EARLY, "layer")}


def test_kept_rows_are_known_by_address_before_number() -> None:
    """After a move to another server the numbers are others; of addresses, case does not count."""
    row: JsonValue = {"task": 5, "account": BEN, "email": "ANA@x.org", "at": EARLY, "result": []}
    schema = load_project().schema
    (found,) = read_kept_submissions([row], {5: ("a", ARTICLE.digest)}, {"a": ARTICLE}, schema, NAMES)

    assert found.annotation is not None
    assert (found.annotation.annotator, found.signed.by) == ("ana", "ana")


def test_a_text_that_has_changed_takes_no_kept_words(project: Project) -> None:
    """Offsets into another text mean nothing."""
    row: JsonValue = {"task": 5, "account": ANA, "at": EARLY, "result": []}
    (found,) = read_kept_submissions([row], {5: ("a", "other")}, {"a": ARTICLE}, project.schema, NAMES)

    assert found.annotation is None


def test_a_star_before_the_first_pull_changes_no_word(project: Project) -> None:
    """The owner's star makes the owner the last who sent it: the layer has ana's words, and they are the same."""
    starred = said(1, ANA, 0, LATE, updated_by=OWNER, ground_truth=True)
    take(project, task(starred))
    assert [row.kind for row in project.workspace.quarantine.rows()] == ["spoken for another"]

    kept = {"task": 5, "account": ANA, "at": EARLY, "result": said(1, ANA, 0)["result"]}
    for _ in range(2):
        take(project, task(starred), kept=(kept,))
        assert [row.annotator for row in project.workspace.annotations.rows()] == ["ana"]
        assert list(project.workspace.quarantine.rows()) == []
    assert first(project) == {"ana": ([0], EARLY, "layer")}


@pytest.mark.parametrize("changed", [{"start": 9}, {"was_cancelled": True}])
def test_other_words_before_the_first_pull_are_not_the_authors(project: Project, changed: dict[str, Any]) -> None:
    """Ben moves ana's span, or makes a skip of it: the layer knows better, and keeps her words."""
    words: dict[str, Any] = {"start": 0, "at": LATE, "updated_by": BEN, **changed}
    kept = {"task": 5, "account": ANA, "at": EARLY, "result": said(1, ANA, 0)["result"]}
    take(project, task(said(1, ANA, **words)), kept=(kept,))

    assert [row.kind for row in project.workspace.quarantine.rows()] == ["spoken for another"]
    assert first(project) == {"ana": ([0], EARLY, "layer")}


def test_kept_words_of_one_are_not_anothers(project: Project) -> None:
    """Ben submitted first, and files the same words under ana's name: they are his."""
    kept = {"task": 5, "account": BEN, "at": EARLY, "result": said(1, BEN, 0)["result"]}
    take(project, task(said(2, ANA, 0, LATE, updated_by=BEN)), kept=(kept,))

    assert [row.kind for row in project.workspace.quarantine.rows()] == ["spoken for another"]


def imported(start: int) -> Annotation:
    """What came from a file as ana's."""
    span = Span(id="i1", start=start, end=start + 4, label="PERSON")
    return Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="ana", spans=(span,))


def test_imported_words_follow_their_file(project: Project) -> None:
    """They are measured with all others; a file that was mended and imported again is what counts."""
    workspace = project.workspace
    workspace.annotations.write([imported(0)])
    take(project, task(said(2, BEN, 9)))
    assert first(project) == {"ana": ([0], "", "import"), "ben": ([9], EARLY, "pull")}
    assert f1(project) == 0

    rows = [row for row in workspace.annotations.rows() if not row.imported]
    workspace.annotations.write([*rows, imported(9)])
    take(project, task(said(2, BEN, 9)))
    assert first(project)["ana"] == ([9], "", "import")
    assert f1(project) == 1


def test_imported_words_that_somebody_changed_do_not_get_in(project: Project) -> None:
    """Custody doubts them: first words stay as the import left them."""
    workspace = project.workspace
    workspace.annotations.write([imported(0)])
    take(project, task())
    workspace.annotations.write([imported(9)])
    take(project, task(), doubtful=frozenset({"ana"}))

    assert first(project) == {"ana": ([0], "", "import")}


def test_agree_reads_one_file(project: Project) -> None:
    """Whatever annotations hold, first words are measured; without any, as before any pull of now, annotations are."""
    workspace = project.workspace
    own = [imported(0).model_copy(update={"annotator": by, "task": 5}) for by in ("ana", "ben")]
    workspace.annotations.write(own)
    assert f1(project) == 1

    changed = own[1].model_copy(update={"spans": ()})
    workspace.first.write([first_submission(own[0], "pull"), first_submission(changed, "layer")])
    assert f1(project) == 0
    workspace.annotations.path.unlink()
    assert f1(project) == 0


def test_first_words_are_read_in_the_names_of_today(project: Project, tmp_path: Path) -> None:
    """Ana submitted before PERSON was renamed, ben afterwards: they agree, and a label that is gone is not counted."""
    take(project, task(said(1, ANA, 0)))
    text = project.path.read_text(encoding="utf-8").replace('name = "PERSON"', 'name = "PEOPLE"')
    text = text.replace('"PERSON"', '"PEOPLE"') + '\n[migrations.labels]\nPERSON = "PEOPLE"\n'
    renamed_file = tmp_path / "renamed.toml"
    renamed_file.write_text(text, encoding="utf-8")
    renamed = load_project(renamed_file, project.workspace.root)
    later = said(2, BEN, 0, LATE)
    later["result"][0]["value"]["labels"] = ["PEOPLE"]
    take(renamed, task(said(1, ANA, 0), later))

    assert [span.label for row in renamed.workspace.first.rows() for span in row.spans] == ["PERSON", "PEOPLE"]
    assert f1(renamed) == 1
