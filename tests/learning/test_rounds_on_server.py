"""Rounds of the loop on a real server: without a word, cut short, with a model, with nothing new, and watched."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from envoys import annotated_article

from labeling.errors import LabelingError, ServerUnreachable
from labeling.learning.learn import LearnResult, learn
from labeling.learning.rehearse import LearnForecast, rehearse
from labeling.learning.turn import LearnOptions
from labeling.learning.watch_learning import watch_learning
from labeling.project import LearningSection, TrainSection, load_project, shipped_config
from labeling.studio.format.tasks import result_of
from labeling.workspace.journal import load_journal
from labeling.workspace.rows.learning_rows import ActionCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.learning.turn import LearnStep
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio
ROOT = Path(__file__).parents[2]
WORDS = {article.id: (article, said) for article, said in map(annotated_article, range(24))}
READ = 18  # of these
SLEEP = "labeling.learning.watch_learning.time.sleep"


@dataclass
class Loop:
    """A project, and the server that it is read on."""

    project: Project
    server: Credentials

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The server's API, past our client."""
        headers = {"Authorization": f"Token {self.server.api_key}"}
        answer = httpx.request(
            method, f"{self.server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    @property
    def tasks(self) -> dict[str, int]:
        """The number of each article's task."""
        return {row.article: row.task or 0 for row in load_journal(self.project.workspace.pushed.path).values()}

    def read(self, names: Iterable[str]) -> None:
        """Submit what is true of articles, each in half a minute, from an empty page."""
        for name in names:
            article, said = WORDS[name]
            body = {"result": [*result_of(said, article)], "lead_time": 30}
            self.call("POST", f"/api/tasks/{self.tasks[name]}/annotations/", body)

    def keep_suggestions(self, name: str) -> int:
        """Submit what is suggested for an article as it is, and how many spans that is."""
        (shown,) = self.call("GET", f"/api/tasks/{self.tasks[name]}")["predictions"]
        result = [{**row, "origin": "prediction"} for row in shown["result"]]
        body = {"result": result, "lead_time": 5, "parent_prediction": shown["id"]}
        self.call("POST", f"/api/tasks/{self.tasks[name]}/annotations/", body)
        return len(result)

    def digest(self) -> str:
        """The digest of all there is: every file of the workspace, and what the server tells of the project."""
        root, found = self.project.workspace.root, hashlib.sha256()
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            found.update(str(path.relative_to(root)).encode() + path.read_bytes())
        number = self.project.workspace.studio_link.value().project
        for task in sorted(self.tasks.values()):
            found.update(str(self.call("GET", f"/api/tasks/{task}")["annotations"]).encode())
        project = self.call("GET", f"/api/projects/{number}")
        return found.hexdigest() + str([project[name] for name in ("task_number", "label_config", "model_version")])


def options(tell: Callable[[LearnStep], None] = lambda _step: None) -> LearnOptions:
    """Few steps, and no curve."""
    return LearnOptions(steps=10, verdict=False, log=io.StringIO(), tell=tell)


def cut_short_after(verb: str) -> LearnOptions:
    """A round that is killed when a step is done."""

    def stop(step: LearnStep) -> None:
        if step.verb == verb:
            raise KeyboardInterrupt

    return options(stop)


@dataclass
class Journey:
    """What each part of the journey brought."""

    loop: Loop
    first: LearnResult | LabelingError
    queue: list[str]
    stream: list[str]
    kept: int
    foreseen: LearnForecast
    digests: tuple[str, str]
    after_count: bytes
    second: LearnResult | LabelingError
    third: LearnResult
    third_files: tuple[dict[str, bytes], dict[str, bytes]]


@pytest.fixture(scope="module")
def journey(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Watched: a first round, articles are read, a rehearsal, rounds that are killed, one that ends, nothing new."""
    folder = tmp_path_factory.mktemp("loop")
    small = shipped_config("ner.cfg").read_text(encoding="utf-8")
    for much, little in (("width = 96", "width = 16"), ("depth = 4", "depth = 1"), ("size = 2000", "size = 100")):
        small = small.replace(much, little)
    (folder / "small.cfg").write_text(small, encoding="utf-8")
    project = load_project(ROOT / "configs" / "diplomatic.toml", folder / "workspace")
    section = LearningSection(stream=0.6, unassisted=0.5, config=str(folder / "small.cfg"))
    parts = {"learning": section, "train": TrainSection(vectors="")}
    project = replace(project, file=project.file.model_copy(update=parts))
    project.workspace.articles.write([article for article, _ in WORDS.values()])
    loop, workspace = Loop(project, studio), project.workspace

    rounds = watch_learning(project, server=studio, options=options(), after=READ, every=1e9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SLEEP, lambda _seconds: None)
        first = next(rounds)
        rows = [*workspace.queue.rows()]
        assisted = next(row.article for row in rows if row.assisted)
        loop.read([row.article for row in rows if row.article != assisted][: READ - 1])
        kept = loop.keep_suggestions(assisted)
        before = loop.digest()
        foreseen = rehearse(project, server=studio, options=options())
        digests = before, loop.digest()
        with pytest.raises(KeyboardInterrupt):
            learn(project, server=studio, options=cut_short_after("count"))
        after_count = workspace.actions.path.read_bytes()
        with pytest.raises(KeyboardInterrupt):
            learn(project, server=studio, options=cut_short_after("push"))
        second = next(rounds)
    files = (workspace.rounds.path, workspace.queue.path, workspace.actions.path, workspace.suggestions.path)
    as_they_were = {path.name: path.read_bytes() for path in files}
    third = learn(project, server=studio, options=options())
    return Journey(
        loop,
        first,
        [row.article for row in rows],
        [row.article for row in rows if row.chosen_by == "stream"],
        kept,
        foreseen,
        digests,
        after_count,
        second,
        third,
        (as_they_were, {path.name: path.read_bytes() for path in files}),
    )


def verbs(result: LearnResult | LabelingError | LearnForecast) -> list[str]:
    """The steps that were done."""
    assert not isinstance(result, LabelingError)
    return [step.verb for step in result.steps]


def test_a_round_without_a_word_orders_and_pushes_and_says_why_nothing_was_trained(journey: Journey) -> None:
    """All articles are in the queue, the stream in its share of every beginning."""
    assert isinstance(journey.first, LearnResult)
    assert journey.first.round is not None
    assert verbs(journey.first) == ["cluster", "suggest", "order", "push"]
    row = journey.first.round
    assert (row.round, row.articles, row.open, row.model, row.verdict) == (1, 0, 24, "", "cannot tell")
    assert row.why == row.outlook.why == "nobody has annotated anything yet"
    assert sorted(journey.queue) == sorted(WORDS)
    assert set(journey.queue) == journey.loop.tasks.keys()
    drawn = [name in journey.stream for name in journey.queue]
    reached = range(1, int(len(journey.stream) / 0.6) + 1)
    assert all(sum(drawn[:number]) >= 0.6 * number for number in reached)


def test_a_rehearsal_tells_what_would_be_done_and_writes_nothing(journey: Journey) -> None:
    """Not a byte of the workspace is another, and the server has what it had."""
    assert journey.digests[0] == journey.digests[1]
    assert journey.foreseen.changed
    assert verbs(journey.foreseen) == ["pull", "count", "adjudicate", "split"]
    train, order, push = journey.foreseen.would
    assert train.startswith("compile and train on ")
    assert order.startswith("suggest for and order 6 open articles")
    assert push == "push 0 new articles, and the order"


def test_a_round_that_was_killed_goes_on_and_counts_nothing_twice(journey: Journey) -> None:
    """What was counted before the first kill is what counts, though suggestions were replaced before the last."""
    workspace = journey.loop.project.workspace
    assert [row.round for row in workspace.rounds.rows()] == [1, 2]
    assert workspace.actions.path.read_bytes() == journey.after_count
    assert [path.name for path in workspace.models.iterdir()] == [workspace.models.glob("small-*").__next__().name]


def test_a_round_with_gold_trains_measures_and_tells_what_people_did(journey: Journey) -> None:
    """One article was kept as it was suggested; of the others every span, relation and option was made by hand."""
    assert isinstance(journey.second, LearnResult)
    row = journey.second.round
    assert row is not None
    by_hand = READ - 1
    expected = ActionCounts(
        spans_kept=journey.kept, spans_added=3 * by_hand, relations_added=by_hand, choices_changed=2 * by_hand
    )
    assert (row.round, row.articles, row.new, row.open, row.actions) == (2, READ, READ, 24 - READ, expected)
    assert row.actions.weight == 2 * (3 * by_hand + 2 * by_hand) + 8 * by_hand
    assert row.seconds == 30 * by_hand + 5
    assert row.model.startswith("model:small-")
    assert row.score is not None
    assert row.score.gold > 0
    # Nothing was trained anew, or measured anew, after it had been killed.
    assert verbs(journey.second) == ["pull", "count", "adjudicate", "split", "compile", "suggest", "order", "push"]
    offered = {each.article: each for each in journey.loop.project.workspace.begun.rows()}
    assert len(offered) == READ
    unassisted = {name for name, each in offered.items() if not each.shown}
    assert unassisted
    assert unassisted <= set(journey.stream)


def test_a_round_in_which_nothing_changed_writes_nothing(journey: Journey) -> None:
    """Neither a row nor another order, and it says so."""
    assert journey.third.round is None
    assert journey.third.sentence == "Nothing has changed since the last round."
    assert verbs(journey.third) == ["pull", "count", "adjudicate"]
    assert journey.third_files[0] == journey.third_files[1]


def test_a_loop_that_is_watched_outlives_a_server_that_is_away(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try is told, and waits twice as long as the one before."""
    pauses = list[float]()
    monkeypatch.setattr(SLEEP, pauses.append)
    away = journey.loop.server.model_copy(update={"url": "http://127.0.0.1:9"})
    rounds = watch_learning(journey.loop.project, server=away, options=options(), every=10)
    came = [next(rounds) for _ in range(3)]
    assert [type(each) for each in came] == [ServerUnreachable] * 3
    assert pauses == [20, 40]


def test_ctrl_c_ends_a_loop_that_is_watched_wherever_it_is(studio: Credentials, tmp_path: Path) -> None:
    """Amid a round and between two: status 130, nothing held, and the next one goes on to a whole round."""
    config = tmp_path / "loop.toml"
    shipped = (ROOT / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    config.write_text(shipped.replace("[[labels]]", "[learning]\n[[labels]]", 1), encoding="utf-8")
    workspace = load_project(config, tmp_path / "work").workspace
    workspace.articles.write([article for article, _ in [*WORDS.values()][:4]])
    command = [sys.executable, "-m", "labeling", "--config", str(config), "--workspace", str(workspace.root), "learn"]
    server = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}

    for last, rounds in (("suggest", []), ("Round 1,", [1])):
        # The line that tells of it ends a step, or the round.
        with subprocess.Popen(
            [*command, "--watch"], env=os.environ | server, stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stderr is not None
            told = next((line for line in child.stderr if last in line), "")
            child.send_signal(signal.SIGINT)
            assert (bool(told), child.wait(60)) == (True, 130)
        assert [row.round for row in workspace.rounds.rows_if_written()] == rounds
        with workspace.lock():
            pass
    assert len([*workspace.queue.rows()]) == 4
