"""What a tagger answers about a text. Offsets are code points, half open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A labelled stretch ``text[start:end]``; ``score`` is how often such spans are right, as calibrated."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class ReadRelation:
    """A relation between two spans, by their numbers among the spans of the text."""

    head: int
    tail: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class TaggedText:
    """Spans in the order of the text, the longer first of two that start together; relations; choices.

    ``choices`` has the score of every option of every question, ``answers`` the options that these scores choose.
    """

    spans: tuple[ReadSpan, ...] = ()
    relations: tuple[ReadRelation, ...] = ()
    choices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
