"""Shards of docs by spaCy's public API alone, and the canonical form of a doc, however it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.corpora.build.canonical import CanonicalForm, describe_digest, sort_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spacy.tokens import Doc, DocBin

    from labeling.corpora.build.canonical import SpanFact

# The key of spaCy's span categoriser.
SPANS = "sc"


class PublicDocBinBuilder:
    """A ``DocBin`` in the making, as spaCy itself fills it."""

    def __init__(self, attributes: Sequence[str]) -> None:
        """Hold nothing yet; ``attributes`` is what is stored of each token."""
        from spacy.tokens import DocBin

        self._bin = DocBin(attrs=attributes, store_user_data=True)

    def add(self, doc: Doc) -> None:
        """Append a doc; nothing of the doc itself is kept."""
        self._bin.add(doc)

    def to_bytes(self) -> bytes:
        """The shard."""
        return self._bin.to_bytes()


def read_public_docs(shard: DocBin) -> Iterator[CanonicalForm]:
    """What every doc of a shard holds, by way of spaCy's own docs, in a vocabulary that has seen nothing."""
    from spacy.vocab import Vocab

    for doc in shard.get_docs(Vocab()):
        spans = sort_spans(_spans_of(doc, frozenset(doc.user_data["unsure"])))
        yield make_doc_form(doc.text, spans, doc.cats, doc.user_data)


def _spans_of(doc: Doc, unsure: frozenset[str]) -> Iterator[SpanFact]:
    """The spans of a doc, and whatever else it has: places that differ by tokens, entities that are not spans."""
    known = set[tuple[int, int, str, str]]()
    for span in doc.spans.get(SPANS, ()):
        place = span.start_char, span.end_char
        known.add((*place, span.label_, span.id_))
        yield span.id_, *place, span.label_, span.id_ in unsure
        if (by_tokens := (doc[span.start].idx, _end_of(doc, span.end - 1))) != place:
            yield span.id_, *by_tokens, f"{span.label_}, by its tokens", span.id_ in unsure
    # The flat layer repeats spans; what it has besides them is not gold's.
    for ent in doc.ents:
        if (ent.start_char, ent.end_char, ent.label_, ent.ent_id_) not in known:
            yield ent.ent_id_, ent.start_char, ent.end_char, f"{ent.label_}, an entity", ent.ent_id_ in unsure


def _end_of(doc: Doc, token: int) -> int:
    end: int = doc[token].idx + len(doc[token])
    return end


def make_doc_form(
    text: str, spans: Iterable[SpanFact], cats: Mapping[str, float], data: Mapping[Any, Any]
) -> CanonicalForm:
    """The canonical form of a doc with that text, these spans in order, categories and user data."""
    return CanonicalForm(
        article=data["article"],
        digest=describe_digest(text, data["digest"]),
        provenance=(data["source"], data["title"], data["published"], data["url"]),
        complete=data["complete"],
        spans=tuple(spans),
        relations=data["relations"],
        choices=tuple(sorted(name for name, score in cats.items() if score > 0)),
        open=data["open"],
        open_choices=data["open_choices"],
        unasked=tuple(data.get("unasked", ())),
    )
