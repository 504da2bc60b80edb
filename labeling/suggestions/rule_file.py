"""The rules file, and how its rules find spans: names first, then patterns layer by layer.

A rules file is data. Names and terms are lists; patterns are sequences of tokens, which the file names and defines as
spaCy's token patterns::

    [tokens]
    office = { TEXT = { IN = ["Minister", "Secretary"] } }
    name = { IS_TITLE = true, ENT_TYPE = "" }

    [[layers]]
    label = "ROLE"
    patterns = ["'Joint'? office"]

    [[layers]]
    label = "PERSON"
    patterns = ["role [ name name+ ]"]

A word in quotes is that very word; ``? * + !`` repeat as in spaCy. The span is the part in brackets, or all of it. A
layer sees what the names and the layers before it found, as ``ENT_TYPE``; its spans may contain theirs.
"""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue, ValidationError

from labeling.errors import ProjectFileError
from labeling.schema import Name
from labeling.suggestions.names import NameList
from labeling.values import Frozen, parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class RuleLayer(Frozen):
    """Patterns for one label. Spans of earlier layers with a label in ``hides`` are dropped inside its spans."""

    label: Name
    patterns: tuple[str, ...]
    hides: tuple[Name, ...] = ()


class Rules(Frozen):
    """A rules file.

    ``lists`` gives a label to a library's list of names, ``without`` takes names out of those lists. ``names`` are
    found as printed, ``terms`` in small letters and capitals alike. ``echoes`` are labels of which the last word of a
    span is found again, alone, elsewhere in the article.
    """

    lists: dict[NameList, Name] = {}
    without: tuple[str, ...] = ()
    names: dict[Name, tuple[str, ...]] = {}
    terms: dict[Name, tuple[str, ...]] = {}
    tokens: dict[Name, dict[str, JsonValue]] = {}
    layers: tuple[RuleLayer, ...] = ()
    echoes: tuple[Name, ...] = ()


def read_rules(path: Path) -> Rules:
    """Read a rules file; its patterns are checked when a `Finder` is made of them.

    Raises:
        ProjectFileError: The file is missing, is not TOML, or has an unknown key or a wrong value.
    """
    try:
        # Through JSON, because only there does pydantic's strict mode take a list for a tuple.
        return Rules.model_validate_json(json.dumps(parse_toml(_read_file(path))))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        reason = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    except ValueError as error:
        reason = f"it is not TOML: {error}"
    raise ProjectFileError(
        f"the rules file {path}: {reason}", todo='mend it, or set rules = "" in [suggest] to have none', where=str(path)
    )


def _read_file(path: Path) -> str:
    # A device has no end, and a pipe may have no beginning.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file")
    return path.read_text(encoding="utf-8")


def parse_pattern(pattern: str, tokens: Mapping[str, Mapping[str, JsonValue]]) -> tuple[list[dict[str, Any]], range]:
    """A pattern in spaCy's form, and which of its places are in brackets.

    ``role [ name name+ ]`` has three places, of which the brackets hold 1..3.
    """
    parts: list[dict[str, Any]] = []
    first = 0
    last: int | None = None
    for word in pattern.split():
        if word == "[":
            first = len(parts)
        elif word == "]":
            last = len(parts)
        else:
            parts.append(_parse_token(pattern, word, tokens))
    # Without brackets the whole match is the span.
    inside = range(first, len(parts) if last is None else last)
    if not inside:
        raise pattern_error(pattern, "it marks nothing")
    return parts, inside


def _parse_token(pattern: str, word: str, tokens: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, Any]:
    # The sign of repetition comes last; a token may be the sign itself.
    bare = word.rstrip("?*+!") or word
    repeat = {"OP": word[len(bare) :]} if word[len(bare) :] else {}
    if bare.startswith("'") and bare.endswith("'") and bare[1:-1]:
        return {"TEXT": bare[1:-1], **repeat}
    if bare not in tokens:
        raise pattern_error(pattern, f"{bare!r} is neither in quotes nor in [tokens]")
    return {**tokens[bare], **repeat}


def pattern_error(pattern: str, reason: str) -> ProjectFileError:
    """The error for a pattern that spaCy, or our way to write it, does not accept."""
    return ProjectFileError(
        f"the rules file has a faulty pattern, {pattern!r}: {reason}",
        todo="mend the pattern; the head of labeling/suggestions/rule_file.py shows how patterns are written",
        where=pattern,
    )
