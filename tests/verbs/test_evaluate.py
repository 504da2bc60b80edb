"""`labeling evaluate`: on the test split of the dataset that was compiled, and on no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset as compile_
from labeling.errors import CorpusChanged, MissingInput, TrainingError
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.training.evaluate import evaluate
from labeling.workspace.rows.score import Score
from labeling.workspace.storage import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article

# Twenty articles "Delhi met Male <n>."; 14 train, 3 dev, 3 test. People mark both places, the second only if n is even.
TEXTS = [f"Delhi met Male {n}." for n in range(20)]
ARTICLES = [made.article(f"a{n:02}", text) for n, text in enumerate(TEXTS)]
DELHI = Span(id="d", start=0, end=5, label="LOCATION")
MALE = Span(id="m", start=10, end=14, label="LOCATION")


def annotated(annotator: str, article: Article, *spans: Span) -> Annotation:
    """An annotator's annotation of an article."""
    return Annotation(article=article.id, digest=article.digest, annotator=annotator, spans=spans)


def compiled(folder: Path, articles: list[Article], *more: Span) -> Project:
    """The shipped project with these articles annotated, ``more`` in each, split and compiled."""
    project = load_project(workspace=folder)
    project.workspace.articles.write(articles)
    annotations = [
        annotated("ana", each, DELHI, *([MALE] if n % 2 == 0 else []), *more) for n, each in enumerate(articles)
    ]
    project.workspace.annotations.write(annotations)
    adjudicate(project)
    split(project)
    compile_(project)
    return project


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One compiled project, for tests that leave it as it is."""
    return compiled(tmp_path_factory.mktemp("evaluate"), ARTICLES)


def ids_of_test(project: Project) -> list[str]:
    """The ids of the test split, as splits.jsonl has them."""
    return [row.article for row in project.workspace.splits.rows() if row.split == "test"]


def test_only_the_test_split_counts(shared: Project) -> None:
    """Who finds Delhi everywhere has found as many spans as there are test articles; the fraction can be redone."""
    found = evaluate(shared, {"model:m": [annotated("model:m", each, DELHI) for each in ARTICLES]})

    test = ids_of_test(shared)
    gold = len(test) + sum(int(name[1:]) % 2 == 0 for name in test)
    score = found.scores["model:m"]
    assert (score.articles, score.exact.micro.pairs, score.exact.micro.gold) == (3, 3, gold)
    assert score.exact.micro.recall == 3 / gold
    assert score.exact.labels["LOCATION"].precision == 1.0
    assert score.exact.seen is not None
    assert score.exact.seen.gold == gold  # both words bear the label in training too
    assert score.exact.signature.endswith(f"corpus:{shared.workspace.latest.resolve().name}")


def test_spans_that_are_not_whole_tokens_are_out_of_reach(tmp_path: Path) -> None:
    """A gold span that starts inside a token is out of reach of every extractor: it is listed, and reported."""
    ale = Span(id="x", start=11, end=14, label="COUNTRY")
    project = compiled(tmp_path, ARTICLES, ale)
    write_rows(tmp_path / "mine.jsonl", [annotated("model:mine", each, DELHI, MALE) for each in ARTICLES])
    words = ["--workspace", str(project.workspace.root), "evaluate", str(tmp_path / "mine.jsonl")]
    result = CliRunner().invoke(cli, words, standalone_mode=False)

    score = TypeAdapter(dict[str, Score]).validate_json(project.workspace.scores.path.read_text("utf-8"))["model:mine"]
    test = ids_of_test(project)
    assert sorted(score.out_of_reach) == [f"{name} x" for name in test]
    assert f"Out of reach: 3 of {score.exact.micro.gold} gold spans are not whole tokens" in result.stderr
    assert (score.exact.labels["COUNTRY"].recall, score.exact.labels["LOCATION"].recall) == (0.0, 1.0)


def test_scores_are_written(shared: Project) -> None:
    """scores.json has every annotator's score, and reads back as it was."""
    found = evaluate(shared, {name: [annotated(name, each) for each in ARTICLES] for name in ("model:b", "model:a")})

    written = TypeAdapter(dict[str, Score]).validate_json(shared.workspace.scores.path.read_text(encoding="utf-8"))
    assert written == found.scores
    assert list(written) == ["model:a", "model:b"]


def test_suggestions_are_scored(shared: Project) -> None:
    """When nobody is named, whoever suggested is measured like any annotator."""
    shared.workspace.suggestions.write([annotated("model:rules", each, DELHI, MALE) for each in ARTICLES])

    assert evaluate(shared).scores["model:rules"].exact.micro.recall == 1.0


@pytest.mark.parametrize(
    ("annotations", "fault"),
    [
        (ARTICLES[:0], "has no annotation of"),
        ([*ARTICLES, *ARTICLES], "has 2 annotations of"),
        ([each.model_copy(update={"digest": "0"}) for each in ARTICLES], "annotated another text than that of"),
    ],
)
def test_an_annotator_must_annotate_each_article_once(shared: Project, annotations: list[Article], fault: str) -> None:
    """Whoever leaves a test article out, annotates it twice, or another text, is not scored."""
    with pytest.raises(TrainingError, match=f"model:m {fault} the test article"):
        evaluate(shared, {"model:m": [annotated("model:m", each) for each in annotations]})


def test_without_models_and_suggestions_nobody_is_scored(tmp_path: Path) -> None:
    """There is nothing to measure: the refusal names the verbs to run."""
    with pytest.raises(TrainingError, match="nobody to score"):
        evaluate(compiled(tmp_path, ARTICLES))


def test_an_empty_test_split_is_refused(tmp_path: Path) -> None:
    """Two articles do not make a test split, and nothing can be scored without one."""
    project = compiled(tmp_path, ARTICLES[:2])

    with pytest.raises(TrainingError, match="the test split holds no article"):
        evaluate(project, {"model:m": [annotated("model:m", each) for each in ARTICLES]})


@pytest.mark.usefixtures("written_by_hand")
def test_gold_that_changed_since_the_compile_is_refused(tmp_path: Path) -> None:
    """New gold makes another test set than the manifest's: refused until it is compiled again."""
    project = compiled(tmp_path, ARTICLES)
    project.workspace.annotations.write([annotated("ben", each, DELHI) for each in ARTICLES])
    adjudicate(project)

    with pytest.raises(CorpusChanged, match=r"gold\.jsonl changed since"):
        evaluate(project, {"model:m": [annotated("model:m", each) for each in ARTICLES]})


def test_without_a_dataset_the_verb_to_run_is_named(tmp_path: Path) -> None:
    """Without a dataset the verb to run first is named."""
    with pytest.raises(MissingInput, match=r"manifest\.json is not there"):
        evaluate(load_project(workspace=tmp_path))


def test_the_command_reads_files(shared: Project, tmp_path: Path) -> None:
    """Annotations as `predict` prints them are scored, and --json is what scores.json holds."""
    write_rows(tmp_path / "mine.jsonl", [annotated("model:mine", each, DELHI) for each in ARTICLES])

    result = CliRunner().invoke(
        cli,
        ["--workspace", str(shared.workspace.root), "evaluate", str(tmp_path / "mine.jsonl"), "--json"],
        standalone_mode=False,
    )

    printed = json.loads(result.stdout)["scores"]
    assert printed == json.loads(shared.workspace.scores.path.read_text(encoding="utf-8"))
    assert printed["model:mine"]["exact"]["micro"]["precision"] == 1.0


def test_the_command_shows_interval_and_signature(shared: Project, tmp_path: Path) -> None:
    """A number comes with its interval on stdout, and its signature beside it."""
    write_rows(tmp_path / "mine.jsonl", [annotated("model:mine", each, DELHI) for each in ARTICLES])

    result = CliRunner().invoke(
        cli,
        ["--workspace", str(shared.workspace.root), "evaluate", str(tmp_path / "mine.jsonl")],
        standalone_mode=False,
    )

    assert "model:mine   F1 " in result.stdout
    assert " to " in result.stdout
    assert result.stderr.startswith("match:exact|layer:spans|boot:1000|seed:1|")
    assert f"On {len(ids_of_test(shared))} articles in " in result.stderr


def test_scores_are_held_against_what_is_right(shared: Project, tmp_path: Path) -> None:
    """Who holds Delhi true to 80 % and is always right is off by 20; who has no scores has no such row, and no key."""
    sure = DELHI.model_copy(update={"score": 0.8})
    with (tmp_path / "mine.jsonl").open("w", encoding="utf-8") as file:
        for name, span in (("model:sure", sure), ("model:mute", DELHI)):
            file.writelines(annotated(name, each, span).model_dump_json() + "\n" for each in ARTICLES)
    words = ["--workspace", str(shared.workspace.root), "evaluate", str(tmp_path / "mine.jsonl")]

    told, row = CliRunner().invoke(cli, words), CliRunner().invoke(cli, [*words, "--json"])

    assert "20.0  of 3 spans, scores 80.0 on average, right 100.0" in told.stdout
    scores = json.loads(row.stdout)["scores"]
    assert scores["model:sure"]["reliability"] == {
        "spans": 3,
        "calibration_error": pytest.approx(0.2),
        "mean_score": pytest.approx(0.8),
        "right": 1.0,
    }
    assert "reliability" not in scores["model:mute"]
