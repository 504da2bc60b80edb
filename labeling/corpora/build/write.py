"""One gold, every target: all targets written side by side, from the same tokens and the same flat layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from labeling.corpora.build.counts import SplitCounter, SplitCounts
from labeling.workspace.rows.assignment import SPLITS, SplitName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labeling.corpora.build.convert import ConvertedPiece
    from labeling.corpora.targets.target import Recipe

# The fingerprint of what is known of each article, by split and article.
Fingerprints: TypeAlias = "Mapping[tuple[SplitName, str], str]"


class DatasetWriter:
    """Writes all targets of a dataset, piece by piece, and counts what went into each split.

    ``prints`` has the fingerprint of the gold of each article, by split and article.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Make a folder for each target under ``folder``."""
        self.prints: dict[tuple[SplitName, str], str] = {}
        self._held: dict[str, dict[tuple[SplitName, str], str]] = {target.name: {} for target in recipe.targets}
        self._labels = recipe.schema.label_names
        self._writers = {target.name: target.open_writer(folder / target.name, recipe) for target in recipe.targets}
        self._counts = {split: SplitCounter() for split in SPLITS}

    def add(self, converted: ConvertedPiece) -> None:
        """Write one piece to every target."""
        for split, part in converted.parts.items():
            # A split's part of a piece goes to all targets before the next: all have the articles in one order.
            for name, content in part.parts.items():
                self._writers[name].add(split, content)
            self._counts[split].add(part.counts)
            self.prints.update({(split, article): fingerprint for article, fingerprint in part.prints.items()})
            for name, prints in part.held.items():
                self._held[name].update({(split, article): fingerprint for article, fingerprint in prints.items()})

    def expected(self, target: str) -> Fingerprints:
        """The fingerprints that the target of that name must give back: those of gold, unless it holds only a part."""
        held = self._held[target]
        # A corpus may have millions of articles: the fingerprints are copied only where some of them differ.
        return {**self.prints, **held} if held else self.prints

    def close(self) -> dict[str, SplitCounts]:
        """Finish every file; return what each split holds.

        Raises:
            ProjectFileError: spaCy has no rule-based tokenizer for the language.
        """
        # Some files are complete only now: the footer of a table, the empty shard of an empty split.
        for writer in self._writers.values():
            writer.close()
        return {split: self._counts[split].split(self._labels) for split in SPLITS}
