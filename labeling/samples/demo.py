"""The demo: the whole journey on a real Label Studio of its own, as steps that are taken one after the other."""

from __future__ import annotations

import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import UsageError
from labeling.passages.cluster import cluster
from labeling.report.page import percent_or_dash
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.samples import demo_settling, sample_data
from labeling.samples.demo_journey import Journey
from labeling.samples.followed_log import FollowedLog
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.studio.api import signup
from labeling.studio.server import server
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.suggestions.suggest import suggest
from labeling.training.evaluate import evaluate
from labeling.training.taggers import find_missing_package
from labeling.training.train import train
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from labeling.annotations import Annotation
    from labeling.project import Project

DEMO_WORKSPACE = Path("exports/demo")

# By this file a later demo knows that a folder is a demo's, and may be moved aside.
_DEMO_MARK = ".demo"
# Enough for the curves to flatten on two dozen articles, little enough for somebody who is waiting.
_TRAINING_STEPS = 150
# On re3d, see docs/training.md.
_WHY_RULES_WIN = (
    "the rules are hard to beat here: they were made with these samples in view, and reach 34 on articles of others"
)
# The annotator of suggestions that are submitted because nobody has annotated the user's own articles.
_NOBODY = "nobody"


@dataclass(frozen=True)
class DemoStep:
    """One step: the verb it shows, and the path of what it writes.

    ``run`` takes the step and returns what came of it, in a line, or several.
    """

    verb: str
    path: Path | None
    run: Callable[[], Sequence[str]]


@contextmanager
def begin_journey(project: Project, articles: Path | None, say: Callable[[str], None]) -> Iterator[Journey]:
    """A fresh demo workspace with its own server, which runs until `labeling.studio.server.server.stop_server`.

    An earlier demo in the same folder is moved aside, to ``<folder>.previous``, with all that was annotated in it.

    Args:
        project: Its workspace is the demo's.
        articles: A file or folder of the user's own articles; None for the sample articles.
        say: Is called with a sentence whenever starting the server takes long.

    Raises:
        UsageError: The folder holds something else than a demo.
        StudioError: The server does not start.
    """
    _clear_workspace(project)
    started = server.start_server(project.workspace, say=say)
    # A demo has people of its own.
    alone = replace(project, file=project.file.model_copy(update={"people": None}))
    yield Journey(alone, articles, started.credentials)


def list_annotation_steps(trip: Journey) -> list[DemoStep]:
    """The steps from the server to the splits."""
    # In the order of the journey; each step reads what the ones before it wrote.
    files = trip.project.workspace
    return [
        DemoStep("serve", files.studio, lambda: [f"Label Studio at {trip.credentials.url}, on this machine only"]),
        DemoStep("ingest", files.articles.path, partial(_ingest, trip)),
        DemoStep("cluster", files.clusters.path, partial(_cluster, trip)),
        DemoStep("suggest", files.suggestions.path, partial(_suggest, trip)),
        DemoStep("push", files.pushed.path, partial(_push, trip)),
        DemoStep("annotate", None, partial(_annotate, trip)),
        DemoStep("pull", files.annotations.path, partial(_pull, trip)),
        # Nobody has annotated articles of one's own.
        *(_list_settling_steps(trip) if trip.articles is None else ()),
        DemoStep("adjudicate", files.gold.path, partial(demo_settling.reconcile, trip)),
        DemoStep("audit", files.audit.path, partial(_audit, trip)),
        DemoStep("split", files.splits.path, partial(_split, trip)),
    ]


def _list_settling_steps(trip: Journey) -> list[DemoStep]:
    """How far the sample annotators agree, and how what they differ on is settled."""
    files = trip.project.workspace
    team = replace(trip, project=demo_settling.appoint_adjudicator(trip.project))
    return [
        DemoStep("agree", files.agreement.path, partial(demo_settling.measure_first_words, team)),
        DemoStep("adjudicate", files.conflicts.path, partial(demo_settling.reconcile, team)),
        DemoStep("cards", None, partial(demo_settling.send_cards, team)),
        DemoStep("settle", None, partial(demo_settling.answer_cards, team)),
        DemoStep("pull", files.decisions.path, partial(demo_settling.bring_decisions_home, team)),
    ]


def list_learning_steps(trip: Journey, follow: Callable[[str], None]) -> list[DemoStep]:
    """The steps from the dataset to the scores; with too few articles they raise a CorpusError or TrainingError.

    Args:
        trip: The journey so far.
        follow: Is called with each line of the training log, for training is the longest step.
    """
    files = trip.project.workspace
    return [
        DemoStep("compile", files.latest, partial(_compile, trip)),
        DemoStep("train", files.models, partial(_train, trip, follow)),
        DemoStep("evaluate", files.scores.path, partial(_evaluate, trip)),
    ]


def make_report_step(trip: Journey) -> DemoStep:
    """The last step, which shows whatever there is."""
    return DemoStep("report", trip.project.workspace.report, partial(_report, trip))


def annotated_articles_url(project: Project) -> str:
    """The address of the demo's articles in Label Studio.

    Raises:
        MissingInput: Nothing was pushed.
    """
    link = project.workspace.studio_link.value()
    return f"{link.url}/projects/{link.project}/data"


def _ingest(trip: Journey) -> list[str]:
    # One way for both: the samples are files like any others.
    source = trip.articles or sample_data.articles_folder()
    taken = ingest(trip.project, [str(source)])
    return [f"{taken.articles} articles from {source.name}/, {sum(taken.rejected.values())} refused"]


def _cluster(trip: Journey) -> list[str]:
    found = cluster(trip.project)
    return [f"{found.stories} stories in {found.leak_groups} leak groups: who shares text stays together"]


def _suggest(trip: Journey) -> list[str]:
    spans = sum(sum(labels.values()) for labels in suggest(trip.project).spans.values())
    return [f"{spans} spans by rules, so that nobody starts from a blank page"]


def _push(trip: Journey) -> list[str]:
    pushed = push(trip.project, server=trip.credentials)
    return [f"{pushed.new} tasks with suggestions, at {pushed.url}"]


def _annotate(trip: Journey) -> list[str]:
    """Let the sample annotators submit through the server's API, each with a key of their own."""
    from labeling.studio.api.connect import connect, connect_to
    from labeling.studio.sync.project_link import find_linked_project

    workspace = trip.project.workspace
    # Which task holds which article only the server knows.
    articles = workspace.articles.by("id")
    with connect(workspace, trip.credentials) as studio:
        remote = find_linked_project(studio, workspace)
        tasks = {task.article: task.number for task in studio.tasks(remote.number)}
    annotations = _annotations_to_submit(trip)
    for name in sorted({annotation.annotator for annotation in annotations}):
        # People have a log-in each, so that the server signs their annotations.
        key = signup.add_user(trip.credentials, f"{name}@example.com", secrets.token_urlsafe(18))
        with connect_to(trip.credentials.url, key) as studio:
            for annotation in annotations:
                if annotation.annotator == name:
                    studio.annotate(tasks[annotation.article], annotation, articles[annotation.article])
    return [_describe_annotations(annotations)]


def _pull(trip: Journey) -> list[str]:
    pulled = pull(trip.project, server=trip.credentials)
    quarantined = sum(pulled.quarantined.values())
    return [f"{pulled.spans} spans and {pulled.relations} relations, {quarantined} quarantined"]


def _audit(trip: Journey) -> list[str]:
    same = audit(trip.project)
    return [f"{same.alike} spans alike where articles share words, {len(same.differences)} labelled differently"]


def _split(trip: Journey) -> list[str]:
    parts = split(trip.project)
    return [f"{parts.train} train, {parts.dev} dev, {parts.test} test; nothing moves later"]


def _compile(trip: Journey) -> list[str]:
    made = compile_dataset(trip.project)
    return [f"{made.spans} spans in two datasets, spaCy and Hugging Face, read back and proven equal; 0 lost"]


def _train(trip: Journey, follow: Callable[[str], None]) -> list[str]:
    path = trip.project.workspace.root / "training.log"
    # A tagger, for which so few steps are too few, ends by itself.
    steps = _TRAINING_STEPS if find_missing_package() else None
    with path.open("w", encoding="utf-8") as log:
        trained = train(trip.project, steps=steps, log=cast("TextIO", FollowedLog(log, follow)))
    return [f"{' and '.join(Path(model).name for model in trained.models)}, the course of it in {path}"]


def _evaluate(trip: Journey) -> list[str]:
    # The first line is the step's own, then one for each annotator.
    lines = ["on the test split, exact spans, with 95 % intervals"]
    for name, score in evaluate(trip.project).scores.items():
        micro = score.exact.micro
        lines.append(f"{name:<26} F1 {percent_or_dash(micro.f1):>5}   {micro.interval_text}")
    if trip.articles is None:
        lines.append(_WHY_RULES_WIN)
    return lines


def _report(trip: Journey) -> list[str]:
    write_report(trip.project)
    return ["all numbers on one page"]


def _annotations_to_submit(trip: Journey) -> Sequence[Annotation]:
    """Those of the sample annotators; for the user's own articles, the suggestions, signed by nobody."""
    if trip.articles is None:
        return sample_data.load_sample_annotations()
    return [
        annotation.model_copy(update={"annotator": _NOBODY})
        for annotation in trip.project.workspace.suggestions.rows()
        if annotation.annotator == "model:rules"
    ]


def _describe_annotations(annotations: Sequence[Annotation]) -> str:
    # Scores of suggestions against themselves would look like perfection.
    names = sorted({annotation.annotator for annotation in annotations})
    if names == [_NOBODY]:
        return (
            f"nobody has annotated these: {len(annotations)} suggestions submitted as they are, so scores mean nothing"
        )
    return f"{len(annotations)} annotations by {' and '.join(names)}, blind to each other, through the server's API"


def _clear_workspace(project: Project) -> None:
    """Move an earlier demo aside, and mark the new folder."""
    root = project.workspace.root
    if root.exists() and any(root.iterdir()):
        # Whatever has no mark is somebody's work.
        if not (root / _DEMO_MARK).exists():
            raise UsageError(
                f"{root} holds something else than a demo",
                todo="name another folder with --workspace",
                where=str(root),
            )
        server.stop_server(project.workspace)
        previous = root.with_name(f"{root.name}.previous")
        shutil.rmtree(previous, ignore_errors=True)
        root.rename(previous)
    write_text(root / _DEMO_MARK, "Made by `labeling demo`, which begins anew each time.\n")
