"""``labeling guidelines``: how to annotate, made of the schema; its versions; and whom to ask again after a change."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.people.write_guidelines import compare_guidelines, list_guideline_versions, write_guidelines
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.people.guideline_diff import GuidelineChange
    from labeling.people.write_guidelines import VersionInForce
    from labeling.project import Project


@click.command("guidelines")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to write the pages; by default the workspace.",
)
@click.option("--versions", is_flag=True, help="List what was in force since when, and what was annotated under it.")
@click.option("--diff", "old", metavar="OLD", help="Say what changed since OLD, and ask again what it bears on.")
@json_option
@with_project
def guidelines_cli(project: Project, *, output: Path | None, versions: bool, old: str | None, as_json: bool) -> int:
    r"""Write the guidelines of the project's schema: guidelines.md, and guidelines.html, one page that needs no net.

    Each push that changes them keeps what was before, and since when they are in force; --versions lists that, with
    the submissions made under each. --diff compares with OLD: a digest of that list or how it begins, an instant or a
    day, a project file, or a page of guidelines. Spans of labels that changed in meaning, and of labels that are taken
    for them, come onto ask-again.jsonl, once and with the reason; the next push shows them to their readers.

    \b
    Example:
      labeling guidelines --output desk/
      labeling push && labeling guidelines --diff 2026-11-22 && labeling push
    """
    if sum(map(bool, (output, versions, old))) > 1:
        raise UsageError("--output, --versions and --diff are three different things", todo="name one of them")
    if versions:
        return _show_versions(list_guideline_versions(project), as_json=as_json)
    if old is not None:
        return _show_diff(project, old, as_json=as_json)
    result = write_guidelines(project, output)
    rows = asdict(result)
    show(rows if as_json else rows | {"files": ", ".join(result.files)}, as_json=as_json)
    if not result.since:
        tell("Not in force yet: `labeling push` brings them to the page, and keeps them", err=True)
    return 0


def _show_versions(versions: tuple[VersionInForce, ...], *, as_json: bool) -> int:
    if as_json:
        show({"versions": [asdict(each) for each in versions]}, as_json=True)
        return 0
    for each in versions:
        kept = "" if each.kept or not each.digest else "  (text not kept)"
        name = each.digest[:12] or "unrecorded"
        tell(f"{each.since or 'before that':<32}  {name:<12}  {each.annotations:>8} annotations{kept}")
    return 0


def _show_diff(project: Project, old: str, *, as_json: bool) -> int:
    diff = compare_guidelines(project, old)
    if as_json:
        show(asdict(diff), as_json=True)
        return 0
    for change in diff.changes:
        tell(_describe_change(change))
    if not diff.changes:
        tell("Nothing in the schema changed.")
    if diff.since:
        page = project.workspace.ask_again_page
        tell(f"To be judged anew: {diff.open} spans and answers, {diff.added} of them since now, in {page}", err=True)
    else:
        tell("Nobody is asked again: these guidelines are not in force before the next `labeling push`", err=True)
    return 0


def _describe_change(change: GuidelineChange) -> str:
    head = f"{change.part} {change.name}: {change.what}"
    if not (change.before or change.after):
        return head
    if change.what in ("renamed", "merged", "split"):
        return f"{head}: {change.before} -> {change.after}"
    sides = (("-", change.before), ("+", change.after))
    return "\n".join([head, *(f"  {sign} {line}" for sign, text in sides for line in text.splitlines())])
