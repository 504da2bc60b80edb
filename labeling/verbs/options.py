"""Shared by the command lines of all verbs: options, the project, and the way results and refusals are printed."""

from __future__ import annotations

import functools
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from labeling.errors import NoRoom, escape_controls
from labeling.project import load_project
from labeling.values import format_percent
from labeling.verbs.bars import clear_bar, end_bar, show_bar, update_bar
from labeling.verbs.endings import list_ending, read_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from labeling.workspace.rows.score import Measure
    from labeling.workspace.table import Workspace

REFUSED = 3  # the exit status for "done, but some items were refused and are listed"
MOST_LISTED = 10  # of refusals and names at the terminal; all are in the files


def with_project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command the project that ``--config`` and ``--workspace`` name."""

    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own looseness
        config, workspace = ctx.obj
        try:
            project = load_project(config, workspace)
            project.workspace.say = _say
            before = read_digests(project.workspace)
            with show_bar(ctx.info_name or ""):
                status = ctx.invoke(command, project, *args, **kwargs)
            # Programs read stdout and the files.
            if not (kwargs.get("as_json") or status == 1):
                for line in list_ending(project, before):
                    tell(line, err=True)
        except BrokenPipeError:  # whoever reads our output has enough of it
            raise
        except OSError as error:
            # Files are named where they are read and written; this is for what nobody thought of.
            raise NoRoom(
                f"{error.filename or workspace or config or 'what is printed'}: {error.strerror or error}",
                todo="see that it is what it should be, and may be read and written; then run the same command again",
                where=str(error.filename or ""),
            ) from error
        else:
            return status

    return wrapped


def _say(sentence: str) -> None:
    """Tell whoever ran the command, apart from what it prints."""
    tell(sentence, err=True)


def tell(text: str = "", *, err: bool = False, passing: bool = False) -> None:
    """Print a line or several: whatever a server, a file or a name has in them cannot speak to the terminal.

    Args:
        text: What is printed.
        err: On stderr.
        passing: At a terminal only, over the line before it, and to be printed over by the next one.
    """
    clear_bar(err=err)
    if passing:
        click.echo(f"\r\x1b[2K{escape_controls(text)}\r", err=err, nl=False)
    else:
        click.echo(escape_controls(text), err=err)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")

wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for another command that is writing to this workspace; without it, the command fails at once.",
)


def format_measure(measure: Measure) -> str:
    """F1 in per cent with its interval, or why it has none: ``F1 41.9 (38.0 to 45.2)``."""
    return f"F1 {format_percent(measure.f1)} ({measure.interval_text})"


def show(summary: Mapping[str, object], *, as_json: bool, literal: Collection[str] = ()) -> None:
    """Print a summary on stdout: a table for people, or JSON for programs.

    Args:
        summary: The rows, by the names of our fields: in the table, their underscores are blanks.
        as_json: Print JSON.
        literal: Names that are not ours but the user's, labels and annotators: they are printed as they are.
    """
    if as_json:
        # JSON escapes most control characters itself; the others are escaped as JSON would.
        tell(json.dumps(summary, ensure_ascii=False, indent=2))
        return
    # Names are padded to the longest, so that values line up.
    width = max(map(len, summary), default=0)
    for name, value in summary.items():
        shown = name if name in literal else name.replace("_", " ")
        tell(f"{shown:<{width}}  {value}")


@contextmanager
def show_progress(what: str, *, wanted: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Yield what is to be called with how much is done, and of how much; it shows nothing where nobody looks on.

    Args:
        what: What is being done, before the bar.
        wanted: Whether the terminal is free for a bar.
    """
    if not wanted:
        end_bar()
    yield lambda done, total: update_bar(what, done, total)


IN_JSON = "--json has all"


def tell_first(sentences: Sequence[str], where: str = IN_JSON, *, err: bool = True) -> None:
    """Print the first sentences of a list that may be as long as the corpus, and how many more there are.

    Args:
        sentences: A line each, or several.
        where: Where all of them are.
        err: On stderr.
    """
    for sentence in sentences[:MOST_LISTED]:
        tell(sentence, err=err)
    if len(sentences) > MOST_LISTED:
        tell(f"and {len(sentences) - MOST_LISTED} more: {where}", err=err)


def list_first(names: Sequence[str]) -> str:
    """The first names in one line, and how many more there are: ``a, b, ..., and 3 more``."""
    more = [f"and {len(names) - MOST_LISTED} more"] if len(names) > MOST_LISTED else []
    return ", ".join([*names[:MOST_LISTED], *more])


def print_rejects(workspace: Workspace) -> None:
    """Print the first refusals of the last run on stderr, each with its way out, and where all of them are."""
    # Those of the last run only: the file is written anew by each.
    rejects = list(workspace.rejects.rows())
    for reject in rejects[:MOST_LISTED]:
        tell(f"Refused: {reject.where}: {reject.reason}\n  -> {reject.todo}", err=True)
    more = f"{len(rejects) - MOST_LISTED} more, " if len(rejects) > MOST_LISTED else ""
    tell(f"{more}all in {workspace.rejects.path}", err=True)


def tell_of_answers(answered: int) -> None:
    """Say that there is something to be brought home."""
    if answered:
        tell(f"Answered, and still open here: {answered}", err=True)
        tell(
            "  -> `labeling pull && labeling adjudicate`; what was left to the whole article is open until then",
            err=True,
        )


def tell_of_accounts(without_account: Sequence[str]) -> None:
    """Say who cannot decide yet."""
    if without_account:
        tell(f"Adjudicators without an account: {', '.join(without_account)}", err=True)
        tell("  -> `labeling people invite` sends each a link", err=True)


def tell_sent(done: int, total: int, what: str = "") -> None:
    """A bar at a terminal, and a line on stderr when all is sent."""
    update_bar("sending", done, total)
    if total and done == total:
        tell(f"{done} of {total}{what} sent", err=True)
