"""The model of trust.json: how much scores on the test set can be relied on."""

from __future__ import annotations

from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient


class Trust(Frozen):
    """``trust.json``: what the test set is made of, and ``warnings``, sentences for people; without any it will do.

    Attributes:
        articles: How many have usable gold, in how many ``leak_groups``.
        leak_groups: As many observations it is: forty copies of a communique are one.
        spans: How many spans their gold has.
        seen: The share of them whose words had the same label in gold of train: a model may know these by heart.
        labels: The same by label.
        suggested: How many of the articles somebody of their gold's annotators read with suggestions before their eyes.
        drawn_alone: How many all of them read without.
        unknown: Of how many it is not known, as of imports.
        offered: How many of the spans nobody drew: they were offered while somebody annotated, and let stand.
        warnings: What makes scores on it doubtful.
    """

    articles: int
    leak_groups: int
    spans: int
    seen: Coefficient
    labels: dict[str, Coefficient]
    suggested: int
    drawn_alone: int
    unknown: int
    offered: int
    warnings: tuple[str, ...] = ()
