"""`labeling curve`: one extractor trained on ever more leak groups, for real, and drawn in the report."""

from __future__ import annotations

import io
import json
import re
from operator import attrgetter
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.corpora.targets.spacy.subsample import write_subsample
from labeling.errors import CorpusChanged, MissingInput, NothingToLearn, TrainingError
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project, shipped_config
from labeling.report.write_report import write_report
from labeling.splits.split import split
from labeling.training.curve import curve
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SplitAssignment, SplitName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from labeling.articles import Article

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Quito", "Hanoi", "Tunis")


def article(number: int) -> tuple[Article, Annotation]:
    """Envoys met in one city, and left for another."""
    here, there = CITIES[number % 8], CITIES[(number + 3) % 8]
    text = f"Envoys met in {here} on day {number} and left for {there} before day {number + 1} was over."
    places = [(text.index(f" {city} ") + 1, city) for city in (here, there)]
    spans = tuple(
        Span(id=f"s{start}", start=start, end=start + len(city), label="LOCATION") for start, city in sorted(places)
    )
    one = made.article(f"a{number:02}", text)
    return one, Annotation(article=one.id, digest=one.digest, annotator="ana", spans=spans)


def copied(pair: tuple[Article, Annotation], name: str) -> tuple[Article, Annotation]:
    """The same text under another name."""
    made = pair[0].model_copy(update={"id": name})
    return made, pair[1].model_copy(update={"article": name})


def place(number: int) -> SplitName:
    """Eight to train on, three for dev, three for test."""
    return "train" if number < 8 else "dev" if number < 11 else "test"


def prepared(root: Path, articles: Iterable[Article], annotations: Iterable[Annotation]) -> Project:
    """A workspace with these articles and what people annotations of them, fourteen of them split, compiled."""
    project = load_project(workspace=root)
    project.workspace.articles.write(sorted(articles, key=attrgetter("id")))
    project.workspace.annotations.write(sorted(annotations, key=attrgetter("article")))
    project.workspace.quarantine.write([])
    adjudicate(project)
    cluster(project)
    rows = [SplitAssignment(article=f"a{n:02}", leak_group=f"a{n:02}", split=place(n)) for n in range(14)]
    project.workspace.splits.write(rows)
    split(project)
    compiled_from(project)
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Eight articles to train on, one of them forty times; three for dev and three for test, compiled."""
    pairs = [article(number) for number in range(14)]
    pairs += [copied(pairs[0], f"copy{number:02}") for number in range(39)]
    return prepared(tmp_path_factory.mktemp("curve"), *zip(*pairs, strict=True))


def test_forty_copies_are_one_step(project: Project) -> None:
    """47 articles are eight leak groups: one, two, four, eight; what is learned from all finds what one cannot."""
    made = curve(project, points=4, steps=60, log=io.StringIO())

    assert [point.leak_groups for point in made.points] == [1, 2, 4, 8]
    assert (made.points[-1].articles, made.points[-1].exact.gold) == (47, 6)
    assert made.points[-1].exact.f1_interval is not None
    assert "resample:leak group" in made.signature
    assert not list(project.workspace.root.glob(".curve.*"))
    write_report(project)
    page = project.workspace.report.read_text(encoding="utf-8")
    assert 'aria-label="F1 of exact spans by leak groups to train on, in per cent"' in page
    assert '<td data-label="leak groups" class="n">8</td><td data-label="articles" class="n">47</td>' in page


def test_a_subsample_keeps_the_articles_asked_for(project: Project, tmp_path: Path) -> None:
    """Two of train; nothing of test, though it is asked for."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    number = write_subsample(project.workspace.latest, tmp_path / "small", {"a01", "copy07", "a13"})

    shards = (tmp_path / "small/spacy/train").rglob("*.spacy")
    docs = [doc for shard in shards for doc in DocBin().from_disk(shard).get_docs(Vocab())]
    assert sorted(doc.user_data["article"] for doc in docs) == ["a01", "copy07"]
    assert number == 2
    assert [[span.text for span in doc.spans["sc"]] for doc in docs] == [[e.text for e in doc.ents] for doc in docs]


def test_the_command_prints_points(project: Project) -> None:
    """A line for each point, or JSON."""
    words = ["--workspace", str(project.workspace.root), "curve", "--points", "1", "--steps", "1"]
    told = CliRunner().invoke(cli, words, standalone_mode=False)
    as_json = CliRunner().invoke(cli, [*words, "--json"], standalone_mode=False)

    assert re.search(r"^8 leak groups  F1 \S+ \(.+\), of 47 articles$", told.stdout, re.MULTILINE)
    assert json.loads(as_json.stdout[as_json.stdout.index("{") :])["points"][0]["leak_groups"] == 8


@pytest.mark.parametrize("complete", [1, 0])
def test_a_part_that_teaches_nothing_is_left_out(tmp_path: Path, complete: int) -> None:
    """A span categorizer learns from complete gold only, which one leak group of eight has, or none."""
    articles, annotations = zip(*(article(number) for number in range(14)), strict=True)
    disputed = sorted((f"a{n:02}" for n in range(8)), key=lambda group: digest_of(f"1:{group}"))[: 8 - complete]
    others = [each.model_copy(update={"annotator": "ben", "spans": each.spans[1:]}) for each in annotations]
    project = prepared(tmp_path, articles, [*annotations, *(each for each in others if each.article in disputed)])
    log = io.StringIO()

    if not complete:
        with pytest.raises(
            NothingToLearn, match=r"complete holds no article, and spancat.cfg needs one for paths.train"
        ):
            curve(project, shipped_config("spancat.cfg"), steps=1, log=log)
        assert not project.workspace.curve.exists()
        return
    made = curve(project, shipped_config("spancat.cfg"), steps=1, log=log)
    assert [point.leak_groups for point in made.points] == [8]
    left_out = [line for line in log.getvalue().splitlines() if "left out" in line]
    assert [line.partition(" are left out of the curve: ")[0] for line in left_out] == [
        "1 leak groups",
        "2 leak groups",
        "4 leak groups",
    ]
    assert all("spancat.cfg needs one for paths.train" in line for line in left_out)


def test_what_is_missing_is_named(project: Project, tmp_path: Path) -> None:
    """Without a dataset, without a test split, and when gold has changed since."""
    with pytest.raises(MissingInput, match=r"manifest.json is not there"):
        curve(load_project(workspace=tmp_path))
    before = project.workspace.splits.path.read_bytes()
    try:
        project.workspace.splits.path.write_bytes(before[: before.rindex(b"\n", 0, -1) + 1])
        with pytest.raises(CorpusChanged, match=r"splits.jsonl changed"):
            curve(project)
    finally:
        project.workspace.splits.path.write_bytes(before)


def test_an_empty_test_split_is_refused_by_curve(tmp_path: Path) -> None:
    """All articles stand in train and dev: nothing can be measured."""
    project = load_project(workspace=tmp_path)
    pairs = [article(number) for number in range(2)]
    project.workspace.articles.write([each for each, _ in pairs])
    project.workspace.annotations.write([each for _, each in pairs])
    project.workspace.quarantine.write([])
    adjudicate(project)
    rows = [
        SplitAssignment(article="a00", leak_group="a00", split="train"),
        SplitAssignment(article="a01", leak_group="a01", split="dev"),
    ]
    project.workspace.splits.write(rows)
    split(project)
    compiled_from(project)

    with pytest.raises(TrainingError, match="the test split holds no article"):
        curve(project)
