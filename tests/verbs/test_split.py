"""`labeling split`: places are remembered between runs, and clusters decide what belongs together."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Gold
from labeling.cli import cli
from labeling.errors import LeakError, MissingInput, ProjectFileError
from labeling.project import Project, load_project, shipped_config
from labeling.splits.split import split
from labeling.workspace.rows.passage import ClusterRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def annotated(project: Project, texts: Sequence[str], *, unusable: Sequence[int] = ()) -> None:
    """Write articles with these texts, numbered, and gold for all of them."""
    articles = [made.article(f"a{n:02}", text) for n, text in enumerate(texts)]
    project.workspace.articles.write(articles)
    gold = [
        Gold(article=each.id, digest=each.digest, complete=True, usable=n not in unusable)
        for n, each in enumerate(articles)
    ]
    project.workspace.gold.write(gold)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with twenty gold articles of different text."""
    project = load_project(workspace=tmp_path)
    annotated(project, [f"text {n}" for n in range(20)])
    return project


def assigned(project: Project) -> dict[str, str | None]:
    """Article to split, as written."""
    return {row.article: row.split for row in project.workspace.splits.rows()}


@pytest.mark.usefixtures("written_by_hand")
def test_assignments_are_remembered(project: Project) -> None:
    """More articles come, one of them a reprint: the old ones stay, the reprint follows its original."""
    summary = split(project)
    first = assigned(project)
    annotated(project, [f"text {n}" for n in range(20)] + ["text 3", "text 20"])
    again = split(project)

    assert (summary.train, summary.dev, summary.test, summary.new) == (14, 3, 3, 20)
    assert first.items() <= assigned(project).items()
    assert assigned(project)["a20"] == first["a03"]
    assert (again.new, again.leak_groups) == (2, 21)


def test_a_rerun_writes_the_same_bytes(project: Project) -> None:
    """Splitting twice changes no byte."""
    split(project)
    before = project.workspace.splits.path.read_bytes()

    split(project)

    assert project.workspace.splits.path.read_bytes() == before


def test_unusable_articles_have_no_place(project: Project) -> None:
    """What annotators ruled out is in no split."""
    annotated(project, ["one", "two"], unusable=[1])

    split(project)

    assert list(assigned(project)) == ["a00"]


def test_leak_groups_come_from_clusters_if_written(project: Project) -> None:
    """Leak groups of clusters.jsonl keep articles together whose texts differ."""
    rows = [ClusterRow(article=f"a{n:02}", story=f"s{n}", leak_group=f"g{n // 10}", lead=True) for n in range(20)]
    project.workspace.clusters.write(rows)

    summary = split(project)

    assert summary.leak_groups == 2
    assert len({assigned(project)[f"a{n:02}"] for n in range(10)}) == 1


def test_clusters_must_know_every_article(project: Project) -> None:
    """An article that came after `cluster` has no known leak group: refused, with the verb to run."""
    project.workspace.clusters.write([ClusterRow(article="a00", story="s", leak_group="g", lead=True)])

    with pytest.raises(MissingInput, match="does not know 19 articles, the first is 'a01'") as refusal:
        split(project)

    assert "labeling cluster" in refusal.value.todo


def test_a_leak_is_refused_and_nothing_written(project: Project) -> None:
    """When clusters join articles of two splits, the verb fails and splits.jsonl stays as it was."""
    split(project)
    before = project.workspace.splits.path.read_bytes()
    rows = [ClusterRow(article=f"a{n:02}", story="s", leak_group="g", lead=True) for n in range(20)]
    project.workspace.clusters.write(rows)

    with pytest.raises(LeakError, match="are in different splits"):
        split(project)

    assert project.workspace.splits.path.read_bytes() == before


def test_split_by_date(project: Project) -> None:
    """Ten articles of each of two days and none of a third: dev begins with the second day, and test stays empty."""
    articles = [
        article.model_copy(update={"published": f"2024-01-0{1 + number // 10}"})
        for number, article in enumerate(project.workspace.articles.rows())
    ]
    project.workspace.articles.write(articles)
    by_date = project.file.splits.model_copy(update={"dev_from": "2024-01-02", "test_from": "2024-01-03"})
    dated = dataclasses.replace(project, file=project.file.model_copy(update={"splits": by_date}))

    summary = split(dated)

    assert (summary.train, summary.dev, summary.test, summary.left_out) == (10, 10, 0, 0)
    assert {name for name, where in assigned(dated).items() if where == "dev"} == {f"a{n}" for n in range(10, 20)}


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ({"dev_from": "2024-01-02"}, "both days, the first no later, or both are empty"),
        ({"dev_from": "2024-01-03", "test_from": "2024-01-02"}, "the first no later"),
        ({"dev_from": "2024-01-02", "test_from": "2024-02-30"}, "day"),
        ({"dev_from": "2 January", "test_from": "2024-02-01"}, "splits.dev_from"),
    ],
)
def test_impossible_days_are_refused(tmp_path: Path, days: dict[str, str], fault: str) -> None:
    """Half a pair of days, days in the wrong order, and what is not a day are refused, with the key."""
    text = shipped_config("diplomatic.toml").read_text(encoding="utf-8")
    for key, day in days.items():
        text = text.replace(f'{key} = ""', f'{key} = "{day}"')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ProjectFileError, match="splits") as refusal:
        load_project(tmp_path / "mine.toml")
    assert fault in str(refusal.value)


@pytest.mark.usefixtures("written_by_hand")
def test_command_reports_articles_left_out(project: Project) -> None:
    """A bridge is counted on stdout; where its reason is found is reported on stderr."""
    split(project)
    annotated(project, [f"text {n}" for n in range(21)])
    rows = [ClusterRow(article=f"a{n:02}", story="s", leak_group="g", lead=True) for n in range(21)]
    project.workspace.clusters.write(rows)

    result = CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "split", "--json"], standalone_mode=False
    )

    assert json.loads(result.stdout)["left_out"] == 1
    assert "Articles left out of all splits: 1" in result.stderr


def test_command_warns_when_cluster_has_not_run(project: Project) -> None:
    """Before `cluster` only identical texts make a leak group: intervals would take reprints for news."""
    row = ClusterRow(article="a00", story="s", leak_group="g", lead=True)
    warned = []
    for rows in ([], [row.model_copy(update={"article": f"a{n:02}", "leak_group": f"g{n}"}) for n in range(20)]):
        if rows:
            project.workspace.clusters.write(rows)
        command = ["--workspace", str(project.workspace.root), "split"]
        warned.append("run `labeling cluster`" in CliRunner().invoke(cli, command, standalone_mode=False).stderr)

    assert warned == [True, False]
