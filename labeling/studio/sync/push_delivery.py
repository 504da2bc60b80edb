"""Delivery: articles and suggestions to a server, each exactly once, however often it is tried.

Label Studio has no keys of ours and recognises no duplicates. So the journal records what is sent, before and after
each batch; where it leaves a doubt (an answer was lost, the file is gone, somebody deleted tasks), the server is asked,
and a request that may still be at work there is waited for. In the end the server's own counts are compared with ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import NotAuthorised, NotBrought, ServerRefused, StaleTask
from labeling.studio.api.prefetch import prefetch_items
from labeling.studio.format.tasks import has_content, prediction_of, task_of
from labeling.studio.sync.batches import split_batches
from labeling.studio.sync.push_plan import SuggestionUpdate, digest_suggestions, plan_push, plan_suggestions
from labeling.studio.sync.reconciliation import LOST_REQUEST_PATIENCE, Reconciliation
from labeling.values import canonical_json
from labeling.workspace import journal
from labeling.workspace.journal import IN_DOUBT
from labeling.workspace.rows.server_state import PushedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.studio.format.regions import Json
    from labeling.studio.sync.push_plan import PushPlan, PushQueue, SuggestionDigests
    from labeling.studio.sync.superseding import Superseding
    from labeling.workspace.rows.server_state import TextKey

Progress: TypeAlias = "Callable[[int, int], None]"

# A batch is as long as either allows. Larger ones do not speed up the server, smaller ones are slower.
MOST_TASKS = 500
MOST_BYTES = 8_000_000

# Each call that adds suggestions to known tasks counts all tasks of the project anew: few calls, then.
_MOST_SUGGESTIONS = 4000
_MOST_SUGGESTION_BYTES = 24_000_000

_NEWEST = 100  # tasks of the journal that are looked for before it is believed


@dataclass(frozen=True)
class PushResult:
    """What became of the articles: ``new`` there, with a new text (``versions``), the ``same`` as there, or refused.

    ``waiting`` counts reprints that are held back until their story has been annotated once. ``refused`` has an error
    for each article that was not sent, its ``where`` is the id. ``suggestions`` were sent this time; ``removed`` counts
    tasks nobody had worked in that were there twice or with an old text. ``url`` is the project's page, ``project`` its
    number. ``ask_again`` counts what readers are to be asked again: they submitted before it was asked for.
    ``imported`` counts imported annotations that were brought, ``imported_there`` those that were there; whoever has no
    account there is ``refused``, too.
    """

    url: str
    project: int
    new: int
    versions: int
    same: int
    suggestions: int
    removed: int
    refused: tuple[StaleTask | NotBrought, ...]
    waiting: int = 0
    ask_again: int = 0
    imported: int = 0
    imported_there: int = 0


@dataclass(frozen=True)
class ProjectPush:
    """One project on a server, and the file that records what it was sent.

    ``patience`` is for how many seconds a request whose answer was lost may still be at work; ``say`` is called with a
    sentence on what the server is asked besides. ``is_altered`` is whether somebody else wrote in the file: then the
    server is believed in its place.
    """

    studio: Studio
    project: RemoteProject
    path: Path
    patience: float = LOST_REQUEST_PATIENCE
    say: Callable[[str], None] = lambda _sentence: None
    is_altered: bool = False
    # What the data of each article's task says of its readers, on a server without a layer.
    readers: Mapping[str, str] = field(default_factory=dict)
    # Where models are in the loop.
    superseding: Superseding | None = None

    def plan(self, texts: Sequence[TextKey]) -> tuple[PushPlan, dict[TextKey, PushedTask]]:
        """What there is to be done, and what the server has; a doubt is settled, nothing else is written."""
        known, _ = self._read_known()
        return plan_push(texts, known), known

    def run(self, queue: PushQueue, progress: Progress, *, new_versions: bool = False) -> PushResult:
        """Send what is not there: articles in the order of the queue, and suggestions that are new or changed.

        Args:
            queue: All there should be.
            progress: Called with how many of the new articles have arrived, and of how many.
            new_versions: Send articles whose task shows another text as new tasks; the old ones stay where people have
                worked in them.

        Raises:
            StudioError: As the client does; what had arrived by then is in the journal.
        """
        if self.superseding:
            self.superseding.record.open(queue, journal.load_journal(self.path))
        known, doubted = self._read_known()
        plan = plan_push(queue.texts, known)
        changed = [text for text, _ in plan.changed] if new_versions else []
        arrived = self._send([*plan.new, *changed], queue, progress)
        known, outdated = self._remove_old_tasks(changed, known | arrived)

        # The server is asked for its counts again only where something was sent, or was in doubt.
        is_touched = bool(arrived) or doubted
        before = self._fetch_project() if is_touched else self.project
        known, there = self._check_count(known, before, [row.task for row in arrived.values() if row.task])
        doubled = before.tasks - there.tasks

        everything = [*plan.same, *changed, *plan.new]
        digests = digest_suggestions(queue)
        known, sent_alone = self._suggest(everything, queue, digests, known, there if is_touched else None)
        sent_along = sum(len(row.suggested) for row in arrived.values())
        self._show(digests, known, self._fetch_project() if sent_alone else there, queue.joined)
        journal.rewrite_journal(self.path, known)
        if self.superseding:
            self.superseding.record.settle(known)

        refused = [] if new_versions else [self._stale_task(*text, row) for text, row in plan.changed]
        return PushResult(
            url=f"{self.studio.url}/projects/{self.project.number}/data",
            project=self.project.number,
            new=len(plan.new),
            versions=len(changed),
            same=len(plan.same),
            suggestions=sent_along + sent_alone,
            removed=outdated + doubled,
            refused=tuple(refused),
        )

    @property
    def _reconciliation(self) -> Reconciliation:
        last_write = self.path.stat().st_mtime if self.path.exists() else 0.0
        return Reconciliation(self.studio, self.project.number, last_write + self.patience, self.say)

    def _read_known(self) -> tuple[dict[TextKey, PushedTask], bool]:
        """What the server has: by the journal, and where that leaves a doubt (then true), by its own answers."""
        # A row without a task was being sent when something went wrong.
        known, reconciliation = journal.load_journal(self.path), self._reconciliation
        doubtful = [row for row in known.values() if row.task is None]
        if doubtful:
            known = {key: row for key, row in known.items() if row.task} | reconciliation.find_arrived(doubtful)

        # Without a doubt nobody has waited, and what was counted when we came is what there is.
        project = self._fetch_project() if doubtful else self.project
        if self.is_altered or len(known) != project.tasks or not (doubtful or self._has_newest(known)):
            known = reconciliation.list_pushed()
        elif not doubtful and not _is_in_doubt(known):
            return known, False
        if _is_in_doubt(known):
            known = reconciliation.add_suggestions(known)
        journal.rewrite_journal(self.path, known)
        return known, True

    def _has_newest(self, known: dict[TextKey, PushedTask]) -> bool:
        """Whether the newest tasks of the journal are there.

        Of two copies the newer one goes: what another machine removed after our push had ended is among ours.
        """
        newest = sorted(row.task for row in known.values() if row.task)[-_NEWEST:]
        return self.studio.find_numbers(self.project.number, newest) == {*newest}

    def _fetch_project(self) -> RemoteProject:
        return self.studio.project(self.project.number) or self.project

    def _send(self, texts: list[TextKey], queue: PushQueue, progress: Progress) -> dict[TextKey, PushedTask]:
        """Send texts as new tasks, with their suggestions; return the journal's rows of them."""
        sent: dict[TextKey, PushedTask] = {}
        tasks = (_journal_row_and_task(queue, name, self.readers.get(name)) for name, _ in texts)
        progress(0, len(texts))
        # While the server stores a batch, the next one is being written on another thread.
        for batch in prefetch_items(split_batches(tasks, lambda pair: len(pair[1]), MOST_TASKS, MOST_BYTES)):
            rows = [row for row, _ in batch]
            journal.append_to_journal(self.path, rows)
            # Between the two entries in the journal, only the server knows whether the batch has arrived.
            numbers = self._store([task for _, task in batch])
            rows = [row.model_copy(update={"task": number}) for row, number in zip(rows, numbers, strict=True)]
            journal.append_to_journal(self.path, rows)
            sent |= {row.key: row for row in rows}
            progress(len(sent), len(texts))
        return sent

    def _store(self, tasks: list[str]) -> list[int]:
        try:
            return self.studio.import_written(self.project.number, tasks)
        except (ServerRefused, NotAuthorised):
            # The server refused: nothing of the batch is there, without a doubt.
            known = journal.load_journal(self.path)
            journal.rewrite_journal(self.path, {key: row for key, row in known.items() if row.task})
            raise

    def _suggest(
        self,
        texts: list[TextKey],
        queue: PushQueue,
        digests: SuggestionDigests,
        known: dict[TextKey, PushedTask],
        there: RemoteProject | None,
    ) -> tuple[dict[TextKey, PushedTask], int]:
        """Bring the suggestions there up to those here; then the server must count as many as we do.

        ``there`` is the project as it was before; None where no doubt is left. On SQLite it may not count them even
        after an import that ended well: when its database is locked, Label Studio tries once more with tasks that it
        has taken the predictions out of already.
        """
        if _is_in_doubt(known):
            known = self._reconciliation.add_suggestions(known)
        sent = self._send_updates(texts, queue, digests, known)
        there = self._fetch_project() if sent else there

        # Whatever the server does not count, it is asked for one by one, and sent again.
        if there and there.suggestions != sum(len(row.suggested) for row in known.values()):
            known = self._reconciliation.add_suggestions(known)
            sent += self._send_updates(texts, queue, digests, known)
        return known, sent

    def _send_updates(
        self, texts: list[TextKey], queue: PushQueue, digests: SuggestionDigests, known: dict[TextKey, PushedTask]
    ) -> int:
        """Send what is new or other than it was, and note it in ``known``; how many suggestions."""
        others = {model: of_model for model, of_model in digests.items() if model != queue.joined}
        sent = sum(self._send_update(update, queue, known) for update in plan_suggestions(texts, others, known))
        return sent + (self._supersede(self.superseding, texts, queue, digests, known) if self.superseding else 0)

    def _supersede(
        self,
        superseding: Superseding,
        texts: list[TextKey],
        queue: PushQueue,
        digests: SuggestionDigests,
        known: dict[TextKey, PushedTask],
    ) -> int:
        """Bring the joined suggestions where nobody has begun the article, in place of those of before; how many."""
        wanted = digests.get(queue.joined or "", {})
        replacement = superseding.plan(texts, wanted, queue, known)
        stale = [(text, each) for text, listed in replacement.stale.items() for each in listed]
        for model in sorted({each.model for _, each in stale}):
            self._note({text for text, each in stale if each.model == model}, known, model, IN_DOUBT)
        begun = superseding.remove([each for _, each in stale])
        for text, each in stale:
            there = each.digest if known[text].task in begun else None
            known[text] = known[text].with_suggestion(each.model, there)
        for text, there_now in replacement.there.items():
            known[text] = known[text].model_copy(update={"suggested": {**there_now}})
        journal.append_to_journal(self.path, (known[text] for text in (*replacement.stale, *replacement.there)))
        missing = {text: wanted[text] for text in replacement.missing if known[text].task not in begun}
        return self._send_update(SuggestionUpdate(queue.joined or "", missing, replaced=False), queue, known)

    def _send_update(self, update: SuggestionUpdate, queue: PushQueue, known: dict[TextKey, PushedTask]) -> int:
        """Send the suggestions of one model, and note in ``known`` and the journal what is on its way; how many."""
        if update.replaced:
            there = [text for text, row in known.items() if update.model in row.suggested]
            self._note(there, known, update.model, IN_DOUBT)
            self.studio.remove_suggestions(self.project.number, update.model)
            self._note(there, known, update.model, None)
        sizes = (_MOST_SUGGESTIONS, _MOST_SUGGESTION_BYTES)
        predictions = (
            (text, canonical_json({"task": known[text].task, **_prediction(text, update.model, queue)}))
            for text in update.suggestions
        )
        for batch in split_batches(predictions, lambda pair: len(pair[1]), *sizes):
            self._note([text for text, _ in batch], known, update.model, IN_DOUBT)
            self.studio.import_suggestions(self.project.number, [prediction for _, prediction in batch])
            for text, _ in batch:
                known[text] = known[text].with_suggestion(update.model, update.suggestions[text])
            journal.append_to_journal(self.path, (known[text] for text, _ in batch))
        return len(update.suggestions)

    def _note(self, keys: Iterable[TextKey], known: dict[TextKey, PushedTask], model: str, digest: str | None) -> None:
        for key in keys:
            known[key] = known[key].with_suggestion(model, digest)
        journal.append_to_journal(self.path, (known[key] for key in keys))

    def _remove_old_tasks(
        self, changed: list[TextKey], known: dict[TextKey, PushedTask]
    ) -> tuple[dict[TextKey, PushedTask], int]:
        """Remove the tasks of older texts of these articles, where nobody has worked in them."""
        current = dict(changed)
        # Tasks of these articles whose text is not the current one.
        old = [row.task for row in known.values() if row.task and current.get(row.article, row.digest) != row.digest]
        removed = set(self.studio.remove_empty(self.project.number, old))
        return {key: row for key, row in known.items() if row.task not in removed}, len(removed)

    def _check_count(
        self, known: dict[TextKey, PushedTask], there: RemoteProject, arrived: Sequence[int]
    ) -> tuple[dict[TextKey, PushedTask], RemoteProject]:
        """Compare with the server's count: where it has more, a request was carried out twice, or some are not ours.

        As many tasks may be there because another push sent some and removed those of ours that were doubles then: so
        the tasks that ``arrived`` are looked for, too.

        The suggestions of a task that took the place of another are in doubt. The project is returned as it is then.
        """
        present = {row.task for row in known.values()} & {*arrived}
        if there.tasks == len(known) and self.studio.find_numbers(there.number, arrived) >= present:
            return known, there
        journal.rewrite_journal(self.path, known)
        found = self._reconciliation.list_pushed()
        same = {key: known[key] for key, row in found.items() if key in known and known[key].task == row.task}
        return found | same, self._fetch_project()

    def _show(
        self,
        digests: SuggestionDigests,
        known: dict[TextKey, PushedTask],
        there: RemoteProject,
        joined: str | None,
    ) -> None:
        """Let the page show the model with suggestions for most articles: else it shows whichever came there first.

        What is ``joined`` of all sources comes before what anybody else suggests.
        """
        articles_of = {model: len(of_model) for model, of_model in digests.items() if of_model}
        arrived = {model for row in known.values() for model in row.suggested}
        # Of two with as many articles, the first by name.
        ranked = sorted(articles_of.keys() & arrived, key=lambda model: (model != joined, -articles_of[model], model))
        if ranked and ranked[0] != there.shown:
            self.studio.show_suggestions(self.project.number, ranked[0])

    def _stale_task(self, article: str, digest: str, row: PushedTask) -> StaleTask:
        return StaleTask(
            f"article {article!r}: task {row.task} of {self.studio.url} shows another text "
            f"({row.digest[:12]}, the article is {digest[:12]})",
            todo="send it besides with --new-version: annotations of the other text stay with that text",
            where=article,
        )


def _is_in_doubt(known: dict[TextKey, PushedTask]) -> bool:
    return any(digest == IN_DOUBT for row in known.values() for digest in row.suggested.values())


def _journal_row_and_task(queue: PushQueue, name: str, readers: str | None = None) -> tuple[PushedTask, str]:
    """The journal's line of an article that is being sent, and its task as it goes over the wire."""
    article, by_model = queue.articles[name], queue.suggested(name)
    suggested = {
        model: queue.digest_of(annotation) for model, annotation in sorted(by_model.items()) if has_content(annotation)
    }
    row = PushedTask(article=article.id, digest=article.digest, suggested=suggested)
    scores = {each.annotator: score for each in by_model.values() if (score := queue.score_of(each)) is not None}
    return row, canonical_json(task_of(article, by_model.values(), readers, scores))


def _prediction(text: TextKey, model: str, queue: PushQueue) -> Json:
    name, _ = text
    suggestion = queue.suggested(name)[model]
    return prediction_of(suggestion, queue.articles[name], queue.score_of(suggestion))
