"""A model that `labeling train` made, as a suggester: its spans, and how sure it is of each."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from labeling.articles import Article
from labeling.errors import ProjectFileError, TrainingError
from labeling.training.extractors import EXTRACTOR_CARD
from labeling.training.open_extractors import open_extractor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from labeling.schema import Schema
    from labeling.training.open_extractors import OpenExtractor


class ScoredSpan(NamedTuple):
    """A span that a model found, in code points, as a half-open interval; some models give no score."""

    start: int
    end: int
    label: str
    score: float | None


def is_own_model(folder: Path) -> bool:
    """Whether a folder holds a model that `labeling train` made."""
    return (folder / EXTRACTOR_CARD).is_file()


def open_for_suggesting(folder: Path, key: str) -> OpenExtractor:
    """Load a model that a key of ``[suggest]`` names.

    Raises:
        ProjectFileError: The model cannot be opened.
    """
    try:
        return open_extractor(folder)
    except TrainingError as error:
        raise ProjectFileError(
            f"the model in {folder} cannot be opened: {error}",
            todo=f'{error.todo}, or set {key} = "" in [suggest]',
            where=f"suggest.{key}",
        ) from None


def open_own_model(
    folder: Path, label_map: Mapping[str, str], schema: Schema
) -> Callable[[Iterable[str]], Iterator[list[ScoredSpan]]]:
    """Load a model; the function finds the spans of each text. Relations and choices are left to those who read.

    Args:
        folder: The model's.
        label_map: From its labels to the schema's; what is not in it is not suggested. Where it is empty, the labels
            that both have are themselves.
        schema: Whose labels may be suggested.

    Raises:
        ProjectFileError: The model cannot be opened, or the label map does not fit it.
    """
    model = open_for_suggesting(folder, "pipeline")
    known = {**(label_map or {label: label for label in model.labels if label in schema.label_names})}
    faults = [f"{label!r} is not a label of {folder.name}" for label in label_map if label not in model.labels]
    faults += [f"{label!r} is not a label of the schema" for label in known.values() if label not in schema.label_names]
    if faults or not known:
        raise ProjectFileError(
            "suggest.label_map: " + ("; ".join(faults) or "it is empty, and the model has no label of the schema"),
            todo=f"map labels of {folder.name} ({', '.join(model.labels) or 'it has none'}) to labels of the schema",
            where="suggest.label_map",
        )

    def find(texts: Iterable[str]) -> Iterator[list[ScoredSpan]]:
        # Only the texts count.
        for annotation in model.predict(Article(id="", digest="", text=text) for text in texts):
            best = dict[tuple[int, int, str], float | None]()
            # Two labels of the model may be one of the schema: of a place that has both, the surer one counts.
            for span in sorted(annotation.spans, key=lambda each: each.score or 0.0):
                if span.label in known:
                    best[span.start, span.end, known[span.label]] = span.score
            yield [ScoredSpan(*place, score) for place, score in sorted(best.items(), key=itemgetter(0))]

    return find
