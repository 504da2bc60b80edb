"""What is remembered of the server between a push and the next pull: the rows of its five files."""

from __future__ import annotations

from typing import TypeAlias

from labeling.annotations import State
from labeling.values import Frozen


class ProjectLink(Frozen):
    """Where the workspace was pushed to."""

    url: str
    project: int
    created: str


# An article's id and the digest of the text that was sent.
TextKey: TypeAlias = tuple[str, str]


class PushedTask(Frozen):
    """An article that was sent: the digest of the text in its task, and what models say there.

    ``suggested`` has the digest of each model's suggestion, by the model's name.
    """

    article: str
    digest: str
    task: int | None = None
    suggested: dict[str, str] = {}

    @property
    def key(self) -> TextKey:
        """Which text of which article."""
        return self.article, self.digest

    def with_suggestion(self, model: str, digest: str | None) -> PushedTask:
        """The same task with that suggestion of ``model``; with None, without any of it."""
        suggested = {name: known for name, known in self.suggested.items() if name != model}
        if digest is not None:
            suggested[model] = digest
        return self.model_copy(update={"suggested": suggested})


class PulledAnnotation(Frozen):
    """One annotation or draft: the server's number of it, whose it is, and the digest of all it says.

    ``of`` is, for a draft, the annotation it is a change of.
    """

    id: int
    by: str
    state: State
    digest: str
    updated: str = ""
    of: int | None = None


class PulledTask(Frozen):
    """A task as it was last pulled; ``updated`` is the server's instant of its last change."""

    task: int
    article: str
    updated: str
    said: tuple[PulledAnnotation, ...] = ()

    def count(self, state: State) -> int:
        """How many annotations of that state it holds."""
        return sum(one.state == state for one in self.said)


class Watermark(Frozen):
    """How far ``pulled.jsonl`` reaches.

    ``seen`` is the server's time when the last pull began. ``reading`` is the digest of what the answers were read by:
    articles, schema and migrations. ``names`` are what the server's users are called, by number. ``answers`` are the
    files of ``pulls/`` that together hold what the server had.
    """

    project: int
    created: str
    seen: str
    reading: str
    names: dict[str, str]
    answers: tuple[str, ...]


class ServerUsers(Frozen):
    """The e-mail address of each user of the server, by number: exports tell only the numbers."""

    emails: dict[str, str]
