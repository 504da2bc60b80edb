"""``labeling cards``: open conflicts -> cards on the server, for adjudicators; ``pull`` brings their answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from labeling.errors import UsageError
from labeling.studio.cards.card_notes import CardNotes
from labeling.studio.cards.push_articles import push_articles
from labeling.studio.cards.push_cards import push_cards
from labeling.verbs.options import (
    json_option,
    show,
    tell,
    tell_of_accounts,
    tell_of_answers,
    tell_sent,
    wait_option,
    with_project,
)
from labeling.workspace.custody import refuse_altered

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("cards")
@click.argument("names", nargs=-1, metavar="[ARTICLE]...")
@click.option(
    "--articles",
    "mode",
    flag_value="articles",
    default="",
    help="Put articles as a whole: those with open conflicts, or these.",
)
@click.option(
    "--precedents", "mode", flag_value="precedents", help="Only list what was decided otherwise, or without guidelines."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be sent, changed and removed.")
@wait_option
@json_option
@with_project
def cards_cli(project: Project, *, names: tuple[str, ...], mode: str, dry_run: bool, wait: float, as_json: bool) -> int:
    r"""Put open conflicts to the adjudicators, one question a card.

    The cards are a second project on the server, "<name>: cards". On a server of ours only its owner and the
    adjudicators of the project file see it. Elsewhere every user does: what anybody else answers decides nothing.

    A card shows two hundred characters around what is in dispute, what each version marks there (A, B, ..., and not
    whose it is), the definitions, and the nearest decisions of before. The keys are the same on every card: 1, 2, ...
    for a version, 8 for all together, 9 for nothing, 0 where the whole article has to be read; then, if you like, s for
    a slip, g for silent guidelines, a for an ambiguous text; then Ctrl+Enter, and the next card comes by itself.

    Run it as often as you like: what is there is not sent again, and cards of conflicts that are no more are removed,
    unless somebody has answered them. Cards of `labeling doubts` stay while gold is as it was when they
    were sent. `labeling pull` brings the answers, `labeling adjudicate` makes them gold.

    The nearest decisions are up to three on the same labels that have a word in common, each with its reason, by whom,
    when and where. Questions that were decided otherwise in the same words are counted, and so is what was decided
    where the guidelines are silent. With --precedents nothing is sent, and both are listed.

    With --articles, what cannot be told from a card is put as a whole article, in a third project, "<name>: articles":
    the page begins with what all agree on, what readers differ in is marked and listed, and each reader's version is a
    tab with their name. What an adjudicator submits there is what stands in that article; a draft decides nothing.
    Without the ids of articles it sends all with open conflicts. One that nobody has begun is removed when it is not
    asked about any more, and sent anew when readers say something else.

    \b
    Example:
      labeling pull && labeling adjudicate && labeling cards
      labeling cards --articles wire/0412
      labeling cards --precedents
      labeling cards --dry-run --json | jq .new
      labeling pull && labeling adjudicate
    """
    if names and mode != "articles":
        raise UsageError("articles are named, and conflicts would be sent", todo="add --articles", where=names[0])
    if mode == "precedents":
        return _list_precedents(project, as_json=as_json)
    if mode == "articles":
        return _put_articles(project, names, dry_run=dry_run, wait=wait, as_json=as_json)
    result = push_cards(project, progress=tell_sent, wait=wait, dry_run=dry_run)
    told = {} if as_json else {"contradictions": len(result.contradictions), "silent": len(result.silent)}
    _show_counts(asdict(result) | told, result.without_account, as_json=as_json)
    if result.contradictions:
        tell("Decided otherwise in the same words: `labeling cards --precedents` lists them", err=True)
    tell_of_answers(result.answered)
    return 0


def _list_precedents(project: Project, *, as_json: bool) -> int:
    workspace = project.workspace
    reads = (workspace.decisions, workspace.annotations, workspace.asked, workspace.imported, workspace.articles)
    refuse_altered(workspace, "cards", reads)
    notes = CardNotes(project, {})
    contradictions, silent = notes.list_contradictions(), notes.list_silent()
    if as_json:
        show({"contradictions": contradictions, "silent": silent}, as_json=True)
        return 0
    tell("\n  ".join([f"Decided otherwise in the same words: {len(contradictions)}", *contradictions]))
    tell("\n  ".join([f"Decided where the guidelines are silent: {len(silent)}", *silent]))
    return 0


def _put_articles(project: Project, names: tuple[str, ...], *, dry_run: bool, wait: float, as_json: bool) -> int:
    result = push_articles(project, names, progress=tell_sent, wait=wait, dry_run=dry_run)
    _show_counts(asdict(result), result.without_account, as_json=as_json)
    if result.begun:
        tell(f"Begun by somebody, and left as they are though readers say something else: {result.begun}", err=True)
    return 0


def _show_counts(table: dict[str, Any], without_account: tuple[str, ...], *, as_json: bool) -> None:
    show(table if as_json else table | {"without_account": len(without_account)}, as_json=as_json)
    tell_of_accounts(without_account)
