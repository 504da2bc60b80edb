"""The newest model that was trained on the workspace's last dataset, as a suggester: spans, relations and choices.

It needs no map of labels: it was trained on the schema's own. What the schema has no longer is not suggested.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.articles import Article
from labeling.corpora.manifest import MANIFEST
from labeling.errors import MissingInput
from labeling.suggestions.own_models import open_for_suggesting
from labeling.training.extractors import EXTRACTOR_CARD, read_extractor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from labeling.annotations import Annotation
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.workspace.table import Workspace


def find_latest_model(workspace: Workspace) -> str:
    """The folder of that model, in full; empty before there is any dataset, for then nothing was trained.

    Of several that were trained on it, the one whose card was written last; of two at one moment, the last by name.

    Raises:
        MissingInput: There is a dataset, and no model was trained on it.
    """
    if not (workspace.latest / MANIFEST).exists():
        return ""
    corpus = workspace.latest.resolve().name
    cards = [
        path
        for path in workspace.models.glob(f"[!.]*/{EXTRACTOR_CARD}")
        if read_extractor(path.parent).corpus == corpus
    ]
    if not cards:
        raise MissingInput(
            f'[suggest] model = "latest": no model was trained on the latest dataset, {corpus[:12]}',
            todo="run `labeling train`",
            where="suggest.model",
        )
    newest = max(cards, key=lambda path: (path.stat().st_mtime_ns, path.parent.name))
    return str(newest.parent.absolute())


def without_latest(project: Project) -> Project:
    """The project, as if its file did not ask the latest model."""
    section = project.file.suggest.model_copy(update={"model": ""})
    return replace(project, file=project.file.model_copy(update={"suggest": section}))


def open_latest_model(folder: Path, schema: Schema) -> Callable[[Iterable[str]], Iterator[Annotation]]:
    """Load a model; the function says of each text what the model does, in the words of the schema.

    Raises:
        ProjectFileError: The model cannot be opened.
    """
    model = open_for_suggesting(folder, "model")

    def find(texts: Iterable[str]) -> Iterator[Annotation]:
        # Only the texts count.
        for said in model.predict(Article(id="", digest="", text=text) for text in texts):
            yield keep_known(said, schema)

    return find


def keep_known(said: Annotation, schema: Schema) -> Annotation:
    """What the schema has of what a model said: it may have lost labels since the model was trained."""
    relations = {each.name for each in schema.relations}
    options = {each.name: {option.name for option in each.options} for each in schema.choices}
    spans = tuple(span for span in said.spans if span.label in schema.label_names)
    ids = {span.id for span in spans}
    choices = {
        name: tuple(one for one in chosen if one in options.get(name, ())) for name, chosen in said.choices.items()
    }
    return said.model_copy(
        update={
            "spans": spans,
            "relations": tuple(
                each for each in said.relations if each.label in relations and {each.head, each.tail} <= ids
            ),
            "choices": {name: chosen for name, chosen in choices.items() if chosen},
        }
    )
