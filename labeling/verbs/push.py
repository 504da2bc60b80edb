"""``labeling push``: articles and suggestions -> tasks; ``studio.json`` and ``pushed.jsonl`` record where they are."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from labeling.studio.sync.push import Forecast, Pace, forecast, push
from labeling.verbs.options import REFUSED, json_option, show, tell, tell_first, tell_sent, wait_option, with_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.errors import StudioError
    from labeling.project import Project
    from labeling.studio.sync.push_queue import ImportedAs

# Shown where there is something to show.
_SELDOM = ("ask_again", "imported", "imported_there", "strangers")


@click.command("push")
@click.option("--dry-run", is_flag=True, help="Only say what is new there, the same, changed or gone.")
@click.option("--new-version", is_flag=True, help="Send an article whose text has changed as a further task.")
@click.option(
    "--imported",
    type=click.Choice(["suggestions", "annotations"]),
    help="Bring imported annotations: as suggestions by whoever made them, or as their annotations.",
)
@wait_option
@json_option
@with_project
def push_cli(
    project: Project, *, dry_run: bool, new_version: bool, imported: ImportedAs | None, wait: float, as_json: bool
) -> int:
    r"""Bring all articles to Label Studio, with the suggestions for them.

    The server is the one in LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, else the embedded one. Run it as often as you
    like: what is there already is not sent again, and an article whose task shows another text is never overwritten.
    After `labeling cluster` the fullest article of each story comes first, its reprints last; with `annotate_once`
    under [reprints] in the project file they wait until `labeling carry` has brought them its annotations.
    When the project file has a new label, or splits one, all who submitted before are listed in ask-again.html. What
    was decided on the articles of readers is brought to their page of a server of ours; elsewhere it is in
    decided.html.
    With [learning] in the project file, or `model = "latest"` under [suggest], all sources are joined in one suggestion
    an article, the surer kind first: what was carried, trained models, zero-shot, a pipeline, rules. Each span names
    its sources by its id, offered.jsonl has them all. What is superseded goes where nobody has begun the article, and
    is kept elsewhere; articles that queue.jsonl has as unassisted are suggested nothing.
    Imported annotations reach the page with --imported: as suggestions, signed by whoever made them, or as annotations
    of these people, who need an account there; `labeling pull` then puts what is there in the place of what was
    imported. Nobody's words are put down to somebody else.
    After a crash or a lost answer, run it again: it asks the server what has arrived, and goes on from there.

    \b
    Example:
      labeling serve --detach
      labeling ingest articles/ && labeling suggest && labeling push
      labeling import brat old/ --annotator ana && labeling push --imported annotations
      labeling push --dry-run --json | jq .changed
    """
    pace = Pace(wait=wait, say=lambda sentence: tell(sentence, err=True))
    if dry_run:
        return _print_forecast(forecast(project, imported=imported or "nothing", pace=pace), as_json=as_json)
    sent = partial(tell_sent, what=" new articles")
    summary = push(project, progress=sent, new_versions=new_version, imported=imported or "nothing", pace=pace)
    _print_refusals(summary.refused)
    if summary.waiting:
        tell(f"Reprints that wait until their story has been annotated: {summary.waiting}", err=True)
        tell("  -> `labeling pull && labeling carry && labeling push` brings those whose time has come", err=True)
    if summary.ask_again:
        tell(f"To be asked again, for they submitted before something was asked for: {summary.ask_again}", err=True)
        tell(f"  -> they are listed, with links, in {project.workspace.ask_again_page}", err=True)
    table = {name: value for name, value in asdict(summary).items() if name not in _SELDOM or value}
    show(
        {**table, "refused": _errors_for_json(summary.refused) if as_json else len(summary.refused)},
        as_json=as_json,
    )
    return REFUSED if summary.refused else 0


def _print_refusals(refused: Sequence[StudioError]) -> None:
    tell_first([f"Refused: {one}" for one in refused])
    # Each way out once, however many articles were refused for the same reason.
    tell_first([f"  -> {todo}" for todo in sorted({one.todo for one in refused})])


def _errors_for_json(refused: Sequence[StudioError]) -> list[dict[str, str]]:
    """Errors as a program reads them: the name in the tree of errors, the place, the sentence, the way out."""
    return [{"error": type(one).__name__, "where": one.where, "why": str(one), "todo": one.todo} for one in refused]


def _print_forecast(foreseen: Forecast, *, as_json: bool) -> int:
    _print_refusals(foreseen.strangers)
    table = {name: value for name, value in asdict(foreseen).items() if name not in _SELDOM or value}
    if "strangers" in table:
        table["strangers"] = _errors_for_json(foreseen.strangers) if as_json else len(foreseen.strangers)
    if not as_json:
        for name in ("new", "changed", "gone"):
            tell_first([f"{name}: {article}" for article in table[name]])
        table |= {name: len(table[name]) for name in ("new", "same", "changed", "gone")}
        table |= {"replaced": ", ".join(foreseen.replaced) or "nothing", "page": "changes" if foreseen.page else "same"}
    show(table, as_json=as_json)
    return REFUSED if foreseen.changed or foreseen.strangers else 0
