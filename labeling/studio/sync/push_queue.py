"""What is to be pushed, read from the workspace: keys at once, articles and suggestions when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.annotations import MODEL
from labeling.reprints.annotate_once import find_waiting_reprints, put_leads_first
from labeling.studio.format.brought_words import choose_to_suggest
from labeling.studio.format.tasks import has_content
from labeling.studio.sync.blind_parts import find_blind_articles
from labeling.studio.sync.combined_suggestions import combine_for_article, find_shown_model
from labeling.studio.sync.joined_suggestions import Precedence, join_suggestions, name_joined
from labeling.studio.sync.push_plan import PushQueue
from labeling.workspace import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.project import Project
    from labeling.workspace.rows.reprint import ProjectedRow

# As what imported annotations reach the page.
ImportedAs: TypeAlias = Literal["nothing", "suggestions", "annotations"]


_CARD = "extractor.json"  # of a model that `labeling train` made


def read_queue(project: Project, imported: ImportedAs = "nothing") -> tuple[PushQueue, int]:
    """What is to be sent, in its order, and how many articles wait for their story.

    Args:
        project: Whose workspace.
        imported: As what imported annotations go along: those of people as ``suggestions``, or not here; those of
            models, which have no account, as suggestions unless it is ``nothing``.

    Raises:
        MissingInput: Nothing was ingested; or not clustered, where the project file has ``annotate_once``.
        DamagedFile: A line of one of these files is not such a row.
    """
    workspace, once = project.workspace, project.file.reprints.annotate_once
    digests = {row.id: row.digest for row in workspace.articles.rows()}
    # With `annotate_once` the clusters must be there; without it they only set the order.
    clusters = list(workspace.clusters.rows()) if once else list(workspace.clusters.rows_if_written())
    held = find_waiting_reprints(clusters, workspace.projected.rows_if_written()) if once else set[str]()
    # What has a task already is not held back any more.
    held -= {row.article for row in journal.load_journal(workspace.pushed.path).values()}
    ready = {name: digests[name] for name in put_leads_first(digests, clusters) if name not in held}

    suggestions = _SuggestionLookup(
        ready,
        workspace.suggestions.grouped_by("article"),
        workspace.projected.grouped_by("article"),
        {} if imported == "nothing" else workspace.annotations.grouped_by("article"),
        with_people=imported == "suggestions",
        blind=_find_blind(project),
    )
    carried = any(row.spans for name in ready for row in suggestions.carried_to(name))
    suggested = suggestions.combined() if carried else suggestions.of_models
    bare = suggestions.blind & ready.keys() if carried else frozenset[str]()
    queue = PushQueue(tuple(ready.items()), workspace.articles.by("id"), suggested, bare)
    return (_join_sources(project, queue, suggestions) if project.file.has_loop else queue), len(digests) - len(ready)


def _join_sources(project: Project, queue: PushQueue, suggestions: _SuggestionLookup) -> PushQueue:
    """The same queue, each article with one suggestion of all sources, or with none where none is to be shown."""
    rows = [*project.workspace.queue.rows_if_written()] if project.file.learning else []
    unassisted = {row.article for row in rows if not row.assisted}
    precedence = _read_precedence(project)
    joined = name_joined(suggestions.list_sources(), precedence)

    def suggested(name: str) -> dict[str, Annotation]:
        return {} if name in unassisted else suggestions.joined(name, joined, precedence)

    scores = {row.article: row.score for row in rows}
    return replace(queue, suggested=suggested, bare=queue.bare - unassisted, joined=joined, scores=scores)


def _read_precedence(project: Project) -> Precedence:
    """Who comes before whom: a pipeline that `labeling train` made is a model like the others that it made."""
    named = project.file.suggest
    is_own = (Path(named.pipeline) / _CARD).is_file()
    return Precedence(
        zero_shot=MODEL + Path(named.zero_shot).name if named.zero_shot else "",
        pipeline=MODEL + Path(named.pipeline).name if named.pipeline and not is_own else "",
    )


def _find_blind(project: Project) -> frozenset[str]:
    if project.file.people is None:
        return frozenset()
    stories = {row.article: row.story for row in project.workspace.clusters.rows_if_written()}
    return find_blind_articles(project.workspace.assignments.rows_if_written(), stories)


@dataclass(frozen=True)
class _SuggestionLookup:
    """Suggestions for the articles as they are: ``digests`` has their texts; rows are by article, of any text.

    ``blind`` are the articles for whose readers nothing that was carried is meant.
    """

    digests: Mapping[str, str]
    suggestions: Mapping[str, Sequence[Annotation]]
    carried: Mapping[str, Sequence[ProjectedRow]]
    annotations: Mapping[str, Sequence[Annotation]]
    with_people: bool
    blind: frozenset[str] = frozenset()

    def of_models(self, name: str) -> dict[str, Annotation]:
        """What each model suggests for an article, and what was imported; of two by one model, the later one."""
        imported = choose_to_suggest(self.annotations.get(name, ()), people=self.with_people)
        rows = (*self.suggestions.get(name, ()), *imported.values())
        # Suggestions for an older text of an article do not fit the task.
        return {row.annotator: row for row in rows if row.digest == self.digests[name]}

    def carried_to(self, name: str) -> list[ProjectedRow]:
        """What was carried to the text that an article has."""
        return [row for row in self.carried.get(name, ()) if row.digest == self.digests[name]]

    def list_sources(self) -> set[str]:
        """Who says anything of any article: what was carried, and models."""
        found = set[str]()
        for name in self.digests:
            found |= {row.annotator for row in self.carried_to(name) if row.spans}
            found |= {row.annotator for row in self._of_own_models(name) if has_content(row)}
        return found

    def joined(self, name: str, signature: str, precedence: Precedence) -> dict[str, Annotation]:
        """What all sources suggest together; what was imported, or is signed by nobody of ours, stays as it is."""
        carried = () if name in self.blind else self.carried_to(name)
        one = join_suggestions(self._of_own_models(name), carried, precedence, signature)
        ours = {row.annotator for row in self._of_own_models(name)}
        others = {by: row for by, row in self.of_models(name).items() if by not in ours}
        return others | ({signature: one} if one else {})

    def _of_own_models(self, name: str) -> list[Annotation]:
        rows = {row.annotator: row for row in self.suggestions.get(name, ()) if row.digest == self.digests[name]}
        return [row for row in rows.values() if row.annotator.startswith(MODEL)]

    def combined(self) -> Callable[[str], dict[str, Annotation]]:
        """Where something was carried, every article has one suggestion, for the page shows one model's only."""
        shown = find_shown_model(self.of_models(name) for name in self.digests)
        return lambda name: combine_for_article(
            self.of_models(name), shown, () if name in self.blind else self.carried_to(name)
        )
