"""``labeling export``: gold, or what one annotator said -> the files of another tool."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.exports.export import export
from labeling.exports.export_formats import EXPORT_FORMATS
from labeling.verbs.options import REFUSED, json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project

_WIDEST = max(map(len, EXPORT_FORMATS)) + 2
_FORMAT_LINES = [f"  {each.name:<{_WIDEST}}{each.help}" for each in EXPORT_FORMATS.values()]


@click.command("export", epilog="\b\n" + "\n".join(["Formats:", *_FORMAT_LINES]))
@click.argument("kind", type=click.Choice(EXPORT_FORMATS), metavar="FORMAT")
@click.option("--gold", is_flag=True, help="What annotators were reconciled to; the default.")
@click.option("--annotator", default="", metavar="NAME", help="What this person or model said, submitted or skipped.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to write; by default exports/FORMAT-WHO in the workspace.",
)
@json_option
@with_project
def export_cli(project: Project, kind: str, *, gold: bool, annotator: str, out: Path | None, as_json: bool) -> int:
    r"""Take annotations away: in the files of brat, CoNLL, Prodigy, Label Studio or UIMA CAS.

    What the format cannot hold is listed in not-held.jsonl, thing by thing with the reason, and counted (status 3):
    what is kept and what is listed is all there was. `labeling import FORMAT FOLDER` gives the same annotations again,
    and knows the articles by their texts; where the format does not hold what is known of them, articles.jsonl beside
    can be ingested first. An earlier export in the same folder makes room, unless it was changed since.

    Where the project file has [people], an export names its annotator by pseudonym, as all that is published does, and
    so does Label Studio's JSON: no server has an account of that name, so it refuses to import it. Set publish_names =
    true there for an export by name, which a server takes where that person has an account; `labeling restore` moves a
    whole project without one.

    \b
    Example:
      labeling export brat
      labeling export label-studio --annotator ana --out ana-tasks/
    """
    if gold and annotator:
        raise UsageError("--gold and --annotator are two different things", todo="name one of them")
    made = export(project, kind, annotator, out)
    counts = {name: _format_counts(value) if isinstance(value, dict) else value for name, value in asdict(made).items()}
    show(asdict(made) if as_json else counts, as_json=as_json)
    return REFUSED if made.not_held else 0


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "nothing"
