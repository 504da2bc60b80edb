"""Front door of ``labeling guidelines``: the schema -> pages for annotators; what changed, and whom to ask again."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.adjudication.decided_articles import list_decided
from labeling.errors import UnknownGuidelines
from labeling.guidelines import render_guidelines
from labeling.people.guideline_diff import compare_schemas, list_neighbours
from labeling.people.guideline_gaps import render_gaps
from labeling.people.guideline_page import render_guideline_page
from labeling.people.judged_anew import list_judged_anew
from labeling.project import load_project
from labeling.values import digest_of
from labeling.workspace.ask_again_page import write_ask_again
from labeling.workspace.asking import Asking, parse_instant
from labeling.workspace.custody import keep_custody, refuse_altered
from labeling.workspace.guideline_versions import GuidelinePeriod, find_period, find_period_at, list_periods
from labeling.workspace.storage import name_disk_errors, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.people.guideline_diff import GuidelineChange
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.workspace.rows.asked_item import AskAgainRow
    from labeling.workspace.table import Workspace

_PAGES = ("guidelines.md", "guidelines.html")
_GAPS = "guideline-gaps.md"
_DIGEST_PREFIX = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True)
class GuidelinesResult:
    """The pages, and the ``digest`` of the guidelines; ``since`` is when they came into force, "" if not yet."""

    files: tuple[str, ...]
    digest: str
    since: str


@dataclass(frozen=True)
class VersionInForce:
    """Guidelines that were in force ``since`` an instant of the server; "" for before anything was recorded.

    ``annotations`` counts the submissions that were made under them, by the latest words of each. ``kept`` is whether
    their text is kept.
    """

    since: str
    digest: str
    annotations: int
    kept: bool


@dataclass(frozen=True)
class GuidelinesDiff:
    """What changed between the guidelines ``old`` and those of today, both by digest.

    ``since`` is when those of today came into force: "" if they have not, and then nobody was asked. ``added`` counts
    the rows that were added to ``ask-again.jsonl``, ``open`` all that are open there since the guidelines changed.
    """

    old: str
    new: str
    since: str
    changes: tuple[GuidelineChange, ...]
    added: int
    open: int


def write_guidelines(project: Project, output: Path | None = None) -> GuidelinesResult:
    """Write the guidelines of the project's schema, as Markdown and as one page of HTML.

    Args:
        project: Whose schema.
        output: The folder; the workspace when None.

    Raises:
        MissingInput: They are to go into the workspace, and nothing was ever taken in there.
        NoRoom: The folder cannot be made or written.
    """
    if output is None:
        with project.workspace.opened():
            return _write_pages(project, project.workspace.root)
    with name_disk_errors(output):
        output.mkdir(parents=True, exist_ok=True)
    return _write_pages(project, output)


def list_guideline_versions(project: Project) -> tuple[VersionInForce, ...]:
    """The guidelines that were in force one after the other, and how many submissions were made under each.

    Raises:
        MissingInput: Nothing was pushed: nobody has been asked for anything.
        Altered: A file that it reads is not as it was left.
        DamagedFile: A file has a line that is not a row of it.
    """
    workspace = project.workspace
    refuse_altered(workspace, "guidelines", (workspace.asked, workspace.annotations, workspace.guideline_versions))
    periods = list_periods(workspace.asked.rows())
    kept = {version.digest for version in workspace.guideline_versions.rows_if_written()}
    counts = Counter(
        find_period(periods, annotation)
        for annotation in workspace.annotations.rows_if_written()
        if annotation.by_person and annotation.state == "submitted"
    )
    before = [VersionInForce("", "", counts[None], kept=False)] if counts[None] else []
    return (
        *before,
        *(VersionInForce(each.since, each.digest, counts[each], each.digest in kept) for each in periods),
    )


def compare_guidelines(project: Project, old: str) -> GuidelinesDiff:
    """What changed since other guidelines; spans of labels that changed, and of their neighbours, are asked again.

    They are added to ``ask-again.jsonl``, once, as soon as the guidelines of today are in force, which `push` sees to;
    the next push shows them to their readers, and `pull` ends each when its reader has submitted since.

    Args:
        project: Whose schema is that of today.
        old: A digest of ``guidelines --versions`` or how it begins, an instant or a day, a project file, or a page of
            guidelines that was written from one of the versions.

    Raises:
        UnknownGuidelines: It names none, or several, or one of which nothing but the digest is known.
        MissingInput: Nothing was ever taken in.
        Altered: A file that it reads is not as it was left.
        WorkspaceBusy: Another command is writing here.
    """
    workspace = project.workspace
    said = (workspace.asked, workspace.annotations, workspace.quarantine, workspace.agreement)
    reads = (*said, workspace.guideline_versions, workspace.ask_again)
    with workspace.opened(), keep_custody(workspace, "guidelines", reads=reads, writes=(workspace.ask_again,)):
        periods = list_periods(workspace.asked.rows_if_written())
        digest, schema = _find_old(workspace, periods, old)
        changes = compare_schemas(schema, project.schema)
        new = digest_of(render_guidelines(project.schema, project.file.project.name))
        in_force = periods[-1] if periods and periods[-1].digest == new else None
        before = list(workspace.ask_again.rows_if_written())
        rows = before
        if in_force is not None:
            rows = _ask_anew(project, schema, changes, in_force, before)
        if rows != before:
            write_ask_again(workspace, rows)
        return GuidelinesDiff(
            old=digest,
            new=new,
            since=in_force.since if in_force else "",
            changes=changes,
            added=len({*rows} - {*before}),
            open=sum(bool(row.guidelines) for row in rows),
        )


def _write_pages(project: Project, folder: Path) -> GuidelinesResult:
    title = project.file.project.name
    text = render_guidelines(project.schema, title)
    for name, content in zip(_PAGES, (text, render_guideline_page(project.schema, title)), strict=True):
        write_text(folder / name, content)
    files = [str(folder / name) for name in _PAGES]
    if gaps := _render_silent(project):
        write_text(folder / _GAPS, gaps)
        files.append(str(folder / _GAPS))
    digest = digest_of(text)
    periods = list_periods(project.workspace.asked.rows_if_written())
    since = periods[-1].since if periods and periods[-1].digest == digest else ""
    return GuidelinesResult(tuple(files), digest, since)


def _render_silent(project: Project) -> str:
    """What was decided where the guidelines are silent: a page of its own, for annotators are not to read it."""
    workspace = project.workspace
    if not (workspace.decisions.exists() and workspace.articles.exists()):
        return ""
    refuse_altered(workspace, "guidelines", (workspace.decisions, workspace.articles))
    articles = workspace.articles.by("id")
    decided = list_decided(workspace.decisions.rows(), articles, project.schema, project.file.policies.trim)
    return render_gaps(decided, articles)


def _ask_anew(
    project: Project,
    old: Schema,
    changes: Sequence[GuidelineChange],
    in_force: GuidelinePeriod,
    before: Iterable[AskAgainRow],
) -> list[AskAgainRow]:
    """All rows of ``ask-again.jsonl``, with what is to be judged anew."""
    workspace = project.workspace
    asking = Asking(project.schema, workspace.asked.rows_if_written())
    latest = asking.latest_on_server(workspace.annotations.rows_if_written())
    neighbours = list_neighbours((old, project.schema), _list_confused(workspace))
    anew = list_judged_anew(latest.values(), changes, neighbours, in_force)
    quarantine = workspace.quarantine.rows_if_written()
    known = [row for row in before if row.guidelines]
    return asking.list_again(workspace.annotations.rows_if_written(), quarantine, [*known, *anew])


def _list_confused(workspace: Workspace) -> list[tuple[str, str]]:
    """Pairs of labels that annotators gave the same words, by ``agreement.json``, where it was measured."""
    agreement = workspace.agreement.value_if_written()
    return [
        (one, other)
        for confusions in (agreement.confusions if agreement else ())
        for one, counts in confusions.counts.items()
        for other, count in counts.items()
        if count and one and other and one != other
    ]


def _find_old(workspace: Workspace, periods: Sequence[GuidelinePeriod], old: str) -> tuple[str, Schema]:
    """The digest and the schema of the guidelines that somebody names."""
    path = Path(old)
    if path.suffix == ".toml" and path.is_file():
        project = load_project(path)
        return digest_of(render_guidelines(project.schema, project.file.project.name)), project.schema
    digest = _find_digest(workspace, periods, old)
    for version in workspace.guideline_versions.rows_if_written():
        if version.digest == digest:
            return digest, version.rules
    named = (
        f"{old} is not a page of guidelines that were in force here, or" if path.is_file() else "of these guidelines"
    )
    raise UnknownGuidelines(
        f"{named} nothing but the digest is known, {digest[:12]}: no push has kept their text",
        todo="name the project file of then: --diff OLD.toml",
        where=old,
    )


def _find_digest(workspace: Workspace, periods: Sequence[GuidelinePeriod], old: str) -> str:
    path = Path(old)
    if path.is_file():
        with name_disk_errors(path):
            return digest_of(path.read_bytes().decode("utf-8", "replace"))
    kept = {version.digest for version in workspace.guideline_versions.rows_if_written()}
    known = sorted(kept | {period.digest for period in periods})
    found = [digest for digest in known if digest.startswith(old)] if _DIGEST_PREFIX.fullmatch(old) else []
    if len(found) > 1:
        raise UnknownGuidelines(
            f"{old!r} is how several digests begin: {', '.join(each[:16] for each in found)}",
            todo="write more of it",
            where=old,
        )
    return found[0] if found else _find_digest_at(periods, old)


def _find_digest_at(periods: Sequence[GuidelinePeriod], old: str) -> str:
    try:
        instant = parse_instant(old)
    except ValueError:
        raise UnknownGuidelines(
            f"{old!r} is not a digest of guidelines that were in force, an instant, or a file",
            todo="see `labeling guidelines --versions`, or name the project file of then",
            where=old,
        ) from None
    period = find_period_at(periods, instant) if old else None
    if period is None:
        since = periods[0].since if periods else ""
        raise UnknownGuidelines(
            f"which guidelines were in force at {old!r} is not known"
            + (f": it is recorded since {since}" if since else ": nothing was pushed"),
            todo="name the project file of then: --diff OLD.toml",
            where=old,
        )
    return period.digest
