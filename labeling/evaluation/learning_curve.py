"""Learning curves: what more leak groups to train on would bring. Forty copies of a communique are one step, not forty.

Nothing here touches disk, network, clock or a random number.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.workspace.rows.score import CurvePoint


def grow_training_sets(groups: Mapping[str, str], points: int, seed: str) -> Iterator[tuple[int, list[str]]]:
    """Ever more articles to train on, whole leak groups at a time, each time about twice as many of these.

    The groups come in the order of ``sha256(seed:group)``, so that each step holds the one before it.

    Args:
        groups: Article id to leak group, of the articles to train on.
        points: How many steps; fewer where there are too few groups.
        seed: Orders the groups.

    Yields:
        How many leak groups, and their articles; the last time all of them.
    """
    members: defaultdict[str, list[str]] = defaultdict(list)
    for article, group in sorted(groups.items()):
        members[group].append(article)
    order = sorted(members, key=lambda group: digest_of(f"{seed}:{group}"))
    sizes = sorted({max(1, len(order) >> halvings) for halvings in range(points)}) if order else []
    for size in sizes:
        yield size, [article for group in order[:size] for article in members[group]]


def measure_gain(points: Iterable[CurvePoint]) -> float | None:
    """How much F1 the last step brought; None where that cannot be said."""
    scores = [point.exact.f1 for point in points][-2:]
    if len(scores) < 2 or None in scores:  # noqa: PLR2004 - a step has two ends
        return None
    before, after = scores
    return (after or 0.0) - (before or 0.0)
