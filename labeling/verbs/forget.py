"""``labeling forget``: a wrong article, its words and its task taken away."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.studio.sync.forget import allow_again, describe_said, forget
from labeling.studio.sync.next_step import read_project_standing
from labeling.verbs.endings import name_next
from labeling.verbs.options import REFUSED, json_option, list_first, show, tell, tell_first, wait_option, with_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.project import Project
    from labeling.studio.sync.forget import ForgetResult


@click.command("forget")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--force", is_flag=True, help="Also where people have annotated it: their words go with it.")
@click.option("--why", metavar="TEXT", default="", help="The reason, kept in forgotten.jsonl.")
@click.option("--undo", is_flag=True, help="Let it be taken in again: run `labeling ingest` with it after that.")
@wait_option
@json_option
@with_project
def forget_cli(  # noqa: PLR0913 - one for each option
    project: Project, *, ids: tuple[str, ...], force: bool, why: str, undo: bool, wait: float, as_json: bool
) -> int:
    r"""Take wrong articles back: their texts, all that was said of them, and their tasks on the server.

    It is refused while people have annotated one, here or on the server, unless forced. Id, digest and split are kept
    in forgotten.jsonl: the text does not come back by ingest, import, pull or restore, and should it be taken in again
    (--undo), it keeps its split. Another text may have the id at once. A task is removed if our journal says that we
    sent it; where no server can be asked it is left, with its page, and the same command removes it later. Kept
    answers of the server (pulls/) and datasets of before are history: they stay as they are.

    Without an ID, what was cut short or left is finished.

    \b
    Example:
      labeling forget wire-0815 --why "it is the obituary of somebody alive"
      labeling forget wire-0815 wire-0816 --force
      labeling forget --undo wire-0815 && labeling ingest articles/
    """
    if undo:
        return _undo(project, ids, is_plain=not (force or why), wait=wait, as_json=as_json)
    result = forget(project, ids, force=force, why=why, wait=wait)
    following = read_project_standing(project, wait).next
    # Sentences on stderr, so that stdout stays a table or JSON.
    left = [f"the task of {task.article!r}{f' at {task.url}' if task.url else ''}: {task.why}" for task in result.left]
    tell_first([f"Left: {task}" for task in left])
    if as_json:
        show({**asdict(result), "next": following}, as_json=True)
    else:
        show(_tabulate(result), as_json=False)
        if result.answers:
            tell(f"\n{result.answers} kept answers in pulls/ may have words of it: no verb brings them back.")
        tell(f"\nNext: {name_next(following.removeprefix('labeling '))}")
    return REFUSED if result.left else 0


def _undo(project: Project, ids: Sequence[str], *, is_plain: bool, wait: float, as_json: bool) -> int:
    if not ids or not is_plain:
        raise UsageError(
            "--undo takes the ids of forgotten articles and nothing else", todo="labeling forget --undo ID"
        )
    rows = allow_again(project, ids, wait=wait)
    again = sorted({row.article for row in rows})
    show({"again": again if as_json else list_first(again)}, as_json=as_json)
    return 0


def _tabulate(result: ForgetResult) -> dict[str, object]:
    return {
        "forgotten": list_first(result.articles) or "nothing new",
        "tasks_removed": result.tasks,
        "tasks_left": len(result.left),
        "words_of_people": describe_said(result.said) or "none",
        "rows": ", ".join(f"{name} {count}" for name, count in result.rows.items()) or "none",
    }
