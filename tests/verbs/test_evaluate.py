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
        "bins": [
            {
                "low": 0.8,
                "high": 0.9,
                "spans": 3,
                "mean_score": pytest.approx(0.8),
                "right": 1.0,
                "right_interval": [1.0, 1.0],
            }
        ],
    }
    assert "reliability" not in scores["model:mute"]


def test_scores_have_parts_and_mistakes(shared: Project) -> None:
    """Who calls Male a PERSON and says so too early: each is a mistake in the file, and a number in the score."""
    wrong = [Span(id="m", start=10, end=14, label="PERSON"), Span(id="n", start=1, end=5, label="LOCATION")]
    score = evaluate(shared, {"model:m": [annotated("model:m", each, *wrong) for each in ARTICLES]}).scores["model:m"]

    even = {name for name in ids_of_test(shared) if int(name[1:]) % 2 == 0}
    rows = list(shared.workspace.mistakes.rows())
    assert [(row.article, row.kind, row.start) for row in rows if row.article in even] == [
        each for name in sorted(even) for each in ((name, "wrong boundaries", 0), (name, "wrong label", 10))
    ]
    assert [(row.article, row.kind) for row in rows if row.article not in even] == [
        (name, kind) for name in sorted(set(ids_of_test(shared)) - even) for kind in ("wrong boundaries", "invented")
    ]
    assert score.mistakes == {
        "missed": 0,
        "invented": 3 - len(even),
        "wrong label": len(even),
        "wrong boundaries": 3,
        "wrong label and boundaries": 0,
    }
    assert {each.by for each in score.slices} == {"source", "date", "length", "seen", "nested"}
    assert [count.article for count in score.article_counts] == ids_of_test(shared)


def test_a_split_tells_whether_its_test_set_can_be_trusted(shared: Project) -> None:
    """Three articles, whose words train has as well, imported from a file: nobody knows how they were read."""
    trust = shared.workspace.trust.value()

    assert (trust.articles, trust.leak_groups, trust.seen.value, trust.unknown) == (3, 3, 1.0, 3)
    assert trust.warnings[0] == "it has 3 articles, and with fewer than 20 a score says little"


def test_a_gain_is_told_with_its_interval(shared: Project, tmp_path: Path) -> None:
    """Delhi alone, then both: recall grows to 1 where Male is gold, and nothing else is left to gain."""
    evaluate(shared, {"model:mine": [annotated("model:mine", each, DELHI) for each in ARTICLES]})
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "scores.json").write_bytes(shared.workspace.scores.path.read_bytes())
    spans = [(DELHI, MALE) if n % 2 == 0 else (DELHI,) for n in range(20)]
    write_rows(
        tmp_path / "new.jsonl",
        [annotated("model:new", each, *own) for each, own in zip(ARTICLES, spans, strict=True)],
    )
    words = ["--workspace", str(shared.workspace.root), "evaluate", str(tmp_path / "new.jsonl")]

    told = CliRunner().invoke(cli, [*words, "--against", str(tmp_path / "old")])
    row = CliRunner().invoke(cli, [*words, "--against", str(tmp_path / "old" / "scores.json"), "--json"])

    assert told.exit_code == 0
    assert "gain of model:new, before model:mine  +" in told.stdout
    assert "to 100.0" in told.stdout
    assert "Compared on 3 articles in 3 leak groups" in told.stderr
    comparison = json.loads(row.stdout)["comparison"]
    even = sum(int(name[1:]) % 2 == 0 for name in ids_of_test(shared))
    assert comparison["changes"][0]["recall"]["gain"] == pytest.approx(1 - 3 / (3 + even))


def test_scores_that_cannot_be_compared_are_refused(shared: Project, tmp_path: Path) -> None:
    """Scores of before have nothing to compare by: the new ones are told, then the reason, with status 3."""
    write_rows(tmp_path / "mine.jsonl", [annotated("model:mine", each, DELHI) for each in ARTICLES])
    evaluate(shared, {"model:mine": [annotated("model:mine", each, DELHI) for each in ARTICLES]})
    old = json.loads(shared.workspace.scores.path.read_text(encoding="utf-8"))
    for score in old.values():
        del score["article_counts"], score["slices"], score["mistakes"]
    (tmp_path / "scores.json").write_text(json.dumps(old), encoding="utf-8")
    words = ["--workspace", str(shared.workspace.root), "evaluate", str(tmp_path / "mine.jsonl")]

    told = CliRunner().invoke(cli, [*words, "--against", str(tmp_path / "scores.json")], standalone_mode=False)

    assert told.return_value == 3
    assert "model:mine   F1 " in told.stdout
    assert "Not compared: the earlier scores were made before articles were counted one by one" in told.stderr


def test_a_folder_without_scores_is_refused(shared: Project, tmp_path: Path) -> None:
    """And told what to name."""
    told = CliRunner().invoke(
        cli,
        ["--workspace", str(shared.workspace.root), "evaluate", "--against", str(tmp_path)],
        standalone_mode=False,
    )

    assert isinstance(told.exception, MissingInput)
    assert "scores.json is not there" in str(told.exception)
