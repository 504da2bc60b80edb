"""The files of a pull on their way: what the tasks of an export say, read and sorted, then put in place at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import CARD_DEFECTS, is_imported
from labeling.studio.format.exports import OnceOnly
from labeling.studio.format.submissions import is_forgotten_task, read_task
from labeling.studio.sync.pull_result import PullResult, PullTally
from labeling.studio.sync.pull_state import SentWords, compare_pulls, describe_unsubmitted, read_pulled_task
from labeling.values import canonical_json
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.rows.forgotten_text import ForgottenTexts
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

    from pydantic import JsonValue

    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.studio.format.signatures import Signatures
    from labeling.studio.sync.first_words import FirstWords
    from labeling.workspace.rows.server_state import PulledTask, Watermark
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class PullGoal:
    """The workspace that a pull goes to, and the schema and articles that it is read by.

    ``same_text`` gives the ids of the articles with a text, by its digest. ``doubtful`` are annotators whose imported
    rows somebody changed: they stay, and stay in doubt. ``forgotten`` are texts whose tasks are passed over.
    """

    workspace: Workspace
    schema: Schema
    articles: Mapping[str, Article]
    same_text: Callable[[str], list[str]]
    doubtful: frozenset[str] = frozenset()
    forgotten: ForgottenTexts = field(default_factory=lambda: ForgottenTexts(()))

    def is_forgotten(self, task: dict[str, JsonValue]) -> bool:
        """Whether a task of an export is one of a forgotten article, which the server still has."""
        return is_forgotten_task(task, self.forgotten, self.articles, self.same_text)


class PullWriter:
    """One pull on its way into the files."""

    def __init__(
        self,
        of: PullGoal,
        names: dict[int | str, str],
        signatures: Signatures,
        first: FirstWords,
        known: dict[int, PulledTask] | None = None,
    ) -> None:
        self._of, self._names, self._first = of, names, first
        self.known = known or {}
        self.passed_over = 0
        self.once = OnceOnly()
        self._signatures, self._signed = signatures, list[SignedWords]()
        self._tally = PullTally()
        self._annotations, self._quarantine = SortedLines(of.workspace.root), SortedLines(of.workspace.root)
        self._sent: SentWords | None = None
        # Articles with the annotators whose imported words the server has; made when all of them are judged.
        self._brought: set[tuple[str, str]] | None = None
        self._replaced = set[str]()

    def add(self, task: dict[str, JsonValue], *, portable: bool = False) -> None:
        """Read one task of an export, ``portable`` as `read_task` has it."""
        known = read_pulled_task(task, self._names)
        if known:
            self.known[known.task] = known
        judgements = self._signatures.judge_task(task)
        self._signed += [judgement.row for judgement in judgements.values() if judgement.row]
        if self._of.is_forgotten(task):
            self.passed_over += 1
            return
        annotations, findings = read_task(
            task,
            self._of.articles,
            self._of.schema,
            self._names,
            portable=portable,
            judgements=judgements,
            same_text=self._of.same_text,
        )
        # A task that does not name its article was known by its text.
        if known and annotations and known.article != annotations[0].article:
            self.known[known.task] = known.model_copy(update={"article": annotations[0].article})
        if self._sent is None:
            self._sent = SentWords(row for row, _ in self._old_lines())
        for one in (*map(self._sent.date, annotations), *findings):
            row = one.model_dump(mode="json")
            self._add(row, canonical_json(row))

    def add_old(self, replaced: Container[int]) -> None:
        """Take over the lines of before, but for those of some tasks."""
        self._signed += [row for row in self._signatures.remembered if row.task not in replaced]
        for row, line in self._old_lines():
            # Answers on cards are judged anew each time, and their tasks are another project's.
            if row["task"] not in replaced and row.get("kind") not in CARD_DEFECTS and not self._is_brought(row):
                self._add(row, line)

    def add_imported(self) -> None:
        """Take over what no server holds: what was imported from other tools."""
        for row, line in self._old_lines():
            if is_imported(row["annotator"], row["task"]) and not self._is_brought(row):
                self._add(row, line)

    def _is_brought(self, row: Mapping[str, Any]) -> bool:
        """Whether an imported annotation is on the server now: what was pulled stands in its place."""
        if "kind" in row or row["task"] is not None or row["state"] == "draft":
            return False
        if self._brought is None:
            self._brought = {
                (known.article, one.imported)
                for one in self._signed
                if one.imported and (known := self.known.get(one.task))
            }
        if (row["article"], row["annotator"]) not in self._brought or row["annotator"] in self._of.doubtful:
            return False
        self._replaced.add(row["annotator"])
        return True

    def write(self, mark: Watermark) -> None:
        """Replace the files, the watermark last."""
        workspace = self._of.workspace
        # Before all others: it only grows, and what was changed meanwhile could not be read again.
        self._first.write()
        # From here on, a pull that is cut short leaves no watermark, and the next one fetches everything.
        workspace.watermark.path.unlink(missing_ok=True)
        self._annotations.write(workspace.annotations.path)
        self._quarantine.write(workspace.quarantine.path)
        # Before what was pulled: annotations without a row here are judged by that.
        workspace.signed.write(self._signed)
        workspace.pulled.write_sorted(self.known[number] for number in sorted(self.known))
        workspace.watermark.write(mark)

    def result(self, kept: str, before: Mapping[int, PulledTask]) -> PullResult:
        """What came, compared with what was there before."""
        tally, differs = self._tally, compare_pulls(before, self.known)
        return PullResult(
            kept=kept,
            tasks=len(self.known),
            new=differs.new,
            edited=differs.edited,
            deleted=differs.deleted,
            annotators=len(tally.annotators),
            submitted=tally.states["submitted"],
            empty=tally.empty,
            skipped=tally.states["skipped"],
            drafts=tally.states["draft"],
            spans=tally.spans,
            relations=tally.relations,
            quarantined=dict(sorted(tally.quarantined.items())),
            unsubmitted=tuple(describe_unsubmitted(self.known.values())),
            repeated=tuple(self.once.repeated),
            replaced=tuple(sorted(self._replaced)),
        )

    def _old_lines(self) -> Iterator[tuple[dict[str, Any], str]]:
        """The lines of both files as they are, with what is in them."""
        for path in (self._of.workspace.annotations.path, self._of.workspace.quarantine.path):
            if path.exists():
                with path.open(encoding="utf-8", newline="\n") as lines:
                    yield from ((json.loads(line), line.removesuffix("\n")) for line in lines)

    def _add(self, row: Mapping[str, Any], line: str) -> None:
        self._tally.count(row)
        # Only findings have a kind.
        if "kind" in row:
            self._quarantine.add(self._of.workspace.quarantine.place_of_json(row), line.encode("utf-8"))
        else:
            self._first.add(row)
            self._annotations.add(self._of.workspace.annotations.place_of_json(row), line.encode("utf-8"))
