"""Old names read as new ones: what ``[migrations]`` of the project file does to a result before it is read. Pure.

The server's history stays as it is. A name is replaced by the one that took its place. Where that makes two things the
same (two spans of one label at one place, an option ticked twice, a relation drawn twice), one is kept: a span that
had the name before one that was given it, and relations, notes and doubts move to it. What is removed or merged
becomes a finding of the kind ``migrated``, with the row as it came: it is in the account, and `compile` lets it pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.schema import Migrations
from labeling.studio.format.regions import ResultFinding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from labeling.annotations import ThingKind
    from labeling.studio.format.regions import Json

RegionKey: TypeAlias = tuple[str, str, str]  # start, end, label; what the server has there may be anything


def migrate_result(result: list[JsonValue], migrations: Migrations) -> tuple[list[JsonValue], list[ResultFinding]]:
    """The rows of a result in the names of today, and what was removed or merged on the way."""
    # Most projects have none, and a pull reads every result.
    if migrations == Migrations():
        return result, []
    work = _Migration(migrations)
    work.settle_natives(result)
    return [new for row in _regions_first(result) for new in work.row(row)], work.findings


@dataclass
class _Migration:
    """One result on its way; ``moved`` maps a region that was merged to what it became part of, a removed one to ""."""

    migrations: Migrations
    findings: list[ResultFinding] = field(default_factory=list)
    places: dict[RegionKey, str] = field(default_factory=dict)  # which region has this label there
    moved: dict[str, str] = field(default_factory=dict)
    drawn: set[tuple[str, str, str]] = field(default_factory=set)
    ticked: set[tuple[str, str]] = field(default_factory=set)

    def settle_natives(self, result: list[JsonValue]) -> None:
        """Note what has names of today: of two things that become the same, that one is kept."""
        for row in result:
            if not isinstance(row, dict):
                continue
            value = _row_value(row)
            for label in _list_strings(value, "labels"):
                former = label in self.migrations.labels or label in self.migrations.splits
                if row.get("type") == "labels" and not former:
                    self.places.setdefault(_region_key(value, label), _region_id(row))
            for option in _list_strings(value, "choices"):
                if f"{row.get('from_name')}.{option}" not in self.migrations.choices:
                    self.ticked.add((str(row.get("from_name")), option))

    def row(self, row: JsonValue) -> list[JsonValue]:
        """A row in the names of today; none when nothing is left of it."""
        if not isinstance(row, dict):
            return [row]
        kind = row.get("type")
        if kind == "labels":
            left = self._region(row)
        elif kind == "relation":
            left = self._relation(row)
        elif _region_id(row) in self.moved:
            left = self._attachment(row)
        else:
            left = self._choice(row) if kind == "choices" else row
        return [] if left is None else [left]

    def _region(self, row: Json) -> Json | None:
        value = _row_value(row)
        names = _list_strings(value, "labels")
        # A region may have several labels, each with a fate of its own.
        fates = [self._label(row, value, old) for old in names]
        kept = [new for new, _ in fates if new]
        if names and not kept:
            self.moved[_region_id(row)] = next((goal for _, goal in fates if goal), "")
            return None
        return row if kept == names else {**row, "value": {**value, "labels": [*kept]}}

    def _label(self, row: Json, value: Json, old: str) -> tuple[str, str]:
        """The label of today; or "", and the region that has it at this place already, if one does."""
        if old in self.migrations.splits:
            goals = " or ".join(self.migrations.splits[old])
            self._found("span", f"{_region_id(row)}:{old}", f"{old} is {goals} now, and its reader has to choose", row)
            return "", ""
        if old not in self.migrations.labels:
            return old, ""
        new = self.migrations.labels[old]
        if not new:
            self._found("span", f"{_region_id(row)}:{old}", f"the label {old} is removed", row)
            return "", ""
        # Two spans of one label at one place are one span: the one that was there keeps it.
        place = _region_key(value, new)
        if place not in self.places:
            self.places[place] = _region_id(row)
            return new, ""
        there = self.places[place]
        self._found("span", f"{_region_id(row)}:{old}", f"{old} is {new} now, and {there!r} is that already", row)
        return "", there

    def _attachment(self, row: Json) -> Json | None:
        """A note or doubt about a region that is gone goes with it, or to the one it was merged with."""
        goal = self.moved[_region_id(row)]
        if goal:
            return {**row, "id": goal}
        self._found("span", f"{_region_id(row)}:{row.get('from_name')}", "its span is removed", row)
        return None

    def _relation(self, row: Json) -> Json | None:
        # Ends follow the regions that took over; the end of a removed region is "".
        drawn = str(row.get("from_id")), str(row.get("to_id"))
        head, tail = (self.moved.get(end, end) for end in drawn)
        names = _list_strings(row, "labels")
        kept = [new for old in names if (new := self._link(row, head, tail, old))]
        if names and not kept:
            return None
        return (
            row if (head, tail, kept) == (*drawn, names) else {**row, "from_id": head, "to_id": tail, "labels": [*kept]}
        )

    def _link(self, row: Json, head: str, tail: str, old: str) -> str:
        new = self.migrations.relations.get(old, old)
        # A relation that was not touched stays, even where it was drawn twice: only ours to mend is what we moved.
        moved = new != old or (head, tail) != (str(row.get("from_id")), str(row.get("to_id")))
        name = f"{row.get('from_id')} {old} {row.get('to_id')}"
        gone = not new or not head or not tail or (moved and head == tail) or (head, tail, new) in self.drawn
        if moved and gone:
            self._found("relation", name, "it, or an end of it, is removed or merged with another", row)
            return ""
        self.drawn.add((head, tail, new))
        return new

    def _choice(self, row: Json) -> Json | None:
        value, control = _row_value(row), str(row.get("from_name"))
        names = _list_strings(value, "choices")
        kept = [new for old in names if (new := self._option(row, control, old))]
        if kept == names:
            return row
        return {**row, "value": {**value, "choices": [*kept]}} if kept else None

    def _option(self, row: Json, control: str, old: str) -> str:
        # Options are written `set.option`, old and new; an empty way removes the option.
        way = self.migrations.choices.get(f"{control}.{old}")
        if way is None:
            return old
        new = way.partition(".")[2]
        if not new or (control, new) in self.ticked:
            self._found("choice", f"{control}={old}", f"it is {way or 'nothing'} now", row)
            return ""
        self.ticked.add((control, new))
        return new

    def _found(self, what: ThingKind, name: str, reason: str, row: Json) -> None:
        self.findings.append(ResultFinding(what, name, "migrated", f"by the project file: {reason}", row))


def _regions_first(result: list[JsonValue]) -> list[JsonValue]:
    """Regions before what refers to them; `labeling.studio.format.regions` reads them in this order anyway."""
    return sorted(result, key=lambda row: not (isinstance(row, dict) and row.get("type") == "labels"))


def _region_id(row: Json) -> str:
    return str(row.get("id"))


def _region_key(value: Json, label: str) -> RegionKey:
    return str(value.get("start")), str(value.get("end")), label


def _row_value(row: Mapping[str, JsonValue]) -> Json:
    value = row.get("value")
    return value if isinstance(value, dict) else {}


def _list_strings(value: Mapping[str, JsonValue], key: str) -> list[str]:
    found = value.get(key)
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
