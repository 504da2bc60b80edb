"""Annotations in a field that no reader looks at: found by what the field holds, and by what it is called.

A reader takes the fields of its format. What stands in another one may be anybody's note; if it holds offsets with
labels, a tag for each word, or is called as annotations are, a line is not read without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from collections.abc import Set as AbstractSet

# What annotations are called, wherever they were made: the last word of a name counts, in the singular. Tags are not
# among them: of an article they are keywords, unless there is one for each word.
_CALLED = frozenset(
    {
        *("annotation", "label", "entity", "ent", "ner", "span", "relation", "prediction", "cat", "mention"),
        *("denotation", "named_entity", "gold_label", "ner_tag", "ner_label", "entity_mention", "choice", "suggestion"),
        *("label_annotation", "span_annotation", "completion", "triple"),
    }
)
_STARTS = frozenset(
    {
        *("start", "start_offset", "startoffset", "start_char", "startchar", "start_idx", "start_index", "startindex"),
        *("start_pos", "start_position", "char_start", "begin", "begin_offset", "beginoffset", "begin_index", "from"),
        *("offset", "starts", "begins", "start_offsets"),
    }
)
_ENDS = frozenset(
    {
        *("end", "end_offset", "endoffset", "end_char", "endchar", "end_idx", "end_index", "endindex", "end_pos"),
        *("end_position", "char_end", "stop", "to", "length", "ends", "end_offsets"),
    }
)
_LABELLED = frozenset({"label", "labels", "type", "tag", "entity", "entity_group", "category", "class", "ner"})
_TAG = re.compile(r"(?:[BIESLU][-_].+|.+[-_][BIESLU]|O)", re.IGNORECASE)
# Where words and sentences are: they have places, too, and no label.
_PLACES_ONLY = frozenset({"token", "word", "sentence", "sent", "paragraph", "chunk", "line", "page", "section"})
_DEEPEST = 6  # levels: annotations are nested in an answer, in a list, in a version


def find_unread_annotations(
    unread: Mapping[str, object], lengths: Collection[int], names: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    """The fields that hold annotations, each with what it holds: ``("marks", "places in the text")``.

    Args:
        unread: The fields that were not read, by name; the name of one inside another has dots.
        lengths: How many words the text has, however they are counted.
        names: Labels and relations of the schema.
    """
    ends = [
        name for known in (_STARTS, _ENDS) for name in unread if name.casefold() in known and _is_whole(unread[name])
    ]
    if {name.casefold() for name in ends} & _STARTS and {name.casefold() for name in ends} & _ENDS:
        yield ends[0], f"places in the text, with {ends[-1]}"
    for name, value in unread.items():
        if holds := describe_annotations(name, value, lengths, names):
            yield name, holds


def describe_annotations(name: str, value: object, lengths: Collection[int], names: AbstractSet[str]) -> str:
    """What a field holds that makes annotations of it; "" for anything else.

    >>> describe_annotations("marks", [{"start": 0, "end": 4, "label": "PERSON"}], (), set())
    'places in the text'
    >>> describe_annotations("mood", ["O", "B-PER"], (), set())
    'a tag for each word'
    >>> describe_annotations("entities", ["Oslo"], (), set())
    'what is called entities'
    >>> describe_annotations("tags", ["Oslo", "talks"], (9,), set())
    ''
    """
    own = _singular(name)
    if own not in _PLACES_ONLY and _has_places(value, _DEEPEST, listed=False):
        return "places in the text"
    if own not in _PLACES_ONLY and _are_tags(value, lengths):
        return "a tag for each word"
    if {own, own.rpartition("_")[2]} & _CALLED and _is_filled(value):
        return f"what is called {name.rpartition('.')[2]}"
    if not names.isdisjoint(_strings_of(value)):
        return "labels of the project"
    inner = value.items() if isinstance(value, dict) else ()
    return next(filter(None, (describe_annotations(str(key), each, lengths, names) for key, each in inner)), "")


def keep_places(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that hold places in the text; details of an article are called as annotations may be.

    >>> keep_places({"source": {"label": "Example Times"}, "id": [[0, 4, "PERSON"]]})
    {'id': [[0, 4, 'PERSON']]}
    """
    return {name: value for name, value in fields.items() if _has_places(value, _DEEPEST, listed=False)}


def _singular(name: str) -> str:
    """A field's name as a thing of that kind is called: ``meta.nerTags`` is ``ner_tag``."""
    last = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.rpartition(".")[2]).strip("_").casefold()
    return f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")


def _has_places(value: object, deep: int, *, listed: bool) -> bool:
    """Whether there is, at any depth, an object or a row with a start and an end that are whole numbers.

    An object by itself needs a label besides: where a passage was cut out of its source is not an annotation.
    """
    if not deep:
        return False
    if isinstance(value, dict):
        keys = {str(key).casefold() for key, each in value.items() if _is_whole(each)}
        labelled = listed or not _LABELLED.isdisjoint(str(key).casefold() for key in value)
        is_place = labelled and bool(keys & _STARTS) and bool(keys & _ENDS)
        return is_place or any(_has_places(each, deep - 1, listed=listed) for each in value.values())
    if isinstance(value, list):
        return _is_place(value) or any(_has_places(each, deep - 1, listed=True) for each in value)
    return False


def _is_place(row: list[object]) -> bool:
    """Whether a row is ``[0, 9, "PERSON"]``, in any order."""
    whole = [each for each in row if type(each) is int]
    # Two numbers alone may be anything: a size, a page.
    return len(row) == 3 and len(whole) == 2 and whole[0] <= whole[1] and any(isinstance(each, str) for each in row)  # noqa: PLR2004


def _are_tags(value: object, lengths: Collection[int]) -> bool:
    """Whether a list holds a tag for each word, or tags by their form."""
    if not isinstance(value, list) or not value:
        return False
    as_long = len(value) > 1 and len(value) in lengths
    if all(isinstance(each, str) for each in value):
        return as_long or 2 * sum(bool(_TAG.fullmatch(each)) for each in value) > len(value)
    return as_long and all(type(each) is int for each in value)


def _is_whole(value: object) -> bool:
    """A whole number, or a row of them."""
    return type(value) is int or (isinstance(value, list) and bool(value) and all(type(each) is int for each in value))


def _is_filled(value: object) -> bool:
    return value not in (None, "", [], {}, False)


def _strings_of(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
