"""`labeling cluster`: files in, files out, the same bytes on every run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Gold, GoldSpan
from labeling.cli import cli
from labeling.errors import DamagedFile, LeakError, MissingInput
from labeling.passages.cluster import ClusterResult, cluster
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = " ".join(f"release{n}" for n in range(30))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace with two reprints and two other articles."""
    project = load_project(workspace=tmp_path)
    texts = [f"one {RELEASE}", f"two {RELEASE} more", "something else", "nothing of the kind"]
    rows = [made.article(f"a{n}", text) for n, text in enumerate(texts)]
    project.workspace.articles.write(rows)
    return project


def test_cluster_writes_passages_stories_and_leak_groups(project: Project) -> None:
    """One passage of thirty words, one story of two articles led by the fuller; the result counts them."""
    summary = cluster(project)
    (passage,) = project.workspace.passages.rows()

    assert summary == ClusterResult(4, 1, 0, stories=3, leak_groups=3, largest_group=2)
    assert [(place.article, place.end - place.start) for place in passage.places] == [
        ("a1", len(RELEASE)),
        ("a0", len(RELEASE)),
    ]
    assert [(row.article, row.story, row.leak_group, row.lead) for row in project.workspace.clusters.rows()] == [
        ("a0", "a1", "a0", False),
        ("a1", "a1", "a0", True),
        ("a2", "a2", "a2", True),
        ("a3", "a3", "a3", True),
    ]


def test_duplicate_article_id_is_refused(project: Project) -> None:
    """A file that was put together by hand: the id is named, and nothing is written."""
    lines = project.workspace.articles.path.read_bytes()
    project.workspace.articles.path.write_bytes(lines + lines[: lines.index(b"\n") + 1])

    with pytest.raises(DamagedFile, match=r"articles.jsonl: two articles have the id 'a0'"):
        cluster(project)
    assert not project.workspace.clusters.exists()


def test_a_rerun_writes_the_same_bytes(project: Project) -> None:
    """Clustering twice changes no byte."""
    cluster(project)
    files = (project.workspace.passages.path, project.workspace.clusters.path)
    before = [path.read_bytes() for path in files]

    cluster(project)

    assert [path.read_bytes() for path in files] == before


def test_empty_and_missing_articles(project: Project) -> None:
    """An empty articles.jsonl gives empty files; a missing one is refused with the verb to run."""
    project.workspace.articles.write([])
    assert cluster(project).articles == 0
    assert project.workspace.clusters.path.read_bytes() == project.workspace.passages.path.read_bytes() == b""

    project.workspace.articles.path.unlink()
    with pytest.raises(MissingInput) as refusal:
        cluster(project)
    assert "labeling ingest" in refusal.value.todo


def test_a_damaged_line_is_refused_and_nothing_written(project: Project) -> None:
    """articles.jsonl is checked line by line before anything is compared."""
    with project.workspace.articles.path.open("a", encoding="utf-8") as out:
        out.write('{"id": "a9"}\n')

    with pytest.raises(DamagedFile, match="line 5"):
        cluster(project)
    assert not project.workspace.clusters.exists()


def test_the_command_names_boilerplate_when_one_group_holds_much(project: Project) -> None:
    """Counts on stdout; where one leak group holds a fifth of all articles, what to do about it on stderr."""
    texts = [f"own{n} words{n} {RELEASE}" for n in range(20)]
    project.workspace.articles.write(
        [made.article(f"a{n:02}", text) for n, text in enumerate(texts)],
    )
    result = CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "cluster", "--json"], standalone_mode=False
    )

    assert json.loads(result.stdout)["largest_group"] == 20
    assert "One leak group holds 20 of 20 articles." in result.stderr
    assert "declare it as boilerplate under [passages]" in result.stderr


def test_split_certifies_that_nothing_leaks(project: Project) -> None:
    """Reprints of ten releases: all of a release in one split, as leakage.json shows, unlike in a random split."""
    texts = [f"own{n} {' '.join(f'release{n % 10}x{k}' for k in range(30))}" for n in range(40)]
    articles = [made.article(f"a{n:02}", text) for n, text in enumerate(texts)]
    project.workspace.articles.write(articles)
    span = GoldSpan(id="x", start=0, end=4, label="PERSON", rule="unanimous", by=("ana",))
    project.workspace.gold.write(
        [Gold(article=each.id, digest=each.digest, complete=True, spans=(span,)) for each in articles],
    )
    cluster(project)
    summary = split(project)
    leakage = project.workspace.leakage.value()

    assert (summary.shared_passages, leakage.shared_passages_across_splits) == (0, 0)
    assert summary.shared_at_random == sum(each.passages for each in leakage.random_split.overlaps) > 10
    assert all(each.surfaces <= 10 for each in leakage.splits.overlaps)
    assert {each.articles for each in leakage.splits.overlaps} == {summary.dev, summary.test}


def test_split_refuses_a_leak_unknown_to_clusters(project: Project) -> None:
    """Where `cluster` has not run, shared passages are found all the same: refused, and nothing is written."""
    articles = list(project.workspace.articles.rows())
    project.workspace.gold.write([Gold(article=each.id, digest=each.digest, complete=True) for each in articles])
    rows = [SplitAssignment(article=f"a{n}", leak_group=f"a{n}", split=split) for n, split in enumerate(SPLITS)]
    project.workspace.splits.write(rows)
    before = project.workspace.splits.path.read_bytes()

    with pytest.raises(LeakError, match=r"30 words, in 'a0' \(train\) and 'a1' \(dev\)"):
        split(project)

    assert project.workspace.splits.path.read_bytes() == before
    assert not project.workspace.leakage.exists()
