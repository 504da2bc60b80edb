"""What decides a round: the digest of gold, articles, plan and settings, by which it is known that nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling import __version__
from labeling.suggestions.latest_model import without_latest
from labeling.suggestions.suggester import read_suggestion_settings
from labeling.values import canonical_json, digest_of
from labeling.workspace.custody_record import CustodyRecord

if TYPE_CHECKING:
    from pydantic import JsonValue

    from labeling.learning.open_articles import ReadingState
    from labeling.project import Project


def find_basis(project: Project, state: ReadingState, seed: int, steps: int | None) -> str:
    """The digest of all that decides a round. Drafts are no part of it: they come and go while somebody reads."""
    workspace = project.workspace
    digests = CustodyRecord(workspace).digests
    files = (workspace.gold, workspace.articles, workspace.clusters, workspace.projected, workspace.assignments)
    decides: list[JsonValue] = [
        __version__,
        *(digests[file.path.name] for file in files),
        [*sorted(state.settled)],
        project.file.model_dump(mode="json"),
        # Which model is the latest follows from the rest, and there may be none yet.
        read_suggestion_settings(without_latest(project)).model_dump(mode="json"),
        seed,
        steps,
    ]
    return digest_of(canonical_json(decides))
