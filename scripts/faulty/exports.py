"""Exports of other tools, generated: articles of odd signs, annotated, counted somehow, and then corrupted at random.

Each story has words that occur once, so that a span in another place shows by its words. It is written in one of five
formats, with offsets counted in one of the ways that tools count, and then something happens to the file: fields are
renamed, dropped or swapped, columns too, a copy of the words is another's, the end is cut off.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from labeling.imports.offsets import LIKELY_COUNTINGS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

LABELS = ("PERSON", "COUNTRY", "LOCATION")
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
# The same words in other scripts: with a combining mark, in Arabic, in Hebrew, in Greek letters.
_SCRIPTS = (
    str,
    str,
    lambda word: word.replace("a", "e\u0301"),
    lambda word: "".join(chr(0x0627 + ord(sign) - ord("a")) for sign in word.lower()),
    lambda word: "".join(chr(0x05D0 + ord(sign) - ord("a")) for sign in word.lower()),
    lambda word: "".join(chr(0x03B1 + ord(sign) - ord("a")) for sign in word.lower()),
)
_GAPS = (
    " ",
    " ",
    " ",
    ", ",
    "\r\n",
    "\n",
    " \U0001f600 ",
    " \u2013 ",
    ". ",
    "\r\n\r\n",
    " \U0001f1f3\U0001f1f4\u200d ",
)

# The rows of a file: objects of JSON, or cells of lines.
Rows = list[Any]


@dataclass(frozen=True)
class Story:
    """A text with spans in code points of it; each word of it occurs once."""

    text: str
    spans: tuple[tuple[int, int, str], ...]

    @property
    def words(self) -> list[str]:
        """The words of each span."""
        return [self.text[start:end] for start, end, _ in self.spans]

    def count(self, at: int, counting: str) -> int:
        """A place in the text, counted so: by the length of what lies before it."""
        before, parts = self.text[:at], counting.split(",")
        if "lf" in parts:
            before = before.replace("\r\n", "\n")
        if "no-bom" in parts:
            before = before.removeprefix("\ufeff")
        return {"utf-16": len(before.encode("utf-16-le")) // 2, "utf-8": len(before.encode())}.get(
            parts[0], len(before)
        )


@dataclass(frozen=True)
class Export:
    """A file of some format, and what befell it.

    ``copied`` tells whether the words of every span stand in it besides the text, by fields that are where they belong;
    ``moved`` whether what holds all spans, or the text, is not where it belongs.
    """

    path: Path
    story: Story
    fate: str
    copied: bool
    moved: bool


def make_story(chance: random.Random) -> Story:
    """A text of a few words in several scripts, with spans of one or two of them."""
    picked = chance.sample(_SYLLABLES, 60)
    words = [
        chance.choice(_SCRIPTS)((one + two).capitalize()) for one, two in zip(picked[::2], picked[1::2], strict=True)
    ]
    words = words[: chance.randint(6, 20)]
    text, places = "\ufeff" * (chance.random() < 0.2), list[tuple[int, int]]()  # noqa: PLR2004 - one in five
    for word in words:
        places.append((len(text), len(text) + len(word)))
        text += word + chance.choice(_GAPS)
    firsts = sorted(chance.sample(range(0, len(places) - 1, 2), chance.randint(1, len(places) // 2 - 1)))
    # Two words are one span where only a blank lies between them.
    spans = [
        (places[at][0], places[at + (text[places[at][1] : places[at + 1][0]] == " ")][1], chance.choice(LABELS))
        for at in firsts
    ]
    return Story(text.rstrip(), tuple(spans))


def write_export(kind: str, folder: Path, name: str, chance: random.Random) -> Export:
    """An export of that kind in a folder, under that name."""
    story = make_story(chance)
    counting = chance.choice(LIKELY_COUNTINGS)
    rows, has_copies, write = _FORMATS[kind](story, counting, name)
    fate = chance.choice(_FATES)
    before = json.dumps(rows)
    told = _befall(rows, fate, chance)
    path = write(folder, rows, cut=fate == "cut")
    # What was renamed or swapped may have been the copies: who looks for them there finds none.
    # The last copy may be what was cut off.
    copied = has_copies and fate != "cut" and (json.dumps(rows) == before or _COPIES.isdisjoint(told))
    moved = json.dumps(rows) != before and not _HOLDERS.isdisjoint(told)
    # What was dropped with all that it held is not in the file any more.
    kept = replace(story, spans=()) if fate == "dropped" and not _SPAN_HOLDERS.isdisjoint(told) else story
    return Export(path, kept, f"{counting}; {fate} {' and '.join(told)}".strip(), copied, moved)


_COPIES = frozenset({"text", "tokens", "column 4", "value"})
_SPAN_HOLDERS = frozenset({"spans", "label", "labels", "entities", "annotations", "result", "value"})
_HOLDERS = _SPAN_HOLDERS | {"text", "data", "meta", "id"}
_FATES = ("nothing", "nothing", "renamed", "dropped", "swapped", "swapped", "another's words", "cut")


def _befall(rows: Rows, fate: str, chance: random.Random) -> tuple[str, ...]:
    """Do to the rows what befell them; the names of what it befell."""
    objects = _list_objects(rows)
    if fate == "another's words":
        copies = [each for each in objects if isinstance(each.get("text"), str) and "start" in each]
        if copies:
            chance.choice(copies)["text"] = "Nobody"
        return ()
    if fate in {"nothing", "cut"}:
        return ()
    if not objects:
        return _befall_columns(rows, fate, chance)
    keys = chance.choice(objects).keys()
    first, second = chance.sample(sorted(keys), 2) if len(keys) > 1 else (*keys, *keys)
    for each in objects:
        if first not in each or (fate == "swapped" and second not in each):
            continue
        if fate == "renamed":
            each[f"{first}_x"] = each.pop(first)
        elif fate == "dropped":
            del each[first]
        elif fate == "swapped":
            each[first], each[second] = each[second], each[first]
    return (first, second) if fate == "swapped" else (first,)


def _list_objects(value: object) -> list[dict[str, Any]]:
    """All objects in some JSON, from without."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(each for one in inner for each in _list_objects(one))]


def _befall_columns(rows: Rows, fate: str, chance: random.Random) -> tuple[str, ...]:
    """The same with columns of lines, from the second on: brat's first is a number."""
    widest = max((len(row) for row in rows), default=0)
    if widest < 2 or fate not in {"swapped", "dropped"}:  # noqa: PLR2004 - two columns
        return ()
    one, other = sorted(chance.sample(range(widest), 2))
    for row in rows:
        if len(row) == widest and fate == "swapped":
            row[one], row[other] = row[other], row[one]
        elif len(row) == widest:
            del row[other]
    return f"column {one + 1}", f"column {other + 1}"


def _brat(story: Story, counting: str, name: str) -> tuple[Rows, bool, Callable[..., Path]]:
    rows = [
        [f"T{number}", label, f"{story.count(start, counting)} {story.count(end, counting)}", story.text[start:end]]
        for number, (start, end, label) in enumerate(story.spans, start=1)
    ]

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        (folder / f"{name}.txt").write_bytes(story.text.encode())
        lines = ["\t".join([row[0], " ".join(row[1:3]), *row[3:]]) for row in rows]
        return _write(folder / f"{name}.ann", "\n".join(lines) + "\n", cut=cut)

    return rows, True, write


def _write(path: Path, content: str, *, cut: bool) -> Path:
    # The end of a file is what is cut off: in the midst of its last annotation.
    data = content.encode()
    path.write_bytes(data[: -min(9, len(data) // 3)] if cut else data)
    return path


def _json_lines(name: str, ending: str = ".jsonl") -> Callable[..., Path]:
    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        return _write(folder / f"{name}{ending}", "\n".join(lines) + "\n", cut=cut)

    return write


def _prodigy(story: Story, counting: str, name: str) -> tuple[Rows, bool, Callable[..., Path]]:
    """With the words of spans or with tokens, one in two each, as the length of the text falls."""
    with_tokens = len(story.text) % 2 == 0
    ends = [story.count(at, counting) for at in range(len(story.text) + 1)]
    places = _list_words(story.text)
    tokens = [
        {"text": story.text[start:end], "start": ends[start], "end": ends[end], "id": number}
        for number, (start, end) in enumerate(places)
    ]
    firsts, lasts = {start: n for n, (start, _) in enumerate(places)}, {end: n for n, (_, end) in enumerate(places)}
    spans = [
        {"start": ends[start], "end": ends[end], "label": label}
        | ({"token_start": firsts[start], "token_end": lasts[end]} if with_tokens else {"text": story.text[start:end]})
        for start, end, label in story.spans
    ]
    row = {"text": story.text, "meta": {"id": name}, "spans": spans, "answer": "accept"}
    return [row | ({"tokens": tokens} if with_tokens else {})], True, _json_lines(name)


def _list_words(text: str) -> list[tuple[int, int]]:
    """Where the words of a story are: between what is neither a letter nor belongs to one."""
    edges = [0] + [at for at in range(1, len(text)) if _is_letter(text[at]) != _is_letter(text[at - 1])] + [len(text)]
    return [(start, end) for start, end in pairwise(edges) if _is_letter(text[start])]


def _is_letter(sign: str) -> bool:
    return sign.isalpha() or sign == "\u0301" or "\u0610" <= sign <= "\u065f"


def _doccano(story: Story, counting: str, name: str) -> tuple[Rows, bool, Callable[..., Path]]:
    """Of the three generations in turn: triples in `label` or `labels`, or entities with ids."""
    places = [(story.count(start, counting), story.count(end, counting), label) for start, end, label in story.spans]
    generation = len(story.text) % 3
    row: dict[str, Any] = {"id": name, "text": story.text}
    if generation == 2:  # noqa: PLR2004 - the third of them
        entities = [
            {"id": 1000 + number, "start_offset": start, "end_offset": end, "label": label}
            for number, (start, end, label) in enumerate(places)
        ]
        return [row | {"entities": entities, "relations": [], "Comments": []}], False, _json_lines(name)
    return [row | {("label", "labels")[generation]: [[*place] for place in places]}], False, _json_lines(name)


def _label_studio(story: Story, counting: str, name: str) -> tuple[Rows, bool, Callable[..., Path]]:
    results = [
        {
            "id": f"r{number}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": story.count(start, counting),
                "end": story.count(end, counting),
                "text": story.text[start:end],
                "labels": [label],
            },
        }
        for number, (start, end, label) in enumerate(story.spans)
    ]
    task = {"id": 1, "data": {"text": story.text, "id": name}, "annotations": [{"id": 1, "result": results}]}

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        return _write(folder / f"{name}.json", json.dumps(rows, ensure_ascii=False), cut=cut)

    return [task], True, write


def _conll(story: Story, _: str, name: str) -> tuple[Rows, bool, Callable[..., Path]]:
    """A token a line, its tag in the last column; sentences end where the text has a line end."""
    rows: Rows = []
    for start, end in _list_words(story.text):
        label = next((label for first, last, label in story.spans if first <= start and end <= last), "")
        first = any(start == span[0] for span in story.spans)
        rows.append([story.text[start:end], "NN", f"{'B' if first else 'I'}-{label}" if label else "O"])

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        return _write(folder / f"{name}.conll", "\n".join("\t".join(row) for row in rows) + "\n", cut=cut)

    return rows, True, write


_FORMATS = {
    "brat": _brat,
    "prodigy": _prodigy,
    "doccano": _doccano,
    "label-studio": _label_studio,
    "conll": _conll,
}
EXPORT_FORMATS = tuple(_FORMATS)
