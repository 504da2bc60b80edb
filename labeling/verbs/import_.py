"""``labeling import``: annotations made elsewhere -> ``articles.jsonl``, ``annotations.jsonl``, ``quarantine.jsonl``.

The module and the function have an underscore behind their name because Python has taken the word.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.annotations import Annotation, QuarantineRow
from labeling.errors import UsageError
from labeling.imports.formats import IMPORT_FORMATS, find_import_files, read_import
from labeling.imports.label_map import refuse_unknown_names
from labeling.imports.merge import AnnotationIntake, ImportOptions
from labeling.imports.offsets import OFFSET_UNITS, OffsetUnit
from labeling.verbs.options import REFUSED, Project, json_option, show, with_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Article
    from labeling.imports.formats import ImportFormat
    from labeling.workspace.table import Workspace

_LISTED_IMPORTS = 10  # refusals told at the terminal; all are in the files


@dataclass(frozen=True)
class ImportResult:
    """What became of everything that was read.

    ``new`` counts articles that were not there, ``matched`` texts that were, under another id. ``annotations`` to
    ``choices`` count what is sound, ``said_twice`` those that one annotator has in two places. ``replaced`` counts
    annotations of an earlier import in whose place these stand. ``rejected`` counts texts, ``quarantined`` parts of
    annotations, by kind. ``ignored`` names fields that were not read, ``passed_over`` files.
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


def import_annotations(
    project: Project, kind: ImportFormat, paths: Iterable[str], terms: ImportOptions, *, add: bool = False
) -> ImportResult:
    """Take in annotations that were made elsewhere, and their articles.

    An annotator's earlier import on the same article is replaced, so that the same files twice are the same bytes;
    what was pulled from a server stays.

    Args:
        project: Its workspace gets them; its schema says what is sound.
        kind: The format of the files.
        paths: Files, and folders of files.
        terms: How they are to be read.
        add: Keep an annotator's earlier import on the same article, and put this one beside it.

    Raises:
        UsageError: A path stands for nothing, nobody is named as annotator, or a name is mapped to what the schema does
            not have; nothing is written then.
        WorkspaceBusy: Another command is writing there.
    """
    refuse_unknown_names(terms.names, project.schema)
    found, passed = find_import_files(kind, paths)
    workspace = project.workspace
    with workspace.lock():
        intake = AnnotationIntake(project.schema, terms)
        text_of = _register_articles(intake, workspace)
        for path, name in found:
            for item in read_import(kind, path, name, text_of):
                intake.take(item)
        earlier = [row for row in list(workspace.annotations.rows_if_written()) if row.imported]
        said = list(intake.finished({_annotation_key(row): row for row in earlier} if add else {}))
        _write_imported(workspace, intake, said, add=add)
    annotations = [annotation for annotation, _ in said]
    touched = {_annotation_key(row)[: 3 if add else 2] for row in annotations}
    return ImportResult(
        new=intake.counts["new"],
        matched=intake.counts["matched"],
        annotations=len(annotations),
        spans=sum(len(row.spans) for row in annotations),
        relations=sum(len(row.relations) for row in annotations),
        choices=sum(len(options) for row in annotations for options in row.choices.values()),
        said_twice=intake.counts["said twice"],
        replaced=sum(_annotation_key(row)[: 3 if add else 2] in touched for row in earlier),
        rejected=dict(sorted(Counter(reject.kind for reject in intake.rejects).items())),
        quarantined=dict(sorted(Counter(bad.kind for _, found in said for bad in found).items())),
        ignored=tuple(sorted(intake.ignored)),
        passed_over=tuple(passed),
    )


def _register_articles(intake: AnnotationIntake, workspace: Workspace) -> Callable[[str], str | None]:
    """Tell the intake which articles there are; return how to get at a text by its id."""
    if not workspace.articles.exists():
        return lambda _: None
    for article in workspace.articles.rows():
        intake.know(article)
    articles, prefix = workspace.articles.by("id"), intake.terms.prefix
    return lambda name: articles[prefix + name].text if prefix + name in articles else None


def _write_imported(
    workspace: Workspace, intake: AnnotationIntake, said: list[tuple[Annotation, list[QuarantineRow]]], *, add: bool
) -> None:
    annotations, bad = [annotation for annotation, _ in said], [each for _, found in said for each in found]
    touched = {_annotation_key(row)[:2] for row in annotations}
    states = {_annotation_key(row) for row in annotations}
    stay = [
        row
        for row in list(workspace.annotations.rows_if_written())
        if not row.imported or (_annotation_key(row) not in states if add else _annotation_key(row)[:2] not in touched)
    ]
    apart = [
        row
        for row in list(workspace.quarantine.rows_if_written())
        if not row.imported or (row not in bad if add else (row.article, row.annotator) not in touched)
    ]
    before = list(workspace.articles.rows_if_written())
    known = {article.id for article in before}
    new = sorted((article for name, article in intake.articles.items() if name not in known), key=lambda each: each.id)
    all_said: list[Annotation] = sorted([*stay, *annotations], key=_file_order)
    all_bad: list[QuarantineRow] = sorted([*apart, *bad], key=_file_order)
    articles: Iterator[Article] = heapq.merge(before, new, key=lambda article: article.id)
    workspace.articles.write_sorted(articles)
    workspace.annotations.write(all_said)
    workspace.quarantine.write(all_bad)
    workspace.rejects.write(intake.rejects)


def _annotation_key(row: Annotation) -> tuple[str, str, str]:
    return row.article, row.annotator, row.state


def _file_order(row: Annotation | QuarantineRow) -> tuple[str, str, int, str]:
    """The order of both files, as `pull` has it."""
    rest = row.state if isinstance(row, Annotation) else f"{row.what} {row.id} {row.kind}"
    return row.article, row.annotator, row.server_id or 0, rest


@click.command("import")
@click.argument("kind", type=click.Choice(IMPORT_FORMATS), metavar="FORMAT")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--annotator", default="", metavar="NAME", help="Who said all this; left out, as the files say.")
@click.option("--prefix", default="", metavar="WORDS", help="Put before each article's id.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OLD=NEW",
    help="A name of theirs and ours for it: a label, a relation, unsure, event.CONSULT; nothing to remove it. "
    "Repeatable.",
)
@click.option(
    "--offsets", type=click.Choice(OFFSET_UNITS), default=OFFSET_UNITS[0], show_default=True, help="What offsets count."
)
@click.option("--add", is_flag=True, help="Keep what was imported of an annotator on the same article earlier.")
@json_option
@with_project
def import_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    kind: ImportFormat,
    paths: tuple[str, ...],
    *,
    annotator: str,
    prefix: str,
    pairs: tuple[str, ...],
    offsets: OffsetUnit,
    add: bool,
    as_json: bool,
) -> int:
    r"""Bring annotations along: brat stand-off, Prodigy or doccano JSON lines, CoNLL.

    FORMAT is brat, prodigy, doccano or conll. A text that was ingested before is that article, whatever its id. All is
    checked against the schema; what has no place (a discontinuous span, an attribute, an unknown label) is listed in
    quarantine.jsonl (status 3). CoNLL has no text: tokens are joined by spaces, sentences by line ends, unless the
    article named so is there and has the same words.

    \b
    Example:
      labeling import brat old-project/ --annotator ana --map PER=PERSON --map Speculation=unsure
      labeling import prodigy ner.jsonl choices.jsonl --map consult=event.CONSULT
      labeling import doccano ana.jsonl --annotator ana --prefix desk/
    """
    terms = ImportOptions(annotator, prefix, _parse_map(pairs), offsets, project.file.project.max_characters)
    summary = import_annotations(project, kind, paths, terms, add=add)
    show(asdict(summary) if as_json else _format_import(summary), as_json=as_json)
    _print_refused_imports(project.workspace, summary)
    return REFUSED if summary.rejected or summary.quarantined else 0


def _parse_map(pairs: Iterable[str]) -> dict[str, str]:
    names = dict[str, str]()
    for pair in pairs:
        old, sign, new = pair.rpartition("=")
        if not sign or not old:
            raise UsageError(
                f"--map {pair} is no OLD=NEW", todo="write it as --map PER=PERSON, or --map PER= to remove"
            )
        names[old] = new
    return names


def _format_import(summary: ImportResult) -> dict[str, object]:
    """The summary as lines for people."""
    lines: dict[str, object] = {}
    for name, value in asdict(summary).items():
        if isinstance(value, dict):
            lines[name] = ", ".join(f"{number} {kind}" for kind, number in value.items()) or "nothing"
        elif not isinstance(value, int):
            more = [f"and {len(value) - _LISTED_IMPORTS} more"] if len(value) > _LISTED_IMPORTS else []
            lines[name] = ", ".join([*value[:_LISTED_IMPORTS], *more]) or "nothing"
        else:
            lines[name] = value
    return lines


def _print_refused_imports(workspace: Workspace, summary: ImportResult) -> None:
    if summary.rejected:
        for reject in list(workspace.rejects.rows())[:_LISTED_IMPORTS]:
            click.echo(f"Refused: {reject.where}: {reject.reason}\n  -> {reject.todo}", err=True)
        click.echo(f"All that was refused is in {workspace.rejects.path}", err=True)
    if summary.quarantined:
        click.echo(f"What failed a check is listed in {workspace.quarantine.path}", err=True)
