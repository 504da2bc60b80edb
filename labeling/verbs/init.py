"""``labeling init``: a project file of one's own, by a few questions."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from labeling.errors import UsageError
from labeling.project import OWN_PROJECT
from labeling.verbs.endings import name_command
from labeling.verbs.options import json_option, list_first, show, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.samples.begin_project import LabelDraft, NewProject

_Answer = TypeVar("_Answer")


@click.command("init")
@click.argument("file", required=False, type=click.Path(path_type=Path), default=OWN_PROJECT)
@click.option("--name", help="The project's name, the title on the server; by default the folder's.")
@click.option("--language", help='The language of the articles, as spaCy calls it: "en" by default, "xx" for any.')
@click.option("--labels", metavar="NAMES", help="What is marked, apart by commas: PERSON,TEAM,PLACE.")
@click.option("--yes", is_flag=True, help="Ask nothing: what no option says has its default.")
@json_option
def init_cli(
    file: Path, *, name: str | None, language: str | None, labels: str | None, yes: bool, as_json: bool
) -> int:
    r"""Begin a project of your own: write a commented project file, by asking.

    FILE is labeling.toml by default, which every verb takes in the folder where it lies; another one is named with
    --config. Nothing is ever overwritten, and what is written was checked as every verb checks it. Enter takes what
    stands in brackets; definitions and examples left out are named at the end, for you to write.

    Without a terminal nobody can be asked: then say --yes.

    \b
    Example:
      labeling init
      labeling init sports.toml --name "Match reports" --labels PLAYER,TEAM,STADIUM --yes
    """
    # Loaded here: a schema's names are checked by what reads schemas.
    from labeling.samples.begin_project import (
        DEFAULT_LABELS,
        ProjectDraft,
        begin_project,
        check_language,
        check_project_name,
        name_after_folder,
        refuse_existing,
        split_label_names,
    )

    refuse_existing(file)
    if not (yes or (sys.stdin and sys.stdin.isatty())):
        raise UsageError(
            "there is no terminal to ask at",
            todo="say --yes, and what is to differ from the defaults: `labeling init --yes --labels PERSON,TEAM`",
        )
    answer = _take_defaults if yes else _ask
    draft = ProjectDraft(
        name=answer("Name of the project", name, name_after_folder(Path.cwd()), check_project_name),
        language=answer("Language of the articles", language, "en", check_language),
        labels=answer("What is marked, apart by commas", labels, ",".join(DEFAULT_LABELS), split_label_names),
    )
    made = begin_project(file, draft if yes else draft.with_words(_ask_for_words))
    show(asdict(made) if as_json else _format_project(made), as_json=as_json)
    if not as_json:
        _tell_what_is_next(file, made)
    return 0


def _take_defaults(_question: str, given: str | None, default: str, check: Callable[[str], _Answer]) -> _Answer:
    return check(default if given is None else given)


def _ask(question: str, given: str | None, default: str, check: Callable[[str], _Answer]) -> _Answer:
    """What an option says, or an answer; a wrong one is told, and asked for again."""
    if given is not None:
        return check(given)
    while True:
        try:
            return check(click.prompt(question, default=default, err=True))
        except UsageError as error:
            tell(f"  {error}\n  -> {error.todo}", err=True)


def _ask_for_words(label: LabelDraft) -> tuple[str, str]:
    """The definition and the example of a label; empty ones where Enter alone was pressed."""
    definition, example = (
        click.prompt(f"{label.name}: {what}", default="", show_default=False, err=True)
        for what in ("what counts as one, in a sentence", "an example, with the [span] in brackets")
    )
    return definition.strip(), example.strip()


def _format_project(made: NewProject) -> dict[str, object]:
    return {"file": made.file, "workspace": made.workspace, "labels": list_first(made.labels)}


def _tell_what_is_next(file: Path, made: NewProject) -> None:
    if made.unwritten:
        tell(f"Still to be told in the file, for whoever annotates: {list_first(made.unwritten)}", err=True)
    tell(f"Changed: {made.file} is new, and was checked", err=True)
    tell(f"Next: {name_command('ingest FILES', None if file == OWN_PROJECT else file)}", err=True)
