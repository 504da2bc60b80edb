"""Front door of ``labeling doubts --cards``: the first doubts about gold -> cards, beside those of open conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from labeling.adjudication.gold_in_doubt import ask_doubt
from labeling.studio.api.connect import connect
from labeling.studio.cards.card_project import open_cards_project
from labeling.studio.cards.current_doubts import find_current_doubts
from labeling.studio.cards.push_cards import CardDelivery, card_url, list_without_account, require_adjudicators
from labeling.studio.sync.project_link import find_linked_project
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.adjudication.gold_in_doubt import AskedDoubt, GoldInDoubt
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials


@dataclass(frozen=True)
class DoubtCardsResult:
    """What became of the first ``asked`` doubts: ``new`` cards were sent, the ``same`` wait there for an answer.

    ``answered`` ones wait for `pull`. ``without_account`` are adjudicators whom the server does not know, and ``url``
    is where cards are answered.
    """

    url: str
    asked: int
    new: int
    same: int
    answered: int
    without_account: tuple[str, ...]


def push_doubts(
    project: Project,
    most: int,
    *,
    server: Credentials | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    wait: float = 0.0,
) -> DoubtCardsResult:
    """Put the first doubts of ``doubts.jsonl`` to the adjudicators, a card each; a second run sends nothing twice.

    Doubts that no card can put are passed over: where annotators differ on the same stretch, or where an adjudicator
    has decided on the very question.

    Args:
        project: Whose gold is in doubt.
        most: How many, at most.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        progress: Called with how many of the new cards have arrived, and of how many.
        wait: Seconds to wait for another command in this workspace.

    Raises:
        ProjectFileError: The project file names no adjudicators.
        MissingInput: Nothing was ingested, adjudicated, doubted or pushed.
        Altered: Doubts, gold, decisions or articles are not as they were left.
        Stale: Gold was made from other files than there are now, or doubts from other gold.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        StudioError: The server did not do what was asked; run it again, it goes on where it ended.
    """
    workspace = project.workspace
    reads = (workspace.doubts, workspace.gold, workspace.decisions, workspace.articles)
    with workspace.opened(wait):
        require_adjudicators(project)
        with keep_custody(workspace, "doubts", reads=reads, writes=(workspace.studio_link,)):
            doubts = _pose_first(project, most)
            with connect(workspace, server) as studio:
                find_linked_project(studio, workspace)
                number = open_cards_project(studio, project).number
                delivery = CardDelivery(project, studio, {})
                plan = delivery.compare_doubts(number, doubts)
                delivery.send(number, plan.new, progress)
                delivery.mend_marks(number)
                return DoubtCardsResult(
                    url=card_url(studio, number),
                    asked=len(doubts),
                    new=len(plan.new),
                    same=len(plan.waiting),
                    answered=len(plan.answered),
                    without_account=list_without_account(project, studio),
                )


def refuse_without_adjudicators(project: Project) -> None:
    """Say before any work that there is nobody to decide, or that this is not a workspace.

    Raises:
        MissingInput: Nothing was ever taken in there.
        ProjectFileError: The project file names no adjudicators.
        WorkspaceBusy: Another command is writing here.
    """
    with project.workspace.opened():
        require_adjudicators(project)


def _pose_first(project: Project, most: int) -> dict[str, GoldInDoubt]:
    """The first questions that can be put, by their ids, the most likely errors first."""
    current = find_current_doubts(project, _list_asked(project))
    return dict(islice(current.items(), most))


def _list_asked(project: Project) -> Iterator[AskedDoubt | None]:
    workspace = project.workspace
    articles, gold = workspace.articles.by("id"), workspace.gold.by("article")
    for doubt in workspace.doubts.rows():
        if doubt.article in articles and doubt.article in gold:
            yield ask_doubt(doubt, articles[doubt.article], gold[doubt.article], project.file.policies.trim)
