"""The demo, as a user runs it: a real server, real training, everything on disk at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from labeling.project import load_project
from labeling.studio.server.server import find_running_server

pytestmark = pytest.mark.studio

# The demo uses its own server, whatever the environment says.
ELSEWHERE = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "0" * 40}


def demo(cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the program in an empty folder, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "labeling", "demo", *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | ELSEWHERE,
        stdin=subprocess.DEVNULL,
    )


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_demo_goes_from_nothing_to_scores(tmp_path: Path) -> None:
    """Each step shows what came out and where it lies, and the server is stopped at the end."""
    run = demo(tmp_path)

    assert run.returncode == 0, run.stderr
    steps = [line.split()[0] for line in run.stdout.splitlines() if line[:1] == " " and line[1:2].isalpha()]
    assert steps == [
        *("serve", "ingest", "cluster", "suggest", "push", "annotate", "pull", "agree"),
        *("adjudicate", "cards", "settle", "pull", "adjudicate"),
        *("audit", "split", "compile", "train", "evaluate", "report"),
    ]
    root = tmp_path / "exports" / "demo"
    written = [Path(line.split("-> ")[1]) for line in run.stdout.splitlines() if "-> exports" in line]
    assert [path for path in written if not (tmp_path / path).exists()] == []
    gold = [line for line in run.stdout.splitlines() if line.startswith(" adjudicate ")]
    assert ("19 open conflicts; 18 of 24 articles complete" in gold[0], len(gold)) == (True, 2)
    assert "0 open conflicts; 24 of 24 articles complete" in gold[1]
    assert (rows(root / "conflicts.jsonl"), [row for row in rows(root / "gold.jsonl") if not row["complete"]]) == (
        [],
        [],
    )
    decided = [row for row in rows(root / "decisions.jsonl") if not row.get("inherited_from")]
    assert (len(decided), {row["by"] for row in decided}) == (19, {"lead"})
    # The server kept what each said first, before anybody settled anything.
    assert {(row["annotator"], row["kept_by"]) for row in rows(root / "first.jsonl")} == {
        ("ana", "layer"),
        ("ben", "layer"),
    }
    split_of = {row["article"]: row["split"] for row in rows(root / "splits.jsonl")}
    groups = {row["article"]: row["leak_group"] for row in rows(root / "clusters.jsonl")}
    together = {
        groups[name]: {split_of[other] for other in split_of if groups[other] == groups[name]} for name in split_of
    }
    assert sum(len([name for name in groups if groups[name] == group]) > 1 for group in together) == 4
    assert [splits for splits in together.values() if len(splits) > 1] == []
    manifest = json.loads((root / "corpora" / "latest" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["ledger"]["spacy"]["span"]["lost"] == 0
    assert manifest["ledger"]["huggingface"]["span"]["lost"] == 0
    scores = json.loads((root / "scores.json").read_text(encoding="utf-8"))
    trained = {name: score for name, score in scores.items() if name != "model:rules"}
    assert {name.split("-")[0] for name in trained} == {"model:ner", "model:spancat"}
    assert all(score["exact"]["micro"]["f1"] > 0.1 for score in trained.values())
    assert find_running_server(load_project(workspace=root).workspace) is None


def test_the_demo_takes_other_articles_and_may_keep_its_server(tmp_path: Path) -> None:
    """One article is too little to train on, which is reported, not fatal; the server can be kept, and stopped."""
    (tmp_path / "mine.txt").write_text("Oslo, 12 March 2024. The Foreign Ministry of Norway met the UN.", "utf-8")
    root = tmp_path / "exports" / "demo"
    workspace = load_project(workspace=root).workspace

    run = demo(tmp_path, "--articles", "mine.txt", "--keep-server")

    try:
        assert run.returncode == 0, run.stderr
        assert "nobody has annotated these" in run.stdout
        assert [
            line for line in run.stdout.splitlines() if line.split()[:1] in (["agree"], ["cards"], ["settle"])
        ] == []
        assert "not done: " in run.stdout
        server = find_running_server(workspace)
        assert server is not None
        assert httpx.get(f"{server.url}/health", trust_env=False).status_code == 200
        assert server.url in run.stdout
        assert server.password not in run.stdout + run.stderr
    finally:
        stop = subprocess.run(
            [sys.executable, "-m", "labeling", "--workspace", str(root), "serve", "--stop"], check=True, cwd=tmp_path
        )
    assert stop.returncode == 0
    assert find_running_server(workspace) is None


def test_a_folder_that_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    """Somebody else's files are never moved aside."""
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "labeling", "--workspace", str(tmp_path), "demo"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 2
    assert "holds something else than a demo" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
