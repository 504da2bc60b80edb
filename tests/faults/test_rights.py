"""The rights of all that is written: as the umask has it, and never writable for everybody."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from labeling.cli import main
from labeling.project import load_project
from labeling.samples.sample_data import articles_folder, load_sample_annotations
from labeling.workspace.storage import close_to_everybody

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.table import Workspace

VERBS = (
    "cluster",
    "carry",
    "agree",
    "adjudicate",
    "audit",
    "split",
    "compile",
    "release",
    "assign",
    "report",
    "status",
)
FEW = ("cluster", "adjudicate", "split", "report")
# By name: the secret of pseudonyms is for its owner alone.
PEOPLE = '[people]\npublish_names = true\n[[people.reader]]\nemail = "ana@desk.example"\n'
TARGETS = 'targets = ["spacy", "huggingface", "conll", "prodigy"]'


@pytest.mark.parametrize(("umask", "verbs"), [(0o000, VERBS), (0o027, VERBS), (0o022, FEW), (0o077, FEW)])
def test_all_that_is_written_has_the_rights_that_the_umask_leaves_it(
    umask: int, verbs: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and folders, ours and those of libraries: what they would have had, but never for everybody to write."""
    root = tmp_path / "workspace"

    def run(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["labeling", "--config", str(config), "--workspace", str(root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0, words

    config = tmp_path / "all.toml"
    shipped = load_project().path.read_text(encoding="utf-8")
    config.write_text(f"{shipped}\n[compile]\n{TARGETS}\n{PEOPLE}", encoding="utf-8")
    row = {"text": "Anna met Carl in Lima.", "meta": {"id": "p"}, "spans": [{"start": 0, "end": 4, "label": "PERSON"}]}
    (tmp_path / "p.jsonl").write_text(json.dumps(row), encoding="utf-8")
    before = os.umask(umask)
    try:
        run("ingest", str(articles_folder()))
        run("import", "prodigy", str(tmp_path / "p.jsonl"), "--annotator", "anna")
        workspace = load_project(config, root).workspace
        workspace.annotations.write(load_sample_annotations())
        run("status", "--adopt", "annotations.jsonl", "--why", "samples")
        for verb in verbs:
            run(verb)
    finally:
        os.umask(before)

    assert wrong_rights(workspace, umask) == []
    wanted = {".jsonl", ".json", ".html"}
    if verbs == VERBS:
        wanted |= {".spacy", ".parquet", ".arrow", ".conll", ".md", ".cfg"}
    assert wanted <= {path.suffix for path in root.rglob("*")}


def wrong_rights(workspace: Workspace, umask: int) -> list[str]:
    """What has other rights than 0666 or 0777, less the umask and less those of everybody to write."""
    found = []
    for path in [workspace.root, *workspace.root.rglob("*")]:
        if not path.is_symlink():
            full = 0o777 if path.is_dir() else 0o666
            rights = stat.S_IMODE(path.stat().st_mode)
            if rights != full & ~(umask | stat.S_IWOTH):
                found.append(f"{path.relative_to(workspace.root)}: {rights:o}")
    return found


def test_what_a_library_wrote_is_closed_to_everybody(tmp_path: Path) -> None:
    """Also under an umask that leaves everything open; links are left alone, and so are the rights of others."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a").touch()
    (tmp_path / "models" / "link").symlink_to(tmp_path / "beside")
    (tmp_path / "beside").touch()
    for name, rights in {"models": 0o777, "models/a": 0o646, "beside": 0o666}.items():
        (tmp_path / name).chmod(rights)

    close_to_everybody(tmp_path / "models")

    left = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("models", "models/a", "beside")]
    assert left == [0o775, 0o644, 0o666]
