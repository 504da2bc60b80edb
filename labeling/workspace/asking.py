"""What an annotation speaks of: silence is an answer only to what was asked. Pure.

An annotation says nothing about a label that came to the page after its author last sent it. An imported one speaks
only of what its source had; one that leaves a part of its text open answered a question about single spans or options,
and says nothing of relations. Where nothing of that is recorded, as in a workspace that was pushed before there was
``asked.jsonl``, everything counts as asked from the start.

An example. WHEN is asked for since 12:00. Ana sent her annotation at 11:00 and has not opened it since: she is silent
on WHEN, whether or not there is a date in the article. At 13:00 she sends it once more, and is not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labeling.annotations import LABEL_ITEM, RELATION_ITEM, choice_id, choice_item, submission_order
from labeling.workspace.rows.asked_item import GUIDELINES_ITEM, AskAgainRow, AskedItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.annotations import Annotation, QuarantineRow
    from labeling.schema import Schema
    from labeling.workspace.rows.asked_item import ImportedScope

# The choice by which an article is ruled out: without one it is usable, whether or not anybody was asked.
_VERDICT = "usable"

# A term of the page: its control, and the label, relation or option.
_RELATION_CONTROL = "relation"
_LABEL_CONTROL = "label"


def list_items(schema: Schema) -> tuple[str, ...]:
    """Everything that a schema asks for, in its order: labels, relations, and the options of each choice."""
    options = [
        choice_item(choice_id(choice.name, option.name))
        for choice in schema.choices
        if choice.name != _VERDICT
        for option in choice.options
    ]
    return (
        *(LABEL_ITEM + label.name for label in schema.labels),
        *(RELATION_ITEM + relation.name for relation in schema.relations),
        *options,
    )


def list_page_items(terms: Iterable[tuple[str, str]]) -> frozenset[str]:
    """What a page asks for, by its terms: each is a control, and the label, relation or option."""
    kinds = {_LABEL_CONTROL: LABEL_ITEM, _RELATION_CONTROL: RELATION_ITEM}
    return frozenset(
        kinds[control] + name if control in kinds else choice_item(choice_id(control, name)) for control, name in terms
    )


def update_asked(
    before: Iterable[AskedItem], schema: Schema, start: Mapping[str, str], now: str, guidelines: str
) -> list[AskedItem]:
    """The rows of ``asked.jsonl`` for a schema that the page shows from now on.

    An item that was asked for keeps its instant; one that only has another name since has that of the former name, of
    several the latest. An item that the schema has lost is dropped: should it come back, it is asked for anew.

    Args:
        before: The rows as they are.
        schema: What the page asks for now.
        start: Items that count as asked from the start although no row has them, with the instant of the start.
        now: The server's time.
        guidelines: The digest of the guidelines.
    """
    known = {row.item: row for row in before}
    former = _former_items(schema)
    digest = schema.digest
    rows = list[AskedItem]()
    for item in list_items(schema):
        if item in known:
            rows.append(known[item])
            continue
        renamed = [known[name] for name in former.get(item, ()) if name in known]
        if renamed and not start.get(item):
            # It was asked for under the guidelines of then.
            rows.append(max(renamed, key=lambda row: parse_instant(row.since)).model_copy(update={"item": item}))
            continue
        since = start.get(item) or now
        rows.append(AskedItem(item=item, since=since, schema_digest=digest, guidelines=guidelines))
    return rows


def parse_instant(text: str) -> datetime:
    """An ISO instant; without a time zone it is in UTC, and an empty one is before all others.

    Raises:
        ValueError: It is not one.
    """
    instant = datetime.fromisoformat(text or "0001-01-01")
    return instant.replace(tzinfo=instant.tzinfo or UTC)


class Asking:
    """What was asked of whom, as far as it is recorded; without any records everything was asked of everybody."""

    def __init__(self, schema: Schema, asked: Iterable[AskedItem] = (), imported: Iterable[ImportedScope] = ()) -> None:
        """Take the rows of ``asked.jsonl``, of ``imported.jsonl``, and what the schema asks for now."""
        self.items = list_items(schema)
        self._rows = {row.item: row for row in asked if row.item != GUIDELINES_ITEM}
        self._since = {item: parse_instant(row.since) for item, row in self._rows.items()}
        self._everything = frozenset(self.items)
        self._relations = frozenset(item for item in self.items if item.startswith(RELATION_ITEM))
        self._scopes = {(row.article, row.annotator): frozenset(row.items) for row in imported}
        # Most annotations came after everything was asked for: one comparison settles them.
        is_pushed = self._everything <= self._since.keys()
        self._latest = max(self._since.values(), default=None) if is_pushed else None
        self._start = min(self._since.values(), default=None)
        self._splits = {old: tuple(new) for old, new in schema.migrations.splits.items()}

    @property
    def has_late_items(self) -> bool:
        """Whether something came to be asked for after the start."""
        return self._start is not None and any(since != self._start for since in self._since.values())

    def silent_on(self, annotation: Annotation) -> frozenset[str]:
        """The items of the schema of which an annotation says nothing, except by what it marks."""
        if annotation.imported or annotation.imported_as:
            partly = self._relations if annotation.open else frozenset()
            return self._silent_import(annotation) | partly
        if not self._since:
            return frozenset()
        sent = sent_at(annotation)
        if self._latest is not None and sent > self._latest:
            return frozenset()
        # An item without a row has not come to the page yet.
        return frozenset(item for item in self.items if item not in self._since or sent <= self._since[item])

    def _silent_import(self, annotation: Annotation) -> frozenset[str]:
        scope = self._scopes.get((annotation.article, annotation.imported_as or annotation.annotator))
        if scope is not None:
            return self._everything - scope
        # Imported before scopes were recorded: it counts as asked for what there was at the start.
        if self._start is None:
            return frozenset()
        return frozenset(item for item in self.items if self._since.get(item) != self._start)

    def list_again(
        self,
        annotations: Iterable[Annotation],
        quarantine: Iterable[QuarantineRow],
        anew: Iterable[AskAgainRow] = (),
    ) -> list[AskAgainRow]:
        """What readers are to be asked again: their latest submission is older than a label, or than its split.

        Only those on the server can be asked; who ruled an article out is not.

        Args:
            annotations: Of all articles.
            quarantine: It has the spans of labels that were split, as they were.
            anew: What is to be judged anew since the guidelines changed: what nobody has answered since stays.
        """
        latest = self.latest_on_server(annotations)
        rows = [
            AskAgainRow(article=article, reader=reader, what=what, why=why, since=since)
            for (article, reader), annotation in latest.items()
            for what, why, since in (*self._late_items(annotation), *self._split_spans(annotation))
        ]
        for found in quarantine:
            sent = latest.get((found.article, found.annotator))
            if sent is not None and found.kind == "migrated" and found.what == "span":
                rows += self._split_finding(found, sent)
        # One question about a thing is enough.
        asked = {(row.article, row.reader, row.what) for row in rows}
        for row in anew:
            sent = latest.get((row.article, row.reader))
            is_open = sent is not None and sent_at(sent) <= parse_instant(row.since)
            if is_open and (row.article, row.reader, row.what) not in asked:
                asked.add((row.article, row.reader, row.what))
                rows.append(row)
        return sorted(set(rows), key=lambda row: (row.article, row.reader, row.what))

    def count_judged_before(self, annotations: Iterable[Annotation]) -> dict[str, int]:
        """In how many articles all that people submitted on the server was sent before an item; without zeros."""
        if not self._since:
            return {}
        silent: dict[str, frozenset[str]] = {}
        on_server = set[str]()
        for (article, _), annotation in _latest_by_reader(annotations).items():
            found = self.silent_on(annotation)
            silent[article] = silent.get(article, found) & found
            if not annotation.imported:
                on_server.add(article)
        counts = ((item, sum(item in silent[article] for article in on_server)) for item in self.items)
        return {item: count for item, count in counts if count}

    def latest_on_server(self, annotations: Iterable[Annotation]) -> dict[tuple[str, str], Annotation]:
        """The submissions that can be asked about, by article and reader: the latest, of what was not ruled out."""
        return {
            key: annotation
            for key, annotation in _latest_by_reader(annotations).items()
            if annotation.task is not None and "no" not in annotation.choices.get(_VERDICT, ())
        }

    def _late_items(self, annotation: Annotation) -> Iterator[tuple[str, str, str]]:
        # What is not on the page yet cannot be asked.
        for item in sorted(self.silent_on(annotation) & self._rows.keys()):
            since = self._rows[item].since
            yield item, f"asked since {since[:10]}", since

    def _split_spans(self, annotation: Annotation) -> Iterator[tuple[str, str, str]]:
        for span in annotation.spans:
            if span.label in self._splits:
                yield from self._split_row(span.label, f"{span.start}..{span.end}", annotation)

    def _split_finding(self, found: QuarantineRow, sent: Annotation) -> Iterator[AskAgainRow]:
        raw = found.raw if isinstance(found.raw, dict) else {}
        value = raw.get("value")
        if not isinstance(value, dict) or not isinstance(value.get("labels"), list):
            return
        place = f"{value.get('start')}..{value.get('end')}"
        for label in value["labels"]:  # type: ignore[union-attr]  # a list, by the check above
            for what, why, since in self._split_row(str(label), place, sent) if label in self._splits else ():
                yield AskAgainRow(article=found.article, reader=found.annotator, what=what, why=why, since=since)

    def _split_row(self, label: str, place: str, sent: Annotation) -> Iterator[tuple[str, str, str]]:
        """The question about one span, if the reader has not answered since the label was split."""
        goals = self._splits[label]
        rows = [self._rows[LABEL_ITEM + goal] for goal in goals if LABEL_ITEM + goal in self._rows]
        if not rows or len(rows) < len(goals):
            return
        since = max((row.since for row in rows), key=parse_instant)
        if sent_at(sent) <= parse_instant(since):
            yield f"span {place} {label}", f"{label} is {' or '.join(goals)} since {since[:10]}", since


def sent_at(annotation: Annotation) -> datetime:
    """When its author last sent the words of an annotation: a star or a restore comes later and does not count.

    Raises:
        DamagedFile: ``updated`` is not an instant.
    """
    dated = annotation.model_copy(update={"updated": annotation.sent}) if annotation.sent else annotation
    return submission_order(dated)[1]


def _latest_by_reader(annotations: Iterable[Annotation]) -> dict[tuple[str, str], Annotation]:
    """Each person's latest annotation of each article, if that is a submission."""
    latest: dict[tuple[str, str], Annotation] = {}
    for annotation in annotations:
        key = annotation.article, annotation.annotator
        is_judged = annotation.by_person and annotation.state == "submitted"
        if is_judged and (key not in latest or submission_order(latest[key]) < submission_order(annotation)):
            latest[key] = annotation
    return latest


def _former_items(schema: Schema) -> dict[str, list[str]]:
    """The former names of each item, by the migrations of the project file."""
    ways = [
        *((LABEL_ITEM + old, LABEL_ITEM + new) for old, new in schema.migrations.labels.items() if new),
        *((RELATION_ITEM + old, RELATION_ITEM + new) for old, new in schema.migrations.relations.items() if new),
        *(
            (choice_item(old.replace(".", "=", 1)), choice_item(new.replace(".", "=", 1)))
            for old, new in schema.migrations.choices.items()
            if new
        ),
    ]
    former: dict[str, list[str]] = {}
    for old, new in ways:
        former.setdefault(new, []).append(old)
    return former
