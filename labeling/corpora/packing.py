"""Docs into a ``DocBin`` and out again, without what makes spaCy slow at it: the same bytes in a third of the time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, DocBin

# What of each token has a string: all that our references say of one.
_NAMED = ("ORTH", "NORM", "ENT_TYPE", "ENT_ID")


@contextmanager
def extensions_known() -> Iterator[None]:
    """Let srsly find its extensions once, in place of once for each value it packs or reads.

    It goes through every entry point of every installed package each time, which takes longer than all else that
    happens to a doc of a few hundred tokens.
    """
    from srsly.msgpack import msgpack_decoders, msgpack_encoders

    registries = (msgpack_encoders, msgpack_decoders)
    for registry in registries:
        found = registry.get_all()
        registry.get_all = lambda found=found: found
    try:
        yield
    finally:
        for registry in registries:
            registry.__dict__.pop("get_all", None)


def put(packed: DocBin, doc: Doc) -> None:
    """Append a doc that has no more than tokens, entities, spans, categories and user data.

    As ``DocBin.add`` does, which asks nine strings of every token: here each string is asked for once a doc.

    Args:
        packed: Made with ``store_user_data``.
        doc: One without tags, lemmas, morphology, dependencies or ids of a knowledge base.
    """
    from srsly import msgpack_dumps

    tokens, spaces = doc.to_array([*packed.attrs]), doc.to_array("SPACY")
    packed.tokens.append(tokens.reshape((len(doc), len(packed.attrs))))
    packed.spaces.append(spaces.reshape((len(doc), 1)).astype(bool))
    packed.flags.append({"has_unknown_spaces": doc.has_unknown_spaces})
    packed.cats.append(doc.cats)
    packed.user_data.append(msgpack_dumps(doc.user_data))
    packed.span_groups.append(doc.spans.to_bytes())
    packed.strings.update(_strings(doc))


def _strings(doc: Doc) -> Iterator[str]:
    import numpy as np

    known = doc.vocab.strings
    for name in _NAMED:
        yield from (known[key] for key in set(np.asarray(doc.to_array(name)).tolist()))
    for group in doc.spans.values():
        for span in group:
            yield from (span.label_, span.kb_id_, span.id_)
    yield ""
