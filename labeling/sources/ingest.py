"""The front door of sources: files -> ``articles.jsonl``, and ``rejects.jsonl`` with what was refused and why."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.articles import Reject, escape_surrogates, is_new, refuse_forgotten, reject_of
from labeling.errors import ArticleError
from labeling.sources.encodings import check_encoding_name
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions, Remark
from labeling.values import encode_strings
from labeling.workspace.custody import keep_custody
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.rows.forgotten_text import ForgottenTexts
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.sources.inputs import SourceFile
    from labeling.workspace.table import Workspace


# Of pages; what else stands in angle brackets may be an agency's way to mark its own lines.
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|h[1-6]|ul|ol|li|table|tr|td|img|script|style|blockquote|figure)(?:\s[^<>]{0,500})?/?>"
    r"|&(?:amp|nbsp|quot|lt|gt|apos|[lr][sd]quo|[mn]dash|hellip|#\d{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class IngestResult:
    """What became of everything that was read.

    ``articles`` counts all in the workspace, ``new`` those of this run, ``same`` those that were there with the same
    text, ``other_details`` those of them that came with another title, source, date or url (the first ones are kept).
    ``undated`` counts new articles without a date: none was given, and none was found at the head of the text.
    ``rejected`` counts by kind. ``skipped`` lists the files passed over in folders. ``guessed_encodings`` counts files
    by encoding, ``ignored_columns`` names the columns of tables and JSON that we do not know. ``left_empty`` counts
    details of articles whose value was of no use, by field. ``markup`` counts new articles in whose text tags or
    entities of HTML stand: they were taken as they are. ``left_out`` tells of pages of which paragraphs were not taken.
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
    left_empty: dict[str, int] = field(default_factory=dict)
    markup: int = 0
    left_out: tuple[str, ...] = ()


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
        encoding: The encoding of all files; "" to detect it for each.
        watch: Is given the files and yields them one by one: for a progress bar.

    Raises:
        UsageError: A path matches nothing, or the encoding is unknown; nothing is written then.
        WorkspaceBusy: Another command is writing there.
        Altered: ``articles.jsonl`` is not as it was left.
        NoRoom: The workspace may not be written, or the disk is full.
    """
    found = find_source_files(paths)
    naming = project.file.project
    terms = IngestOptions(naming.max_characters, naming.language, check_encoding_name(encoding) if encoding else "")
    workspace = project.workspace
    reads, writes = (workspace.articles, workspace.forgotten), (workspace.articles, workspace.rejects)
    with (
        workspace.lock(),
        keep_custody(workspace, "ingest", reads=reads, writes=writes),
        name_disk_errors(workspace.root),
    ):
        intake = _ArticleIntake(SortedLines(workspace.root), ForgottenTexts(workspace.forgotten.rows_if_written()))
        # First pass: the ids and digests of before.
        for article in _earlier_articles(workspace):
            intake.know(article)
        # Then everything that is read is weighed against them.
        for item in read_articles(watch(found.inputs), terms):
            intake.take(item)
        # Those of before are sorted, too, so neither need be in memory.
        earlier = (((article.id,), _line_of(article)) for article in _earlier_articles(workspace))
        rejects = sorted(intake.rejects, key=_reading_order)
        intake.lines.write(workspace.articles.path, earlier)
        workspace.rejects.write(rejects)
    return intake.summary(found.skipped)


def _earlier_articles(workspace: Workspace) -> Iterator[Article]:
    return workspace.articles.rows_if_written()


@dataclass
class _ArticleIntake:
    """Decides of each article whether it is new, the same as before, or refused, and counts.

    New articles wait in ``lines``, on the disk, so that a corpus may be larger than memory, which holds ids and digests
    only. ``details`` has a hash of the fields besides the text, by id.
    """

    lines: SortedLines
    forgotten: ForgottenTexts
    digests: dict[str, str] = field(default_factory=dict)
    details: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    left_empty: Counter[str] = field(default_factory=Counter)

    def know(self, article: Article) -> None:
        """Remember an article that is in the workspace."""
        self.digests[article.id] = article.digest
        self.details[article.id] = _hash_details(article)

    def take(self, item: Arrival | Reject | Remark) -> None:
        """Take one article, refusal or remark that was read."""
        if isinstance(item, Arrival):
            self._admit(item)
        elif isinstance(item, Reject):
            self.rejects.append(item)
        else:
            self.remarks.append(item)

    def summary(self, skipped: tuple[str, ...]) -> IngestResult:
        """The result of the run; ``skipped`` are the files passed over."""
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
            left_empty=dict(sorted(self.left_empty.items())),
            markup=self.counts["markup"],
            left_out=tuple(name for remark in self.remarks if remark.kind == "left out" for name in remark.names),
        )

    def _admit(self, arrival: Arrival) -> None:
        article = arrival.article
        if arrival.odd:
            self.left_empty.update(arrival.odd)
        try:
            # First, for a right text may have its id now.
            if self.digests.get(article.id) != article.digest:
                refuse_forgotten(article, self.forgotten.name_of(article.digest), arrival.where)
            new = is_new(article, self.digests, arrival.where)
        except ArticleError as error:
            self.rejects.append(reject_of(error, article.id))
            return
        self.counts["new" if new else "same"] += 1
        if new:
            self._keep(article)
        # The first details stay: an article never changes, and a dataset may have them already.
        elif self.details[article.id] != _hash_details(article):
            self.counts["other details"] += 1

    def _keep(self, article: Article) -> None:
        self.know(article)
        self.counts["undated"] += not article.published
        self.counts["markup"] += _has_markup(article.text)
        self.lines.add((article.id,), _line_of(article))


def _line_of(article: Article) -> bytes:
    return encode_strings(article.model_dump())


def _has_markup(text: str) -> bool:
    return ("<" in text or "&" in text) and bool(_MARKUP.search(text))


def _hash_details(article: Article) -> int:
    return hash((article.source, article.title, article.published, article.url))


def _reading_order(reject: Reject) -> tuple[str, int, str]:
    """By file, then by line as a number."""
    # As a string "wire.jsonl:10" would come before "wire.jsonl:9".
    file, _, line = reject.where.rpartition(":")
    line = line.strip("[]")  # of an item in an array
    return (file, int(line), reject.id) if line.isdecimal() else (reject.where, 0, reject.id)
