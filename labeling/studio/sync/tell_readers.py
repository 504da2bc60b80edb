"""Readers learn what was decided on their articles: by a page of the layer, elsewhere by ``decided.html``."""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING, Any

from labeling.adjudication.adjudicate import read_addresses, read_adjudication_rules
from labeling.studio.cards.told_decisions import tell_decisions
from labeling.studio.sync.closed_plan import list_adjudicators
from labeling.workspace.asking import parse_instant
from labeling.workspace.storage import write_text
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.studio.api.layer import Layer
    from labeling.studio.cards.told_decisions import ToldDecision

_LONGEST = 2000  # characters of what is told at once
_TITLE = "What was decided on your articles"


def tell_readers(
    project: Project, layer: Layer | None, number: int, people: Collection[str], tasks: Mapping[str, int]
) -> None:
    """Tell everybody what was decided on the articles that they have submitted.

    Args:
        project: Whose decisions.
        layer: The layer of the server; without one that tells readers, a file is written for whoever passes it on.
        number: The project's number.
        people: The addresses of those whom the layer knows.
        tasks: The task of each article.

    Raises:
        StudioError: The server did not do what was asked.
        NoRoom: The disk is full.
    """
    workspace = project.workspace
    told = [*_list_told(project)] if workspace.decisions.exists() or list_adjudicators(project) else []
    articles = workspace.articles.by("id")
    if layer and layer.tells and people:
        rows = [_sent_row(each, articles[each.article], tasks) for each in told if each.email in people]
        layer.bring_decided(number, [row for row in rows if row["task"]])
        told = []
    if told:
        write_text(workspace.decided_page, render_decided(told, articles, list_task_urls(workspace)))
    else:
        workspace.decided_page.unlink(missing_ok=True)


def _list_told(project: Project) -> Iterator[ToldDecision]:
    workspace = project.workspace
    said, articles = workspace.annotations.grouped_by("article"), workspace.articles.by("id")
    rules, find_address = read_adjudication_rules(project), read_addresses(project).find
    return tell_decisions(workspace.annotations.rows_if_written, said, articles, rules, find_address)


def _sent_row(told: ToldDecision, article: Article, tasks: Mapping[str, int]) -> dict[str, Any]:
    at = parse_instant(told.at).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    needed = {"article": article.title.strip() or article.id, "own": told.own, "stands": told.stands}
    optional = {"words": told.words, "why": told.why}
    shown = {name: words[:_LONGEST] for name, words in (needed | optional).items() if words.strip()}
    return {"task": tasks.get(told.article, 0), "email": told.email, "at": at, **shown}


def render_decided(told: Collection[ToldDecision], articles: Mapping[str, Article], urls: Mapping[str, str]) -> str:
    """A list for each reader, who is to get no other's."""
    parts = ["<!doctype html>", '<meta charset="utf-8">', f"<title>{_TITLE}</title>"]
    by_reader: dict[str, list[ToldDecision]] = {}
    for each in told:
        by_reader.setdefault(each.reader, []).append(each)
    for reader, own in sorted(by_reader.items()):
        parts += [f"<h2>{html.escape(reader)}</h2>", "<ul>"]
        ordered = sorted(own, key=lambda each: parse_instant(each.at), reverse=True)
        parts += [*(_render_told(each, articles[each.article], urls) for each in ordered), "</ul>"]
    return "\n".join([*parts, ""])


def _render_told(told: ToldDecision, article: Article, urls: Mapping[str, str]) -> str:
    def show(text: str) -> str:
        # Each part runs in its own direction, whatever stands beside it.
        return f"<bdi>{html.escape(text)}</bdi>"

    name = show(article.title.strip() or article.id)
    if told.article in urls:
        name = f'<a href="{html.escape(urls[told.article])}">{name}</a>'
    words = f": {show(told.words)}" if told.words else ""
    why = f"<br>Why: {html.escape(told.why)}" if told.why else ""
    at = f"{parse_instant(told.at).astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"<li>{name}{words}<br>Yours: {show(told.own)}<br>What stands: {show(told.stands)}{why}"
        f"<br><small>{at}</small></li>"
    )
