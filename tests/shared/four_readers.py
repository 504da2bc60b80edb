"""A workspace that four readers filled: the sample articles, what they say of them, and all that is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.evaluation.agree import agree
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.reprints.audit import audit
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.suggestions.suggest import suggest
from labeling.training.evaluate import evaluate
from labeling.workspace.rows.first_submission import first_submission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.annotations import Annotation, Span
    from labeling.project import Project

READERS = ("ana", "ben", "cleo", "dan")


def fill_workspace(folder: Path) -> Project:
    """Articles, four readers' annotations, agreement, gold, splits, a dataset and the scores of the rules."""
    project = load_project(workspace=folder)
    ingest(project, [str(sample_data.articles_folder())])
    cluster(project)
    suggest(project)
    said = list(_say())
    project.workspace.annotations.write(said)
    project.workspace.first.write([first_submission(each, "layer") for each in said])
    agree(project)
    adjudicate(project)
    split(project)
    audit(project)
    compile_dataset(project)
    evaluate(project)
    return project


def _say() -> Iterator[Annotation]:
    """What ana and ben say of the samples, and what two more say, who differ from ana here and there."""
    samples = sample_data.load_sample_annotations()
    of_ana = [each for each in samples if each.annotator == "ana"]
    for day, each in enumerate(samples):
        yield each.model_copy(update={"updated": _instant(day)})
    for name, every, since in (("cleo", 2, 5), ("dan", 3, 7)):
        for day, each in enumerate(of_ana[::every]):
            spans = tuple(_differ(each.spans, since + day % 3))
            kept = {span.id for span in spans}
            relations = tuple(one for one in each.relations if {one.head, one.tail} <= kept)
            words = {"annotator": name, "spans": spans, "relations": relations, "updated": _instant(2 * day)}
            yield each.model_copy(update=words)


def _differ(spans: tuple[Span, ...], every: int) -> Iterator[Span]:
    """Of so many spans one is missed, one shorter, one another label's."""
    for place, span in enumerate(spans):
        change = place % (3 * every)
        if change == 0:
            continue
        if change == every and span.end - span.start > 3:
            yield span.model_copy(update={"end": span.end - 1})
        elif change == 2 * every:
            yield span.model_copy(update={"label": "LOCATION" if span.label == "COUNTRY" else "ISSUE"})
        else:
            yield span


def _instant(day: int) -> str:
    return f"2026-11-{1 + day % 28:02d}T{9 + day % 8:02d}:15:00Z"
