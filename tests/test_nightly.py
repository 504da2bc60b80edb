"""`scripts/nightly.sh`, in an environment with nothing in it, as cron may have it: nights in a row on a real server."""

from __future__ import annotations

import fcntl
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import psutil
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, QuarantineRow, Span
from labeling.cli import cli
from labeling.corpora.manifest import Manifest
from labeling.errors import LabelingError
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.format.tasks import result_of
from labeling.studio.server.process import find_process
from labeling.studio.server.server import start_server, stop_server
from labeling.studio.sync.push import push
from labeling.workspace import journal
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

NIGHTLY = Path(__file__).parents[1] / "scripts" / "nightly.sh"
LABEL = '[[labels]]\nname = "{}"\ndefinition = "x"\nexamples = ["x"]\ncolor = "#a000{}0"\nhotkey = "{}"\n'
PERSON, PLACE = LABEL.format("PERSON", 1, 1), LABEL.format("PLACE", 2, 2)
HEAD = '[project]\nname = "nights"\n[compile]\ntargets = ["conll"]\n'
RELATION = '[[relations]]\nname = "MET"\ndefinition = "x"\nexample = "x"\nhead = ["PERSON"]\ntail = ["PERSON"]\n'
ARTICLES = [made.article(f"wire/{n}", f"Anna met Carl in Oslo on day {n}.") for n in range(4)]
SLIP = {"type": "relation", "from_id": "s0", "to_id": "s9", "direction": "right", "labels": []}
ANNA, CARL, OSLO = (0, 4, "PERSON"), (9, 13, "PERSON"), (17, 21, "PLACE")


def night(folder: Path, *options: str, **environment: str) -> tuple[int, str, str]:
    """One run, started in a folder: its status, the last line of its log, and what it printed."""
    run = subprocess.run(
        ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items()), NIGHTLY, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    log = folder / "work" / "nightly.log"
    return run.returncode, (log.read_text().splitlines() or [""])[-1] if log.exists() else "", run.stdout + run.stderr


def program(folder: Path, *lines: str) -> str:
    """A program in place of `labeling`; `$verb` is what it is to do."""
    path = folder / "labeling"
    path.write_text("\n".join(["#!/bin/bash", 'verb=$5; echo "$verb" >>verbs', *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


OPTIONS = ("--config", "my.toml", "--workspace", "work")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four articles, pushed to a server of the workspace's own."""
    (tmp_path / "my.toml").write_text(HEAD + PERSON + PLACE + RELATION, encoding="utf-8")
    loaded = load_project(tmp_path / "my.toml", tmp_path / "work")
    loaded.workspace.articles.write(ARTICLES)
    push(loaded, server=start_server(loaded.workspace).credentials)
    yield loaded
    stop_server(loaded.workspace)


def submit(project: Project, server: Credentials, number: int, *rows: Any) -> int:
    """Submit an article with all its spans, and further rows of the page's form, by the server's owner; its number."""
    article = ARTICLES[number]
    tasks = {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}
    spans = tuple(Span(id=f"s{at}", start=at, end=end, label=label) for at, end, label in (ANNA, CARL, OSLO))
    said = Annotation(article=article.id, digest=article.digest, annotator="", spans=spans)
    with connect_to(server.url, server.api_key) as owner:
        return owner.file_annotation(tasks[article.id], {"result": [*result_of(said, article), *rows]})


def dataset(project: Project) -> tuple[int, int]:
    """How many articles and spans the latest dataset has."""
    proof = read_value(project.workspace.latest / "manifest.json", Manifest).proof
    return proof.articles, proof.spans


@pytest.mark.studio
def test_nights_in_a_row(tmp_path: Path, project: Project) -> None:
    """Changes; a slip, and a server that died; a label that was removed, and the slip mended.

    What a person must look at is status 3, what was decided is not; a server elsewhere that is dead is status 1.
    """
    server = start_server(project.workspace).credentials
    for number in (0, 1):
        submit(project, server, number)
    first = night(tmp_path, *OPTIONS)
    assert (first[0], first[2]) == (0, ""), first
    assert "Ended with status 0: done; not yet: labeling agree: no article was submitted by two people" in first[1]
    assert dataset(project) == (2, 6)
    page = project.workspace.report.read_bytes()

    slip = submit(project, server, 2, SLIP)
    process = find_process(project.workspace.studio.resolve())
    assert process is not None
    process.kill()
    process.wait(30)
    second = night(tmp_path, *OPTIONS)
    restarted = find_process(project.workspace.studio.resolve())
    assert restarted is not None
    assert restarted.pid != process.pid
    assert second[0] == 3
    assert "Ended with status 3: to be looked at: labeling pull: quarantined 1 broken relation" in second[1]
    assert second[1].split(": ", 1)[1] in second[2]
    assert dataset(project) == (3, 9)
    assert project.workspace.report.read_bytes() != page

    dead = night(tmp_path, *OPTIONS, LABEL_STUDIO_URL="http://127.0.0.1:9", LABEL_STUDIO_API_KEY="key")
    assert dead[0] == 1
    assert "Ended with status 1: labeling pull: http://127.0.0.1:9 does not answer" in dead[1]
    assert dataset(project) == (3, 9)

    decided = f'{HEAD}{PERSON}{RELATION}[migrations.labels]\nPLACE = ""\n'
    (tmp_path / "my.toml").write_text(decided, encoding="utf-8")
    address, key = f"{server.url}/api/annotations/{slip}/", {"Authorization": f"Token {server.api_key}"}
    said = httpx.get(address, headers=key, trust_env=False).json()["result"]
    mended = {"result": [row for row in said if row["type"] != "relation"]}
    httpx.patch(address, headers=key, json=mended, trust_env=False).raise_for_status()
    third = night(tmp_path, *OPTIONS)
    assert (third[0], third[2]) == (0, ""), third
    assert project.workspace.quarantine.exists()
    assert dataset(project) == (3, 6)


QUARANTINED = Annotation(article="wire/0", digest=ARTICLES[0].digest, annotator="ana")
UNKNOWN = QuarantineRow(
    article="wire/0", annotator="ana", what="span", id="s", kind="unknown label", reason="PLACE", task=1, raw={}
)


@pytest.mark.parametrize(
    ("verb", "found", "status", "end"),
    [
        ("agree", (), 0, "done; not yet: labeling agree: no article was submitted by two people ->"),
        ("compile", (), 0, "done; not yet: labeling compile: no article has usable gold and a split ->"),
        ("compile", (UNKNOWN,), 3, "to be looked at: labeling compile: 1 things in quarantine, 1 unknown label: span"),
    ],
)
def test_what_is_not_there_yet_and_what_waits_for_somebody_ends_no_night(
    tmp_path: Path, verb: str, found: tuple[QuarantineRow, ...], status: int, end: str
) -> None:
    """The verbs' own words say which of the two it is; the report is made all the same."""
    (tmp_path / "my.toml").write_text(HEAD + PERSON, encoding="utf-8")
    workspace = load_project(tmp_path / "my.toml", tmp_path / "work").workspace
    workspace.articles.write(ARTICLES)
    workspace.annotations.write([QUARANTINED] if found else [])
    workspace.quarantine.write(found)
    for each in ("adjudicate", "split", verb):
        said = CliRunner().invoke(
            cli, ["--config", str(tmp_path / "my.toml"), "--workspace", str(workspace.root), each]
        )
    assert isinstance(said.exception, LabelingError)
    (tmp_path / "words").write_text(f"Error: {said.exception}\n  -> {said.exception.todo}\n", encoding="utf-8")
    got, last, _ = night(
        tmp_path, *OPTIONS, LABELING=program(tmp_path, f'[ "$verb" != {verb} ] || {{ cat words >&2; exit 1; }}')
    )

    assert got == status
    assert f"Ended with status {status}: {end}" in last
    assert (tmp_path / "verbs").read_text().split()[-1] == "report"


def test_a_signal_ends_the_verb_and_is_the_reason(tmp_path: Path) -> None:
    """Whichever verb is at work gets it too, at once, and the last line of the log says so."""
    (tmp_path / "work").mkdir()
    run = subprocess.Popen(
        [NIGHTLY, *OPTIONS], cwd=tmp_path, env={"LABELING": program(tmp_path, "exec sleep 60")}, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "verbs").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    children = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGTERM)
    _, told = run.communicate(timeout=30)

    assert run.returncode == 1
    assert b"ended by a signal" in told
    assert (tmp_path / "work" / "nightly.log").read_text().endswith("Ended with status 1: it was ended by a signal\n")
    assert children
    assert not [child for child in children if child.is_running()]


def test_a_second_night_does_nothing_beside_the_first(tmp_path: Path) -> None:
    """It says so in the log of both, and no verb runs; what the first one started does not hold the lock."""
    (tmp_path / "work").mkdir()
    quick = program(tmp_path, "sleep 30 >/dev/null 2>&1 &")
    assert night(tmp_path, *OPTIONS, LABELING=quick)[0] == 0
    with (tmp_path / "work" / ".nightly.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (tmp_path / "verbs").unlink()
        status, last, told = night(tmp_path, *OPTIONS, LABELING=quick)

    assert status == 1
    assert last.endswith("Ended with status 1: another night is at work in work")
    assert "another night is at work in work" in told
    assert not (tmp_path / "verbs").exists()


def test_the_verbs_in_their_order(tmp_path: Path) -> None:
    """From pull to report; a server is started first where the workspace has one and the environment names none."""
    (tmp_path / "work").mkdir()
    said = program(tmp_path)
    pulled = ["pull", "adjudicate", "agree", "split", "compile", "report"]
    assert night(tmp_path, *OPTIONS, LABELING=said)[0] == 0
    assert (tmp_path / "verbs").read_text().split() == pulled
    (tmp_path / "work" / "studio").mkdir()
    assert night(tmp_path, *OPTIONS, LABELING=said)[0] == 0
    assert night(tmp_path, *OPTIONS, LABELING=said, LABEL_STUDIO_URL="http://127.0.0.1:9")[0] == 0
    assert (tmp_path / "verbs").read_text().split() == [*pulled, "serve", *pulled, *pulled]


def test_it_waits_for_another_command_and_goes_on(tmp_path: Path) -> None:
    """A workspace that is busy once is tried again; one that stays so ends the night, with the verb's own words."""
    (tmp_path / "work").mkdir()
    busy = 'echo "Error: another command is writing to work" >&2; exit 1'
    once = program(tmp_path, f'[ "$verb" = split ] && [ "$(grep -c split verbs)" = 1 ] && {{ {busy}; }}', "exit 0")
    assert night(tmp_path, *OPTIONS, LABELING=once, NIGHTLY_WAIT="1")[0] == 0
    assert (tmp_path / "verbs").read_text().split().count("split") == 2
    for verb, until in (("report", "report"), ("agree", "agree")):
        stuck = program(tmp_path, f'[ "$verb" = {verb} ] && {{ {busy}; }}', "exit 0")
        status, last, _ = night(tmp_path, *OPTIONS, LABELING=stuck, NIGHTLY_WAIT="0")
        assert (status, last.split(": ", 1)[1]) == (1, f"labeling {until}: another command is writing to work")


@pytest.mark.parametrize("status", [1, 2, 5, 130, 137])
def test_a_verb_that_fails_ends_the_night_with_its_words(tmp_path: Path, status: int) -> None:
    """Whatever its status, nothing is built on it, and the last line says what the verb said, in one line."""
    (tmp_path / "work").mkdir()
    lines = ('[ "$verb" = split ] || exit 0', 'printf "Error: a\\n b\\n  -> do c\\n" >&2', f"exit {status}")
    got, last, told = night(tmp_path, *OPTIONS, LABELING=program(tmp_path, *lines))

    assert got == 1
    assert last.endswith("Ended with status 1: labeling split: a b -> do c")
    assert "labeling split: a b -> do c" in told
    assert (tmp_path / "verbs").read_text().split()[-1] == "split"


def test_the_project_file_is_the_one_that_labeling_takes(tmp_path: Path) -> None:
    """Without --config: labeling.toml where there is one, and its workspace by its name; else the shipped one's."""
    said = program(tmp_path, 'echo "$2 $4" >options')
    for name, folder in (("configs/diplomatic.toml", "diplomatic"), ("labeling.toml", "labeling")):
        (tmp_path / "exports" / folder).mkdir(parents=True)
        assert night(tmp_path, LABELING=said)[0] == 0
        assert (tmp_path / "options").read_text(encoding="utf-8") == f"{name} exports/{folder}\n"
        (tmp_path / "labeling.toml").touch()


@pytest.mark.parametrize("busy", [False, True])
def test_what_cannot_be_written_ends_the_night_with_status_1(tmp_path: Path, *, busy: bool) -> None:
    """The log, and what is kept of a verb's words: it is said on stderr, and no verb runs."""
    (tmp_path / "work").mkdir()
    environment = {"LABELING": program(tmp_path), "TMPDIR": str(tmp_path / "gone")}
    if busy:
        (tmp_path / "work" / "nightly.log").mkdir()
    run = subprocess.run(
        [NIGHTLY, *OPTIONS], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert "nightly.sh" in run.stderr
    assert not (tmp_path / "verbs").exists()


def test_the_examples_call_it_as_it_can_be_called() -> None:
    """Each option that they name is one of its own, and it is executable."""
    options = subprocess.run([NIGHTLY, "--help"], capture_output=True, text=True, check=True).stdout
    examples = [path.read_text(encoding="utf-8") for path in sorted(NIGHTLY.parents[1].glob("deploy/nightly.*"))]
    calls = [line for text in examples for line in text.splitlines() if "scripts/nightly.sh" in line]

    assert len(calls) == 3
    for call in calls:
        named = re.findall(r"--[a-z-]+", call)
        assert named
        assert all(option in options for option in named)


def test_called_wrongly_it_does_nothing(tmp_path: Path) -> None:
    """An option that there is not, one without a value, no workspace, no program: status 2, and no folder is made."""
    nothing = program(tmp_path)
    for options, environment in (
        (("--nonsense",), {"LABELING": nothing}),
        (("--config",), {"LABELING": nothing}),
        (OPTIONS, {"LABELING": nothing}),
        (OPTIONS, {"LABELING": str(tmp_path / "gone")}),
        (OPTIONS, {"LABELING": nothing, "NIGHTLY_WAIT": "long"}),
    ):
        status, _, told = night(tmp_path, *options, **environment)
        assert (status, told[:11]) == (2, "nightly.sh:")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labeling"]


def test_a_log_grows_no_further_than_some_megabytes(tmp_path: Path) -> None:
    """The one before is kept beside it, and what it said last is still there."""
    (tmp_path / "work").mkdir()
    log = tmp_path / "work" / "nightly.log"
    log.write_text("of before\n" * 500_000, encoding="utf-8")
    assert night(tmp_path, *OPTIONS, LABELING=program(tmp_path))[0] == 0

    assert log.stat().st_size < 10_000
    assert log.with_name("nightly.log.1").read_text().endswith("of before\n")
