"""The rows of projected.jsonl, and what audit.json holds: what follows from shared words."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.annotations import PROJECTED, Relation, Span
from labeling.values import Frozen


class ProjectedRow(Frozen):
    """One line of ``projected.jsonl``: what was carried to ``article`` from ``source``.

    ``said`` is how many spans people's gold of ``source`` has. ``stretches`` are where ``article`` has the source's
    words, in code points, half open: there the source speaks, with a span or by having none.
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
        """Who signs it."""
        return PROJECTED + self.source


DifferenceKind: TypeAlias = Literal["label", "boundary", "missed"]


class Side(Frozen):
    """What one article says of the passage: a stretch in code points with its label, "" where it has none.

    ``before`` and ``after`` are the words around it, ``by`` the annotators, ``link`` its task in Label Studio's page,
    "" where it has none.
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
    """Words that stand in two articles and are labelled differently.

    ``label``: the same stretch, other labels. ``boundary``: the same label, other ends. ``missed``: one side has no
    span there.
    """

    kind: DifferenceKind
    left: Side
    right: Side


class Consistency(Frozen):
    """How often spans of one label were judged alike and differently in shared words."""

    alike: int
    different: int

    @property
    def share(self) -> float | None:
        """Those judged alike among all; None when there were none."""
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
