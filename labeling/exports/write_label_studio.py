"""Label Studio's JSON, written: tasks as its own exports have them, which any of its servers imports.

An annotation is signed with its author's address, so that a server where that person has no account refuses it by name
in place of putting it down to whoever imports it. Gold is nobody's; a model's words are predictions. The labelling
config for a project to import it into lies beside.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labeling.annotations import MODEL
from labeling.exports.sayings import GOLD
from labeling.studio.format.labelling_config import labelling_config
from labeling.studio.format.tasks import prediction_of, submission_of, task_data
from labeling.workspace.annotator_names import annotator_names

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.exports.things import ThingKey
    from labeling.project import Project
    from labeling.studio.format.regions import Json
    from labeling.workspace.table import Workspace

_CONFIG = "labeling-config.xml"
_NO_SKIPS = "a prediction cannot be skipped"


class LabelStudioWriter:
    """Writes one file with an array of tasks, task by task."""

    beside = (_CONFIG,)

    def __init__(self, folder: Path, project: Project) -> None:
        """Write into an empty folder."""
        (folder / _CONFIG).write_text(labelling_config(project.schema), encoding="utf-8", newline="\n")
        self._addresses = _read_addresses(project.workspace)
        self._file = (folder / "annotations.json").open("w", encoding="utf-8", newline="\n")
        self._tasks = 0

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write the task of an article, which holds all of it."""
        self._tasks += 1
        task: Json = {"id": self._tasks, "data": task_data(article), **self._make_answer(article, said)}
        self._file.write(("[\n" if self._tasks == 1 else ",\n") + json.dumps(task, ensure_ascii=False))
        return {}

    def close(self) -> None:
        """Write the end of the array."""
        self._file.write("\n]\n" if self._tasks else "[]\n")
        self._file.close()

    def _make_answer(self, article: Article, said: Annotation) -> Json:
        if said.annotator.startswith(MODEL):
            prediction = {**prediction_of(said, article), "model_version": said.annotator.removeprefix(MODEL)}
            return {"annotations": [], "predictions": [prediction]}
        signed: dict[str, JsonValue] = {}
        if said.annotator != GOLD:
            signed["completed_by"] = {"email": self._addresses.get(said.annotator, said.annotator)}
        if said.updated:
            signed["updated_at"] = said.updated
        return {"annotations": [{"id": self._tasks, **signed, **submission_of(said, article)}], "predictions": []}


def _read_addresses(workspace: Workspace) -> dict[str, str]:
    """The addresses of annotators by their names: of those on the server, and of those whose files had one."""
    known = {scope.annotator: scope.email for scope in workspace.imported.rows_if_written() if scope.email}
    users = workspace.users.value_if_written()
    emails = [(int(number), email) for number, email in users.emails.items()] if users else []
    names = annotator_names(emails)
    return known | {names[email]: email for _, email in emails}
