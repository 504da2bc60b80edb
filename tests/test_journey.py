"""The two real articles, all the way: ingest, push, annotations through the API, pull, adjudicate, split, compile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Relation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.verify import verify
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.studio.api.connect import connect
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.suggestions.suggest import suggest

if TYPE_CHECKING:
    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

ARTICLES = Path(__file__).parents[2] / "shared" / "articles"
GOLD = json.loads((Path(__file__).parent / "data" / "seed_articles.json").read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped schema in a workspace of its own, with both articles taken in."""
    if not ARTICLES.is_dir():
        pytest.skip("the two real articles are not here: they lie in ../shared/articles")
    project = load_project(workspace=tmp_path)
    ingest(project, [str(ARTICLES)])
    return project


def drawn(article: Article) -> Annotation:
    """What a careful reader marked in an article, with one relation between the first two countries."""
    spans = tuple(
        Span(id=f"s{number}", start=start, end=end, label=label, unsure=number == 0, note="n" if number == 1 else "")
        for number, (start, end, label) in enumerate(GOLD[article.id])
    )
    one, other = [span.id for span in spans if span.label == "COUNTRY"][:2]
    return Annotation(
        article=article.id,
        digest=article.digest,
        annotator="admin",
        spans=spans,
        relations=(Relation(head=one, tail=other, label="SAME_AS"),),
        choices={"event": ("CONSULT", "AGREE"), "usable": ("yes",)},
    )


def test_every_span_of_the_real_articles_reaches_both_datasets(project: Project, studio: Credentials) -> None:
    """112 spans go through a real server, and 112 stand in both datasets, to the character."""
    workspace = project.workspace
    articles = list(workspace.articles.rows())
    said = {article.id: drawn(article) for article in articles}

    suggest(project)
    assert push(project, server=studio).new == 2
    assert push(project, server=studio).new == 0
    with connect(workspace, studio) as server:
        for task in list(server.tasks(find_linked_project(server, workspace).number)):
            article = next(article for article in articles if article.id == task.article)
            server.annotate(task.number, said[task.article], article)
    pulled = pull(project, server=studio)

    assert (pulled.submitted, pulled.spans, pulled.quarantined) == (2, 68 + 44, {})
    for annotation in workspace.annotations.rows():
        assert annotation.spans == said[annotation.article].spans
        assert annotation.relations == said[annotation.article].relations
        assert {name: set(options) for name, options in annotation.choices.items()} == {
            "event": {"AGREE", "CONSULT"},
            "usable": {"yes"},
        }

    assert adjudicate(project).gold_spans == 112
    split(project)
    made = compile_dataset(project)
    account = made.ledger

    for target in ("spacy", "huggingface"):
        assert account[target]["span"]["in"] == 112
        assert account[target]["span"]["lost"] == 0
    for gold in workspace.gold.rows():
        assert sorted([span.start, span.end, span.label] for span in gold.spans) == sorted(GOLD[gold.article])
    verify(project)


def test_the_date_line_is_read_and_stays(project: Project) -> None:
    """The first article's glued date line becomes ``published``, and not a character of the text is touched."""
    first, second = project.workspace.articles.rows()

    assert (first.published, second.published) == ("2023-07-25", "")
    assert first.text == (ARTICLES / f"{first.id}.txt").read_bytes().decode("utf-8")
    assert first.text.startswith(" date 2023-07-25 India and the Maldives")
