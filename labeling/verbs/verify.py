"""``labeling verify``: is a dataset what its manifest says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import find_dataset, json_option, show, with_project

if TYPE_CHECKING:
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
    """
    from labeling.corpora import manifest

    place = find_dataset(folder, project.workspace)
    outputs = manifest.verify_dataset(place).outputs
    return VerifyResult(
        folder=str(place.parent / place.resolve().name if place.is_symlink() else place),
        digest=manifest.dataset_digest(place),
        files=len(outputs),
        bytes=sum(output.bytes for output in outputs.values()),
    )


@click.command("verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@json_option
@with_project
def verify_cli(project: Project, *, folder: Path | None, as_json: bool) -> int:
    r"""Check that a dataset is what its manifest says.

    FOLDER is a compiled dataset, by default the latest. Whatever is missing, additional or changed is named.

    \b
    Example:
      labeling verify
      labeling verify exports/diplomatic/corpora/1f0c9a3be27d4455 --json
    """
    show(asdict(verify(project, folder)), as_json=as_json)
    return 0
