"""The facts of the report: each of the twelve questions has its answer, or says what brings it."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING

import click
import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, QuarantineRow, Relation, Span
from labeling.cli import cli
from labeling.evaluation.agree import agree
from labeling.project import PeopleSection, Project, Reader, load_project
from labeling.report.facts.facts import Facts
from labeling.report.write_report import write_report
from labeling.splits.split import split
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.first_submission import first_submission
from labeling.workspace.rows.learning_rows import ActionCounts, Outlook, RoundRow
from labeling.workspace.rows.mistake import Mistake, MistakenSpan
from labeling.workspace.rows.passage import ClusterRow, Passage, Place
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.relation_slip import RelationSlip
from labeling.workspace.rows.server_state import FurtherProject, ProjectLink, PushedTask, ServerUsers
from labeling.workspace.rows.trust import Trust

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.report.facts.answers import Answer

TWELVE = (
    *("how_far", "how_fast", "when_done", "what_next", "which_conflicts", "weak_labels", "more_worth_it"),
    *("test_set", "who_did_what", "how_good", "model_errors", "changes"),
)
SERVER = "http://127.0.0.1:1"
PAGE = f"{SERVER}/projects/7/data?task="
TEXTS = [f"Anna Bo of Chad spoke of plan {number}, and <b>left</b>." for number in range(8)]
ARTICLES = [made.article(f"a{number}", text, source="wire") for number, text in enumerate(TEXTS)]
PERSON, PLACE = Span(id="1", start=0, end=7, label="PERSON"), Span(id="2", start=11, end=15, label="COUNTRY")
LOCATION = PLACE.model_copy(update={"label": "LOCATION"})


def said(article: Article, by: str, *spans: Span, **more: object) -> Annotation:
    """What somebody said of an article on the server."""
    number = int(article.id[1:])
    row = Annotation(
        article=article.id,
        digest=article.digest,
        annotator=by,
        spans=spans,
        task=number,
        server_id=number + 100 * (by == "ben"),
        updated=f"2026-11-{number + 2:02}T09:00:00Z",
        seconds=60.0,
    )
    return row.model_copy(update=more)


def list_said() -> list[Annotation]:
    """Ana has read six articles and skipped one; Ben has read two, and differs in one."""
    ana = [said(each, "ana", PERSON, PLACE) for each in ARTICLES[:6]]
    tie = Relation(head="1", label="ORIGIN", tail="2")
    ana[0] = ana[0].model_copy(update={"relations": (tie,) if "ORIGIN" in RELATIONS else ()})
    skipped = said(ARTICLES[6], "ana", state="skipped")
    ben = [said(ARTICLES[0], "ben", PERSON, PLACE), said(ARTICLES[1], "ben", PERSON, LOCATION)]
    rows = [*ana, skipped, *ben, said(ARTICLES[2], "ben", state="draft")]
    return sorted(rows, key=lambda row: (row.article, row.annotator))


RELATIONS = {relation.name for relation in load_project().schema.relations}
ODD = (
    QuarantineRow(article="a3", annotator="ana", what="span", id="q1", kind="migrated", reason="by decision", task=3),
    QuarantineRow(article="a4", annotator="ana", what="span", id="q2", kind="migrated", reason="by decision", task=4),
    QuarantineRow(article="a5", annotator="ben", what="span", id="q3", kind="unknown label", reason="no", task=5),
)


def begin(folder: Path, people: PeopleSection | None = None) -> Project:
    """A project of eight articles that nobody has read."""
    project = load_project(workspace=folder)
    project = dataclasses.replace(project, file=project.file.model_copy(update={"people": people}))
    project.workspace.articles.write(ARTICLES)
    return project


def fill(project: Project) -> None:
    """What a server was sent and gave back, and a plan."""
    workspace = project.workspace
    workspace.clusters.write(
        ClusterRow(article=each.id, story=each.id, leak_group=each.id, lead=True) for each in ARTICLES
    )
    workspace.studio_link.write(
        ProjectLink(url=SERVER, project=7, created="2026-11-01T09:00:00Z", cards=FurtherProject(project=9, created=""))
    )
    workspace.pushed.write(
        PushedTask(article=each.id, digest=each.digest, task=int(each.id[1:]) + 1) for each in ARTICLES
    )
    workspace.users.write(ServerUsers(emails={"1": "ana@desk.example", "2": "ben@desk.example"}))
    workspace.annotations.write(list_said())
    workspace.first.write(first_submission(row, "layer") for row in list_said() if row.state == "submitted")
    workspace.quarantine.write(ODD)
    workspace.assignments.write(
        sorted(
            [
                *(Assignment(article=each.id, reader="ana@desk.example", part="first", order=1) for each in ARTICLES),
                *(
                    Assignment(article=each.id, reader="ben@desk.example", part="second", order=1)
                    for each in ARTICLES[:3]
                ),
            ],
            key=lambda row: (row.reader, row.order, row.article),
        )
    )
    adjudicate(project)
    agree(project)
    split(project)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The workspace of two readers, named in what is published."""
    readers = (Reader(email="ana@desk.example"), Reader(email="ben@desk.example"))
    people = PeopleSection(adjudicators=("lead@desk.example",), publish_names=True, reader=readers)
    project = begin(tmp_path_factory.mktemp("filled"), people)
    fill(project)
    return project


@pytest.fixture(scope="module")
def facts(filled: Project) -> Facts:
    """Its facts."""
    return write_report(filled).facts


def answers(facts: Facts) -> dict[str, Answer]:
    """The answer to each question."""
    return {name: getattr(facts, name) for name in TWELVE}


def test_the_twelve_questions_stand_in_their_order() -> None:
    """They come first, right after what the facts are of."""
    assert tuple(Facts.model_fields)[: 2 + len(TWELVE)] == ("project", "dataset", *TWELVE)


def test_what_cannot_be_answered_says_what_brings_it(tmp_path: Path, facts: Facts) -> None:
    """With articles alone, and in a filled workspace: an answer or a gap, whose command is one of ours."""
    bare = write_report(begin(tmp_path)).facts
    for name, answer in [*answers(bare).items(), *answers(facts).items()]:
        assert answer.sentence or answer.gaps, name
    commands = [gap.command for one in (bare, facts) for each in answers(one).values() for gap in each.gaps]
    commands += [step.command for one in (bare, facts) for step in one.what_next.steps]
    verbs = {command.split()[1] for command in commands if command}
    assert {"pull", "agree", "report"} & verbs
    assert verbs <= set(cli.list_commands(click.Context(cli)))
    unanswered = {name for name, answer in answers(bare).items() if not answer.sentence}
    assert unanswered == set(TWELVE) - {"how_far", "what_next"}
    assert bare.how_far.sentence.startswith("0 of 8 articles are read")
    assert bare.what_next.steps[0].command.startswith("labeling ")


def test_how_far_is_told_by_split_and_person(facts: Facts) -> None:
    """Ana has one of eight open, Ben one of three; the article that only a draft has of Ben is not finished."""
    told = facts.how_far
    assert (told.articles, told.read, told.finished, told.gold) == (8, 6, 6, 5)
    assert (told.readings, told.planned) == (9, 11)
    assert told.sentence == "6 of 8 articles are read; 9 of 11 readings are made; 5 have gold with nothing open."
    people = {each.person: (each.given, each.submitted, each.skipped, each.drafts, each.open) for each in told.people}
    assert people == {"ana": (8, 6, 1, 0, 1), "ben": (3, 2, 0, 1, 1)}
    assert sum(each.articles for each in told.splits) == 6
    assert [each.split for each in told.splits][:3] == ["train", "dev", "test"]


def test_pace_and_finish_are_those_of_first_submissions(facts: Facts) -> None:
    """Eight submissions on six days, a minute each; of two open readings nobody can tell before a week of work."""
    assert facts.how_fast.team is not None
    assert (facts.how_fast.team.done, facts.how_fast.team.seconds, facts.how_fast.until) == (8, 60.0, "2026-11-07")
    assert {each.reader: each.done for each in facts.how_fast.people} == {"ana": 6, "ben": 2}
    assert "an article takes 60 seconds (median)" in facts.how_fast.sentence
    assert facts.when_done.left == 2
    assert facts.when_done.sentence or facts.when_done.gaps[0].why
    assert set(facts.when_done.people) == {"ana", "ben"}


def test_conflicts_stand_in_their_surroundings(facts: Facts) -> None:
    """With both readings, and the page that opens the article."""
    (conflict,) = facts.which_conflicts.conflicts
    assert (conflict.before, conflict.text, conflict.after) == ("Anna Bo of ", "Chad", TEXTS[1][15:])
    assert {(each.person, each.label, each.text) for each in conflict.readings} == {
        ("ana", "COUNTRY", "Chad"),
        ("ben", "LOCATION", "Chad"),
    }
    assert conflict.link.startswith(f"{PAGE}2")
    assert facts.which_conflicts.labels == {"COUNTRY": 1, "LOCATION": 1}
    assert facts.which_conflicts.sentence == "1 conflict in 1 article: 1 label."


def test_who_did_what_counts_what_was_submitted(facts: Facts) -> None:
    """Words that were skipped or are a draft are nobody's word; what a migration removed is no fault of Ana's."""
    ana, ben = facts.who_did_what.people
    assert (ana.person, ana.submitted, ana.skipped, ana.spans, ana.seconds) == ("ana", 6, 1, 12, 360.0)
    assert (ben.person, ben.submitted, ben.drafts, ben.spans, ben.conflicts) == ("ben", 2, 1, 4, 1)
    assert (ana.quarantined, ben.quarantined) == (0, 1)


def test_a_migration_is_told_as_a_decision_apart_from_quarantine(facts: Facts) -> None:
    """Counted by reason; quarantine has task, person and page."""
    (removed,) = facts.removed
    assert (removed.what, removed.count, removed.articles) == ("span", 2, ("a3", "a4"))
    (odd,) = facts.quarantine
    assert (odd.article, odd.person, odd.kind, odd.task) == ("a5", "ben", "unknown label", 5)
    assert odd.link.startswith(f"{PAGE}6")
    assert not any("migrated" in step.what for step in facts.what_next.steps)


def test_the_weakest_label_comes_first(facts: Facts) -> None:
    """A label of which gold has none is weaker than one that it has in six leak groups."""
    standings = {each.label: each for each in facts.weak_labels.labels}
    assert standings["PERSON"].spans == standings["PERSON"].leak_groups == 6
    assert sum(standings["PERSON"].splits.values()) == 6
    assert (standings["COUNTRY"].conflicts, standings["LOCATION"].conflicts) == (1, 1)
    assert standings["COUNTRY"].agreement is not None
    assert len(facts.weak_labels.labels[0].weak) >= len(facts.weak_labels.labels[-1].weak)
    assert set(standings) == set(load_project().schema.label_names)


def test_next_steps_are_ranked_and_lead_somewhere(facts: Facts) -> None:
    """What is stale or was never made comes first, then what people have to look at, each with page or command."""
    steps = facts.what_next.steps
    assert [step.rank for step in steps] == list(range(1, len(steps) + 1))
    by_kind = {step.kind: step for step in reversed(steps)}
    assert by_kind["look"].link.startswith(f"{PAGE}6")
    assert by_kind["look"].why == "ben 1"
    assert by_kind["settle"].link == f"{SERVER}/projects/9/data?labeling=1"
    assert by_kind["settle"].command == "labeling cards"
    assert by_kind["read"].why == "ana 1, ben 1"
    assert by_kind["read"].count == 2
    kinds = [step.kind for step in steps]
    assert kinds.index("look") < kinds.index("settle") < kinds.index("read")


def test_what_the_loop_and_the_test_set_say_is_told(tmp_path: Path) -> None:
    """The verdict with its interval, and what speaks against the test set; slips are for those who drew them."""
    project = begin(tmp_path)
    fill(project)
    workspace = project.workspace
    outlook = Outlook(articles=50, gain=0.021, interval=(0.004, 0.05), verdict="go on", why="it is above 0 for sure")
    workspace.rounds.write([made_round(outlook)])
    seen = Coefficient(value=0.25, items=40)
    trust = {"articles": 8, "leak_groups": 6, "spans": 40, "suggested": 3, "drawn_alone": 5, "unknown": 0, "offered": 0}
    with workspace.opened(), keep_custody(workspace, "split", writes=(workspace.trust,)):
        workspace.trust.write(Trust(**trust, seen=seen, labels={}, warnings=("it is small",)))
    slip = RelationSlip(reader="ben", article="a0", relation="?", why="no name", link=f"{PAGE}1")
    workspace.slips.write([slip])
    told = write_report(project).facts
    assert told.more_worth_it.verdict == "go on"
    assert told.more_worth_it.sentence == (
        "Verdict of round 1: go on; the next 50 articles bring +2.1 F1 (+0.4 to +5.0), and it is above 0 for sure."
    )
    assert told.test_set.trusted is False
    assert told.test_set.sentence == "With caution: 8 articles in 6 leak groups, 25.0 % of its spans seen in training."
    assert "<li>it is small</li>" in project.workspace.report.read_text(encoding="utf-8")
    assert [step.why for step in told.what_next.steps if "test set" in step.what] == ["it is small"]
    kinds = [step.kind for step in told.what_next.steps]
    assert kinds.count("decide") == 2
    assert kinds.index("slip") < kinds.index("decide")


def test_open_conflicts_of_the_test_set_are_told(tmp_path: Path) -> None:
    """What is not settled there is not in the score; what is open elsewhere is no matter of trust."""
    project = begin(tmp_path)
    fill(project)
    workspace = project.workspace
    (disputed,) = workspace.conflicts.rows()
    places = {row.article: row.split for row in workspace.splits.rows()}
    seen = Coefficient(value=0.25, items=40)
    size = {"articles": 8, "leak_groups": 6, "spans": 40}
    ways = {"suggested": 3, "drawn_alone": 5, "unknown": 0, "offered": 0}
    good = Trust.model_validate({**size, **ways, "seen": seen, "labels": {}})
    for other, place in places.items():
        with workspace.opened(), keep_custody(workspace, "split", writes=(workspace.trust, workspace.conflicts)):
            workspace.trust.write(good)
            workspace.conflicts.write([disputed.model_copy(update={"article": other})])
        told = write_report(project).facts.test_set
        assert (told.trusted, told.open_conflicts) == ((False, 1) if place == "test" else (True, 0))
        assert told.sentence.endswith("; 1 conflict is open in 1 of them.") is (place == "test")
    assert "test" in places.values()


def made_round(outlook: Outlook) -> RoundRow:
    """A round that ended with this outlook."""
    return RoundRow(
        round=1,
        at="2026-11-20T10:00:00Z",
        basis="b",
        articles=8,
        new=8,
        open=0,
        actions=ActionCounts(),
        seconds=None,
        dataset="d",
        model="model:x",
        score=None,
        stability=None,
        outlook=outlook,
        verdict=outlook.verdict,
    )


def test_mistakes_stand_beside_gold(tmp_path: Path) -> None:
    """Both sides with their words; of a text that has changed since, nothing is shown."""
    project = begin(tmp_path)
    fill(project)
    gold = MistakenSpan(id="1", start=11, end=15, label="COUNTRY")
    predicted = gold.model_copy(update={"label": "LOCATION", "score": 0.75})
    wrong = Mistake(
        annotator="model:x",
        article="a0",
        digest=ARTICLES[0].digest,
        leak_group="a0",
        start=11,
        kind="wrong label",
        gold=gold,
        predicted=predicted,
    )
    before = {"article": "a1", "digest": "of before", "kind": "missed", "predicted": None}
    rows = [wrong, wrong.model_copy(update=before)]
    project.workspace.mistakes.write(rows)
    told = write_report(project).facts.model_errors
    (error,) = told.errors
    assert (error.before, error.text, error.score) == ("Anna Bo of ", "Chad", 0.75)
    assert error.gold is not None
    assert error.predicted is not None
    assert (error.gold.label, error.predicted.label, error.predicted.person) == ("COUNTRY", "LOCATION", "model:x")
    assert error.link.startswith(f"{PAGE}1")
    assert told.kinds == {"model:x": {"missed": 1, "wrong label": 1}}
    assert told.labels == {"model:x": {"COUNTRY": 2, "LOCATION": 1}}


def test_the_same_workspace_gives_the_same_json(filled: Project, facts: Facts) -> None:
    """To the byte; `--json` has all of it besides the path of the page."""
    where = ["--workspace", str(filled.workspace.root)]
    done = CliRunner().invoke(cli, [*where, "report", "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed.pop("page") == str(filled.workspace.report)
    assert set(printed) == set(Facts.model_fields)
    again = write_report(filled).facts
    assert again.model_dump_json() == facts.model_dump_json()
    assert Facts.model_validate_json(again.model_dump_json()) == again


def test_what_articles_share_is_in_the_facts(tmp_path: Path) -> None:
    """Leak groups of several articles, and the pairs that share words today; what was refused, with its line."""
    project = begin(tmp_path)
    text = "The envoy of Mali met the minister of Chad in Addis Ababa on Monday, and they spoke of roads and of rain"
    rows = [made.article("b0", f"{text}."), made.article("b1", f"{text} again."), made.article("b2", "Nothing.")]
    places = tuple(Place(article=each.id, start=0, end=10) for each in rows)
    workspace = project.workspace
    workspace.articles.write(rows)
    workspace.clusters.write(
        ClusterRow(article=each.id, story="b0", leak_group="b0", lead=each.id == "b0") for each in rows
    )
    workspace.passages.write([Passage(passage="p", words=12, kind="reprint", places=places)])
    told = write_report(project).facts
    assert [(family.name, family.stories, family.splits) for family in told.families] == [
        ("b0", (("b0", "b1", "b2"),), ("none",))
    ]
    assert [(pair.left, pair.right, pair.splits) for pair in told.shared_pairs] == [("b0", "b1", ("none", "none"))]
    assert told.shared_pairs[0].words == 22


def test_people_are_called_by_one_name_or_by_pseudonym(tmp_path: Path) -> None:
    """Addresses of the plan and names of annotations are one person; with [people] nobody is named by default."""
    readers = (Reader(email="ana@desk.example"), Reader(email="ben@desk.example"))
    project = begin(tmp_path, PeopleSection(reader=readers))
    fill(project)
    told = write_report(project).facts
    names = {each.person for each in told.how_far.people}
    assert names == {each.person for each in told.who_did_what.people} == {each.person for each in told.how_good.people}
    assert all(re.fullmatch(r"reader-[0-9a-f]{10}", name) for name in names)
    assert not re.search(r"\b(ana|ben)\b|desk\.example", told.model_dump_json())
