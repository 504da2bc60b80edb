"""The first steps of somebody new, as the README has them: own articles, own labels, a span of one's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner, Result

from labeling.cli import cli
from labeling.verbs.options import MOST_LISTED

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

TEXT = "Lena Okafor of Northtown FC met Jonas Weil on day {}."


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio: Credentials) -> None:
    """An empty folder, and the session's server in the place of `labeling serve --detach`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)


def run(*words: str) -> Result:
    """A command in the folder, which goes well."""
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    assert done.exception is None, done.output
    return done


def test_four_commands_after_the_server_lead_to_a_span_of_ones_own(tmp_path: Path, studio: Credentials) -> None:
    """Each names the next one; long lists are summed up; what was submitted comes home with the own label."""
    (tmp_path / "mine").mkdir()
    for number in range(12):
        (tmp_path / "mine" / f"m{number:02}.txt").write_text(TEXT.format(number), encoding="utf-8")

    begun = run("init", "--yes", "--name", "First steps", "--labels", "PLAYER,TEAM")
    taken = run("ingest", "mine")
    foreseen = run("push", "--dry-run")
    sent = run("push")

    assert begun.stderr.splitlines()[-1] == "Next: labeling ingest FILES"
    assert taken.stderr.splitlines()[-1] == "Next: labeling push"
    listed = foreseen.stderr.splitlines()
    assert listed[:MOST_LISTED] == [f"new: m{number:02}" for number in range(MOST_LISTED)]
    assert listed[MOST_LISTED:] == [
        "and 2 more: --json has all",
        "Changed: nothing in exports/labeling",
        "Next: labeling push",
    ]
    assert len(json.loads(run("push", "--dry-run", "--json").stdout)["new"]) == 0
    page = sent.stdout.split()[1]
    assert sent.stderr.splitlines()[-2:] == [f"Annotate at {page}", "Next: labeling pull"]

    task = json.loads((tmp_path / "exports/labeling/pushed.jsonl").read_text(encoding="utf-8").splitlines()[0])["task"]
    lena = {"start": 0, "end": 11, "text": "Lena Okafor", "labels": ["PLAYER"]}
    region = {"id": "lena", "from_name": "label", "to_name": "text", "type": "labels", "value": lena}
    answer = httpx.post(
        f"{studio.url}/api/tasks/{task}/annotations",
        headers={"Authorization": f"Token {studio.api_key}"},
        json={"result": [region], "lead_time": 5.0},
    )
    assert answer.status_code == 201, answer.text

    assert run("pull").stderr.splitlines()[-1] == "Next: labeling cluster"
    row = json.loads((tmp_path / "exports/labeling/annotations.jsonl").read_text(encoding="utf-8"))
    assert [(span["start"], span["end"], span["label"]) for span in row["spans"]] == [(0, 11, "PLAYER")]
    told = run("status").stdout.splitlines()
    assert told[-1] == "Next: labeling cluster"
