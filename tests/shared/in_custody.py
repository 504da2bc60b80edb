"""A workspace of twelve articles along the whole road, each file written by its verb, or as one: to do harm to."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import made

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, QuarantineRow, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.workspace.asking import list_items
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.asked_item import AskedItem, ImportedScope
from labeling.workspace.table import Workspace

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
TEXT = "Anna Bo of Norway met Carl Dee of Chad in Oslo, number {}. They spoke of {} and of nothing else that day."
COUNT = 12
ASKED, SENT = "2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z"


def said_by_two(label: str = "PERSON", count: int = COUNT) -> list[Annotation]:
    """Annotations of two people on a server for each article, with two spans."""
    articles = [made.article(f"a{n:02}", TEXT.format(n, n * 7919)) for n in range(count)]
    spans = (Span(id="s1", start=0, end=7, label=label), Span(id="s2", start=22, end=30, label=label))
    return [
        Annotation(article=each.id, digest=each.digest, annotator=by, spans=spans, task=n, server_id=n, updated=SENT)
        for n, each in enumerate(articles)
        for by in ("ana", "ben")
    ]


def pull_as_if(project: Project, label: str = "PERSON", count: int = COUNT) -> None:
    """Write what a pull writes, and record it as one."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine)
    strange = QuarantineRow(
        article="a00", annotator="ana", what="span", id="q1", kind="unknown label", reason="no", raw={}, task=0
    )
    with workspace.opened(), keep_custody(workspace, "pull", reads=(workspace.articles, *files), writes=files):
        workspace.annotations.write(said_by_two(label, count))
        workspace.quarantine.write([strange])


def push_as_if(project: Project, since: str = ASKED) -> None:
    """Write since when everything is asked for, as a push does, and record it as one."""
    workspace = project.workspace
    files = (workspace.asked,)
    rows = [AskedItem(item=item, since=since, schema_digest="", guidelines="") for item in list_items(project.schema)]
    with workspace.opened(), keep_custody(workspace, "push", reads=files, writes=files):
        workspace.asked.write(rows)


def import_as_if(project: Project) -> None:
    """Write what an import has the sources of its annotations speak of, and record it as one."""
    workspace = project.workspace
    files = (workspace.imported,)
    rows = [ImportedScope(article=f"a{n:02}", annotator="cy", items=("label=PERSON",)) for n in range(2)]
    with workspace.opened(), keep_custody(workspace, "import", reads=files, writes=files):
        workspace.imported.write(rows)


def walk_the_road(folder: Path) -> Project:
    """Twelve articles, from their source to a dataset."""
    loaded = made_lenient(load_project(CONFIG, folder / "workspace"))
    source = folder / "wire.jsonl"
    lines = [{"id": f"a{n:02}", "text": TEXT.format(n, n * 7919)} for n in range(COUNT)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ingest(loaded, [str(source)])
    cluster(loaded)
    push_as_if(loaded)
    import_as_if(loaded)
    pull_as_if(loaded)
    adjudicate(loaded)
    split(loaded)
    compile_dataset(loaded)
    return loaded


def copied(pattern: Project, folder: Path) -> Project:
    """A copy of it to do harm to."""
    copy = shutil.copytree(pattern.workspace.root, folder / "workspace", symlinks=True)
    return dataclasses.replace(pattern, workspace=Workspace(copy))


def made_lenient(project: Project) -> Project:
    """The project, allowing the one kind of quarantine there is, and asking for one quick target."""
    policies = project.file.policies.model_copy(update={"quarantine_allowed": ("unknown label",)})
    fast = project.file.compile.model_copy(update={"targets": ("conll", "prodigy")})
    passages = project.file.passages.model_copy(update={"words": 30})
    file = project.file.model_copy(update={"policies": policies, "compile": fast, "passages": passages})
    return dataclasses.replace(project, file=file)


def half(path: Path) -> None:
    """Leave out half of the lines."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def contents(project: Project) -> dict[str, bytes]:
    """All files of a workspace but the cache."""
    files = (path for path in project.workspace.root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path): path.read_bytes() for path in files}
