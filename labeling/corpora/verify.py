"""Verify: is a dataset what its manifest describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.corpora.manifest import dataset_digest, verify_dataset
from labeling.corpora.store import find_dataset
from labeling.workspace.custody import refuse_altered
from labeling.workspace.custody_rules import LATEST_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project


@dataclass(frozen=True)
class VerifyResult:
    """A dataset that is what it was when it was compiled."""

    folder: str
    digest: str
    files: int
    bytes: int


def verify(project: Project, folder: Path | None = None) -> VerifyResult:
    """Compare every file of a dataset with its manifest.

    Args:
        project: Whose latest dataset, when no other is named.
        folder: A dataset's folder, wherever it lies.

    Raises:
        UsageError: The folder that is named holds no dataset.
        MissingInput: Nothing was compiled.
        DamagedFile: The manifest is not of our form.
        CorpusChanged: Files are missing, additional or changed.
        Altered: A file that the workspace's own dataset was made from is not as it was left.
    """
    place = find_dataset(folder, project.workspace)
    # Of a link the result names what it points to: the digest, not `latest`.
    outputs = verify_dataset(place).outputs
    if folder is None:
        workspace = project.workspace
        said = (workspace.annotations, workspace.quarantine, workspace.asked, workspace.imported)
        made = (workspace.gold, workspace.ledger, workspace.splits, workspace.leakage)
        refuse_altered(workspace, "verify", (LATEST_MANIFEST, workspace.articles, *said, *made), always_hash=True)
    return VerifyResult(
        folder=str(place.parent / place.resolve().name if place.is_symlink() else place),
        digest=dataset_digest(place),
        files=len(outputs),
        bytes=sum(output.bytes for output in outputs.values()),
    )
