"""``labeling import``: annotations made elsewhere -> ``articles.jsonl``, ``annotations.jsonl``, ``quarantine.jsonl``.

The module has an underscore behind its name because Python has taken the word.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from labeling.imports.formats import IMPORT_FORMATS
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.label_map import split_pair
from labeling.imports.merge import ImportOptions
from labeling.imports.offsets import CODE_POINTS, COUNTINGS
from labeling.imports.people_file import read_people
from labeling.verbs.options import (
    MOST_LISTED,
    REFUSED,
    json_option,
    list_first,
    print_rejects,
    show,
    tell,
    with_project,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.project import Project
    from labeling.workspace.table import Workspace

_WIDEST = max(map(len, IMPORT_FORMATS)) + 2
_FORMAT_LINES = [f"  {each.name:<{_WIDEST}}{each.help}" for each in IMPORT_FORMATS.values()]


@click.command("import", epilog="\b\n" + "\n".join(["Formats:", *_FORMAT_LINES]))
@click.argument("kind", type=click.Choice(IMPORT_FORMATS), metavar="FORMAT")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--annotator", default="", metavar="NAME", help="Who annotated; without it, whom the files name.")
@click.option("--prefix", default="", metavar="WORDS", help="Put before each article's id.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OLD=NEW",
    help="A name in the files and ours for it: a label, a relation, unsure, event.CONSULT; OLD= removes it. "
    "Repeatable.",
)
@click.option(
    "--offsets",
    type=click.Choice(COUNTINGS),
    default=CODE_POINTS,
    show_default=True,
    metavar="COUNTING",
    help="What offsets count: code-points, utf-16 or utf-8; with `,lf` each line end as one though the text has CRLF, "
    "with `,no-bom` no byte order mark. Found by itself where the file holds the words, too; of a CAS it is utf-16.",
)
@click.option(
    "--people",
    default="",
    metavar="FILE",
    help="Who the numbered annotators of Label Studio are: CSV with id and email, or JSON of /api/users.",
)
@click.option(
    "--add",
    is_flag=True,
    help="Merge with earlier imports of an annotator on the same article.",
)
@click.option(
    "--columns",
    default="",
    metavar="token=N,tag=N",
    help="The columns of CoNLL files, from 1 or as the first line names them, where looking does not tell; "
    "several tag= are layers.",
)
@click.option(
    "--sentences-per-article",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Cut CoNLL files into articles of N sentences, where they have no documents.",
)
@json_option
@with_project
def import_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    kind: str,
    paths: tuple[str, ...],
    *,
    annotator: str,
    prefix: str,
    pairs: tuple[str, ...],
    offsets: str,
    people: str,
    add: bool,
    columns: str,
    sentences_per_article: int | None,
    as_json: bool,
) -> int:
    r"""Bring annotations along: from brat, Prodigy, doccano, Label Studio, CoNLL, Argilla, Potato or UIMA CAS.

    A text that was ingested before is that article, whatever its id. Everything is checked against the schema; what has
    no place (a discontinuous span, an attribute, an unknown label) is listed in quarantine.jsonl (status 3). A file
    that does not look like FORMAT is refused, and so is a line with annotations in a field that nobody reads, unless
    --map FIELD= removes it. CoNLL has no text: tokens are joined by spaces, sentences by line ends, unless the article
    of that name is there and has the same words, or the file tells otherwise. Which of its columns are tokens and tags
    is found by what stands in them, and said.

    Of Label Studio's JSON, a cancelled annotation is a skip, a draft a draft; predictions are signed model:NAME, and
    are never gold; of a person's several submissions on one task the latest counts. An annotator with a number and no
    address is nobody until --people tells who it is.

    \b
    Example:
      labeling import label-studio export.json --people people.csv --map PER=PERSON
      labeling import brat old-project/ --annotator ana --map PER=PERSON --map Speculation=unsure
      labeling import prodigy ner.jsonl choices.jsonl --map consult=event.CONSULT
      labeling import doccano ana.jsonl --annotator ana --prefix desk/
    """
    # The default is not a statement about the files.
    source = click.get_current_context().get_parameter_source("offsets")
    counting = offsets if source is click.core.ParameterSource.COMMANDLINE else ""
    terms = ImportOptions(
        annotator,
        prefix,
        dict(split_pair(pair, project.schema) for pair in pairs),
        counting,
        project.file.project.max_characters,
        people=read_people(people) if people else {},
        columns=columns,
        sentences_per_article=sentences_per_article or 0,
    )
    summary = import_annotations(project, kind, paths, terms, add=add)
    facts = _list_facts(summary)
    show(facts if as_json else _format_import(facts, summary), as_json=as_json)
    _print_doubts(summary.doubts)
    _print_refused_imports(project.workspace, summary)
    return REFUSED if summary.rejected or summary.quarantined or summary.is_empty else 0


# What most imports have nothing of, and the first ones did not have: it is only printed where there is something.
_SELDOM = ("unanswered", "left_empty", "superseded", "partial", "signed_over")


def _list_facts(summary: ImportResult) -> dict[str, Any]:
    return {name: value for name, value in asdict(summary).items() if value or name not in _SELDOM}


def _format_import(facts: Mapping[str, Any], summary: ImportResult) -> dict[str, object]:
    """The summary as lines for people."""
    told = dict(facts)
    # What offsets count is only worth a line where it is not what we count; doubts are told by themselves.
    told.pop("doubts")
    if not summary.offsets.keys() - {CODE_POINTS}:
        told.pop("offsets")
    # Of files that have no columns there is nothing to say.
    if not summary.columns:
        told.pop("columns")
    lines = {name: _format_import_value(value) for name, value in told.items()}
    # All of them: a field that nobody read may be the one that matters.
    return {**lines, "ignored": ", ".join(summary.ignored) or "nothing"}


def _format_import_value(value: int | dict[str, int] | tuple[str, ...]) -> object:
    """A count as it is; counts by kind, and names, in one line."""
    if isinstance(value, int):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{number} {kind}" for kind, number in value.items()) or "nothing"
    return list_first(value) or "nothing"


def _print_doubts(doubts: Sequence[str]) -> None:
    for doubt in doubts[:MOST_LISTED]:
        tell(f"Warning: {doubt}", err=True)
    if len(doubts) > MOST_LISTED:
        tell(f"Warning: the same is so of {len(doubts) - MOST_LISTED} more files", err=True)


def _print_refused_imports(workspace: Workspace, summary: ImportResult) -> None:
    if len(summary.signed_over) > 1:
        tell(
            f"One annotator signs what the files sign as {list_first(summary.signed_over)}: several people as one\n"
            "  -> import again without --annotator, unless they are one person",
            err=True,
        )
    if summary.is_empty:
        tell(
            f"Nothing came in: no span, no relation and no choice of {summary.annotations} annotations\n"
            "  -> see that FORMAT is the format of the files, and that people have annotated them",
            err=True,
        )
    if summary.rejected:
        print_rejects(workspace)
    if summary.quarantined:
        tell(f"What failed a check is listed in {workspace.quarantine.path}", err=True)
