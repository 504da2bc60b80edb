"""Annotate once, on the real Label Studio: reprints wait, and come with what people marked in their story."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Relation, Span
from labeling.cli import cli
from labeling.errors import Altered, MissingInput
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.reprints.carry import CarryResult, carry
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect_to
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, forecast, push
from labeling.values import digest_of

if TYPE_CHECKING:
    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.reprint import ProjectedRow

pytestmark = pytest.mark.studio

REAL = Path(__file__).parents[2] / "../shared/articles"
DATA = Path(__file__).parents[1] / "data"
Marked: TypeAlias = tuple[int, int, str]
QUICK = Pace(patience=0.5)
JOINT = "projected:+model:rules"
RELEASE = (
    "Aminata Traore of Mali met Idris Deby of Chad in Addis Ababa on Monday for talks about the waters of the river, "
    "and both agreed to set up a joint commission within a year."
)
TEXTS = {
    "echo": f"NAIROBI: {RELEASE}",
    "origin": f"{RELEASE} The commission is to meet twice a year in either capital.",
    "alone": "Anna Berg, the envoy of Norway, left for Lima.",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A press release, its reprint, and an article of another story; rules have marked a country in each."""
    loaded = load_project(Path(__file__).parents[2] / "configs" / "diplomatic.toml", tmp_path)
    articles = [made.article(name, text) for name, text in TEXTS.items()]
    loaded.workspace.articles.write(articles)
    words = [("echo", "NAIROBI"), ("echo", "Monday"), ("origin", "Mali"), ("alone", "Norway")]
    annotations = [
        Annotation(
            article=name,
            digest=digest_of(TEXTS[name]),
            annotator="model:rules",
            spans=tuple(marked(name, word, "COUNTRY") for each, word in words if each == name),
        )
        for name in TEXTS
    ]
    loaded.workspace.suggestions.write(annotations)
    cluster(loaded)
    return loaded


def once(project: Project) -> Project:
    """The same with ``annotate_once``."""
    reprints = project.file.reprints.model_copy(update={"annotate_once": True})
    return dataclasses.replace(project, file=project.file.model_copy(update={"reprints": reprints}))


def marked(name: str, words: str, label: str) -> Span:
    """A span on the first place of ``words``."""
    start = TEXTS[name].index(words)
    return Span(id=f"{words}-{label}", start=start, end=start + len(words), label=label)


def tasks(project: Project) -> dict[str, int | None]:
    """The task of each article that was sent."""
    return {row.article: row.task for row in project.workspace.pushed.rows()}


def annotate(project: Project, studio: Credentials, name: str, *spans: Span, state: str = "submitted") -> None:
    """Submit spans through the server's API, and pull."""
    annotation = Annotation.model_validate(
        {"article": name, "digest": digest_of(TEXTS[name]), "annotator": "ana", "state": state, "spans": spans}
    )
    article = made.article(name, TEXTS[name])
    with connect_to(studio.url, studio.api_key) as client:
        client.annotate(tasks(project)[name] or 0, annotation, article)
    pull(project, server=studio)


def call(studio: Credentials, path: str) -> Any:
    """Ask the server's API, past our client."""
    headers = {"Authorization": f"Token {studio.api_key}"}
    answer = httpx.get(f"{studio.url}{path}", headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def offered(studio: Credentials, task: int | None) -> dict[str, set[tuple[str, str]]]:
    """What the page is given for a task: by model, the words and labels."""
    return {
        each["model_version"]: {
            (row["value"]["text"], row["value"]["labels"][0]) for row in each["result"] if row["type"] == "labels"
        }
        for each in call(studio, f"/api/tasks/{task}/")["predictions"]
    }


def test_reprint_waits_until_its_story_was_carried(project: Project, studio: Credentials) -> None:
    """When its story has been annotated the reprint comes, with what people marked before what the rules marked."""
    project = once(project)
    first = push(project, pace=QUICK, server=studio)
    assert (first.new, first.waiting, set(tasks(project))) == (2, 1, {"origin", "alone"})
    assert forecast(project, pace=QUICK, server=studio).new == ()

    annotate(
        project,
        studio,
        "origin",
        marked("origin", "Aminata Traore", "PERSON"),
        marked("origin", "Chad", "COUNTRY"),
        marked("origin", "twice a year", "DATE"),
    )
    assert push(project, pace=QUICK, server=studio).waiting == 1
    carried = carry(project)
    second = push(project, pace=QUICK, server=studio)

    assert carried == CarryResult(
        sources=1, said=3, articles=1, spans=2, relations=0, bought=2 / 3, checked=0, accepted=0, waiting=0
    )
    assert (second.new, second.waiting) == (1, 0)
    # `Monday` is in words that a person has read, and left alone; `NAIROBI` does not.
    assert offered(studio, tasks(project)["echo"]) == {
        JOINT: {("Aminata Traore", "PERSON"), ("Chad", "COUNTRY"), ("NAIROBI", "COUNTRY")}
    }
    assert offered(studio, tasks(project)["alone"]) == {JOINT: {("Norway", "COUNTRY")}}
    assert call(studio, f"/api/projects/{second.project}/")["model_version"] == JOINT
    # The next task in the queue is the article alone; skip it, and the reprint comes with its suggestion.
    annotate(project, studio, "alone", state="skipped")
    coming = call(studio, f"/api/projects/{second.project}/next")
    assert (coming["data"]["article"], [each["model_version"] for each in coming["predictions"]]) == ("echo", [JOINT])
    again = push(project, pace=QUICK, server=studio)
    assert (again.new, again.suggestions) == (0, 0)


def test_without_annotate_once_reprints_are_sent_and_updated(project: Project, studio: Credentials) -> None:
    """The fullest article comes first; what people mark in it reaches the task of the reprint when it is carried."""
    first = push(project, pace=QUICK, server=studio)
    numbers = tasks(project)
    assert (first.new, first.waiting) == (3, 0)
    assert sorted(numbers, key=lambda name: numbers[name] or 0) == ["alone", "origin", "echo"]
    assert set(offered(studio, numbers["echo"])) == {"model:rules"}

    annotate(project, studio, "origin", marked("origin", "Idris Deby", "PERSON"))
    carry(project)
    second = push(project, pace=QUICK, server=studio)

    assert (second.new, tasks(project)) == (0, numbers)
    assert offered(studio, numbers["echo"]) == {JOINT: {("Idris Deby", "PERSON"), ("NAIROBI", "COUNTRY")}}
    assert push(project, pace=QUICK, server=studio).suggestions == 0

    annotate(project, studio, "echo", marked("echo", "Idris Deby", "PERSON"))
    shown = carry(project)
    assert (shown.spans, shown.checked, shown.accepted) == (1, 1, 1)


@pytest.mark.skipif(not REAL.is_dir(), reason="the two real articles are not on this machine")
def test_the_two_real_articles(tmp_path: Path, studio: Credentials) -> None:
    """The first is annotated through the API; the second comes with 18 of its 44 spans and 3 of its 19 relations.

    All of them are right, against gold made by hand: precision 18/18 and 3/3, recall 18/44 and 3/19, of which no more
    than 19 and 4 are in words that the first article has.
    """
    project = once(load_project(Path(__file__).parents[2] / "configs" / "diplomatic.toml", tmp_path))
    ingest(project, [str(REAL)])
    first, second = project.workspace.articles.rows()
    cluster(project)
    assert (push(project, pace=QUICK, server=studio).waiting, set(tasks(project))) == (1, {first.id})

    with connect_to(studio.url, studio.api_key) as client:
        client.annotate(tasks(project)[first.id] or 0, drawn(first), first)
    pull(project, server=studio)
    summary = carry(project)
    (row,) = project.workspace.projected.rows()
    push(project, pace=QUICK, server=studio)

    spans, relations = facts(row)
    gold_spans, gold_relations = facts(drawn(second))
    assert (len(spans), len(spans & gold_spans), len(gold_spans)) == (18, 18, 44)
    assert (len(relations), len(relations & gold_relations), len(gold_relations)) == (3, 3, 19)
    assert (summary.said, summary.spans, summary.bought) == (68, 18, 18 / 68)
    assert offered(studio, tasks(project)[second.id]) == {
        "projected:+": {(second.text[start:end], label) for start, end, label in spans}
    }


def drawn(article: Article) -> Annotation:
    """What a careful reader marked in one of the two real articles."""
    spans = json.loads((DATA / "seed_articles.json").read_text(encoding="utf-8"))[article.id]
    relations = json.loads((DATA / "seed_relations.json").read_text(encoding="utf-8"))[article.id]
    return Annotation(
        article=article.id,
        digest=article.digest,
        annotator="ana",
        spans=tuple(Span(id=f"s{n}", start=start, end=end, label=label) for n, (start, end, label) in enumerate(spans)),
        relations=tuple(Relation(head=f"s{head}", tail=f"s{tail}", label=label) for head, tail, label in relations),
    )


def facts(marked_up: Annotation | ProjectedRow) -> tuple[set[Marked], set[tuple[Marked, Marked, str]]]:
    """Spans and relations without their ids."""
    place = {span.id: (span.start, span.end, span.label) for span in marked_up.spans}
    return set(place.values()), {(place[each.head], place[each.tail], each.label) for each in marked_up.relations}


def test_carried_row_is_signed_by_its_source_and_is_not_gold(project: Project) -> None:
    """The workspace has a row for the reprint, which does not count as a person's; a rerun writes the same bytes."""
    people = Annotation(
        article="origin",
        digest=digest_of(TEXTS["origin"]),
        annotator="ana",
        spans=(marked("origin", "Chad", "COUNTRY"),),
    )
    project.workspace.annotations.write([people])

    run = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "carry"], standalone_mode=False)

    (row,) = project.workspace.projected.rows()
    assert (row.article, row.annotator, [TEXTS["echo"][span.start : span.end] for span in row.spans]) == (
        "echo",
        "projected:origin",
        ["Chad"],
    )
    assert "1.00 spans for each span people marked" in run.stdout
    before = project.workspace.projected.path.read_bytes()
    carry(project)
    assert project.workspace.projected.path.read_bytes() == before


@pytest.mark.usefixtures("written_by_hand")
def test_annotated_reprint_is_not_waiting(project: Project) -> None:
    """A reprint that somebody annotated before its story's lead does not count as waiting."""
    assert [row.lead for row in project.workspace.clusters.rows()].count(False) == 1
    annotations = [
        Annotation(
            article=name, digest=digest_of(TEXTS[name]), annotator="ana", spans=(marked(name, "Chad", "COUNTRY"),)
        )
        for name in ("echo", "origin")
    ]
    project.workspace.annotations.write(annotations[:1])
    assert carry(project).waiting == 0
    project.workspace.annotations.write(annotations)
    assert carry(project).waiting == 0
    project.workspace.annotations.write([])
    assert carry(project).waiting == 1


def test_missing_annotations_and_clusters_are_refused(project: Project, studio: Credentials) -> None:
    """Nothing is carried before anybody has annotated; nobody waits for a story before there are stories."""
    with pytest.raises(MissingInput, match="annotations"):
        carry(project)
    project.workspace.clusters.path.unlink()
    with pytest.raises(Altered, match=r"clusters\.jsonl is gone: `labeling cluster` left it"):
        push(once(project), pace=QUICK, server=studio)
