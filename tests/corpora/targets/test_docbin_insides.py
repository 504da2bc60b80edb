"""Packing docs: the bytes that spaCy itself writes, and nothing of spaCy's left changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from spacy.tokens import DocBin
from srsly.msgpack import msgpack_decoders, msgpack_encoders

from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.targets.spacy.docbin import make_doc
from labeling.corpora.targets.spacy.docbin_insides import DocBinBuilder
from labeling.corpora.targets.spacy.srsly_insides import cache_extensions
from labeling.tokens import make_tokenizer, token_edges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.tokens import Doc

    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

NLP = make_tokenizer("en")
ATTRS = ("ENT_IOB", "ENT_TYPE", "ENT_ID")


def _docs(making: Making, *rows: tuple[Article, Gold]) -> list[Doc]:
    return [_doc(making, article, gold) for article, gold in rows]


def _doc(making: Making, article: Article, gold: Gold) -> Doc:
    tokens, layer = NLP.make_doc(article.text), choose_flat_layer(article.text, gold, making.schema.label_names)
    return make_doc(tokens, token_edges(tokens), article, gold, layer, making.schema)


def _packed(docs: Iterable[Doc]) -> bytes:
    packed = DocBinBuilder(ATTRS)
    with cache_extensions():
        for doc in docs:
            packed.add(doc)
    return packed.to_bytes()


def test_docbin_bytes_equal_those_of_spacy(making: Making, minister: tuple[Article, Gold]) -> None:
    """A shard is what `DocBin.add` makes of the same docs: with spans, without, with norms of their own, empty."""
    plain, short = making.article("It can't be so: 10am, isn't it?", "b"), making.article("x", "c")
    docs = _docs(making, minister, (plain, making.gold(plain)), (short, making.gold(short)))
    docs.append(NLP.make_doc(""))

    assert _packed(docs) == DocBin(attrs=ATTRS, store_user_data=True, docs=docs).to_bytes()


def test_srsly_registries_are_restored_after_caching() -> None:
    """Inside, srsly has the extensions it had at the start; afterwards it looks again, also after an error."""
    known, inside = msgpack_encoders.get_all(), list[object]()
    with pytest.raises(ZeroDivisionError), cache_extensions():
        inside.append(msgpack_encoders.get_all() if 1 / len(inside) else None)
    with cache_extensions():
        inside.append(msgpack_encoders.get_all())

    with cache_extensions():
        with cache_extensions():
            pass
        assert "get_all" in vars(msgpack_encoders)
    assert inside == [known]
    assert "get_all" not in vars(msgpack_encoders)
    assert "get_all" not in vars(msgpack_decoders)
    assert msgpack_encoders.get_all() == known
