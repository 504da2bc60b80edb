"""``labeling ingest``: files -> ``articles.jsonl``, and ``rejects.jsonl`` with what was refused and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from labeling.sources.ingest import IngestResult, ingest
from labeling.verbs.options import REFUSED, json_option, list_first, print_rejects, show, with_project
from labeling.workspace.progress_watch import track_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.project import Project
    from labeling.sources.inputs import SourceFile


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--encoding", default="", metavar="NAME", help="The encoding of all files; detected for each if left out."
)
@json_option
@with_project
def ingest_cli(project: Project, paths: tuple[str, ...], encoding: str, *, as_json: bool) -> int:
    r"""Take in articles: .txt, .json, .jsonl, .csv, .html, .xml; folders, globs, - for standard input.

    A text is never changed but for its line ends. An id is the row's own, else the url, else the path in the named
    folder without its ending. What is refused is listed in rejects.jsonl with the reason, for the last run only; the
    rest goes on (status 3). Where no date is given, one at the head of the text is taken, as in "25 July 2023" on a
    line of its own or "GENEVA, July 25, 2023 (Reuters) -". JSON may be lines, an array or an object around one, and
    each format may be packed by gzip.

    \b
    Columns of .json, .jsonl and .csv (others are ignored and named):
      id, text (body, content), title (headline), source (outlet), published (date), url (link)

    \b
    Example:
      labeling ingest articles/
      labeling ingest "wire/**/*.html" desk.csv --encoding cp1252
      curl -s https://example.org/feed.jsonl | labeling ingest -
    """
    summary = ingest(project, paths, encoding=encoding, watch=_track_reading)
    show(_list_counts(summary) if as_json else _format_ingest(summary), as_json=as_json)
    # What was refused is not an error of the command, but worth a status of its own.
    if not summary.rejected:
        return 0
    print_rejects(project.workspace)
    return REFUSED


def _track_reading(inputs: Sequence[SourceFile]) -> Iterable[SourceFile]:
    """Show how many files were read."""
    return track_items("reading", inputs, len(inputs))


# What most runs have nothing of, and the first ones did not have.
_SELDOM_TOLD = ("left_empty", "markup", "left_out")


def _list_counts(summary: IngestResult) -> dict[str, Any]:
    return {name: value for name, value in asdict(summary).items() if value or name not in _SELDOM_TOLD}


def _format_ingest(summary: IngestResult) -> dict[str, object]:
    """The summary as lines for people: zeros are left out, but for the first three."""
    lines = {
        name: value if isinstance(value, int) else _format_counts(value)
        for name, value in _list_counts(summary).items()
    }
    return {name: value for name, value in lines.items() if value or name in {"articles", "new", "same"}}


def _format_counts(value: dict[str, int] | tuple[str, ...]) -> str:
    return list_first([f"{count} {name}" for name, count in value.items()] if isinstance(value, dict) else value)
