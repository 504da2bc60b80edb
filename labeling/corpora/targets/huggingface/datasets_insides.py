"""The small files by which ``datasets`` knows its own, written by hand beside tables that pyarrow streams to the disk.

It leans on what ``datasets`` does not document: the name of a split's table, the keys of ``state.json``, the file that
names the splits of a ``DatasetDict``, and the features in the metadata of a schema. When one of them changes,
``load_from_disk`` or ``load_dataset`` cannot read what was written, and the comparison with gold that ends every
compile fails. `public_tables` does the same by the public API, slower and in other batches: tests compare the rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labeling.workspace.rows.assignment import SPLITS
from labeling.workspace.storage import file_digest, write_json

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from datasets import Features
    from pydantic import JsonValue

# The table of a split, within the split's folder: the first of one.
ARROW_DATA = "data-00000-of-00001.arrow"


def describe_split(folder: Path, split: str, features: Features) -> None:
    """Write the two files by which ``load_from_disk`` knows the folder of a split, whose table is written."""
    from datasets import DatasetInfo

    DatasetInfo(features=features).write_to_directory(str(folder))
    state: dict[str, JsonValue] = {
        "_data_files": [{"filename": ARROW_DATA}],
        # `datasets` caches by fingerprint; its own would have the time of the file in it.
        "_fingerprint": file_digest(folder / ARROW_DATA)[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": split,
    }
    write_json(folder / "state.json", state)


def describe_dataset_dict(folder: Path) -> None:
    """Write the file that makes the splits under ``folder`` one ``DatasetDict``."""
    write_json(folder / "dataset_dict.json", {"splits": list(SPLITS)})


def make_compatible(schema: pa.Schema) -> pa.Schema:
    """The schema with its features in the words that `datasets` 3 knows as well as 5: ``Sequence``, not ``List``."""
    # `datasets` keeps its features as JSON in the metadata of Arrow's schema.
    metadata = json.loads(schema.metadata[b"huggingface"])
    metadata["info"]["features"] = _downgrade_feature(metadata["info"]["features"])
    return schema.with_metadata({b"huggingface": json.dumps(metadata).encode()})


def _downgrade_feature(feature: Any) -> Any:  # noqa: ANN401 - JSON of any depth
    if not isinstance(feature, dict):
        return feature
    # A list of structs is a list of one dict in the old words; of anything else a `Sequence`.
    if feature.get("_type") == "List":
        inner = _downgrade_feature(feature["feature"])
        return {"feature": inner, "_type": "Sequence"} if "_type" in inner else [inner]
    return {name: _downgrade_feature(value) for name, value in feature.items()}
