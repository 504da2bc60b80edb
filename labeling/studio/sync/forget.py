"""Front door of ``labeling forget``: a wrong article, its words and its task taken away, and kept from coming back."""

from __future__ import annotations

import difflib
import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.errors import StillAnnotated, UsageError
from labeling.studio.cards.card_standing import remove_cards
from labeling.studio.sync.forgotten_rows import RowRemoval, list_amended_files, list_said_here
from labeling.studio.sync.forgotten_tasks import find_forgotten_tasks
from labeling.workspace import journal
from labeling.workspace.custody import keep_custody
from labeling.workspace.flow.parts import drop_parts
from labeling.workspace.rows.forgotten_text import ForgottenText

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.forgotten_tasks import LeftTask, SaidWords
    from labeling.workspace.custody import CustodyFile
    from labeling.workspace.rows.assignment import SplitAssignment
    from labeling.workspace.rows.server_state import TextKey
    from labeling.workspace.table import Workspace

_MOST_NAMED = 5  # articles in one message


@dataclass(frozen=True)
class ForgetResult:
    """What was forgotten: ``articles`` by id, and how many ``tasks`` were removed from the server.

    ``left`` are tasks that stay there. ``said`` counts what of people went, by annotator and then by state, ``rows``
    what was taken out of each file. ``answers`` counts the kept answers of the server in ``pulls/``: they are history,
    and may have words of these articles in them.
    """

    articles: tuple[str, ...]
    tasks: int
    left: tuple[LeftTask, ...]
    said: dict[str, dict[str, int]]
    rows: dict[str, int]
    answers: int


@dataclass(frozen=True)
class _Choice:
    """What is to be forgotten: all its texts, and of the articles that are ``here`` the digest by id."""

    keys: frozenset[TextKey]
    here: dict[str, str]


def forget(
    project: Project,
    ids: Sequence[str] = (),
    *,
    server: Credentials | None = None,
    force: bool = False,
    why: str = "",
    wait: float = 0.0,
) -> ForgetResult:
    """Take articles back: their texts, all that was said of them, and their tasks; they do not come back by any verb.

    Id, digest and split stay in ``forgotten.jsonl``. What was cut short is finished by the same call, and so is what
    was left of an article when no server could be asked. Without ids, all that is to be finished is.

    Args:
        project: Whose articles.
        ids: Which of them.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        force: Also where people have annotated them, here or on the server.
        why: The reason, to be kept.
        wait: Seconds to wait for another command in this workspace.

    Raises:
        UsageError: There is no such article; nothing was done.
        StillAnnotated: People have annotated one of them; nothing was done.
        Altered: A file that has rows of them is not as it was left.
        StudioError: The server is there, and did not do what was asked; run it again.
    """
    workspace = project.workspace
    with workspace.opened(wait):
        files = list_amended_files(workspace)
        amended: list[CustodyFile] = [file for file in files if file.exists()]
        # It is written anew where the server has another address now.
        amended += [workspace.studio_link] if workspace.studio_link.exists() else []
        with keep_custody(
            workspace,
            "forget",
            reads=(*files, workspace.clusters, workspace.forgotten),
            writes=(workspace.forgotten,),
            amends=amended,
            stale=False,
        ):
            # A line that cannot be read is found before anything is taken away.
            for file in files:
                if file.path != workspace.pushed.path:
                    file.drop(lambda _row: False)
            rows = {(row.article, row.digest): row for row in workspace.forgotten.rows_if_written()}
            chosen = _choose_named(workspace, ids, rows) if ids else _choose_unfinished(workspace, rows)
            with find_forgotten_tasks(workspace, server, chosen.keys) as tasks:
                said = _merge_said(tasks.said, list_said_here(workspace, chosen.here))
                if not force:
                    _refuse_annotated(said, chosen.here)
                # Before anything goes: should this be cut short, it is known what was to go.
                _write_down(workspace, chosen, rows, why.strip())
                removed = tasks.remove(force=force)
                if tasks.studio:
                    removed += remove_cards(tasks.studio, workspace, chosen.keys)
            counts = RowRemoval(chosen.here, tasks.gone, tasks.settled).run(project)
            # What a run that was cut short had suggested for them.
            drop_parts(workspace.suggestions.path)
    gone = [each for each in said if each.article in chosen.here or force]
    return ForgetResult(
        articles=tuple(sorted(chosen.here)),
        tasks=removed,
        left=tuple(tasks.left),
        said=_count_said(gone),
        rows=counts,
        answers=len([*workspace.pulls.glob("[!.]*.gz")]),
    )


def allow_again(project: Project, ids: Iterable[str], *, wait: float = 0.0) -> tuple[ForgottenText, ...]:
    """Let forgotten articles be taken in again; their splits stay remembered, and their rows are returned.

    Raises:
        UsageError: None of that id was forgotten, or what was to go with it is not gone yet; nothing was done.
    """
    workspace, wanted = project.workspace, {*ids}
    with (
        workspace.opened(wait),
        keep_custody(workspace, "forget", reads=(workspace.forgotten,), writes=(workspace.forgotten,)),
    ):
        rows = list(workspace.forgotten.rows_if_written())
        _refuse_unknown(sorted(wanted), {row.article for row in rows}, "was forgotten")
        keys = {(row.article, row.digest) for row in rows if row.article in wanted and not row.again}
        half = next((each.id for each in workspace.articles.rows_if_written() if (each.id, each.digest) in keys), "")
        if half:
            raise UsageError(
                f"the forgetting of {half!r} was cut short",
                todo=f"run `labeling forget {shlex.quote(half)}` first",
                where=half,
            )
        workspace.forgotten.write(row.model_copy(update={"again": row.again or row.article in wanted}) for row in rows)
    return tuple(row for row in rows if row.article in wanted)


def _choose_named(workspace: Workspace, ids: Sequence[str], rows: Mapping[TextKey, ForgottenText]) -> _Choice:
    """All texts of these articles: those that are here, were sent, or were forgotten before."""
    here: dict[str, str] = {}
    known = {article for article, _ in rows}
    wanted = {*ids}
    sent = [key for key in journal.load_journal(workspace.pushed.path) if key[0] in wanted]
    known |= {article for article, _ in sent}
    for article in workspace.articles.rows_if_written():
        if article.id in wanted:
            here[article.id] = article.digest
    if wanted - known - here.keys():
        known |= {article.id for article in workspace.articles.rows_if_written()}
        _refuse_unknown(ids, known, "is here")
    return _Choice(frozenset({*here.items(), *sent, *(key for key in rows if key[0] in wanted)}), here)


def _choose_unfinished(workspace: Workspace, rows: Mapping[TextKey, ForgottenText]) -> _Choice:
    """What was forgotten before, and may not be gone yet."""
    keys = frozenset(key for key, row in rows.items() if not row.again)
    if not keys:
        raise UsageError("no article is named, and none was forgotten", todo="name it: labeling forget ID")
    here = {each.id: each.digest for each in workspace.articles.rows_if_written() if (each.id, each.digest) in keys}
    return _Choice(keys, here)


def _refuse_unknown(ids: Sequence[str], known: Collection[str], what: str) -> None:
    unknown = [name for name in ids if name not in known]
    if not unknown:
        return
    # Of another length it is hardly meant, and to compare all of a corpus takes long.
    alike = [name for name in known if abs(len(name) - len(unknown[0])) <= max(2, len(unknown[0]) // 4)]
    near = difflib.get_close_matches(unknown[0], alike, n=1)
    raise UsageError(
        f"no article {', '.join(map(repr, unknown[:_MOST_NAMED]))} {what}",
        todo=f"did you mean {near[0]!r}? Nothing was done" if near else "name it by its id; nothing was done",
        where=unknown[0],
    )


def _merge_said(there: Iterable[SaidWords], here: Iterable[SaidWords]) -> list[SaidWords]:
    """What people have said, each annotation and draft once: as the server has it, then what only we have."""
    said: dict[tuple[object, ...], SaidWords] = {}
    everything = [*there, *here]
    for each in everything:
        if each.state == "quarantined":
            continue
        state = each.state if each.server_id is None else each.state == "draft"  # which the server numbers apart
        said.setdefault((each.article, each.annotator, each.server_id, state), each)
    # Most of them are parts of what counts already.
    numbers = {(each.article, each.server_id or each.annotator) for each in said.values()}
    for each in everything:
        if (each.article, each.server_id or each.annotator) not in numbers:
            said.setdefault((each.article, each.annotator, each.server_id), each)
    return list(said.values())


def _count_said(said: Iterable[SaidWords]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for each in said:
        counts.setdefault(each.annotator, Counter())[each.state] += 1
    return {name: dict(sorted(states.items())) for name, states in sorted(counts.items())}


def describe_said(said: Mapping[str, Mapping[str, int]]) -> str:
    """What people have said, in words: ``ana 2 submitted, ben 1 draft``."""
    return ", ".join(f"{name} {count} {state}" for name, states in said.items() for state, count in states.items())


def _refuse_annotated(said: Sequence[SaidWords], here: Collection[str]) -> None:
    articles = sorted({each.article for each in said if each.article in here})
    if not articles:
        return
    told = [f"{name!r} ({describe_said(_count_said(_said_of(said, name)))})" for name in articles[:_MOST_NAMED]]
    more = f" and {len(articles) - _MOST_NAMED} more" if len(articles) > _MOST_NAMED else ""
    raise StillAnnotated(
        f"people have annotated {', '.join(told)}{more}; nothing was done",
        todo="leave it; or, if their words may go with it, run the same command with --force (what was withdrawn on "
        "the server since the last `labeling pull` goes by pulling first)",
        where=articles[0],
    )


def _said_of(said: Iterable[SaidWords], article: str) -> Iterator[SaidWords]:
    return (each for each in said if each.article == article)


def _write_down(workspace: Workspace, chosen: _Choice, rows: Mapping[TextKey, ForgottenText], why: str) -> None:
    """Write ``forgotten.jsonl``: what is written down already stays as it is, but for a new reason."""
    places = {row.article: row for row in workspace.splits.rows_if_written()}
    shared = _list_unplaced(workspace, chosen.here, places)
    written = dict(rows)
    for article, digest in sorted(chosen.keys):
        before = rows.get((article, digest)) or ForgottenText(article=article, digest=digest)
        # A row that may be taken in again tells of another time; one that may not, of this one, cut short.
        if before.again or (article, digest) not in rows:
            place = places.get(article)
            split = (place.split if place and article in chosen.here else None) or before.split
            shared_with = {*before.shared_with, *(shared.get(article, ()) if split else ())}
            now = {"split": split, "shared_with": tuple(sorted(shared_with)), "again": False}
            before = before.model_copy(update=now)
        written[article, digest] = before.model_copy(update={"why": why}) if why else before
    if written != rows:
        workspace.forgotten.write(written.values())


def _list_unplaced(
    workspace: Workspace, here: Collection[str], places: Mapping[str, SplitAssignment]
) -> dict[str, list[str]]:
    """The other articles of the leak group of each, as far as they have no place in the splits."""
    clusters = list(workspace.clusters.rows_if_written()) if any(name in places for name in here) else []
    group_of = {row.article: row.leak_group for row in clusters if row.article in here}
    members: dict[str, list[str]] = {group: [] for group in group_of.values()}
    for row in clusters:
        if row.leak_group in members and row.article not in here and row.article not in places:
            members[row.leak_group].append(row.article)
    return {name: members[group] for name, group in group_of.items()}
