"""``offered.jsonl``: what `push` suggested of each article, so that it can tell its own suggestions from others'.

It is written before anything is sent or removed, and when all is done only what is there stays in it: a push that was
killed leaves more than is there, never less.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.annotations import MODEL, PROJECTED
from labeling.studio.format.tasks import has_content
from labeling.values import canonical_json
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.rows.learning_rows import OfferedRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from labeling.studio.sync.push_plan import PushQueue
    from labeling.workspace.rows.server_state import PushedTask, TextKey
    from labeling.workspace.table import Workspace


@dataclass
class OfferedRecord:
    """The file of a workspace; ``former`` are the names by which models of before signed there."""

    workspace: Workspace
    former: Collection[str] = ()
    _sent: set[tuple[str, str, str]] = field(default_factory=set)

    def open(self, queue: PushQueue, known: Mapping[TextKey, PushedTask]) -> None:
        """Add what is going to be sent to what is there.

        Args:
            queue: What is to be sent.
            known: The journal: where the file is new, what it has by ``former`` names was sent by us.
        """
        rows = [*self._list_former(known)] if not self.workspace.offered.exists() else []
        self._write([*rows], queue)

    def is_ours(self, article: str, signature: str, digest: str) -> bool:
        """Whether we have sent that suggestion."""
        return (article, signature, digest) in self._sent

    def settle(self, known: Mapping[TextKey, PushedTask]) -> None:
        """Leave in the file what is there."""
        there = {(row.article, model, digest) for row in known.values() for model, digest in row.suggested.items()}
        if self._sent - there:
            self.workspace.offered.drop(lambda row: (row.article, row.signature, row.sent) not in there)
            self._sent &= there

    def _list_former(self, known: Mapping[TextKey, PushedTask]) -> Iterator[OfferedRow]:
        for row in known.values():
            for model, digest in row.suggested.items():
                if digest and (model in self.former or model.startswith(f"{PROJECTED}+")):
                    yield OfferedRow(article=row.article, text=row.digest, signature=model, sent=digest)

    def _write(self, former: Iterable[OfferedRow], queue: PushQueue) -> None:
        lines, file = SortedLines(self.workspace.root), self.workspace.offered
        before = set[tuple[str, str, str]]()
        for row in (*former, *file.rows_if_written()):
            before.add((row.article, row.signature, row.sent))
            lines.add((*file.place_of(row), 1), _offered_line(row))
        self._sent = {*before}
        for row in _list_wanted(queue):
            self._sent.add((row.article, row.signature, row.sent))
            lines.add((*file.place_of(row), 0), _offered_line(row))
        lines.write(file.path, one_of=len(file.order))


def former_names(workspace: Workspace, named: Iterable[str]) -> frozenset[str]:
    """By which names suggestions of ours were signed before there was this file.

    Those in ``suggestions.jsonl``, those of the models of the workspace, and those that the project file names.
    """
    models = {MODEL + path.name for path in workspace.models.glob("[!.]*") if path.is_dir()}
    written = {row.annotator for row in workspace.suggestions.rows_if_written()}
    return frozenset(models | {each for each in written if each.startswith(MODEL)} | {*named})


def _list_wanted(queue: PushQueue) -> Iterator[OfferedRow]:
    for name, text in queue.texts:
        words = queue.suggested(name).get(queue.joined or "")
        if words is not None and has_content(words):
            score, sent = queue.score_of(words), queue.digest_of(words)
            yield OfferedRow(article=name, text=text, signature=words.annotator, sent=sent, score=score, words=words)


def _offered_line(row: OfferedRow) -> bytes:
    return canonical_json(row.model_dump(mode="json")).encode()
