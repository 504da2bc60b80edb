"""What a push would do: the articles beside what the server has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling.studio.format.tasks import digest_result, result_of, says_anything

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.rows.server_state import PushedTask, TextKey

# What each model says about each article.
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
    """What a model says of an article, and the digest of it."""

    article: Article
    said: Annotation
    digest: str

    @property
    def key(self) -> TextKey:
        """Which text of which article it is about."""
        return self.article.id, self.article.digest


@dataclass(frozen=True)
class SuggestionUpdate:
    """What is to be sent of one model; ``replaced``: after all that stands there of it was removed."""

    model: str
    words: tuple[Suggestion, ...]
    replaced: bool


def plan_push(articles: Sequence[Article], known: Mapping[TextKey, PushedTask]) -> PushPlan:
    """Compare all articles there should be with what the server has; the order of ``articles`` is kept."""
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
    """What has to be sent so that every model says there what it says here, once.

    A model that says something else than it did, or no longer says it, is replaced as a whole: the server can remove
    all that a model says, and nothing less. One that only says more is added to. A model that is silent here is left.
    """
    models = sorted({model for said in suggested.values() for model in said})
    found = [_plan_update(model, suggestions_of_model(model, articles, suggested), known) for model in models]
    return [wording for wording in found if wording.words or wording.replaced]


def suggestions_of_model(
    model: str, articles: Sequence[Article], suggested: SuggestionsByArticle
) -> tuple[Suggestion, ...]:
    """What a model says of these articles; where it says nothing there is no word."""
    said = ((article, suggested.get(article.id, {}).get(model)) for article in articles)
    return tuple(
        Suggestion(article, one, suggestion_digest(one, article)) for article, one in said if one and says_anything(one)
    )


def suggestion_digest(said: Annotation, article: Article) -> str:
    """The digest of a suggestion as it is sent."""
    return digest_result([*result_of(said, article)])


def _plan_update(model: str, words: tuple[Suggestion, ...], known: Mapping[TextKey, PushedTask]) -> SuggestionUpdate:
    wanted = {word.key: word.digest for word in words}
    there = {key: row.suggested[model] for key, row in known.items() if model in row.suggested}
    if any(wanted.get(key) != digest for key, digest in there.items()):
        return SuggestionUpdate(model, tuple(word for word in words if word.key in known), replaced=True)
    return SuggestionUpdate(
        model, tuple(word for word in words if word.key in known and word.key not in there), replaced=False
    )
