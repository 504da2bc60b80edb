"""What changed between two versions of the guidelines, and which labels are easily taken for each other. Pure.

An example: the definition of ROLE was mended, WHEN was added, and MINISTRY became GOV_BODY. That is three changes.
Spans of ROLE are to be judged anew, and those of PERSON, which a near miss of ROLE names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.guidelines import format_ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.schema import Schema

GuidelinePart: TypeAlias = Literal["label", "relation", "choice", "option", "guidance"]
ChangedAspect: TypeAlias = Literal[
    "added",
    "removed",
    "renamed",
    "merged",  # renamed to a name that was there already
    "split",
    "definition",
    "examples",
    "near misses",
    "ends",  # which labels a relation joins, and whether its direction means anything
    "question",
    "answers",  # one, or several
    "key",
]
# The entries of one part by name, each as a text an aspect.
_Entries: TypeAlias = "Mapping[str, Mapping[ChangedAspect, str]]"

# What may make a reader judge a span, a relation or an article otherwise.
_MEANING: frozenset[ChangedAspect] = frozenset(
    {"added", "definition", "examples", "near misses", "ends", "question", "answers"}
)


@dataclass(frozen=True)
class GuidelineChange:
    """One thing that changed: of which part, its name of today (of then, where it is gone), and how it was and is."""

    part: GuidelinePart
    name: str
    what: ChangedAspect
    before: str = ""
    after: str = ""

    @property
    def of_meaning(self) -> bool:
        """Whether what was judged before may be judged otherwise now."""
        return self.what in _MEANING and self.part != "guidance"


def compare_schemas(old: Schema, new: Schema) -> tuple[GuidelineChange, ...]:
    """Everything in which two versions differ, in the order of the page; nothing for a schema and itself."""
    moved = new.migrations
    labels = {**_goals(moved.labels), **moved.splits}
    return (
        *(GuidelineChange("guidance", each, "removed") for each in old.guidance if each not in new.guidance),
        *(GuidelineChange("guidance", each, "added") for each in new.guidance if each not in old.guidance),
        *_compare_entries("label", _label_aspects(old), _label_aspects(new), labels),
        *_compare_entries("relation", _relation_aspects(old), _relation_aspects(new), _goals(moved.relations)),
        *_compare_entries("choice", _choice_aspects(old), _choice_aspects(new), {}),
        *_compare_entries("option", _option_aspects(old), _option_aspects(new), _goals(moved.choices)),
    )


def list_neighbours(schemas: Iterable[Schema], confused: Iterable[tuple[str, str]] = ()) -> dict[str, set[str]]:
    """The labels that each label is taken for: those of ``confused``, else those that near misses name, either way.

    Args:
        schemas: Of which the near misses are read.
        confused: Pairs of labels that readers took for each other.
    """
    pairs = list(confused) or [pair for schema in schemas for pair in _named_by_near_misses(schema)]
    neighbours: dict[str, set[str]] = {}
    for one, other in pairs:
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    return neighbours


def _named_by_near_misses(schema: Schema) -> Iterator[tuple[str, str]]:
    # The longer of two names first: of MINISTER OF STATE and MINISTER the whole.
    names = sorted(schema.label_names, key=lambda name: (-len(name), name))
    name = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
    for label in schema.labels:
        for found in name.findall("\n".join(label.near_misses)):
            if found != label.name:
                yield label.name, found


def _compare_entries(
    part: GuidelinePart, old: _Entries, new: _Entries, ways: Mapping[str, tuple[str, ...]]
) -> Iterator[GuidelineChange]:
    """What became of the entries of before, by the migrations of today, and how those of today differ from them."""
    origins = {name: name for name in old if name in new}
    for name in old:
        goals = (name,) if name in new else ways.get(name, ())
        if not goals:
            yield GuidelineChange(part, name, "removed")
        elif len(goals) > 1:
            yield GuidelineChange(part, name, "split", name, ", ".join(goals))
        elif goals[0] != name:
            yield GuidelineChange(part, goals[0], "merged" if goals[0] in old else "renamed", name, goals[0])
            origins.setdefault(goals[0], name)
    for name, aspects in new.items():
        if name not in origins:
            yield GuidelineChange(part, name, "added")
            continue
        before = old[origins[name]]
        for what, now in aspects.items():
            if before[what] != now:
                yield GuidelineChange(part, name, what, before[what], now)


def _goals(moved: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What became of each former name; none where it was removed."""
    return {name: (goal,) if goal else () for name, goal in moved.items()}


def _label_aspects(schema: Schema) -> _Entries:
    return {
        label.name: {
            "definition": label.definition,
            "examples": "\n".join(label.examples),
            "near misses": "\n".join(label.near_misses),
            "key": label.hotkey or "",
        }
        for label in schema.labels
    }


def _relation_aspects(schema: Schema) -> _Entries:
    return {
        relation.name: {
            "definition": relation.definition,
            "examples": relation.example,
            "ends": format_ends(relation),
        }
        for relation in schema.relations
    }


def _choice_aspects(schema: Schema) -> _Entries:
    return {
        choices.name: {"question": choices.question, "answers": "several" if choices.multiple else "one"}
        for choices in schema.choices
    }


def _option_aspects(schema: Schema) -> _Entries:
    return {
        f"{choices.name}.{option.name}": {"definition": option.definition, "key": option.hotkey or ""}
        for choices in schema.choices
        for option in choices.options
    }
