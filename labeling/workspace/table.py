"""The workspace: the table of its files, and its lock.

Files between the steps are the database: JSON lines, sorted, the same bytes on every rerun. Each is described here
once, and everything else reads this table: readers and writers, the error that names the verb to run, docs/files.md.
"""

from __future__ import annotations

import re
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from pydantic import BaseModel, RootModel

from labeling.annotations import Annotation, Gold, LedgerRow, QuarantineRow
from labeling.articles import Article, Reject
from labeling.errors import WorkspaceBusy
from labeling.workspace.file_handles import RowsFile, ValueFile
from labeling.workspace.rows.agreements import Agreement
from labeling.workspace.rows.asked_item import AskAgainRow, AskedItem, ImportedScope
from labeling.workspace.rows.assignment import Leakage, SplitAssignment
from labeling.workspace.rows.conflict import Conflict
from labeling.workspace.rows.custody_row import CustodyRow
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.rows.doubt import Doubt
from labeling.workspace.rows.first_submission import FirstSubmission
from labeling.workspace.rows.forgotten_text import ForgottenText
from labeling.workspace.rows.guideline_version import GuidelineVersion
from labeling.workspace.rows.kept_row import AuditLine, KeptRow
from labeling.workspace.rows.learning_rows import BegunRow, DoneReading, OfferedRow, QueueRow, RoundRow
from labeling.workspace.rows.mistake import Mistake
from labeling.workspace.rows.passage import ClusterRow, Passage
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.relation_slip import RelationSlip
from labeling.workspace.rows.reliance_row import Reliance
from labeling.workspace.rows.reprint import Audit, ProjectedRow
from labeling.workspace.rows.score import Curve, Score
from labeling.workspace.rows.server_state import ProjectLink, PulledTask, PushedTask, ServerUsers, Watermark
from labeling.workspace.rows.signed_words import SignedWords
from labeling.workspace.rows.stream_row import StreamRow
from labeling.workspace.rows.trust import Trust
from labeling.workspace.storage import TEMPORARY, create_shared, name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Folders in which models were being trained, or a publication made.
_SCRATCH = re.compile(r"\.(?:.+\.)?[a-z0-9_]{8}")

Model = TypeVar("Model", bound=BaseModel)


class Scores(RootModel[dict[str, Score]]):
    """``scores.json``: the score of each annotator, by name."""


@dataclass(frozen=True)
class Value(Generic[Model]):
    """The description of a file that holds one value: its name, what it holds, the verb that writes it, a line of help.

    On a workspace it is the file itself: ``workspace.leakage.value()``.
    """

    name: str
    model: type[Model]
    verb: str
    help: str

    @overload
    def __get__(self, workspace: None, owner: type[Workspace]) -> Value[Model]: ...
    @overload
    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> ValueFile[Model]: ...
    def __get__(self, workspace: Workspace | None, owner: type[Workspace]) -> Value[Model] | ValueFile[Model]:
        """The file of that workspace."""
        return self if workspace is None else ValueFile(workspace.root / self.name, self.model, self.verb)


@dataclass(frozen=True)
class Rows(Generic[Model]):
    """The description of a file with one row a line; ``order`` are the fields by which it is sorted.

    On a workspace it is the file itself: ``workspace.gold.rows()``.
    """

    name: str
    model: type[Model]
    verb: str
    help: str
    order: tuple[str, ...] = ()

    @overload
    def __get__(self, workspace: None, owner: type[Workspace]) -> Rows[Model]: ...
    @overload
    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> RowsFile[Model]: ...
    def __get__(self, workspace: Workspace | None, owner: type[Workspace]) -> Rows[Model] | RowsFile[Model]:
        """The file of that workspace."""
        return self if workspace is None else RowsFile(workspace.root / self.name, self.model, self.verb, self.order)


def _say_nothing(_sentence: str) -> None:
    """Without a reader, nothing is said."""


class Workspace:
    """The folder of one project: ``exports/<project>`` unless another is named."""

    articles = Rows("articles.jsonl", Article, "ingest", "Sorted by `id`.", ("id",))
    rejects = Rows("rejects.jsonl", Reject, "ingest", "What the last run refused, by file and line.")
    assignments = Rows(
        "assignments.jsonl",
        Assignment,
        "assign",
        "Who reads what, where the project file names [people]; sorted by reader and place.",
        ("reader", "order", "article"),
    )
    forgotten = Rows(
        "forgotten.jsonl",
        ForgottenText,
        "forget",
        "What was taken back, and stays away.",
        ("article", "digest"),
    )
    studio_link = Value("studio.json", ProjectLink, "push", "The project on the server that the workspace belongs to.")
    pushed = Rows(
        "pushed.jsonl",
        PushedTask,
        "push",
        "The journal of what was sent, sorted by article and text.",
        ("article", "digest"),
    )
    asked = Rows(
        "asked.jsonl",
        AskedItem,
        "push",
        "Since when people have been asked for each label, relation and option; without it, from the start.",
        ("item", "since"),
    )
    guideline_versions = Rows(
        "guideline-versions.jsonl",
        GuidelineVersion,
        "push",
        "The guidelines that people had, by the digests in `asked.jsonl`: what `guidelines --diff` compares with.",
        ("digest",),
    )
    ask_again = Rows(
        "ask-again.jsonl",
        AskAgainRow,
        "push",
        "Whom to ask again, and for what: `pull` ends a row when its reader has submitted since.",
        ("article", "reader", "what"),
    )
    imported = Rows(
        "imported.jsonl",
        ImportedScope,
        "import",
        "What the source of each imported annotation had: of the rest it says nothing.",
        ("article", "annotator"),
    )
    annotations = Rows(
        "annotations.jsonl",
        Annotation,
        "pull",
        "Sorted by article and annotator.",
        ("article", "annotator", "server_id", "state"),
    )
    decisions = Rows(
        "decisions.jsonl",
        Decision,
        "pull",
        "What adjudicators decided, on cards and in whole articles, and what reprints inherit; it stays.",
        ("article", "conflict", "by", "at", "inherited_from"),
    )
    first = Rows(
        "first.jsonl",
        FirstSubmission,
        "pull",
        "First words: what each annotator submitted first, whatever they changed since; `agree` measures on it.",
        ("article", "annotator", "digest", "kept_by"),
    )
    kept = Rows(
        "layer.jsonl",
        KeptRow,
        "pull",
        "What the layer before our server kept besides the words that count: it only grows; `restore` brings it back.",
        ("kind", "task", "email", "at"),
    )
    audit_trail = Rows(
        "audit.jsonl",
        AuditLine,
        "pull",
        "Who changed what on our server, and when, a line a request: it only grows.",
        ("at", "email", "method", "path"),
    )
    suggestions = Rows(
        "suggestions.jsonl",
        Annotation,
        "suggest",
        "Rows as in `annotations.jsonl`, by `model:<name>`.",
        ("article", "annotator"),
    )
    quarantine = Rows(
        "quarantine.jsonl",
        QuarantineRow,
        "pull",
        "`raw` is the thing as the server sent it.",
        ("article", "annotator", "server_id", "what", "id", "kind"),
    )
    slips = Rows(
        "slips.jsonl",
        RelationSlip,
        "pull",
        "Relations for their authors to mend, each with a link: they join what the schema does not, or have no name.",
        ("reader", "article", "relation"),
    )
    pulled = Rows(
        "pulled.jsonl", PulledTask, "pull", "What each task held when it was last pulled, sorted by task.", ("task",)
    )
    signed = Rows(
        "signed.jsonl",
        SignedWords,
        "pull",
        "Whose words count: what each annotation's author sent last, what `restore` brought, what its owner adopted.",
        ("task", "annotation", "came_as"),
    )
    watermark = Value(
        "pulled.json", Watermark, "pull", "How far `pulled.jsonl` reaches; without it, everything is fetched."
    )
    users = Value("users.json", ServerUsers, "pull", "Whose numbers stand in the server's answers; `restore` needs it.")
    passages = Rows("passages.jsonl", Passage, "cluster", "Sorted as found, the same on every rerun.")
    clusters = Rows(
        "clusters.jsonl",
        ClusterRow,
        "cluster",
        "Where it is missing, `split` keeps only identical texts together.",
        ("article",),
    )
    projected = Rows(
        "projected.jsonl",
        ProjectedRow,
        "carry",
        "What annotated articles say of others that share their words: suggestions, never gold. By article and source.",
        ("article", "source"),
    )
    audit = Value("audit.json", Audit, "audit", "Passages that are labelled differently in two articles.")
    doubts = Rows("doubts.jsonl", Doubt, "doubts", "What in gold to look at once more, the most likely errors first.")
    agreement = Value("agreement.json", Agreement, "agree", "How far each two annotators agree.")
    gold = Rows("gold.jsonl", Gold, "adjudicate", "Sorted by article.", ("article",))
    conflicts = Rows("conflicts.jsonl", Conflict, "adjudicate", "What people have to settle.")
    ledger = Rows(
        "ledger.jsonl",
        LedgerRow,
        "adjudicate",
        "A row for each thing anybody said. A dataset's own ledger has these rows, and those of its targets.",
    )
    splits = Rows(
        "splits.jsonl", SplitAssignment, "split", "Remembered: an article once assigned never moves.", ("article",)
    )
    stream = Rows(
        "stream.jsonl",
        StreamRow,
        "split",
        "What a hash chose, where [learning] is named: remembered, as splits are, of all that was annotated.",
        ("article",),
    )
    leakage = Value("leakage.json", Leakage, "split", "The certificate: what the splits share, beside a random split.")
    reliance = Value(
        "reliance.json",
        Reliance,
        "split",
        "Where dev and test come from, and what suggestions do to readers; where [learning] is named.",
    )
    trust = Value("trust.json", Trust, "split", "What the test set is made of, and what makes scores on it doubtful.")
    scores = Value("scores.json", Scores, "evaluate", "A map from annotators to their scores.")
    mistakes = Rows(
        "mistakes.jsonl",
        Mistake,
        "evaluate",
        "What each annotator has otherwise than gold in the test set; sorted by annotator, article and place.",
        ("annotator", "article", "start", "kind"),
    )
    curve = Value("curve.json", Curve, "curve", "What an extractor is worth that was trained on ever more leak groups.")
    queue = Rows(
        "queue.jsonl",
        QueueRow,
        "learn",
        "In which order what is open is to be read, and with or without suggestions; where [learning] is named.",
        ("order",),
    )
    begun = Rows(
        "begun.jsonl",
        BegunRow,
        "learn",
        "What our models said of each article when somebody was first seen to have begun it.",
        ("article",),
    )
    actions = Rows(
        "actions.jsonl",
        DoneReading,
        "learn",
        "What each reader did in each article, counted once.",
        ("article", "annotator"),
    )
    fixed_set = Rows(
        "fixed.jsonl",
        Annotation,
        "learn",
        "What the models of the last two rounds say of articles that were drawn once: how far they agree.",
        ("article", "annotator"),
    )
    offered = Rows(
        "offered.jsonl",
        OfferedRow,
        "push",
        "What the page suggests of each article, each span signed by its sources; where models are in the loop.",
        ("article", "signature", "sent"),
    )
    rounds = Rows("rounds.jsonl", RoundRow, "learn", "What each round of the loop stood on and brought.", ("round",))

    custody = Rows(
        "custody.jsonl",
        CustodyRow,
        "ingest",
        "The record of custody: who wrote each file, and from what. Every verb keeps it; a file that is not as it was "
        "left is refused by name.",
        ("file",),
    )

    def __init__(self, root: Path, say: Callable[[str], None] = _say_nothing) -> None:
        """Name the folder; nothing is made until something is written.

        Args:
            root: The folder.
            say: Called with what its reader should know, and nobody needs to answer.
        """
        self.root = root
        self.say = say
        self.pulls = root / "pulls"
        self.corpora = root / "corpora"
        self.latest = root / "corpora" / "latest"
        self.releases = root / "releases"
        self.models = root / "models"
        self.report = root / "report.html"
        self.ask_again_page = root / "ask-again.html"
        self.decided_page = root / "decided.html"
        self.studio = root / "studio"

    @property
    def pages(self) -> tuple[Path, ...]:
        """The pages that people open."""
        return self.report, self.ask_again_page, self.decided_page

    @property
    def measured(self) -> RowsFile[FirstSubmission] | RowsFile[Annotation]:
        """What agreement is measured on: first words; without any, as in a workspace of before, the annotations."""
        return self.first if self.first.exists() else self.annotations

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Hold the workspace for writing; a process that dies lets go of it.

        Args:
            wait: Seconds to wait for another command that holds it.

        Raises:
            WorkspaceBusy: Another command holds it, for longer than that.
            NoRoom: The folder cannot be made or written.
        """
        from filelock import FileLock, Timeout

        with name_disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        place = self.root / ".lock"
        lock = FileLock(place)
        try:
            with name_disk_errors(place):
                _share_lock(place)
                lock.acquire(timeout=wait)
        except Timeout:
            raise WorkspaceBusy(
                f"another command is writing to {self.root}" + (f", for {wait:g} seconds now" if wait else ""),
                todo="wait until it is done (`push` and `pull` do so with --wait SECONDS), or name another folder "
                "with --workspace",
                where=str(self.root),
            ) from None
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    @contextmanager
    def opened(self, wait: float = 0) -> Iterator[None]:
        """Hold the workspace as `lock` does, if it is one: a folder that was mistyped stays as it is.

        Raises:
            MissingInput: Nothing was ever taken in there.
            WorkspaceBusy: Another command holds it, for longer than that.
            NoRoom: It cannot be written.
        """
        if not (self.articles.exists() or self.corpora.is_dir()):
            raise self.articles.missing()
        with self.lock(wait):
            yield

    def _sweep(self) -> None:
        """Remove what killed commands were writing when they were killed: nobody else is writing now."""
        for folder in (self.root, self.pulls):
            for path in folder.glob(".*") if folder.is_dir() else ():
                if TEMPORARY.fullmatch(path.name):
                    path.unlink(missing_ok=True)
        for path in (*self.root.glob(".curve.*"), *self.root.glob(".publication.*"), *self.models.glob(".*")):
            if _SCRATCH.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


def _share_lock(place: Path) -> None:
    """Make the lock writable for colleagues as far as the umask lets it, and for nobody else, as it was once."""
    create_shared(place)
    if place.stat().st_mode & stat.S_IWOTH:
        # Whose lock it is not cannot mend it, and need not.
        with suppress(PermissionError):
            place.chmod(stat.S_IMODE(place.stat().st_mode) & ~stat.S_IWOTH)


def described() -> Iterator[tuple[str, Value[BaseModel] | Rows[BaseModel]]]:
    """The table: the name on a workspace and the description of each file, in the order of the journey."""
    yield from ((name, each) for name, each in vars(Workspace).items() if isinstance(each, Value | Rows))
