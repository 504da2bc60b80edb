"""The list of people that ``--people`` names: who has which number on the server that the annotations come from."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from labeling.errors import ArticleError, UsageError
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("email", "name", "username")


def read_people(name: str) -> dict[int | str, str]:
    """The address or name of each person by number, or by UUID where the server has those.

    The file is CSV with the columns ``id`` and ``email``, or JSON: a list of objects with both, as ``/api/users`` of a
    server answers, or one object, ``{"1": "ana@desk.example"}``.

    Raises:
        UsageError: It cannot be read, has another form, a number that is not one, or a number twice.
    """
    try:
        text = read_plain(Path(name)).decode("utf-8-sig")
        rows = list(_json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text))
    except (OSError, ValueError, csv.Error, ArticleError, RecursionError) as error:
        raise _unfit(name, str(error)) from None
    people = dict[int | str, str]()
    for number, person in rows:
        key = _key_of(str(number))
        if key is None or not isinstance(person, str) or not person.strip():
            raise _unfit(name, f"{str(number)[:50]!r} is not the number or UUID of a person with an address")
        if people.setdefault(key, person.strip()) != person.strip():
            raise _unfit(name, f"{number} is the number of two people")
    if not people:
        raise _unfit(name, "it names nobody")
    return people


def _key_of(number: str) -> int | str | None:
    """A number as a number, a UUID in the usual spelling; None for anything else."""
    try:
        return int(number) if number.isdecimal() else str(UUID(number))
    except ValueError:
        return None


def _json_rows(text: str) -> Iterator[tuple[Any, Any]]:
    value = json.loads(text)
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        value = value["results"]
    if isinstance(value, dict):
        yield from value.items()
        return
    for each in value:
        if not isinstance(each, dict) or "id" not in each:
            raise ValueError("its items are not objects with id and email")
        yield each["id"], next((each[name] for name in _NAMES if each.get(name)), None)


def _csv_rows(text: str) -> Iterator[tuple[Any, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    # Anything else would be guessing which column is which.
    columns = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    person = next((columns[name] for name in _NAMES if name in columns), None)
    if "id" not in columns or person is None:
        raise ValueError("its columns are not id and email")
    for row in reader:
        yield (row[columns["id"]] or "").strip(), row[person]


def _unfit(name: str, reason: str) -> UsageError:
    return UsageError(
        f"--people {name} is not a list of people: {reason}",
        todo="write it as CSV with the columns id and email, one person a line; nothing was imported",
        where=name,
    )
