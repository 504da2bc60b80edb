"""Front door of ``labeling status``: the workspace and its project on the server, compared both ways."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from labeling.studio.api.connect import connect
from labeling.studio.cards.card_standing import read_card_standing
from labeling.studio.format.submissions import read_task
from labeling.studio.sync.author_list import describe_slip, is_slip
from labeling.studio.sync.combined_suggestions import combine_for_article
from labeling.studio.sync.order_in_force import find_order
from labeling.studio.sync.pace import TeamPace, measure_pace, span_places
from labeling.studio.sync.progress import tabulate_progress
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull_collection import ProjectPull, files_built_upon
from labeling.studio.sync.pull_state import SentWords, compare_pulls, describe_unsubmitted
from labeling.workspace import journal
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.asking import Asking
from labeling.workspace.custody import are_as_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.annotations import Annotation, QuarantineRow
    from labeling.project import Project
    from labeling.studio.cards.card_standing import CardStanding
    from labeling.studio.format.signatures import Signatures
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.order_in_force import OrderInForce
    from labeling.studio.sync.pace import ReaderPace, SpanPlaces
    from labeling.studio.sync.progress import ProgressLine
    from labeling.studio.sync.pull_changes import Changes
    from labeling.workspace.rows.learning_rows import OfferedRow
    from labeling.workspace.rows.reprint import ProjectedRow


@dataclass(frozen=True)
class StatusResult:
    """Where the work stands: a line for each annotator and for all, and how often each label was submitted.

    ``lines`` and ``labels`` are the server's; ``imported`` counts annotations by annotator that came from a file and
    are on no server. ``not_sent`` are articles that have no task, ``lost`` those whose task is gone from the server;
    ``foreign_tasks`` are numbers of tasks there that we did not send. ``not_pulled`` counts annotations
    and drafts that came or changed since the last pull, ``not_there`` those that were pulled and are gone.
    ``unsubmitted`` has a sentence for each draft that is newer than its annotation, ``spoken_for_another``
    one for each annotation that somebody else changed or filed: who, when, which task. ``judged_before`` counts, by
    item (``label WHEN``), the articles that were judged before it was asked for. ``forgotten_tasks`` are numbers of
    tasks of forgotten articles that the server still has. ``relation_slips`` has a sentence for each relation that its
    author is to mend: who, where, what, link. ``readers`` is the pace of each person, where there are several or a
    plan; ``read_by_more`` and ``read_by_fewer`` are articles that more or fewer people have read than planned.
    ``cards`` is how far the conflicts are that are put to adjudicators; None where there are none. ``order`` is who
    serves what is open in the order of the queue: the ``layer`` of our server, or Label Studio by ``score``.
    """

    url: str
    articles: int
    lines: tuple[ProgressLine, ...]
    labels: dict[str, int]
    imported: dict[str, int]
    not_sent: tuple[str, ...]
    lost: tuple[str, ...]
    foreign_tasks: tuple[int, ...]
    not_pulled: int
    not_there: int
    unsubmitted: tuple[str, ...]
    spoken_for_another: tuple[str, ...] = ()
    judged_before: dict[str, int] = field(default_factory=dict)
    forgotten_tasks: tuple[int, ...] = ()
    relation_slips: tuple[str, ...] = ()
    readers: tuple[ReaderPace, ...] = ()
    read_by_more: tuple[str, ...] = ()
    read_by_fewer: tuple[str, ...] = ()
    cards: CardStanding | None = None
    order: OrderInForce = ""


def status(project: Project, *, server: Credentials | None = None, wait: float = 0.0) -> StatusResult:
    """Compare the workspace with its project on the server, both ways; nothing is written.

    Only what has changed since the last pull is asked for.

    Raises:
        MissingInput: Nothing was ingested, or nothing pushed.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        StudioError: The server did not do what was asked.
    """
    workspace = project.workspace
    with workspace.opened(wait):
        articles = workspace.articles.by("id")
        sent = journal.load_journal(workspace.pushed.path)
        forgotten = {(row.article, row.digest) for row in workspace.forgotten.rows_if_written() if not row.again}
        pushed = {key: row for key, row in sent.items() if key not in forgotten}
        with connect(workspace, server) as studio:
            remote = find_linked_project(studio, workspace)
            names = annotator_names(studio.users())
            # What was changed or removed here since the last pull counts as not pulled.
            as_left = are_as_left(workspace, files_built_upon(workspace))
            policy = project.file.policies.changed_by_others
            collection = ProjectPull(studio, remote, workspace, project.schema, articles, policy, as_left)
            before, now = collection.compare(names)
            signatures = collection.read_signatures(names, before)
            cards = read_card_standing(project, studio)
            order = find_order(project, studio, remote)
        # Old annotations from the file, those of changed tasks from what was just fetched.
        changed, found = _read_changed(collection, now, names, signatures)
        labels = _count_submitted_labels(workspace.annotations.rows_if_written(), changed, now)
        spoken = _list_spoken_for(workspace.quarantine.rows_if_written(), found, now)
        slips = [row for row in _list_now(workspace.quarantine.rows_if_written(), found, now) if is_slip(row)]
        judged_before = _count_judged_before(project, changed, now)
        said = chain(_drop_outdated(workspace.annotations.rows_if_written(), now), changed)
        pace = _Team(project, names).measure(said, len(now.after))
        imported = Counter(one.annotator for one in workspace.annotations.rows_if_written() if one.imported)

    # Our tasks, as far as they are on the server.
    tasks = {row.task for row in pushed.values() if row.task is not None and row.task in now.after}
    left = {row.task for key, row in sent.items() if key in forgotten and row.task in now.after}
    # What the server has now, compared with what was last pulled.
    differs = compare_pulls(before, now.after)
    return StatusResult(
        url=f"{studio.url}/projects/{remote.number}/data",
        articles=len(articles),
        lines=tabulate_progress(tasks, now.after.values()),
        labels={label: labels[label] for label in project.schema.label_names},
        imported=dict(sorted(imported.items())),
        not_sent=tuple(sorted(set(articles) - {row.article for row in pushed.values()})),
        lost=tuple(sorted(row.article for row in pushed.values() if row.task not in now.after)),
        foreign_tasks=tuple(sorted(number for number in now.after if number not in tasks | left)),
        not_pulled=differs.new + differs.edited,
        not_there=differs.deleted,
        unsubmitted=tuple(describe_unsubmitted(now.after.values())),
        spoken_for_another=tuple(spoken),
        judged_before=judged_before,
        forgotten_tasks=tuple(sorted(number for number in left if number is not None)),
        relation_slips=tuple(describe_slip(row, f"{studio.url}/projects/{remote.number}/data?task=") for row in slips),
        readers=pace.readers,
        read_by_more=pace.read_by_more,
        read_by_fewer=pace.read_by_fewer,
        cards=cards,
        order=order,
    )


@dataclass(frozen=True)
class _Team:
    """A project whose readers' pace is measured; ``names`` are what the server's users are called."""

    project: Project
    names: Mapping[int | str, str]

    def measure(self, said: Iterable[Annotation], articles: int) -> TeamPace:
        """The pace of each person; of nobody, where there is one alone and no plan: that goes on as before."""
        assigned = self._read_plan()
        people = self.project.file.people
        adjudicators = {self._name_of(email) for email in people.adjudicators} if people else set()
        pace = measure_pace(said, assigned, articles, self._offered, adjudicators)
        is_team = people is not None or bool(assigned) or len(pace.readers) > 1
        return pace if is_team else TeamPace((), (), ())

    def _read_plan(self) -> dict[str, set[str]]:
        assigned = defaultdict[str, set[str]](set)
        for row in self.project.workspace.assignments.rows_if_written():
            assigned[self._name_of(row.reader)].add(row.article)
        return assigned

    def _name_of(self, email: str) -> str:
        return self._known.get(email.casefold(), email)

    @cached_property
    def _known(self) -> dict[str, str]:
        # Of addresses, upper and lower case are the same.
        return {by.casefold(): name for by, name in self.names.items() if isinstance(by, str)}

    def _offered(self, article: str) -> list[SpanPlaces]:
        by_model = {one.annotator: one for one in self._suggested.get(article, ())}
        carried = self._carried.get(article, ())
        combined = [combine_for_article(by_model, shown, carried) for shown in (*by_model, "")]
        joined = [span_places(row.words) for row in self._joined.get(article, ()) if row.words]
        return [*joined, *(span_places(one) for offer in (by_model, *combined) for one in offer.values())]

    @cached_property
    def _suggested(self) -> Mapping[str, list[Annotation]]:
        return self.project.workspace.suggestions.grouped_by("article")

    @cached_property
    def _joined(self) -> Mapping[str, list[OfferedRow]]:
        return self.project.workspace.offered.grouped_by("article")

    @cached_property
    def _carried(self) -> Mapping[str, list[ProjectedRow]]:
        return self.project.workspace.projected.grouped_by("article")


def _read_changed(
    collection: ProjectPull, now: Changes, names: Mapping[int | str, str], signatures: Signatures
) -> tuple[list[Annotation], list[QuarantineRow]]:
    """The annotations of the tasks that have changed since the last pull, and what of them is in quarantine."""
    read = [
        read_task(
            task,
            collection.articles,
            collection.schema,
            names,
            judgements=signatures.judge_task(task),
            same_text=collection.list_same_text,
        )
        for task in now.tasks
    ]
    return [one for sound, _ in read for one in sound], [finding for _, findings in read for finding in findings]


def _list_spoken_for(pulled: Iterable[QuarantineRow], changed: Iterable[QuarantineRow], now: Changes) -> Iterator[str]:
    """A sentence for each annotation that somebody else changed or filed, by the last pull and since."""
    return (row.reason for row in _list_now(pulled, changed, now) if row.kind == "spoken for another")


def _list_now(
    pulled: Iterable[QuarantineRow], changed: Iterable[QuarantineRow], now: Changes
) -> Iterator[QuarantineRow]:
    """What is in quarantine, by the last pull and by what has changed since."""
    outdated = {int(str(task["id"])) for task in now.tasks} | now.deleted
    return chain((row for row in pulled if row.task not in outdated), changed)


def _count_judged_before(project: Project, changed: Iterable[Annotation], now: Changes) -> dict[str, int]:
    workspace = project.workspace
    # Pushed before there were records: everything counts as asked from the start.
    if not workspace.asked.exists():
        return {}
    asking = Asking(project.schema, workspace.asked.rows_if_written(), workspace.imported.rows_if_written())
    # The words of a star or a restore are dated by those that were pulled.
    sent = SentWords(one.model_dump(mode="json") for one in workspace.annotations.rows_if_written())
    unchanged = _drop_outdated(workspace.annotations.rows_if_written(), now)
    return asking.count_judged_before(chain(unchanged, map(sent.date, changed)))


def _drop_outdated(pulled: Iterable[Annotation], now: Changes) -> Iterator[Annotation]:
    """What was pulled, without the tasks that have changed or gone since."""
    outdated = {int(str(task["id"])) for task in now.tasks} | now.deleted
    return (one for one in pulled if one.task not in outdated)


def _count_submitted_labels(pulled: Iterable[Annotation], changed: Iterable[Annotation], now: Changes) -> Counter[str]:
    """How often each label was submitted on the server: by the last pull, and by what has changed since."""
    unchanged = (one for one in _drop_outdated(pulled, now) if one.task is not None)
    submitted = (one for group in (unchanged, changed) for one in group if one.state == "submitted")
    return Counter(span.label for annotation in submitted for span in annotation.spans)
