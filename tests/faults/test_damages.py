"""Damages done to the files of a workspace: each ends in an error of ours, or in none."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from faulty.damages import DAMAGES, run_verb, try_damage

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.corpora.template_environment import escape_markdown
from labeling.errors import DamagedFile, NoRoom, ProjectFileError
from labeling.project import load_project
from labeling.workspace.storage import read_rows, write_text

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "The Ministry replied."


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with gold and splits, and a folder of sources beside it."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "wire").mkdir()
    (folder / "wire" / "a.jsonl").write_text(json.dumps({"id": "n", "text": "News."}), encoding="utf-8")
    workspace = load_project(workspace=folder / "workspace").workspace
    articles = [made.article(f"a{number}", f"{number}: {TEXT}") for number in range(4)]
    workspace.articles.write(articles)
    workspace.annotations.write(
        Annotation(
            article=each.id,
            digest=each.digest,
            annotator="ana",
            spans=(Span(id="1", start=7, end=15, label="GOV_BODY"),),
        )
        for each in articles
    )
    for verb in ("adjudicate", "split"):
        run_verb(workspace.root, verb, verb)
    return workspace.root


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("ingest", "articles.jsonl"),
        ("import", "annotations.jsonl"),
        ("adjudicate", "articles.jsonl"),
        ("adjudicate", "annotations.jsonl"),
        ("adjudicate", "gold.jsonl"),
        ("split", "gold.jsonl"),
        ("split", "splits.jsonl"),
        ("split", "leakage.json"),
        ("status", "annotations.jsonl"),
        ("agree", "annotations.jsonl"),
    ],
)
def test_a_damaged_file_is_an_error_of_ours(kept: Path, tmp_path: Path, verb: str, name: str, damage: str) -> None:
    """Absent, empty, cut, a folder, a link to itself, a pipe, of another version, nested, or other bytes."""
    try_damage(kept, tmp_path / "scratch", verb, kept.joinpath(name).relative_to(kept), damage)


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 100_000,
        b"a = " + b"9" * 5_000,
        b"\xff",
        b"[project]\nname = inf",
        b"[splits]\ntrain = nan",
        b"",
    ],
)
def test_an_absurd_project_file_is_named(content: bytes, tmp_path: Path) -> None:
    """Nested a hundred thousand deep, a number of five thousand figures, and what TOML has besides numbers."""
    (tmp_path / "a.toml").write_bytes(content)

    with pytest.raises(ProjectFileError):
        load_project(tmp_path / "a.toml")


def test_a_project_file_that_is_not_a_file_is_named(tmp_path: Path) -> None:
    """A pipe would be waited for, a device has no end."""
    os.mkfifo(tmp_path / "pipe.toml")

    for path in (tmp_path / "pipe.toml", tmp_path):
        with pytest.raises(ProjectFileError, match="is not a file"):
            load_project(path)


def test_what_is_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    """A folder under its name, a file in place of its folder; and a pipe where rows are read."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.jsonl")

    for path in (tmp_path / "folder.json", tmp_path / "file" / "a.json"):
        with pytest.raises(NoRoom, match="cannot be written"):
            write_text(path, "x")
    with pytest.raises(DamagedFile, match="not a plain file"):
        list(read_rows(tmp_path / "pipe.jsonl", Annotation))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.json", "pipe.jsonl"]


@pytest.mark.parametrize(("umask", "rights"), [(0o000, 0o664), (0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_is_respected(tmp_path: Path, umask: int, rights: int) -> None:
    """Of what is written, and of the lock; nothing is ever writable for others, not even a lock of before."""
    before = os.umask(umask)
    try:
        workspace = load_project(workspace=tmp_path / "workspace").workspace
        with workspace.lock():
            workspace.articles.write([made.article("a", "Text.")])
    finally:
        os.umask(before)

    for path in (workspace.articles.path, workspace.root / ".lock"):
        assert path.stat().st_mode & 0o777 == rights
    (workspace.root / ".lock").chmod(0o666)
    with workspace.lock():
        assert (workspace.root / ".lock").stat().st_mode & 0o777 == 0o664


def test_what_a_killed_training_left_is_swept(tmp_path: Path) -> None:
    """Hidden folders with a name that only we give; models and other hidden folders stay."""
    workspace = load_project(workspace=tmp_path / "workspace").workspace
    for name in ("models/.ner-1.abcdefgh/new", "models/.abcdefg_", "models/ner-1", "models/.git", ".curve.abcdefgh"):
        (workspace.root / name).mkdir(parents=True)

    with workspace.lock():
        pass

    assert sorted(path.name for path in workspace.models.iterdir()) == [".git", "ner-1"]
    assert not (workspace.root / ".curve.abcdefgh").exists()


def test_names_on_a_card_are_not_markup() -> None:
    """Neither HTML nor links nor cells of a table; ordinary names stay as they are."""
    assert escape_markdown("a<script>|[x](y)\n`*") == r"a&lt;script>\|\[x\](y) \`\*"
    assert escape_markdown("&lt; R&D") == "&amp;lt; R&D"
    for name in ("Times of India", "hindu_times", "O'Neil & Sons", "Café (Malé)", "a-b.c"):
        assert escape_markdown(name) == name


def test_an_error_of_the_system_is_named_by_every_verb(tmp_path: Path) -> None:
    """Whatever file it is about: here a folder of models that is a file."""
    (tmp_path / "workspace").write_text("x", encoding="utf-8")

    result = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "workspace" / "x"), "ingest", __file__])

    assert isinstance(result.exception, NoRoom)
