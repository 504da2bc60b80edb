"""What is remembered of the server between a push and the next pull: the rows of its five files."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from labeling.annotations import State
from labeling.values import Frozen

_TOO_LARGE = 2**63  # for the databases of servers

# What a server numbers its things by, as a number and as a key of JSON; the name of a kept answer.
ServerNumber: TypeAlias = Annotated[int, Field(ge=0, lt=_TOO_LARGE)]
_NumberKey: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]
_AnswerName: TypeAlias = Annotated[str, Field(pattern=r"^[^/\\.][^/\\]{0,254}$")]


def is_server_number(value: object) -> bool:
    """Whether it may be a server's number of something: neither a truth value nor written as words."""
    return type(value) is int and 0 <= value < _TOO_LARGE


def check_instant(instant: dt.datetime) -> dt.datetime:
    """An instant from which and to which can be reckoned.

    Raises:
        ValueError: It is at an end of the calendar, or of no time zone.
    """
    if not 1970 <= instant.year < dt.MAXYEAR or instant.tzinfo is None:  # noqa: PLR2004 - as old as any server's clock
        raise ValueError("it is an instant at an end of the calendar, or of no time zone")
    return instant


def check_written_instant(text: str) -> str:
    """The ISO text of such an instant.

    Raises:
        ValueError: It is not one.
    """
    check_instant(dt.datetime.fromisoformat(text))
    return text


def _is_unknown(value: object) -> bool:
    return value is None


class FurtherProject(Frozen):
    """A further project on the same server, which is for who decides: its number, and when it was made."""

    project: ServerNumber
    created: str


class ProjectLink(Frozen):
    """Where the workspace was pushed to.

    ``cards`` is the project in which conflicts are put to adjudicators, ``articles`` the one for whole articles.
    """

    url: str = Field(pattern=r"^https?://")
    project: ServerNumber
    created: str
    cards: FurtherProject | None = Field(default=None, exclude_if=_is_unknown)
    articles: FurtherProject | None = Field(default=None, exclude_if=_is_unknown)

    @property
    def further(self) -> tuple[FurtherProject, ...]:
        """The projects for adjudicators that there are."""
        return tuple(each for each in (self.cards, self.articles) if each)


# An article's id and the digest of the text that was sent.
TextKey: TypeAlias = tuple[str, str]


class PushedTask(Frozen):
    """An article that was sent: the digest of the text in its task, and what models say there.

    ``suggested`` has the digest of each model's suggestion, by the model's name.
    """

    article: str
    digest: str
    task: ServerNumber | None = None
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

    id: ServerNumber
    by: str
    state: State
    digest: str
    updated: str = ""
    of: ServerNumber | None = None


class PulledTask(Frozen):
    """A task as it was last pulled; ``updated`` is the server's instant of its last change."""

    task: ServerNumber
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

    project: ServerNumber
    created: str
    seen: Annotated[str, AfterValidator(check_written_instant)]
    reading: str
    names: dict[_NumberKey, str]
    answers: tuple[_AnswerName, ...]


class ServerUsers(Frozen):
    """The e-mail address of each user of the server, by number: exports tell only the numbers."""

    emails: dict[_NumberKey, str]
