"""The rows of articles that are to be forgotten, in each file of the workspace: read, then taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from labeling.annotations import MODEL, PROJECTED
from labeling.studio.format.span_sources import without_sources
from labeling.studio.sync.forgotten_tasks import SaidWords
from labeling.studio.sync.page_items import record_ask_again
from labeling.workspace import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from labeling.project import Project
    from labeling.values import Frozen
    from labeling.workspace.file_handles import RowsFile
    from labeling.workspace.rows.learning_rows import BegunRow, OfferedRow
    from labeling.workspace.rows.server_state import TextKey
    from labeling.workspace.table import Workspace

AmendedRow = TypeVar("AmendedRow", bound="Frozen")


def list_amended_files(workspace: Workspace) -> list[RowsFile[Any]]:
    """The files out of which `forget` takes rows, in its order: the articles last, for by them it knows what to do."""
    files: list[RowsFile[Any]] = [workspace.suggestions, workspace.projected, workspace.assignments]
    files += [workspace.annotations, workspace.first, workspace.kept, workspace.quarantine, workspace.slips]
    files += [workspace.imported, workspace.decisions, workspace.queue, workspace.offered]
    files += [workspace.begun, workspace.actions, workspace.fixed_set]
    files += [workspace.splits, workspace.stream, workspace.signed, workspace.pulled]
    return [*files, workspace.ask_again, workspace.pushed, workspace.articles]


def list_said_here(workspace: Workspace, names: Collection[str]) -> Iterator[SaidWords]:
    """What people have said of these articles, as far as it was pulled or imported."""
    for annotation in workspace.annotations.rows_if_written():
        if annotation.article in names and annotation.by_person:
            yield SaidWords(annotation.article, annotation.annotator, annotation.state, annotation.server_id)
    for row in workspace.quarantine.rows_if_written():
        if row.article in names and not row.annotator.startswith((MODEL, PROJECTED)):
            yield SaidWords(row.article, row.annotator, "quarantined", row.server_id)


def _amend(file: RowsFile[AmendedRow], mend: Callable[[AmendedRow], AmendedRow]) -> None:
    """Write a file anew if that changes any of its rows."""
    if any(mend(row) != row for row in file.rows_if_written()):
        file.write_sorted(map(mend, file.rows()))


@dataclass(frozen=True)
class RowRemoval:
    """What goes: all rows of the articles ``here``, digest by id, and those of the tasks ``gone``, by number.

    ``settled`` are the rows of the journal that nothing is left of.
    """

    here: dict[str, str]
    gone: Collection[int]
    settled: Collection[TextKey]

    def run(self, project: Project) -> dict[str, int]:
        """Take the rows out, file by file, and return how many went, by file; the same again finds nothing."""
        workspace = project.workspace
        counts = {file.path.name: file.drop(is_dropped) for file, is_dropped in self._rules(workspace)}
        self._blank_carried(workspace)
        if workspace.ask_again.exists():
            before = sum(1 for _ in workspace.ask_again.rows())
            counts[workspace.ask_again.path.name] = before - len(record_ask_again(project))
        counts[workspace.pushed.path.name] = self._settle(workspace)
        # Last: while an article is there, its rows in the other files are to go.
        name = workspace.articles.path.name
        counts[name] = workspace.articles.drop(lambda article: self.here.get(article.id) == article.digest)
        return {name: count for name, count in counts.items() if count > 0}

    def _rules(self, workspace: Workspace) -> Iterator[tuple[RowsFile[Any], Callable[[Any], bool]]]:
        here, gone = self.here, self.gone
        yield workspace.suggestions, lambda row: row.article in here
        yield workspace.projected, lambda row: row.article in here or row.source in here
        yield workspace.assignments, lambda row: row.article in here
        yield workspace.annotations, lambda row: row.article in here
        yield workspace.first, lambda row: row.article in here
        yield workspace.kept, lambda row: row.task in gone
        yield workspace.quarantine, lambda row: row.article in here or row.task in gone
        yield workspace.slips, lambda row: row.article in here
        yield workspace.imported, lambda row: row.article in here
        yield workspace.decisions, lambda row: row.article in here or row.inherited_from in here
        yield workspace.queue, lambda row: row.article in here
        yield workspace.begun, lambda row: row.article in here
        yield workspace.actions, lambda row: row.article in here
        yield workspace.fixed_set, lambda row: row.article in here
        yield workspace.splits, lambda row: row.article in here
        yield workspace.stream, lambda row: row.article in here
        yield workspace.offered, lambda row: row.article in here
        yield workspace.signed, lambda row: row.task in gone
        yield workspace.pulled, lambda row: row.task in gone

    def _blank_carried(self, workspace: Workspace) -> None:
        """Of what was offered for other articles, take out the spans that were carried from these."""
        gone = [PROJECTED + name for name in self.here]

        def blank_begun(row: BegunRow) -> BegunRow:
            spans, relations = without_sources(row.spans, row.relations, gone)
            return row.model_copy(update={"spans": spans, "relations": relations})

        def blank_offered(row: OfferedRow) -> OfferedRow:
            if row.words is None:
                return row
            spans, relations = without_sources(row.words.spans, row.words.relations, gone)
            words = row.words.model_copy(update={"spans": spans, "relations": relations})
            return row.model_copy(update={"words": words})

        _amend(workspace.begun, blank_begun)
        _amend(workspace.offered, blank_offered)

    def _settle(self, workspace: Workspace) -> int:
        known = journal.load_journal(workspace.pushed.path)
        stay = {key: row for key, row in known.items() if key not in self.settled}
        if len(stay) < len(known):
            journal.rewrite_journal(workspace.pushed.path, stay)
        return len(known) - len(stay)
