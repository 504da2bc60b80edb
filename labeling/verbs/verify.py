"""``labeling verify``: is a dataset what its manifest describes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@json_option
@with_project
def verify_cli(project: Project, *, folder: Path | None, as_json: bool) -> int:
    r"""Check that a dataset is what its manifest describes.

    FOLDER is a compiled dataset, by default the latest. Whatever is missing, additional or changed is named.

    \b
    Example:
      labeling verify
      labeling verify exports/diplomatic/corpora/1f0c9a3be27d4455 --json
    """
    from labeling.corpora.verify import verify

    show(asdict(verify(project, folder)), as_json=as_json)
    return 0
