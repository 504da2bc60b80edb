"""Delivery: articles and suggestions to a server, each exactly once, however often it is tried.

Label Studio knows no keys of ours and recognises no duplicates. So the journal says what was sent, before and after
each batch; where it leaves a doubt (an answer was lost, the file is gone, somebody deleted tasks), the server is asked,
and a request that may still be at work there is waited for. In the end the server's own counts are compared with ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from labeling.errors import NotAuthorised, ServerRefused, StaleTask
from labeling.studio.api.prefetch import prefetch_items
from labeling.studio.format.tasks import prediction_of, says_anything, task_of
from labeling.studio.sync.push_plan import plan_push, plan_suggestions, suggestion_digest
from labeling.studio.sync.reconciliation import LOST_REQUEST_PATIENCE, Reconciliation
from labeling.values import canonical_json
from labeling.workspace import journal
from labeling.workspace.journal import IN_DOUBT
from labeling.workspace.rows.server_state import PushedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.studio.format.regions import Json
    from labeling.studio.sync.push_plan import PushPlan, Suggestion, SuggestionsByArticle, SuggestionUpdate
    from labeling.workspace.rows.server_state import TextKey

Progress: TypeAlias = "Callable[[int, int], None]"

# A batch is as long as either allows. Larger ones are no faster on the server, smaller ones are.
MOST_TASKS = 500
MOST_BYTES = 8_000_000

# Each call that adds suggestions to known tasks counts all tasks of the project anew: few calls, then.
_MOST_SUGGESTIONS = 4000
_MOST_SUGGESTION_BYTES = 24_000_000

BatchItem = TypeVar("BatchItem")


@dataclass(frozen=True)
class PushOutcome:
    """How many articles were new there or came with a new text, how many suggestions were sent; and what was refused.

    ``removed`` counts tasks without any word of people's that stood there twice, or showed a text that is out of date.
    """

    new: int
    versions: int
    suggested: int
    removed: int
    refused: tuple[StaleTask, ...]


@dataclass(frozen=True)
class ProjectPush:
    """One project on a server, and the file that says what it was sent.

    ``patience`` is for how many seconds a request whose answer was lost may still be at work; ``say`` is told what is
    being asked of the server besides.
    """

    studio: Studio
    project: RemoteProject
    path: Path
    patience: float = LOST_REQUEST_PATIENCE
    say: Callable[[str], None] = lambda _sentence: None

    def plan(self, articles: Sequence[Article]) -> tuple[PushPlan, dict[TextKey, PushedTask]]:
        """What there is to be done, and what the server has; a doubt is settled, nothing else is written."""
        known, _ = self._known()
        return plan_push(articles, known), known

    def run(
        self,
        articles: Sequence[Article],
        suggested: SuggestionsByArticle,
        progress: Progress,
        *,
        new_versions: bool = False,
    ) -> PushOutcome:
        """Send what is not there: articles in the order given, and what models say there for the first time or anew.

        Args:
            articles: All there should be.
            suggested: What models say, by article and model.
            progress: Told how many of the new articles have arrived, and of how many.
            new_versions: Send articles whose task shows another text as new tasks; the old ones stay where people have
                said something in them.

        Raises:
            StudioError: As the client does; what had arrived by then is in the journal.
        """
        known, doubted = self._known()
        plan = plan_push(articles, known)
        changed = [article for article, _ in plan.changed] if new_versions else []
        arrived = self._send([*plan.new, *changed], suggested, progress)
        known, removed = self._without_old(changed, known | arrived)
        before = self._there() if arrived or doubted else self.project
        known, there = self._counted(known, before)
        doubt = there if arrived or doubted else None
        known, again = self._suggest([*plan.same, *changed, *plan.new], suggested, known, doubt)
        sent = sum(len(row.suggested) for row in arrived.values())
        self._show(suggested, known, self._there() if again else there)
        journal.rewrite_journal(self.path, known)
        refused = () if new_versions else tuple(self._stale(article, row) for article, row in plan.changed)
        return PushOutcome(len(plan.new), len(changed), sent + again, removed + before.tasks - there.tasks, refused)

    @property
    def _asking(self) -> Reconciliation:
        sent = self.path.stat().st_mtime if self.path.exists() else 0.0
        return Reconciliation(self.studio, self.project.number, sent + self.patience, self.say)

    def _known(self) -> tuple[dict[TextKey, PushedTask], bool]:
        """What the server has: by the journal, and where that leaves a doubt (then true), by its own word."""
        known, asking = journal.load_journal(self.path), self._asking
        doubtful = [row for row in known.values() if row.task is None]
        if doubtful:
            known = {key: row for key, row in known.items() if row.task} | asking.found(doubtful)
        # Without a doubt nobody has waited, and what was counted when we came is what there is.
        if len(known) != (self._there() if doubtful else self.project).tasks:
            known = asking.listed()
        elif not doubtful and not _is_in_doubt(known):
            return known, False
        if _is_in_doubt(known):
            known = asking.spoken(known)
        journal.rewrite_journal(self.path, known)
        return known, True

    def _there(self) -> RemoteProject:
        return self.studio.project(self.project.number) or self.project

    def _send(
        self, articles: list[Article], suggested: SuggestionsByArticle, progress: Progress
    ) -> dict[TextKey, PushedTask]:
        sent: dict[TextKey, PushedTask] = {}
        tasks = (_journal_row_and_task(article, suggested.get(article.id, {})) for article in articles)
        progress(0, len(articles))
        for batch in prefetch_items(split_batches(tasks, lambda pair: len(pair[1]), MOST_TASKS, MOST_BYTES)):
            rows = [row for row, _ in batch]
            journal.append_to_journal(self.path, rows)
            numbers = self._stored([task for _, task in batch])
            rows = [row.model_copy(update={"task": number}) for row, number in zip(rows, numbers, strict=True)]
            journal.append_to_journal(self.path, rows)
            sent |= {row.key: row for row in rows}
            progress(len(sent), len(articles))
        return sent

    def _stored(self, tasks: list[str]) -> list[int]:
        try:
            return self.studio.import_written(self.project.number, tasks)
        except (ServerRefused, NotAuthorised):
            # It said no: nothing of the batch is there, and there is no doubt about it.
            known = journal.load_journal(self.path)
            journal.rewrite_journal(self.path, {key: row for key, row in known.items() if row.task})
            raise

    def _suggest(
        self,
        articles: list[Article],
        suggested: SuggestionsByArticle,
        known: dict[TextKey, PushedTask],
        there: RemoteProject | None,
    ) -> tuple[dict[TextKey, PushedTask], int]:
        """Bring what models say there up to what they say here; then the server must count as many as we do.

        ``there`` is the project as it was before; None where no doubt is left. On SQLite it may not count them even
        after an import that ended well: when its database is locked, Label Studio tries once more with tasks that it
        has taken the predictions out of already.
        """
        if _is_in_doubt(known):
            known = self._asking.spoken(known)
        sent = sum(self._reworded(wording, known) for wording in plan_suggestions(articles, suggested, known))
        there = self._there() if sent else there
        if there and there.suggestions != sum(len(row.suggested) for row in known.values()):
            known = self._asking.spoken(known)
            sent += sum(self._reworded(wording, known) for wording in plan_suggestions(articles, suggested, known))
        return known, sent

    def _reworded(self, wording: SuggestionUpdate, known: dict[TextKey, PushedTask]) -> int:
        if wording.replaced:
            there = [key for key, row in known.items() if wording.model in row.suggested]
            self._note(there, known, wording.model, IN_DOUBT)
            self.studio.remove_suggestions(self.project.number, wording.model)
            self._note(there, known, wording.model, None)
        sizes = (_MOST_SUGGESTIONS, _MOST_SUGGESTION_BYTES)
        predictions = ((word, canonical_json(_prediction_json(word, known))) for word in wording.words)
        for batch in split_batches(predictions, lambda pair: len(pair[1]), *sizes):
            self._note([word.key for word, _ in batch], known, wording.model, IN_DOUBT)
            self.studio.import_suggestions(self.project.number, [prediction for _, prediction in batch])
            for word, _ in batch:
                known[word.key] = known[word.key].saying(wording.model, word.digest)
            journal.append_to_journal(self.path, (known[word.key] for word, _ in batch))
        return len(wording.words)

    def _note(self, keys: Iterable[TextKey], known: dict[TextKey, PushedTask], model: str, digest: str | None) -> None:
        for key in keys:
            known[key] = known[key].saying(model, digest)
        journal.append_to_journal(self.path, (known[key] for key in keys))

    def _without_old(
        self, changed: list[Article], known: dict[TextKey, PushedTask]
    ) -> tuple[dict[TextKey, PushedTask], int]:
        """Remove the tasks of older texts of these articles, where nobody has said anything in them."""
        current = {article.id: article.digest for article in changed}
        old = [row.task for row in known.values() if row.task and current.get(row.article, row.digest) != row.digest]
        removed = set(self.studio.remove_empty(self.project.number, old))
        return {key: row for key, row in known.items() if row.task not in removed}, len(removed)

    def _counted(
        self, known: dict[TextKey, PushedTask], there: RemoteProject
    ) -> tuple[dict[TextKey, PushedTask], RemoteProject]:
        """Compare with the server's count: where it has more, a request was carried out twice, or some are not ours.

        What models say in a task that took the place of another is in doubt. The project is returned as it is then.
        """
        if there.tasks == len(known):
            return known, there
        journal.rewrite_journal(self.path, known)
        found = self._asking.listed()
        same = {key: known[key] for key, row in found.items() if key in known and known[key].task == row.task}
        return found | same, self._there()

    def _show(self, suggested: SuggestionsByArticle, known: dict[TextKey, PushedTask], there: RemoteProject) -> None:
        """Let the page show the model that spoke on most articles: else it shows whichever spoke there first."""
        spoken = [model for said in suggested.values() for model, one in said.items() if says_anything(one)]
        arrived = {model for row in known.values() for model in row.suggested}
        ranked = sorted(set(spoken) & arrived, key=lambda model: (-spoken.count(model), model))
        if ranked and ranked[0] != there.shown:
            self.studio.show_suggestions(self.project.number, ranked[0])

    def _stale(self, article: Article, row: PushedTask) -> StaleTask:
        return StaleTask(
            f"article {article.id!r}: task {row.task} of {self.studio.url} shows another text "
            f"({row.digest[:12]}, the article is {article.digest[:12]})",
            todo="send it besides with --new-version: what people said of the other text stays with that text",
            where=article.id,
        )


def split_batches(
    items: Iterable[BatchItem], size: Callable[[BatchItem], int], most: int, most_size: int
) -> Iterator[list[BatchItem]]:
    """Cut ``items`` into runs of at most ``most`` of them and ``most_size`` in all; one that is larger goes alone."""
    batch: list[BatchItem] = []
    total = 0
    for item in items:
        this = size(item)
        if batch and (len(batch) == most or total + this > most_size):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += this
    if batch:
        yield batch


def _is_in_doubt(known: dict[TextKey, PushedTask]) -> bool:
    return any(digest == IN_DOUBT for row in known.values() for digest in row.suggested.values())


def _journal_row_and_task(article: Article, said: Mapping[str, Annotation]) -> tuple[PushedTask, str]:
    """The journal's line of an article that is being sent, and its task as it goes over the wire."""
    spoken = {model: suggestion_digest(one, article) for model, one in sorted(said.items()) if says_anything(one)}
    row = PushedTask(article=article.id, digest=article.digest, suggested=spoken)
    return row, canonical_json(task_of(article, said.values()))


def _prediction_json(word: Suggestion, known: dict[TextKey, PushedTask]) -> Json:
    return {"task": known[word.key].task, **prediction_of(word.said, word.article)}
