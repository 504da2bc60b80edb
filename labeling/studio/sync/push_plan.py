"""What a push would do: the articles compared with what the server has. Pure.

Plans are made of keys, an article's id and the digest of its text: all texts may be more than memory holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import MODEL, PROJECTED
from labeling.studio.format.tasks import digest_result, has_content, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.rows.server_state import PushedTask, TextKey

# The digest of each suggestion as it is sent: by model, then by the text it is about.
SuggestionDigests: TypeAlias = dict[str, dict["TextKey", str]]


@dataclass(frozen=True)
class PushQueue:
    """All that should be on the server: ``texts`` in the order in which they are sent.

    An article is read when it is asked for, by its id, and so is what each model suggests for it, by the model's name.
    ``bare`` are the articles whose suggestion is signed like those with which something carried was joined, and has
    nothing of that. ``joined`` signs what all sources say together, where models are in the loop; ``scores`` has what
    the queue says of how much an article needs no look.
    """

    texts: tuple[TextKey, ...]
    articles: Mapping[str, Article]
    suggested: Callable[[str], Mapping[str, Annotation]]
    bare: frozenset[str] = frozenset()
    joined: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)

    def score_of(self, suggestion: Annotation) -> float | None:
        """The score with which a suggestion is sent: the queue's, else its weakest span's; None if it has none."""
        if suggestion.annotator != self.joined:
            return None
        if suggestion.article in self.scores:
            return self.scores[suggestion.article]
        return min((span.score for span in suggestion.spans if span.score is not None), default=None)

    def digest_of(self, suggestion: Annotation) -> str:
        """The digest of a suggestion as it is sent."""
        article, scored = self.articles[suggestion.article], self.score_of(suggestion) is not None
        return digest_result([*result_of(suggestion, article, scored=scored)])


@dataclass(frozen=True)
class PushPlan:
    """Every text has one place: ``new`` there, the ``same`` as there, or ``changed``: its task shows another text.

    ``gone`` are the ids of articles that have a task and are not ours any more: their tasks stay.
    """

    new: tuple[TextKey, ...]
    same: tuple[TextKey, ...]
    changed: tuple[tuple[TextKey, PushedTask], ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class SuggestionUpdate:
    """What is to be sent of one model: the digest of its suggestion for each text.

    If it is ``replaced``, all its suggestions on the server are removed first.
    """

    model: str
    suggestions: dict[TextKey, str]
    replaced: bool


def plan_push(texts: Sequence[TextKey], known: Mapping[TextKey, PushedTask]) -> PushPlan:
    """Compare all texts there should be with what the server has; the order of ``texts`` is kept.

    If the server has tasks for the first text of article a and for article b, and the workspace holds a second text of
    a, and c: then c is new, nothing is the same, a is changed, and b is gone.
    """
    # Any of the tasks of an article serves to name it in a refusal.
    versions = {row.article: row for row in known.values()}
    others = [text for text in texts if text not in known]
    ours = {article for article, _ in texts}
    return PushPlan(
        new=tuple(text for text in others if text[0] not in versions),
        same=tuple(text for text in texts if text in known),
        changed=tuple((text, versions[text[0]]) for text in others if text[0] in versions),
        gone=tuple(sorted(name for name in versions if name not in ours)),
    )


def digest_suggestions(queue: PushQueue) -> SuggestionDigests:
    """What the models suggest for the texts of a queue; suggestions without content are left out, their models not."""
    digests: SuggestionDigests = {}
    for text in queue.texts:
        by_model = queue.suggested(text[0])
        for model, annotation in by_model.items():
            of_model = digests.setdefault(model, {})
            if has_content(annotation):
                of_model[text] = queue.digest_of(annotation)
    return digests


def digest_bare(queue: PushQueue) -> dict[str, str]:
    """The digest of the suggestion of each article that is read blind, and signed as if something were carried."""
    return {
        name: queue.digest_of(annotation)
        for name in sorted(queue.bare)
        for signature, annotation in queue.suggested(name).items()
        if signature.startswith(PROJECTED) and has_content(annotation)
    }


def plan_suggestions(
    texts: Collection[TextKey], digests: SuggestionDigests, known: Mapping[TextKey, PushedTask]
) -> list[SuggestionUpdate]:
    """What has to be sent so that every model suggests on the server what it suggests here for these texts, once.

    A model that suggests something else than it did, or no longer suggests it, is replaced as a whole: the server can
    remove all suggestions of a model, and nothing less. One that only suggests more is added to. A model without any
    suggestion here is left alone.
    """
    updates = [
        _plan_update(model, {text: digests[model][text] for text in texts if text in digests[model]}, known)
        for model in sorted(digests)
    ]
    return [update for update in updates if update.suggestions or update.replaced]


def foresee_joined(
    texts: Collection[TextKey], joined: str, wanted: Mapping[TextKey, str], known: Mapping[TextKey, PushedTask]
) -> list[SuggestionUpdate]:
    """What would be sent of a joined suggestion, and instead of which ones, if nobody had begun any article."""
    fresh = {
        text: wanted[text] for text in texts if text in wanted and known[text].suggested.get(joined) != wanted[text]
    }
    former = sorted(
        {
            model
            for text in texts
            for model, digest in known[text].suggested.items()
            if model.startswith((MODEL, PROJECTED)) and (model != joined or digest != wanted.get(text))
        }
    )
    updates = [SuggestionUpdate(joined, fresh, replaced=False)] if fresh else []
    return updates + [SuggestionUpdate(model, {}, replaced=True) for model in former]


def _plan_update(model: str, wanted: Mapping[TextKey, str], known: Mapping[TextKey, PushedTask]) -> SuggestionUpdate:
    # Tasks that the server has a suggestion of this model for, and its digest.
    there = {text: row.suggested[model] for text, row in known.items() if model in row.suggested}
    sendable = {text: digest for text, digest in wanted.items() if text in known}
    # One that differs, or is not suggested any more, means that all have to be replaced.
    if any(wanted.get(text) != digest for text, digest in there.items()):
        return SuggestionUpdate(model, sendable, replaced=True)
    fresh = {text: digest for text, digest in sendable.items() if text not in there}
    return SuggestionUpdate(model, fresh, replaced=False)
