"""Absurd nesting, numbers and words, and how they get into a file in the place of something else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_DEEP = 100_000  # levels

# Texts that are JSON, or nearly so, in the place of a value.
JSON_VALUES: dict[str, str] = {
    "lists 100,000 deep": "[" * _DEEP + "]" * _DEEP,
    "lists 100,000 deep without an end": "[" * _DEEP,
    "objects 100,000 deep": '{"a":' * _DEEP + "1" + "}" * _DEEP,
    "lists 500 deep": "[" * 500 + "]" * 500,
    "lists 150 deep": "[" * 150 + "]" * 150,
    "10**5000": "1" + "0" * 5000,
    "-10**5000": "-1" + "0" * 5000,
    "1e400": "1e400",
    "1e308": "1e308",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "-0": "-0",
    "-0.0": "-0.0",
    "2**31": str(2**31),
    "2**63": str(2**63),
    "-2**63-1": str(-(2**63) - 1),
    "10**40": str(10**40),
    "a part of one": "7.5",
    "a truth value": "true",
    "nothing": "null",
    "an empty list": "[]",
    "an empty object": "{}",
    "an empty word": '""',
    "figures as a word": '"7"',
    "half a character": '"\\ud800"',
    "NUL": '"a\\u0000b"',
    "a million signs": '"' + "x" * 1_000_000 + '"',
    "a date that is none": '"9999-99-99"',
    "a year without end": '"' + "9" * 5000 + '-01-01"',
    "a list of nothing": "[null]",
    "an object of nothing": '{"":null}',
    "a path": '"../../up"',
    "signs of a terminal": '"\\u001b[2J\\u202e"',
}

# Contents of a whole file.
WHOLES: dict[str, bytes] = {
    **{f"only {name}": text.encode() + b"\n" for name, text in JSON_VALUES.items()},
    "a key twice": b'{"id":"a","id":["b"],"text":"x","text":7}\n',
    "not UTF-8": b'{"id":"\xff\xfe","text":"\x80"}\n',
    "UTF-16": '{"id":"a","text":"b"}\n'.encode("utf-16"),
    "NULs": b"\x00" * 1000 + b"\n",
    "a million brackets": b"[" * 1_000_000 + b"\n",
    "a million objects": b'{"a":' * 1_000_000 + b"\n",
    "a million line ends": b"\n" * 1_000_000,
}

# Texts that are TOML, or nearly so, in the place of a value.
TOML_VALUES: dict[str, str] = {
    "lists 100,000 deep": "[" * _DEEP + "]" * _DEEP,
    "lists 300 deep": "[" * 300 + "]" * 300,
    "tables 100,000 deep": "{a=" * _DEEP + "1" + "}" * _DEEP,
    "tables 150 deep": "{a=" * 150 + "1" + "}" * 150,
    "10**5000": "1" + "0" * 5000,
    "16**5000": "0x1" + "0" * 5000,
    "2**63": str(2**63),
    "1e400": "1e400",
    "nan": "nan",
    "inf": "inf",
    "-inf": "-inf",
    "-0": "-0",
    "-0.0": "-0.0",
    "a truth value": "true",
    "a day that is none": "9999-99-99",
    "a day": "2024-01-01",
    "a time": "07:32:00",
    "an hour that is none": "2024-01-01T99:99:99Z",
    "an offset that is none": "2024-01-01T00:00:00+99:99",
    "NUL": '"a\\u0000b"',
    "half a character": '"\\ud800"',
    "beyond Unicode": '"\\UFFFFFFFF"',
    "signs of a terminal": '"\\u001b[2J\\u202e"',
    "a million signs": '"' + "x" * 1_000_000 + '"',
    "an empty word": '""',
    "an empty list": "[]",
    "an empty table": "{}",
    "a list of tables": '[{name="x"}, 7, ["y"]]',
    "nothing": "",
}

# Lines that are added to a project file.
TOML_LINES: dict[str, str] = {
    "a key of 5,000 parts": ".".join(["a"] * 5000) + " = 1",
    "a key of 5,000 parts in a table": "[project]\n" + ".".join(["a"] * 5000) + " = 1",
    "a table of 5,000 parts": "[" + ".".join(["a"] * 5000) + "]",
    "a list of tables of 5,000 parts": "[[" + ".".join(["a"] * 5000) + "]]",
    "a key twice": "[extra]\na = 1\na = 2",
    "a table twice": "[project]\n[project]",
    "a word for a table": 'project = "x"',
    "a number for a list of tables": "labels = 7",
    "a list of words for a list of tables": 'relations = ["x"]',
    "a table for a list of tables": "[choices]\nname = 1",
    "an empty key": '"" = 1',
    "a key of half a million signs": '"' + "k" * 500_000 + '" = 1',
    "a key of signs of a terminal": '"\\u001b[2J" = 1',
}


def replace_value(row: Any, text: str, chance: random.Random) -> str:  # noqa: ANN401 - JSON
    """The JSON text of a value in which one of the values inside, at any depth, is another text."""
    places = [*_places_in(row)]
    if not places:
        return text
    *way, last = chance.choice(places)
    inner = json.loads(json.dumps(row))
    top = inner
    for step in way:
        inner = inner[step]
    inner[last] = "@absurd@"
    return json.dumps(top, ensure_ascii=False).replace('"@absurd@"', text)


def _places_in(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*way, step)
        yield from _places_in(inner, (*way, step))


def spoil_file(data: bytes, value: str, chance: random.Random) -> bytes:
    """A file of JSON, or of JSON lines, in which one of the values is another text."""
    text = data.decode()
    try:
        spoilt = replace_value(json.loads(text), value, chance)
    except ValueError:
        lines = text.splitlines() or ["{}"]
        number = chance.randrange(len(lines))
        lines[number] = replace_value(json.loads(lines[number]), value, chance)
        spoilt = "\n".join(lines) + "\n"
    return spoilt.encode("utf-8", "surrogatepass")


def spoil_toml(text: str, value: str, chance: random.Random) -> str:
    """A TOML text in which the value of one of the keys that have a line is another text."""
    line = chance.choice([*re.finditer(r"(?m)^(\w+ = )([^\n\[{]*)$", text)])
    return f"{text[: line.start(2)]}{value}{text[line.end(2) :]}"


def spoil_row(tool: str, value: str, chance: random.Random) -> bytes:
    """Three lines of a format of `import` or of `ingest`; one of the values of that in the middle is another text."""
    row = ROWS[tool]
    # The middle one has the number of neither.
    good = [
        json.dumps(row)
        .replace("{text}", text)
        .replace('"x"', json.dumps(text), 1)
        .replace('"id": 1,', f'"id": {number},', 1)
        for number, text in enumerate(GOOD, start=2)
    ]
    return "\n".join([good[0], replace_value(row, value, chance), good[1]]).encode("utf-8", "surrogatepass")


GOOD = ("The first good article.", "The last good article.")

# A row of each format of JSON lines, with most of the fields that are read.
ROWS: dict[str, Any] = {
    "ingest": {
        "id": "x",
        "text": "{text}",
        "title": "t",
        "source": "s",
        "published": "2024-01-01",
        "url": "http://x.org/",
    },
    "prodigy": {
        "text": "{text}",
        "meta": {"id": "x", "source": "s", "published": "2024-01-01"},
        "tokens": [{"text": "A", "start": 0, "end": 1, "id": 0, "ws": True}],
        "spans": [{"start": 0, "end": 3, "label": "PERSON", "token_start": 0, "token_end": 0}],
        "relations": [{"head_span": {"start": 0, "end": 3}, "child_span": {"start": 4, "end": 8}, "label": "R"}],
        "options": [{"id": "a", "text": "b"}],
        "accept": ["a"],
        "answer": "accept",
        "_timestamp": 1700000000,
        "_annotator_id": "x-anna",
        "_input_hash": 1,
    },
    "doccano": {
        "id": 1,
        "text": "{text}",
        "label": [[0, 3, "PERSON"]],
        "entities": [{"id": 1, "label": "PERSON", "start_offset": 0, "end_offset": 3}],
        "relations": [{"id": 1, "from_id": 1, "to_id": 1, "type": "R"}],
        "Comments": ["x"],
        "cats": ["a"],
    },
    "label-studio": {
        "id": 1,
        "data": {"text": "{text}", "id": "x", "title": "t", "published": "2024-01-01"},
        "annotations": [
            {
                "id": 1,
                "completed_by": {"id": 1, "email": "a@x.org"},
                "was_cancelled": False,
                "ground_truth": False,
                "created_at": "2024-01-01T00:00:00Z",
                "updated_at": "2024-01-01T00:00:00Z",
                "lead_time": 1.5,
                "result": [
                    {
                        "id": "r",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "origin": "manual",
                        "value": {"start": 0, "end": 3, "text": "the", "labels": ["PERSON"]},
                    },
                    {"type": "relation", "from_id": "r", "to_id": "r", "direction": "right", "labels": ["R"]},
                    {"from_name": "c", "to_name": "text", "type": "choices", "id": "c", "value": {"choices": ["a"]}},
                ],
            }
        ],
        "drafts": [],
        "predictions": [],
    },
}
