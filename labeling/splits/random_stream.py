"""The random stream: leak groups that a hash draws and no model chooses, from which dev and test grow.

A model that chooses what is annotated chooses what is hard for it, and a test set of such articles is a score of
those. So a stated share of the leak groups is drawn by hash alone, and of these a share is read without suggestions:
that shows what suggestions do to people. A leak group is named after the least id in it, and so changes its name when
it grows. Each article keeps the name by which it was drawn first, and what was annotated keeps its place, whatever
happens to its group and to the settings. A pure module.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.values import digest_of
from labeling.workspace.rows.stream_row import StreamPlace, StreamRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from labeling.project import LearningSection

# Figures of a digest that make a number below 1: as many bits as a float keeps.
_FIGURES = 13
MODELS_CHOICE = StreamPlace(drawn=False, assisted=True)


def draw_stream(
    groups: Mapping[str, str],
    section: LearningSection,
    before: Iterable[StreamRow] = (),
    read: Collection[str] = (),
) -> dict[str, StreamPlace]:
    """Which articles are of the stream, and which of these are read without suggestions.

    A leak group is drawn where ``sha256(seed:stream:group)``, as a fraction, is below ``stream``, and of those drawn
    ``sha256(seed:unassisted:group)`` below ``unassisted`` takes the suggestions away. What grew together from several
    groups is of the stream where all of them are, so that nothing which a model chose gets there.

    >>> from labeling.project import LearningSection
    >>> draw_stream({"a": "a", "b": "a"}, LearningSection(stream=1.0, unassisted=0.0))["b"]
    StreamPlace(drawn=True, assisted=True)

    Args:
        groups: Article id to leak group, of all articles.
        section: The shares and the seed.
        before: What was drawn before.
        read: The articles that people have annotated: they keep their places.

    Returns:
        The place of each article.
    """
    return {row.article: row.place for row in draw_rows(groups, section, before, read)}


def draw_rows(
    groups: Mapping[str, str],
    section: LearningSection,
    before: Iterable[StreamRow] = (),
    read: Collection[str] = (),
) -> list[StreamRow]:
    """The same as rows to remember, by article."""
    known = {row.article: row for row in before}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for article, group in sorted(groups.items()):
        members[group].append(article)
    drawn: list[StreamRow] = []
    for group, articles in members.items():
        kept = {article: known[article] for article in articles if article in known and article in read}
        keys = {article: known[article].leak_group for article in articles if article in known}
        joined = min(keys.values(), default=group)
        names = {keys.get(article, joined) for article in articles if article not in kept}
        place = _join_places([*(row.place for row in kept.values()), *(_draw_group(name, section) for name in names)])
        drawn += (kept.get(name) or StreamRow.of(name, keys.get(name, joined), place) for name in articles)
    return sorted(drawn, key=lambda row: row.article)


def _draw_group(group: str, section: LearningSection) -> StreamPlace:
    if _fraction(f"{section.seed}:stream:{group}") >= section.stream:
        return MODELS_CHOICE
    return StreamPlace(drawn=True, assisted=_fraction(f"{section.seed}:unassisted:{group}") >= section.unassisted)


def _join_places(places: Collection[StreamPlace]) -> StreamPlace:
    """The place of what grew together: of the stream where all are, and without suggestions where all are."""
    if not all(place.drawn for place in places):
        return MODELS_CHOICE
    return StreamPlace(drawn=True, assisted=any(place.assisted for place in places))


def _fraction(text: str) -> float:
    return int(digest_of(text)[:_FIGURES], 16) / float(16**_FIGURES)
