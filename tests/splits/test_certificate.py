"""No compile without a leakage certificate of the splits as they are: missing, outdated or unclean, it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.errors import LabelingError, LeakError, MissingInput, Uncertified
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.splits.leakage import SplitArticle, certify_splits
from labeling.splits.split import split

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = " ".join(f"release{n}" for n in range(30))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A press release, its reprint and two other articles, as far as `split`."""
    project = load_project(workspace=tmp_path)
    texts = [f"one {RELEASE}", f"two {RELEASE} more", "something else", "nothing of the kind"]
    articles = [made.article(f"a{n}", text) for n, text in enumerate(texts)]
    project.workspace.articles.write(articles)
    annotations = [Annotation(article=each.id, digest=each.digest, annotator="ana") for each in articles]
    project.workspace.annotations.write(annotations)
    project.workspace.quarantine.write([])
    adjudicate(project)
    cluster(project)
    split(project)
    return project


def refused(project: Project, kind: type[LabelingError], match: str) -> LabelingError:
    """Compile, which is refused and leaves nothing behind."""
    with pytest.raises(kind, match=match) as refusal:
        compiled_from(project)
    assert not project.workspace.latest.exists()
    return refusal.value


def test_certified_splits_compile(project: Project) -> None:
    """What `split` wrote is enough."""
    assert compiled_from(project).articles["train"] > 0


def test_missing_certificate_is_refused(project: Project) -> None:
    """leakage.json is not there: the verb that writes it is named."""
    project.workspace.leakage.path.unlink()

    assert "labeling split" in refused(project, MissingInput, "leakage.json is not there").todo


@pytest.mark.usefixtures("written_by_hand")
def test_certificate_with_a_shared_passage_is_refused(project: Project) -> None:
    """A certificate of these very splits which counts a shared passage: the worst pair is named."""
    one, other, *_ = project.workspace.articles.rows()
    held = [SplitArticle(one.id, one.text, "train"), SplitArticle(other.id, other.text, "test")]
    clean = project.workspace.leakage.value()
    unclean = certify_splits(held, [], 12, "1").model_copy(update={"measured_on": clean.measured_on})
    project.workspace.leakage.write(unclean)

    refused(project, LeakError, r"30 words, in 'a0' \(train\) and 'a1' \(test\)")


@pytest.mark.usefixtures("written_by_hand")
def test_splits_changed_by_hand_are_refused(project: Project) -> None:
    """The reprint is moved to test, in a leak group of its own: the certificate is outdated, and `split` refuses."""
    rows = [
        row.model_copy(update={"split": "test", "leak_group": "mine"}) if row.article == "a0" else row
        for row in project.workspace.splits.rows()
    ]
    project.workspace.splits.write(rows)

    assert "labeling split" in refused(project, Uncertified, "before a change of splits.jsonl").todo
    with pytest.raises(LeakError):
        split(project)


@pytest.mark.usefixtures("written_by_hand")
def test_certificate_of_other_passages_is_refused(project: Project) -> None:
    """`cluster` found something else since, or the project file has another N; measured again, the splits compile."""
    project.workspace.passages.path.write_bytes(b"")
    refused(project, Uncertified, "before a change of passages.jsonl")

    rules = project.file.passages.model_copy(update={"words": 8})
    shorter = Project(
        project.path, project.file.model_copy(update={"passages": rules}), project.schema, project.workspace
    )
    refused(shorter, Uncertified, r"passages.jsonl and of the least words of a passage \(now 8\)")
    split(shorter)
    assert compiled_from(shorter).articles["train"] > 0
