"""``labeling push``: articles and suggestions -> tasks; ``studio.json`` and ``pushed.jsonl`` say where they are."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.reprints.annotate_once import find_waiting_reprints, put_leads_first
from labeling.studio.sync.combined_suggestions import combine_suggestions
from labeling.verbs.options import REFUSED, Project, json_option, show, wait_option, with_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.articles import Article
    from labeling.errors import StaleTask
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.push_plan import SuggestionsByArticle
    from labeling.workspace.rows.server_state import PushedTask, TextKey
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class PushResult:
    """What became of the articles: ``new`` there, with a new text (``versions``), the ``same`` as there, or refused.

    ``waiting`` counts reprints that are held back until their story has been annotated once. ``refused`` has an error
    for each article that was not sent, its ``where`` is the id. ``suggestions`` were sent this time; ``removed`` counts
    tasks nobody had said anything in that stood there twice or with an old text. ``url`` is the project's page,
    ``project`` its number.
    """

    url: str
    project: int
    new: int
    versions: int
    same: int
    suggestions: int
    removed: int
    refused: tuple[StaleTask, ...]
    waiting: int = 0


@dataclass(frozen=True)
class Forecast:
    """What a push would do: the ids of articles that are new there, the same, changed or gone; and suggestions sent.

    ``replaced`` are the models whose suggestions would be removed and sent anew; ``page`` says whether the labelling
    page would change.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    suggestions: int
    replaced: tuple[str, ...]
    page: bool


@dataclass(frozen=True)
class Pace:
    """How a push waits: ``wait`` seconds for another command in this workspace.

    And ``patience`` seconds for a request that may still be at work on the server because its answer was lost; ``say``
    is told, in a sentence, what is asked of the server then.
    """

    wait: float = 0.0
    patience: float = 30.0
    say: Callable[[str], None] = lambda _sentence: None


def push(
    project: Project,
    *,
    server: Credentials | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    new_versions: bool = False,
    pace: Pace = Pace(),
) -> PushResult:
    """Bring every article of the workspace to Label Studio, exactly once: the fullest of each story first.

    The project is made at the first push. A second push adds nothing. Suggestions go along as predictions; what a model
    says there later or otherwise is sent as well, in place of what it said before. With ``annotate_once`` in the
    project file, a reprint waits until its story has been annotated and `carry_gold` has brought that to it.

    Args:
        project: Which articles, and the schema that the page shows.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        progress: Told how many of the new articles have arrived, and of how many.
        new_versions: Send articles whose text has changed as new tasks, in place of refusing them.
        pace: How to wait.

    Raises:
        MissingInput: Nothing was ingested; or not clustered, where the project file says ``annotate_once``.
        WorkspaceBusy: Another command is writing here.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        SchemaInUse: The schema lost something that annotations there bear.
        StudioError: The server did not do what was asked; run it again, it goes on where it ended.
    """
    from labeling.studio.api.connect import connect
    from labeling.studio.sync.project_link import prepare_project
    from labeling.studio.sync.push_delivery import ProjectPush

    workspace = project.workspace
    with workspace.opened(pace.wait):
        articles, waits = _queue_articles(project)
        suggested = _read_suggestions(workspace, articles)
        with connect(workspace, server) as studio:
            remote = prepare_project(studio, project)
            delivery = ProjectPush(studio, remote, workspace.pushed.path, pace.patience, pace.say)
            delivered = delivery.run(articles, suggested, progress, new_versions=new_versions)
            brought = delivered.new + delivered.versions + len(delivered.refused)
            return PushResult(
                url=f"{studio.url}/projects/{remote.number}/data",
                project=remote.number,
                new=delivered.new,
                versions=delivered.versions,
                same=len(articles) - brought,
                suggestions=delivered.suggested,
                removed=delivered.removed,
                refused=delivered.refused,
                waiting=waits,
            )


def forecast(project: Project, *, server: Credentials | None = None, pace: Pace = Pace()) -> Forecast:
    """Say what `push` would do, and send nothing; the server is only asked.

    Raises:
        SchemaInUse: As `push` would.
        StudioError: The same.
    """
    from labeling.studio.api.connect import connect
    from labeling.studio.sync.project_link import preview_project
    from labeling.studio.sync.push_delivery import ProjectPush
    from labeling.studio.sync.push_plan import plan_push, plan_suggestions, suggestions_of_model

    workspace = project.workspace
    with workspace.opened(pace.wait):
        articles, _ = _queue_articles(project)
        suggested = _read_suggestions(workspace, articles)
        with connect(workspace, server) as studio:
            remote, page = preview_project(studio, project)
            known: dict[TextKey, PushedTask] = {}
            plan = plan_push(articles, known)
            if remote:
                plan, known = ProjectPush(studio, remote, workspace.pushed.path, pace.patience, pace.say).plan(articles)
    later = plan_suggestions(plan.same, suggested, known)
    models = sorted({model for said in suggested.values() for model in said})
    along = sum(len(suggestions_of_model(model, plan.new, suggested)) for model in models)
    return Forecast(
        new=tuple(article.id for article in plan.new),
        same=tuple(article.id for article in plan.same),
        changed=tuple(article.id for article, _ in plan.changed),
        gone=plan.gone,
        suggestions=along + sum(len(wording.words) for wording in later),
        replaced=tuple(wording.model for wording in later if wording.replaced),
        page=page,
    )


@click.command("push")
@click.option("--dry-run", is_flag=True, help="Only say what is new there, the same, changed or gone.")
@click.option("--new-version", is_flag=True, help="Send an article whose text has changed as a further task.")
@wait_option
@json_option
@with_project
def push_cli(project: Project, *, dry_run: bool, new_version: bool, wait: float, as_json: bool) -> int:
    r"""Bring all articles to Label Studio, with the suggestions for them.

    The server is the one in LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, else the embedded one. Run it as often as you
    like: what is there already is not sent again, and an article whose task shows another text is never overwritten.
    After `labeling cluster` the fullest article of each story comes first, its reprints last; with `annotate_once`
    under [reprints] in the project file they wait until `labeling carry` has brought them what was said of it.
    After a crash or a lost answer, run it again: it asks the server what has arrived, and goes on from there.

    \b
    Example:
      labeling serve --detach
      labeling ingest articles/ && labeling suggest && labeling push
      labeling push --dry-run --json | jq .changed
    """
    pace = Pace(wait=wait, say=lambda sentence: click.echo(sentence, err=True))
    if dry_run:
        return _print_forecast(forecast(project, pace=pace), as_json=as_json)
    summary = push(project, progress=_show_progress, new_versions=new_version, pace=pace)
    for refused in summary.refused:
        click.echo(f"Refused: {refused}", err=True)
    for todo in sorted({refused.todo for refused in summary.refused}):
        click.echo(f"  -> {todo}", err=True)
    if summary.waiting:
        click.echo(f"Reprints that wait until their story has been annotated: {summary.waiting}", err=True)
        click.echo("  -> `labeling pull && labeling carry && labeling push` brings those whose time has come", err=True)
    show(
        {**asdict(summary), "refused": _errors_for_json(summary.refused) if as_json else len(summary.refused)},
        as_json=as_json,
    )
    return REFUSED if summary.refused else 0


def _errors_for_json(refused: Sequence[StaleTask]) -> list[dict[str, str]]:
    """Errors as a program reads them: the name in the tree of errors, the place, the sentence, the way out."""
    return [{"error": type(one).__name__, "where": one.where, "why": str(one), "todo": one.todo} for one in refused]


def _print_forecast(foreseen: Forecast, *, as_json: bool) -> int:
    table = asdict(foreseen)
    if not as_json:
        for name in ("new", "changed", "gone"):
            for article in table[name]:
                click.echo(f"{name}: {article}", err=True)
        table |= {name: len(table[name]) for name in ("new", "same", "changed", "gone")}
        table |= {"replaced": ", ".join(foreseen.replaced) or "nothing", "page": "changes" if foreseen.page else "same"}
    show(table, as_json=as_json)
    return REFUSED if foreseen.changed else 0


def _queue_articles(project: Project) -> tuple[list[Article], int]:
    """The articles to be sent in their order, and how many wait for their story."""
    from labeling.workspace import journal

    workspace, once = project.workspace, project.file.reprints.annotate_once
    articles = list(workspace.articles.rows())
    clusters = list(workspace.clusters.rows()) if once else list(workspace.clusters.rows_if_written())
    held = find_waiting_reprints(clusters, list(workspace.projected.rows_if_written())) if once else set[str]()
    held -= {row.article for row in journal.load_journal(workspace.pushed.path).values()}
    ready = [article for article in put_leads_first(articles, clusters) if article.id not in held]
    return ready, len(articles) - len(ready)


def _read_suggestions(workspace: Workspace, articles: Sequence[Article]) -> SuggestionsByArticle:
    """What models say of the articles as they are, by article and model; the later of two words of one model.

    Where something was carried to an article, all articles have one word each, for the page shows one model's only.
    """
    digests = {article.id: article.digest for article in articles}
    suggested: SuggestionsByArticle = {}
    for said in list(workspace.suggestions.rows_if_written()):
        if digests.get(said.article) == said.digest:
            suggested.setdefault(said.article, {})[said.annotator] = said
    carried = [row for row in list(workspace.projected.rows_if_written()) if digests.get(row.article) == row.digest]
    return combine_suggestions(suggested, carried) if any(row.spans for row in carried) else suggested


def _show_progress(done: int, total: int) -> None:
    """A line on stderr that moves at a terminal, and stands there once elsewhere."""
    moving = sys.stderr.isatty()
    if total and (moving or done == total):
        click.echo(f"{chr(13) if moving else ''}{done} of {total} new articles sent", err=True, nl=done == total)
