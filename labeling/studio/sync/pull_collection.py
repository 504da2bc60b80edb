"""Collection: what people have annotated, fetched as a whole or by what has changed, and read into the workspace.

However large a project is, memory holds one task at a time and a few words on each. Files are replaced one after the
other, the watermark last: a pull that was cut short leaves none, and the next one fetches everything.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from labeling.studio.api.client import MOST_NUMBERS
from labeling.studio.api.http_errors import not_label_studio_error
from labeling.studio.format.exports import is_portable, read_export
from labeling.studio.format.layer_words import read_kept_submissions
from labeling.studio.format.signatures import Signatures
from labeling.studio.sync.first_words import FirstWords, KeptAnswers
from labeling.studio.sync.pull_archive import COMPRESSION_LEVEL, archive_name, write_archive
from labeling.studio.sync.pull_changes import check_counts, fetch_changes
from labeling.studio.sync.pull_state import (
    list_pulled_words,
)
from labeling.studio.sync.pull_writer import PullGoal, PullWriter
from labeling.values import canonical_json, digest_of
from labeling.workspace import journal
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.progress_watch import track_items
from labeling.workspace.rows.forgotten_text import ForgottenTexts
from labeling.workspace.rows.server_state import PulledTask, ServerUsers, Watermark
from labeling.workspace.rows.signed_words import SignedWords
from labeling.workspace.storage import file_digest, replace_file

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.studio.sync.pull_changes import Changes
    from labeling.studio.sync.pull_result import PullResult
    from labeling.workspace.file_handles import RowsFile, ValueFile
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class ProjectPull:
    """A project on a server, and the workspace that its annotations go to.

    ``as_left`` is whether the files of the workspace are as the last pull left them; ``doubtful`` are annotators whose
    imported rows somebody changed: they stay, and stay in doubt.
    """

    studio: Studio
    project: RemoteProject
    workspace: Workspace
    schema: Schema
    articles: Mapping[str, Article]
    changed_by_others: str = "quarantine"
    as_left: bool = True
    doubtful: frozenset[str] = frozenset()
    # What the layer before the server kept of first submissions, as `read_kept_submissions` takes it; without a layer
    # nothing.
    kept: Callable[[], Iterable[JsonValue]] = tuple
    # And of what each author was the last to send of an annotation.
    last: Callable[[], Iterable[SignedWords]] = tuple

    def pull_everything(self, instant: dt.datetime) -> PullResult:
        """Fetch and read everything.

        Raises:
            ShortAnswer: Fewer tasks or annotations came than the server counts.
            UnreadableExport: What came is not an export.
        """
        seen, users, before = self._server_time(), self._fetch_users(), self._read_before()
        names = annotator_names(users)
        kept = self.workspace.pulls / archive_name(instant)
        first = self._open_first(names)
        writer = PullWriter(self._goal, dict(names), self.read_signatures(names, before, first), first)
        with replace_file(kept) as temporary:
            self._fetch_everything(temporary, before, writer)
            writer.add_imported()
            check_counts(self.studio, self.project, writer.known)
        self._tell_passed_over(writer)
        writer.write(self._make_watermark(seen, users, (kept.name,)))
        return writer.result(str(kept), before)

    def pull_changes(self, instant: dt.datetime) -> PullResult:
        """Fetch and read what has changed; everything, where there is nothing sound to build upon.

        Raises:
            ShortAnswer: What came does not make up what the server counts.
        """
        users = self._fetch_users()
        names = annotator_names(users)
        mark = self.read_watermark(names)
        if mark is None:
            return self.pull_everything(instant)
        seen, before = self._server_time(), self._read_before()
        changed = fetch_changes(self.studio, self.project.number, before, mark.seen, names)
        kept = self._keep(changed.tasks, instant)

        # The lines of tasks that changed or went are replaced, all others are taken over as they are.
        first = self._open_first(names)
        signatures = self.read_signatures(names, before, first)
        writer = PullWriter(self._goal, dict(names), signatures, first, dict(changed.after))
        for task in changed.tasks:
            writer.add(task)
        # Last, for by then all that was brought there is known.
        writer.add_old(changed.deleted | {int(str(task["id"])) for task in changed.tasks})
        self._tell_passed_over(writer)
        answers = (*mark.answers, kept.name) if kept else mark.answers
        writer.write(self._make_watermark(seen, users, answers))
        writer.once.repeated += changed.repeated
        return writer.result(str(kept or ""), before)

    def compare(self, names: Mapping[int | str, str]) -> tuple[dict[int, PulledTask], Changes]:
        """What was pulled, and what there is now; nothing is written.

        Raises:
            ShortAnswer: What came does not make up what the server counts.
        """
        mark = self.read_watermark(names)
        before = self._read_before() if mark else {}
        return before, fetch_changes(self.studio, self.project.number, before, mark.seen if mark else None, names)

    def list_same_text(self, digest: str) -> list[str]:
        """The ids of the articles with a text."""
        return self._ids_by_text.get(digest, [])

    @cached_property
    def _ids_by_text(self) -> dict[str, list[str]]:
        # Made when a task asks for it, which hardly ever happens.
        ids = defaultdict[str, list[str]](list)
        for article in self.workspace.articles.rows_if_written():
            ids[article.digest].append(article.id)
        return ids

    def read_watermark(self, names: Mapping[int | str, str]) -> Watermark | None:
        """How far the last pull reaches, if what it wrote can be built upon.

        It cannot when somebody changed or removed one of its files since, when it was of another project, read by
        another schema or other articles, when somebody who was there has another name now, or when one of the kept
        answers is missing.
        """
        if not self.as_left or not self.workspace.watermark.exists() or not self.workspace.pulled.exists():
            return None
        mark = self.workspace.watermark.value()
        # A number alone proves nothing: another server may have a project of the same number.
        is_ours = (mark.project, mark.created) == (self.project.number, self.project.created)
        is_read_alike = mark.reading == self.reading_digest
        are_names_same = all(names.get(int(number), name) == name for number, name in mark.names.items())
        is_kept = all((self.workspace.pulls / answer).exists() for answer in mark.answers)
        return mark if is_ours and is_read_alike and are_names_same and is_kept else None

    @property
    def _goal(self) -> PullGoal:
        return PullGoal(self.workspace, self.schema, self.articles, self.list_same_text, self.doubtful, self.forgotten)

    @cached_property
    def forgotten(self) -> ForgottenTexts:
        """The texts whose tasks are passed over, where the server still has them."""
        return ForgottenTexts(self.workspace.forgotten.rows_if_written())

    @property
    def reading_digest(self) -> str:
        """The digest of what answers are read by: the articles, the schema and its migrations, and a policy."""
        # Nothing is added for the default, so that pulls of before there was the policy can be built upon.
        policy = "" if self.changed_by_others == "quarantine" else self.changed_by_others
        return digest_of(
            file_digest(self.workspace.articles.path) + canonical_json(self.schema.model_dump(mode="json")) + policy
        )

    def read_signatures(
        self, names: Mapping[int | str, str], before: Mapping[int, PulledTask], first: FirstWords | None = None
    ) -> Signatures:
        """Whose words counted before, by which annotations are judged; what the layer kept goes into ``first``, too."""
        # Tasks that we did not send were read as those of articles of ours.
        ours = (row for row in before.values() if row.article in self.articles)
        tasks = {row.task: (row.article, self.articles[row.article].digest) for row in ours}
        sent = journal.load_journal(self.workspace.pushed.path).values()
        tasks |= {row.task: row.key for row in sent if row.task is not None}
        kept = list[SignedWords]()
        for one in read_kept_submissions(self.kept(), tasks, self.articles, self.schema, names):
            kept.append(one.signed)
            if first and one.annotation:
                first.add_kept(one.annotation)
        return Signatures(
            self.workspace.signed.rows_if_written(),
            names,
            pages=f"{self.studio.url}/projects/{self.project.number}/data?own=1&task=",
            by_editor=self.changed_by_others == "editor",
            seen=list_pulled_words(before.values(), self.workspace.quarantine.rows_if_written()),
            kept=[*kept, *self.last()],
        )

    def _open_first(self, names: Mapping[int | str, str]) -> FirstWords:
        first = FirstWords(self.workspace, self.doubtful)
        # A workspace of before, or one whose owner signed that the file is gone.
        if not self.workspace.first.exists():
            by_editor = self.changed_by_others == "editor"
            read_by = (self.schema, self.articles, names, self.project.created, by_editor, self.list_same_text)
            first.add_seen(KeptAnswers(self.workspace, *read_by).list_seen())
        return first

    def _tell_passed_over(self, writer: PullWriter) -> None:
        if writer.passed_over:
            self.workspace.say(f"Passed over {writer.passed_over} tasks of forgotten articles: nothing of them is read")

    def _server_time(self) -> dt.datetime:
        """The server's time, or one before it: whatever changes from now on changes later."""
        return self.studio.clock() or self.studio.last_change(self.project.number)

    def _fetch_users(self) -> list[tuple[int, str]]:
        users = self.studio.users()
        # Written at once: the answers that are kept below name users by number.
        emails = ServerUsers(emails={str(number): email for number, email in users})
        self.workspace.users.write(emails)
        return users

    def _read_before(self) -> dict[int, PulledTask]:
        return {row.task: row for row in self.workspace.pulled.rows_if_written()}

    def _fetch_everything(self, path: Path, before: Iterable[int], writer: PullWriter) -> None:
        """Read all tasks there, and keep them in ``path``: those we know of, and if that is not all, those listed."""
        known = {row.task for row in journal.load_journal(self.workspace.pushed.path).values() if row.task} | {*before}
        with write_archive(path) as keep:
            came = self._export_tasks(sorted(known), keep, writer)
            # Somebody else stored tasks here, or the journal is gone: all are listed, which takes a while.
            if came < self.project.tasks:
                listed = {int(row["id"]) for row in self.studio.list_tasks(self.project.number, "id")}
                self._export_tasks(sorted(listed - known), keep, writer)

    def _export_tasks(self, numbers: list[int], keep: Callable[[bytes], None], writer: PullWriter) -> int:
        """Read those of these tasks that are there, and keep them as they come; how many they are."""
        asked, came = {*numbers}, 0
        pieces = self.studio.export_pieces(self.project.number, numbers)
        for answer in track_items("fetching", pieces, -(-len(numbers) // MOST_NUMBERS)):
            portable = is_portable(answer)
            tasks = read_export(answer, f"an export of project {self.project.number} of {self.studio.url}")
            for task in writer.once.let_through(tasks):
                if not isinstance(task, dict) or task["id"] not in asked:
                    raise not_label_studio_error(self.studio.url)
                writer.add(task, portable=portable)
                came += 1
            keep(answer)
        return came

    def _keep(self, tasks: Iterable[JsonValue], instant: dt.datetime) -> Path | None:
        """Keep the export of tasks that changed, and return where; None when nothing changed."""
        content = json.dumps([*tasks]).encode()
        if content == b"[]":
            return None
        kept = self.workspace.pulls / archive_name(instant, changes=True)
        with replace_file(kept) as temporary:
            temporary.write_bytes(gzip.compress(content, COMPRESSION_LEVEL, mtime=0))
        return kept

    def _make_watermark(
        self, seen: dt.datetime, users: Iterable[tuple[int, str]], answers: tuple[str, ...]
    ) -> Watermark:
        known = list(users)
        names = annotator_names(known)
        return Watermark(
            project=self.project.number,
            created=self.project.created,
            seen=seen.isoformat(),
            reading=self.reading_digest,
            names={str(number): names[number] for number, _ in known},
            answers=answers,
        )


def files_built_upon(workspace: Workspace) -> tuple[RowsFile[Any] | ValueFile[Any], ...]:
    """The files that a pull of changes adds to: it needs all of them as the last pull left them."""
    return workspace.annotations, workspace.quarantine, workspace.pulled, workspace.watermark
