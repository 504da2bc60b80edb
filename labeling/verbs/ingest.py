"""``ingest``: files -> ``articles.jsonl``, and ``rejects.jsonl`` with what was refused and why."""

from __future__ import annotations

import heapq
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING

import click

from labeling.articles import Article, Reject, escape_surrogates, is_new, reject_of
from labeling.errors import ArticleError
from labeling.sources.encodings import check_encoding_name
from labeling.sources.files import Arrival, IngestOptions, Remark, read_articles
from labeling.sources.inputs import find_source_files
from labeling.values import canonical_json
from labeling.verbs.options import REFUSED, Project, json_option, show, with_project
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from labeling.sources.inputs import SourceFile
    from labeling.workspace.table import Workspace

_LISTED_REJECTS = 10  # refusals told at the terminal; all are in rejects.jsonl


@dataclass(frozen=True)
class IngestResult:
    """What became of everything that was read.

    ``articles`` counts all in the workspace, ``new`` those of this run, ``same`` those that were there with the same
    text, ``other_details`` those of them that came with another title, source, date or url: the first ones stay.
    ``undated`` are new and have no date: none was given, and none read at the head of the text.
    ``rejected`` counts by kind. ``skipped`` lists the files passed over in folders. ``guessed_encodings`` counts files
    by encoding, ``ignored_columns`` names columns of tables and JSON lines that are none of ours.
    """

    articles: int
    new: int
    same: int
    other_details: int
    undated: int
    rejected: dict[str, int]
    skipped: tuple[str, ...]
    guessed_encodings: dict[str, int]
    ignored_columns: tuple[str, ...]


def ingest(
    project: Project,
    paths: Iterable[str],
    *,
    encoding: str = "",
    watch: Callable[[Sequence[SourceFile]], Iterable[SourceFile]] = iter,
) -> IngestResult:
    """Take in articles from files, folders, globs or ``-`` (the standard input).

    Args:
        project: Its workspace gets the articles, its ``max_characters`` is the limit.
        paths: What to read, as ``labeling.sources.inputs.find_source_files`` understands it.
        encoding: The encoding of all files; "" to find it out for each.
        watch: Is handed the files and gives them back one by one: for a progress bar.

    Raises:
        UsageError: A path stands for nothing, or there is no such encoding; nothing is written then.
        WorkspaceBusy: Another command is writing there.
        NoRoom: The workspace may not be written, or the disk is full.
    """
    found = find_source_files(paths)
    naming = project.file.project
    terms = IngestOptions(naming.max_characters, naming.language, check_encoding_name(encoding) if encoding else "")
    workspace = project.workspace
    with workspace.lock(), name_disk_errors(workspace.root), tempfile.TemporaryFile(dir=workspace.root) as spool:
        intake = _ArticleIntake(spool)
        for article in _earlier_articles(workspace):
            intake.know(article)
        for item in read_articles(watch(found.inputs), terms):
            intake.take(item)
        articles = heapq.merge(_earlier_articles(workspace), intake.articles(), key=lambda article: article.id)
        rejects = sorted(intake.rejects, key=_reading_order)
        workspace.articles.write_sorted(articles)
        workspace.rejects.write(rejects)
    return intake.summary(found.skipped)


def _earlier_articles(workspace: Workspace) -> Iterator[Article]:
    return workspace.articles.rows_if_written()


@dataclass
class _ArticleIntake:
    """The count of one run. Texts wait in a file, so that memory holds ids and digests only."""

    spool: IO[bytes]
    digests: dict[str, str] = field(default_factory=dict)
    details: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def know(self, article: Article) -> None:
        """Remember who an article is."""
        self.digests[article.id] = article.digest
        self.details[article.id] = _hash_details(article)

    def take(self, item: Arrival | Reject | Remark) -> None:
        """Count one thing that was read."""
        if isinstance(item, Arrival):
            self._admit(item)
        elif isinstance(item, Reject):
            self.rejects.append(item)
        else:
            self.remarks.append(item)

    def articles(self) -> Iterator[Article]:
        """The new articles, sorted by id."""
        for _, place in sorted(self.places.items()):
            self.spool.seek(place)
            yield Article.model_validate_json(self.spool.readline())

    def summary(self, skipped: tuple[str, ...]) -> IngestResult:
        """All that was counted."""
        guessed = Counter(name for remark in self.remarks if remark.kind == "guessed encoding" for name in remark.names)
        ignored = {name for remark in self.remarks if remark.kind == "ignored columns" for name in remark.names}
        return IngestResult(
            articles=len(self.digests),
            new=self.counts["new"],
            same=self.counts["same"],
            other_details=self.counts["other details"],
            undated=self.counts["undated"],
            rejected=dict(sorted(Counter(reject.kind for reject in self.rejects).items())),
            skipped=tuple(map(escape_surrogates, skipped)),
            guessed_encodings=dict(sorted(guessed.items())),
            ignored_columns=tuple(sorted(ignored)),
        )

    def _admit(self, arrival: Arrival) -> None:
        article = arrival.article
        try:
            new = is_new(article, self.digests, arrival.where)
        except ArticleError as error:
            self.rejects.append(reject_of(error, article.id))
            return
        self.counts["new" if new else "same"] += 1
        if new:
            self._keep(article)
        elif self.details[article.id] != _hash_details(article):
            self.counts["other details"] += 1

    def _keep(self, article: Article) -> None:
        self.know(article)
        self.counts["undated"] += not article.published
        self.places[article.id] = self.spool.tell()
        self.spool.write(canonical_json(article.model_dump(mode="json")).encode("utf-8") + b"\n")


def _hash_details(article: Article) -> int:
    return hash((article.source, article.title, article.published, article.url))


def _reading_order(reject: Reject) -> tuple[str, int, str]:
    """By file, then by line as a number."""
    file, _, line = reject.where.rpartition(":")
    return (file, int(line), reject.id) if line.isdecimal() else (reject.where, 0, reject.id)


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--encoding", default="", metavar="NAME", help="The encoding of all files; found out for each if left out."
)
@json_option
@with_project
def ingest_cli(project: Project, paths: tuple[str, ...], encoding: str, *, as_json: bool) -> int:
    r"""Take in articles: .txt, .jsonl, .csv, .html, .xml; folders, globs, - for standard input.

    A text is never changed but for its line ends. An id is the row's own, else the url, else the path in the named
    folder without its ending. What is refused goes to rejects.jsonl with the reason, the rest goes on (status 3); there
    stands what the last run refused. Where no date is given, one at the head of the text is taken, as in "25 July 2023"
    on a line of its own or "GENEVA, July 25, 2023 (Reuters) -".

    \b
    Columns of .jsonl and .csv (others are ignored and named):
      id, text (body, content), title (headline), source (outlet), published (date), url (link)

    \b
    Example:
      labeling ingest articles/
      labeling ingest "wire/**/*.html" desk.csv --encoding cp1252
      curl -s https://example.org/feed.jsonl | labeling ingest -
    """
    summary = ingest(project, paths, encoding=encoding, watch=_track_reading)
    show(asdict(summary) if as_json else _format_ingest(summary), as_json=as_json)
    if not summary.rejected:
        return 0
    _print_rejects(project.workspace)
    return REFUSED


def _track_reading(inputs: Sequence[SourceFile]) -> Iterable[SourceFile]:
    """A bar on stderr while files are read, at a terminal only."""
    if not sys.stderr.isatty():
        return inputs
    from rich.console import Console
    from rich.progress import track

    return track(inputs, description="reading", console=Console(stderr=True), transient=True)


def _format_ingest(summary: IngestResult) -> dict[str, object]:
    """The summary as lines for people: what is nothing is left out, but for the first three."""
    lines = {
        name: value if isinstance(value, int) else _format_counts(value) for name, value in asdict(summary).items()
    }
    return {name: value for name, value in lines.items() if value or name in {"articles", "new", "same"}}


def _format_counts(value: dict[str, int] | tuple[str, ...]) -> str:
    parts = [f"{count} {name}" for name, count in value.items()] if isinstance(value, dict) else list(value)
    more = [f"and {len(parts) - _LISTED_REJECTS} more"] if len(parts) > _LISTED_REJECTS else []
    return ", ".join([*parts[:_LISTED_REJECTS], *more])


def _print_rejects(workspace: Workspace) -> None:
    rejects = list(workspace.rejects.rows())
    for reject in rejects[:_LISTED_REJECTS]:
        click.echo(f"Refused: {reject.where}: {reject.reason}\n  -> {reject.todo}", err=True)
    more = f"{len(rejects) - _LISTED_REJECTS} more, " if len(rejects) > _LISTED_REJECTS else ""
    click.echo(f"{more}all in {workspace.rejects.path}", err=True)
