"""The items of a JSON array, one at a time: an export may be larger than memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from pydantic import JsonValue

    from labeling.errors import LabelingError

# Nothing of anybody's is nested deeper, and not much deeper can be written and read again.
MOST_LEVELS = 100

_CHUNK_CHARACTERS = 1 << 20  # characters
_BETWEEN = frozenset(", \n\r\t")


def stream_array(
    head: str,
    text: TextIO,
    fail: Callable[[str], LabelingError],
    *,
    decoder: json.JSONDecoder | None = None,
    longest: int | None = None,
) -> Iterator[JsonValue]:
    """The items of a JSON array, decoded as they come.

    Args:
        head: Its beginning, from the ``[`` on.
        text: Where to read the rest from.
        fail: Makes the error to raise of a reason.
        decoder: What decodes an item.
        longest: The longest item that is read, in characters; without it, what is never closed fills the memory.

    Raises:
        LabelingError: What ``fail`` makes, when it comes to a place that is not JSON, not UTF-8 or damaged.
    """
    decoder = decoder or json.JSONDecoder()
    buffer, at = head, 1
    while True:
        at = _skip_blanks(buffer, at)
        if buffer[at : at + 1] == "]":
            if buffer[at + 1 :].strip() or read_more_text(text, "", fail):
                raise fail("something follows the end of the array")
            return
        # An item that is cut off by the end of the buffer cannot be decoded: more is read, and it is tried again.
        try:
            item, end = decoder.raw_decode(buffer, at)
        except (json.JSONDecodeError, RecursionError) as error:
            # What is longer than any item will not become one by more.
            overlong = longest is not None and len(buffer) - at > longest
            longer = None if overlong else read_more_text(text, buffer[at:], fail)
            if longer is None:
                raise fail(f"it is not JSON ({error})") from None
            buffer, at = longer, 0
            continue
        yield item
        at = end
        # What was decoded is dropped now and then, not at every item: each time the rest is copied.
        if at > _CHUNK_CHARACTERS:
            buffer, at = buffer[at:], 0


def is_deep(value: object) -> bool:
    """Whether a value is nested deeper than anybody's."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MOST_LEVELS - 1):
        level = [inner for outer in level for inner in _items(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    # What is in the last ones is too deep.
    return any(level)


def cut_deep(value: JsonValue) -> JsonValue:
    """The value; with a sentence in place of what is nested in it deeper than anything of anybody's.

    >>> cut_deep([1, {"a": [2]}])
    [1, {'a': [2]}]
    """
    return _cut(value, MOST_LEVELS) if is_deep(value) else value


def _cut(value: JsonValue, levels: int) -> JsonValue:
    if not levels and isinstance(value, dict | list):
        return f"(nested more than {MOST_LEVELS} deep)"
    if isinstance(value, dict):
        return {name: _cut(inner, levels - 1) for name, inner in value.items()}
    return [_cut(inner, levels - 1) for inner in value] if isinstance(value, list) else value


def _items(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


def read_more_text(text: TextIO, rest: str, fail: Callable[[str], LabelingError]) -> str | None:
    """What is left and what comes next, without blanks before it; None at the end of the text.

    Raises:
        LabelingError: What ``fail`` makes of the reason why it cannot be read.
    """
    try:
        fresh = text.read(max(_CHUNK_CHARACTERS, len(rest)))
    except UnicodeDecodeError:
        raise fail("it is not UTF-8") from None
    except (OSError, EOFError) as error:
        raise fail(f"it is damaged ({error})") from None
    return (rest + fresh).lstrip() if fresh else None


def _skip_blanks(buffer: str, at: int) -> int:
    while buffer[at : at + 1] in _BETWEEN:
        at += 1
    return at
