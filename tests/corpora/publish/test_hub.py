"""`labeling publish --hub`, against a server that writes down what it is asked: nothing is asked of the real Hub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import tomlkit
from hub_server import NAME, HubRecord, recording_hub

from labeling.corpora.build.build import build_dataset
from labeling.corpora.publish.hub import HubRepository
from labeling.corpora.publish.publish import PublishTerms, publish, publish_to_hub
from labeling.errors import HubRefused, UsageError
from labeling.project import CompileSection, Project
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

# The Hub's client warns of itself where it sends large files.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

TERMS = PublishTerms("2026-11-30")
TOKEN = "hf_nobodyMayEverSeeThis"


@pytest.fixture(scope="module")
def server() -> Iterator[HubRecord]:
    """One server for all tests; each begins with an empty one."""
    with recording_hub() as record:
        yield record


@pytest.fixture
def hub(server: HubRecord, monkeypatch: pytest.MonkeyPatch) -> HubRecord:
    """A Hub without a repository, and a token for it."""
    vars(server).update(vars(HubRecord(server.url)))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return server


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """An article whose licence is stated."""
    made = making.workspace(tmp_path / "workspace", [(*minister, "train")])
    return with_licence(
        replace(made, file=made.file.model_copy(update={"compile": CompileSection(targets=("huggingface",))})),
        "CC-BY-4.0",
    )


def with_licence(project: Project, licence: str) -> Project:
    """The same project, with another licence."""
    section = project.file.project.model_copy(update={"licence": licence})
    return replace(project, file=project.file.model_copy(update={"project": section}))


@pytest.fixture
def dataset(project: Project, tmp_path: Path) -> Path:
    """The dataset of the project."""
    (tmp_path / "dataset").mkdir()
    build_dataset(project, tmp_path / "dataset")
    return tmp_path / "dataset"


def read_files(folder: Path) -> dict[str, bytes]:
    """What a publication to a folder has."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_commit_brings_the_files_that_a_folder_would_have(
    project: Project, dataset: Path, tmp_path: Path, hub: HubRecord
) -> None:
    """A new repository is made, and is private; what differs is where the card and the metadata say that it lies."""
    made = publish_to_hub(project, NAME, TERMS, dataset)
    publish(project, tmp_path / "news", TERMS, dataset)
    own = read_files(tmp_path / "news")

    assert hub.files is not None
    assert made.place == f"{hub.url}/datasets/{NAME}"
    assert hub.commits == [f"Publish the dataset {made.dataset[:16]}"]
    assert hub.visibility == "private"
    assert hub.files.keys() == own.keys()
    assert {name for name in own if own[name] != hub.files[name]} == {"README.md", "croissant.json", "publication.json"}
    assert f'load_dataset("{NAME}")' in hub.files["README.md"].decode()
    asked = [(method, re.sub("[0-9a-f]{64}", "DIGEST", path)) for method, path, _ in hub.requests]
    assert asked == [
        ("GET", f"/api/datasets/{NAME}"),
        ("POST", "/api/repos/create"),
        ("POST", "/api/validate-yaml"),
        ("POST", f"/api/datasets/{NAME}/preupload/main"),
        ("POST", f"/datasets/{NAME}.git/info/lfs/objects/batch"),
        ("PUT", "/upload/DIGEST"),
        ("POST", f"/api/datasets/{NAME}/commit/main"),
    ]
    # Where large files go the token is not sent along: the address is whatever the server says.
    assert {key for key, (_, path) in zip(hub.keys, asked, strict=True) if path.startswith("/upload/")} == {""}
    assert {key for key, (_, path) in zip(hub.keys, asked, strict=True) if path.startswith("/api/")} == {
        f"Bearer {TOKEN}"
    }
    assert list(project.workspace.root.glob(".*halfdone*")) == []


def test_a_later_one_takes_away_what_it_does_not_have(project: Project, dataset: Path, hub: HubRecord) -> None:
    """Where the licence was withdrawn, neither ledger nor texts stay; what others put there beside stays."""
    publish_to_hub(project, NAME, TERMS, dataset, public=True)
    assert hub.visibility == "public"
    assert hub.files is not None
    hub.files["notes/ours.md"] = b"ours"
    made = publish_to_hub(with_licence(project, ""), NAME, TERMS, dataset)

    assert not made.texts
    assert len(hub.commits) == 2
    assert "ledger.jsonl" not in hub.files
    assert hub.files["notes/ours.md"] == b"ours"
    assert hub.files.keys() >= {"data/train.parquet", "release/spans.jsonl"}


def test_a_repository_of_something_else_is_left_alone(project: Project, dataset: Path, hub: HubRecord) -> None:
    """What was not published by us is not written over, whatever it is called; an empty one is taken."""
    for name in ("data/train.parquet", "model.safetensors", "CITATION.cff"):
        hub.files = {".gitattributes": b"", "README.md": b"", name: b"theirs"}
        with pytest.raises(UsageError, match="nothing there is overwritten"):
            publish_to_hub(project, NAME, TERMS, dataset)
        assert (hub.commits, hub.files[name]) == ([], b"theirs")

    hub.files = {".gitattributes": b""}
    publish_to_hub(project, NAME, TERMS, dataset)
    assert len(hub.commits) == 1


def test_what_somebody_wrote_meanwhile_is_not_written_over(project: Project, dataset: Path, hub: HubRecord) -> None:
    """The commit names the one that we looked at."""
    publish_to_hub(project, NAME, TERMS, dataset)
    before = dict(hub.files or {})
    hub.failing = {"/commit/": (412, "A commit has happened since")}
    with pytest.raises(HubRefused, match="A commit has happened since") as refusal:
        publish_to_hub(project, NAME, TERMS, dataset)

    assert "somebody else wrote" in refusal.value.todo
    assert hub.files == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"datasets/{NAME}$", 401),
        ("create$", 403),
        ("preupload", 404),
        ("batch$", 422),
        ("/upload/", 400),
        ("/commit/", 403),
    ],
)
def test_a_refusal_has_no_token_in_it_and_leaves_nothing(
    project: Project, dataset: Path, hub: HubRecord, path: str, status: int
) -> None:
    """Not even where the server sends it back; whichever request it is that the Hub refuses."""
    hub.failing = {path: (status, f"No: Bearer {TOKEN} \\x1b[2J is not enough")}
    with pytest.raises(HubRefused) as refusal:
        publish_to_hub(project, NAME, TERMS, dataset)

    told = f"{refusal.value} {refusal.value.todo} {refusal.value.where} {refusal.value!r}"
    assert TOKEN not in told
    assert "\x1b" not in told
    assert "did not take the publication" in told
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    assert not hub.files
    assert list(project.workspace.root.glob(".*halfdone*")) == []


def test_a_hub_that_does_not_answer(
    project: Project, dataset: Path, hub: HubRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, or it was said that there is no network; a password in the address is not told."""
    monkeypatch.setenv("HF_ENDPOINT", "http://desk:letmein@127.0.0.1:9")
    with pytest.raises(HubRefused) as refusal:
        publish_to_hub(project, NAME, TERMS, dataset)
    assert "letmein" not in str(refusal.value)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubRefused, match="HF_HUB_OFFLINE is set"):
        publish_to_hub(project, NAME, TERMS, dataset)
    assert hub.requests == []


def test_what_is_not_the_name_of_a_repository(hub: HubRecord) -> None:
    """It is refused before anything is asked or written."""
    for name in (
        "news",
        "desk/news/more",
        "",
        "desk/",
        "/news",
        "../news",
        "desk/a b",
        "desk/é",
        "-/-",
        "desk/news.git",
    ):
        with pytest.raises(UsageError, match="is not the name of a repository"):
            HubRepository(name)
    assert hub.requests == []


def test_without_a_token_nothing_is_asked(
    project: Project, dataset: Path, hub: HubRecord, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither in the environment nor from a log-in."""
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="without a token"):
        publish_to_hub(project, NAME, TERMS, dataset)
    assert hub.requests == []


def test_at_the_command_line_the_token_is_said_nowhere(
    project: Project, dataset: Path, hub: HubRecord, tmp_path: Path
) -> None:
    """Neither printed nor left in a file; the environment alone has it."""
    config, root = tmp_path / "small.toml", project.workspace.root
    write_text(config, tomlkit.dumps(project.file.model_dump(mode="json", exclude_none=True)))
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "labeling",
            "--config",
            config,
            "--workspace",
            root,
            "publish",
            "--hub",
            NAME,
            "--dataset",
            dataset,
        ],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN},
    )

    assert run.returncode == 0, run.stderr
    assert f"{hub.url}/datasets/{NAME}" in run.stdout
    assert TOKEN not in run.stdout + run.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []
    assert len(hub.commits) == 1
    assert not [body for _, _, body in hub.requests if TOKEN.encode() in body]
