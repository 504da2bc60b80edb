"""A piece of a dataset in the making: articles with their gold go in, what is to be written to every target comes out.

Pieces are made one by one, in this process or in others; what a piece becomes depends on nothing but the piece and the
recipe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from labeling.annotations import Gold
from labeling.articles import Article
from labeling.corpora.build.canonical import content_of
from labeling.corpora.build.counts import Counts
from labeling.corpora.build.flat_layer import flat_layer, layers
from labeling.corpora.build.ledger_entries import (
    HUGGINGFACE,
    SPACY,
    Tally,
    Target,
    account,
    left_out,
    lost_from,
    refuse_lost,
)
from labeling.corpora.targets.huggingface.arrow_columns import Row, batch_of
from labeling.corpora.targets.huggingface.dataset import tagged, untagged
from labeling.corpora.targets.spacy.docbin import Pack, doc_of
from labeling.corpora.targets.spacy.docbin_writer import extensions_known
from labeling.corpora.targets.spacy.relation_pairs import REL, Pairing
from labeling.ledger import check_balances, things_in
from labeling.tokens import edges, inner_boundaries, tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from spacy.language import Language
    from spacy.tokens import Doc

    from labeling.annotations import What
    from labeling.ledger import Entry
    from labeling.project import Policies
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import SplitName

TARGETS: tuple[Target, ...] = (SPACY, HUGGINGFACE)
# Half a second's work: enough to outweigh its journey to another process, little enough to be held in memory.
_PIECE_CHARACTERS = 500_000
# A tokenizer remembers every word it has met, half a kilobyte each: with so many it gives way to a new one.
_MOST_WORDS = 150_000


@dataclass(frozen=True)
class Placed:
    """An article with its gold and the split it goes to.

    ``aside`` has what of gold is left out, by what it is and its id, with the reason: it is in the account only.
    """

    article: Article
    gold: Gold
    aside: Mapping[tuple[What, str], str]
    split: SplitName

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process as JSON, which pydantic reads and writes many times as fast as pickles."""
        return _placed, (self.article.model_dump_json(), self.gold.model_dump_json(), self.aside, self.split)


def _placed(article: str, gold: str, aside: Mapping[tuple[What, str], str], split: SplitName) -> Placed:
    return Placed(Article.model_validate_json(article), Gold.model_validate_json(gold), aside, split)


@dataclass(frozen=True)
class Recipe:
    """What shapes a dataset, besides its gold: everything a process needs to know. ``columns`` are Arrow's."""

    language: str
    schema: Schema
    policies: Policies
    columns: pa.Schema


@dataclass
class Part:
    """What a piece adds to one split: rows, shards of docs by their kind, and what was counted.

    ``prints`` has the fingerprint of what gold says of each article.
    """

    rows: pa.RecordBatch | None = None
    shards: dict[str, bytes] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    prints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What became of a piece: its lines of the ledger, those counted, and its part of each split."""

    lines: str
    tally: Tally
    parts: Mapping[SplitName, Part]


def pieces(placed: Iterable[Placed]) -> Iterator[tuple[Placed, ...]]:
    """Cut the articles into pieces, the same whoever makes them."""
    piece, characters = list[Placed](), 0
    for each in placed:
        piece.append(each)
        characters += len(each.article.text)
        if characters >= _PIECE_CHARACTERS:
            yield tuple(piece)
            piece, characters = [], 0
    if piece:
        yield tuple(piece)


@extensions_known()
def make(recipe: Recipe, piece: Sequence[Placed]) -> Made:
    """Make a piece.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
        SpansLost: Gold has something that the text or the schema does not bear out.
        LedgerUnbalanced: Something of gold has no outcome; a fault of the program.
    """
    maker = _Maker(recipe)
    entries = [entry for placed in piece for entry in maker.add(placed)]
    tally = Tally()
    lines = "".join(f"{entry.line()}\n" for entry in tally.counting(entries))
    made = Made(lines, tally, maker.parts())
    if len(tokenizer_of(recipe.language).vocab) > _MOST_WORDS:
        tokenizer_of.cache_clear()
    return made


@lru_cache(maxsize=1)
def tokenizer_of(language: str) -> Language:
    """The tokenizer of that language, made once for many pieces: it takes as long as a hundred articles.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
    """
    return tokenizer(language)


class _Maker:
    """Holds what the articles of one piece have become."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._nlp = recipe, tokenizer_of(recipe.language)
        self._pairing = Pairing(recipe.schema, recipe.policies.relation_distance)
        self._rows: dict[SplitName, list[Row]] = {}
        self._packs: dict[SplitName, Pack] = {}
        self._parts: dict[SplitName, Part] = {}

    def add(self, placed: Placed) -> list[Entry]:
        """Turn one article into what every target holds; return the second account of its gold."""
        article, gold, labels = placed.article, placed.gold, self._recipe.schema.label_names
        refuse_lost(lost_from(article, gold, self._recipe.schema))
        tokens, layer = self._nlp.make_doc(article.text), flat_layer(article.text, gold, labels)
        where = edges(tokens)
        stack = layers(article.text, gold, layer, labels, self._recipe.policies.tag_layers)
        tags = [tagged(where, each, labels) for each in stack]
        starts, ends = inner_boundaries(where, ((span.start, span.end) for span in gold.spans))
        cut = {span.id for span in gold.spans if span.start in starts or span.end in ends}
        doc = doc_of(tokens, where, article, gold, layer, self._recipe.schema)
        content = content_of(article, gold)
        doc.user_data[REL] = self._pairing.of(doc, gold)  # type: ignore[index]  # spaCy's own keys are tuples
        row = Row(article.text, where, [each.tags for each in tags], content)
        self._keep(placed, doc, row, content.fingerprint, len(tokens))
        return _accounted(
            placed,
            [*account(gold, SPACY, layer.left, cut), *account(gold, HUGGINGFACE, untagged(stack, tags), ())],
        )

    def _keep(self, placed: Placed, doc: Doc, row: Row, fingerprint: str, tokens: int) -> None:
        part = self._parts.setdefault(placed.split, Part())
        part.counts.count(placed.article, placed.gold, tokens)
        part.prints[placed.article.id] = fingerprint
        self._packs.setdefault(placed.split, Pack()).add(doc)
        self._rows.setdefault(placed.split, []).append(row)

    def parts(self) -> dict[SplitName, Part]:
        """The parts, packed."""
        for split, part in self._parts.items():
            part.shards = self._packs[split].shards()
            part.rows = batch_of(self._rows[split], self._recipe.columns)
        return self._parts


def _accounted(placed: Placed, entries: list[Entry]) -> list[Entry]:
    """The entries of an article with those for what was left out, if they balance."""
    gold = placed.gold
    entries += [left_out(gold, *thing, stage, reason) for stage in TARGETS for thing, reason in placed.aside.items()]
    check_balances(TARGETS, [*things_in(gold), *((gold.article, "", *thing) for thing in placed.aside)], entries)
    return entries
