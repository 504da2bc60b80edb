"""Daft dataframes as steps in numpy see them: columns in, columns out, for each article or for each bucket of rows.

Sorting a bucket in numpy takes half the time of Daft's own join and group-by on the same rows. So Daft reads,
partitions, shuffles and spreads the work over threads or machines, and the steps do the work itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from labeling.passages.normalise import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from daft import DataFrame, DataType, Expression, Series

Column: TypeAlias = npt.NDArray[Any]

# The one type of every column that a step gives.
_TYPES = {
    "article": "uint64",
    "at": "int32",
    "centre": "uint64",
    "centre_at": "int32",
    "centre_end": "int32",
    "centre_start": "int32",
    "day": "int32",
    "end": "int32",
    "group": "uint64",
    "hash": "uint64",
    "kind": "uint8",
    "length": "int32",
    "near": "uint64",
    "source": "uint64",
    "start": "int32",
    "words": "int32",
}
_ARTICLES_A_BATCH = 2_000  # articles of which rows are packed at once: what is made of them is held several times
_NOTHING = {name: np.zeros(0, np.int64) for name in _TYPES}


def frame_columns(columns: Mapping[str, Column]) -> DataFrame:
    """A dataframe of columns that are here already, of numbers or of lists of them."""
    import daft

    return daft.from_arrow(_arrow_table(columns, tuple(columns)))


def collect_columns(frame: DataFrame) -> dict[str, Column]:
    """The columns of a dataframe of numbers, computed and brought here."""
    arrow = frame.to_arrow()
    return {name: arrow[name].to_numpy() for name in arrow.column_names}


def add_columns(
    frame: DataFrame, step: Callable[..., dict[str, Column]], inputs: Sequence[str], gives: Sequence[str]
) -> DataFrame:
    """``frame`` without the ``inputs``, and with the columns that ``step`` makes of them, one row for one row."""
    from daft import col

    def structs(*series: Series) -> pa.Array:
        return _struct_rows(step(*map(_to_array, series)) if len(series[0]) else _NOTHING, gives)

    made = _batch_function(structs, _struct_type(gives))(*map(col, inputs))
    return frame.select(*(name for name in frame.column_names if name not in inputs), made.unnest())


def map_buckets(  # the five things a step by bucket depends on
    frame: DataFrame, key: str, buckets: int, step: Callable[..., dict[str, Column]], gives: Sequence[str]
) -> DataFrame:
    """Rows made of all rows with the same ``key`` modulo ``buckets``; ``step`` takes and gives columns by name."""
    from daft import col, lit

    names = frame.column_names

    def structs(*series: Series) -> pa.Array:
        rows = dict(zip(names, map(_to_array, series), strict=True))
        return _struct_rows(step(rows) if len(series[0]) else _NOTHING, gives)

    made = _batch_function(structs, _struct_type(gives))(*map(col, names))
    return _map_groups(_partition(frame.with_column("bucket", col(key) % lit(buckets)), "bucket", buckets), made)


def pack_by_bucket(  # the five things that packing depends on
    frame: DataFrame, step: Callable[..., dict[str, Column]], key: str, buckets: int, gives: Sequence[str]
) -> DataFrame:
    """The rows that ``step`` makes of each batch, packed by ``key`` modulo ``buckets``: bucket, and columns of lists.

    So travel rows that are many and small: Daft moves a few long lists and never touches a single row.
    """
    from daft import DataType, col

    names = frame.column_names
    lists = DataType.struct(
        {"bucket": DataType.uint64(), **{name: DataType.list(_column_type(name)) for name in gives}}
    )

    def packs(*series: Series) -> pa.Array:
        rows = {name: _to_array(each) for name, each in zip(names, series, strict=True)}
        return _pack_rows(step(rows) if len(series[0]) else _NOTHING, key, buckets, gives, len(series[0]))

    made = _batch_function(packs, DataType.list(lists), _ARTICLES_A_BATCH)(*map(col, names))
    rows = frame.select(made.alias("packs")).explode("packs").where(col("packs").not_null())
    return rows.select(col("packs").unnest())


def map_packs(packs: DataFrame, step: Callable[..., dict[str, Column]], gives: Sequence[str]) -> DataFrame:
    """Rows made of all rows of a bucket of ``pack_by_bucket``; ``step`` takes and gives columns by name."""
    from daft import col

    names = [name for name in packs.column_names if name != "bucket"]

    def structs(*series: Series) -> pa.Array:
        rows = {name: each.to_arrow().flatten().to_numpy() for name, each in zip(names, series, strict=True)}
        return _struct_rows(step(rows) if len(series[0]) else _NOTHING, gives)

    return _map_groups(packs, _batch_function(structs, _struct_type(gives))(*map(col, names)))


def list_by_key(frame: DataFrame, key: str, buckets: int) -> DataFrame:
    """The rows of each ``key`` made one, each other column a list."""
    from daft import col

    lists = [col(name).list_agg().alias(name) for name in frame.column_names if name != key]
    return _partition(frame, key, buckets).groupby(key).agg(*lists)


def _map_groups(frame: DataFrame, made: Expression) -> DataFrame:
    """The rows that ``made`` makes of each bucket."""
    from daft import col

    return frame.groupby("bucket").map_groups(made.alias("made")).select(col("made").unnest())


def _partition(frame: DataFrame, key: str, parts: int) -> DataFrame:
    """The rows of each ``key`` in one of so many parts, on Ray only.

    Without this Ray gets a part for each batch of the step before, and every step makes several of each: thousands
    soon.
    """
    from daft import get_or_infer_runner_type

    return frame.repartition(parts, key) if get_or_infer_runner_type() == "ray" else frame


def _batch_function(step: Callable[..., pa.Array], gives: DataType, rows: int | None = None) -> Any:  # noqa: ANN401 - Daft is untyped here
    """``step`` as a function of Daft, called with so many rows at most."""
    import daft

    return daft.func.batch(return_dtype=gives, batch_size=rows)(step)


def _to_array(series: Series) -> Column | Texts:
    """A column as an array: of numbers, or of lists as Python has them; texts stay as they lie in memory."""
    import pyarrow as pa

    values = series.to_arrow()
    if pa.types.is_large_string(values.type):
        return _to_texts(values)
    if pa.types.is_integer(values.type):
        numbers: Column = values.to_numpy(zero_copy_only=False)
        return numbers
    listed = np.empty(len(values), object)
    listed[:] = values.to_pylist()
    return listed


def _to_texts(values: pa.LargeStringArray) -> Texts:
    """Strings of Arrow, not copied; a null of Daft has no characters."""
    _, bounds, data = values.buffers()
    starts = np.frombuffer(bounds, np.int64)[values.offset : values.offset + len(values) + 1]
    return Texts(np.frombuffer(data or b"", np.uint8), starts)


def _struct_type(names: Sequence[str]) -> DataType:
    from daft import DataType

    kind: DataType = DataType.struct({name: _column_type(name) for name in names})
    return kind


def _column_type(name: str) -> DataType:
    from daft import DataType

    kind: DataType = getattr(DataType, _TYPES[name])()
    return kind


def _pack_rows(columns: Mapping[str, Column], key: str, buckets: int, names: Sequence[str], length: int) -> pa.Array:
    """One list of packs in the first of ``length`` rows, since a function of Daft gives a row for each row."""
    import pyarrow as pa

    # Sorted by bucket, the rows of a bucket are one slice of each column: a list of Arrow is two offsets into it.
    bucket = (columns[key] % buckets).astype(np.uint16)
    order = np.argsort(bucket, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(bucket, minlength=buckets)))
    lists = [
        pa.LargeListArray.from_arrays(ends, np.ascontiguousarray(columns[name][order]).astype(_TYPES[name], copy=False))
        for name in names
    ]
    packs = pa.StructArray.from_arrays([np.arange(buckets, dtype=np.uint64), *lists], names=["bucket", *names])
    return pa.LargeListArray.from_arrays(np.append(0, np.full(length, buckets)), packs)


def _struct_rows(columns: Mapping[str, Column], names: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    arrays = [pa.array(np.ascontiguousarray(columns[name]).astype(_TYPES[name], copy=False)) for name in names]
    return pa.StructArray.from_arrays(arrays, names=list(names))


def _arrow_table(columns: Mapping[str, Column], names: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: _arrow_array(columns[name], _TYPES[name]) for name in names})


def _arrow_array(values: Column, kind: str) -> pa.Array | Column:
    """Numbers of one type, or lists of them."""
    import pyarrow as pa

    if values.dtype == object:
        return pa.array(values.tolist(), pa.large_list(pa.from_numpy_dtype(kind)))
    return values.astype(kind, copy=False)
