"""First words: the rows of ``first.jsonl``, by which agreement is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field

from labeling.annotations import Annotation, Relation, Span
from labeling.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

# Who kept the words: the layer before the server, when they were submitted; a pull, when it saw them; an import.
KeptBy: TypeAlias = Literal["layer", "pull", "import"]

_WORDS = ("article", "digest", "annotator", "spans", "relations", "choices", "seconds", "task", "server_id")


def _is_left_out(value: Sized) -> bool:
    return not value


class FirstSubmission(Frozen):
    """What somebody said of an article before anybody could tell them that others see it otherwise.

    ``at`` is when it was submitted, an ISO instant of the server; of what a pull kept, when the words that it saw first
    were sent. ``kept_by`` is ``layer`` for each first submission as it came, ``pull`` for the first that a pull saw,
    ``import`` for what came from a file, which follows that file. The rest is as in ``annotations.jsonl``.
    """

    article: str
    annotator: str
    at: str
    kept_by: KeptBy
    digest: str
    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: dict[str, tuple[str, ...]] = {}
    seconds: float | None = None
    task: int | None = None
    server_id: int | None = None
    imported_as: str = Field(default="", exclude_if=_is_left_out)
    open: tuple[tuple[int, int], ...] = Field(default=(), exclude_if=_is_left_out)

    @property
    def annotation(self) -> Annotation:
        """The submission as it was then."""
        fields = {name: getattr(self, name) for name in (*_WORDS, "imported_as", "open")}
        return Annotation(**fields, updated=self.at)


def first_submission(annotation: Annotation, kept_by: KeptBy) -> FirstSubmission:
    """The row of an annotation that is somebody's first."""
    return FirstSubmission.model_validate(first_row(annotation.model_dump(), kept_by))


def first_row(row: Mapping[str, Any], kept_by: KeptBy) -> dict[str, Any]:
    """The line of a first submission, made of a line of ``annotations.jsonl``: its words, and when they were sent."""
    further = {name: row[name] for name in ("imported_as", "open") if row.get(name)}
    at = row.get("sent") or row["updated"]
    return {name: row[name] for name in _WORDS} | further | {"at": at, "kept_by": kept_by}
