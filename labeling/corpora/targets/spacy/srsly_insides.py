"""srsly without its searches: what packs and unpacks spaCy's values spends most of its time on looking for extensions.

It leans on three things that srsly does not document: its registries of extensions are objects whose ``get_all`` can
be replaced; ``unpackb`` takes the keywords of msgpack; and nothing that spaCy packs needs an extension to be read. When
one of them changes, an import or a call here fails, or else the comparison with gold that ends every compile.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labeling.corpora.targets.public_api import wants_public_api

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def cache_extensions() -> Iterator[None]:
    """Let srsly find its extensions once, instead of once for each value that it packs or reads.

    It goes through every entry point of every installed package each time, which takes longer than everything else that
    happens to a doc of a few hundred tokens. Afterwards it searches again, also after an error.
    """
    if wants_public_api():
        yield
        return
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
            # Another block around this one has its own copy there; without one, the class has the method.
            if known:
                registry.get_all = known
            else:
                del registry.get_all


def unpack_bytes(packed: bytes | None) -> Any:  # noqa: ANN401 - whatever was packed
    """The value, lists as tuples; srsly itself asks of every dict whether it is an array of numpy's in disguise."""
    from srsly.msgpack import unpackb

    return unpackb(packed, raw=False, use_list=False, object_pairs_hook=None)
