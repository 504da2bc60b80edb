"""What a push would do: the articles compared with what the server has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling.studio.format.tasks import digest_result, has_content, result_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.rows.server_state import PushedTask, TextKey

# The suggestion of each model for each article: by article, then by model.
SuggestionsByArticle: TypeAlias = dict[str, dict[str, "Annotation"]]


@dataclass(frozen=True)
class PushPlan:
    """Every article has one place: ``new`` there, the ``same`` as there, or ``changed``: its task shows another text.

    ``gone`` are the ids of articles that have a task and are not ours any more: their tasks stay.
    """

    new: tuple[Article, ...]
    same: tuple[Article, ...]
    changed: tuple[tuple[Article, PushedTask], ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """What a model suggests for an article, and the digest of it."""

    article: Article
    annotation: Annotation
    digest: str

    @property
    def key(self) -> TextKey:
        """Which text of which article it is about."""
        return self.article.id, self.article.digest


@dataclass(frozen=True)
class SuggestionUpdate:
    """What is to be sent of one model; if ``replaced``, after all its suggestions on the server were removed."""

    model: str
    suggestions: tuple[Suggestion, ...]
    replaced: bool


def plan_push(articles: Sequence[Article], known: Mapping[TextKey, PushedTask]) -> PushPlan:
    """Compare all articles there should be with what the server has; the order of ``articles`` is kept.

    If the server has tasks for the first text of article a and for article b, and the workspace holds a second text of
    a, and c: then c is new, nothing is the same, a is changed, and b is gone.
    """
    # Any of the tasks of an article serves to name it in a refusal.
    versions = {row.article: row for row in known.values()}
    there = [article for article in articles if (article.id, article.digest) in known]
    others = [article for article in articles if (article.id, article.digest) not in known]
    ours = {article.id for article in articles}
    return PushPlan(
        new=tuple(article for article in others if article.id not in versions),
        same=tuple(there),
        changed=tuple((article, versions[article.id]) for article in others if article.id in versions),
        gone=tuple(sorted(name for name in versions if name not in ours)),
    )


def plan_suggestions(
    articles: Sequence[Article], suggested: SuggestionsByArticle, known: Mapping[TextKey, PushedTask]
) -> list[SuggestionUpdate]:
    """What has to be sent so that every model suggests on the server what it suggests here, once.

    A model that suggests something else than it did, or no longer suggests it, is replaced as a whole: the server can
    remove all suggestions of a model, and nothing less. One that only suggests more is added to. A model without any
    suggestion here is left alone.
    """
    models = sorted({model for by_model in suggested.values() for model in by_model})
    updates = [_plan_update(model, suggestions_of_model(model, articles, suggested), known) for model in models]
    return [update for update in updates if update.suggestions or update.replaced]


def suggestions_of_model(
    model: str, articles: Sequence[Article], suggested: SuggestionsByArticle
) -> tuple[Suggestion, ...]:
    """The suggestions of a model for these articles; those without content are left out."""
    annotations = ((article, suggested.get(article.id, {}).get(model)) for article in articles)
    return tuple(
        Suggestion(article, annotation, suggestion_digest(annotation, article))
        for article, annotation in annotations
        if annotation and has_content(annotation)
    )


def suggestion_digest(annotation: Annotation, article: Article) -> str:
    """The digest of a suggestion as it is sent."""
    return digest_result([*result_of(annotation, article)])


def _plan_update(
    model: str, suggestions: Sequence[Suggestion], known: Mapping[TextKey, PushedTask]
) -> SuggestionUpdate:
    wanted = {suggestion.key: suggestion.digest for suggestion in suggestions}
    # Tasks that the server has a suggestion of this model for, and its digest.
    there = {key: row.suggested[model] for key, row in known.items() if model in row.suggested}
    sendable = tuple(suggestion for suggestion in suggestions if suggestion.key in known)
    # One that differs, or is not suggested any more, means that all have to be replaced.
    if any(wanted.get(key) != digest for key, digest in there.items()):
        return SuggestionUpdate(model, sendable, replaced=True)
    fresh = tuple(suggestion for suggestion in sendable if suggestion.key not in there)
    return SuggestionUpdate(model, fresh, replaced=False)
