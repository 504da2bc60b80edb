"""`labeling predict`: to stdout or to a file, here or on Ray, the same lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from ruler_model import write_ruler

from labeling.cli import cli
from labeling.errors import MissingInput, TrainingError, UsageError
from labeling.project import Project, load_project
from labeling.suggestions.suggest import suggest
from labeling.training.extractors import EXTRACTOR_CARD
from labeling.training.open_extractors import predict_annotations
from labeling.training.predict import predict, write_predictions
from labeling.values import canonical_json

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

COUNT = 230  # articles: three batches
TEXTS = ("Oman met\u2028Chad in Oslo.", "Oslo and Oslo", "nothing", "\N{GRINNING FACE} Oslo")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Articles in an order that is not that of their ids."""
    project = load_project(workspace=tmp_path / "w")
    articles = [made.article(f"a{number:03}", TEXTS[number % 4]) for number in range(COUNT)]
    # As a hand would leave them: the table's own writer sorts.
    lines = [canonical_json(each.model_dump(mode="json")) + "\n" for each in (*articles[100:], *articles[:100])]
    project.workspace.root.mkdir()
    project.workspace.articles.path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return project


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A pipeline that knows one word by a rule, with the card of a trained one."""
    return write_ruler(tmp_path)


def asked(project: Project, model: Path, *options: str) -> Result:
    """The command on that workspace."""
    return CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "predict", str(model), *options])


def test_file_stdout_and_python_have_the_same_lines(project: Project, model: Path, tmp_path: Path) -> None:
    """In the order of the articles, as the model predicts them when it is asked for all at once."""
    wanted = list(predict_annotations(model, project.workspace.articles.rows()))
    lines = "".join(canonical_json(each.model_dump(mode="json")) + "\n" for each in wanted)

    printed = asked(project, model)
    written = asked(project, model, "--output", str(tmp_path / "p.jsonl"), "--json")

    assert list(predict(project, model)) == wanted
    assert printed.stdout_bytes == lines.encode()
    assert (tmp_path / "p.jsonl").read_bytes() == lines.encode()
    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert json.loads(written.stdout) == {
        "articles": COUNT,
        "spans": {"LOCATION": 58 + 2 * 58 + 57},
        "relations": {},
        "choices": {},
    }


def test_the_summary_is_a_table_for_people(project: Project, model: Path, tmp_path: Path) -> None:
    """And the path of the file is told apart from it; no bar where nobody looks on."""
    written = asked(project, model, "--output", str(tmp_path / "p.jsonl"))

    assert "spans     231: 231 LOCATION" in written.stdout
    told, *ending = written.stderr.splitlines()
    assert told == f"Written to {tmp_path / 'p.jsonl'}"
    assert [line.partition(":")[0] for line in ending] == ["Next"]


def test_a_model_that_was_changed_is_asked_anew(project: Project, model: Path, tmp_path: Path) -> None:
    """Parts that one model left are not another's, though it has the same name."""
    out = tmp_path / "p.jsonl"

    def interrupt(done: int, _total: int) -> None:
        if done > 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_predictions(project, model, out, progress=interrupt)
    assert [*tmp_path.glob(".p.jsonl.parts-*/*.part")]
    patterns = next((model / "entity_ruler").glob("*.jsonl"))
    patterns.write_text(patterns.read_text().replace("LOCATION", "COUNTRY"))

    assert write_predictions(project, model, out).spans == {"COUNTRY": 231}
    assert not [*tmp_path.glob(".p.jsonl*")]


def test_without_a_file_there_is_no_summary(project: Project, model: Path) -> None:
    """The lines themselves are what is printed."""
    refused = asked(project, model, "--json")

    assert isinstance(refused.exception, UsageError)
    assert "--output" in refused.exception.todo
    assert refused.stdout == ""


@pytest.mark.parametrize(
    "name", ["articles.jsonl", "gold.jsonl", "suggestions.jsonl", "report.html", "models/ner/extractor.json", ".lock"]
)
def test_a_file_of_the_workspace_is_not_written_over(project: Project, model: Path, name: str) -> None:
    """By whichever path it is named; another file beside it is."""
    before = project.workspace.articles.path.read_bytes()
    with pytest.raises(UsageError, match="belongs to the workspace"):
        write_predictions(project, model, project.workspace.root / "x" / ".." / name)

    assert project.workspace.articles.path.read_bytes() == before
    assert write_predictions(project, model, project.workspace.root / "mine.jsonl").articles == COUNT


def test_what_is_not_a_file_is_refused(project: Project, model: Path, tmp_path: Path) -> None:
    """A pipe would become a file, and a link's target would stay as it was."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a file"):
        write_predictions(project, model, tmp_path / "pipe")


def test_faults_are_told_before_anything_is_asked(project: Project, model: Path, tmp_path: Path) -> None:
    """Without articles, without a card, with a pipeline that cannot be loaded: by name, and no file is left."""
    out = tmp_path / "p.jsonl"
    (model / "config.cfg").unlink()
    with pytest.raises(TrainingError, match="cannot load"):
        write_predictions(project, model, out)
    (model / EXTRACTOR_CARD).unlink()
    with pytest.raises(TrainingError, match="does not hold an extractor"):
        predict(project, model)
    project.workspace.articles.path.unlink()
    with pytest.raises(MissingInput, match=r"articles\.jsonl"):
        predict(project, model)
    assert not out.exists()


# In a process of its own, because Daft keeps to the runner that it was first given.
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from labeling.project import load_project
from labeling.suggestions.suggest import suggest
from labeling.training.predict import write_predictions

workspace, model, out = map(Path, sys.argv[1:])
project = load_project(workspace=workspace)
passages = project.file.passages.model_copy(update={"ray": "local"})
project = replace(project, file=project.file.model_copy(update={"passages": passages}))
suggest(project)
write_predictions(project, model, out)
"""


@pytest.mark.ray
def test_ray_and_one_process_write_the_same(project: Project, model: Path, tmp_path: Path) -> None:
    """On a local Ray cluster suggestions and predictions are those of one process."""
    root, here, there = project.workspace.root, tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    write_predictions(project, model, here)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), str(model), str(there)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    suggested = project.workspace.suggestions.path.read_bytes()
    suggest(project)

    assert project.workspace.suggestions.path.read_bytes() == suggested
    assert suggested.count(b"\n") == COUNT
    assert there.read_bytes() == here.read_bytes()
