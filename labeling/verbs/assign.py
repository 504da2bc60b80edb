"""``labeling assign``: who reads what, by story and share, in ``assignments.jsonl``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.people.assign import assign
from labeling.verbs.options import json_option, list_first, tell, with_project

if TYPE_CHECKING:
    from labeling.people.assign import AssignResult
    from labeling.project import Project


@click.command("assign")
@json_option
@with_project
def assign_cli(project: Project, *, as_json: bool) -> int:
    r"""Plan who reads what, where the project file names [people].

    By story: who reads an article reads its reprints, too. Each reader gets their share of what nobody has started, to
    within one story; `twice` of the stories get a second reader, who is not to see the first one's words; and each gets
    gold questions: articles that an adjudicator has submitted and nobody differs on.

    What somebody has started, submitted or skipped stays theirs, as far as it was pulled: pull first. A new reader
    takes no more than their share, and who is taken out of the project file gives back what they have not submitted.
    The same people, articles and work give the same plan. The next `labeling push` brings it to the server.

    \b
    Example:
      labeling cluster && labeling pull && labeling assign && labeling push
      labeling assign --json | jq '.readers[] | {reader, stories}'
    """
    result = assign(project)
    if as_json:
        tell(json.dumps(asdict(result), ensure_ascii=False, indent=2))
    else:
        tell(_format_readers(result))
        tell(f"\n{result.articles} articles in {result.stories} stories, {result.read_by_two} of them read by two")
    for sentence in _list_notes(result, project):
        tell(sentence, err=True)
    tell(f"Written to {project.workspace.assignments.path}", err=True)
    return 0


def _format_readers(result: AssignResult) -> str:
    names = ("reader", "share", "stories", "articles", "first", "second", "gold_questions", "moved")
    rows = [tuple(name.replace("_", " ") for name in names)]
    rows += [
        (line.reader, f"{line.share:g}", *(str(getattr(line, name)) for name in names[2:])) for line in result.readers
    ]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{row[0]:<{width}}" + "".join(f"{cell:>16}" for cell in row[1:]) for row in rows)


def _list_notes(result: AssignResult, project: Project) -> list[str]:
    people = project.file.people
    wanted = people.gold_questions if people else 0
    notes = []
    if result.unassigned:
        notes.append(f"Articles that nobody is given: {result.unassigned}\n  -> name readers under [people]")
    if result.waiting:
        notes.append(f"Reprints that wait for their story: {result.waiting}")
    if result.settled < wanted:
        notes.append(
            f"Gold questions: {wanted} are asked for, and there are {result.settled}\n"
            "  -> an adjudicator of the project file submits more articles; then pull and assign again"
        )
    if result.without_account:
        notes.append(f"Without an account at the last pull: {list_first(result.without_account)}")
    return notes
