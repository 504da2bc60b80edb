"""The articles of a dataset by split, with their gold: what models are measured on, and what they were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.errors import CorpusChanged, TrainingError
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.workspace.rows.assignment import SplitName
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class SplitData:
    """The articles that have usable gold and a split.

    ``articles`` and ``gold`` are read from the disk when they are asked for; ``leak_groups`` has, by split, the leak
    group of each article.
    """

    articles: Mapping[str, Article]
    gold: Mapping[str, Gold]
    leak_groups: Mapping[SplitName, Mapping[str, str]]

    def read(self, split: SplitName) -> Iterator[tuple[Article, Gold]]:
        """The articles of a split with their gold, one at a time, by id."""
        for name in sorted(self.leak_groups[split]):
            if name in self.articles:
                yield self.articles[name], self.gold[name]

    def read_test(self) -> list[tuple[Article, Gold]]:
        """The articles of the test split, which is small enough for memory: people annotated it.

        Raises:
            TrainingError: The split has none.
        """
        test = list(self.read("test"))
        if not test:
            raise TrainingError(
                "the test split holds no article", todo="annotate more articles, split, compile and train"
            )
        return test


def read_split_data(workspace: Workspace) -> SplitData:
    """Read the splits, and open articles and gold.

    Raises:
        MissingInput: Something was not written yet.
        DamagedFile: A file has a line that is not a row of it.
    """
    # A pass over gold for the names alone: texts and spans stay on the disk.
    usable = {row.article for row in workspace.gold.rows() if row.usable}
    leak_groups: dict[SplitName, dict[str, str]] = {"train": {}, "dev": {}, "test": {}}
    for row in workspace.splits.rows():
        if row.split and row.article in usable:
            leak_groups[row.split][row.article] = row.leak_group
    return SplitData(workspace.articles.by("id"), workspace.gold.by("article"), leak_groups)


def refuse_changed_gold(workspace: Workspace) -> None:
    """See that gold and splits are those of the compile: else the test split may hold what a model was trained on.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
    """
    manifest = read_value(workspace.latest / MANIFEST, Manifest)
    # Digests of the files as they are now, against those that the manifest recorded.
    changed = [
        path.name
        for path in (workspace.gold.path, workspace.splits.path)
        if describe_input(path) != manifest.inputs.get(path.name)
    ]
    if changed:
        raise CorpusChanged(
            f"{' and '.join(changed)} changed since {workspace.latest.resolve().name} was compiled",
            todo="run `labeling compile` and `labeling train` again, then evaluate",
            where=str(workspace.latest),
        )
