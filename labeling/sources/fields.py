"""The fields of a row in JSON lines and tables: the names they go by, and the row they make."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from labeling.articles import SourceRow, normalise_newlines
from labeling.errors import BadField
from labeling.sources.details import Detail, read_detail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.sources.inputs import SourceFile

# Our field, and the names it goes by, in any case.
COLUMNS = {
    "id": ("id",),
    "text": ("text", "body", "content"),
    "title": ("title", "headline"),
    "source": ("source", "outlet"),
    "published": ("published", "date"),
    "url": ("url", "link"),
}
_FEW = 1  # items of a list that may all be words
_FIELDS = {name: field for field, names in COLUMNS.items() for name in names}


def field_of_column(name: str) -> str:
    """Our field for a column's name, or "" for a column that we do not know."""
    # Most are spelled as in the list.
    return _FIELDS.get(name) or _FIELDS.get(name.strip().casefold(), "")


def is_article_row(values: Mapping[str, object]) -> bool:
    """Whether a JSON object has a text by one of its names, and so is an article."""
    return any(field_of_column(name) == "text" and _is_text(value) for name, value in values.items())


def make_source_row(pairs: Iterable[tuple[str, object]], source: SourceFile, where: str) -> SourceRow:
    """The row that a JSON object or a table's record makes.

    Its id is its own, else its url, else the name of the file, ``#`` and twelve digits of the text's digest: unlike the
    number of the line, these stay the same when a line is inserted above. Its source is its own, else the first folder.
    A text in a list of paragraphs has one a line; details of no use are left empty, and named in ``odd``.

    Raises:
        BadField: Two columns for one field, no text, or a text of a wrong type.
    """
    # Exports often have both `text` and an empty `body`, or the same in `url` and `link`.
    ours = [(field, value) for name, value in pairs if (field := field_of_column(name))]
    text = _text_field([value for field, value in ours if field == "text"], where)
    details = [(field, read_detail(field, value)) for field, value in ours if field != "text"]
    odd = tuple(dict.fromkeys(detail.odd for _, detail in details if detail.odd))
    found = _values_by_field(details, where)
    row_id = found.pop("id", "") or found.get("url") or f"{source.name}#{_text_digits(text)}"
    return SourceRow(where, row_id, text, **{**found, "source": found.get("source") or source.folder}, odd=odd)


def _values_by_field(details: list[tuple[str, Detail]], where: str) -> dict[str, str]:
    values = {field: detail.value for field, detail in details}
    # Hardly any row has two columns for a field.
    if len(values) == len(details):
        return values
    return {field: _one_value(field, details, where) for field in COLUMNS if field in values}


def _one_value(field: str, details: list[tuple[str, Detail]], where: str) -> str:
    values = {detail.value for name, detail in details if name == field and detail.value}
    if len(values) > 1:
        raise _two_columns_error(field, where)
    return next(iter(values), "")


def _two_columns_error(field: str, where: str) -> BadField:
    return BadField(f"two columns hold the {field}", todo="leave one of them", where=where)


def _text_field(values: list[object], where: str) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    filled = [value for value in values if value is not None and value != ""]
    if any(value != filled[0] for value in filled):
        raise _two_columns_error("text", where)
    if not filled and "" not in values:
        raise BadField("the row has no text", todo=f"name it one of: {', '.join(COLUMNS['text'])}", where=where)
    text = filled[0] if filled else ""
    if isinstance(text, list) and _is_text(text):
        return "\n".join(text)
    if not isinstance(text, str):
        what = "a list of words" if isinstance(text, list) else f"not a string, but of type {type(text).__name__}"
        todo = "write it as one string, or as a list of paragraphs" if isinstance(text, list) else "quote it"
        raise BadField(f"the text is {what}", todo=todo, where=where)
    return text


def _is_text(value: object) -> bool:
    """Whether a value is a string, or a list of paragraphs: of words nobody can tell what stood between them."""
    if not isinstance(value, list):
        return isinstance(value, str)
    if not value or not all(isinstance(each, str) for each in value):
        return False
    return len(value) <= _FEW or sum(" " in each.strip() for each in value) * 2 > len(value)


def _text_digits(text: str) -> str:
    """Twelve hex digits of a text's digest; the text is not checked yet, and may contain lone surrogates."""
    return hashlib.sha256(normalise_newlines(text).encode("utf-8", errors="surrogatepass")).hexdigest()[:12]
