"""WebAnno TSV 3, as WebAnno and INCEpTION write it: tokens with offsets, and columns of layers by a header.

A cell has the value of each annotation that lies on the token, ``PER[2]|LOC[3]``; the number joins the cells of one
annotation, be they apart. Offsets count UTF-16 units of the text, of which each sentence is given before its tokens;
those of another counting are known by the lengths of the tokens. The words of a row whose cells cannot be read stay,
and its sentence is open. The label is the feature whose values the schema knows, else ``value``, else the first one. A
relation stands in the row of its target, and names the row of its source.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.articles import SourceRow
from labeling.imports.layer_lines import BrokenWebAnno, measure, read_layer_file
from labeling.imports.rebuilt_text import find_tokens
from labeling.imports.record import ImportRecord, Misfit, RelationMark, SpanMark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from labeling.imports.layer_lines import LayerColumns, LayerFile
    from labeling.imports.rebuilt_text import Place
    from labeling.imports.record import TextLookup

_HEAD = "#FORMAT=WebAnno TSV 3"
_SOURCE = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?")
_NEARLY_ALL = 0.9
_MOST_LINE_ENDS = 1_000  # between two sentences: what no text has


def is_webanno(content: str) -> bool:
    """Whether a file says that it is of WebAnno TSV 3, which all such files do."""
    return content.startswith(_HEAD)


def parse_webanno(content: str, row: SourceRow, text_of: TextLookup, known: Collection[str]) -> ImportRecord:
    """The spans and relations of a file.

    Raises:
        BrokenWebAnno: A row is not of the format, or the tokens are not in the text.
    """
    file = read_layer_file(content)
    text, places = _place_rows(file, text_of(row.id))
    taken, ignored = dict[str, dict[tuple[str, str], SpanMark]](), set[str]()
    for layer in (layer for layer in file.layers if layer.kind == "SP"):
        column = _choose_label(file, layer, known)
        ignored |= _name_unread(file, layer, column)
        if column is not None:
            taken[layer.name] = taken.get(layer.name, {}) | _read_spans(file, layer, column, places, text)
    links, misfits = list[RelationMark](), list[Misfit]()
    for layer in (layer for layer in file.layers if layer.kind != "SP"):
        for found in _read_links(file, layer, taken):
            (links if isinstance(found, RelationMark) else misfits).append(found)  # type: ignore[arg-type]
    misfits += _list_spoilt(file)
    marks = dict.fromkeys(mark for spans in taken.values() for mark in spans.values())
    layers = ", ".join(name.rpartition(".")[2] for name in taken) or "no layer of spans"
    return ImportRecord(
        row=SourceRow(where=row.where, id=row.id, text=text),
        marks=tuple(marks),
        links=tuple(links),
        misfits=tuple(misfits),
        open=tuple(_list_open(file, places)),
        ignored=frozenset(ignored),
        layout=f"WebAnno TSV 3: {layers}",
    )


def _list_spoilt(file: LayerFile) -> list[Misfit]:
    rows = {row.name: row for row in file.rows}
    return [
        Misfit("span", f"row {name}", "unreadable", reason, "\t".join((rows[name].word, *rows[name].cells)))
        for name, reason in file.spoilt.items()
    ]


def _list_open(file: LayerFile, places: dict[str, Place]) -> Iterator[Place]:
    """The sentences of which a row is spoilt: what is not marked in them may be marked on it."""
    for _, rows in file.sentences:
        if any(row.name in file.spoilt for row in rows):
            yield places[rows[0].name][0], places[[row for row in rows if row.is_token][-1].name][1]


def _place_rows(file: LayerFile, text: str | None) -> tuple[str, dict[str, Place]]:
    """The text, and the place of each row in it: that of the article if it has the tokens, else the file's own."""
    tokens = [row for row in file.rows if row.is_token]
    words = [row.word for row in tokens]
    if text is None or (found := find_tokens(words, text)) is None:
        text = _join_sentences(file)
        found = find_tokens(words, text)
    if not found:
        raise BrokenWebAnno("its tokens are not in the text that it gives")
    places = {row.name: place for row, place in zip(tokens, found, strict=True)}
    whole = {row.name: row for row in tokens}
    for row in file.rows:
        if not row.is_token:
            token, (start, end) = whole[row.name.partition(".")[0]], places[row.name.partition(".")[0]]
            before = _count_points(token.word, row.start - token.start, file.unit)
            if text[start + before : start + before + len(row.word)] != row.word or start + before >= end:
                raise BrokenWebAnno(f"{row.word!r} of row {row.name} is not where its offsets say")
            places[row.name] = start + before, start + before + len(row.word)
    return text, places


def _count_points(word: str, units: int, unit: str) -> int:
    """How many code points of a word so many units are."""
    if unit == "code-points":
        return max(0, units)
    codec, size = ("utf-16-le", 2) if unit == "utf-16" else ("utf-8", 1)
    return len(word.encode(codec, "surrogatepass")[: size * max(0, units)].decode(codec, errors="ignore"))


def _join_sentences(file: LayerFile) -> str:
    """The sentences, with as many line ends between as their offsets leave.

    Raises:
        BrokenWebAnno: They leave more than anybody has.
    """
    text, units = "", -1
    for lines, rows in file.sentences:
        if not rows:
            continue
        own = "\n".join(lines) or " ".join(row.word for row in rows if row.is_token)
        start = rows[0].start - measure(own[: max(0, own.find(rows[0].word))], file.unit)
        if start - units > _MOST_LINE_ENDS and text:
            raise BrokenWebAnno(f"its offsets leave {start - units:,} signs before line {rows[0].line}")
        text += "\n" * (0 if units < 0 else max(1, start - units)) + own
        units = start + measure(own, file.unit)
    return text


def _choose_label(file: LayerFile, layer: LayerColumns, known: Collection[str]) -> int | None:
    """The column of the labels of a layer; None where each token has one, as of parts of speech."""
    usual = layer.first + (layer.features.index("value") if "value" in layer.features else 0)
    labels = {column: [value for row in file.rows for value, _ in row.values(column)] for column in layer.columns}
    ours = {column: sum(value in known for value in values) for column, values in labels.items()}
    if any(ours.values()):
        return max(ours, key=lambda column: (ours[column], column == usual))
    tokens = [row for row in file.rows if row.is_token]
    covered = sum(bool(row.values(usual)) for row in tokens)
    numbered = any(number for row in tokens for _, number in row.values(usual))
    return None if covered >= _NEARLY_ALL * len(tokens) and not numbered else usual


def _name_unread(file: LayerFile, layer: LayerColumns, read: int | None) -> set[str]:
    """The features of a layer that hold something and are not read."""
    return {
        f"{layer.short}.{feature}"
        for column, feature in zip(layer.columns, layer.features, strict=False)
        if column != read and any(value not in {"*", ""} for row in file.rows for value, _ in row.values(column))
    }


def _read_spans(
    file: LayerFile, layer: LayerColumns, column: int, places: dict[str, Place], text: str
) -> dict[tuple[str, str], SpanMark]:
    """The spans of a layer, by the name of each row that they are on and their number, "0" where they have none."""
    parts = defaultdict[tuple[str, str, str], list[str]](list)
    for row in file.rows:
        for value, number in row.values(column):
            parts["" if number else row.name, number, value].append(row.name)
    marks = dict[tuple[str, str], SpanMark]()
    for (_, number, value), rows in parts.items():
        label = layer.short if value == "*" else value
        joined = _join_neighbours([places[row] for row in rows], text)
        name = f"{label}:{joined[0][0]}-{joined[-1][1]}" + (f"[{number}]" if len(joined) > 1 else "")
        mark = SpanMark(name, joined, label)
        marks |= dict.fromkeys(((row, number or "0") for row in rows), mark)
    return marks


def _join_neighbours(parts: Sequence[Place], text: str) -> tuple[Place, ...]:
    """The parts of one annotation, joined where only blanks keep them apart."""
    joined = [parts[0]]
    for start, end in parts[1:]:
        if text[joined[-1][1] : start].strip():
            joined.append((start, end))
        else:
            joined[-1] = joined[-1][0], end
    return tuple(joined)


def _read_links(
    file: LayerFile, layer: LayerColumns, taken: dict[str, dict[tuple[str, str], SpanMark]]
) -> Iterator[RelationMark | Misfit]:
    """The relations of a layer, from the span that a cell names to the one on its row; chains have no place here."""
    base = next((name.removeprefix("BT_") for name in layer.features if name.startswith("BT_")), "")
    spans = taken.get(base, {})
    for row in file.rows:
        sources = row.cells[layer.columns.stop - 1] if len(row.cells) == row.width else "_"
        if sources in {"_", ""}:
            continue
        labels = row.values(layer.first)
        for place, source in enumerate(sources.split("|")):
            label = labels[place][0] if place < len(labels) and len(layer.features) > 1 else layer.short
            found = _SOURCE.fullmatch(source) if layer.kind == "RL" else None
            head = spans.get((found[1], found[2] or "0")) if found else None
            tail = spans.get((row.name, found[3] or "0")) if found else None
            if head and tail:
                yield RelationMark(head.id, tail.id, label)
            else:
                reason = (
                    "nothing here has a place for a chain, or for a relation whose ends are not spans that are read"
                )
                yield Misfit("relation", f"{row.name} {layer.short} {source}", "unsupported", reason, sources)
