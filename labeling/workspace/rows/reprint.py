"""The rows of ``projected.jsonl``, and the value of ``audit.json``: what follows from shared words."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.annotations import PROJECTED, Relation, Span
from labeling.values import Frozen


class ProjectedRow(Frozen):
    """One line of ``projected.jsonl``: what was carried to ``article`` from ``source``.

    ``said`` is how many spans the gold of ``source`` has. ``stretches`` are where ``article`` has the source's words,
    half-open intervals of code points: there the source counts, with a span or by having none.
    """

    article: str
    digest: str
    source: str
    said: int
    stretches: tuple[tuple[int, int], ...] = ()
    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()

    @property
    def annotator(self) -> str:
        """The annotator of what was carried, ``projected:<source>``."""
        return PROJECTED + self.source


DifferenceKind: TypeAlias = Literal["label", "boundary", "missed"]


class Side(Frozen):
    """What gold of one article has there: a half-open interval of code points with its label, "" for no span.

    ``before`` and ``after`` are the words around it, ``by`` the annotators, ``link`` the article's task in Label
    Studio's page, "" for an article without a task.
    """

    article: str
    start: int
    end: int
    label: str
    text: str
    before: str
    after: str
    by: tuple[str, ...]
    link: str = ""


class Difference(Frozen):
    """Words that two articles share, labelled differently.

    ``label``: the same stretch, other labels. ``boundary``: the same label, other ends. ``missed``: one side has no
    span there.
    """

    kind: DifferenceKind
    left: Side
    right: Side


class Consistency(Frozen):
    """How many spans of one label are alike in shared words, and how many differ: 3 and 1 make a share of 0.75."""

    alike: int
    different: int

    @property
    def share(self) -> float | None:
        """Those alike among all; None when there were none."""
        return self.alike / (self.alike + self.different) if self.alike + self.different else None


class Audit(Frozen):
    """``audit.json``: how many pairs of annotated articles share words, and how they agree in them.

    A difference of labels counts for both labels. ``share`` is alike among all, None when nothing could be compared.
    """

    pairs: int
    alike: int
    share: float | None
    labels: dict[str, Consistency]
    differences: tuple[Difference, ...]
