"""brat stand-off: ``x.txt`` with the text, ``x.ann`` beside it with one annotation a line.

Text-bound annotations become spans, relations and equivalences become relations. An event becomes its trigger, which is
a span, and a relation to each of its arguments, named by the role. Notes of annotators go to their span; attributes can
be mapped. What has no place here (discontinuous spans, attributes nobody mapped, normalisations, a second event on one
trigger) is a misfit, never dropped.

brat's server counts code points of the text with its line ends as they are; programs that write its files count
otherwise, which is found by the copy of the words on each line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from labeling.articles import SourceRow
from labeling.imports.record import (
    Attribute,
    ImportItem,
    ImportRecord,
    Misfit,
    RelationMark,
    SpanMark,
    reject_unreadable,
)
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labeling.annotations import ThingKind
    from labeling.imports.glimpse import Glimpse
    from labeling.imports.record import TextLookup

# Each form can match a line in one way only, so that a line that has none of them is refused at once. An offset of more
# than twelve figures is in no text.
_OFFSETS = r"\d{1,12} \d{1,12}"
_ROLE = r"\S[^\s:]*+:"
_TEXT_BOUND = re.compile(rf"(T\d+)\t(\S+) ({_OFFSETS}(?:;{_OFFSETS})*+)(?:\t(.*))?")
_RELATION_LINE = re.compile(rf"(R\d+)\t(\S+) {_ROLE}(\S++) {_ROLE}(\S++)\s*")
_EVENT = re.compile(rf"(E\d+)\t([^\s:]+):(\S++)((?: {_ROLE}\S++)*+)\s*")
_ATTRIBUTE = re.compile(r"([AM]\d+)\t(\S+) (\S+)(?: (.*\S))?\s*")
_NOTE = re.compile(r"(#\d+)\t(\S+) (\S+)\t(.*)")
_EQUIVALENCE = re.compile(r"\*\t(\S+)((?: \S+){2,})\s*")
_NORMALISATION = re.compile(r"(N\d+)\t.*")
_LINE_OF_BRAT = re.compile(r"(?:[TREAMN]\d+|#\d+|\*)\t[^\t]")
# The kind of the notes that people write in brat's page; programs write other kinds.
_ANNOTATORS = "AnnotatorNotes"
_KINDS: dict[str, ThingKind] = {"T": "span", "R": "relation", "E": "relation", "*": "relation"}


def read_brat(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one ``.ann`` file and the text beside it; ``name`` becomes the article's id."""
    text_path = path.with_suffix(".txt")
    if not text_path.exists():
        yield reject_unreadable(str(path), f"{text_path.name} does not lie beside it", "put the text there")
        return
    try:
        # The text keeps its byte order mark, because offsets count it.
        text = read_plain(text_path).decode("utf-8")
        lines = read_plain(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield reject_unreadable(str(path), f"it or its text is not UTF-8: {error}", "save both as UTF-8, as brat does")
        return
    yield parse_brat(SourceRow(where=str(path), id=name, text=text), lines)


def looks_like_brat(glimpse: Glimpse) -> str:
    """What tells a file of brat's: lines that begin with the id of an annotation, and a tab."""
    found = next((line for line in glimpse.lines if _LINE_OF_BRAT.match(line)), "")
    return f"the lines begin with ids such as {found.partition(chr(9))[0]}" if found else ""


def parse_brat(row: SourceRow, lines: str) -> ImportRecord:
    """The annotations in the lines of an ``.ann`` file about the text of ``row``."""
    file = _BratFile()
    for number, line in enumerate(re.split(r"\r?\n", lines), start=1):
        if line.strip():
            file.take(number, line)
    return ImportRecord(
        row=row,
        nobody="where each annotator has a folder, import the folders one by one",
        marks=tuple(file.finish_marks()),
        links=tuple(file.links()),
        misfits=tuple(file.misfits),
    )


@dataclass
class _BratFile:
    """The annotations of one file, as far as it was read."""

    marks: list[SpanMark] = field(default_factory=list)
    related: list[RelationMark] = field(default_factory=list)
    triggers: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: list[tuple[str, Attribute]] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)

    def take(self, number: int, line: str) -> None:
        """Read one line; one that has none of brat's forms is a misfit."""
        # The first letter of a line would do, but a form that matches is proof that the line is whole.
        forms: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], None]], ...] = (
            (_TEXT_BOUND, self._mark),
            (_RELATION_LINE, self._relation),
            (_EVENT, self._event),
            (_ATTRIBUTE, self._attribute),
            (_NOTE, self._note),
            (_EQUIVALENCE, self._equivalence),
            (_NORMALISATION, self._normalisation),
        )
        for form, take in forms:
            if found := form.fullmatch(line):
                take(found)
                return
        what = _KINDS.get(line[0], "annotation")
        reason = f"line {number} is not of a form that brat writes"
        self.misfits.append(Misfit(what, line.partition("\t")[0], "unreadable", reason, line))

    def finish_marks(self) -> Iterator[SpanMark]:
        """The spans with their attributes and notes; attributes and notes of anything else become misfits."""
        self._check_events()
        attributes, notes = self._attributes_by_target(), self._notes_by_target()
        known = {mark.id for mark in self.marks}
        for target in (attributes.keys() | notes.keys()) - known:
            self.misfits += [_unsupported(each.id, f"{each.name} of {target}") for each in attributes.get(target, ())]
            self.misfits += [_unsupported(name, f"a note on {target}", note) for name, note in notes.get(target, ())]
        # Targets came out of a set: sorted, the same file gives the same rows.
        self.misfits.sort(key=lambda misfit: misfit.id)
        for mark in self.marks:
            note = "; ".join(words for _, words in notes.get(mark.id, ()))
            yield replace(mark, note=note, attributes=tuple(attributes.get(mark.id, ())))

    def links(self) -> Iterator[RelationMark]:
        """Relations, with triggers in place of events."""
        for link in self.related:
            yield RelationMark(self._target(link.head), self._target(link.tail), link.label)

    def _mark(self, found: re.Match[str]) -> None:
        name, label, places, covers = found.groups()
        # `0 4;9 13` are two parts of one discontinuous span.
        parts = (tuple(map(int, part.split())) for part in places.split(";"))
        self.marks.append(SpanMark(name, tuple((start, end) for start, end in parts), label, covers))

    def _relation(self, found: re.Match[str]) -> None:
        _, label, head, tail = found.groups()
        self.related.append(RelationMark(head, tail, label))

    def _event(self, found: re.Match[str]) -> None:
        name, kind, trigger, arguments = found.groups()
        self.triggers[name] = trigger
        self.events.append((name, kind, found[0]))
        # Roles become relations from the event, which is replaced by its trigger in the end.
        for argument in arguments.split():
            role, _, target = argument.partition(":")
            self.related.append(RelationMark(name, target, role))

    def _check_events(self) -> None:
        """Find the events that have no place, because they are their trigger.

        That is so where the trigger is missing, bears another label, or is another event's already.
        """
        # Lines come in any order, so triggers are looked for when all are read.
        labels = {mark.id: mark.label for mark in self.marks}
        taken = dict[str, str]()
        for name, kind, raw in self.events:
            trigger = self.triggers[name]
            if trigger not in labels:
                self.misfits.append(
                    Misfit("annotation", name, "unreadable", f"its trigger {trigger} is not there", raw)
                )
            elif labels[trigger] != kind:
                self.misfits.append(_unsupported(name, f"an event {kind} whose trigger is a {labels[trigger]}", raw))
            elif first := taken.get(trigger):
                why = f"a second event on the trigger of {first}: the arguments of both would be of one span"
                self.misfits.append(_unsupported(name, why, raw))
            taken.setdefault(trigger, name)

    def _attribute(self, found: re.Match[str]) -> None:
        # A binary attribute has no value.
        name, kind, target, value = found.groups()
        self.attributes.append((target, Attribute(name, f"{kind}={value}" if value else kind)))

    def _note(self, found: re.Match[str]) -> None:
        name, kind, target, words = found.groups()
        self.notes.append((target, name, words if kind == _ANNOTATORS else f"{kind}: {words}"))

    def _equivalence(self, found: re.Match[str]) -> None:
        # A chain is enough: equivalence is transitive.
        self.related += [RelationMark(head, tail, found[1]) for head, tail in pairwise(found[2].split())]

    def _normalisation(self, found: re.Match[str]) -> None:
        self.misfits.append(_unsupported(found[1], "a link to an entry of a database", found[0]))

    def _target(self, name: str) -> str:
        return self.triggers.get(name, name)

    def _attributes_by_target(self) -> dict[str, list[Attribute]]:
        # What is attached to an event is attached to its trigger.
        targets: dict[str, list[Attribute]] = {}
        for target, attribute in self.attributes:
            targets.setdefault(self._target(target), []).append(attribute)
        return targets

    def _notes_by_target(self) -> dict[str, list[tuple[str, str]]]:
        targets: dict[str, list[tuple[str, str]]] = {}
        for target, name, words in self.notes:
            targets.setdefault(self._target(target), []).append((name, words))
        return targets


def _unsupported(name: str, reason: str, raw: str = "") -> Misfit:
    return Misfit("annotation", name, "unsupported", f"nothing here has a place for {reason}", raw or None)
