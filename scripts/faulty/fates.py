"""What may befall the rows of an export, at random.

Fields are renamed, dropped, swapped or of another type, columns too; rows are gone; the copy of the words is another's;
the end is cut off.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faulty.drafts import list_lists, list_objects
from faulty.stories import LABELS

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from faulty.drafts import Rows

_FATES = (
    *("nothing", "nothing", "renamed", "dropped", "swapped", "swapped", "another's words", "cut"),
    *("of another type", "of another type", "gone"),
)
_COPIES = frozenset({"text", "tokens", "column 4", "value", "words", "span"})
_ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    7,
    -1,
    1.5,
    1e99,
    10**30,
    "",
    "7",
    "None",
    "PERSON[",
    [],
    {},
    [7],
    {"a": 1},
    [[]],
)
ODD_CELLS = ("", "7", "_", "*", "PERSON[", "PERSON[1", "[1]", "PERSON|", "\\", "O", "1-1", "0-99999999999", "#Text=")
_FEW = 3  # copies of words among which one that is another's decides nothing


@dataclass(frozen=True)
class Befallen:
    """What befell a file, in words; how many spans it still holds.

    ``spoils_copies`` is true where the copies of the words may be gone, ``is_partial`` where of a span only a part may
    be left: the end was cut off, or a cell was overwritten.
    """

    told: str
    spans: int
    spoils_copies: bool
    is_cut: bool
    is_partial: bool


def befall(rows: Rows, count: int, chance: random.Random) -> Befallen:
    """Let something befall the rows, in place, of which the file has so many spans."""
    fate, before = chance.choice(_FATES), json.dumps(rows)
    spans = [each for each in (*list_objects(rows), *list_lists(rows)) if _is_span(each)]
    is_columns = not list_objects(rows)
    told = _befall_columns(rows, fate, chance) if is_columns else _befall_objects(rows, fate, chance)
    # The very objects of before: whatever became of their fields, they are in the file.
    there = {id(each) for each in (*list_objects(rows), *list_lists(rows))}
    is_changed = json.dumps(rows) != before
    few = fate == "another's words" and len(spans) < _FEW
    return Befallen(
        f"{fate} {' and '.join(told)}".strip(),
        # A token with its tag is not a span by itself.
        sum(id(each) in there for each in spans) if spans else count,
        # The last copy may be what was cut off.
        spoils_copies=fate == "cut" or few or (is_changed and not _COPIES.isdisjoint(told)),
        is_cut=fate == "cut",
        is_partial=fate == "cut" or (is_columns and fate in {"gone", "of another type"}),
    )


def count_spans(value: object) -> int:
    """How many spans some JSON holds, by their places, whatever their labels; a cell that was not read counts, too."""
    triples = [each for each in list_lists(value) if len(each) > 2 and type(each[0]) is int and type(each[1]) is int]  # noqa: PLR2004
    return len(triples) + len(re.findall("start|begin|parts", json.dumps(value)))


def _is_span(value: object) -> bool:
    """Whether a thing is a span as it is in a whole file: by its label and its place."""
    if isinstance(value, dict):
        labels = {each for each in value.values() if isinstance(each, str)}
        labels |= {each for one in value.values() if isinstance(one, list) for each in one if isinstance(each, str)}
        return bool(value.keys() & {"start", "begin", "start_offset"}) and not labels.isdisjoint(LABELS)
    # Of doccano, or of brat.
    return isinstance(value, list) and len(value) in {3, 4} and any(each in LABELS for each in value)


def _befall_objects(rows: Rows, fate: str, chance: random.Random) -> tuple[str, ...]:
    """What befalls all objects that have a field; the names of the fields."""
    objects = list_objects(rows)
    if fate == "another's words":
        copies = [
            (each, key) for each in objects for key in ("text", "words", "span") if _is_span(each) and key in each
        ]
        if copies:
            each, key = chance.choice(copies)
            each[key] = "Nobody"
        return ()
    if fate == "gone":
        return _take_away(chance.choice([each for each in list_lists(rows) if each]), chance)
    keys = chance.choice(objects).keys()
    if fate in {"nothing", "cut"} or not keys:
        return ()
    first, second = chance.sample(sorted(keys), 2) if len(keys) > 1 else (*keys, *keys)
    odd = chance.choice(_ODD_VALUES)
    # One of them, or all.
    having = [each for each in objects if first in each and (fate != "swapped" or second in each)]
    chosen = [chance.choice(having)] if having and fate == "of another type" and chance.random() < 0.5 else having  # noqa: PLR2004 - one in two
    for each in chosen:
        _change_field(each, first, second, fate, odd)
    return (first, second) if fate == "swapped" else (first,)


def _change_field(each: dict[str, Any], first: str, second: str, fate: str, odd: object) -> None:
    if fate == "renamed":
        each[f"{first}_x"] = each.pop(first)
    elif fate == "dropped":
        del each[first]
    elif fate == "swapped":
        each[first], each[second] = each[second], each[first]
    elif fate == "of another type" and type(each[first]) is not type(odd):
        # A number for a number would be of the same type: the file would say that it is elsewhere.
        each[first] = str(each[first]) if odd == "7" else odd


def _take_away(rows: list[Any], chance: random.Random) -> tuple[str, ...]:
    del rows[chance.randrange(len(rows))]
    return ("a row",)


def _befall_columns(rows: Rows, fate: str, chance: random.Random) -> tuple[str, ...]:
    """The same with columns of lines."""
    widest = max((len(row) for row in rows), default=0)
    if fate == "gone" and rows:
        return _take_away(rows, chance)
    if fate == "of another type" and rows:
        row = chance.choice(rows)
        at = chance.randrange(len(row))
        row[at] = chance.choice(ODD_CELLS)
        return (f"column {at + 1}",)
    if widest < 2 or fate not in {"swapped", "dropped", "renamed"}:  # noqa: PLR2004 - two columns
        return ()
    one, other = sorted(chance.sample(range(widest), 2))
    return _change_columns(
        [row for row in rows if len(row) == widest], [row for row in rows if len(row) == 1], fate, (one, other), chance
    )


def _change_columns(
    rows: Sequence[list[str]], heads: Sequence[list[str]], fate: str, at: tuple[int, int], chance: random.Random
) -> tuple[str, ...]:
    one, other = at
    if fate == "renamed":
        # What lines of one cell say is of the format: the names of layers.
        for row in [chance.choice(heads)] if heads else []:
            row[0] = row[0].replace("=", "_x=", 1) if chance.random() < 0.5 else row[0].replace("|", "|x", 1)  # noqa: PLR2004 - one in two
        return ("a head",)
    for row in rows:
        if fate == "swapped":
            row[one], row[other] = row[other], row[one]
        else:
            del row[other]
    return f"column {one + 1}", f"column {other + 1}"
