"""The fields of a row in JSON lines and tables: the names they go by, and the row they make."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from labeling.articles import SourceRow, normalise_newlines
from labeling.errors import BadField

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
_FIELDS = {name: field for field, names in COLUMNS.items() for name in names}


def field_of_column(name: str) -> str:
    """Our field for a column's name, or "" for a column that we do not know."""
    return _FIELDS.get(name.strip().casefold(), "")


def is_article_row(values: Mapping[str, object]) -> bool:
    """Whether a JSON object has a text by one of its names, and so is an article."""
    return any(field_of_column(name) == "text" and isinstance(value, str) for name, value in values.items())


def make_source_row(pairs: Iterable[tuple[str, object]], source: SourceFile, where: str) -> SourceRow:
    """The row that a JSON object or a table's record makes.

    Its id is its own, else its url, else the name of the file, ``#`` and twelve digits of the text's digest: unlike the
    number of the line, these stay the same when a line is inserted above. Its source is its own, else the first folder.

    Raises:
        BadField: Two columns for one field, no text, or a value of a wrong type.
    """
    fields = _fields(pairs, where)
    text = _text_field(fields, where)
    # The url also serves as an id, so it is read first.
    url = _string_field(fields, "url", where)
    return SourceRow(
        where=where,
        id=_id_field(fields, where) or url or f"{source.name}#{_text_digits(text)}",
        text=text,
        source=_string_field(fields, "source", where) or source.folder,
        title=_string_field(fields, "title", where),
        published=_string_field(fields, "published", where),
        url=url,
    )


def _fields(pairs: Iterable[tuple[str, object]], where: str) -> dict[str, object]:
    """The values under our names; two columns may be one field as long as only one of them has a value of its own."""
    # Exports often have both `text` and an empty `body`, or the same in `url` and `link`.
    ours = [(field, value) for name, value in pairs if (field := field_of_column(name))]
    filled = [(field, value) for field, value in ours if value is not None and value != ""]
    last = dict(filled)
    twice = next((field for field, value in filled if value != last[field]), None)
    if twice:
        raise BadField(f"two columns hold the {twice}", todo="leave one of them", where=where)
    # Those with a value come last, so that they win over empty ones.
    return dict([*ours, *filled])


def _text_field(fields: Mapping[str, object], where: str) -> str:
    if fields.get("text") is None:
        raise BadField("the row has no text", todo=f"name it one of: {', '.join(COLUMNS['text'])}", where=where)
    return _string_field(fields, "text", where)


def _id_field(fields: Mapping[str, object], where: str) -> str:
    """The id, which may be a whole number."""
    value = fields.get("id")
    return str(value) if type(value) is int else _string_field(fields, "id", where)


def _string_field(fields: Mapping[str, object], field: str, where: str) -> str:
    value = fields.get(field)
    if value is None:
        return ""
    # A number as a title is more likely a slip of columns than a title.
    if not isinstance(value, str):
        raise BadField(f"the {field} is not a string, but of type {type(value).__name__}", todo="quote it", where=where)
    return value


def _text_digits(text: str) -> str:
    """Twelve hex digits of a text's digest; the text is not checked yet, and may contain lone surrogates."""
    return hashlib.sha256(normalise_newlines(text).encode("utf-8", errors="surrogatepass")).hexdigest()[:12]
