"""The front door of imports: annotations made elsewhere -> articles, annotations and quarantine of a workspace."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.annotations import Annotation
from labeling.articles import reject_of
from labeling.errors import ArticleError, UsageError
from labeling.imports.column_layout import parse_column_choice, tell_layouts
from labeling.imports.conll import ColumnTerms
from labeling.imports.formats import find_import_files, find_import_format, refuse_other_format
from labeling.imports.label_map import refuse_unknown_names
from labeling.imports.merge import AnnotationIntake
from labeling.imports.offsets import COUNTINGS
from labeling.imports.record import reject_unreadable
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.asked_item import ImportedScope
from labeling.workspace.rows.first_submission import first_submission
from labeling.workspace.rows.forgotten_text import ForgottenTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from labeling.annotations import QuarantineRow
    from labeling.articles import Article
    from labeling.imports.formats import ImportFormat
    from labeling.imports.merge import AnnotationKey, ImportOptions
    from labeling.imports.record import ImportItem, TextLookup
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class ImportResult:
    """What became of everything that was read.

    ``new`` counts articles that were not there, ``matched`` texts that were, under another id. ``annotations`` to
    ``choices`` count what is sound, ``said_twice`` what one annotator has in two places. ``replaced`` counts
    annotations of an earlier import in whose place these are now. ``rejected`` counts texts, ``quarantined`` parts of
    annotations, by kind. ``ignored`` names fields that were not read, ``passed_over`` files. ``offsets`` counts files
    by what their offsets count, where the copies of the words in them prove it; ``doubts`` are warnings about offsets.
    ``unanswered`` counts lines in which nobody answered anything: they are drafts. ``left_empty`` counts details of
    articles whose value was of no use, by field. ``superseded`` counts answers in whose place a later one of the same
    person counts, ``partial`` annotations that say nothing of a part of their text, and ``signed_over`` names those
    whom the files name where another annotator was named for all of them. ``columns`` tells how files of
    columns were read.
    """

    new: int
    matched: int
    annotations: int
    spans: int
    relations: int
    choices: int
    said_twice: int
    replaced: int
    rejected: dict[str, int]
    quarantined: dict[str, int]
    ignored: tuple[str, ...]
    passed_over: tuple[str, ...]
    offsets: dict[str, int] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    unanswered: int = 0
    left_empty: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    superseded: int = 0
    partial: int = 0
    signed_over: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether not one span, relation or choice came of it."""
        return not self.spans + self.relations + self.choices


@dataclass(frozen=True)
class _Imported:
    """What came of one import, and which rows of earlier imports it replaces.

    With ``add``, an annotation replaces the one of the same article, annotator and state; otherwise it replaces
    everything of that annotator on that article.
    """

    annotations: list[Annotation]
    quarantine: list[QuarantineRow]
    add: bool

    def replaces(self, row: Annotation | QuarantineRow) -> bool:
        """Whether a row of the workspace makes room for this import."""
        if not row.imported:
            return False
        if not self.add:
            return _article_and_annotator(row) in self._readers
        # Quarantine has no state, so that only the very same row is replaced.
        return _annotation_key(row) in self._keys if isinstance(row, Annotation) else row in self.quarantine

    @cached_property
    def _keys(self) -> set[AnnotationKey]:
        return {_annotation_key(row) for row in self.annotations}

    @cached_property
    def _readers(self) -> set[tuple[str, str]]:
        return {_article_and_annotator(row) for row in self.annotations}


def import_annotations(
    project: Project, kind: str, paths: Iterable[str], terms: ImportOptions, *, add: bool = False
) -> ImportResult:
    """Take in annotations that were made elsewhere, and their articles.

    An annotator's earlier import on the same article is replaced, so that the import is idempotent; what was pulled
    from a server stays. Of a label that the source did not have its annotations say nothing: what it had is what its
    records use, or the map leads to (``DATE=DATE`` declares a label that happens not to occur).

    Args:
        project: Its workspace gets them; its schema decides what is sound.
        kind: The name of the files' format, as in `IMPORT_FORMATS`.
        paths: Files, and folders of files.
        terms: How they are to be read.
        add: Keep an annotator's earlier import on the same article, and merge this one with it.

    Raises:
        UsageError: The format is unknown, a path matches nothing, no annotator is named, or a name is mapped to
            what the schema does not have, or what offsets count is unknown, or the columns named are not of such a
            file; nothing is written then.
        Altered: ``articles.jsonl`` is not as it was left.
        WorkspaceBusy: Another command is writing there.
    """
    # All that can be wrong with the command is found before the workspace is locked.
    chosen = find_import_format(kind).with_columns(_make_column_terms(project.schema, terms))
    refuse_unknown_names(terms.names, project.schema)
    _refuse_counting(terms.unit, chosen)
    files, passed_over = find_import_files(chosen, paths)
    workspace = project.workspace
    of_annotators = (workspace.annotations, workspace.quarantine, workspace.imported, workspace.first)
    files_of_ours = (workspace.articles, *of_annotators)
    with (
        workspace.lock(),
        keep_custody(
            workspace,
            "import",
            reads=(*files_of_ours, workspace.forgotten),
            writes=(*files_of_ours, workspace.rejects),
        ) as notes,
    ):
        intake = AnnotationIntake(project.schema, terms, ForgottenTexts(workspace.forgotten.rows_if_written()))
        # Records of all files come together first: one article may be in several.
        text_of = _register_articles(intake, workspace)
        for path, name in files:
            intake.take_file(str(path), list(_read_items(chosen, path, name, text_of)), chosen.counting)
        intake.accounts.refuse_strangers()
        # Read before they are overwritten, also to count how many make room.
        earlier = [row for row in workspace.annotations.rows_if_written() if row.imported]
        imported = _finish_import(intake, earlier, add=add)
        _write_import(workspace, intake, imported)
        # Whose imported rows these files vouch for anew; those of others must still be what they were.
        notes.options["annotators"] = [*sorted({row.annotator for row in imported.annotations})]
        notes.options["format"] = kind
    replaced = sum(imported.replaces(row) for row in earlier)
    return _summarise_import(intake, imported, replaced, passed_over)


def _refuse_counting(name: str, chosen: ImportFormat) -> None:
    if name and not chosen.counting:
        raise UsageError(
            f"{chosen.name} files have no offsets of several countings, which --offsets could name",
            todo="leave --offsets out",
        )
    if name and name not in COUNTINGS:
        raise UsageError(f"{name!r} is not a way to count offsets", todo=f"name one of {', '.join(COUNTINGS)}")


def _make_column_terms(schema: Schema, terms: ImportOptions) -> ColumnTerms:
    return ColumnTerms(
        parse_column_choice(terms.columns),
        frozenset({*schema.label_names, *terms.names}),
        terms.sentences_per_article,
        terms.max_characters,
    )


def _read_items(chosen: ImportFormat, path: Path, name: str, text_of: TextLookup) -> Iterator[ImportItem]:
    """What the reader of a format finds in a file; what it cannot read is refused by name, and other files go on."""
    try:
        other = refuse_other_format(chosen, path)
        yield from [other] if other else chosen.read(path, name, text_of)
    except ArticleError as error:
        yield reject_of(error, name, str(path))
    except OSError as error:
        yield reject_unreadable(str(path), f"it cannot be read: {error.strerror}", "mend the file or its rights")


def _register_articles(intake: AnnotationIntake, workspace: Workspace) -> TextLookup:
    """Tell the intake which articles there are; return a way to look up a text by its id."""
    if not workspace.articles.exists():
        return lambda _: None
    for article in workspace.articles.rows():
        intake.know(article)
    # Who is who, by the server and by earlier imports.
    if workspace.users.exists():
        users = [(int(number), email) for number, email in workspace.users.value().emails.items()]
        names = annotator_names(users)
        intake.accounts.names |= {email.casefold(): names[email] for _, email in users}
    for scope in workspace.imported.rows_if_written():
        if scope.email:
            intake.accounts.names.setdefault(scope.email.casefold(), scope.annotator)
    # CoNLL files ask for few texts, so they are looked up one by one.
    articles, prefix = workspace.articles.by("id"), intake.terms.prefix

    def text_of(name: str) -> str | None:
        home = prefix + name if prefix + name in articles else intake.homes.get(name, "")
        return articles[home].text if home in articles else None

    return text_of


def _finish_import(intake: AnnotationIntake, earlier: Iterable[Annotation], *, add: bool) -> _Imported:
    imported = _Imported([], [], add)
    for annotation, bad in intake.finish({_annotation_key(row): row for row in earlier} if add else {}):
        imported.annotations.append(annotation)
        imported.quarantine.extend(bad)
    return imported


def _write_import(workspace: Workspace, intake: AnnotationIntake, imported: _Imported) -> None:
    """Write all files anew: the rows that stay, and the new ones."""
    annotations = [row for row in workspace.annotations.rows_if_written() if not imported.replaces(row)]
    quarantine = [row for row in workspace.quarantine.rows_if_written() if not imported.replaces(row)]

    scopes = _merge_scopes(workspace, intake, imported)

    # Articles are a corpus: those of before are streamed, only new ones are in memory.
    # An import never changes an article that is there.
    known = {article.id for article in workspace.articles.rows_if_written()}
    new = sorted((article for name, article in intake.articles.items() if name not in known), key=_article_id)
    workspace.articles.write_sorted(heapq.merge(workspace.articles.rows_if_written(), new, key=_article_id))
    workspace.annotations.write([*annotations, *imported.annotations])
    workspace.quarantine.write([*quarantine, *imported.quarantine])
    workspace.imported.write(scopes)
    _follow_files(workspace, imported)
    workspace.rejects.write(intake.rejects)


def _follow_files(workspace: Workspace, imported: _Imported) -> None:
    """Let first words follow the files, once a pull has begun to keep them: theirs of before make room."""
    if not workspace.first.exists():
        return
    renewed = {_article_and_annotator(row) for row in imported.annotations}
    stay = (
        row for row in workspace.first.rows() if row.kept_by != "import" or (row.article, row.annotator) not in renewed
    )
    # Merged with what was there, each is one annotation.
    new = (row for row in imported.annotations if row.by_person and row.state == "submitted")
    workspace.first.write([*stay, *(first_submission(row, "import") for row in new)])


def _merge_scopes(workspace: Workspace, intake: AnnotationIntake, imported: _Imported) -> list[ImportedScope]:
    """What the source of each imported annotation had: of this import, and of those before that stay."""
    scopes = {(row.article, row.annotator): row for row in workspace.imported.rows_if_written()}
    before = {_article_and_annotator(row) for row in workspace.annotations.rows_if_written() if row.imported}
    seen = frozenset(intake.seen)
    for key in {_article_and_annotator(row) for row in imported.annotations}:
        known = scopes.get(key)
        items = seen | frozenset(known.items if known and imported.add else ())
        # What was imported before scopes were recorded has none, and one that is merged with it has none either.
        if not imported.add or known or key not in before:
            article, annotator = key
            email = intake.accounts.emails.get(annotator, "")
            scopes[key] = ImportedScope(article=article, annotator=annotator, items=tuple(sorted(items)), email=email)
    return list(scopes.values())


def _summarise_import(
    intake: AnnotationIntake, imported: _Imported, replaced: int, passed_over: Iterable[str]
) -> ImportResult:
    annotations = imported.annotations
    return ImportResult(
        new=intake.counts["new"],
        matched=intake.counts["matched"],
        annotations=len(annotations),
        spans=sum(len(row.spans) for row in annotations),
        relations=sum(len(row.relations) for row in annotations),
        choices=sum(len(options) for row in annotations for options in row.choices.values()),
        said_twice=intake.counts["twice"],
        replaced=replaced,
        rejected=_count_kinds(reject.kind for reject in intake.rejects),
        quarantined=_count_kinds(row.kind for row in imported.quarantine),
        ignored=tuple(sorted(intake.ignored)),
        passed_over=tuple(passed_over),
        offsets=dict(sorted((+intake.offsets).items())),
        doubts=tuple(intake.doubts),
        unanswered=intake.counts["unanswered"],
        left_empty=dict(sorted(intake.left_empty.items())),
        columns=tuple(tell_layouts(intake.layouts)),
        superseded=intake.counts["superseded"],
        partial=sum(bool(row.open) for row in annotations),
        signed_over=tuple(sorted(intake.named - {intake.terms.annotator})) if intake.terms.annotator else (),
    )


def _count_kinds(kinds: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(kinds).items()))


def _annotation_key(row: Annotation) -> AnnotationKey:
    return row.article, row.annotator, row.state


def _article_and_annotator(row: Annotation | QuarantineRow) -> tuple[str, str]:
    return row.article, row.annotator


def _article_id(article: Article) -> str:
    return article.id
