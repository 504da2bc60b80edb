"""The export formats, each a value.

A new format is a module with a writer, and a line in the table here; everything else is derived from that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from labeling.errors import UsageError
from labeling.exports.write_brat import BratWriter
from labeling.exports.write_cas import CasJsonWriter, CasXmiWriter
from labeling.exports.write_conll import ConllWriter
from labeling.exports.write_label_studio import LabelStudioWriter
from labeling.exports.write_prodigy import ProdigyWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.exports.things import ThingKey
    from labeling.project import Project


class ExportWriter(Protocol):
    """Writes articles and what was said of them; ``beside`` names its files that are not of the format."""

    @property
    def beside(self) -> tuple[str, ...]:
        """The files that explain the others."""

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write an article; return the things that the format cannot hold, each with the reason."""

    def close(self) -> None:
        """Write what is left."""


@dataclass(frozen=True)
class ExportFormat:
    """A format that can be written.

    ``open_writer`` writes into an empty folder. ``has_articles`` is false where the files do not hold what is known of
    an article, or not its text: then the articles are written beside. ``lacks`` names what the format cannot hold;
    ``help`` is a line for the command line.
    """

    name: str
    open_writer: Callable[[Path, Project], ExportWriter]
    help: str
    has_articles: bool
    lacks: tuple[str, ...] = ()


EXPORT_FORMATS = {
    each.name: each
    for each in (
        ExportFormat(
            "brat",
            BratWriter,
            "stand-off files, each beside its text",
            has_articles=False,
            lacks=("choices", "skips", "notes of several lines", "spans that begin or end with a line end"),
        ),
        ExportFormat(
            "conll",
            ConllWriter,
            "a token and its IOB2 tags a line, a column for each layer of spans",
            has_articles=False,
            lacks=("relations", "choices", "skips", "doubts", "notes", "spans that begin or end with a blank"),
        ),
        ExportFormat("prodigy", ProdigyWriter, "JSON lines, as of `prodigy db-out`", has_articles=True),
        ExportFormat(
            "label-studio",
            LabelStudioWriter,
            "JSON of tasks, which any of its servers imports; predictions of a model",
            has_articles=True,
        ),
        ExportFormat(
            "cas-xmi",
            CasXmiWriter,
            "UIMA CAS as XMI, a file an article and its type system beside (extra `cas`)",
            has_articles=False,
            lacks=("skips", "texts and notes with signs that XML does not know"),
        ),
        ExportFormat(
            "cas-json",
            CasJsonWriter,
            "UIMA CAS as JSON, a file an article (extra `cas`)",
            has_articles=False,
            lacks=("skips",),
        ),
    )
}


def find_export_format(name: str) -> ExportFormat:
    """The format of that name.

    Raises:
        UsageError: The format is unknown.
    """
    if name not in EXPORT_FORMATS:
        raise UsageError(f"{name!r} is not an export format", todo=f"name one of {', '.join(EXPORT_FORMATS)}")
    return EXPORT_FORMATS[name]
