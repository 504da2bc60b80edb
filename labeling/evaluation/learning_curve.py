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

    The groups come in the order of ``sha256(seed:group)``, so that each step holds the one before it. Eighty leak
    groups and four points make steps of 10, 20, 40 and 80 leak groups; three leak groups, of 1 and 3.

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
    # Halved until one is left: where there are few groups, steps fall together and are taken once.
    sizes = {max(1, len(order) >> halvings) for halvings in range(points)} if order else set()
    for size in sorted(sizes):
        yield size, [article for group in order[:size] for article in members[group]]


def measure_gain(points: Iterable[CurvePoint]) -> float | None:
    """How much F1 the last step brought; None where the last two points do not both have an F1.

    Points with F1 0.10, 0.30 and 0.35 have a gain of 0.05.
    """
    last_two = [point.exact.f1 for point in points][-2:]
    match last_two:
        case [float() as before, float() as after]:
            return after - before
        case _:
            return None
