"""Annotations of the three inputs as other tools would hand them over; written anew for each run, never kept."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Json = dict[str, Any]

SURE = 0.5  # re3d's own advice: what has less confidence is no gold


def real_lines(articles: Path, gold: Path, related: Path) -> list[Json]:
    """Our annotations of the two real articles, as Prodigy writes them."""
    spans_of, relations_of = (json.loads(path.read_text(encoding="utf-8")) for path in (gold, related))
    return [
        {
            "id": name,
            "text": (articles / f"{name}.txt").read_bytes().decode("utf-8"),
            "accept": ["event.CONSULT", "event.AGREE"],
            **prodigy([tuple(span) for span in spans], [tuple(each) for each in relations_of[name]]),
        }
        for name, spans in spans_of.items()
    ]


def prodigy(spans: list[tuple[int, int, str]], relations: list[tuple[int, int, str]]) -> Json:
    """Spans and relations (numbers of two spans, and the kind) in Prodigy's form."""
    marks = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    links = [{"head_span": marks[head], "child_span": marks[tail], "label": kind} for head, tail, kind in relations]
    return {"spans": marks, "relations": links}


def sample_lines(articles: list[Json], said: list[Json]) -> list[Json]:
    """The samples as doccano hands them over, signed, with the offsets of a browser."""
    text_of = {article["id"]: article["text"] for article in articles}
    return [_doccano(text_of[each["article"]], each) for each in said if each["state"] == "submitted"]


def _doccano(text: str, said: Json) -> Json:
    def units(at: int) -> int:
        return len(text[:at].encode("utf-16-le")) // 2

    entities = [
        {"id": each["id"], "label": each["label"], **{f"{end}_offset": units(each[end]) for end in ("start", "end")}}
        for each in said["spans"]
    ]
    relations = [
        {"id": number, "from_id": each["head"], "to_id": each["tail"], "type": each["label"]}
        for number, each in enumerate(said["relations"])
    ]
    row = {"id": said["article"], "text": text, "username": said["annotator"]}
    return {**row, "entities": entities, "relations": relations, "cats": said["choices"].get("event", [])}


def odd_lines() -> list[Json]:
    """Small lines with all kinds of things that have no place here, and one that is sound."""
    text = "Anna Berg met the Maldives\u2019 minister in Oslo \U0001f600 on Monday."
    first, second = {"start": 0, "end": 9, "label": "PER"}, {"start": 18, "end": 26, "label": "COUNTRY"}
    ship, beyond = {"start": 0, "end": 4, "label": "SHIP"}, {"start": 40, "end": 400, "label": "DATE"}
    return [
        {"id": "sound", "text": text, "spans": [{**first, "label": "PERSON"}, second], "published": "2024-03-11"},
        {"id": "mapped", "text": f"{text} Again.", "spans": [first, second, ship, beyond, first], "source": "wire"},
        {
            "id": "related",
            "text": f"{text} More.",
            **prodigy([(0, 9, "PERSON"), (18, 26, "COUNTRY")], [(0, 1, "SINKS")]),
        },
        {"id": "empty", "text": " \n"},
        {"id": "sound", "text": "Another text of the same name."},
        {"id": "long", "text": "Talks. " * 4000},
        {"id": "skipped", "text": f"{text} Skipped.", "answer": "reject", "spans": [second], "strange": 1},
        {"id": "torn", "text": f"{text} Torn.", "spans": [{"start": "0", "end": 9, "label": "PERSON"}]},
    ]


def re3d_lines(folder: Path) -> list[Json]:
    """re3d's documents with what is sure in them, by `ana`; and by `ben`, who sees less of some, by place alone."""
    paths = [folder / f"{name}.jsonl" for name in ("centcom", "uk_government")]
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for number, row in enumerate(rows) for line in _documents(number, row)]


def _documents(number: int, row: Json) -> Iterator[Json]:
    """One document: to the one a day in spring, so that stories and boilerplate have days."""
    spans = [(each["start"], each["end"], each["label"]) for each in row["spans"] if each["confidence"] >= SURE]
    at = {(start, end): number for number, (start, end, _) in reversed([*enumerate(spans)])}
    relations = [
        (at[_place(each["head"])], at[_place(each["tail"])], each["type"])
        for each in row["relations"]
        if each["confidence"] >= SURE and {_place(each["head"]), _place(each["tail"])} <= set(at)
    ]
    known = {name: row[name] for name in ("id", "text", "title", "source", "url")}
    known["published"] = f"2017-03-{1 + number % 28:02}"
    yield {**known, "_annotator_id": "ana", **prodigy(spans, relations)}
    if number % 5 == 0:
        seen = [(start, end + (at % 7 == 3), label) for at, (start, end, label) in enumerate(spans) if at % 4]
        yield {**known, "_annotator_id": "ben", **prodigy(seen, [])}


def _place(end: Json) -> tuple[int, int]:
    return end["start"], end["end"]


def re3d_schema(lines: list[Json]) -> str:
    """A project file with the labels that occur, and each relation between the labels that have it."""
    labels = sorted({span["label"] for line in lines for span in line["spans"]})
    ends: dict[str, list[set[str]]] = defaultdict(lambda: [set(), set()])
    for relation in (relation for line in lines for relation in line["relations"]):
        for side, end in enumerate(("head_span", "child_span")):
            ends[relation["label"]][side].add(relation[end]["label"])
    return "\n".join(
        [
            '[project]\nname = "re3d"\nmax_characters = 50000\n',
            '[policies]\nquarantine_allowed = ["offsets out of range", "broken relation", "duplicate span"]\n',
            *(_label(number, name) for number, name in enumerate(labels)),
            *(_relation(name, *map(sorted, both)) for name, both in sorted(ends.items())),
        ]
    )


def _label(number: int, name: str) -> str:
    look = f'color = "#{number + 1:06x}"\nhotkey = "{"abcdefghijklmnop"[number]}"'
    return f'[[labels]]\nname = "{name}"\ndefinition = "As re3d has it."\nexamples = ["[{name}]"]\n{look}\n'


def _relation(name: str, heads: list[str], tails: list[str]) -> str:
    said = f'name = "{name}"\ndefinition = "As re3d has it."\nexample = "x"'
    return f"[[relations]]\n{said}\nhead = {heads}\ntail = {tails}\n"
