"""First words on their way into ``first.jsonl``: a row once written stays, whatever its author changes later.

Where the layer before the server kept each first submission, its row is the one. Elsewhere it is the first that a pull
saw. A workspace of before, which has no such file, has its kept answers: they are read once more, the oldest first.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.annotations import MODEL, PROJECTED
from labeling.errors import UnreadableExport
from labeling.studio.format.exports import OnceOnly
from labeling.studio.format.signatures import Signatures
from labeling.studio.format.submissions import read_task
from labeling.studio.sync.pull_archive import list_past, read_archive
from labeling.values import canonical_json
from labeling.workspace.asking import parse_instant
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.rows.first_submission import first_row
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.rows.first_submission import KeptBy
    from labeling.workspace.table import Workspace

# Of an article, an annotator and a text there is one row from a file, and one from the server.
_KEY = 4


class FirstWords:
    """The rows of before, and those that come now.

    ``doubtful`` are annotators whose imported rows somebody changed: theirs stay as they were here.
    """

    def __init__(self, workspace: Workspace, doubtful: frozenset[str] = frozenset()) -> None:
        """Take the rows of before.

        Raises:
            DamagedFile: A line is not a row.
        """
        self._path, self._doubtful = workspace.first.path, doubtful
        self._lines = SortedLines(workspace.root)
        self._known = set[tuple[str, str, str]]()
        self._turn = 1
        for row in workspace.first.rows_if_written():
            # Imports follow their files, which annotations have as they are.
            if row.kept_by != "import" or row.annotator in doubtful:
                # What the layer kept is the first there is; what a pull kept, only until it is known better.
                at = _sortable(row.at) if row.kept_by == "pull" else ""
                self._put(row.model_dump(mode="json"), 0, at)
            if row.kept_by != "import":
                self._known.add((row.article, row.annotator, row.digest))

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a line of ``annotations.jsonl``, if it is a submission that may be somebody's first."""
        if row["state"] != "submitted" or row["annotator"].startswith((MODEL, PROJECTED)):
            return
        imported = row["task"] is None
        if imported and row["annotator"] in self._doubtful:
            return
        if imported or (row["article"], row["annotator"], row["digest"]) not in self._known:
            self._put_new(row, "import" if imported else "pull", self._turn)

    def add_kept(self, annotation: Annotation) -> None:
        """Take what the layer kept: it stands in the place of what a pull saw later."""
        self._put_new(annotation.model_dump(mode="json"), "layer", 0)

    def add_seen(self, answers: Iterable[Iterable[Annotation]]) -> None:
        """Take what kept answers have, the oldest first: who has a row by one of them gets no other by the next."""
        for answer in answers:
            for annotation in answer:
                self.add(annotation.model_dump(mode="json"))
            self._turn += 1

    def write(self) -> None:
        """Replace the file.

        Raises:
            NoRoom: The disk is full.
        """
        self._lines.write(self._path, one_of=_KEY)

    def _put_new(self, row: Mapping[str, Any], kept_by: KeptBy, turn: int) -> None:
        line = first_row(row, kept_by)
        self._put(line, turn, _sortable(line["at"]), new=1)

    def _put(self, line: dict[str, Any], turn: int, at: str, new: int = 0) -> None:
        key = line["article"], line["annotator"], line["digest"], int(line["kept_by"] != "import")
        self._lines.add((*key, turn, at, new, line["server_id"] or 0), canonical_json(line).encode("utf-8"))


@dataclass(frozen=True)
class KeptAnswers:
    """The answers in ``pulls/``, and what they are read by: ``created`` is when the project was made on its server.

    ``names`` are what the users of that server are called, by number and by e-mail address. With ``by_editor``, words
    that somebody else gave an annotation count as theirs. ``same_text`` gives the ids of articles by a text's digest.
    """

    workspace: Workspace
    schema: Schema
    articles: Mapping[str, Article]
    names: Mapping[int | str, str]
    created: str
    by_editor: bool = False
    same_text: Callable[[str], Sequence[str]] = lambda _digest: ()

    def list_seen(self) -> Iterator[Iterator[Annotation]]:
        """What each answer has of submissions that no older one has, the oldest first, one task in memory.

        An answer that is damaged or was altered is passed over, and so are tasks of a former server, whose users have
        other numbers.
        """
        if not self.workspace.pulls.is_dir():
            return
        remembered, done = dict[int, SignedWords](), set[int]()
        record = CustodyRecord(self.workspace)
        for name in list_past(sorted(path.name for path in self.workspace.pulls.glob("*.gz")), dt.datetime.now(dt.UTC)):
            if record.state(f"{self.workspace.pulls.name}/{name}") == "altered":
                self.workspace.say(f"{name} is not as it was left: no first words are taken from it.")
                continue
            yield self._read_answer(name, remembered, done)

    def _read_answer(self, name: str, remembered: dict[int, SignedWords], done: set[int]) -> Iterator[Annotation]:
        signatures = Signatures(remembered.values(), self.names, by_editor=self.by_editor)
        try:
            for task in OnceOnly().let_through(read_archive(self.workspace.pulls / name)):
                if not self._is_of_project(task) or _numbers_in(task) <= done:
                    continue
                judgements = signatures.judge_task(task)
                remembered.update({number: each.row for number, each in judgements.items() if each.row})
                read, _ = read_task(
                    task, self.articles, self.schema, self.names, judgements=judgements, same_text=self.same_text
                )
                submitted = [one for one in read if one.state == "submitted"]
                done.update(one.server_id for one in submitted if one.server_id is not None)
                yield from submitted
        except UnreadableExport as error:
            self.workspace.say(f"{error}: no first words are taken from the rest of it.")

    def _is_of_project(self, task: Mapping[str, JsonValue]) -> bool:
        made = task.get("created_at")
        try:
            return isinstance(made, str) and parse_instant(made) >= parse_instant(self.created)
        except ValueError:
            return False


def _numbers_in(task: Mapping[str, Any]) -> set[int]:
    rows = task.get("annotations")
    found = (row.get("id") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return {number for number in found if isinstance(number, int)}


def _sortable(text: str) -> str:
    """An instant as all are compared; what is not one comes last."""
    try:
        return parse_instant(text).astimezone(dt.UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return "~"
