"""What a workspace holds by now, counted: the head of ``labeling status``; no server is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from labeling.annotations import DEFECTS_BY_RULE
from labeling.errors import DamagedFile
from labeling.workspace.custody_rules import LATEST_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.file_handles import ValueFile
    from labeling.workspace.rows.score import Score
    from labeling.workspace.table import Workspace
_Value = TypeVar("_Value", bound=BaseModel)


@dataclass(frozen=True)
class WorkCounts:
    """Articles, those with gold, open conflicts, what in quarantine is to be looked at; the newest dataset and models.

    ``best`` is the score of the best model on the test set of the last `labeling evaluate`; None where there is none.
    ``page`` is the address where articles are annotated; "" before the first push.
    """

    articles: int
    gold: int
    conflicts: int
    quarantined: int
    dataset: str
    models: int
    best: Score | None
    page: str


def count_work(workspace: Workspace) -> WorkCounts:
    """Count it, by the files as they are; how each stands is told elsewhere, and a damaged one counts nothing."""
    scores = _value_if_sound(workspace.scores)
    link = _value_if_sound(workspace.studio_link)
    models = [score for score in scores.root.values() if score.annotator.startswith("model:")] if scores else []
    manifest = workspace.root / LATEST_MANIFEST
    return WorkCounts(
        articles=_count_lines(workspace.articles.path),
        gold=_count_lines(workspace.gold.path),
        conflicts=_count_lines(workspace.conflicts.path),
        quarantined=_count_to_look_at(workspace),
        dataset=manifest.resolve().parent.name if manifest.exists() else "",
        models=len([*workspace.models.glob("[!.]*/")]),
        best=max(models, key=lambda score: score.exact.micro.f1 or 0.0, default=None),
        page=f"{link.url}/projects/{link.project}/data" if link else "",
    )


def _value_if_sound(file: ValueFile[_Value]) -> _Value | None:
    try:
        return file.value_if_written()
    except DamagedFile:
        return None


def _count_to_look_at(workspace: Workspace) -> int:
    try:
        # What a rule decided is nobody's to look at.
        return sum(row.kind not in DEFECTS_BY_RULE for row in workspace.quarantine.rows_if_written())
    except DamagedFile:
        return 0


def _count_lines(path: Path) -> int:
    # Without reading the rows: there may be a hundred thousand.
    if not path.is_file():
        return 0
    with path.open("rb") as content:
        return sum(piece.count(b"\n") for piece in iter(lambda: content.read(1 << 20), b""))
