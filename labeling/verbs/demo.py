"""``labeling demo``: the whole journey at once, on a real Label Studio of its own."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import CorpusError, TrainingError
from labeling.project import DEFAULT_PROJECT, Project, find_project_file, load_project
from labeling.samples import demo
from labeling.studio.server.server import stop_server
from labeling.verbs.options import tell

if TYPE_CHECKING:
    from labeling.samples.demo import DemoStep
    from labeling.samples.demo_journey import Journey


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
    articles come with the annotations of two sample annotators, submitted through the server's API as people would, and
    with the decisions of a sample adjudicator, who answers a card for each of their conflicts.
    With --articles nobody has annotated yet: the suggestions are submitted as they are, to show the way. A demo always
    begins anew; the one before is moved to exports/demo.previous.

    \b
    Example:
      labeling demo
      labeling demo --articles my-articles/ --keep-server
    """
    config, workspace = ctx.obj
    # The sample articles are annotated by the shipped schema, whatever is begun in this folder.
    path = config or (find_project_file() if articles else DEFAULT_PROJECT)
    project = load_project(path, workspace or demo.DEMO_WORKSPACE)
    # Whoever looks on wants to see the page; a script wants no server left behind.
    keep = sys.stdout.isatty() if keep_server is None else keep_server
    try:
        with demo.begin_journey(project, articles, _show_wait) as trip:
            _take_steps(trip)
    finally:
        if not keep:
            stop_server(project.workspace)
    _print_farewell(project, keep=keep)
    return 0


def _take_steps(trip: Journey) -> None:
    """Every step, each shown as it is done: what came of it, and where it lies."""
    for step in demo.list_annotation_steps(trip):
        _take_step(step)
    # Too few articles of one's own end this part, not the demo.
    try:
        for step in demo.list_learning_steps(trip, _show_training):
            _take_step(step)
    except (CorpusError, TrainingError) as error:
        tell(f"             not done: {error}\n             -> {error.todo}")
    _take_step(demo.make_report_step(trip))


def _take_step(step: DemoStep) -> None:
    """Announce a step on stderr, then print what came of it, the seconds it took and the file it wrote."""
    if sys.stderr.isatty():
        tell(f"   {step.verb} ...", err=True, passing=True)
    start = time.monotonic()
    first, *others = step.run()
    # The server has started before the first step: it has taken no time to show.
    took = "" if step.verb == "serve" else f" ({time.monotonic() - start:.1f} s)"
    tell(f" {step.verb:<11} {first}{took}")
    if step.path:
        tell(f"             -> {step.path}")
    for line in others:
        tell(f"             {line}")


def _show_wait(sentence: str) -> None:
    tell(f"   {sentence} ...", err=True)


def _show_training(line: str) -> None:
    """Show the newest line of the training log at a terminal, over the one before."""
    if sys.stderr.isatty():
        tell(f"   train: {line[:60]}", err=True, passing=True)


def _print_farewell(project: Project, *, keep: bool) -> None:
    files = project.workspace
    # From a checkout the program is not on the path.
    program = "labeling" if shutil.which("labeling") else os.path.relpath(sys.argv[0])
    again = f"{program} --workspace {files.root} serve"
    tell(f"\nThe report: {files.report}")
    if keep:
        tell(f"The annotated articles: {demo.annotated_articles_url(project)}")
        tell(f"  log in with the e-mail and password in {files.studio / 'credentials.json'}")
        tell(f"  stop the server with `{again} --stop`")
    else:
        tell(f"The annotated articles: `{again}` shows them again")
    tell(f"Next: `{program} init` begins a project of your own")
