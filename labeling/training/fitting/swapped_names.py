"""Texts whose names are exchanged for others of the same label, anew in each round: little data holds few names.

A network that sees `Ana Diaz met Bo Lund` again and again learns the names by heart; with others in their places it
learns what stands around them. Only names are exchanged, which begin with a capital or a digit: `he` and `the mayor`
do not stand where others do. (Dai and Adel, 2020, call it mention replacement.)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.annotations import overlaps

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.training.fitting.examples import Example

# Of so many texts a round leaves one as it is.
_LEFT = 2


@dataclass(frozen=True)
class NameSwapper:
    """Exchanges names: those of ``names``, by label, each as often as it was marked; ``share`` of those in a text."""

    names: Mapping[str, Sequence[str]]
    share: float

    def swap(self, example: Example, chance: random.Random) -> Example:
        """The same example with other names, or itself where nothing was exchanged.

        A name that another span or an open stretch touches stays. Of relations nothing is changed: spans keep their
        numbers.
        """
        if not self.share or chance.randrange(_LEFT) == 0:
            return example
        changes = []
        for start, end, label in _list_free(example):
            if self.names.get(label) and chance.random() < self.share:
                changes.append((start, end, chance.choice(self.names[label])))
        return _change(example, changes) if changes else example


def collect_names(examples: Iterable[Example], share: float) -> NameSwapper:
    """What exchanges such a share of the names of these examples for others of theirs."""
    names = defaultdict[str, list[str]](list)
    for example in examples:
        for start, end, label in example.spans:
            if _is_name(surface := example.text[start:end]):
                names[label].append(surface)
    return NameSwapper(names, share)


def _is_name(surface: str) -> bool:
    return surface[:1].isupper() or surface[:1].isdigit()


def _list_free(example: Example) -> list[tuple[int, int, str]]:
    """Names that nothing else touches, in the order of the text."""
    spans = sorted(example.spans)
    free, reached = [], 0
    for number, (start, end, label) in enumerate(spans):
        after = spans[number + 1][0] if number + 1 < len(spans) else end
        alone = reached <= start and end <= after
        reached = max(reached, end)
        known = not any(overlaps(start, end, *stretch) for stretch in example.open)
        if alone and known and _is_name(example.text[start:end]):
            free.append((start, end, label))
    return free


def _change(example: Example, changes: Sequence[tuple[int, int, str]]) -> Example:
    """The example with other words in some places, in the order of the text; what lies behind them moves along."""
    parts, at = list[str](), 0
    for start, end, words in changes:
        parts += [example.text[at:start], words]
        at = end

    def moved(place: int) -> int:
        return place + sum(len(words) - (end - start) for start, end, words in changes if end <= place)

    return replace(
        example,
        text="".join([*parts, example.text[at:]]),
        spans=tuple((moved(start), moved(end), label) for start, end, label in example.spans),
        open=tuple((moved(start), moved(end)) for start, end in example.open),
    )
