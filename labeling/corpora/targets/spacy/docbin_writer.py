"""Docs into a ``DocBin`` and out again, without what makes spaCy slow at it: the same bytes in a third of the time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from spacy.tokens import Doc

    PackedColumn: TypeAlias = NDArray[Any]


@contextmanager
def cache_extensions() -> Iterator[None]:
    """Let srsly find its extensions once, in place of once for each value it packs or reads.

    It goes through every entry point of every installed package each time, which takes longer than all else that
    happens to a doc of a few hundred tokens.
    """
    from srsly.msgpack import msgpack_decoders, msgpack_encoders

    registries = (msgpack_encoders, msgpack_decoders)
    before = [vars(registry).get("get_all") for registry in registries]
    for registry in registries:
        found = registry.get_all()
        registry.get_all = lambda found=found: found
    try:
        yield
    finally:
        for registry, known in zip(registries, before, strict=True):
            if known:
                registry.get_all = known
            else:
                del registry.get_all


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
        self._norms: list[PackedColumn] = []

    def add(self, doc: Doc) -> None:
        """Append a doc; nothing of the doc itself is kept."""
        from srsly import msgpack_dumps

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

    def _columns(self) -> Iterator[Sequence[PackedColumn]]:
        """What of each token is the hash of a string: not where it stands in an entity."""
        from spacy.attrs import ENT_IOB  # type: ignore[import-not-found]  # compiled

        yield self._norms
        for place, attribute in enumerate(self._bin.attrs):
            if attribute != ENT_IOB:
                yield [tokens[:, place] for tokens in self._bin.tokens]


def _distinct_values(columns: Sequence[PackedColumn]) -> list[int]:
    """The values of a column, each once; Arrow finds them by hashing, numpy would sort."""
    import numpy as np
    import pyarrow as pa

    values: list[int] = pa.array(np.concatenate(columns)).unique().to_numpy().tolist() if columns else []
    return values
