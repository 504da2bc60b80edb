"""Conflicts settled by cards beside the same settled in whole articles, by one robot in a real Chromium.

In the whole articles, all that readers agree on is marked already, as well as a page can have it; the robot marks what
is in dispute. It neither reads nor thinks: what is compared is the way to an answer. Three conflicts are one submission
there, and three here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from card_robot import robot_at
from differing import BODY, PHRASE, STATE, Desk

from benchmarks.figures import Figure, Times
from labeling.studio.cards.push_cards import push_cards
from labeling.studio.format.labelling_config import labelling_config
from labeling.studio.format.tasks import result_of, task_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from card_robot import CardRobot

    from benchmarks.bench import Bench
    from labeling.annotations import Annotation
    from labeling.articles import Article

_ARTICLES = 4  # with three conflicts each
_KEY = {"LOCATION": "l"}


def measure(bench: Bench) -> Iterator[Figure]:
    """The seconds of a conflict by card and in a whole article; keys and clicks are a note."""
    bench.say("cards: articles on which two readers differ")
    folder = bench.folder / "cards"
    folder.mkdir()
    desk = Desk(folder, bench.server, "bench-cards", articles=_ARTICLES).prepare()
    push_cards(desk.project, server=desk.server)
    bench.say("cards: a robot settles them by cards, then in whole articles")
    with robot_at(bench.server.url, pace=1.0) as robot:
        robot.enter(desk.email("lead"), PHRASE)
        _settle_by_cards(desk, robot)
        cards = _Way(robot, conflicts=3 * _ARTICLES)
    with robot_at(bench.server.url, pace=1.0) as robot:
        robot.enter(bench.server.email, bench.server.password)
        _settle_in_articles(desk, robot)
        whole = _Way(robot, conflicts=3 * _ARTICLES)
    times = Times((cards.total,), (whole.total,))
    yield Figure("cards", "a conflict by card", "in the whole article", times, "conflicts", 3 * _ARTICLES)
    bench.notes.append(
        f"cards: a conflict takes {cards} by card, and {whole} in the whole article, where a robot's hands are as fast "
        "as the keystroke-level model has it (goals: 2 keys, a third of the time)"
    )


class _Way:
    """What a robot needed for some conflicts."""

    def __init__(self, robot: CardRobot, conflicts: int) -> None:
        self.total = sum(robot.seconds)
        self._actions, self._each = robot.actions / conflicts, self.total / conflicts
        self._page = (self.total - robot.at_hand) / conflicts

    def __str__(self) -> str:
        return f"{self._actions:.1f} keys and clicks and {self._each:.2f} s ({self._page:.2f} s of them the page's)"


def _settle_by_cards(desk: Desk, robot: CardRobot) -> None:
    robot.open(desk.number)
    while not robot.is_done:
        robot.answer("1")


def _settle_in_articles(desk: Desk, robot: CardRobot) -> None:
    """In a project of its own, whose tasks begin with what both readers say."""
    with httpx.Client(
        base_url=desk.server.url,
        headers={"Authorization": f"Token {desk.server.api_key}"},
        timeout=60,
        trust_env=False,
    ) as calls:
        page = {"title": "whole articles", "label_config": labelling_config(desk.project.schema)}
        project = int(calls.post("/api/projects", json=page).raise_for_status().json()["id"])
        articles = list(desk.project.workspace.articles.rows())
        tasks = [task_of(each) | {"predictions": [_agreed(desk, each)]} for each in articles]
        calls.post(f"/api/projects/{project}/import", json=tasks).raise_for_status()
    robot.open(project)
    for article in articles:
        where = next(span for span in desk.said("one", article).spans if span.label == "LOCATION")
        words = article.text[where.start : where.end]
        robot.settle_article(article.text, (_KEY["LOCATION"], words), (BODY, STATE), "PART_OF", "2")


def _agreed(desk: Desk, article: Article) -> dict[str, object]:
    said: Annotation = desk.said("one", article)
    agreed = said.model_copy(update={"spans": said.spans[:3], "relations": (), "choices": {}})
    return {"model_version": "agreed", "result": result_of(agreed, article)}
