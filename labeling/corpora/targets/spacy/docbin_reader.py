"""A shard of docs read back from disk: what it says, from the arrays and strings that ``DocBin`` itself reads.

No ``Doc`` is made of them, which takes spaCy most of its time. That its docs say the same is tested on any text and any
spans; here more is compared than a doc shows: the tokens of a span with its offsets, and entities with spans.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from labeling.corpora.build.canonical import CanonicalForm, describe_digest, sort_spans
from labeling.corpora.targets.spacy.docbin import SPANS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from spacy.tokens import DocBin

    from labeling.corpora.build.canonical import SpanFact

    StoredColumn = NDArray[Any]

# A span as spaCy packs it: id, id in a knowledge base, label, then first token, token behind, start and end.
_SPAN_STRUCT = Struct(">QQQllll")
# What spaCy says of a token that goes on with an entity, and of one that begins one.
_INSIDE, _BEGINS = 1, 3


class _StoredDoc(NamedTuple):
    """What one doc holds: its text, the offsets of its tokens, and of each entity start, end, label and id."""

    text: str
    starts: StoredColumn
    ends: StoredColumn
    entities: list[tuple[int, int, str, str]]


def read_shard(path: Path) -> Iterator[CanonicalForm]:
    """What every doc of a shard says."""
    from spacy.tokens import DocBin

    yield from read_docs(DocBin().from_disk(path))


def read_docs(shard: DocBin) -> Iterator[CanonicalForm]:
    """The same of a shard that was read; a word or name whose string is not in it is empty."""
    from spacy.strings import StringStore

    store = StringStore()
    strings: dict[int, str] = {store.add(string): string for string in shard.strings}
    rest = zip(shard.span_groups, shard.cats, shard.user_data, strict=True)
    for held, (groups, cats, packed) in zip(_read_stored_docs(shard, strings), rest, strict=True):
        data = _unpack(packed)
        spans = sort_spans(_read_spans(held, _own_spans(groups), strings, frozenset(data["unsure"])))
        yield _canonical_form(held.text, spans, cats, data)


def _canonical_form(
    text: str, spans: tuple[SpanFact, ...], cats: Mapping[str, float], data: Mapping[str, Any]
) -> CanonicalForm:
    return CanonicalForm(
        article=data["article"],
        digest=describe_digest(text, data["digest"]),
        provenance=(data["source"], data["title"], data["published"], data["url"]),
        complete=data["complete"],
        spans=spans,
        relations=data["relations"],
        choices=tuple(sorted(name for name, score in cats.items() if score > 0)),
        open=data["open"],
        open_choices=data["open_choices"],
    )


def _read_spans(
    held: _StoredDoc, packed: bytes, strings: Mapping[int, str], unsure: frozenset[str]
) -> Iterator[SpanFact]:
    """The spans of a doc, and whatever else it says of spans.

    A span says where it lies twice, by tokens and by offsets, and an entity repeats it. Where one of these says
    something else, the doc says more than gold, and so does this.
    """
    said = set[tuple[int, int, str, str]]()
    starts, ends = held.starts.tolist(), held.ends.tolist()
    for key, _, label, first, behind, start, end in _SPAN_STRUCT.iter_unpack(packed):
        name, kind = strings.get(key, ""), strings.get(label, "")
        said.add((start, end, kind, name))
        yield name, start, end, kind, name in unsure
        if (starts[first], ends[behind - 1]) != (start, end):
            yield name, starts[first], ends[behind - 1], f"{kind}, by its tokens", name in unsure
    for start, end, kind, name in held.entities:
        if (start, end, kind, name) not in said:
            yield name, start, end, f"{kind}, an entity", name in unsure


def _own_spans(groups: bytes) -> bytes:
    """The spans of our group, one behind the other, as spaCy packs them; a doc without groups packs a list."""
    named = _unpack(groups)
    ours = [group for group, names in named.items() if SPANS in names] if isinstance(named, dict) else []
    return b"".join(span for group in ours for span in _unpack(group)["spans"])


def _unpack(packed: bytes | None) -> Any:  # noqa: ANN401 - whatever was packed
    """The value, lists as tuples; without asking of every dict whether it may be an array of numpy's, as srsly does."""
    from srsly.msgpack import unpackb

    return unpackb(packed, raw=False, use_list=False, object_pairs_hook=None)


def _read_stored_docs(shard: DocBin, strings: Mapping[int, str]) -> Iterator[_StoredDoc]:
    """What each doc of a shard holds, worked out for all of them at once."""
    import numpy as np
    from spacy.attrs import ORTH  # type: ignore[import-not-found]  # compiled

    if not shard.tokens:
        return
    columns = dict(zip(shard.attrs, np.concatenate(shard.tokens).T, strict=True))
    pieces, starts, ends = _token_texts(columns[ORTH], _blank_flags(shard), strings)
    bounds = np.cumsum([0, *map(len, shard.tokens)])
    # From here on in code points of each doc's own text.
    zeros = np.repeat(np.append(starts, 0)[bounds[:-1]], np.diff(bounds))
    starts, ends, bounds = starts - zeros, ends - zeros, bounds.tolist()
    begins, entities = _entities(columns, starts, ends, strings)
    for first, behind in pairwise(bounds):
        yield _StoredDoc(
            "".join(pieces[first:behind]),
            starts[first:behind],
            ends[first:behind],
            entities[bisect_left(begins, first) : bisect_left(begins, behind)],
        )


def _blank_flags(shard: DocBin) -> StoredColumn:
    """Whether a blank follows each token; after every one where spaCy is told that nobody knows."""
    import numpy as np

    told = zip(shard.spaces, shard.flags, strict=True)
    return np.concatenate([each.ravel() | bool(flags.get("has_unknown_spaces")) for each, flags in told])


def _token_texts(
    keys: StoredColumn, blanks: StoredColumn, strings: Mapping[int, str]
) -> tuple[list[str], StoredColumn, StoredColumn]:
    """Every token with the blank behind it; where it starts and ends if all texts stand in a row."""
    import numpy as np
    import pyarrow as pa

    # Arrow numbers distinct values by hashing, numpy would sort them.
    coded = pa.array(keys).dictionary_encode()
    words, which = [strings.get(key, "") for key in coded.dictionary.to_pylist()], coded.indices.to_numpy()
    lengths = np.fromiter(map(len, words), np.int64, len(words))[which]
    ends = np.cumsum(lengths + blanks) - blanks
    forms = np.array([*words, *(f"{word} " for word in words)], dtype=object)
    return forms[which + len(words) * blanks].tolist(), ends - lengths, ends


def _entities(
    columns: Mapping[Any, StoredColumn], starts: StoredColumn, ends: StoredColumn, strings: Mapping[int, str]
) -> tuple[list[int], list[tuple[int, int, str, str]]]:
    """The first token of each entity of a shard, and of each its start, end, label and id."""
    import numpy as np
    from spacy.attrs import ENT_ID, ENT_IOB, ENT_TYPE

    begins = np.flatnonzero(columns[ENT_IOB] == _BEGINS)
    # An entity goes on as far as no token says otherwise.
    others = np.append(np.flatnonzero(columns[ENT_IOB] != _INSIDE), len(starts))
    lasts = others[np.searchsorted(others, begins, side="right")] - 1
    kinds, names = ([strings.get(key, "") for key in columns[each][begins].tolist()] for each in (ENT_TYPE, ENT_ID))
    return begins.tolist(), list(zip(starts[begins].tolist(), ends[lasts].tolist(), kinds, names, strict=True))
