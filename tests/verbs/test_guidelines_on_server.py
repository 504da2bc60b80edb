"""A definition changes on a real server: the version is recorded, what it bears on is asked again, and that ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from labeling.annotations import Annotation, Span
from labeling.people.write_guidelines import compare_guidelines, list_guideline_versions
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect_to
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.values import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

TEXT = "Anna met Bob in Rome on Monday."
SPANS = (Span(id="anna", start=0, end=4, label="PERSON"), Span(id="rome", start=16, end=20, label="PLACE"))


def project_of(folder: Path, definition: str) -> Project:
    """PERSON, so defined, and PLACE."""
    labels = "".join(
        f'[[labels]]\nname = "{name}"\ndefinition = "{words}"\nexamples = ["[x]"]\ncolor = "{color}"\n'
        for name, words, color in (("PERSON", definition, "#b4c369"), ("PLACE", "A place.", "#4b96ff"))
    )
    (folder / "defined.toml").write_text(f'[project]\nname = "Defined anew"\n{labels}', encoding="utf-8")
    return load_project(folder / "defined.toml", folder / "workspace")


def test_other_words_are_a_version_and_their_question_ends(studio: Credentials, tmp_path: Path) -> None:
    """The page stays what it is but for the definition: no item is new, and nobody is silent on any."""
    project = project_of(tmp_path, "Somebody.")
    (tmp_path / "wire.txt").write_text(TEXT, encoding="utf-8")
    ingest(project, [str(tmp_path / "wire.txt")])
    (article,) = project.workspace.articles.rows()
    push(project, server=studio)
    (task,) = (row.task or 0 for row in project.workspace.pushed.rows())
    said = Annotation(article=article.id, digest=article.digest, annotator="", spans=SPANS)
    with connect_to(studio.url, studio.api_key) as owner:
        number = owner.annotate(task, said, article)
        pull(project, server=studio)

        project = project_of(tmp_path, "A human being by name.")
        assert compare_guidelines(project, project.workspace.studio_link.value().created).since == ""
        push(project, server=studio)
        versions = list_guideline_versions(project)
        found = compare_guidelines(project, versions[0].digest)
        again = push(project, server=studio).ask_again
        pull(project, server=studio)
        kept = [row.what for row in project.workspace.ask_again.rows_if_written()]

        time.sleep(2.1)
        result = owner.transport.read(f"api/annotations/{number}/", "read it").json()["result"]
        body = {"result": result, "lead_time": 12.0}
        owner.transport.write("PATCH", f"api/annotations/{number}/", "change it", json=body)
    pull(project, server=studio)

    assert [(version.annotations, version.kept) for version in versions] == [(1, True), (0, True)]
    assert [(change.name, change.what) for change in found.changes] == [("PERSON", "definition")]
    assert (found.added, again, kept) == (1, 1, ["span 0..4 PERSON"])
    assert not project.workspace.ask_again.exists()
    assert [version.annotations for version in list_guideline_versions(project)] == [0, 1]
    texts = {version.digest: version.text for version in project.workspace.guideline_versions.rows()}
    assert [digest_of(text) for text in texts.values()] == [*texts]
    assert len(texts) == 2
