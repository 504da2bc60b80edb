"""What changed from one dataset to another: articles, texts, gold and splits, and how much both hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.corpora.release.release import ReleaseLine
    from labeling.workspace.rows.assignment import SplitName


@dataclass(frozen=True)
class DatasetChanges:
    """The ids of articles that only one of two datasets has, or of which they hold something else.

    ``came`` are only in the later one, ``went`` only in the earlier one. One whose text is another is not listed under
    ``other_gold``: offsets of two texts cannot be compared. ``before`` and ``now`` are how much both hold, by name:
    ``articles``, ``articles of test``, ``spans``, ``spans of PERSON``.
    """

    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    other_text: tuple[str, ...] = ()
    other_gold: tuple[str, ...] = ()
    other_split: tuple[str, ...] = ()
    before: Mapping[str, int] = field(default_factory=dict)
    now: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Held:
    """What a dataset holds of one article: digests of its text and of its gold, and its split."""

    text: str
    gold: str
    split: SplitName


def compare_datasets(before: Iterable[ReleaseLine], now: Iterable[ReleaseLine]) -> DatasetChanges:
    """Compare the lines of two datasets or releases; in memory are digests, not lines.

    An article whose spans have other ids, and are the same otherwise, has not changed.
    """
    (earlier, held_before), (later, held_now) = _hold_lines(before), _hold_lines(now)
    both = sorted(earlier.keys() & later.keys())
    moved = [name for name in both if earlier[name].text != later[name].text]
    return DatasetChanges(
        came=tuple(sorted(later.keys() - earlier.keys())),
        went=tuple(sorted(earlier.keys() - later.keys())),
        other_text=tuple(moved),
        other_gold=tuple(
            name for name in both if earlier[name].gold != later[name].gold and earlier[name].text == later[name].text
        ),
        other_split=tuple(name for name in both if earlier[name].split != later[name].split),
        before=dict(sorted(held_before.items())),
        now=dict(sorted(held_now.items())),
    )


def _hold_lines(lines: Iterable[ReleaseLine]) -> tuple[dict[str, _Held], Counter[str]]:
    held, counts = dict[str, _Held](), Counter[str]()
    for line in lines:
        held[line.article] = _Held(line.digest, _digest_said(line), line.split)
        counts.update(["articles", f"articles of {line.split}"])
        counts.update(spans=len(line.spans), relations=len(line.relations))
        counts.update(complete=line.complete)
        counts.update(f"spans of {span.label}" for span in line.spans)
    return held, counts


def _digest_said(line: ReleaseLine) -> str:
    """The digest of all that gold says of an article, whatever the ids of its spans."""
    places = {span.id: (span.start, span.end, span.label) for span in line.spans}
    said = (
        sorted((span.start, span.end, span.label, span.unsure) for span in line.spans),
        sorted((places.get(each.head), each.label, places.get(each.tail)) for each in line.relations),
        sorted((name, sorted(options)) for name, options in line.choices.items()),
        sorted(line.open),
        sorted(line.open_choices),
        sorted(line.unasked),
    )
    return digest_of(repr(said))
