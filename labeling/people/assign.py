"""Front door of ``labeling assign``: articles and the people of the project file -> ``assignments.jsonl``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.adjudication.annotator_addresses import Addresses, find_answers
from labeling.errors import MissingInput, ProjectFileError
from labeling.people.plan import Desk, Team, count_moved, plan_readings
from labeling.people.work_done import collect_readings, find_settled, without_people
from labeling.project import normalise_email
from labeling.reprints.annotate_once import find_waiting_reprints
from labeling.workspace.custody import keep_custody
from labeling.workspace.journal import load_journal

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from labeling.annotations import Annotation
    from labeling.project import PeopleSection, Project
    from labeling.workspace.rows.reader_assignment import Assignment


@dataclass(frozen=True)
class ReaderLoad:
    """What one reader is given, what they have done included: ``articles`` in ``stories``, and gold questions.

    ``share`` is that of the project file, 0 for who has left and has submitted something. ``first`` and ``second``
    count articles. ``moved`` are the stories that were another's by the plan of before.
    """

    reader: str
    share: float
    stories: int
    articles: int
    first: int
    second: int
    gold_questions: int
    moved: int


@dataclass(frozen=True)
class AssignResult:
    """What each reader is given; how many stories and articles there are, and how many stories two people read.

    ``settled`` counts the articles that can be gold questions, ``waiting`` the reprints that wait for their story,
    ``unassigned`` the articles that nobody is given. ``without_account`` are the readers whom the server did not know
    at the last pull; None if nothing was pulled yet.
    """

    readers: tuple[ReaderLoad, ...]
    articles: int
    stories: int
    read_by_two: int
    settled: int
    waiting: int
    unassigned: int
    without_account: tuple[str, ...] | None


def assign(project: Project) -> AssignResult:
    """Plan who reads what, into ``assignments.jsonl``: by story, to each reader of the project file by their share.

    What was started, submitted or skipped by the last pull stays where it is. See `plan_readings` for the rest.

    Raises:
        ProjectFileError: The project file does not name people.
        MissingInput: Nothing was ingested or clustered, or ``clusters.jsonl`` does not know an article.
        Altered: A file that it reads is not as it was left.
        DamagedFile: A file has a line that is not a row of it.
    """
    people = _require_people(project)
    workspace = project.workspace
    said = (
        workspace.annotations,
        workspace.quarantine,
        workspace.asked,
        workspace.imported,
        workspace.users,
        workspace.decisions,
    )
    reads = (workspace.articles, workspace.clusters, workspace.projected, workspace.assignments, *said)
    with (
        workspace.opened(),
        keep_custody(workspace, "assign", reads=reads, writes=(workspace.assignments,)) as notes,
    ):
        notes.options.update(seed=people.seed, twice=people.twice, gold_questions=people.gold_questions)
        desk, waiting = _read_desk(project, people)
        rows = plan_readings(Team(people.shares, people.twice, people.gold_questions, people.seed), desk)
        workspace.assignments.write(rows)
        users = workspace.users.value_if_written()
    emails = None if users is None else {normalise_email(email) for email in users.emails.values()}
    has_first = {row.article for row in rows if row.part == "first"}
    return AssignResult(
        readers=_sum_readers(people, desk, rows),
        articles=len(desk.stories),
        stories=len(set(desk.stories.values())),
        read_by_two=len({desk.stories[row.article] for row in rows if row.part == "second"}),
        settled=len(desk.settled),
        waiting=waiting,
        unassigned=sum(
            article not in has_first
            and article not in desk.settled
            and not any(desk.readings.get(article, {}).values())
            for article in desk.stories
        ),
        without_account=None if emails is None else tuple(sorted(people.shares.keys() - emails)),
    )


def _require_people(project: Project) -> PeopleSection:
    if project.file.people is None:
        raise ProjectFileError(
            f"{project.path} does not name people, so there is nobody to give articles to",
            todo='write [people] there, and for each reader [[people.reader]] with email = "ana@desk.example"; the '
            "shipped configs/diplomatic.toml shows it; one person alone needs no plan: run `labeling push`",
            where=str(project.path),
        )
    return project.file.people


def _read_desk(project: Project, people: PeopleSection) -> tuple[Desk, int]:
    """What there is to read and what was read, and how many reprints wait."""
    workspace = project.workspace
    before = tuple(workspace.assignments.rows_if_written())
    users = workspace.users.value_if_written()
    members = frozenset({*people.shares, *people.adjudicators, *(row.reader for row in before)})
    imported = workspace.imported.rows_if_written()
    addresses = Addresses(users.emails if users else {}, members, imported)
    digests = {article.id: article.digest for article in workspace.articles.rows()}
    readings = collect_readings(
        workspace.annotations.rows_if_written(), workspace.quarantine.rows_if_written(), digests, addresses, members
    )
    # Who settles does not read for the plan; what they read as readers, before they settled, they have read.
    were_readers = {row.reader for row in before}
    readings = without_people(readings, set(people.adjudicators) - were_readers)

    def is_adjudicator(one: Annotation) -> bool:
        return one.by_person and addresses.find(one) in people.adjudicators

    settled = find_settled(
        workspace.annotations.rows_if_written,
        workspace.articles.by("id"),
        read_adjudication_rules(project),
        is_adjudicator,
        find_answers(before, addresses),
    )
    stories, waiting = _read_stories(project, digests.keys(), readings.keys())
    return Desk(stories, readings, settled & stories.keys(), before), waiting


def _read_stories(project: Project, articles: AbstractSet[str], read: AbstractSet[str]) -> tuple[dict[str, str], int]:
    """The story of each article that is to be read, and how many wait until their story has been annotated."""
    workspace = project.workspace
    clusters = list(workspace.clusters.rows())
    stories = {row.article: row.story for row in clusters if row.article in articles}
    unknown = sorted(articles - stories.keys())
    if unknown:
        raise MissingInput(
            f"{workspace.clusters.path} does not know {len(unknown)} articles, the first is {unknown[0]!r}",
            todo="run `labeling cluster` first: which story they belong to is not known",
            where=str(workspace.clusters.path),
        )
    if not project.file.reprints.annotate_once:
        return stories, 0
    # As `push` does it: what has a task already is not held back any more.
    sent = {row.article for row in load_journal(workspace.pushed.path).values()}
    waiting = find_waiting_reprints(clusters, workspace.projected.rows_if_written()) - sent - read
    return {article: story for article, story in stories.items() if article not in waiting}, len(waiting & articles)


def _sum_readers(people: PeopleSection, desk: Desk, rows: list[Assignment]) -> tuple[ReaderLoad, ...]:
    parts = Counter((row.reader, row.part) for row in rows)
    stories = Counter(
        reader for reader, _ in {(row.reader, desk.stories[row.article]) for row in rows if row.part != "gold question"}
    )
    moved = count_moved(desk.before, rows, desk.stories)
    return tuple(
        ReaderLoad(
            reader=reader,
            share=people.shares.get(reader, 0.0),
            stories=stories[reader],
            articles=parts[reader, "first"] + parts[reader, "second"] + parts[reader, "gold question"],
            first=parts[reader, "first"],
            second=parts[reader, "second"],
            gold_questions=parts[reader, "gold question"],
            moved=moved[reader],
        )
        for reader in sorted({*people.shares, *(row.reader for row in rows)})
    )
