"""Hugging Face as a target: the same rows as Arrow and as Parquet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from labeling.corpora.build.ledger_entries import account_for_choices, account_for_relations, account_for_spans
from labeling.corpora.targets.huggingface.arrow_columns import ArrowRow, make_batch
from labeling.corpora.targets.huggingface.dataset import (
    ARROW,
    PARQUET,
    TableWriter,
    list_unlike_columns,
    make_features,
    read_arrow,
    read_parquet,
    read_texts,
    write_dataset_dict,
)
from labeling.corpora.targets.huggingface.public_tables import PublicFolderWriter
from labeling.corpora.targets.public_api import wants_public_api
from labeling.corpora.targets.target import HeldArticle, StoredCopy, Target
from labeling.corpora.targets.token_tags import explain_untagged, tag_tokens
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.corpora.targets.target import Recipe
    from labeling.workspace.rows.assignment import SplitName

_HUGGINGFACE: Final = "huggingface"


class _RowPieceBuilder:
    """The rows of one piece, in one batch a split."""

    def __init__(self, recipe: Recipe) -> None:
        self._labels, self._unasked = recipe.schema.label_names, recipe.unasked
        self._rows: dict[SplitName, list[ArrowRow]] = {}

    def add(self, shared: SharedArticle, split: SplitName) -> HeldArticle:
        """Keep the row of an article, its tags worked out."""
        # A tag for each token in each layer, the flat one first.
        tags = [tag_tokens(shared.edges, layer, self._labels) for layer in shared.layers]
        # Kept as it is until the piece is complete: Arrow takes whole columns.
        row = ArrowRow(shared.article.text, shared.edges, [each.tags for each in tags], shared.form)
        self._rows.setdefault(split, []).append(row)
        entries = [
            *account_for_spans(shared.gold, _HUGGINGFACE, explain_untagged(shared.layers, tags)),
            *account_for_relations(shared.gold, _HUGGINGFACE),
            *account_for_choices(shared.gold, _HUGGINGFACE),
        ]
        return HeldArticle(entries, shared.form)

    def parts(self) -> dict[SplitName, pa.RecordBatch]:
        """The rows in Arrow's form."""
        # Fixed by the schema: a label without a span has its number all the same.
        columns = make_features(self._labels, unasked=self._unasked).arrow_schema
        return {split: make_batch(rows, columns) for split, rows in self._rows.items()}


class _TableFolderWriter:
    """Writes both tables of every split, then the file that makes them one dataset."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder = folder
        labels = recipe.schema.label_names
        self._tables = {split: TableWriter(folder, split, labels, unasked=recipe.unasked) for split in SPLITS}

    def add(self, split: SplitName, part: pa.RecordBatch) -> None:
        """Append rows to both tables of a split."""
        self._tables[split].add(part)

    def close(self) -> None:
        """Write what is left."""
        # The splits first: what makes them one dataset names them.
        for table in self._tables.values():
            table.close()
        write_dataset_dict(self._folder)


def _open_tables(folder: Path, recipe: Recipe) -> _TableFolderWriter | PublicFolderWriter:
    return PublicFolderWriter(folder, recipe) if wants_public_api() else _TableFolderWriter(folder, recipe)


def _list_table_copies(folder: Path) -> list[StoredCopy]:
    arrow = [(split, partial(read_arrow, folder, split)) for split in SPLITS]
    parquet = [(split, partial(read_parquet, folder, split)) for split in SPLITS]
    # Parquet was written from the rows that Arrow has: the one is compared with gold, the other with the first.
    original = f"{_HUGGINGFACE}/{ARROW}"
    return [
        StoredCopy(original, arrow),
        StoredCopy(f"{_HUGGINGFACE}/{PARQUET}", parquet, original=original, unlike=partial(_list_unlike, folder)),
    ]


def _list_unlike(folder: Path) -> dict[SplitName, list[str]]:
    """The columns in which Parquet is not Arrow, by split, where there are any: tokens and tags as well."""
    return {split: columns for split in SPLITS if (columns := list_unlike_columns(folder, split))}


HUGGINGFACE: Final = Target(
    name=_HUGGINGFACE,
    title="Hugging Face",
    outcomes={
        "span": ("kept", "span_only", "left_out", "lost"),
        "relation": ("kept", "left_out", "lost"),
        "choice": ("kept", "left_out", "lost"),
    },
    packages=("datasets", "pyarrow"),
    build=_RowPieceBuilder,
    open_writer=_open_tables,
    copies=_list_table_copies,
    templates="labeling.corpora.targets.huggingface",
    texts=read_texts,
)
