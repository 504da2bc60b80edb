"""The card: agreement and leakage where they were measured on what was compiled, and the limits of the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.annotations import Annotation
from labeling.corpora.build.build import build_dataset
from labeling.evaluation.agreement.measure_agreement import measure_agreement
from labeling.evaluation.agreement.submitted import find_doubly_annotated
from labeling.evaluation.resampling import Bootstrap
from labeling.splits.leakage import SplitArticle, certify_splits
from labeling.workspace.asking import Asking
from labeling.workspace.storage import file_digest

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from tests.corpora.conftest import Making


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """An article with everything, and one with an open question."""
    asked = making.article("Japan asked.", "asked")
    gold = making.gold(asked, (0, 5, "COUNTRY"), open=((6, 11),))
    return making.workspace(tmp_path / "workspace", [(*minister, "train"), (asked, gold, "dev")])


def _card(project: Project, folder: Path) -> str:
    folder.mkdir()
    build_dataset(project, folder)
    return (folder / "README.md").read_text(encoding="utf-8")


def test_card_tells_what_was_not_measured(project: Project, tmp_path: Path) -> None:
    """The card tells so, and counts what the flat layer and the annotators left out."""
    text = _card(project, tmp_path / "dataset")

    assert "Not measured on these annotations" in text
    assert "## Leakage\n\nNot measured.\n" in text
    assert "4 of 7 spans are not in `tags`" in text
    assert "In 1 articles annotators left something open" in text
    assert "such tags in layers, 3 in every row" in text


def _measure(project: Project, article: Article) -> None:
    """Agreement with a second annotator on one article, of the annotations as they are."""
    annotation = next(row for row in project.workspace.annotations.rows() if row.article == article.id)
    second = annotation.model_copy(update={"annotator": "ben", "spans": annotation.spans[:3]})
    read = list(
        find_doubly_annotated([annotation, second], {article.id: article}, {article.id: "g"}, Asking(project.schema))
    )
    found = measure_agreement(
        read, project.schema, file_digest(project.workspace.annotations.path), Bootstrap(resamples=10)
    )
    project.workspace.agreement.write(found)


def test_card_shows_agreement_of_the_same_annotations_only(
    project: Project, minister: tuple[Article, Gold], tmp_path: Path
) -> None:
    """3 of 6 and 3 spans paired: F1 is 6 / 9; annotators are numbers; measured on other annotations, it is left out."""
    _measure(project, minister[0])
    text = _card(project, tmp_path / "one")

    assert "1 articles were submitted by two people or more (2 people in all)" in text
    cell = "66.7 (one leak group, and a resample needs two)"
    assert f"| 1 and 2 | 1 | {cell} | {cell} | {cell} |" in text
    assert "ben" not in text
    extra = Annotation(article="zz", digest="x", annotator="ben")
    rows = [*project.workspace.annotations.rows(), extra]
    project.workspace.annotations.write(rows)
    assert "Not measured on these annotations" in _card(project, tmp_path / "two")


def test_card_shows_leakage(project: Project, minister: tuple[Article, Gold], tmp_path: Path) -> None:
    """The numbers of the certificate: nothing shared, and how many surfaces of dev occur in train."""
    article, gold = minister
    surfaces = frozenset((span.label, article.text[span.start : span.end]) for span in gold.spans)
    held = [
        SplitArticle(article.id, article.text, "train", surfaces),
        SplitArticle("b", "Japan asked.", "dev", frozenset(surfaces)),
    ]
    project.workspace.leakage.write(certify_splits(held, [], 12, "1"))
    text = _card(project, tmp_path / "dataset")

    assert "Passages of 12 words or more that stand in two splits: 0." in text
    assert "| dev, train | 1 | 0 | 0 | 0 | 6 | 6 |" in text


def test_forty_copies_are_one_leak_group(tmp_path: Path, making: Making) -> None:
    """Forty reprints of one communique and two other articles: 42 to count, and three to learn from."""
    names = [f"copy{number:02}" for number in range(40)] + ["one", "two"]
    articles = [making.article(f"Japan asked {name[:3]}.", name) for name in names]
    rows = [(article, making.gold(article, (0, 5, "COUNTRY")), "train") for article in articles]
    project = making.workspace(tmp_path / "workspace", rows)
    groups = [row.model_copy(update={"leak_group": row.article[:3]}) for row in project.workspace.splits.rows()]
    project.workspace.splits.write(groups)

    text = _card(project, tmp_path / "dataset")

    assert "| articles | 42 | 0 | 0 |\n| leak groups | 3 | 0 | 0 |\n" in text
    assert "| COUNTRY | 42 | 0 | 0 | 3 |" in text
    assert "| PERSON | 0 | 0 | 0 | 0 |" in text
