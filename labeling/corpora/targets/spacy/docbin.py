"""spaCy's format: one ``Doc`` an article, in shards of ``DocBin``.

``doc.spans["sc"]`` holds every span of gold, with its id; ``doc.ents`` the flat layer; ``doc.cats`` the choices;
``doc.user_data`` what spaCy has no place for: relations by span ids, marks of doubt, provenance. Where nothing is known
the tokens are missing, which is not O.

A split is a folder: ``complete/`` for articles of which everything is known, ``open/`` for the others. Train on the
folder for named entities; on ``complete/`` for span categorisation, which cannot learn from "not known".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.annotations import choice_id
from labeling.corpora.build.canonical import PROVENANCE, list_marked_spans
from labeling.corpora.targets.public_api import wants_public_api
from labeling.corpora.targets.spacy.docbin_insides import DocBinBuilder, read_docs
from labeling.corpora.targets.spacy.docbin_public import SPANS, PublicDocBinBuilder, read_public_docs
from labeling.tokens import cut_tokens, token_edges, tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spacy.tokens import Doc, Span

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.build.flat_layer import FlatLayer
    from labeling.schema import Schema
    from labeling.tokens import TokenEdges

COMPLETE, OPEN = "complete", "open"
_STORED = ("ENT_IOB", "ENT_TYPE", "ENT_ID")


def make_doc(tokens: Doc, where: TokenEdges, article: Article, gold: Gold, layer: FlatLayer, schema: Schema) -> Doc:
    """The reference ``Doc`` of an article.

    Args:
        tokens: The article's text as the tokenizer cuts it. Where a span starts or ends inside a token, the reference
            has that token cut.
        where: The edges of these tokens.
        article: The article.
        gold: Its gold, with every span inside the text and every label in the schema.
        layer: The flat layer of that gold.
        schema: Names the options of each choice.
    """
    doc = cut_tokens(tokens, where, ((span.start, span.end) for span in gold.spans))
    # From here on every span is whole tokens. Most articles have no token to cut, and keep their edges.
    starts, ends = where if doc is tokens else token_edges(doc)
    spans = dict(_doc_spans(doc, starts, ends, gold))
    flat = [spans[span.id] for span in layer.spans]
    unknown = {token for stretch in layer.unknown for token in tokens_touching(starts, ends, *stretch)}
    # Inside a flat span the tags are known, whatever is in dispute there.
    unknown.difference_update(token for span in flat for token in range(span.start, span.end))
    doc.set_ents(flat, missing=[doc[token : token + 1] for token in sorted(unknown)])
    doc.spans[SPANS] = list(spans.values())
    doc.cats = _cats(gold, schema)
    doc.user_data.update(_user_data(article, gold))
    return doc


def _doc_spans(doc: Doc, starts: list[int], ends: list[int], gold: Gold) -> Iterator[tuple[str, Span]]:
    """Every span by its id, in the order of the text."""
    from spacy.tokens import Span

    # In one order, whatever gold's is: the same spans are the same bytes.
    for span in sorted(gold.spans, key=lambda span: (span.start, -span.end, span.label, span.id)):
        tokens = tokens_touching(starts, ends, span.start, span.end)
        yield span.id, Span(doc, tokens.start, tokens.stop, label=span.label, span_id=span.id)


def _cats(gold: Gold, schema: Schema) -> dict[str, float]:
    """1 for what was chosen, 0 for what was not; an option in dispute, or of an unanswered question, has no entry."""
    cats: dict[str, float] = {}
    for question in schema.choices:
        chosen = gold.choices.get(question.name, ())
        # A question that takes one answer and has none was not answered; several boxes, all empty, are an answer.
        if not chosen and not question.multiple:
            continue
        for option in question.options:
            if (name := choice_id(question.name, option.name)) not in gold.open_choices:
                cats[name] = 1.0 if option.name in chosen else 0.0
    return cats


def _user_data(article: Article, gold: Gold) -> dict[str, Any]:
    return {
        "article": article.id,
        "digest": article.digest,
        **{name: getattr(article, name) for name in PROVENANCE},
        "complete": gold.complete,
        # Tuples, because that is what spaCy reads back.
        "open": tuple(sorted(gold.open)),
        "open_choices": tuple(sorted(gold.open_choices)),
        "relations": tuple(sorted((each.head, each.label, each.tail) for each in gold.relations)),
        **list_marked_spans(gold),
        # Only where there is something: all other docs are the same bytes as before there was this key.
        **({"unasked": tuple(sorted(gold.unasked))} if gold.unasked else {}),
    }


def _new_builder() -> DocBinBuilder | PublicDocBinBuilder:
    return PublicDocBinBuilder(_STORED) if wants_public_api() else DocBinBuilder(_STORED)


class ShardPacker:
    """Docs on their way into one shard of each kind."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._packed: dict[str, DocBinBuilder | PublicDocBinBuilder] = {}

    def add(self, doc: Doc) -> None:
        """Pack one doc; nothing of the doc itself is kept."""
        # Two kinds, in folders of their own: not every component can learn from an article with open stretches.
        kind = COMPLETE if doc.user_data["complete"] else OPEN
        if kind not in self._packed:
            self._packed[kind] = _new_builder()
        self._packed[kind].add(doc)

    def shards(self) -> dict[str, bytes]:
        """The bytes of a shard of each kind that any doc has."""
        return {kind: packed.to_bytes() for kind, packed in self._packed.items()}


class ShardWriter:
    """Writes the shards of one split.

    ``complete/`` always has a first shard, an empty one where there is nothing, so that an empty split is a split.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder of the split, which is made."""
        self._folder = folder
        self._written = {COMPLETE: 0, OPEN: 0}

    def add(self, shards: Mapping[str, bytes]) -> None:
        """Write the next shard of each kind."""
        for kind, content in shards.items():
            path = self._folder / kind / f"{self._written[kind]:03d}.spacy"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self._written[kind] += 1

    def close(self) -> None:
        """Write an empty first shard to ``complete/``, if nothing was written there."""
        if not self._written[COMPLETE]:
            self.add({COMPLETE: _new_builder().to_bytes()})


def list_shards(folder: Path) -> list[Path]:
    """The shards of a split's folder, of both kinds."""
    return sorted(folder.rglob("*.spacy"))


def read_shard(path: Path) -> Iterator[CanonicalForm]:
    """What every doc of a shard holds: text, spans, relations, choices, provenance."""
    from spacy.tokens import DocBin

    shard = DocBin().from_disk(path)
    yield from read_public_docs(shard) if wants_public_api() else read_docs(shard)
