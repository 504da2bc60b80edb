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
from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.build.counts import SplitCounter
from labeling.corpora.build.flat_layer import choose_flat_layer, stack_layers
from labeling.corpora.build.ledger_entries import (
    HUGGINGFACE,
    SPACY,
    LedgerTally,
    TargetName,
    account_for_gold,
    find_lost,
    make_left_out_entry,
    refuse_lost,
)
from labeling.corpora.targets.huggingface.arrow_columns import ArrowRow, make_batch
from labeling.corpora.targets.huggingface.dataset import explain_untagged, tag_tokens
from labeling.corpora.targets.spacy.docbin import ShardPacker, make_doc
from labeling.corpora.targets.spacy.docbin_writer import cache_extensions
from labeling.corpora.targets.spacy.relation_pairs import REL, RelationPairBuilder
from labeling.ledger import check_balances, list_things
from labeling.tokens import inner_boundaries, make_tokenizer, token_edges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from spacy.language import Language
    from spacy.tokens import Doc

    from labeling.annotations import ThingKind
    from labeling.ledger import LedgerEntry
    from labeling.project import Policies
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import SplitName

TARGETS: tuple[TargetName, ...] = (SPACY, HUGGINGFACE)
# Half a second's work: enough to outweigh its journey to another process, little enough to be held in memory.
_PIECE_CHARACTERS = 500_000
# A tokenizer remembers every word it has met, half a kilobyte each: with so many it gives way to a new one.
_MOST_WORDS = 150_000


@dataclass(frozen=True)
class PlacedArticle:
    """An article with its gold and the split it goes to.

    ``aside`` has what of gold is left out, by what it is and its id, with the reason: it is in the account only.
    """

    article: Article
    gold: Gold
    aside: Mapping[tuple[ThingKind, str], str]
    split: SplitName

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process as JSON, which pydantic reads and writes many times as fast as pickles."""
        return _restore_placed, (self.article.model_dump_json(), self.gold.model_dump_json(), self.aside, self.split)


def _restore_placed(
    article: str, gold: str, aside: Mapping[tuple[ThingKind, str], str], split: SplitName
) -> PlacedArticle:
    return PlacedArticle(Article.model_validate_json(article), Gold.model_validate_json(gold), aside, split)


@dataclass(frozen=True)
class Recipe:
    """What shapes a dataset, besides its gold: everything a process needs to know. ``columns`` are Arrow's."""

    language: str
    schema: Schema
    policies: Policies
    columns: pa.Schema


@dataclass
class SplitPart:
    """What a piece adds to one split: rows, shards of docs by their kind, and what was counted.

    ``prints`` has the fingerprint of what gold says of each article.
    """

    rows: pa.RecordBatch | None = None
    shards: dict[str, bytes] = field(default_factory=dict)
    counts: SplitCounter = field(default_factory=SplitCounter)
    prints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConvertedPiece:
    """What became of a piece: its lines of the ledger, those counted, and its part of each split."""

    lines: str
    tally: LedgerTally
    parts: Mapping[SplitName, SplitPart]


def cut_into_pieces(placed: Iterable[PlacedArticle]) -> Iterator[tuple[PlacedArticle, ...]]:
    """Cut the articles into pieces, the same whoever makes them."""
    piece, characters = list[PlacedArticle](), 0
    for each in placed:
        piece.append(each)
        characters += len(each.article.text)
        if characters >= _PIECE_CHARACTERS:
            yield tuple(piece)
            piece, characters = [], 0
    if piece:
        yield tuple(piece)


@cache_extensions()
def convert_piece(recipe: Recipe, piece: Sequence[PlacedArticle]) -> ConvertedPiece:
    """Make a piece.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
        SpansLost: Gold has something that the text or the schema does not bear out.
        LedgerUnbalanced: Something of gold has no outcome; a fault of the program.
    """
    maker = _PieceConverter(recipe)
    entries = [entry for placed in piece for entry in maker.add(placed)]
    tally = LedgerTally()
    lines = "".join(f"{entry.line()}\n" for entry in tally.counting(entries))
    made = ConvertedPiece(lines, tally, maker.parts())
    if len(cached_tokenizer(recipe.language).vocab) > _MOST_WORDS:
        cached_tokenizer.cache_clear()
    return made


@lru_cache(maxsize=1)
def cached_tokenizer(language: str) -> Language:
    """The tokenizer of that language, made once for many pieces: it takes as long as a hundred articles.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
    """
    return make_tokenizer(language)


class _PieceConverter:
    """Holds what the articles of one piece have become."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._nlp = recipe, cached_tokenizer(recipe.language)
        self._pairing = RelationPairBuilder(recipe.schema, recipe.policies.relation_distance)
        self._rows: dict[SplitName, list[ArrowRow]] = {}
        self._packs: dict[SplitName, ShardPacker] = {}
        self._parts: dict[SplitName, SplitPart] = {}

    def add(self, placed: PlacedArticle) -> list[LedgerEntry]:
        """Turn one article into what every target holds; return the second account of its gold."""
        article, gold, labels = placed.article, placed.gold, self._recipe.schema.label_names
        refuse_lost(find_lost(article, gold, self._recipe.schema))
        tokens, layer = self._nlp.make_doc(article.text), choose_flat_layer(article.text, gold, labels)
        where = token_edges(tokens)
        stack = stack_layers(article.text, gold, layer, labels, self._recipe.policies.tag_layers)
        tags = [tag_tokens(where, each, labels) for each in stack]
        starts, ends = inner_boundaries(where, ((span.start, span.end) for span in gold.spans))
        cut = {span.id for span in gold.spans if span.start in starts or span.end in ends}
        doc = make_doc(tokens, where, article, gold, layer, self._recipe.schema)
        content = make_canonical_form(article, gold)
        doc.user_data[REL] = self._pairing.of(doc, gold)  # type: ignore[index]  # spaCy's own keys are tuples
        row = ArrowRow(article.text, where, [each.tags for each in tags], content)
        self._keep(placed, doc, row, content.fingerprint, len(tokens))
        return _balance_entries(
            placed,
            [
                *account_for_gold(gold, SPACY, layer.left, cut),
                *account_for_gold(gold, HUGGINGFACE, explain_untagged(stack, tags), ()),
            ],
        )

    def _keep(self, placed: PlacedArticle, doc: Doc, row: ArrowRow, fingerprint: str, tokens: int) -> None:
        part = self._parts.setdefault(placed.split, SplitPart())
        part.counts.count(placed.article, placed.gold, tokens)
        part.prints[placed.article.id] = fingerprint
        self._packs.setdefault(placed.split, ShardPacker()).add(doc)
        self._rows.setdefault(placed.split, []).append(row)

    def parts(self) -> dict[SplitName, SplitPart]:
        """The parts, packed."""
        for split, part in self._parts.items():
            part.shards = self._packs[split].shards()
            part.rows = make_batch(self._rows[split], self._recipe.columns)
        return self._parts


def _balance_entries(placed: PlacedArticle, entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """The entries of an article with those for what was left out, if they balance."""
    gold = placed.gold
    entries += [
        make_left_out_entry(gold, *thing, stage, reason) for stage in TARGETS for thing, reason in placed.aside.items()
    ]
    check_balances(TARGETS, [*list_things(gold), *((gold.article, "", *thing) for thing in placed.aside)], entries)
    return entries
