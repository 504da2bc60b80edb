"""Hugging Face's format: one row an article, with features fixed by the schema and never by the data.

Each split is there twice: as Arrow, for ``load_from_disk``, and as Parquet, for ``load_dataset``. ``spans`` holds
every span of gold. ``tags`` holds the flat layer over ``tokens``, which come from the tokenizer policy alone: to cut
them where gold has boundaries would tell dev and test the answer. ``tag_layers`` holds as many layers as the project
file says, the flat one first and nested spans in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.build.canonical import PROVENANCE, RELATION_FIELDS, SPAN_FIELDS
from labeling.corpora.targets.huggingface.arrow_columns import TOKENS, read_batch
from labeling.corpora.targets.huggingface.datasets_insides import (
    ARROW_DATA,
    describe_dataset_dict,
    describe_split,
    make_compatible,
)
from labeling.corpora.targets.token_tags import tag_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from datasets import Features

    from labeling.corpora.build.canonical import CanonicalForm

ARROW, PARQUET = "arrow", "parquet"
_ROWS_A_BATCH = 256


def make_features(labels: Sequence[str], *, unasked: bool = False) -> Features:
    """The features of every row: a label that occurs nowhere has its number all the same.

    Args:
        labels: Of the schema.
        unasked: Whether there is a column for what people were not asked for yet.
    """
    from datasets import ClassLabel, Features, List, Value

    types = {str: Value("string"), int: Value("int32"), bool: Value("bool")}
    text, number = types[str], types[int]
    return Features(
        {
            "id": text,
            "text": text,
            "digest": text,
            **dict.fromkeys(PROVENANCE, text),
            "complete": types[bool],
            "spans": List({name: types[kind] for name, kind in SPAN_FIELDS.items()}),
            "relations": List(dict.fromkeys(RELATION_FIELDS, text)),
            "choices": List({"name": text, "option": text}),
            "open": List({"start": number, "end": number}),
            "open_choices": List(text),
            **({"unasked": List(text)} if unasked else {}),
            "tokens": List(text),
            "token_starts": List(number),
            "token_ends": List(number),
            "tags": List(ClassLabel(names=tag_names(labels))),
            "tag_layers": List(List(ClassLabel(names=tag_names(labels)))),
        }
    )


class TableWriter:
    """Writes the rows of one split, a piece at a time: Arrow and Parquet, in the layout of a ``DatasetDict``."""

    def __init__(self, folder: Path, split: str, labels: Sequence[str], *, unasked: bool = False) -> None:
        """Open both files of the split under ``folder``, which are made even when no row comes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Both files are open from the start: a split without rows is a file without rows, not a missing one.
        self._features = make_features(labels, unasked=unasked)
        self._schema = self._features.arrow_schema
        self._folder, self._split = folder / ARROW / split, split
        self._folder.mkdir(parents=True)
        (folder / PARQUET).mkdir(exist_ok=True)
        self._arrow = pa.ipc.new_stream(str(self._folder / ARROW_DATA), self._schema)
        parquet = folder / PARQUET / f"{split}.parquet"
        self._parquet = pq.ParquetWriter(parquet, make_compatible(self._schema))  # type: ignore[no-untyped-call]  # pyarrow is untyped

    def add(self, rows: pa.RecordBatch) -> None:
        """Append rows, in both forms."""
        import pyarrow as pa

        self._arrow.write_batch(rows)
        # The same rows; their metadata are those of the Parquet file, in the words that older versions know.
        table = pa.Table.from_batches([rows]).replace_schema_metadata(self._parquet.schema.metadata)
        self._parquet.write_table(table)  # type: ignore[no-untyped-call]  # pyarrow is untyped

    def close(self) -> None:
        """Write what is left, and the two files by which ``load_from_disk`` knows a dataset."""
        self._arrow.close()
        self._parquet.close()  # type: ignore[no-untyped-call]  # pyarrow is untyped
        describe_split(self._folder, self._split, self._features)


def write_dataset_dict(folder: Path) -> None:
    """Make the splits under ``folder`` one ``DatasetDict``."""
    describe_dataset_dict(folder / ARROW)


def read_arrow(folder: Path, split: str) -> Iterator[CanonicalForm]:
    """The canonical form of every row of a split, from the files that ``load_from_disk`` takes.

    They are read, and not mapped into memory as it does: all of a file would be counted as ours.
    """
    for batch in list_batches(folder, split):
        yield from read_batch(batch)


def list_batches(folder: Path, split: str) -> Iterator[pa.RecordBatch]:
    """The rows of a split in the batches of its Arrow files, one batch at a time."""
    from datasets import Dataset

    for file in Dataset.load_from_disk(str(folder / ARROW / split)).cache_files:
        yield from _batches(file["filename"])


def _batches(path: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    with pa.OSFile(path) as file, pa.ipc.open_stream(file) as rows:
        yield from rows


def read_parquet(folder: Path, split: str) -> Iterator[CanonicalForm]:
    """The canonical form of every row of a split's Parquet file."""
    return (content for content, _ in read_texts(folder, split))


def read_texts(folder: Path, split: str) -> Iterator[tuple[CanonicalForm, str]]:
    """The canonical form of every row of a split's Parquet file, and its text."""
    import pyarrow.parquet as pq

    path = folder / PARQUET / f"{split}.parquet"
    with pq.ParquetFile(path) as file:  # type: ignore[no-untyped-call]  # pyarrow is untyped
        # Tokens and tags are most of the file, and not part of the canonical form.
        columns = [name for name in file.schema_arrow.names if name not in TOKENS]
        for batch in file.iter_batches(_ROWS_A_BATCH, columns=columns):
            yield from zip(read_batch(batch), batch.column("text").to_pylist(), strict=True)


def list_unlike_columns(folder: Path, split: str) -> list[str]:
    """The columns of a split in which its Parquet file is not its Arrow file, cell by cell; a part at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # A dict for its order: the columns in the order in which they are found, each once.
    unlike, at = dict[str, None](), 0
    with pq.ParquetFile(folder / PARQUET / f"{split}.parquet") as file:  # type: ignore[no-untyped-call]  # pyarrow is untyped
        # A batch of the one file is a row group of the other: they were written together.
        for at, batch in enumerate(list_batches(folder, split), start=1):
            if at <= file.num_row_groups:
                unlike.update(dict.fromkeys(_unlike_names(pa.Table.from_batches([batch]), file.read_row_group(at - 1))))
        # With other numbers of rows no column is the same.
        return list(unlike) if at == file.num_row_groups else file.schema_arrow.names


def _unlike_names(rows: pa.Table, others: pa.Table) -> list[str]:
    names: list[str] = rows.schema.names
    return [name for name in names if name not in others.schema.names or not rows[name].equals(others[name])]
