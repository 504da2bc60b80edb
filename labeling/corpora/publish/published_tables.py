"""The rows of a publication: Hugging Face's Parquet files, with the articles' words or without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.store import target_folder
from labeling.corpora.targets.huggingface.dataset import PARQUET, make_features
from labeling.corpora.targets.huggingface.datasets_insides import make_compatible
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from labeling.corpora.manifest import Manifest
    from labeling.corpora.publish.readers_hidden import ReaderHider

DATA = "data"
# The columns that hold words of an article.
_WORDS = ("text", "title", "tokens")


def list_filled_splits(manifest: Manifest) -> list[str]:
    """The splits that have an article: `load_dataset` cannot read one without."""
    return [split for split in SPLITS if manifest.splits[split].articles]


def write_tables(dataset: Path, manifest: Manifest, folder: Path, hider: ReaderHider, *, texts: bool) -> list[str]:
    """Write ``data/<split>.parquet`` for each split that has an article, a batch at a time.

    Args:
        dataset: The dataset's folder.
        manifest: The dataset's.
        folder: The publication's.
        hider: What takes names out of ids, sources and addresses.
        texts: Keep the articles' words.

    Returns:
        The names of the columns.

    Raises:
        MissingInput: The dataset was compiled without Hugging Face's files.
    """
    source = target_folder(dataset, "huggingface") / PARQUET
    unasked = any(split.unasked for split in manifest.splits.values())
    features = make_features(manifest.schema_names.labels, unasked=unasked)
    there = _list_columns_there(source, manifest)
    kept = type(features)(
        {name: kind for name, kind in features.items() if name in there and (texts or name not in _WORDS)}
    )
    (folder / DATA).mkdir()
    for split in list_filled_splits(manifest):
        _write_table(source / f"{split}.parquet", folder / DATA / f"{split}.parquet", kept.arrow_schema, hider)
    return list(kept)


def _list_columns_there(source: Path, manifest: Manifest) -> list[str]:
    """The columns of a dataset's tables: one of before may have fewer."""
    import pyarrow.parquet as pq

    found: list[str] = pq.read_schema(source / f"{list_filled_splits(manifest)[0]}.parquet").names  # type: ignore[no-untyped-call]  # pyarrow is untyped
    return found


def _write_table(source: Path, target: Path, schema: pa.Schema, hider: ReaderHider) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    hidden: dict[str, Callable[[str], str]] = {
        "id": hider.hide_in,
        "source": hider.hide_in,
        "url": hider.hide_in_address,
    }
    schema = make_compatible(schema)
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, schema) as out:  # type: ignore[no-untyped-call]  # pyarrow is untyped
        for batch in file.iter_batches(columns=schema.names):
            columns = [
                pa.array(map(hidden[field.name], batch.column(field.name).to_pylist()), field.type)
                if field.name in hidden
                else batch.column(field.name)
                for field in schema
            ]
            out.write_table(pa.Table.from_arrays(columns, schema=schema))
