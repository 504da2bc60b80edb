"""Features of a CAS that hold the words which their annotation covers, told by what they hold.

Half of a feature's values have to be the words at their places, by one counting of tools or by another; of one that is
called as such features are, it is enough that they stand anywhere in the text: places may be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from labeling.imports.cas.cas_types import STRING, is_of_type
from labeling.imports.offsets import (
    LIKELY_COUNTINGS,
    article_text,
    find_telling_parts,
    make_offset_map,
    simplify_counting,
)
from labeling.imports.stretches import list_fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet


_CALLED = frozenset({"coveredtext", "text", "words", "surface", "surfaceform", "mention", "string", "form"})


def find_word_copies(
    things: Iterable[Any], places: Mapping[int, tuple[Any, Any]], text: str, besides: AbstractSet[str]
) -> dict[str, str]:
    """The feature with the words covered, by the name of the type; of types that have one.

    Args:
        things: Annotations of the text.
        places: Where each begins and ends, as it is written, by its id.
        text: The text as the file has it.
        besides: Names of features that are something else, whatever they hold.
    """
    article, telling = article_text(text), find_telling_parts(text)
    countings = dict.fromkeys(simplify_counting(each, telling) for each in LIKELY_COUNTINGS)
    maps = {each: make_offset_map(text, each) for each in countings}
    fitting, filled = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], int](int)
    for thing in things:
        start, end = places.get(thing.xmiID, (None, None))
        for name in _string_features(thing.type, besides):
            words = getattr(thing, name)
            if not isinstance(words, str) or not words:
                continue
            filled[thing.type.name, name] += 1
            if not _stand_in(words, article):
                continue
            there = (
                {each: ((place(start), place(end)),) for each, place in maps.items()}
                if None not in (start, end)
                else {}
            )
            is_called = name.casefold().replace("_", "") in _CALLED
            fitting[thing.type.name, name] += is_called or bool(list_fitting(article, there, words))
    found = dict[str, str]()
    for (kind, name), count in fitting.items():
        if 2 * count >= filled[kind, name] > 0:
            found.setdefault(kind, name)
    return found


def _stand_in(words: str, article: str) -> bool:
    """Whether all words stand in the text, wherever."""
    return bool(words.split()) and all(each in article for each in words.split())


def _string_features(kind: Any, besides: AbstractSet[str]) -> list[str]:  # noqa: ANN401 - a package without types
    return [each.name for each in kind.all_features if each.name not in besides and is_of_type(each.rangeType, STRING)]
