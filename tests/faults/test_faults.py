"""A seeded few of the faults that `make faults` plays at length: each ends with every promise kept."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faulty import worker_deaths
from faulty.broken import Broken
from faulty.scenarios import SCENARIOS, played
from faulty.stage import Stage

from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.pull import pull
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.studio
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server of its own, for some scenarios kill it; the same chances every time."""
    folder = tmp_path_factory.mktemp("faults")
    with run_embedded_server(Workspace(folder / "server")) as server:
        yield Stage(folder, server, random.Random(3), patience=4)  # noqa: S311 - repeatable on purpose


@pytest.mark.parametrize("name", ["push killed", "pull killed", "server killed after", "answers spoilt", "two pushes"])
def test_each_article_is_there_once_and_no_annotation_is_lost(stage: Stage, name: str) -> None:
    """The scenario itself asks the server and reads our files, and raises `Broken` at the first promise broken."""
    outcome, seconds = played(stage, name, 1)

    assert (outcome.times, seconds > 0) == (1, True)


def test_every_fault_has_a_row_in_the_page() -> None:
    """`make faults` played each as often as it is meant, in this order, and both answers were yes."""
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    page = page.partition("And attacks upon")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    played_rows = [row for row in rows if row[1].isdecimal()]

    assert [[fault, times, *answers] for fault, times, _, *answers in played_rows] == [
        *([scenario.fault, str(scenario.times), "yes", "yes"] for scenario in SCENARIOS.values()),
        [worker_deaths.FAULT, str(worker_deaths.TIMES), "yes", "yes"],
    ]


def test_a_child_that_does_not_begin_raises_with_its_output(stage: Stage) -> None:
    """Its last lines are in the error; its key is not."""
    unknown = stage.server.model_copy(update={"api_key": "0" * 40})
    other = Stage(stage.folder, unknown, random.Random(3))  # noqa: S311 - repeatable on purpose
    with pytest.raises(Broken, match=r"pull did not begin: status 1(.|\n)*does not accept the key: 401") as broken:
        other.started("pull", other.project(1))

    assert "0" * 40 not in str(broken.value)


def test_the_stage_finds_a_broken_promise(stage: Stage) -> None:
    """A task stored twice, one deleted, an annotation that did not come through: each is called by its name."""
    project = stage.project(3)
    stage.insist("push", project)
    stage.annotate_some(project, 2)
    pull(project, server=stage.server)
    stage.check_server(project)
    stage.check_files(project)

    rows = list(project.workspace.annotations.rows())
    project.workspace.annotations.write(rows[1:])
    with pytest.raises(Broken, match="1 annotations were lost"):
        stage.check_files(project)
    (task, *_) = stage.call("GET", f"/api/tasks/?project={_number(stage)}&page_size=1")["tasks"]
    stage.call("POST", f"/api/projects/{_number(stage)}/import", [{"data": task["data"]}])
    with pytest.raises(Broken, match="1 more than once"):
        stage.check_server(project)


def _number(stage: Stage) -> int:
    listed = stage.call("GET", "/api/projects/?page_size=1000")["results"]
    return max(int(each["id"]) for each in listed)
