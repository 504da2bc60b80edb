"""Rows in which the page sends regions and is offered some: which stretches they mark, and what is offered for them.

Pure, as `mentions` is. These two are all that anybody outside the gate imports of it: a backend for servers without a
layer offers the same by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from .mentions import OFFERED_ID, MarkedStretch, choose_mentions, name_offered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

RegionRow: TypeAlias = dict[str, Any]

ASK = "model?"  # the note by which a span asks for the model's spans of its label
_NOTE_FIELD = "note"
_DRAWN = frozenset({"manual", "prediction-changed"})


@dataclass(frozen=True)
class OfferQuestion:
    """What is known when a page asks for offers.

    Attributes:
        text: The article's.
        rows: What the page sent: all regions of the label that was drawn; nothing at all asks for a model's spans.
        saved: What the same person has saved: their drafts and annotations.
        suggested: The regions of the suggestions that they may see, if a model's spans are offered.
        before: What they were offered, or had marked, when the page asked before; true for what was offered.
        has_mentions: Whether mentions are offered.
    """

    text: str
    rows: Sequence[RegionRow]
    saved: Sequence[RegionRow] = ()
    suggested: Sequence[RegionRow] = ()
    before: Mapping[MarkedStretch, bool] = field(default_factory=dict)
    has_mentions: bool = True


def choose_offers(asked: OfferQuestion) -> tuple[list[RegionRow], dict[MarkedStretch, bool]]:
    """The regions that are offered, and what is to be known before the next question besides what is already."""
    text, before = asked.text, asked.before
    marked, saved = {*list_places(text, asked.rows)}, {*list_places(text, asked.saved)}
    labels = {label for _, _, label in marked}
    # What is saved with a label that the page sent, and is not in the page, was removed a moment ago.
    elsewhere = {place for place in saved if place[2] not in labels}
    gone = {*before} | (saved - elsewhere)
    ids = list_ids((*asked.saved, *asked.rows))
    # Whoever began with a suggestion has seen all of it.
    if ids & list_ids(asked.suggested):
        gone |= {*list_places(text, asked.suggested)}
    # What was offered with one label is not offered with another: whoever changes a label has looked at the others.
    offered = {place for place, is_offered in before.items() if is_offered and place[2] not in labels}
    taken = marked | elsewhere | offered
    offers = _offer_mentions(text, asked.rows, taken, gone) if asked.has_mentions else []
    offers += _offer_suggested(asked, [*list_places(text, offers), *taken], gone)
    # The page would put it in the place of what has that id, wherever that is by now.
    offers = [each for each in offers if _id_of_row(each) not in ids]
    new = {*list_places(text, offers)}
    return offers, {place: place in new for place in (*gone, *marked, *elsewhere, *new) if place not in before}


def list_rows(result: Any) -> list[RegionRow]:  # noqa: ANN401 - any JSON
    """The rows of a result, whatever it is."""
    return [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []


def list_places(text: str, rows: Iterable[RegionRow]) -> Iterator[MarkedStretch]:
    """The labelled stretches of regions, as far as they are stretches of the text."""
    for row in rows:
        value = row.get("value") if row.get("type") == "labels" else None
        if not isinstance(value, dict) or not isinstance(value.get("labels"), list):
            continue
        start, end = value.get("start"), value.get("end")
        if type(start) is int and type(end) is int and 0 <= start < end <= len(text):
            yield from ((start, end, label) for label in value["labels"] if isinstance(label, str))


def list_ids(rows: Iterable[RegionRow]) -> set[str]:
    """The ids of regions."""
    return {_id_of_row(row) for row in rows} - {""}


def _offer_mentions(
    text: str, rows: Iterable[RegionRow], standing: Collection[MarkedStretch], gone: Collection[MarkedStretch]
) -> list[RegionRow]:
    """The other mentions of what somebody drew; of nothing that was offered to them itself, nor by a model alone."""
    drawn = [row for row in rows if _is_drawn(row)]
    like = {label: row for row in drawn for _, _, label in list_places(text, [row])}
    chosen = choose_mentions(text, list_places(text, drawn), standing, gone)
    return [_make_region(text, each, name_offered(each), like[each[2]]) for each in chosen]


def _offer_suggested(
    asked: OfferQuestion, standing: Iterable[MarkedStretch], gone: Collection[MarkedStretch]
) -> list[RegionRow]:
    """The spans of a model that were asked for: of the labels of all spans with that note, or all if nothing is there.

    Spans of other labels are not offered with it, since the page gives all that it is offered the label of the span
    that is selected.
    """
    text, rows = asked.text, asked.rows
    asking = {_id_of_row(row) for row in rows if row.get("from_name") == _NOTE_FIELD and _note_of(row) == ASK}
    labels = {label for _, _, label in list_places(text, (row for row in rows if _id_of_row(row) in asking))}
    if rows and not labels:
        return []
    there, offers = [*standing], list[RegionRow]()
    for row in asked.suggested:
        for place in list_places(text, [row]):
            is_wanted = not labels or place[2] in labels
            if is_wanted and place not in gone and not any(_is_taken_by(place, each) for each in there):
                there.append(place)
                offers.append(_make_region(text, place, f"{OFFERED_ID}{_id_of_row(row)}", row))
    return offers


def _is_drawn(row: RegionRow) -> bool:
    return row.get("origin", "manual") in _DRAWN and not _id_of_row(row).startswith(OFFERED_ID)


def _is_taken_by(place: MarkedStretch, other: MarkedStretch) -> bool:
    """Whether that stretch is marked already: the same, or a part with the same label."""
    return place[:2] == other[:2] or (place[2] == other[2] and place[0] < other[1] and other[0] < place[1])


def _make_region(text: str, place: MarkedStretch, name: str, like: RegionRow) -> RegionRow:
    start, end, label = place
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    tag = {"from_name": like.get("from_name"), "to_name": like.get("to_name"), "type": "labels"}
    # So the page tells by itself when it was changed.
    return {"id": name, **tag, "origin": "prediction", "value": value}


def _id_of_row(row: RegionRow) -> str:
    return str(row.get("id") or "")


def _note_of(row: RegionRow) -> str:
    value = row.get("value")
    said = value.get("text") if isinstance(value, dict) else None
    return "".join(map(str, said)).strip() if isinstance(said, list) else str(said or "").strip()
