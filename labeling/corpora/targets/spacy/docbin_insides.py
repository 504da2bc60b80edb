"""The insides of a ``DocBin``: filled and read by hand, without what makes spaCy slow at it.

It leans on what spaCy does not document: the lists in which a ``DocBin`` keeps its docs, the packed form of a group of
spans, and the numbers by which it marks where a token stands in an entity. A ``Doc`` is made of nothing that is read,
which is most of spaCy's time, and each string of a shard is looked up once. `docbin_public` does the same by the public
API: tests compare the bytes of both builders, and what both readers find, on any text and any spans.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from labeling.corpora.build.canonical import sort_spans
from labeling.corpora.targets.spacy.docbin_public import SPANS, make_doc_form
from labeling.corpora.targets.spacy.srsly_insides import unpack_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from spacy.tokens import Doc, DocBin

    from labeling.corpora.build.canonical import CanonicalForm, SpanFact

    StoredColumn: TypeAlias = NDArray[Any]

# A span as spaCy packs it: id, id in a knowledge base, label, then first token, token behind, start and end.
_SPAN_STRUCT = Struct(">QQQllll")
# How spaCy marks a token that continues an entity, and one that begins an entity.
_INSIDE, _BEGINS = 1, 3


class DocBinBuilder:
    """A ``DocBin`` in the making, of docs that have no more than tokens, entities, spans, categories and user data.

    Its bytes are those of ``DocBin.add`` and ``to_bytes``, which ask for nine strings of every token: here each string
    is asked for once.
    """

    def __init__(self, attributes: Sequence[str]) -> None:
        """Hold nothing yet.

        Args:
            attributes: What of each token is stored: no tags, lemmas, morphology, dependencies or ids of a knowledge
                base, which our references do not have.
        """
        from spacy.strings import StringStore
        from spacy.tokens import DocBin

        self._bin = DocBin(attrs=attributes, store_user_data=True)
        # Hashes of strings, and what knows the strings: one vocabulary has made all docs.
        self._keys, self._known = {0}, StringStore()
        self._norms: list[StoredColumn] = []

    def add(self, doc: Doc) -> None:
        """Append a doc; nothing of the doc itself is kept."""
        from srsly import msgpack_dumps

        # One call gives all columns; the last two are not stored as they are.
        table, wide = doc.to_array([*self._bin.attrs, "NORM", "SPACY"]), len(self._bin.attrs)
        self._bin.tokens.append(table[:, :wide])
        self._norms.append(table[:, wide])
        self._bin.spaces.append(table[:, wide + 1 :].astype(bool))
        self._bin.flags.append({"has_unknown_spaces": doc.has_unknown_spaces})
        self._bin.cats.append(doc.cats)
        self._bin.user_data.append(msgpack_dumps(doc.user_data))
        self._bin.span_groups.append(doc.spans.to_bytes())
        spans = (span for group in doc.spans.values() for span in group)
        self._keys.update(key for span in spans for key in (span.label, span.kb_id, span.id))
        self._known = doc.vocab.strings

    def to_bytes(self) -> bytes:
        """The shard."""
        known = self._known
        self._bin.strings = {known[key] for key in self._keys.union(*map(_distinct_values, self._columns()))}
        return self._bin.to_bytes()

    def _columns(self) -> Iterator[Sequence[StoredColumn]]:
        """What of each token is the hash of a string: not where it stands in an entity."""
        from spacy.attrs import ENT_IOB  # type: ignore[import-not-found]  # compiled

        yield self._norms
        for place, attribute in enumerate(self._bin.attrs):
            if attribute != ENT_IOB:
                yield [tokens[:, place] for tokens in self._bin.tokens]


def _distinct_values(columns: Sequence[StoredColumn]) -> list[int]:
    """The values of a column, each once; Arrow finds them by hashing, numpy would sort."""
    import numpy as np
    import pyarrow as pa

    values: list[int] = pa.array(np.concatenate(columns)).unique().to_numpy().tolist() if columns else []
    return values


class _StoredDoc(NamedTuple):
    """What one doc holds: its text, the offsets of its tokens, and of each entity start, end, label and id."""

    text: str
    starts: StoredColumn
    ends: StoredColumn
    entities: list[tuple[int, int, str, str]]


def read_docs(shard: DocBin) -> Iterator[CanonicalForm]:
    """What every doc of a shard holds; a word or name whose string is not in the shard is empty."""
    from spacy.strings import StringStore

    store = StringStore()
    strings: dict[int, str] = {store.add(string): string for string in shard.strings}
    rest = zip(shard.span_groups, shard.cats, shard.user_data, strict=True)
    # Tokens are worked out for the whole shard at once, everything else doc by doc.
    for held, (groups, cats, packed) in zip(_read_stored_docs(shard, strings), rest, strict=True):
        data = unpack_bytes(packed)
        spans = sort_spans(_read_spans(held, _own_spans(groups), strings, frozenset(data["unsure"])))
        yield make_doc_form(held.text, spans, cats, data)


def _read_spans(
    held: _StoredDoc, packed: bytes, strings: Mapping[int, str], unsure: frozenset[str]
) -> Iterator[SpanFact]:
    """The spans of a doc, and whatever else it has of spans.

    A span has its place twice, by tokens and by offsets, and an entity repeats it. Where these differ, the doc holds
    more than gold, and so does what is read: the proof of equality will find it.
    """
    known = set[tuple[int, int, str, str]]()
    starts, ends = held.starts.tolist(), held.ends.tolist()
    for key, _, label, first, behind, start, end in _SPAN_STRUCT.iter_unpack(packed):
        name, kind = strings.get(key, ""), strings.get(label, "")
        known.add((start, end, kind, name))
        yield name, start, end, kind, name in unsure
        if (starts[first], ends[behind - 1]) != (start, end):
            yield name, starts[first], ends[behind - 1], f"{kind}, by its tokens", name in unsure
    for start, end, kind, name in held.entities:
        if (start, end, kind, name) not in known:
            yield name, start, end, f"{kind}, an entity", name in unsure


def _own_spans(groups: bytes) -> bytes:
    """The spans of our group, one behind the other, as spaCy packs them; a doc without groups packs a list."""
    named = unpack_bytes(groups)
    ours = [group for group, names in named.items() if SPANS in names] if isinstance(named, dict) else []
    return b"".join(span for group in ours for span in unpack_bytes(group)["spans"])


def _read_stored_docs(shard: DocBin, strings: Mapping[int, str]) -> Iterator[_StoredDoc]:
    """What each doc of a shard holds, worked out for all of them at once."""
    import numpy as np
    from spacy.attrs import ORTH

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
    """Whether a blank follows each token; after every token of a doc whose blanks are marked as unknown."""
    import numpy as np

    docs = zip(shard.spaces, shard.flags, strict=True)
    return np.concatenate([each.ravel() | bool(flags.get("has_unknown_spaces")) for each, flags in docs])


def _token_texts(
    keys: StoredColumn, blanks: StoredColumn, strings: Mapping[int, str]
) -> tuple[list[str], StoredColumn, StoredColumn]:
    """Every token with the blank behind it; where it starts and ends when all texts are put in a row."""
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
    # An entity goes on up to the first token that is marked in another way.
    others = np.append(np.flatnonzero(columns[ENT_IOB] != _INSIDE), len(starts))
    lasts = others[np.searchsorted(others, begins, side="right")] - 1
    kinds, names = ([strings.get(key, "") for key in columns[each][begins].tolist()] for each in (ENT_TYPE, ENT_ID))
    return begins.tolist(), list(zip(starts[begins].tolist(), ends[lasts].tolist(), kinds, names, strict=True))
