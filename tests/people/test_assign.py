"""`labeling assign`: what it reads of a workspace, what it writes, and what it refuses."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import made
import pytest
from click.testing import CliRunner

import labeling
from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, QuarantineRow, Span
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, ProjectFileError
from labeling.passages.cluster import cluster
from labeling.people.assign import assign
from labeling.project import Project, load_project
from labeling.values import digest_of
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.rows.asked_item import ImportedScope
from labeling.workspace.rows.passage import ClusterRow
from labeling.workspace.rows.server_state import ServerUsers

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
LEAD = "lead@desk.example"
ANA, BEN, CYD = "ana@desk.example", "ben@desk.example", "cyd@desk.example"
SENT = "2026-05-02T10:00:00Z"


def project_of(folder: Path, *readers: str, section: str = "") -> Project:
    """The shipped project with these readers, and twelve articles in six stories if there are none yet."""
    path = folder / "desk.toml"
    people = f'\n[people]\nadjudicators = ["{LEAD}"]\n{section}\n'
    people += "".join(f'[[people.reader]]\nemail = "{reader}"\n' for reader in readers)
    path.write_text(CONFIG.read_text(encoding="utf-8") + people, encoding="utf-8")
    project = load_project(path, folder / "workspace")
    if not project.workspace.articles.exists():
        take_in(project, range(12))
    return project


def take_in(project: Project, numbers: range) -> None:
    """Articles two of which make a story each; as their verbs would have left them."""
    project.workspace.root.mkdir(exist_ok=True)
    with project.workspace.lock(), keep_custody(project.workspace, "ingest", writes=(project.workspace.articles,)):
        project.workspace.articles.write(made.article(f"a{n:02}", text_of(f"a{n:02}")) for n in numbers)
    with project.workspace.lock(), keep_custody(project.workspace, "cluster", writes=(project.workspace.clusters,)):
        project.workspace.clusters.write(
            ClusterRow(article=f"a{n:02}", story=f"a{n - n % 2:02}", leak_group=f"g{n}", lead=n % 2 == 0)
            for n in numbers
        )


def text_of(name: str) -> str:
    """The text of an article."""
    return f"Anna Bo of Norway met Carl Dee of Chad in Oslo, number {name}."


def said(article: str, annotator: str, **fields: object) -> Annotation:
    """A submission of one person on a server."""
    values = {
        "digest": digest_of(text_of(article)),
        "spans": (Span(id="s1", start=0, end=7, label="PERSON"),),
        "task": int(article[1:]),
        "server_id": 100 + int(article[1:]),
        "updated": SENT,
    }
    return Annotation.model_validate({**values, "article": article, "annotator": annotator, **fields})


def pull(project: Project, *annotations: Annotation, quarantine: tuple[QuarantineRow, ...] = ()) -> None:
    """Leave annotations as a pull would."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine, workspace.users)
    emails = {str(n): email for n, email in enumerate((LEAD, ANA, BEN, CYD), 1)}
    with workspace.lock(), keep_custody(workspace, "pull", reads=files, writes=files):
        workspace.annotations.write(annotations)
        workspace.quarantine.write(quarantine)
        workspace.users.write(ServerUsers(emails=emails))


def rows_of(project: Project) -> dict[str, dict[str, str]]:
    """Who reads each article as which part."""
    found: dict[str, dict[str, str]] = {}
    for row in project.workspace.assignments.rows():
        found.setdefault(row.article, {})[row.reader] = row.part
    return found


def reader_of(project: Project, article: str, part: str = "first") -> str:
    """Who reads an article as that part; "" for nobody."""
    return next((reader for reader, of in rows_of(project).get(article, {}).items() if of == part), "")


def test_two_readers_share_six_stories(tmp_path: Path) -> None:
    """Three stories each, whole ones, in an order of their own from 1 on; half of them with a second reader."""
    project = project_of(tmp_path, ANA, BEN, section="twice = 0.5")

    result = labeling.assign(project)

    assert [(line.reader, line.share, line.first, line.stories) for line in result.readers] == [
        (ANA, 1.0, 6, 3 + result.readers[0].second // 2),
        (BEN, 1.0, 6, 3 + result.readers[1].second // 2),
    ]
    assert (result.articles, result.stories, result.read_by_two, result.unassigned) == (12, 6, 3, 0)
    assert sum(line.second for line in result.readers) == 6
    plan = rows_of(project)
    for number in range(0, 12, 2):
        assert plan[f"a{number:02}"] == plan[f"a{number + 1:02}"]
    orders = Counter((row.reader, row.order) for row in project.workspace.assignments.rows())
    assert set(orders.values()) == {1}


def test_without_people_it_says_what_to_write(tmp_path: Path) -> None:
    """One person needs no plan: nothing is written."""
    project = load_project(CONFIG, tmp_path)
    take_in(project, range(2))

    with pytest.raises(ProjectFileError, match="does not name people") as refused:
        assign(project)
    assert "[[people.reader]]" in refused.value.todo
    assert not project.workspace.assignments.exists()


def test_it_asks_for_cluster_by_name(tmp_path: Path) -> None:
    """Without stories there is no plan by story, and an article that came later has none either."""
    project = project_of(tmp_path, ANA)
    rows = list(project.workspace.clusters.rows())
    project.workspace.clusters.path.unlink()
    project.workspace.custody.path.unlink()
    with pytest.raises(MissingInput) as refused:
        assign(project)
    assert "labeling cluster" in refused.value.todo

    project.workspace.clusters.write(rows[1:])
    with pytest.raises(MissingInput, match="does not know 1 articles, the first is 'a00'") as refused:
        assign(project)
    assert "labeling cluster" in refused.value.todo


def test_stories_of_cluster_itself_are_planned(tmp_path: Path) -> None:
    """What `cluster` writes is what it reads."""
    project = project_of(tmp_path, ANA, BEN)
    cluster(project)

    assert assign(project).articles == 12


def test_a_plan_changed_by_hand_is_refused(tmp_path: Path) -> None:
    """The next plan would carry the change along; one that is gone would move what was given to somebody."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    path = project.workspace.assignments.path
    record = CustodyRecord(project.workspace).rows["assignments.jsonl"]
    assert (record.verb, set(record.read)) == ("assign", {"articles.jsonl", "clusters.jsonl"})
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"order":1,', b'"order":99,'))
    with pytest.raises(Altered, match=r"assignments\.jsonl") as refused:
        assign(project)
    assert "--adopt assignments.jsonl" in refused.value.todo
    path.unlink()
    with pytest.raises(Altered, match=r"assignments\.jsonl is gone"):
        assign(project)
    path.write_bytes(before)
    assign(project)
    assert path.read_bytes() == before


@pytest.mark.parametrize("state", ["submitted", "skipped", "draft"])
def test_what_somebody_has_begun_stays_theirs(tmp_path: Path, state: str) -> None:
    """Also where four others join; the rest of the story stays with it."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    mine = [name for name in rows_of(project) if reader_of(project, name) == ANA]
    pull(project, *(said(name, "ana", state=state) for name in mine if int(name[1:]) % 2 == 0))

    project = project_of(tmp_path, ANA, BEN, CYD, "dee@desk.example", "eva@desk.example")
    result = assign(project)

    assert {reader_of(project, name) for name in mine} == {ANA}
    # Ben's three stories are what nobody has begun: five readers share them, each has none or one of them.
    assert sorted(line.stories - 3 * (line.reader == ANA) for line in result.readers) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(("state", "stays"), [("submitted", True), ("skipped", False), ("draft", False)])
def test_who_leaves_gives_back_what_is_not_submitted(tmp_path: Path, state: str, stays: bool) -> None:  # noqa: FBT001
    """What was submitted keeps its reader, who gets nothing else."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    name = next(name for name in rows_of(project) if reader_of(project, name) == ANA)
    pull(project, said(name, "ana", state=state))

    project = project_of(tmp_path, BEN, CYD)
    result = assign(project)

    assert {each for each in rows_of(project) if reader_of(project, each) == ANA} == ({name} if stays else set())
    assert result.unassigned == 0
    assert [line.share for line in result.readers if line.reader == ANA] == ([0.0] if stays else [])


def test_everybody_may_leave_and_come_back(tmp_path: Path) -> None:
    """Nobody is given anything then, which is told; who comes back reads what is left."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    name = next(name for name in rows_of(project) if reader_of(project, name) == ANA)
    pull(project, said(name, "ana"))
    project = project_of(tmp_path)
    assert assign(project).unassigned == 11
    assert rows_of(project) == {name: {ANA: "first"}}

    project = project_of(tmp_path, BEN)
    assert assign(project).unassigned == 0
    assert Counter(reader_of(project, each) for each in rows_of(project)) == {BEN: 11, ANA: 1}


def test_an_address_spelt_in_two_ways_is_one_reader(tmp_path: Path) -> None:
    """In the project file, and on the server."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    before = project.workspace.assignments.path.read_bytes()

    project = project_of(tmp_path, "Ana@Desk.Example", " BEN@desk.example")
    assert [line.moved for line in assign(project).readers] == [0, 0]
    assert project.workspace.assignments.path.read_bytes() == before


def test_people_of_one_name_are_told_apart_by_the_server(tmp_path: Path) -> None:
    """Two Anas: the second account signs with its whole address."""
    other = "ana@other.example"
    project = project_of(tmp_path, ANA, other)
    pull(project, said("a00", "ana"), said("a02", other))
    project.workspace.custody.path.unlink()
    project.workspace.users.write(ServerUsers(emails={"7": ANA, "9": other}))

    assign(project)

    assert (reader_of(project, "a00"), reader_of(project, "a02")) == (ANA, other)


def test_a_reader_without_an_account_is_planned_and_named(tmp_path: Path) -> None:
    """Before the first pull nobody knows who has one."""
    project = project_of(tmp_path, ANA, "dee@desk.example")
    assert assign(project).without_account is None
    pull(project)

    result = assign(project)

    assert result.without_account == ("dee@desk.example",)
    assert [line.stories for line in result.readers] == [3, 3]


def test_words_of_models_of_older_texts_and_of_files_are_not_readings(tmp_path: Path) -> None:
    """Imported words count for the people of the project file alone: what others did elsewhere is to be read here."""
    project = project_of(tmp_path, ANA)
    pull(
        project,
        said("a00", "model:rules"),
        said("a02", "ben", digest=digest_of("an older text")),
        said("a04", "stranger", task=None, server_id=None),
        said("a06", "ana", task=None, server_id=None),
        said("a08", "ana", task=None, server_id=None, open=((0, 3),)),
        said("a10", "zoe", task=None, server_id=None),
    )
    with project.workspace.lock(), keep_custody(project.workspace, "import", writes=(project.workspace.imported,)):
        project.workspace.imported.write(
            [ImportedScope(article="a10", annotator="zoe", items=(), email="ANA@desk.example")]
        )
    project = project_of(tmp_path, ANA, BEN, section="twice = 0")

    assign(project)

    # Six stories, two of which Ana has begun elsewhere: two of the others are hers.
    assert {reader_of(project, name) for name in ("a06", "a10")} == {ANA}
    assert Counter(reader_of(project, f"a{n:02}") for n in range(0, 12, 2)) == {ANA: 4, BEN: 2}


def test_what_is_quarantined_as_a_whole_was_begun(tmp_path: Path) -> None:
    """Somebody else changed it: it counts for nobody, and is its author's to mend."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    name = next(name for name in rows_of(project) if reader_of(project, name) == ANA)
    row = QuarantineRow(
        article=name, annotator="ana", what="annotation", id="1", kind="spoken for another", reason="by ben", task=3
    )
    pull(project, quarantine=(row,))
    project = project_of(tmp_path, BEN, ANA, CYD, "dee@desk.example")

    assign(project)

    assert reader_of(project, name) == ANA


def test_who_worked_before_there_was_a_plan_is_the_first_reader(tmp_path: Path) -> None:
    """Of what the owner did alone nothing is given to anybody; a reader's own is theirs."""
    project = project_of(tmp_path, ANA, BEN)
    pull(project, said("a00", "owner"), said("a01", "owner"), said("a02", "ben"))

    result = assign(project)

    assert "a00" not in rows_of(project)
    assert reader_of(project, "a02") == BEN
    assert result.unassigned == 0
    assert {line.reader for line in result.readers} == {ANA, BEN}


def test_two_stories_that_become_one_keep_their_readers(tmp_path: Path) -> None:
    """Both halves were begun: each stays where it is, and nobody reads their own half again."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    plan = {name: reader_of(project, name) for name in rows_of(project)}
    one = next(name for name in sorted(plan) if plan[name] == ANA)
    other = next(name for name in sorted(plan) if plan[name] == BEN)
    pull(project, said(one, "ana"), said(other, "ben", state="draft"))
    with project.workspace.lock(), keep_custody(project.workspace, "cluster", writes=(project.workspace.clusters,)):
        rows = [
            row.model_copy(update={"story": one}) if row.story == other else row
            for row in project.workspace.clusters.rows()
        ]
        project.workspace.clusters.write(rows)

    assign(project)

    assert {name: reader_of(project, name) for name in plan if plan[name] in (ANA, BEN)} == plan


def test_an_article_that_left_leaves_the_plan(tmp_path: Path) -> None:
    """Its story goes on with the others."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)
    take_in(project, range(1, 12))

    assign(project)

    assert set(rows_of(project)) == {f"a{n:02}" for n in range(1, 12)}


def test_another_share_moves_no_more_than_it_must(tmp_path: Path) -> None:
    """Ben does half of what Ana does: one of his three stories becomes hers."""
    project = project_of(tmp_path, ANA, BEN)
    assign(project)

    project = project_of(tmp_path, ANA, f'{BEN}"\nshare = 0.5 #')
    result = assign(project)

    assert [(line.reader, line.stories, line.moved) for line in result.readers] == [(ANA, 4, 1), (BEN, 2, 0)]


def test_reprints_that_wait_are_not_given_to_anybody(tmp_path: Path) -> None:
    """With `annotate_once` the six leads are planned; a reprint that was sent or read is."""
    project = project_of(tmp_path, ANA, BEN, section="twice = 0.5")
    text = project.path.read_text(encoding="utf-8").replace("annotate_once = false", "annotate_once = true")
    project.path.write_text(text, encoding="utf-8")
    project = load_project(project.path, project.workspace.root)
    pull(project, said("a01", "ana"))

    result = assign(project)

    assert (result.articles, result.stories, result.read_by_two, result.waiting) == (7, 6, 3, 5)
    assert set(rows_of(project)) == {"a01", *(f"a{n:02}" for n in range(0, 12, 2))}


def test_what_an_adjudicator_submitted_is_a_gold_question(tmp_path: Path) -> None:
    """To each reader who has not read it; it is nobody's first reading, and an answer does not unsettle it."""
    project = project_of(tmp_path, ANA, BEN, section="gold_questions = 3")
    other = (Span(id="s9", start=22, end=30, label="PERSON"),)
    words = [
        said("a00", "lead"),
        said("a01", "lead"),
        # Ana has read it and says the same; Ben does not, and the adjudicator decides.
        said("a02", "lead"),
        said("a02", "ana", server_id=7),
        said("a04", "lead"),
        said("a04", "ben", server_id=8, spans=other),
        said("a06", "lead", state="draft"),
    ]
    pull(project, *words)

    result = assign(project)

    assert result.settled == 4
    asked = {(name, reader) for name, of in rows_of(project).items() for reader, part in of.items() if part[0] == "g"}
    assert asked == {(name, ANA) for name in ("a00", "a01", "a04")} | {(name, BEN) for name in ("a00", "a01", "a02")}
    assert reader_of(project, "a00") == ""
    assert [line.gold_questions for line in result.readers] == [3, 3]

    pull(project, *words, said("a00", "ben", server_id=9, spans=other))
    before = project.workspace.assignments.path.read_bytes()
    assert assign(project).settled == 4
    assert project.workspace.assignments.path.read_bytes() == before


def test_the_table_and_json_tell_the_same(tmp_path: Path) -> None:
    """A line a reader; what is short is told on stderr, with what to do."""
    project = project_of(tmp_path, ANA, BEN, section="twice = 0.5\ngold_questions = 2")
    arguments = ["--config", str(project.path), "--workspace", str(project.workspace.root), "assign"]

    shown = CliRunner().invoke(cli, arguments, standalone_mode=False)
    told = CliRunner().invoke(cli, [*arguments, "--json"], standalone_mode=False)

    assert (shown.return_value, told.return_value) == (0, 0)
    loads = json.loads(told.stdout)["readers"]
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["reader", "share", "stories", "articles", "first", "second", "gold", "questions", "moved"]
    names = ("reader", "share", "stories", "articles", "first", "second", "gold_questions", "moved")
    assert lines[1:3] == [
        [f"{load[name]:g}" if name == "share" else str(load[name]) for name in names] for load in loads
    ]
    assert "Gold questions: 2 are asked for, and there are 0" in shown.stderr
    assert str(project.workspace.assignments.path) in shown.stderr


def test_answers_to_gold_questions_change_no_gold(tmp_path: Path) -> None:
    """A reader who answered one wrong opened the stretch again in every dataset."""
    project = project_of(tmp_path, ANA, BEN, section="gold_questions = 1")
    settled = said("a00", "lead")
    pull(project, settled)
    assign(project)
    (asked,) = {row.article for row in project.workspace.assignments.rows() if row.part == "gold question"}
    wrong = said("a00", "ana", spans=(Span(id="s9", start=0, end=7, label="COUNTRY"),))
    pull(project, settled, wrong)

    result = adjudicate(project)

    assert asked == "a00"
    (gold,) = project.workspace.gold.rows()
    assert [(span.label, span.by) for span in gold.spans] == [("PERSON", ("lead",))]
    assert (gold.annotators, gold.open, result.conflicts) == (("lead",), (), 0)
    account = {row.annotator: (row.outcome, row.reason) for row in project.workspace.ledger.rows()}
    assert account["ana"] == ("decided_against", "an answer to a gold question")
    assign(project)
    with project.workspace.opened(), keep_custody(project.workspace, "split", reads=[project.workspace.gold]):
        pass


def test_adjudicate_looks_at_no_plan_that_somebody_edited(tmp_path: Path) -> None:
    """Whoever calls a submission an answer takes it out of gold."""
    project = project_of(tmp_path, ANA, BEN)
    pull(project, said("a00", "ana"))
    assign(project)
    rows = project.workspace.assignments.path.read_text(encoding="utf-8")
    project.workspace.assignments.path.write_text(rows.replace('"first"', '"gold question"'), encoding="utf-8")

    with pytest.raises(Altered, match="assignments"):
        adjudicate(project)
