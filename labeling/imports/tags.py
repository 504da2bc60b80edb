"""Tags of tokens, however they are spelt: which spelling a column has, and the runs of tokens that its tags make.

``B-PER``, ``B_PER``, ``b-per`` and ``PER-B`` say one thing. The letters are those of BIO, BIOES, BILOU and BMEWO, read
as conlleval reads them: a tag that continues nothing begins a run. A tag without a letter (``PER``) is in a run with
its neighbours of the same label. CoNLL-2012 writes brackets, ``(PER*`` and ``*)``; so does the ``Entity`` of CoNLL-U.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

TagOrder: TypeAlias = Literal["letter first", "label first", "letter alone", "label alone", "stars", "mentions"]
# A letter and a label; the letter is "" where tags have none.
_Part: TypeAlias = tuple[str, str]

OUTSIDE_TAGS: Final = frozenset({"O", "_", "-", ""})
# What a run is called whose tags have no label.
UNNAMED: Final = "entity"

_LETTERS = "BIESLUMW"
_FIRST, _LAST, _CONTINUING = frozenset("BSUW"), frozenset("ELSUW"), frozenset("IMEL")
_STAR = re.compile(r"((?:\([^()*|\s]+)*)\*((?:[^()*|\s]*\))*)")
_MENTION = re.compile(r"\(([^()]+)(\)?)|([^()]+)\)")
_MENTIONS = re.compile(r"(?:\([^()]++\)?+|[^()]++\))+")  # possessive: each mention is read in one way
_LABEL = re.compile(r"[^\W\d_][\w.:/&+-]*")
_LETTER = re.compile(r"[^\W\d_]")
_FIELD = re.compile(r"[^\W\d]+")
_FEWEST = 0.8  # the share of its cells that must be tags before a column is one of tags
_HALF = 0.5
_MOST_LABELS = 250


@dataclass(frozen=True)
class TagRun:
    """The tokens from ``first`` to ``last``, both of them in it, with their label."""

    first: int
    last: int
    label: str


@dataclass(frozen=True)
class TagReading:
    """What the tags of a sentence say.

    ``loose`` are runs whose beginning or end cannot be known, since a tag beside them is missing or unreadable;
    ``unread`` the places of such tags.
    """

    runs: tuple[TagRun, ...]
    loose: tuple[TagRun, ...] = ()
    unread: tuple[int, ...] = ()


@dataclass(frozen=True)
class TagStyle:
    """How the tags of a column are spelt: what comes first, and the sign between letter and label."""

    order: TagOrder
    sign: str = ""

    def split(self, value: str) -> tuple[_Part, ...] | None:
        """The letters and labels of a tag, none for a token outside of any run; None for what is not a tag."""
        if value in OUTSIDE_TAGS or (value == "o" and self.order != "label alone"):
            return ()
        if self.order == "label alone":
            return (("", value),)
        if self.sign not in value:
            return None
        # Two tags in one cell belong to two runs.
        parts = [self._split_one(each) for each in value.split("|")]
        found = tuple(part for part in parts if part)
        return found if len(found) == len(parts) else None

    def _split_one(self, value: str) -> _Part | None:
        if self.order == "letter alone":
            return (value.upper(), UNNAMED) if len(value) == 1 and value.upper() in _LETTERS else None
        before, sign, after = (value.partition if self.order == "letter first" else value.rpartition)(self.sign)
        letter, label = (before, after) if self.order == "letter first" else (after, before)
        return (
            (letter.upper(), label)
            if sign and len(letter) == 1 and letter.upper() in _LETTERS and _LETTER.search(label)
            else None
        )

    def label_of(self, value: str | None) -> str:
        """The label of a tag, "" for one outside of any run."""
        return next((label for _, label in self.split(value or "") or ()), "")

    def join(self, first: str | None, last: str | None) -> str | None:
        """The tag of a token whose first and last word have these tags; None where no tag says that."""
        begin, end = self.split(first or ""), self.split(last or "")
        if not begin or not end or self.order not in {"letter first", "label alone"}:
            return None
        if end[-1][0] not in _LAST:
            return first
        return f"S{self.sign}{begin[0][1]}" if begin[0][0] in _FIRST else last

    def read(self, values: Sequence[str | None]) -> TagReading:
        """The runs of a sentence's tags, None for a tag that is missing.

        ``B-PER``, ``I-PER``, ``O`` has one run, PER from 0 to 1.
        """
        if self.order in {"stars", "mentions"}:
            return _read_brackets(values, _split_star if self.order == "stars" else _split_mentions)
        tags = [None if value is None else self.split(value) for value in values]
        unread = tuple(number for number, tag in enumerate(tags) if tag is None)
        runs, loose = list[TagRun](), list[TagRun]()
        for layer in _list_layers(tags):
            for run in _find_runs(layer):
                (loose if _is_loose(run, layer) else runs).append(run)
        return TagReading(tuple(runs), tuple(loose), unread)

    def labels(self, values: Iterable[str]) -> set[str]:
        """The labels of some tags."""
        if self.order == "stars":
            return {label for value in values for label in _star_labels(value)}
        if self.order == "mentions":
            return {_mention_label(found[1]) for value in values for found in _MENTION.finditer(value) if found[1]}
        return {label for value in values for _, label in self.split(value) or ()}

    def scheme(self, values: Iterable[str]) -> str:
        """What the scheme of these tags is called."""
        if self.order in {"stars", "mentions"}:
            return "brackets"
        letters = {letter for value in values for letter, _ in self.split(value) or ()}
        for name, mark in (("BILOU", {"L", "U"}), ("BMEWO", {"M", "W"}), ("BIOES", {"E", "S"})):
            if letters & mark:
                return name
        return "IO" if letters <= {""} else "BIO"


def find_tag_style(values: Mapping[str, int], known: Collection[str] = ()) -> TagStyle | None:
    """The spelling of the tags in a column; None for a column of something else.

    Args:
        values: Its cells, each with how often it is there.
        known: Labels of the schema and of the map: where the cells are such labels, no ``O`` is needed beside them.
    """
    outside = sum(number for value, number in values.items() if value in OUTSIDE_TAGS)
    style, number = _find_letters(values)
    share = (number + outside + (values.get("o", 0) if number else 0)) / sum(values.values())
    if number and share >= _FEWEST:
        return style
    inside = {value for value in values if value not in OUTSIDE_TAGS}
    # Half of the cells are enough where something else speaks for tags: a U-boat is not one.
    told = "O" in values or style.labels(values) & set(known)
    half = style if number and told and share >= _HALF else None
    return _find_special_style(inside) or half or _find_plain_style(values, known)


def _find_letters(values: Mapping[str, int]) -> tuple[TagStyle, int]:
    """The spelling with letters that most cells have, and how many that are."""
    counts = {
        style: sum(number for value, number in values.items() if style.split(value))
        for order in ("letter first", "label first")
        for style in (TagStyle(order, sign) for sign in "-_:")
    }
    return max(counts.items(), key=lambda each: each[1])


def _find_special_style(inside: Collection[str]) -> TagStyle | None:
    """Letters alone, or brackets, if all tags are such."""
    if "B" in inside and set(inside) <= set(_LETTERS):
        return TagStyle("letter alone")
    if inside and all(_STAR.fullmatch(value) for value in inside) and any("(" in value for value in inside):
        return TagStyle("stars")
    if inside and all(_MENTIONS.fullmatch(value) for value in inside) and TagStyle("mentions").labels(inside) - {""}:
        return TagStyle("mentions")
    return None


def _find_plain_style(values: Mapping[str, int], known: Collection[str]) -> TagStyle | None:
    """Labels alone: those of the schema, or few words with ``O`` among them."""
    inside = {value for value in values if value not in OUTSIDE_TAGS}
    named = inside and inside <= set(known)
    plain = "O" in values and len(inside) <= _MOST_LABELS and all(_LABEL.fullmatch(value) for value in inside)
    return TagStyle("label alone") if named or plain else None


def _list_layers(tags: Sequence[tuple[_Part, ...] | None]) -> Iterator[list[_Part | None]]:
    """The tags one by one; where a cell has several, those of each label by themselves."""
    if all(tag is None or len(tag) <= 1 for tag in tags):
        yield [None if tag is None else tag[0] if tag else ("", "") for tag in tags]
        return
    for name in dict.fromkeys(label for tag in tags for _, label in tag or ()):
        yield [None if tag is None else next((part for part in tag if part[1] == name), ("", "")) for tag in tags]


def _find_runs(tags: Sequence[_Part | None]) -> Iterator[TagRun]:
    begun: tuple[int, str] | None = None
    for number, (letter, label) in enumerate(tag or ("", "") for tag in tags):
        # The run before ends here unless this tag continues it.
        if begun and (not label or letter in _FIRST or label != begun[1]):
            yield TagRun(begun[0], number - 1, begun[1])
            begun = None
        if label:
            begun = begun or (number, label)
        if begun and letter in _LAST:
            yield TagRun(begun[0], number, begun[1])
            begun = None
    if begun:
        yield TagRun(begun[0], len(tags) - 1, begun[1])


def _is_loose(run: TagRun, tags: Sequence[_Part | None]) -> bool:
    """Whether a tag that is not known stands where the run may begin or go on."""
    before = _across_unknown(tags, run.first, -1)
    after = _across_unknown(tags, run.last, 1)
    first, last = tags[run.first] or ("", ""), tags[run.last] or ("", "")
    begins_before = before is not None and (first[0] in _CONTINUING or (not first[0] and before[1] == run.label))
    goes_on = after is not None and after[1] == run.label and after[0] not in _FIRST and last[0] not in _LAST
    return begins_before or goes_on


def _across_unknown(tags: Sequence[_Part | None], number: int, step: int) -> _Part | None:
    """The next tag beyond those that are not known; None where the neighbour is known."""
    number += step
    if not 0 <= number < len(tags) or tags[number] is not None:
        return None
    while 0 <= number < len(tags):
        if (found := tags[number]) is not None:
            return found
        number += step
    return "", ""


# Of a cell: what begins there, as a key to close it by and a label, and what ends there, by its key.
_Brackets: TypeAlias = tuple[list[tuple[str, str]], list[str]]


def _read_brackets(values: Sequence[str | None], split: Callable[[str], _Brackets | None]) -> TagReading:
    begun: list[tuple[str, TagRun]] = []
    runs, loose, unread = list[TagRun](), list[TagRun](), list[int]()
    for number, value in enumerate(values):
        cell = None if value is None else split(value)
        if cell is None:
            unread.append(number)
            continue
        begun += [(key, TagRun(number, number, label)) for key, label in cell[0]]
        for key in cell[1]:
            # The innermost of that name; a bracket that closes nothing has nothing to say.
            place = next((at for at in reversed(range(len(begun))) if _closes(key, begun[at][0])), None)
            if place is None:
                unread.append(number)
                continue
            run = begun.pop(place)[1]
            runs.append(TagRun(run.first, number, run.label))
    loose += [TagRun(run.first, len(values) - 1, run.label) for _, run in begun]
    return TagReading(tuple(sorted(runs, key=_run_order)), tuple(loose), tuple(dict.fromkeys(unread)))


def _closes(key: str, opened: str) -> bool:
    return not key or opened == key or opened.startswith(key + "-")


def _run_order(run: TagRun) -> tuple[int, int]:
    return run.first, -run.last


def _split_star(value: str) -> _Brackets | None:
    if value in OUTSIDE_TAGS:
        return [], []
    if not (found := _STAR.fullmatch(value)):
        return None
    labels = _star_labels(value)
    return [(label, label) for label in labels], [""] * found[2].count(")")


def _star_labels(value: str) -> list[str]:
    found = _STAR.fullmatch(value)
    return found[1].split("(")[1:] if found else []


def _split_mentions(value: str) -> _Brackets | None:
    if value in OUTSIDE_TAGS:
        return [], []
    if not _MENTIONS.fullmatch(value):
        return None
    begins, ends = list[tuple[str, str]](), list[str]()
    for found in _MENTION.finditer(value):
        if found[1]:
            begins.append((found[1], _mention_label(found[1])))
        if found[2] or found[3]:
            ends.append(found[3] or found[1])
    return begins, ends


def _mention_label(mention: str) -> str:
    """The label among the fields of a mention: ``person`` of ``12-person-giv``, "" where it has none."""
    return next((each for each in mention.split("-") if _FIELD.fullmatch(each)), "")


def count_twins(readings: Iterable[tuple[TagReading, TagReading]]) -> tuple[int, int, int]:
    """How many runs two columns have, the first, the second, and both of them at one place with one label."""
    counts = Counter[str]()
    for one, other in readings:
        counts.update(one=len(one.runs), other=len(other.runs), both=len({*one.runs} & {*other.runs}))
    return counts["one"], counts["other"], counts["both"]


def count_steps(values: Sequence[str]) -> int:
    """How many cells of a column count on from the one above, or begin anew at 0 or 1; then rows may be missing."""
    numbers = [int(value) if value.isdecimal() else -1 for value in values]
    steps, is_index = 0, numbers[:1] in ([0], [1])
    for earlier, later in pairwise(numbers):
        is_index = later in {0, 1} or (is_index and later > earlier)
        steps += is_index or later == earlier + 1
    return steps
