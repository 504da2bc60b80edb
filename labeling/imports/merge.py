"""Records of foreign files merged into articles and annotations; what fails a check goes into quarantine.

A text that was ingested before, under the name the file gives it or under any other, is that article. What one
annotator has on one article in several lines or files becomes one annotation; a span found twice becomes one span, with
the notes and doubts of both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from labeling.adjudication.checks import check_annotation, group_by_set, make_quarantine_row
from labeling.adjudication.open_stretches import rest_of, shared_stretches
from labeling.annotations import DEFECTS_BY_RULE, MODEL, Annotation, QuarantineRow, Relation, Span
from labeling.articles import is_new, make_article, refuse_forgotten, reject_of
from labeling.errors import ArticleError, UsageError
from labeling.imports.account_names import AccountNames
from labeling.imports.choose_counting import CountingChoice, choose_counting
from labeling.imports.formats import recognise_format
from labeling.imports.glimpse import Glimpse
from labeling.imports.label_map import RecordTranslation
from labeling.imports.merge_annotations import merge_annotations
from labeling.imports.offsets import CODE_POINTS, article_text, make_offset_map
from labeling.imports.record import ImportRecord, Misfit, reject_unreadable
from labeling.imports.unread_fields import find_unread_annotations
from labeling.sources.details import is_likely_day
from labeling.workspace.rows.forgotten_text import ForgottenTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.articles import Article, Reject
    from labeling.imports.record import ImportItem, SpanMark
    from labeling.schema import Schema

# An annotation is identified by its article, annotator and state.
AnnotationKey: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class ImportOptions:
    """How files are to be read.

    ``annotator`` signs everything that people said, whatever the files have; "" to take the annotators that they name.
    ``people`` are the addresses or names of those whom the files number. ``prefix`` is put before every id that a file
    gives. ``names`` maps names of the files to ours: labels, relations, attributes
    (``unsure``), choices (``event.CONSULT``); "" removes a name by rule. ``unit`` is what their offsets count, as
    `COUNTINGS` names it; "" to find it, or take it for code points.
    ``columns`` names the columns of CoNLL files (``token=2,tag=4``), "" to find them; ``sentences_per_article`` cuts
    such files into articles, unless it is 0.
    """

    annotator: str = ""
    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    max_characters: int = 20_000
    people: Mapping[int | str, str] = field(default_factory=dict)
    columns: str = ""
    sentences_per_article: int = 0


@dataclass
class AnnotationIntake:
    """Takes records one by one; then holds what became of them.

    ``forgotten`` has texts that are refused, ``digests`` the articles of before, id to digest of the text, and
    ``homes`` the id under which a text is an article.
    ``seen`` has the items (``label PERSON``) that the source had, in any record or as the map declares. ``left_empty``
    counts details of articles whose value was of no use, by field. ``counts`` has ``new`` articles, texts ``matched``
    to an article of another id, records that were ``unanswered``, answers that were ``superseded`` by a later one, and
    what was found ``twice``: spans, relations and options. ``named`` has the annotators that the files name.
    ``offsets`` counts files by what their offsets are proven to count, ``doubts`` are warnings about others.
    ``layouts`` tells how columns were read, with the files.
    """

    schema: Schema
    terms: ImportOptions
    forgotten: ForgottenTexts = field(default_factory=lambda: ForgottenTexts(()))
    digests: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    layouts: dict[str, dict[str, None]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    left_empty: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    accounts: AccountNames = field(default_factory=AccountNames)
    offsets: Counter[str] = field(default_factory=Counter)
    doubts: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    _held: dict[tuple[str, str, str], tuple[ImportRecord, CountingChoice]] = field(default_factory=dict)
    _annotations: dict[AnnotationKey, list[Annotation]] = field(default_factory=dict)
    _misfits: dict[AnnotationKey, list[Misfit]] = field(default_factory=dict)

    def know(self, article: Article) -> None:
        """Remember an article of before; of two with the same text, the first is the one that new records match."""
        self.digests[article.id] = article.digest
        self.homes.setdefault(article.digest, article.id)

    def take_file(self, where: str, items: Sequence[ImportItem], usual: str = CODE_POINTS) -> None:
        """Take all that a file has, once it is known what its offsets count.

        Args:
            where: The file.
            items: What its reader found.
            usual: What offsets of its format count where nothing tells; "" for those of columns, which are ours.

        Raises:
            UsageError: No annotator is named.
        """
        records = [item for item in items if isinstance(item, ImportRecord)]
        counting = choose_counting(records, self.terms.unit, usual=usual) if usual else CountingChoice()
        self.offsets[counting.counting] += counting.proven
        self.doubts += [f"{where}: {counting.doubt}"] if counting.doubt else []
        # Each is let go of when it has been taken: a large file would be in memory twice.
        waiting = [*reversed(items)]
        del items, records
        while waiting:
            self.take(waiting.pop(), counting)

    def take(self, item: ImportItem, counting: CountingChoice | None = None) -> None:
        """Take a record of which offsets count so, else as was asked for, or the reason why it cannot be read.

        Raises:
            UsageError: No annotator is named.
        """
        if not isinstance(item, ImportRecord):
            self.rejects.append(item)
            return
        # Fields are reported even where the article is refused.
        self.ignored |= item.ignored
        if item.layout:
            self.layouts.setdefault(item.layout, {})[item.row.where] = None
        self.named.update([item.annotator] if item.annotator else [])
        if hidden := self._find_hidden(item):
            self.rejects.append(_reject_hidden(item, hidden))
            return
        annotator = "" if item.is_silent else self._signature(item)
        self.left_empty.update(item.odd)
        try:
            article = self._article(item)
        except ArticleError as error:
            # The annotations go down with their text, and are counted in the reason.
            self.rejects.append(_reject_record(error, item))
        else:
            if not item.is_silent:
                self._hold(article, annotator, item, counting or CountingChoice(self.terms.unit or CODE_POINTS))

    def _hold(self, article: Article, annotator: str, item: ImportRecord, counting: CountingChoice) -> None:
        """Keep an answer until all are there: a later one to the same question takes its place, as on the server."""
        if not item.task:
            self._add_record(article, annotator, item, counting)
            return
        key = article.id, annotator, item.task
        before, _ = self._held.get(key, (None, None))
        self.counts["superseded"] += before is not None
        # Where instants are missing, the order of the file is the order of the answers.
        if before is None or not (item.updated and before.updated) or before.updated <= item.updated:
            self._held[key] = item, counting

    def finish(self, before: Mapping[AnnotationKey, Annotation]) -> Iterator[tuple[Annotation, list[QuarantineRow]]]:
        """Each annotation with what is sound in it, by article and annotator; and what is not, thing by thing.

        Args:
            before: Annotations of earlier imports, each to be merged with the new one of the same key.
        """
        for (article, annotator, _), (item, counting) in self._held.items():
            self._add_record(self.articles[article], annotator, item, counting)
        self._held.clear()
        for key, parts in sorted(self._annotations.items(), key=_key_of_parts):
            new = self._merge(parts)
            annotation = self._merge([before[key], new]) if key in before else new
            sound, bad = check_annotation(annotation, self.articles[annotation.article], self.schema)
            raw = {span.id: span.model_dump(mode="json") for span in annotation.spans} if bad else {}
            quarantine = [each.model_copy(update={"raw": raw.get(each.id)}) for each in bad]
            # Misfits never became part of an annotation, so that no check could find them.
            quarantine += [
                make_quarantine_row(new, each.what, each.id, each.kind, each.reason, each.raw)
                for each in self._misfits[key]
            ]
            # An answer of which nothing is left is not the answer that there is nothing.
            lost = any(row.kind not in DEFECTS_BY_RULE and row.what != "annotation" for row in quarantine)
            is_emptied = lost and sound.state == "submitted" and not _count_parts(sound)
            yield sound.model_copy(update={"state": "draft"}) if is_emptied else sound, quarantine

    def _find_hidden(self, item: ImportRecord) -> list[tuple[str, str]]:
        """The fields that nobody reads and that hold annotations, unless the map removes them by name."""
        unread = {name: value for name, value in item.unread.items() if self.terms.names.get(name) != ""}
        if not unread:
            return []
        lengths = {len(item.row.text.split()), item.words}
        return list(find_unread_annotations(unread, lengths, self._names))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names by which a value tells that it is a label, whatever its field is called."""
        return frozenset({*self.schema.label_names, *(each.name for each in self.schema.relations)})

    def _signature(self, item: ImportRecord) -> str:
        """Who signs a record.

        Raises:
            UsageError: Nobody is named.
        """
        # A model's words are never a person's.
        if item.annotator.startswith(MODEL):
            return item.annotator
        if item.account:
            return self.accounts.sign(item.account, self.terms.annotator, self.terms.people, item.row.where)
        if annotator := self.terms.annotator or item.annotator:
            return annotator
        raise _unnamed_annotator(item)

    def _article(self, item: ImportRecord) -> Article:
        """The article that a record is about: one of before, by its id or else by its text, or a new one."""
        # The digest of the text as the article will have it decides what is known.
        row = replace(item.row, id=self.terms.prefix + item.row.id, text=article_text(item.row.text))
        article = make_article(row, self.terms.max_characters, is_likely_day)
        if article.digest not in self.homes and self.digests.get(article.id) != article.digest:
            refuse_forgotten(article, self.forgotten.name_of(article.digest), item.row.where)
        if is_new(article, self.digests, item.row.where) and (home := self.homes.get(article.digest)):
            article = article.model_copy(update={"id": home})
            self.counts["matched"] += 1
        if article.id not in self.digests:
            self.counts["new"] += 1
            self.digests[article.id] = article.digest
            # A text without an id of its own is found again by its words, later in the file, too.
            if not item.named:
                self.homes[article.digest] = article.id
        return self.articles.setdefault(article.id, article)

    def _add_record(self, article: Article, annotator: str, item: ImportRecord, counting: CountingChoice) -> None:
        self.counts["unanswered"] += item.state == "draft" and not (item.marks or item.options or item.misfits)
        place = make_offset_map(item.row.text, counting.counting)
        rivals = {each: make_offset_map(item.row.text, each) for each in counting.rivals}
        translation = RecordTranslation(self.schema, self.terms.names, article, place, rivals)
        self.seen.update(translation.list_items(item))
        spans = [translation.span(mark) for mark in item.marks]
        fellows = _find_fellows(item.marks, spans)
        relations = [translation.relation(link, fellows) for link in item.links]
        options = [translation.option(name) for name in item.options]
        chosen = [option for option in options if not isinstance(option, Misfit)]
        # What has a place; the rest is held as misfits.
        annotation = Annotation(
            article=article.id,
            digest=article.digest,
            annotator=annotator,
            state=item.state,
            spans=tuple(each for each in spans if isinstance(each, Span)),
            relations=tuple(each for each in relations if isinstance(each, Relation)),
            choices=group_by_set(chosen),
            updated=item.updated,
            open=_find_open(item, spans, article),
            ground_truth=item.ground_truth,
            seconds=item.seconds,
        )
        described = [mark for mark in item.marks if mark.attributes]
        attributes = [each for mark in described for each in translation.meaningless_attributes(mark)]
        translated = (*item.misfits, *spans, *attributes, *relations, *options)
        misfits = (each for each in translated if isinstance(each, Misfit))
        self._add((article.id, annotator, item.state), annotation, misfits)

    def _add(self, key: AnnotationKey, new: Annotation, misfits: Iterable[Misfit]) -> None:
        earlier = self._misfits.setdefault(key, [])
        for each in misfits:
            # What has no id gets a number, because rows of a ledger must differ.
            earlier.append(each if each.id else replace(each, id=f"{each.what} {len(earlier) + 1}"))
        self._annotations.setdefault(key, []).append(new)

    def _merge(self, parts: Sequence[Annotation]) -> Annotation:
        """All parts as one annotation; a span that several have is one span, under the id of the first."""
        merged = merge_annotations(parts)
        self.counts["twice"] += sum(map(_count_parts, parts)) - _count_parts(merged)
        return merged


def _key_of_parts(parts: tuple[AnnotationKey, list[Annotation]]) -> AnnotationKey:
    return parts[0]


def _find_fellows(marks: Iterable[SpanMark], spans: Iterable[Span | Misfit]) -> dict[str, list[Span]]:
    """The spans of each region that has a name of its own."""
    fellows = dict[str, list[Span]]()
    for mark, span in zip(marks, spans, strict=True):
        if mark.region and isinstance(span, Span):
            fellows.setdefault(mark.region, []).append(span)
    return fellows


def _find_open(item: ImportRecord, spans: Iterable[Span | Misfit], article: Article) -> tuple[tuple[int, int], ...]:
    """What a partial answer says nothing of: the text besides its spans, or of that what the file leaves open."""
    if not (item.partial or item.open) or item.state != "submitted":
        return ()
    rest = rest_of(((each.start, each.end) for each in spans if isinstance(each, Span)), len(article.text))
    return rest if item.partial else shared_stretches(item.open, rest)


def _count_parts(annotation: Annotation) -> int:
    return len(annotation.spans) + len(annotation.relations) + sum(map(len, annotation.choices.values()))


def _unnamed_annotator(item: ImportRecord) -> UsageError:
    where = item.row.where
    why = f"{where} does not name its annotator" + (f": {item.nobody}" if item.nobody else "")
    return UsageError(why, todo="name the annotator with --annotator NAME; it then signs everything", where=where)


def _reject_hidden(item: ImportRecord, hidden: Sequence[tuple[str, str]]) -> Reject:
    """The refusal of a line that has annotations where nobody looks, with what it looks like by them."""
    fields, (name, _) = dict(item.unread), hidden[0]
    looks, evidence, todo = recognise_format(Glimpse(objects=(fields,)), item.row.where.rpartition(":")[0], vague=False)
    held = "; ".join(f"`{field}` holds {what}" for field, what in hidden)
    like = f": {evidence}, this looks like {looks}" if evidence else ""
    way = f"{todo}; or " if evidence else "import it in the format that has this field, or "
    return reject_unreadable(
        item.row.where,
        f"it has annotations in a field that is not read: {held}{like}",
        f"{way}say with --map {name}= that it is none of the annotations",
    ).model_copy(update={"id": item.row.id if item.named else ""})


def _reject_record(error: ArticleError, item: ImportRecord) -> Reject:
    """The refusal of a text, with the number of annotations that are refused along with it."""
    reject = reject_of(error, item.row.id, item.row.where)
    lost = f"{len(item.marks)} spans, {len(item.links)} relations and {len(item.options)} choices are refused with it"
    return reject.model_copy(update={"reason": f"{reject.reason}; {lost}"})
