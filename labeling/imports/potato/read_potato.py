"""Potato's annotations: spans with the words they cover, labels of the text, and who said them.

* A span's label is its ``name``, ``label``, ``annotation`` or ``title``; its words (``span``, ``text``) tell what its
  offsets count. One on another field than the text shown is refused.
* A label that was ticked is a choice, ``topic.Trade``; words, numbers and links have no place here, and are listed.
* The annotator is the user of the row, else the folder of a file called ``annotated_instances``.
* The output of version 2 has no text: it is that of the article with the same id, which has to be ingested first.
* Pages of a survey (``consent.html``) are not texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.articles import Reject, escape_surrogates, reject_of
from labeling.errors import ArticleError
from labeling.imports.foreign_formats import name_fields, tell_objects
from labeling.imports.potato.instance_rows import split_header, stream_instances, tell_header, tell_row
from labeling.imports.record import ImportRecord, Misfit, SpanMark, reject_unreadable
from labeling.sources.fields import make_source_row
from labeling.sources.inputs import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.imports.glimpse import Glimpse
    from labeling.imports.potato.instance_rows import InstanceRow
    from labeling.imports.record import ImportItem, TextLookup

_OWN_FILE = "annotated_instances"
_LABEL_NAMES = ("name", "label", "annotation", "title")
_COPIES = ("span", "text")
_SPAN_FIELDS = frozenset({*_LABEL_NAMES, *_COPIES, "start", "end", "id", "schema", "color", "value", "target_field"})
_TICKS = frozenset({"true", "on", "yes", "checked", "x"})
_NOTHING = frozenset({"", "false", "none", "null", "nan", "off"})
_NOBODY = "its user is the name of the folder that Potato keeps it in, where the file is called annotated_instances"


def looks_like_potato(glimpse: Glimpse) -> str:
    """What tells Potato's output: the names of its fields, or of its columns."""
    names = tell_header(split_header(glimpse.lines[0])[0]) if glimpse.lines and not glimpse.objects else ()
    if names:
        return f"it has the columns {' and '.join(names)}"
    return tell_objects(glimpse, lambda fields: name_fields(*found) if (found := tell_row(fields)) else "")


def read_potato(path: Path, name: str, text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file, as a whole: whether its task asks for spans is known at its end."""
    rows = list(stream_instances(path))
    asks_spans = any(row.spans for row in rows if not isinstance(row, Reject))
    folder = path.resolve().parent.name if path.stem == _OWN_FILE else ""
    for row in rows:
        if isinstance(row, Reject):
            yield row
        elif row.id.endswith(".html"):
            reason = f"{row.id} is a page of the survey around the texts"
            yield reject_unreadable(row.where, reason, "nothing is to be done, where only texts are wanted")
        else:
            yield _read_row(row, SourceFile(path, name), text_of, folder, asks_spans=asks_spans)


def _read_row(
    row: InstanceRow, source: SourceFile, text_of: TextLookup | None, folder: str, *, asks_spans: bool
) -> ImportItem:
    text = row.text if row.text is not None else text_of(row.id) if text_of and row.id else None
    if text is None:
        return reject_unreadable(
            row.where,
            f"it has no text, and no article is called {row.id!r}: Potato's later versions leave the text out; "
            f"{len(row.spans)} spans are refused with it",
            "ingest the texts first, under the ids that Potato has for them",
        ).model_copy(update={"id": row.id})
    try:
        article = make_source_row([("id", row.id), ("text", text)], source, row.where)
    except ArticleError as error:
        return reject_of(error, row.id, row.where)
    read = [_read_span(each) for each in row.spans]
    marks = tuple(each for each in read if isinstance(each, SpanMark))
    options, misfits = _read_labels(row)
    misfits += [each for each in read if isinstance(each, Misfit)]
    misfits += [
        Misfit("relation", "", "unsupported", "nothing here has a place for a link of Potato's", each)
        for each in row.links
    ]
    spare = {f"spans.{name}" for each in row.spans if isinstance(each, dict) for name in each.keys() - _SPAN_FIELDS}
    return ImportRecord(
        row=article,
        named=bool(row.id),
        annotator=escape_surrogates(row.user or folder),
        nobody=_NOBODY,
        state="submitted" if marks or options or misfits else "draft",
        marks=marks,
        options=tuple(options),
        misfits=tuple(misfits),
        ignored=frozenset({*row.unread, *row.ignored, *spare}),
        # Labels of the whole text answer no question about its words.
        partial=not asks_spans,
        unread=row.unread,
    )


def _read_span(value: Any) -> SpanMark | Misfit:  # noqa: ANN401 - JSON of any form
    fields = value if isinstance(value, dict) else {}
    start, end = fields.get("start"), fields.get("end")
    label = next((fields[name] for name in _LABEL_NAMES if isinstance(fields.get(name), str) and fields[name]), "")
    if type(start) is not int or type(end) is not int or not label:
        return Misfit("span", "", "unreadable", "start, end or label is missing, or is not what it is", value)
    field = fields.get("target_field")
    if field not in (None, "", "text", "displayed_text"):
        return Misfit("span", "", "unsupported", f"it is drawn on {field!r}, and the article is the text", value)
    covers = next((fields[name] for name in _COPIES if isinstance(fields.get(name), str) and fields[name]), None)
    return SpanMark(f"{label}:{start}-{end}", ((start, end),), label, covers)


def _read_labels(row: InstanceRow) -> tuple[list[str], list[Misfit]]:
    """The options that were ticked, and what else was answered."""
    options, misfits = list[str](), list[Misfit]()
    for scheme, values in row.labels.items():
        for label, value in (values if isinstance(values, dict) else {"": values}).items():
            written = str(value).strip()
            if value is None or value is False or written.casefold() in _NOTHING:
                continue
            if label and (value is True or _is_tick(written, label)):
                options.append(f"{scheme}.{label}")
            elif isinstance(value, str) and not label and written == value and " " not in value:
                options.append(f"{scheme}.{value}")
            else:
                reason = f"nothing here has a place for words or numbers in {scheme!r}"
                misfits.append(Misfit("annotation", "", "unsupported", reason, {scheme: {label: value}}))
    return options, misfits


def _is_tick(written: str, label: str) -> bool:
    """Whether a value says no more than that its label was chosen: a box's is true, its number, or the label."""
    short = written.casefold()
    return short in _TICKS or short == label.casefold() or (len(short) <= 3 and short.isdecimal())  # noqa: PLR2004
