"""Front door of ``labeling cards --articles``: whole articles side by side, in a third project, for adjudicators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.annotations import latest_submissions
from labeling.errors import UsageError
from labeling.studio.api.connect import connect
from labeling.studio.cards.article_page import article_config, article_instruction
from labeling.studio.cards.article_task import AGREED, SHOWN_ABOVE, whole_article_of, whole_article_task
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.further_projects import FurtherPage, find_project_for, open_project_for
from labeling.studio.cards.push_cards import list_without_account, read_open_conflicts, require_adjudicators
from labeling.studio.format.tasks import TECHNICAL, digest_result
from labeling.studio.sync.batches import split_batches
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.push_delivery import MOST_BYTES, MOST_TASKS
from labeling.values import canonical_json
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from labeling.adjudication.gold import AdjudicationRules
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.format.regions import Json
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.conflict import Conflict

_LISTED = "id,data,total_annotations,cancelled_annotations"


@dataclass(frozen=True)
class WholeArticlesResult:
    """What became of the ``articles`` that are put to adjudicators as a whole: ``new`` ones were sent.

    The ``same`` are as they were there; ``renewed`` were sent again, since readers say something else now. ``answered``
    ones stay as they are, and so do ``begun`` ones, in which somebody has a draft. ``removed`` counts those that were
    sent before and are not asked about any more. ``url`` is where they are; empty where there is no such project yet.
    """

    url: str
    articles: int
    new: int
    same: int
    renewed: int
    answered: int
    begun: int
    removed: int
    without_account: tuple[str, ...]


def push_articles(
    project: Project,
    names: Collection[str] = (),
    *,
    server: Credentials | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    wait: float = 0.0,
    dry_run: bool = False,
) -> WholeArticlesResult:
    """Put articles with open conflicts to the adjudicators as a whole, each reader's version beside what is agreed.

    A second run sends what is new, and nothing twice. One in which nobody has worked is removed when it is not asked
    about any more, and sent anew when readers say something else.

    Args:
        project: Whose articles and adjudicators.
        names: The ids of the articles, with open conflicts or without; all with open conflicts when empty.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        progress: Called with how many of the new ones have arrived, and of how many.
        wait: Seconds to wait for another command in this workspace.
        dry_run: Only say what would be done; nothing is sent and nothing written.

    Raises:
        ProjectFileError: The project file names no adjudicators.
        UsageError: An article is not there, or nobody has submitted it.
        MissingInput: Nothing was ingested, pulled, adjudicated or pushed.
        Altered: A file that it reads is not as it was left.
        Stale: Annotations were pulled since the conflicts were found, or conflicts have no ids.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        StudioError: The server did not do what was asked; run it again, it goes on where it ended.
    """
    workspace = project.workspace
    reads = (workspace.conflicts, workspace.gold, workspace.annotations, workspace.decisions, workspace.articles)
    writes = () if dry_run else (workspace.studio_link,)
    with workspace.opened(wait):
        require_adjudicators(project)
        with keep_custody(workspace, "cards", reads=reads, writes=writes):
            asked = _AskedArticles(project, [*read_open_conflicts(project).values()])
            wanted = asked.choose(names)
            with connect(workspace, server) as studio:
                find_linked_project(studio, workspace)
                return _WholeDelivery(project, studio, asked).run(wanted, progress, dry_run=dry_run)


class _AskedArticles:
    """The articles of a workspace as tasks for adjudicators; ``open`` are those with open conflicts."""

    def __init__(self, project: Project, conflicts: Iterable[Conflict]) -> None:
        self._project = project
        self._articles: Mapping[str, Article] = project.workspace.articles.by("id")
        self._said = project.workspace.annotations.grouped_by("article")
        self._gold = project.workspace.gold.by("article")
        self.open: dict[str, list[Conflict]] = {}
        for each in conflicts:
            self.open.setdefault(each.article, []).append(each)

    def choose(self, names: Collection[str]) -> list[str]:
        """The articles that are asked about.

        Raises:
            UsageError: One of those named is not there, or nobody has submitted it.
        """
        for name in names:
            if name not in self._articles or not self._versions(name):
                why = "nobody has submitted it" if name in self._articles else "there is no such article"
                raise UsageError(
                    f"{name} cannot be put to adjudicators: {why}",
                    todo="name articles that were read, or none for all with open conflicts",
                    where=name,
                )
        return [*dict.fromkeys(names or self.open)]

    def task(self, name: str) -> Json:
        """The task of an article."""
        article = self._articles[name]
        questions = [CardQuestion(each, article, self._project.schema) for each in self.open.get(name, ())]
        gold = self._gold.get(name)
        return whole_article_task(article, gold, self._versions(name), questions)

    def _versions(self, name: str) -> dict[str, Annotation]:
        said = [each for each in self._said.get(name, ()) if not self._rules.is_answer(each)]
        return latest_submissions(said, self._articles[name].digest)

    @cached_property
    def _rules(self) -> AdjudicationRules:
        return read_adjudication_rules(self._project)


@dataclass(frozen=True)
class _SentArticle:
    task: int
    article: str
    state: str
    is_answered: bool


class _WholeDelivery:
    """Whole articles on their way to a server."""

    def __init__(self, project: Project, studio: Studio, asked: _AskedArticles) -> None:
        self._project, self._studio, self._asked = project, studio, asked

    def run(self, wanted: Sequence[str], progress: Callable[[int, int], None], *, dry_run: bool) -> WholeArticlesResult:
        """Send what is new, and remove what is not asked about any more, where nobody has worked in it."""
        page = page_of_articles(self._project)
        find = find_project_for if dry_run else open_project_for
        remote = find(self._studio, self._project, page)
        number = remote.number if remote else None
        tasks = {name: self._asked.task(name) for name in wanted}
        sent = self._list_sent(number)
        answered = {each.article for each in sent if each.is_answered}
        waiting = [each for each in sent if not each.is_answered]
        same = {each.article: each for each in reversed(waiting) if _is_as_sent(each, tasks)}
        # Of what is named now, and of all that is open: what was named once is asked about no more.
        staying = {each.task for each in same.values()}
        staying |= {each.task for each in waiting if each.article in self._asked.open and each.article not in tasks}
        superfluous = [each for each in waiting if each.task not in staying]
        removed = self._remove(number, superfluous, dry_run=dry_run)
        begun = {each.article for each in superfluous if each.task not in removed}
        new = [name for name in tasks if name not in answered | same.keys() | begun]
        if number is not None and not dry_run:
            self._send(number, [tasks[name] for name in new], progress)
            self._studio.arrange_list(number, (*TECHNICAL, *SHOWN_ABOVE))
            self._mend_versions(number, tasks)
        renewed = {each.article for each in superfluous if each.task in removed} & {*new}
        return WholeArticlesResult(
            url=f"{self._studio.url}/projects/{number}/data" if number is not None else "",
            articles=len(tasks),
            new=len(new) - len(renewed),
            same=len(same),
            renewed=len(renewed),
            answered=len(answered & tasks.keys()),
            begun=len(begun),
            removed=len(removed) - len(renewed),
            without_account=list_without_account(self._project, self._studio),
        )

    def _list_sent(self, number: int | None) -> list[_SentArticle]:
        rows = self._studio.list_tasks(number, _LISTED) if number is not None else ()
        return sorted(
            (
                _SentArticle(row["id"], *known, bool(row["total_annotations"]))
                for row in rows
                if (known := whole_article_of(row["data"]))
            ),
            key=lambda each: each.task,
        )

    def _remove(self, number: int | None, sent: Sequence[_SentArticle], *, dry_run: bool) -> set[int]:
        numbers = [each.task for each in sent]
        # Whatever somebody answers or begins in between stays.
        return {*numbers} if dry_run or number is None else {*self._studio.remove_empty(number, numbers)}

    def _send(self, number: int, tasks: Sequence[Json], progress: Callable[[int, int], None]) -> None:
        done = 0
        progress(0, len(tasks))
        for batch in split_batches(map(canonical_json, tasks), len, MOST_TASKS, MOST_BYTES):
            self._studio.import_written(number, batch)
            done += len(batch)
            progress(done, len(tasks))

    def _mend_versions(self, number: int, tasks: Mapping[str, Json]) -> None:
        """See that each task has all versions, and that the page begins with what is agreed.

        On SQLite an import may lose some, when its database is locked.
        """
        there = {*self._studio.list_suggestions(number)}
        rows = [
            canonical_json({"task": each.task, **prediction})
            for each in self._list_sent(number)
            if each.article in tasks and _is_as_sent(each, tasks)
            for prediction in _predictions_of(tasks[each.article])
            if (each.task, str(prediction["model_version"]), digest_result(prediction["result"])) not in there
        ]
        for batch in split_batches(rows, len, MOST_TASKS, MOST_BYTES):
            self._studio.import_suggestions(number, batch)
        remote = self._studio.project(number)
        if tasks and remote and remote.shown != AGREED:
            self._studio.show_suggestions(number, AGREED)


def page_of_articles(project: Project) -> FurtherPage:
    """The page of whole articles."""
    purpose = "The articles in which the readers of {} differ, each as a whole, for adjudicators."
    config, instruction = article_config(project.schema).strip(), article_instruction(project.schema)
    return FurtherPage("articles", purpose, config, instruction)


def _is_as_sent(sent: _SentArticle, tasks: Mapping[str, Json]) -> bool:
    task = tasks.get(sent.article)
    data = task["data"] if task else None
    return isinstance(data, dict) and whole_article_of(data) == (sent.article, sent.state)


def _predictions_of(task: Json) -> list[Json]:
    found = task["predictions"]
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
