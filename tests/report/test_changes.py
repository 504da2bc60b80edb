"""What changed since a dataset, a release, scores, a report or a workspace of before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from in_custody import TEXT, copied, pull_as_if, walk_the_road

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.release.release import release
from labeling.errors import CorpusChanged, UsageError
from labeling.evaluation.agree import agree
from labeling.project import Project
from labeling.report.write_report import write_report
from labeling.splits.split import split
from labeling.training.evaluate import evaluate

if TYPE_CHECKING:
    from labeling.report.facts.people_and_models import ChangeAnswer

COUNT = 12


def predict(project: Project, found: int) -> None:
    """Score a model that finds so many of the two spans of each article."""
    articles = [made.article(f"a{n:02}", TEXT.format(n, n * 7919)) for n in range(COUNT)]
    spans = (Span(id="1", start=0, end=7, label="PERSON"), Span(id="2", start=22, end=30, label="PERSON"))[:found]
    said = [Annotation(article=each.id, digest=each.digest, annotator="model:x", spans=spans) for each in articles]
    evaluate(project, {"model:x": said})


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles from their source to the scores of a model."""
    project = walk_the_road(tmp_path_factory.mktemp("walked"))
    agree(project)
    predict(project, found=1)
    return project


@pytest.fixture(scope="module")
def week(walked: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | Project]:
    """What was kept of last week, by kind, and the project of now: a label has changed."""
    folder = tmp_path_factory.mktemp("week")
    project = copied(walked, folder)
    kept = {"dataset": project.workspace.latest.resolve(), "release": Path(release(project).folder)}
    report = folder / "monday.json"
    report.write_text(json.dumps({"page": "p", **write_report(project).facts.model_dump(mode="json")}))
    scores, before = folder / "old-scores.json", folder / "before"
    shutil.copy(project.workspace.scores.path, scores)
    shutil.copytree(project.workspace.root, before, symlinks=True)
    # Eleven of the twelve articles are pulled anew, in another label.
    pull_as_if(project, label="GOV_BODY", count=COUNT - 1)
    adjudicate(project)
    split(project)
    compile_dataset(project)
    agree(project)
    predict(project, found=1)
    return {**kept, "report": report, "scores": scores, "workspace": before, "project": project}


TOLD: dict[tuple[str, ...], ChangeAnswer] = {}


def since(week: dict[str, Path | Project], *kinds: str) -> ChangeAnswer:
    """What a report says of now against what was kept; each is made once."""
    project = week["project"]
    assert isinstance(project, Project)
    if kinds not in TOLD:
        paths = [path for kind in kinds if isinstance(path := week[kind], Path)]
        TOLD[kinds] = write_report(project, paths).facts.changes
    return TOLD[kinds]


@pytest.mark.parametrize("kind", ["dataset", "release", "report", "workspace"])
def test_gold_is_compared_article_by_article(week: dict[str, Path | Project], kind: str) -> None:
    """Whatever holds the dataset of then, the same has changed: one article went, eleven have other gold."""
    told = since(week, kind)
    assert told.articles is not None
    assert (told.articles.went, told.articles.came, told.articles.other_text) == (("a11",), (), ())
    assert told.articles.other_gold == tuple(f"a{n:02}" for n in range(COUNT - 1))
    numbers = {each.what: (each.before, each.now) for each in told.numbers}
    assert numbers["gold: articles"] == (12, 11)
    assert numbers["gold: spans of PERSON"] == (24, 0)
    assert numbers["gold: spans of GOV_BODY"] == (0, 22)
    assert "1 went" in told.sentence
    assert "11 have other gold" in told.sentence


@pytest.mark.parametrize("kind", ["scores", "report", "workspace"])
def test_scores_are_compared_on_the_same_articles_alone(week: dict[str, Path | Project], kind: str) -> None:
    """Gold of each test article is another now: a comparison is refused, and says why."""
    told = since(week, kind)
    assert told.scores is not None
    assert told.scores.changes == ()
    assert "gold" in told.scores.refused
    assert told.scores.refused in {gap.why for gap in told.gaps}


@pytest.mark.parametrize("kind", ["report", "workspace"])
def test_agreement_and_leakage_are_compared(week: dict[str, Path | Project], kind: str) -> None:
    """As far as they were measured then."""
    numbers = {each.what: each for each in since(week, kind).numbers}
    assert numbers["agreement: F1, exact"].before == numbers["agreement: F1, exact"].now == 1.0
    assert numbers["agreement: F1, exact"].percent
    assert numbers["leakage: passages in two splits"].now == 0


def test_what_is_not_in_what_was_named_is_a_gap(week: dict[str, Path | Project]) -> None:
    """Scores hold no gold, a dataset holds no scores; together they hold both."""
    gaps = {kind: {gap.why for gap in since(week, kind).gaps} for kind in ("dataset", "scores")}
    assert any("holds scores" in why for why in gaps["dataset"])
    assert any("holds gold" in why for why in gaps["scores"])
    both = since(week, "dataset", "scores")
    assert {gap.why for gap in both.gaps} >= gaps["dataset"] & gaps["scores"]
    assert not any("holds scores" in gap.why or "holds gold" in gap.why for gap in both.gaps)
    assert both.articles is not None
    assert both.scores is not None
    assert both.against == (week["dataset"].name, "old-scores.json")  # type: ignore[union-attr]


def test_the_same_scores_gain_nothing_and_better_ones_do(walked: Project, tmp_path: Path) -> None:
    """Of two spans an article one was found, and now both: F1 was 2/3 and is 1."""
    project = copied(walked, tmp_path)
    old = shutil.copy(project.workspace.scores.path, tmp_path / "old.json")
    predict(project, found=2)
    told = write_report(project, [Path(old)]).facts.changes
    assert told.scores is not None
    (change,) = told.scores.changes
    assert change.f1.before == pytest.approx(2 / 3)
    assert change.f1.gain == pytest.approx(1 / 3)
    assert "model:x gained +33.3 F1" in told.sentence
    same = write_report(project, [project.workspace.scores.path]).facts.changes
    assert same.scores is not None
    assert same.scores.changes[0].f1.gain == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"how_far": 1}', '{"model:x": {"annotator": "x"}}', "7", '"text"', "[" * 20_000]
)
def test_what_is_none_of_these_is_refused_by_name(
    week: dict[str, Path | Project], content: str, tmp_path: Path
) -> None:
    """A file of another form is an error of ours, before anything is written."""
    odd = tmp_path / "odd.json"
    odd.write_text(content)
    project = week["project"]
    assert isinstance(project, Project)
    written = project.workspace.report.stat().st_mtime_ns if project.workspace.report.exists() else 0
    with pytest.raises(UsageError, match=r"odd\.json cannot be compared with"):
        write_report(project, [odd])
    for missing in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError):
            write_report(project, [missing])
    assert project.workspace.report.exists() == bool(written)


@pytest.mark.parametrize("kind", ["dataset", "release"])
def test_a_dataset_that_was_changed_is_not_compared_with(
    week: dict[str, Path | Project], kind: str, tmp_path: Path
) -> None:
    """Its manifest tells, and so does the record of a release."""
    project, folder = week["project"], week[kind]
    assert isinstance(project, Project)
    assert isinstance(folder, Path)
    copy = shutil.copytree(folder, tmp_path / "copy")
    victim = max(copy.rglob("*.jsonl"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes().replace(b"Anna", b"Hanna").replace(b"PERSON", b"PERSONS"))
    with pytest.raises(CorpusChanged):
        write_report(project, [copy])


def test_what_is_older_than_its_sources_says_so(walked: Project, tmp_path: Path) -> None:
    """Annotations came since: gold, its conflicts and its splits, and agreement, each with the verb that mends it."""
    project = copied(walked, tmp_path)
    fresh = write_report(project).facts
    assert not [gap for gap in (*fresh.how_far.gaps, *fresh.how_good.gaps) if "other files" in gap.why]
    pull_as_if(project, label="GOV_BODY")
    told = write_report(project).facts
    commands = {
        name: [gap.command for gap in getattr(told, name).gaps if "other files" in gap.why]
        for name in ("how_far", "which_conflicts", "how_good", "test_set", "model_errors")
    }
    assert commands["how_far"][0] == "labeling adjudicate"
    assert commands["which_conflicts"] == ["labeling adjudicate"]
    assert told.how_good.gaps[0].command == "labeling agree"
    assert [gap.command for gap in told.how_good.gaps].count("labeling agree") == 1
    assert told.what_next.steps[0].command == "labeling adjudicate"
    assert "gold.jsonl" in told.what_next.steps[0].why
    for verb in (adjudicate, split, compile_dataset):
        verb(project)
    later = write_report(project).facts
    assert not any("other files" in gap.why for gap in (*later.how_far.gaps, *later.which_conflicts.gaps))
    assert [gap.command for gap in later.model_errors.gaps if "other files" in gap.why] == ["labeling evaluate"]
