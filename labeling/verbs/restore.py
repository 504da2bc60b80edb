"""``labeling restore``: the answers kept in ``pulls/`` -> a project on an empty server."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.studio.sync.restore import restore
from labeling.verbs.bars import update_bar
from labeling.verbs.options import REFUSED, json_option, show, tell, tell_first, wait_option, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("restore")
@click.option("--from", "source", type=click.Path(path_type=Path, dir_okay=False), help="Another file of pulls/.")
@wait_option
@json_option
@with_project
def restore_cli(project: Project, *, source: Path | None, wait: float, as_json: bool) -> int:
    r"""Rebuild the project on an empty server, from the last pull.

    Every task comes back with its text, and every annotation with who made it: skipped ones, ground truths and what is
    in quarantine too. Whoever is not on the server yet is let in with a new password; they are in
    restored-people.json, readable by its owner alone. A pull from there gives the same, but for the server's own
    numbers and instants. Suggestions come with the next push.

    \b
    Example:
      LABEL_STUDIO_URL=https://new.example LABEL_STUDIO_API_KEY=... labeling restore
      labeling push && labeling pull
    """
    summary = restore(project, source=source, wait=wait, progress=_show_restored)
    # Sentences on stderr, so that stdout stays a table or JSON.
    tell_first([f"Not restored, because only its author can save it: {sentence}" for sentence in summary.refused])
    show(asdict(summary) if as_json else {**asdict(summary), "refused": len(summary.refused)}, as_json=as_json)
    return REFUSED if summary.refused else 0


def _show_restored(done: int) -> None:
    if sys.stderr.isatty():
        update_bar(f"{done} tasks restored", 0, 0)
    else:
        tell(f"{done} tasks restored", err=True)
