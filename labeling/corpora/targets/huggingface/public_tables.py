"""Both tables of every split, written by the public API of ``datasets`` alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeling.corpora.targets.huggingface.dataset import ARROW, PARQUET, list_batches, make_features
from labeling.workspace.rows.assignment import SPLITS
from labeling.workspace.storage import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from datasets import Dataset

    from labeling.corpora.targets.target import Recipe
    from labeling.workspace.rows.assignment import SplitName


class PublicFolderWriter:
    """Keeps the rows in a stream of each split, until ``datasets`` can make a ``DatasetDict`` of all of them.

    The rows are those of the quick way, in batches of other sizes. Parquet has the features in the words of `datasets`
    5 only, which older ones cannot read.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Open the streams under ``folder``, which is made."""
        import pyarrow as pa

        folder.mkdir(parents=True)
        self._folder = folder
        self._schema = make_features(recipe.schema.label_names, unasked=recipe.unasked).arrow_schema
        self._paths = {split: folder / f"{split}.stream" for split in SPLITS}
        self._streams = {split: pa.ipc.new_stream(str(path), self._schema) for split, path in self._paths.items()}

    def add(self, split: SplitName, part: pa.RecordBatch) -> None:
        """Append rows to the stream of a split."""
        self._streams[split].write_batch(part)

    def close(self) -> None:
        """Make the dataset of the streams, and remove them."""
        from datasets import DatasetDict

        for stream in self._streams.values():
            stream.close()
        # The streams are mapped into memory, not read into it.
        splits = DatasetDict({split: _open_dataset(path, split) for split, path in self._paths.items()})
        # One file a split, as the quick way has it.
        with _no_progress_bars():
            splits.save_to_disk(str(self._folder / ARROW), num_shards=dict.fromkeys(SPLITS, 1))
        for split, path in self._paths.items():
            self._write_parquet(split)
            path.unlink()

    def _write_parquet(self, split: SplitName) -> None:
        """Copy the table of a split as it was saved, batch by batch: so it can be compared a part at a time."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._folder / PARQUET / f"{split}.parquet"
        path.parent.mkdir(exist_ok=True)
        with pq.ParquetWriter(path, self._schema) as out:  # type: ignore[no-untyped-call]  # pyarrow is untyped
            for batch in list_batches(self._folder, split):
                out.write_table(pa.Table.from_batches([batch]))


def _open_dataset(path: Path, split: SplitName) -> Dataset:
    """The rows of a stream, which are not held in memory, with a fingerprint of what they are.

    The fingerprint that `datasets` makes up has the time of the file in it, so that no two compiles would be the same.
    """
    from datasets import Dataset, NamedSplit

    rows = Dataset.from_file(str(path))
    return Dataset(rows.data, rows.info, NamedSplit(split), fingerprint=file_digest(path)[:16])


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Let `datasets` save in silence, and leave its bars as they were set."""
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    silent = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not silent:
            enable_progress_bars()
