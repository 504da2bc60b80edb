"""A round of the loop without its training, beside the verbs that it goes through, one by one."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Times, timed
from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.learning.learn import learn
from labeling.learning.round_order import find_last_model, with_model
from labeling.learning.turn import LearnOptions
from labeling.project import LearningSection
from labeling.splits.split import split
from labeling.studio.format.tasks import submission_of
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.suggestions.suggest import suggest
from labeling.workspace.journal import load_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.bench import Bench
    from labeling.project import Project

# Of all articles, what is read before the first round that is measured, and in each one.
_READ = 5
_TRAINING = frozenset({"train", "evaluate"})


def measure(bench: Bench) -> Iterator[Figure]:
    """A fifth of the articles is read, then some more for each run; the extractor is spaCy's, trained for one step."""
    project = bench.ingested("learn")
    project = replace(project, file=project.file.model_copy(update={"learning": LearningSection(config="ner.cfg")}))
    options = LearnOptions(steps=1, verdict=False, log=io.StringIO())
    bench.say("learn: the first round, which pushes everything")
    learn(project, server=bench.server, options=options)
    ours, floor = list[float](), list[float]()
    some = max(len(bench.corpus) // _READ, 1)
    for run in range(bench.runs):
        size = some if run == 0 else max(some // _READ, 1)
        bench.say(f"learn: {size} articles are read, and a round")
        _read(bench, project, [row.article for row in project.workspace.queue.rows()][:size])
        steps = learn(project, server=bench.server, options=options).steps
        ours.append(sum(step.seconds for step in steps if step.verb not in _TRAINING))
        floor.append(timed(lambda: _go_through(bench, project)))
    what = f"a round of {len(bench.corpus)} articles, without training"
    yield Figure("learn", what, "its verbs, one by one", Times(tuple(ours), tuple(floor)))


def _go_through(bench: Bench, project: Project) -> None:
    pull(project, server=bench.server, changes=True)
    for verb in (adjudicate, split, compile_dataset):
        verb(project)
    # By the same model: to predict is most of it.
    suggest(with_model(project, find_last_model([*project.workspace.rounds.rows()])))
    push(project, server=bench.server)


def _read(bench: Bench, project: Project, names: Sequence[str]) -> None:
    """Submit what is true of these articles."""
    tasks = {row.article: row.task for row in load_journal(project.workspace.pushed.path).values()}
    known = {each.article.id: each for each in bench.corpus}
    with bench.caller() as raw:
        for name in names:
            said = submission_of(known[name].said, known[name].article)
            raw.post(f"/api/tasks/{tasks[name]}/annotations/", json=said).raise_for_status()
