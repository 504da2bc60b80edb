"""Exports of other tools, generated: articles of odd signs, annotated, counted somehow, and then corrupted at random.

A story is written in a format, with offsets counted in one of the ways that tools count, and then something happens to
the file (`fates`). Here are the formats of the first generators; the others have modules of their own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from faulty.asked_exports import draft_argilla, draft_potato
from faulty.drafts import Draft, write_cut, write_lines
from faulty.fates import befall
from faulty.layer_exports import draft_cas_json, draft_cas_xmi, draft_webanno
from faulty.stories import list_words, make_story
from labeling.imports.offsets import LIKELY_COUNTINGS

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from faulty.drafts import Rows
    from faulty.fates import Befallen
    from faulty.stories import Story


@dataclass(frozen=True)
class Export:
    """A file of some format, and what befell it.

    ``copied`` tells whether the words of every span stand in it besides the text, by fields that are where they belong.
    """

    path: Path
    story: Story
    befallen: Befallen
    copied: bool

    @property
    def fate(self) -> str:
        """What happened, in words."""
        return self.befallen.told


def write_export(kind: str, folder: Path, name: str, chance: random.Random) -> Export:
    """An export of that kind in a folder, under that name."""
    story = make_story(chance)
    counting = chance.choice(LIKELY_COUNTINGS)
    draft = _FORMATS[kind](story, counting, name)
    befallen = befall(draft.rows, len(story.spans), chance)
    path = draft.write(folder, draft.rows, cut=befallen.is_cut)
    copied = draft.copied and not befallen.spoils_copies
    return Export(path, story, replace(befallen, told=f"{counting}; {befallen.told}".strip()), copied)


def _brat(story: Story, counting: str, name: str) -> Draft:
    rows = [
        [f"T{number}", label, f"{story.count(start, counting)} {story.count(end, counting)}", story.text[start:end]]
        for number, (start, end, label) in enumerate(story.spans, start=1)
    ]

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        (folder / f"{name}.txt").write_bytes(story.text.encode())
        lines = ["\t".join([row[0], " ".join(row[1:3]), *row[3:]]) for row in rows]
        return write_cut(folder / f"{name}.ann", "\n".join(lines) + "\n", cut=cut)

    return Draft(rows, True, write)


def _prodigy(story: Story, counting: str, name: str) -> Draft:
    """With the words of spans or with tokens, one in two each, as the length of the text falls."""
    with_tokens = len(story.text) % 2 == 0
    ends = [story.count(at, counting) for at in range(len(story.text) + 1)]
    places = list_words(story.text)
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
    return Draft([row | ({"tokens": tokens} if with_tokens else {})], True, write_lines(name))


def _doccano(story: Story, counting: str, name: str) -> Draft:
    """Of the three generations in turn: triples in `label` or `labels`, or entities with ids."""
    places = [(story.count(start, counting), story.count(end, counting), label) for start, end, label in story.spans]
    generation = len(story.text) % 3
    row: dict[str, Any] = {"id": name, "text": story.text}
    if generation == 2:  # noqa: PLR2004 - the third of them
        entities = [
            {"id": 1000 + number, "start_offset": start, "end_offset": end, "label": label}
            for number, (start, end, label) in enumerate(places)
        ]
        return Draft([row | {"entities": entities, "relations": [], "Comments": []}], False, write_lines(name))
    return Draft([row | {("label", "labels")[generation]: [[*place] for place in places]}], False, write_lines(name))


def _label_studio(story: Story, counting: str, name: str) -> Draft:
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
        return write_cut(folder / f"{name}.json", json.dumps(rows, ensure_ascii=False), cut=cut)

    return Draft([task], True, write)


def _conll(story: Story, _: str, name: str) -> Draft:
    """A token a line, its tag in the last column; sentences end where the text has a line end."""
    rows: Rows = []
    for start, end in list_words(story.text):
        label = next((label for first, last, label in story.spans if first <= start and end <= last), "")
        first = any(start == span[0] for span in story.spans)
        rows.append([story.text[start:end], "NN", f"{'B' if first else 'I'}-{label}" if label else "O"])

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        return write_cut(folder / f"{name}.conll", "\n".join("\t".join(row) for row in rows) + "\n", cut=cut)

    return Draft(rows, True, write)


_FORMATS = {
    "brat": _brat,
    "prodigy": _prodigy,
    "doccano": _doccano,
    "label-studio": _label_studio,
    "conll": _conll,
    "webanno": draft_webanno,
    "cas-xmi": draft_cas_xmi,
    "cas-json": draft_cas_json,
    "argilla": draft_argilla,
    "potato": draft_potato,
}
EXPORT_FORMATS = tuple(_FORMATS)
# Some formats are written in several ways, or read with others.
IMPORTED_AS = {"webanno": "conll", "cas-xmi": "cas", "cas-json": "cas"}
