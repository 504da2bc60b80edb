"""The form of every value of ours: strict, frozen, and with one JSON text."""

from __future__ import annotations

import hashlib
import json
import tomllib
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue


class Frozen(BaseModel):
    """A value read from outside: strict (``"12"`` never becomes 12), unknown keys refused, never changed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def is_absent(value: object) -> bool:
    """Whether a key with this value is left out: such a row is the same line that it was before there was the key."""
    return value is None


# Made once: `json.dumps` would make one for each of the hundred thousand rows of a ledger.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: JsonValue) -> str:
    """The one JSON text of a value: keys sorted, no blanks, no escapes that UTF-8 can do without."""
    return _ENCODER.encode(value)


def encode_strings(fields: Mapping[str, str]) -> bytes:
    r"""The canonical JSON of strings by name, as UTF-8.

    >>> encode_strings({"text": "Mal\xe9", "id": "1"}).decode()
    '{"id":"1","text":"Mal\xe9"}'
    """
    # Strings are all that this encoder writes just as the other does, which takes three times as long.
    return to_json(dict(sorted(fields.items())))


def quote_json(text: str) -> str:
    """The canonical JSON text of a string."""
    return encode_basestring(text)


def parse_toml(text: str) -> dict[str, JsonValue]:
    """The values of a TOML text, which JSON has, too: no days and times.

    >>> parse_toml("a = {b = [1]}")
    {'a': {'b': [1]}}

    Raises:
        ValueError: It is not TOML, or has values that JSON does not have, a number of thousands of figures, or nesting
            deeper than can be read.
    """
    try:
        values = tomllib.loads(text)
        json.dumps(values)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    return values


def format_percent(ratio: float | None, undefined: str = "undefined") -> str:
    """A ratio as all our tables have it, in per cent: ``41.9`` for 0.4194. JSON has it as a fraction.

    Args:
        ratio: From 0 to 1, or None.
        undefined: What is written for None.
    """
    return undefined if ratio is None else f"{100 * ratio:.1f}"


def digest_of(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, in hex: 64 characters."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
