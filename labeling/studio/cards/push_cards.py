"""Front door of ``labeling cards``: open conflicts -> cards in a second project, for adjudicators alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.errors import ProjectFileError, Stale
from labeling.studio.api.connect import connect
from labeling.studio.api.tabs import change_task_data
from labeling.studio.cards.card_notes import CardNotes
from labeling.studio.cards.card_plan import plan_cards, read_sent_cards
from labeling.studio.cards.card_project import find_cards_project, open_cards_project
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.card_task import SHOWN, card_data, card_prediction, card_task
from labeling.studio.cards.current_doubts import find_current_doubts
from labeling.studio.sync.batches import split_batches
from labeling.studio.sync.closed_plan import list_adjudicators
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.push_delivery import MOST_BYTES, MOST_TASKS
from labeling.values import canonical_json
from labeling.workspace.custody import keep_custody, refuse_altered
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from labeling.adjudication.gold_in_doubt import GoldInDoubt
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.cards.card_plan import CardPlan
    from labeling.studio.format.regions import Json
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.conflict import Conflict

_CARD_FIELDS = "id,data,total_annotations,cancelled_annotations"


@dataclass(frozen=True)
class CardsResult:
    """What became of the open ``conflicts``: ``new`` cards were sent, the ``same`` are as they were there.

    ``doubts`` are cards of `labeling doubts` that ask what is still in question; they are among the others, too.
    ``changed`` are cards that show something else now: what was decided since of conflicts like them. ``answered`` ones
    wait for `pull`, ``skipped`` ones for another look. ``removed`` counts cards of conflicts that are no more, which
    nobody had answered. ``without_account`` are adjudicators whom the server does not know. ``url`` is where cards are
    answered; empty where there is no project of cards yet.

    ``contradictions`` has a sentence for each question that was decided otherwise in the same words, ``silent`` one for
    each decision that was made where the guidelines are silent.
    """

    url: str
    conflicts: int
    doubts: int
    new: int
    same: int
    changed: int
    answered: int
    skipped: int
    removed: int
    without_account: tuple[str, ...]
    contradictions: tuple[str, ...]
    silent: tuple[str, ...]


def push_cards(
    project: Project,
    *,
    server: Credentials | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    wait: float = 0.0,
    dry_run: bool = False,
) -> CardsResult:
    """Put each open conflict to the adjudicators as one card; a second run sends what is new, and nothing twice.

    A card that nobody has answered is removed when its conflict is no more; an answered one stays. So it is with cards
    about doubts when gold is not as it was.

    Args:
        project: Whose conflicts and adjudicators.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        progress: Called with how many of the new cards have arrived, and of how many.
        wait: Seconds to wait for another command in this workspace.
        dry_run: Only say what would be done; nothing is sent and nothing written.

    Raises:
        ProjectFileError: The project file names no adjudicators.
        MissingInput: Nothing was ingested, adjudicated or pushed.
        Altered: Conflicts, decisions or articles are not as they were left.
        Stale: Annotations were pulled since the conflicts were found, or conflicts have no ids.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        StudioError: The server did not do what was asked; run it again, it goes on where it ended.
    """
    workspace = project.workspace
    reads = (workspace.conflicts, workspace.decisions, workspace.gold, workspace.articles)
    writes = () if dry_run else (workspace.studio_link,)
    with workspace.opened(wait):
        require_adjudicators(project)
        with keep_custody(workspace, "cards", reads=reads, writes=writes):
            # What adjudicators submitted of whole articles is precedents, too.
            refuse_altered(workspace, "cards", (workspace.annotations, workspace.asked, workspace.imported))
            conflicts = read_open_conflicts(project)
            with connect(workspace, server) as studio:
                find_linked_project(studio, workspace)
                delivery = CardDelivery(project, studio, conflicts)
                return delivery.foresee() if dry_run else delivery.run(progress)


class CardDelivery:
    """The open conflicts of a project on their way to a server, and what is in doubt of gold."""

    def __init__(self, project: Project, studio: Studio, conflicts: Mapping[str, Conflict]) -> None:
        self._project, self._studio, self._conflicts = project, studio, conflicts
        self._doubts: Mapping[str, GoldInDoubt] = {}
        self._articles: Mapping[str, Article] = project.workspace.articles.by("id")
        self._notes = CardNotes(project, _list_pages(project))

    def foresee(self) -> CardsResult:
        """What `run` would do."""
        remote = find_cards_project(self._studio, self._project)
        plan = self._plan(remote.number if remote else None)
        return self._result(remote.number if remote else None, plan, self._list_changed(plan), len(plan.outdated))

    def run(self, progress: Callable[[int, int], None]) -> CardsResult:
        """Send what is new, change what shows something else now, and remove what is outdated."""
        number = open_cards_project(self._studio, self._project).number
        plan = self._plan(number)
        self.send(number, plan.new, progress)
        changed = self._list_changed(plan)
        for name in changed:
            change_task_data(self._studio, plan.waiting[name].task, self._data(name))
        # Whatever somebody answers or begins in between stays.
        removed = self._studio.remove_empty(number, [card.task for card in plan.outdated])
        self.mend_marks(number)
        return self._result(number, plan, changed, len(removed))

    def compare_doubts(self, number: int, doubts: Mapping[str, GoldInDoubt]) -> CardPlan:
        """Take these doubts for what is to be asked, and compare them with the cards that are there."""
        self._doubts = doubts
        return plan_cards([*doubts], read_sent_cards(self._studio.list_tasks(number, _CARD_FIELDS)))

    def _plan(self, number: int | None) -> CardPlan:
        sent = read_sent_cards(self._studio.list_tasks(number, _CARD_FIELDS) if number is not None else ())
        self._doubts = find_current_doubts(self._project, (card.doubt for card in sent))
        return plan_cards([*self._conflicts, *self._doubts], sent)

    def send(self, number: int, names: Iterable[str], progress: Callable[[int, int], None]) -> None:
        """Send one card for each of these questions."""
        wanted, sent = [*names], 0
        progress(0, len(wanted))
        tasks = (canonical_json(card_task(self._question(name), self._notes_of(name))) for name in wanted)
        # One after the other, for what a killed command has sent is known by the conflicts that its cards name.
        for batch in split_batches(tasks, len, MOST_TASKS, MOST_BYTES):
            self._studio.import_written(number, batch)
            sent += len(batch)
            progress(sent, len(wanted))

    def mend_marks(self, number: int) -> None:
        """See that each card has its marks: on SQLite an import may lose them, when its database is locked."""
        remote = self._studio.project(number)
        cards = {card.task: card for card in read_sent_cards(self._studio.list_tasks(number, _CARD_FIELDS))}
        if remote is None or remote.suggestions == sum(bool(card.data.get("readings")) for card in cards.values()):
            return
        there = {task for task, _, _ in self._studio.list_suggestions(number)}
        lacking = [card for card in cards.values() if card.task not in there and self._knows(card.conflict)]
        marks = ((card.task, card_prediction(self._question(card.conflict))) for card in lacking)
        rows = [canonical_json({"task": task, **mark}) for task, mark in marks if mark]
        for batch in split_batches(rows, len, MOST_TASKS, MOST_BYTES):
            self._studio.import_suggestions(number, batch)
        if rows and remote.shown != SHOWN:
            self._studio.show_suggestions(number, SHOWN)

    def _list_changed(self, plan: CardPlan) -> list[str]:
        return [name for name, card in plan.waiting.items() if self._data(name) != card.data]

    def _data(self, name: str) -> Json:
        return card_data(self._question(name), self._notes_of(name))

    def _question(self, name: str) -> CardQuestion:
        conflict = self._conflicts.get(name) or self._doubts[name]
        return CardQuestion(conflict, self._articles[conflict.article], self._project.schema)

    def _knows(self, name: str) -> bool:
        return name in self._conflicts or name in self._doubts

    def _notes_of(self, name: str) -> str:
        return self._notes.write(self._question(name))

    def _result(self, number: int | None, plan: CardPlan, changed: Sequence[str], removed: int) -> CardsResult:
        skipped = {name for name, card in plan.waiting.items() if card.is_skipped}
        return CardsResult(
            url=card_url(self._studio, number) if number is not None else "",
            conflicts=len(self._conflicts),
            doubts=len(self._doubts),
            new=len(plan.new),
            same=len(plan.waiting.keys() - skipped - {*changed}),
            changed=len(changed),
            answered=len(plan.answered),
            skipped=len(skipped),
            removed=removed,
            without_account=list_without_account(self._project, self._studio),
            contradictions=tuple(self._notes.list_contradictions()),
            silent=tuple(self._notes.list_silent()),
        )


def card_url(studio: Studio, number: int) -> str:
    """Where the cards of a project are answered, one after the other."""
    return f"{studio.url}/projects/{number}/data?labeling=1"


def list_without_account(project: Project, studio: Studio) -> tuple[str, ...]:
    """The adjudicators whom the server does not know."""
    accounts = {email.casefold() for _, email in studio.users()}
    return tuple(email for email in list_adjudicators(project) if email.casefold() not in accounts)


def require_adjudicators(project: Project) -> None:
    """Refuse a project without anybody who decides.

    Raises:
        ProjectFileError: The project file names no adjudicators.
    """
    if not list_adjudicators(project):
        raise ProjectFileError(
            f"{project.path} does not name adjudicators, so there is nobody to put cards to",
            todo='write adjudicators = ["lead@example.org"] under [people], with the address of whoever decides',
            where=str(project.path),
        )


def read_open_conflicts(project: Project) -> dict[str, Conflict]:
    """The open conflicts by their ids, in the order in which they stand.

    Raises:
        Stale: They were written before conflicts had ids.
    """
    path = project.workspace.conflicts.path
    conflicts = {row.id: row for row in project.workspace.conflicts.rows()}
    if "" in conflicts:
        raise Stale(
            f"{path} was written before conflicts had ids",
            todo="run `labeling adjudicate`, then this again",
            where=str(path),
        )
    return conflicts


def _list_pages(project: Project) -> dict[str, str]:
    """The page of each article on its server, without the server's address, which may be another tomorrow."""
    pages = list_task_urls(project.workspace)
    # After "http:", nothing, and the host.
    return {article: "/" + page.split("/", 3)[3] for article, page in pages.items()}
