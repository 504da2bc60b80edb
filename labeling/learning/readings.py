"""What readers were offered and what they did with it: ``begun.jsonl`` and ``actions.jsonl``.

A suggestion is replaced by the next model's, so what was there is written down when somebody is first seen to have
begun the article, and stays. Each reading is counted once, in the round that first sees it submitted: run again after
it was cut short, a round counts the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, submission_order
from labeling.learning.actions import WorkTrace, count_actions
from labeling.studio.format.origins import SpanOrigins
from labeling.studio.format.tasks import has_content
from labeling.studio.sync.push_queue import read_queue
from labeling.studio.sync.span_origins import find_span_origins
from labeling.workspace.annotator_names import annotator_names, name_kept
from labeling.workspace.custody import keep_custody
from labeling.workspace.journal import load_journal
from labeling.workspace.rows.learning_rows import BegunRow, DoneReading

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from labeling.project import Project
    from labeling.workspace.rows.server_state import PushedTask
    from labeling.workspace.rows.stream_row import StreamPlace


def record_readings(project: Project, number: int, places: Mapping[str, StreamPlace]) -> list[DoneReading]:
    """Write down what was offered and done since, and return the readings of this round.

    Args:
        project: Whose workspace; it was just pulled.
        number: The round's.
        places: Which articles are of the random stream, and which are read without suggestions: of these is kept what
            would have been suggested, so that both kinds of readings can be compared.

    Raises:
        WorkspaceBusy: Another command is writing here.
        Altered: A file is not as it was left.
    """
    workspace = project.workspace
    said = (workspace.annotations, workspace.articles, workspace.begun, workspace.actions)
    shown = (workspace.offered, workspace.kept, workspace.users)
    with (
        workspace.opened(),
        keep_custody(workspace, "learn", reads=(*said, *shown), writes=(workspace.begun, workspace.actions)),
    ):
        readings = [*workspace.actions.rows_if_written()]
        done = {(row.article, row.annotator) for row in readings}
        begun, fresh = _find_begun(workspace.annotations.rows_if_written(), done)
        offered = {row.article: row for row in workspace.begun.rows_if_written()}
        offered |= {row.article: row for row in _find_offered(project, begun - offered.keys(), places)}
        if offered:
            workspace.begun.write(offered.values())
        origins = find_span_origins(workspace, {one.server_id for one in fresh if one.server_id is not None})
        find_mentions = _open_mentions(project)
        for one in fresh:
            noted = origins.get(one.server_id or 0, SpanOrigins())
            trace = _trace_work(one, offered.get(one.article), noted, find_mentions(one))
            readings.append(_count_done_reading(project, trace, offered.get(one.article), number))
        if readings:
            workspace.actions.write(readings)
    return [row for row in readings if row.round == number]


def _find_begun(annotations: Iterable[Annotation], done: set[tuple[str, str]]) -> tuple[set[str], list[Annotation]]:
    """The articles that people have begun on the server, and the newest submissions that are not counted yet."""
    begun, fresh = set[str](), dict[tuple[str, str], Annotation]()
    for one in annotations:
        # Imported words cost nobody anything here; who judged one span on a card has not read the article.
        if not one.by_person or one.task is None or one.open:
            continue
        begun.add(one.article)
        key = (one.article, one.annotator)
        if one.state == "submitted" and key not in done:
            fresh[key] = max(fresh.get(key, one), one, key=submission_order)
    return begun, [fresh[key] for key in sorted(fresh)]


def _find_offered(project: Project, articles: set[str], places: Mapping[str, StreamPlace]) -> Iterator[BegunRow]:
    if not articles:
        return
    workspace = project.workspace
    pushed = {row.article: row for row in load_journal(workspace.pushed.path).values() if row.article in articles}
    find_shown, find_withheld = _open_pushed(project, pushed.values()), _open_withheld(project)
    texts = workspace.articles.by("id")
    for name in sorted(articles & pushed.keys()):
        if name not in texts or texts[name].digest != pushed[name].digest:
            continue
        assisted = name not in places or places[name].assisted
        yield _begun_row(pushed[name], (find_shown if assisted else find_withheld)(name), shown=assisted)


def _begun_row(pushed: PushedTask, said: Annotation | None, *, shown: bool) -> BegunRow:
    if said is None:
        return BegunRow(article=pushed.article, digest=pushed.digest, source="", shown=shown)
    return BegunRow(
        article=pushed.article,
        digest=pushed.digest,
        source=said.annotator,
        shown=shown,
        spans=said.spans,
        relations=said.relations,
        choices=said.choices,
    )


def _open_pushed(project: Project, pushed: Collection[PushedTask]) -> Callable[[str], Annotation | None]:
    """What finds the suggestion of an article, if it is the one that was sent: the page shows one model's."""
    journal = {row.article: row.suggested for row in pushed}
    sources = Counter(model for suggested in journal.values() for model in suggested)
    offered = project.workspace.offered.grouped_by("article")
    # Sent before models were in the loop, it was not written down: then it is what is suggested now, if that was sent.
    before = {"learning": None, "suggest": project.file.suggest.model_copy(update={"model": ""})}
    queue, _ = read_queue(replace(project, file=project.file.model_copy(update=before)))

    def find(name: str) -> Annotation | None:
        rows = [row for row in offered.get(name, ()) if row.words and journal[name].get(row.signature) == row.sent]
        sent = {row.signature: row.words for row in rows if row.words} or {
            signature: annotation
            for signature, annotation in queue.suggested(name).items()
            if has_content(annotation) and journal[name].get(signature) == queue.digest_of(annotation)
        }
        return sent[min(sent, key=lambda each: (-sources[each], each))] if sent else None

    return find


def _open_withheld(project: Project) -> Callable[[str], Annotation | None]:
    """What finds the suggestion that an article would have, joined of all sources like those that are shown."""
    # Without [learning] there is nothing that would be withheld.
    asked = {"learning": None, "suggest": project.file.suggest.model_copy(update={"model": "latest"})}
    queue, _ = read_queue(replace(project, file=project.file.model_copy(update=asked)))

    def find(name: str) -> Annotation | None:
        joined = queue.suggested(name).get(queue.joined or "")
        return joined if joined and has_content(joined) else None

    return find


def _open_mentions(project: Project) -> Callable[[Annotation], Collection[tuple[int, int, str]] | None]:
    """What finds the places at which a reader was offered a span; None where no layer has kept that."""
    if project.file.assist is None:
        return lambda _one: ()
    workspace = project.workspace
    users = workspace.users.value_if_written()
    names = annotator_names([(int(number), email) for number, email in (users.emails if users else {}).items()])
    found: dict[tuple[int, str], set[tuple[int, int, str]]] = {}
    for row in workspace.kept.rows_if_written():
        if row.task is None or row.kind not in ("first", "mention"):
            continue
        # Of whom the layer kept the first words it kept the offers, too.
        offers = found.setdefault((row.task, name_kept(names, row.account, row.email)), set())
        if row.begins is not None and row.ends is not None:
            offers.add((row.begins, row.ends, row.label))
    return lambda one: found.get((one.task or 0, one.annotator))


def _trace_work(
    one: Annotation,
    offered: BegunRow | None,
    noted: SpanOrigins,
    mentions: Collection[tuple[int, int, str]] | None,
) -> WorkTrace:
    known = offered if offered and offered.shown and offered.source and offered.digest == one.digest else None
    return WorkTrace(one, known, noted.regions, noted.begun, mentions)


def _count_done_reading(project: Project, trace: WorkTrace, offered: BegunRow | None, number: int) -> DoneReading:
    one = trace.said
    return DoneReading(
        article=one.article,
        annotator=one.annotator,
        round=number,
        actions=count_actions(trace, project.schema),
        seconds=one.seconds,
        assisted=offered is None or offered.shown,
    )
