"""``labeling demo``: the whole journey at once, on a real Label Studio of its own."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import click

from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import CorpusError, TrainingError, UsageError
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.report.page import format_interval, percent_or_dash
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.studio.api import signup
from labeling.studio.server import server
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.suggestions.suggest import suggest
from labeling.training.evaluate import evaluate
from labeling.training.train import train
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from labeling.annotations import Annotation
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.push_delivery import PushResult

DEMO_WORKSPACE = Path("exports/demo")

# By this file a later demo knows that a folder is a demo's, and may be moved aside.
_DEMO_MARK = ".demo"
# Enough for the curves to flatten on two dozen articles, little enough for somebody who is waiting.
_STEPS = 150
# In whose name suggestions are submitted when nobody has annotated the user's own articles.
_NOBODY = "nobody"


@dataclass(frozen=True)
class Journey:
    """What the steps of a demo share; ``credentials`` are those of its own server."""

    project: Project
    articles: Path | None
    credentials: Credentials


@contextmanager
def begin_journey(project: Project, articles: Path | None = None) -> Iterator[Journey]:
    """A fresh demo workspace with its own server, which runs until `labeling.studio.server.server.stop_server`.

    An earlier demo in the same folder is moved aside, to ``<folder>.previous``, with all that was annotated in it.

    Raises:
        UsageError: The folder holds something else than a demo.
        StudioError: The server does not start.
    """
    _clear_workspace(project)
    started = server.start_server(project.workspace, say=lambda sentence: click.echo(f"   {sentence} ...", err=True))
    yield Journey(project, articles, started.credentials)


class _FollowedLog(io.TextIOBase):
    """A log that also shows its newest line at a terminal: training is the longest step."""

    def __init__(self, log: TextIO) -> None:
        self._log = log

    def write(self, text: str, /) -> int:
        plain = click.unstyle(text)
        if sys.stderr.isatty() and plain.strip():
            click.echo(f"\r\x1b[2K   train: {plain.strip()[:60]}\r", err=True, nl=False)
        return self._log.write(plain)


def submit_sample_annotations(trip: Journey) -> str:
    """Let the sample annotators submit through the server's API, each with a key of their own; say what they did."""
    from labeling.studio.api.connect import connect, connect_to
    from labeling.studio.sync.project_link import find_linked_project

    workspace = trip.project.workspace
    articles = {article.id: article for article in workspace.articles.rows()}
    with connect(workspace, trip.credentials) as studio:
        remote = find_linked_project(studio, workspace)
        tasks = {task.article: task.number for task in studio.tasks(remote.number)}
    said = _annotations_to_submit(trip)
    for name in sorted({annotation.annotator for annotation in said}):
        key = signup.add_user(trip.credentials, f"{name}@example.com", secrets.token_urlsafe(18))
        with connect_to(trip.credentials.url, key) as studio:
            for annotation in said:
                if annotation.annotator == name:
                    studio.annotate(tasks[annotation.article], annotation, articles[annotation.article])
    return _describe_people(said)


@click.command("demo")
@click.option(
    "--articles",
    type=click.Path(path_type=Path, exists=True),
    help="Your own articles, in place of the sample articles: a file or a folder.",
)
@click.option(
    "--keep-server/--stop-server",
    default=None,
    help="Leave the server running at the end, or stop it.  [default: keep at a terminal]",
)
@click.pass_context
def demo_cli(ctx: click.Context, *, articles: Path | None, keep_server: bool | None) -> int:
    r"""Do the whole journey: articles, Label Studio, annotations, datasets, extractors, scores.

    It runs in its own workspace, exports/demo, on its own Label Studio, whatever LABEL_STUDIO_URL says. The sample
    articles come with what two sample annotators say about them, submitted through the server's API as people would.
    With --articles nobody has annotated yet: the suggestions are submitted as they are, to show the road. A demo
    always begins anew; the one before is moved to exports/demo.previous.

    \b
    Example:
      labeling demo
      labeling demo --articles my-articles/ --keep-server
    """
    config, workspace = ctx.obj
    project = load_project(config, workspace or DEMO_WORKSPACE)
    keep = sys.stdout.isatty() if keep_server is None else keep_server
    try:
        with begin_journey(project, articles) as trip:
            pushed = _walk(trip)
    finally:
        if not keep:
            server.stop_server(project.workspace)
    _say_farewell(project, pushed, keep=keep)
    return 0


def _walk(trip: Journey) -> PushResult:
    """Every step, each shown as it is done: what went in, what came out, where it lies."""
    project, files = trip.project, trip.project.workspace
    _print_step("serve", f"Label Studio at {trip.credentials.url}, on this machine only", files.studio)
    source = trip.articles or sample_data.articles_folder()
    with _announce_step("ingest", files.articles.path) as say:
        taken = ingest(project, [str(source)])
        say(f"{taken.articles} articles from {source.name}/, {sum(taken.rejected.values())} refused")
    with _announce_step("cluster", files.clusters.path) as say:
        found = cluster(project)
        say(f"{found.stories} stories in {found.leak_groups} leak groups: who shares text stays together")
    with _announce_step("suggest", files.suggestions.path) as say:
        suggested = suggest(project)
        spans = sum(sum(labels.values()) for labels in suggested.spans.values())
        say(f"{spans} spans by rules, so that nobody starts from a blank page")
    with _announce_step("push", files.pushed.path) as say:
        pushed = push(project, server=trip.credentials)
        say(f"{pushed.new} tasks with suggestions, at {pushed.url}")
    with _announce_step("annotate") as say:
        say(submit_sample_annotations(trip))
    with _announce_step("pull", files.annotations.path) as say:
        pulled = pull(project, server=trip.credentials)
        say(f"{pulled.spans} spans and {pulled.relations} relations, {sum(pulled.quarantined.values())} quarantined")
    with _announce_step("adjudicate", files.gold.path) as say:
        gold = adjudicate(project)
        say(f"{gold.gold_spans} gold spans, {gold.conflicts} open conflicts; every region is accounted for")
    with _announce_step("audit", files.audit.path) as say:
        same = audit(project)
        say(f"{same.alike} spans alike where articles share words, {len(same.differences)} labelled differently")
    with _announce_step("split", files.splits.path) as say:
        parts = split(project)
        say(f"{parts.train} train, {parts.dev} dev, {parts.test} test; nothing moves later")
    _learn(project)
    with _announce_step("report", files.report) as say:
        write_report(project)
        say("all numbers on one page")
    return pushed


def _learn(project: Project) -> None:
    """Compile, train and evaluate; too few articles of one's own end this part, not the demo."""
    files = project.workspace
    log = files.root / "training.log"
    try:
        with _announce_step("compile", files.latest) as say:
            made = compile_dataset(project)
            say(f"{made.spans} spans in two datasets, spaCy and Hugging Face, read back and proven equal; 0 lost")
        with _announce_step("train", files.models) as say, log.open("w", encoding="utf-8") as table:
            trained = train(project, steps=_STEPS, log=cast("TextIO", _FollowedLog(table)))
            say(f"{' and '.join(Path(model).name for model in trained.models)}, the course of it in {log}")
        with _announce_step("evaluate", files.scores.path) as say:
            scores = evaluate(project).scores
            say("on the test split, exact spans, with 95 % intervals")
            for name, score in scores.items():
                micro = score.exact.micro
                say(f"{name:<26} F1 {percent_or_dash(micro.f1):>5}   {format_interval(micro)}")
    except (CorpusError, TrainingError) as error:
        click.echo(f"             not done: {error}\n             -> {error.todo}")


@contextmanager
def _announce_step(verb: str, path: Path | None = None) -> Iterator[Callable[[str], None]]:
    """Announce a step on stderr, then show its one line with the seconds it took and the file it wrote."""
    if sys.stderr.isatty():
        click.echo(f"   {verb} ...\r", err=True, nl=False)
    start, said = time.monotonic(), list[str]()
    yield said.append
    _print_step(verb, said[0], path, time.monotonic() - start)
    for line in said[1:]:
        click.echo(f"             {line}")


def _print_step(verb: str, line: str, path: Path | None = None, seconds: float | None = None) -> None:
    took = "" if seconds is None else f" ({seconds:.1f} s)"
    click.echo(f" {verb:<11} {line}{took}")
    if path:
        click.echo(f"             -> {path}")


def _annotations_to_submit(trip: Journey) -> Sequence[Annotation]:
    """The sample annotators' words; for the user's own articles, the suggestions in the name of nobody."""
    if trip.articles is None:
        return sample_data.load_sample_annotations()
    return [
        annotation.model_copy(update={"annotator": _NOBODY})
        for annotation in trip.project.workspace.suggestions.rows()
        if annotation.annotator == "model:rules"
    ]


def _describe_people(said: Sequence[Annotation]) -> str:
    names = sorted({annotation.annotator for annotation in said})
    if names == [_NOBODY]:
        return f"nobody has annotated these: {len(said)} suggestions submitted as they are, so scores mean nothing"
    return f"{len(said)} annotations by {' and '.join(names)}, submitted through the server's API"


def _clear_workspace(project: Project) -> None:
    """Move an earlier demo aside, and mark the new folder."""
    root = project.workspace.root
    if root.exists() and any(root.iterdir()):
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


def _say_farewell(project: Project, pushed: PushResult, *, keep: bool) -> None:
    files = project.workspace
    program = "labeling" if shutil.which("labeling") else os.path.relpath(sys.argv[0])
    again = f"{program} --workspace {files.root} serve"
    click.echo(f"\nThe report: {files.report}")
    if keep:
        click.echo(f"The annotated articles: {pushed.url}")
        click.echo(f"  log in with the e-mail and password in {files.studio / 'credentials.json'}")
        click.echo(f"  stop the server with `{again} --stop`")
    else:
        click.echo(f"The annotated articles: `{again}` shows them again")
