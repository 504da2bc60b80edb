"""Tables at the terminal: numbers in per cent with their intervals, names as they are, no Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.report.write_report import write_report
from labeling.splits.split import split
from labeling.workspace.storage import write_rows

if TYPE_CHECKING:
    from click.testing import Result

    from labeling.articles import Article

# Twenty articles of one wording each; the first two share the same 14 words. Gold marks "Ministry" in all.
SHARED = "the Ministry of all waters said on Monday that talks about dams would go on"
TEXTS = [f"Report {n}: {SHARED if n < 2 else f'the Ministry {n} replied'}." for n in range(20)]
ARTICLES = [made.article(f"a{n:02}", text) for n, text in enumerate(TEXTS)]


def annotated(annotator: str, article: Article, *labels: str) -> Annotation:
    """An annotation of "Ministry"; ids are numbers."""
    start = article.text.index("Ministry")
    spans = tuple(Span(id=str(n), start=start, end=start + 8, label=label) for n, label in enumerate(labels))
    return Annotation(article=article.id, digest=article.digest, annotator=annotator, spans=spans)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Compiled; one annotator of two has left out the Ministry of the second article, and is called with a `_`."""
    project = load_project(workspace=tmp_path_factory.mktemp("tables"))
    project.workspace.articles.write(ARTICLES)
    annotations = [annotated("ana_b", each, "GOV_BODY") for each in ARTICLES]
    project.workspace.annotations.write([*annotations, *(annotated("ben", each, "GOV_BODY") for each in ARTICLES[2:4])])
    adjudicate(project)
    cluster(project)
    split(project)
    compiled_from(project)
    return project


def run(project: Project, *words: str) -> Result:
    """The command, on that workspace."""
    return CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), *words], standalone_mode=False, catch_exceptions=False
    )


def lines(table: str) -> dict[str, str]:
    """The rows of a table by their names."""
    return {name: value.strip() for name, _, value in (line.partition("  ") for line in table.splitlines())}


def test_agreement_is_in_per_cent_with_its_interval(project: Project) -> None:
    """Two annotations of two articles are the same: F1 is 1, 100 per cent in the table; names keep their `_`."""
    table = lines(run(project, "agree").stdout)

    assert table["exact, ana_b and ben"] == "F1 100.0 (100.0 to 100.0)"
    assert json.loads(run(project, "agree", "--json").stdout)["f1"]["ana_b and ben"]["exact"] == 1.0


def test_labels_keep_their_underscores(project: Project) -> None:
    """GOV_BODY is not printed as GOV BODY."""
    table = lines(run(project, "audit").stdout)

    assert table["GOV_BODY"] == table["share"] == "100.0 % alike"


def test_scores_have_an_interval_or_the_reason_why_not(project: Project) -> None:
    """Three articles of test: three leak groups. A remark on both models is printed once, on stderr."""
    mine = project.workspace.root / "mine.jsonl"
    write_rows(mine, [annotated(f"model:{name}_1", each, "GOV_BODY") for name in ("x", "y") for each in ARTICLES])
    project.workspace.suggestions.write(())
    result = run(project, "evaluate", str(mine))

    table = lines(result.stdout)
    assert table["model:x_1"] == table["model:y_1"] == "F1 100.0 (100.0 to 100.0)  P 100.0  R 100.0"
    assert result.stderr.count("match:exact|") == 1
    assert result.stderr.count("leak groups, in per cent") == 1


@pytest.mark.usefixtures("written_by_hand")
def test_one_leak_group_has_no_interval(project: Project) -> None:
    """The table gives the reason; so does the page."""
    rows = [annotated("ana_b", each, "GOV_BODY") for each in ARTICLES[:2]] + [annotated("ben", ARTICLES[0], "GOV_BODY")]
    other = load_project(workspace=project.workspace.root / "small")
    other.workspace.articles.write(ARTICLES[:2])
    other.workspace.annotations.write(rows)

    table = lines(run(other, "agree").stdout)

    assert table["exact, ana_b and ben"] == "F1 100.0 (one leak group, and a resample needs two)"
    write_report(other)
    page = other.workspace.report.read_text(encoding="utf-8")
    assert "one leak group, and a resample needs two" in page
    assert "Annotations came since" not in page
    other.workspace.annotations.write(rows[1:])
    write_report(other)
    assert "Annotations came since" in other.workspace.report.read_text(encoding="utf-8")
