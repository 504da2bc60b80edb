"""One gold, two datasets: both targets written side by side, from the same tokens and the same flat layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.build.convert import cached_tokenizer
from labeling.corpora.build.counts import SplitCounter, SplitCounts
from labeling.corpora.build.ledger_entries import HUGGINGFACE, SPACY
from labeling.corpora.targets.huggingface.dataset import TableWriter, write_dataset_dict
from labeling.corpora.targets.spacy.docbin import ShardWriter
from labeling.corpora.targets.spacy.training_files import write_training_files
from labeling.workspace.rows.assignment import SPLITS, SplitName

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.corpora.build.convert import ConvertedPiece, Recipe


class DatasetWriter:
    """Writes both targets of a dataset, piece by piece, and counts what went into each split.

    ``prints`` has the fingerprint of what gold says of each article, by split and article.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Make ``spacy/`` and ``huggingface/`` under ``folder``."""
        self.prints: dict[tuple[SplitName, str], str] = {}
        self._folder, self._recipe = folder, recipe
        self._shards = {split: ShardWriter(folder / SPACY / split) for split in SPLITS}
        labels = recipe.schema.label_names
        self._tables = {split: TableWriter(folder / HUGGINGFACE, split, labels) for split in SPLITS}
        self._counts = {split: SplitCounter() for split in SPLITS}

    def add(self, made: ConvertedPiece) -> None:
        """Write one piece to both targets."""
        for split, part in made.parts.items():
            self._shards[split].add(part.shards)
            self._tables[split].add(part.rows)
            self._counts[split].add(part.counts)
            self.prints.update({(split, article): fingerprint for article, fingerprint in part.prints.items()})

    def close(self) -> dict[str, SplitCounts]:
        """Finish every file; return what each split holds.

        Raises:
            ProjectFileError: spaCy has no rule-based tokenizer for the language.
        """
        for split in SPLITS:
            self._shards[split].close()
            self._tables[split].close()
        write_dataset_dict(self._folder / HUGGINGFACE)
        write_training_files(self._folder / SPACY, cached_tokenizer(self._recipe.language), self._recipe.schema)
        return {split: self._counts[split].split(self._recipe.schema.label_names) for split in SPLITS}
