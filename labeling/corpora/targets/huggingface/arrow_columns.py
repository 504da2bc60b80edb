"""Rows in Arrow's form and back, column by column: row by row would take Arrow several times as long."""

from __future__ import annotations

from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from labeling.annotations import choice_id
from labeling.corpora.build.canonical import PROVENANCE, CanonicalForm, describe_digest, sort_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from labeling.tokens import TokenEdges

# The columns that hold nothing of gold, which `read_batch` does not need.
TOKENS = ("tokens", "token_starts", "token_ends", "tags", "tag_layers")


class ArrowRow(NamedTuple):
    """What a row is made of: a text, where the tokenizer cuts it, a tag for each token in each layer, and its gold.

    The flat layer comes first.
    """

    text: str
    tokens: TokenEdges
    tags: Sequence[Sequence[int]]
    content: CanonicalForm


def make_batch(rows: Sequence[ArrowRow], columns: pa.Schema) -> pa.RecordBatch:
    """Rows in Arrow's form; ``columns`` is the schema of `make_features`."""
    import pyarrow as pa

    plain, lists = _plain_columns(rows), _list_columns([row.content for row in rows])
    arrays = [
        _struct_array(lists[column.name], column.type)
        if column.name in lists
        else pa.array(plain[column.name], column.type)
        for column in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _plain_columns(rows: Sequence[ArrowRow]) -> dict[str, list[Any]]:
    """The columns of strings, numbers and lists of these."""
    # Every column is a list of Python values, which Arrow takes in one go.
    contents = [row.content for row in rows]
    return {
        "id": [each.article for each in contents],
        "text": [row.text for row in rows],
        "digest": [each.digest for each in contents],
        **{name: [each.provenance[place] for each in contents] for place, name in enumerate(PROVENANCE)},
        "complete": [each.complete for each in contents],
        "open_choices": [each.open_choices for each in contents],
        "unasked": [each.unasked for each in contents],
        "tokens": [[row.text[start:end] for start, end in zip(*row.tokens, strict=True)] for row in rows],
        "token_starts": [row.tokens[0] for row in rows],
        "token_ends": [row.tokens[1] for row in rows],
        "tags": [row.tags[0] for row in rows],
        "tag_layers": [row.tags for row in rows],
    }


def _list_columns(contents: Sequence[CanonicalForm]) -> dict[str, list[Sequence[Sequence[Any]]]]:
    """The columns of lists of structs, each struct as a tuple in the order of its fields."""
    return {
        "spans": [each.spans for each in contents],
        "relations": [each.relations for each in contents],
        "choices": [[choice.split("=", 1) for choice in each.choices] for each in contents],
        "open": [each.open for each in contents],
    }


def _struct_array(rows: Sequence[Sequence[Sequence[Any]]], kind: pa.ListType) -> pa.ListArray:
    import pyarrow as pa

    structs, fields = list(chain.from_iterable(rows)), list(kind.value_type)
    # Arrow holds the structs of all rows as one array a field, and where the structs of each row end.
    values = [pa.array([each[place] for each in structs], field.type) for place, field in enumerate(fields)]
    ends = pa.array(accumulate(map(len, rows), initial=0), pa.int32())
    return pa.ListArray.from_arrays(ends, pa.StructArray.from_arrays(values, fields=fields), type=kind)


def read_batch(rows: pa.RecordBatch) -> Iterator[CanonicalForm]:
    """The canonical form of each row."""
    fields = [_values(rows.column(name)) for name in ("id", "text", "digest", *PROVENANCE, "complete")]
    lists = [_tuples(rows.column(name)) for name in ("spans", "relations", "choices", "open")]
    # A dataset in which everything was asked for has no column for what was not.
    later = rows.column("unasked").to_pylist() if "unasked" in rows.schema.names else [()] * rows.num_rows
    names = zip(rows.column("open_choices").to_pylist(), later, strict=True)
    for article, text, recorded, *provenance, complete, spans, relations, choices, stretches, (
        disputed,
        unasked,
    ) in zip(*fields, *lists, names, strict=True):
        source, title, published, url = provenance
        yield CanonicalForm(
            article=article,
            digest=describe_digest(text, recorded),
            provenance=(source, title, published, url),
            complete=complete,
            spans=sort_spans(spans),
            relations=relations,
            choices=tuple(choice_id(name, option) for name, option in choices),
            open=stretches,
            open_choices=tuple(disputed),
            unasked=tuple(unasked),
        )


def _tuples(column: pa.ListArray) -> Iterator[tuple[Any, ...]]:
    """The structs of each row, as tuples of their fields."""
    # Field by field for all rows at once, then cut where each row ends.
    structs = zip(*(map(_values, column.flatten().flatten())), strict=True)
    return (tuple(islice(structs, length)) for length in _values(column.value_lengths()))


def _values(array: pa.Array) -> list[Any]:
    """As ``to_pylist`` has it, by way of numpy, which takes a tenth of the time."""
    values: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
    return values
