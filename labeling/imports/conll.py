"""CoNLL and its kin: a token a line with its tag, a blank line after each sentence; or a sentence a line.

Which column has the tokens and which have tags is decided by looking at them (`columns`), how tags are spelt (`tags`),
what is a comment and where documents begin (`column_lines`). The files hold no text, so it is rebuilt (`rebuilt_text`),
and offsets count in that text. Where the article was ingested before, under the name the file gives it, and has the
same tokens in the same order with nothing but blanks between, offsets count in the article's own text instead.

``Anna B-PER``, ``Berg I-PER``, ``met O`` is the text ``Anna Berg met`` with one span, PER at 0..9.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from labeling.articles import Reject, SourceRow
from labeling.errors import OverlongArticle
from labeling.imports.bare_words import pad_bare_words
from labeling.imports.column_layout import ColumnChoice
from labeling.imports.column_lines import chunk_sentences, split_documents
from labeling.imports.columns import NotColumns, decide_columns
from labeling.imports.layer_lines import BrokenWebAnno
from labeling.imports.rebuilt_text import place_tokens
from labeling.imports.record import ImportItem, ImportRecord, Misfit, SpanMark, reject_unreadable
from labeling.imports.sentence_lines import spread_sentence_lines
from labeling.imports.tagged_tokens import UnreadableRow, read_sentences
from labeling.imports.webanno import is_webanno, parse_webanno
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from labeling.imports.column_layout import ColumnLayout, TagColumn
    from labeling.imports.column_lines import ColumnDocument
    from labeling.imports.glimpse import Glimpse
    from labeling.imports.record import TextLookup
    from labeling.imports.tagged_tokens import TokenSentence
    from labeling.imports.tags import TagReading, TagRun


@dataclass(frozen=True)
class ColumnTerms:
    """How files of columns are to be read.

    ``choice`` are the columns that the user names, ``known`` the labels of the schema and of the map. A file is cut
    into articles of ``sentences`` each; ``max_characters`` is the longest text that the project takes. 0: any.
    """

    choice: ColumnChoice = field(default_factory=ColumnChoice)
    known: frozenset[str] = frozenset()
    sentences: int = 0
    max_characters: int = 0


def read_conll(
    path: Path, name: str, text_of: TextLookup = lambda _: None, terms: ColumnTerms | None = None
) -> Iterator[ImportItem]:
    """Read one file.

    Args:
        path: The file, in UTF-8.
        name: The article's id; with ``#`` and a number where a file has several documents that it does not name.
        text_of: Looks up the text of an article that was ingested before.
        terms: The columns that the user names, and how long articles are to be.
    """
    terms = terms or ColumnTerms()
    try:
        content = _decode(read_plain(path))
    except ValueError as error:
        yield reject_unreadable(str(path), f"it cannot be read: {error}", "save it as UTF-8, a token and a tag a line")
        return
    if is_webanno(content):
        yield _read_webanno(content, SourceRow(where=str(path), id=name, text=""), text_of, terms)
        return
    # A file is one document unless it has marks, so all are read before any is named.
    documents = list(_name_documents(split_documents(content), name, terms.sentences))
    if not documents:
        return
    try:
        documents, layout = _lay_out(documents, terms)
    except NotColumns as error:
        yield reject_unreadable(str(path), str(error), error.todo)
        return
    for document in documents:
        if item := _read_document(document, layout, str(path), text_of, terms):
            yield item


def looks_like_conll(glimpse: Glimpse, terms: ColumnTerms | None = None) -> str:
    """What tells a file in columns: that it can be decided how to read them.

    With ``terms`` the question is whether it is one at all, be it that the user has to name its columns.
    """
    if is_webanno(glimpse.text):
        return "it says that it is WebAnno TSV 3"
    documents = [] if glimpse.objects else split_documents("\n".join(_whole_lines(glimpse)))
    if any(document.marked for document in documents):
        return "the lines hold marks of documents"
    try:
        return _lay_out(documents, terms or ColumnTerms())[1].decided if documents else ""
    except NotColumns as error:
        return "its lines have as many cells each" if terms and error.is_even else ""


def _whole_lines(glimpse: Glimpse) -> list[str]:
    """The lines of a glimpse, with the blank ones between sentences."""
    lines = glimpse.text.split("\n")
    return lines if glimpse.is_whole else lines[:-1]


def _lay_out(documents: list[ColumnDocument], terms: ColumnTerms) -> tuple[list[ColumnDocument], ColumnLayout]:
    """The documents with a token a line, and how these lines are read.

    Raises:
        NotColumns: The lines are not rows of columns, or it cannot be told what is where.
    """
    padded = pad_bare_words(documents)
    documents = padded or spread_sentence_lines(documents, terms.known) or documents
    lines = [
        [row.text for row in sentence.rows if row.is_like_a_token]
        for document in documents
        for sentence in document.sentences
    ]
    layout = decide_columns([each for each in lines if each], terms.choice, terms.known)
    told = f"{layout.decided}; words without cells are outside" if padded else layout.decided
    return documents, replace(layout, decided=told)


def _read_webanno(content: str, row: SourceRow, text_of: TextLookup, terms: ColumnTerms) -> ImportItem:
    try:
        return parse_webanno(content, row, text_of, terms.known)
    except BrokenWebAnno as error:
        return reject_unreadable(row.where, f"it cannot be read as WebAnno TSV 3: {error}", "export it again")


def _decode(content: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 where its first bytes say so.

    Raises:
        ValueError: It is in another encoding.
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


def _name_documents(documents: Sequence[ColumnDocument], name: str, sentences: int) -> Iterator[ColumnDocument]:
    for number, document in enumerate(documents, start=1):
        document.name = document.name or (name if len(documents) == 1 else f"{name}#{number}")
        if sentences:
            yield from chunk_sentences(document, sentences, document.name)
        else:
            yield document


def _read_document(
    document: ColumnDocument, layout: ColumnLayout, where: str, text_of: TextLookup, terms: ColumnTerms
) -> ImportItem | None:
    """The record of a document, or why it is refused; None if it has nothing but the names of columns."""
    try:
        sentences = read_sentences(document, layout)
    except UnreadableRow as error:
        return Reject(
            where=where,
            id=document.name,
            kind="unreadable",
            reason=f"{error}; {len(document.rows)} lines are refused with it",
            todo="mend the line in the file",
        )
    if not sentences:
        return None
    # An article of that very text is meant, whatever its id.
    there = text_of(document.digest) if document.digest else None
    text = text_of(document.name) if there is None else there
    record = parse_sentences(sentences, layout, SourceRow(where=where, id=document.name, text=""), text)
    if not document.marked and 0 < terms.max_characters < len(record.row.text):
        return _refuse_long(record, terms.max_characters)
    return replace(record, ignored=frozenset({*document.comments, *layout.spare}), layout=layout.decided)


def parse_sentences(
    sentences: Sequence[TokenSentence], layout: ColumnLayout, row: SourceRow, text: str | None
) -> ImportRecord:
    """The spans of a document, in the article's ``text`` where it has the tokens, else in the rebuilt text."""
    text, places = place_tokens(sentences, text)
    marks = dict[SpanMark, None]()
    misfits = list[Misfit]()
    unknown = dict[tuple[int, int], None]()
    for sentence, at in zip(sentences, places, strict=True):
        for number, column in enumerate(layout.tags):
            reading = column.style.read([token.tags[number] for token in sentence.tokens])
            marks |= dict.fromkeys(_make_mark(run, at) for run in reading.runs)
            misfits += _list_misfits(reading, sentence, column, number, at)
            # What is not marked in such a sentence may be marked on the line that cannot be read.
            unknown |= {(at[0][0], at[-1][1]): None} if reading.unread or reading.loose else {}
    return ImportRecord(
        row=replace(row, text=text),
        marks=tuple(marks),
        misfits=tuple(_with_ids_of_their_own(misfits)),
        open=tuple(unknown),
    )


def _make_mark(run: TagRun, at: Sequence[tuple[int, int]]) -> SpanMark:
    # One pass over the tokens gave the run; its bounds are those of its outer tokens.
    start, end = at[run.first][0], at[run.last][1]
    return SpanMark(f"{run.label}:{start}-{end}", ((start, end),), run.label)


def _list_misfits(
    reading: TagReading, sentence: TokenSentence, column: TagColumn, number: int, at: Sequence[tuple[int, int]]
) -> Iterator[Misfit]:
    """The tags that are missing or of no form, and the runs of which they hide an end."""
    for place in reading.unread:
        token = sentence.tokens[place]
        tag = token.tags[number]
        reason = (
            f"the line has no tag of {token.word!r}"
            if tag is None
            else f"{tag!r} of {token.word!r} is not a tag like the others in {column.place}"
        )
        yield Misfit(
            "span", f"line {token.line}", "unreadable", reason, token.raw if tag is None else f"{token.word}\t{tag}"
        )
    for run in reading.loose:
        words = " ".join(token.word for token in sentence.tokens[run.first : run.last + 1])
        reason = f"where this {run.label} begins or ends cannot be known: a tag beside it is missing, or unreadable"
        raw: JsonValue = {"label": run.label, "parts": [[at[run.first][0], at[run.last][1]]], "covers": words}
        yield Misfit("span", f"line {sentence.tokens[run.first].line}", "unreadable", reason, raw)


def _with_ids_of_their_own(misfits: Iterable[Misfit]) -> Iterator[Misfit]:
    """The misfits, those after the first of a line with a number: rows of a ledger must differ."""
    seen = Counter[str]()
    for each in misfits:
        seen[each.id] += 1
        yield each if seen[each.id] == 1 else replace(each, id=f"{each.id}~{seen[each.id]}")


def _refuse_long(record: ImportRecord, most: int) -> Reject:
    """The refusal of a file without documents that is too long for one article."""
    return Reject(
        where=record.row.where,
        id=record.row.id,
        kind=OverlongArticle.kind,
        reason=f"the file has no marks of documents, and as one article {len(record.row.text):,} characters, where the "
        f"project allows {most:,}; {len(record.marks)} spans are refused with it",
        todo="cut it with --sentences-per-article N, or raise max_characters in the project file",
    )
