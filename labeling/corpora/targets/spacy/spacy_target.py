"""spaCy as a target: shards of docs, and what spaCy needs to train from them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from labeling.annotations import relation_id
from labeling.corpora.build.ledger_entries import account_for_choices, account_for_relations, account_for_spans
from labeling.corpora.targets.shared_article import cached_tokenizer
from labeling.corpora.targets.spacy.docbin import ShardPacker, ShardWriter, list_shards, make_doc, read_shard
from labeling.corpora.targets.spacy.relation_pairs import REL, RelationPairBuilder, explain_omission
from labeling.corpora.targets.spacy.srsly_insides import cache_extensions
from labeling.corpora.targets.spacy.training_files import (
    EXPECTED_WARNINGS,
    TRAINING_OUTPUTS,
    list_learnable_options,
    write_training_files,
)
from labeling.corpora.targets.target import HeldArticle, StoredCopy, Target
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.corpora.targets.target import Recipe
    from labeling.ledger import LedgerEntry
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import SplitName

_SPACY: Final = "spacy"


class _DocPieceBuilder:
    """The docs of one piece, in one shard of each kind a split."""

    def __init__(self, recipe: Recipe) -> None:
        self._schema = recipe.schema
        # Its tables are made once a piece: they depend on the schema, and articles are many.
        self._pairs = RelationPairBuilder(recipe.schema, recipe.policies.relation_distance)
        self._packers: dict[SplitName, ShardPacker] = {}

    def add(self, shared: SharedArticle, split: SplitName) -> HeldArticle:
        """Pack the reference ``Doc`` of an article."""
        doc = make_doc(shared.tokens, shared.edges, shared.article, shared.gold, shared.flat, self._schema)
        # The view needs the entities, so that it is made of the finished doc.
        doc.user_data[REL] = self._pairs.build(doc, shared.gold)  # type: ignore[index]  # spaCy's own keys are tuples
        self._packers.setdefault(split, ShardPacker()).add(doc)
        return HeldArticle(_account_for(shared), shared.form)

    def parts(self) -> dict[SplitName, Mapping[str, bytes]]:
        """The shards, by split and kind."""
        return {split: packer.shards() for split, packer in self._packers.items()}


def _account_for(shared: SharedArticle) -> list[LedgerEntry]:
    gold, left = shared.gold, shared.flat.left
    # Every relation is exact in user_data; those outside the view keep the outcome and have the reason.
    omitted = {relation_id(each): explain_omission(each, left) for each in gold.relations}
    return [
        *account_for_spans(gold, _SPACY, left, shared.cut),
        *account_for_relations(gold, _SPACY, omitted),
        *account_for_choices(gold, _SPACY),
    ]


class _DocFolderWriter:
    """Writes the shards of every split, then the training files."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder, self._recipe = folder, recipe
        self._shards = {split: ShardWriter(folder / split) for split in SPLITS}

    def add(self, split: SplitName, part: Mapping[str, bytes]) -> None:
        """Write the next shards of a split."""
        self._shards[split].add(part)

    def close(self) -> None:
        """Write what training needs.

        Raises:
            ProjectFileError: spaCy has no rule-based tokenizer for the language.
        """
        # An empty split gets its empty shard, then the training files find all splits.
        for shards in self._shards.values():
            shards.close()
        tokenizer = cached_tokenizer(self._recipe.language, self._recipe.tokenizer)
        write_training_files(self._folder, tokenizer, self._recipe.schema, self._recipe.vectors)


def _list_docbin_copies(folder: Path) -> list[StoredCopy]:
    readers = [(split, partial(read_shard, shard)) for split in SPLITS for shard in list_shards(folder / split)]
    return [StoredCopy(_SPACY, readers, slow=True)]


def _card_values(schema: Schema) -> dict[str, object]:
    """For the card: the warnings of spaCy that are expected, and whether there is a text classifier to train."""
    options = list_learnable_options({each.name: ("",) for each in schema.choices})
    return {"expected": EXPECTED_WARNINGS, "learns_choices": bool(options)}


SPACY: Final = Target(
    name=_SPACY,
    title="spaCy",
    outcomes={
        "span": ("kept", "split", "span_only", "left_out", "lost"),
        "relation": ("kept", "left_out", "lost"),
        "choice": ("kept", "left_out", "lost"),
    },
    packages=("spacy",),
    build=_DocPieceBuilder,
    open_writer=_DocFolderWriter,
    copies=_list_docbin_copies,
    templates="labeling.corpora.targets.spacy",
    card_values=_card_values,
    trained=TRAINING_OUTPUTS,
    session=cache_extensions,
)
