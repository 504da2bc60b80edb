"""Two rounds of the loop in a real page: the order that was planned, and the tab of the model that suggested."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from envoys import annotated_article
from page_steps import Desk, open_browser, open_desk
from team import PHRASE, gather_team

from labeling.learning.learn import learn
from labeling.learning.turn import LearnOptions
from labeling.project import LearningSection, TrainSection, load_project, shipped_config
from labeling.studio.format.span_sources import sources_of
from labeling.studio.format.tasks import result_of
from labeling.workspace.journal import load_journal

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]
ROOT = Path(__file__).parents[2]
WORDS = {article.id: (article, said) for article, said in map(annotated_article, range(16))}
READ = 10  # of these, before there is a model
OPTIONS = LearnOptions(steps=100, verdict=False, log=io.StringIO())


@dataclass
class Loop:
    """A project whose rounds are trained by a config of another name each: so its models are told apart in a tab."""

    project: Project
    server: Credentials

    def learn(self, config: Path) -> list[str]:
        """A round, and which articles it wants read, the first one first."""
        section = LearningSection(stream=0.6, unassisted=0, config=str(config))
        parts = {"learning": section, "train": TrainSection(vectors="")}
        project = replace(self.project, file=self.project.file.model_copy(update=parts))
        learn(project, server=self.server, options=OPTIONS)
        return [row.article for row in self.project.workspace.queue.rows()]

    @property
    def tasks(self) -> dict[str, int]:
        """The number of each article's task."""
        return {row.article: row.task or 0 for row in load_journal(self.project.workspace.pushed.path).values()}


def test_the_page_has_the_order_of_each_round_and_the_tab_of_its_model(studio: Credentials, tmp_path: Path) -> None:
    """Where somebody had begun, the tab stays what it was; all others have the second model's, and no other."""
    small = shipped_config("ner.cfg").read_text(encoding="utf-8")
    for much, little in (("width = 96", "width = 16"), ("depth = 4", "depth = 1"), ("size = 2000", "size = 100")):
        small = small.replace(much, little)
    first, second = tmp_path / "eins.cfg", tmp_path / "zwei.cfg"
    for path in (first, second):
        path.write_text(small, encoding="utf-8")
    loop = Loop(load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace"), studio)
    loop.project.workspace.articles.write([article for article, _ in WORDS.values()])

    with gather_team(studio) as team, open_browser() as browser:
        reader, read = team.reader("rounds-in-page"), loop.learn(first)[:READ]
        for name in read:
            article, said = WORDS[name]
            reader.submit(loop.tasks[name], *result_of(said, article)).raise_for_status()
        desk = open_desk(browser, studio.url)
        desk.log_in(reader.email, PHRASE)

        queue = loop.learn(first)
        number = loop.project.workspace.studio_link.value().project
        assert not {*queue} & {*read}
        served_first = served(desk, number, 2)
        assert served_first == queue[:2]
        assert tabs(desk, number, loop.tasks[queue[2]]) == ["model:ei...:rules"]

        begun, rest = queue[2], queue[3:]
        queue = loop.learn(second)
        # The page leaves regions their ids, so that it is known whose suggestion each was.
        counts = [*loop.project.workspace.rounds.rows()][-1].actions
        assert (counts.spans_kept > 0, counts.spans_mended, counts.spans_removed, counts.spans_added) == (True, 0, 0, 0)
        kept = [one for one in loop.project.workspace.annotations.rows() if one.article in served_first]
        assert len(kept) == 2
        assert all(sources_of(span.id) for one in kept for span in one.spans)
        assert sorted(queue) == sorted([begun, *rest])
        assert tabs(desk, number, loop.tasks[begun]) == ["model:ei...:rules"]
        assert tabs(desk, number, loop.tasks[rest[-1]]) == ["model:zw...:rules"]
        assert served(desk, number, 2) == queue[:2]


def served(desk: Desk, project: int, times: int) -> list[str]:
    """The articles that the page serves, submitted as they are suggested, one after the other."""
    names = {article.text: name for name, (article, _) in WORDS.items()}
    desk.open(f"/projects/{project}/data?labeling=1")
    desk.sees_instruction()
    found = [names[desk.text().strip()]]
    for _ in range(times - 1):
        assert desk.submit() == 201
        desk.page.wait_for_function(
            "([box, text]) => !document.querySelector(box)?.innerText.includes(text)",
            arg=[".lsf-htx-richtext", WORDS[found[-1]][0].text],
        )
        desk.page.wait_for_selector(".lsf-htx-richtext")
        found.append(names[desk.text().strip()])
    assert desk.submit() == 201
    return found


def tabs(desk: Desk, project: int, task: int) -> list[str]:
    """The names in the tabs of an article that are of suggestions, as the page shortens them."""
    desk.open(f"/projects/{project}/data?task={task}")
    tab = desk.page.locator(".lsf-annotation-button", has=desk.page.locator("[class*=userpic_prediction]"))
    tab.first.wait_for()
    return tab.locator(".lsf-annotation-button__name").all_inner_texts()
