"""Fields of a server's answers that are not what they should be: an error of ours, or quarantine, at each verb.

The answers are a real Label Studio's, and a door before it puts something else into one place of them.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from faulty.broken import Broken
from faulty.door import Asked, door
from labeling.cli import cli
from labeling.errors import LabelingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

# JSON texts in the place of a field, and what takes the field away.
GONE = ""
LIES: dict[str, str] = {
    "missing": GONE,
    "nothing": "null",
    "a word": '"seven"',
    "figures as a word": '"7"',
    "an empty word": '""',
    "a truth value": "true",
    "a part of one": "7.5",
    "a negative number": "-7",
    "2**63": str(2**63),
    "10**400": "1" + "0" * 400,
    "10**5000": "1" + "0" * 5000,
    "1e400": "1e400",
    "NaN": "NaN",
    "a list": "[7]",
    "an empty list": "[]",
    "an object": '{"id":7}',
    "an empty object": "{}",
    "lists 200 deep": "[" * 200 + "]" * 200,
    "lists 800 deep": "[" * 800 + "]" * 800,
    "lists 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "half a character": '"\\ud800"',
    "NUL": '"a\\u0000b"',
    "a year that is none": '"9999-99-99T99:99:99Z"',
    "the last instant": '"9999-12-31T23:59:59.999999-23:59"',
    "the first instant": '"0001-01-01T00:00:00+23:59"',
    "an instant of no zone": '"2024-01-01T00:00:00"',
    "signs of a terminal": '"\\u001b[2J\\u202e"',
}

Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Lie:
    """What stands where: in the answers to requests of this method and path (numbers are N), at this way into them."""

    request: str
    way: Way
    name: str


@dataclass
class LyingTrials:
    """How often each end came, and what broke a promise."""

    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def list_answers(server: Credentials, root: Path, words: Sequence[str]) -> list[tuple[str, Way]]:
    """What a verb is told when nobody lies: each request, and each way to a value in its answer."""
    found: dict[tuple[str, Way], None] = {}

    def watch(asked: Asked, content: bytes) -> bytes:
        try:
            ways = _ways_into(json.loads(content))
        except ValueError:
            return content
        found.update(dict.fromkeys((describe_request(asked), way) for way in ways))
        return content

    with door(server, lambda _asked: "pass", bend=watch) as watched:
        run_on(watched, root, words)
    return [*found]


def tell_lies(server: Credentials, fresh: Callable[[], Path], words: Sequence[str], lies: Sequence[Lie]) -> LyingTrials:
    """Run a verb once for each lie, in a workspace that is made anew each time."""
    done = LyingTrials()
    for lie in lies:

        def bend(asked: Asked, content: bytes, lie: Lie = lie) -> bytes:
            return _bend(content, lie) if describe_request(asked) == lie.request else content

        with door(server, lambda _asked: "pass", bend=bend) as liar:
            try:
                done.ends[run_on(liar, fresh(), words)] += 1
            except Broken as error:
                where = ".".join(map(str, lie.way))
                done.broken.append(f"{' '.join(words)}: {lie.name} at {where} of {lie.request}: {error}")
    return done


def draw_lies(answers: Sequence[tuple[str, Way]], seed: int, most: int) -> list[Lie]:
    """So many lies at places of these answers, drawn by a seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    every = [Lie(request, way, name) for request, way in answers for name in LIES]
    return chance.sample(every, min(most, len(every)))


def run_on(server: Credentials, root: Path, words: Sequence[str]) -> str:
    """Run a verb in this process as the command line does; the name of its error, or "done".

    Raises:
        Broken: It ended in a traceback, or printed what speaks to the terminal.
    """
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
    result = CliRunner(env=env).invoke(cli, ["--workspace", str(root), *words], standalone_mode=False)
    error = result.exception
    if "\x1b" in result.output or "\u202e" in result.output:
        raise Broken("it speaks to the terminal")
    if error is None or isinstance(error, LabelingError):
        return "done" if error is None else type(error).__name__
    raise Broken(f"{type(error).__name__}: {error}") from error


def describe_request(asked: Asked) -> str:
    """A request's method and path, with N for each number."""
    return f"{asked.method} {re.sub(r'[0-9]+', 'N', asked.path)}"


def _ways_into(value: Any, way: Way = ()) -> Iterator[Way]:  # noqa: ANN401 - JSON
    """The way to each value; of a list to its first and its last."""
    yield way
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _ways_into(inner, (*way, name))
    elif isinstance(value, list):
        for number in sorted({0, len(value) - 1}) if value else ():
            yield from _ways_into(value[number], (*way, number))


def _bend(content: bytes, lie: Lie) -> bytes:
    try:
        top = {"": json.loads(content)}
    except ValueError:
        return content
    inner: Any = top
    *before, last = ("", *lie.way)
    try:
        for step in before:
            inner = inner[step]
        inner[last] = "@lie@"
    except (LookupError, TypeError):
        # This answer is another one.
        return content
    if LIES[lie.name] == GONE and lie.way:
        del inner[last]
    return json.dumps(top[""]).replace('"@lie@"', LIES[lie.name]).encode("utf-8")
