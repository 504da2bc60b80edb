"""Convert a piece of the work: articles with their gold go in, what is written to every target comes out.

Pieces are converted one by one, in this process or in others; what a piece becomes depends on nothing but the piece and
the recipe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import Gold
from labeling.articles import Article
from labeling.corpora.build.counts import SplitCounter
from labeling.corpora.build.ledger_entries import LedgerTally, find_lost, make_left_out_entry, refuse_lost
from labeling.corpora.targets.shared_article import SharedArticle, cached_tokenizer, share_article
from labeling.corpora.targets.target import open_sessions
from labeling.ledger import check_balances, list_things

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import ThingKind
    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.targets.target import HeldArticle, Recipe, Target
    from labeling.ledger import LedgerEntry
    from labeling.workspace.rows.assignment import SplitName

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


@dataclass
class SplitPart:
    """What a piece adds to one split: a part for each target, by its name, and what was counted.

    ``prints`` has the fingerprint of the gold of each article. ``held`` has those that a target is to give back in
    their place, by target and article: only of targets that do not hold all of gold.
    """

    parts: dict[str, Any] = field(default_factory=dict)
    counts: SplitCounter = field(default_factory=SplitCounter)
    prints: dict[str, str] = field(default_factory=dict)
    held: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ConvertedPiece:
    """What became of a piece: its lines of the ledger, those counted, and its part of each split."""

    lines: str
    tally: LedgerTally
    parts: Mapping[SplitName, SplitPart]


def cut_into_pieces(placed: Iterable[PlacedArticle]) -> Iterator[tuple[PlacedArticle, ...]]:
    """Cut the articles into pieces, the same whoever converts them."""
    piece: list[PlacedArticle] = []
    characters = 0
    for each in placed:
        piece.append(each)
        characters += len(each.article.text)
        # By characters and not by articles, so that pieces take about the same time.
        if characters >= _PIECE_CHARACTERS:
            yield tuple(piece)
            piece, characters = [], 0
    if piece:
        yield tuple(piece)


def convert_piece(recipe: Recipe, piece: Sequence[PlacedArticle]) -> ConvertedPiece:
    """Convert a piece.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
        SpansLost: Gold has something that the text or the schema does not bear out.
        LedgerUnbalanced: Something of gold has no outcome; a fault of the program.
    """
    with open_sessions(recipe.targets):
        converter = _PieceConverter(recipe)
        entries = [entry for placed in piece for entry in converter.add(placed)]
        tally = LedgerTally()
        lines = "".join(f"{entry.line()}\n" for entry in tally.counting(entries))
        converted = ConvertedPiece(lines, tally, converter.parts())
    # Between two pieces, and not within one: the docs of a piece share a vocabulary.
    if len(cached_tokenizer(recipe.language, recipe.tokenizer).vocab) > _MOST_WORDS:
        cached_tokenizer.cache_clear()
    return converted


def convert_alone(recipe: Recipe, target: Target, placed: PlacedArticle) -> CanonicalForm:
    """The canonical form that one target is to give back of one article."""
    return target.build(recipe).add(_share_placed(recipe, placed), placed.split).form


def _share_placed(recipe: Recipe, placed: PlacedArticle) -> SharedArticle:
    nlp = cached_tokenizer(recipe.language, recipe.tokenizer)
    return share_article(placed.article, placed.gold, nlp, recipe.schema, recipe.policies)


class _PieceConverter:
    """Holds what the articles of one piece have become."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._builders = [(target.name, target.build(recipe)) for target in recipe.targets]
        self._parts: dict[SplitName, SplitPart] = {}

    def add(self, placed: PlacedArticle) -> list[LedgerEntry]:
        """Turn one article into what every target holds; return the second account of its gold."""
        refuse_lost(find_lost(placed.article, placed.gold, self._recipe.schema))
        # Tokens and layers are worked out once, then every target takes from them what it needs.
        shared = _share_placed(self._recipe, placed)
        held = {name: builder.add(shared, placed.split) for name, builder in self._builders}
        self._count(placed, shared, held)
        return _balance_entries(placed, held)

    def _count(self, placed: PlacedArticle, shared: SharedArticle, held: Mapping[str, HeldArticle]) -> None:
        part = self._parts.setdefault(placed.split, SplitPart())
        part.counts.count(placed.article, placed.gold, len(shared.tokens))
        part.prints[placed.article.id] = shared.form.fingerprint
        for name, each in held.items():
            # A target that holds everything has the form of gold itself, whose fingerprint is known.
            if each.form is not shared.form:
                part.held.setdefault(name, {})[placed.article.id] = each.form.fingerprint

    def parts(self) -> dict[SplitName, SplitPart]:
        """The parts, packed."""
        for name, builder in self._builders:
            for split, content in builder.parts().items():
                self._parts[split].parts[name] = content
        return self._parts


def _balance_entries(placed: PlacedArticle, held: Mapping[str, HeldArticle]) -> list[LedgerEntry]:
    """The entries of an article in every account, with those for what was left out, if they balance."""
    gold = placed.gold
    # The order of the file: one target after the other, what was left out behind them.
    entries = [entry for each in held.values() for entry in each.entries]
    entries += [
        make_left_out_entry(gold, *thing, stage, reason) for stage in held for thing, reason in placed.aside.items()
    ]
    aside = [(gold.article, "", *thing) for thing in placed.aside]
    check_balances([*held], [*list_things(gold), *aside], entries)
    return entries
