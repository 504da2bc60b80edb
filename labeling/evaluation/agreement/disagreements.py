"""Where annotators disagree: which labels they confuse, and which disagreements tell most.

Spans that are the same to the character and the label are set aside. Of the rest, two of one place differ in the label;
of what is left then, two that overlap and have one label differ in a boundary, two that overlap at all in the label;
what remains was missed by the other. A disagreement tells the more, the more there are of its kind: each kind is shown
by its first in the order of the articles, a kind being how they differ and the two labels.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations, zip_longest
from typing import TYPE_CHECKING, TypeAlias, get_args

from labeling.annotations import LABEL_ITEM
from labeling.evaluation.agreement.pair_counts import MarkedPlace
from labeling.evaluation.matching import pair_spans
from labeling.workspace.rows.agreements import Confusions, DisagreeingSide, Disagreement, DisagreementKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.evaluation.agreement.submitted import Marks, SubmittedArticle

    # How two readings differ, and both; None for nothing.
    Difference: TypeAlias = tuple[DisagreementKind, MarkedPlace | None, MarkedPlace | None]
    # How they differ, and both labels in the order of the alphabet.
    DifferenceClass: TypeAlias = tuple[DisagreementKind, str, str]

_SHOWN = 12
_CONTEXT = 60  # code points on either side


@dataclass(frozen=True)
class _Example:
    """A difference between two annotators of an article."""

    submitted: SubmittedArticle
    sides: tuple[tuple[str, MarkedPlace | None], ...]

    @property
    def place(self) -> tuple[str, int, int, str, str]:
        """Where it is in the order of the articles."""
        spans = [span for _, span in self.sides if span]
        (one, _), (other, _) = self.sides
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        return self.submitted.article.id, start, end, one, other


@dataclass
class DisagreementCounts:
    """Confusions of each pair of annotators; of each kind of disagreement, how many there are and the first."""

    pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = field(default_factory=dict)
    kinds: Counter[DifferenceClass] = field(default_factory=Counter)
    examples: dict[DifferenceClass, _Example] = field(default_factory=dict)

    def add(self, submitted: SubmittedArticle) -> None:
        """Add an article with the words of all who are compared."""
        for one, other in combinations(sorted(submitted.submissions), 2):
            counts = self.pairs.setdefault((one, other), Counter())
            silent = submitted.silence[one] | submitted.silence[other]
            left, right = submitted.marks[one], submitted.marks[other]
            same, differences = find_differences(left, right, silent)
            counts.update({(label, label): number for label, number in same.items()})
            for kind, ours, theirs in differences:
                labels = ours.label if ours else "", theirs.label if theirs else ""
                counts[labels] += 1
                self._note(kind, _Example(submitted, ((one, ours), (other, theirs))), labels)

    def _note(self, kind: DisagreementKind, example: _Example, labels: tuple[str, str]) -> None:
        first, last = sorted(labels)
        key = kind, first, last
        self.kinds[key] += 1
        if key not in self.examples or example.place < self.examples[key].place:
            self.examples[key] = example

    def list_confusions(self) -> Iterator[Confusions]:
        """Those of all pairs together, then those of each pair."""
        whole = Counter[tuple[str, str]]()
        for counts in self.pairs.values():
            for (one, other), number in counts.items():
                whole[min(one, other), max(one, other)] += number
        names = sorted({name for pair in self.pairs for name in pair})
        yield from (_tabulate_labels(each, counts) for each, counts in ((names, whole), *sorted(self.pairs.items())))

    def list_telling(self, links: Mapping[str, str]) -> Iterator[Disagreement]:
        """The first of each of the most frequent kinds: labels, boundaries and missed spans in turn."""
        ranked = sorted(self.kinds, key=lambda key: (-self.kinds[key], key))
        by_kind = [[key for key in ranked if key[0] == kind] for kind in get_args(DisagreementKind)]
        turns = [key for turn in zip_longest(*by_kind) for key in turn if key]
        for key in turns[:_SHOWN]:
            yield _show(key[0], self.examples[key], self.kinds[key], links)


def find_differences(left: Marks, right: Marks, silent: Collection[str]) -> tuple[Counter[str], list[Difference]]:
    """How many spans of each label are the same, and how the others differ, in the order of the text.

    Args:
        left: What one annotator marked.
        right: What the other did.
        silent: The items (``label WHEN``) that one of them was not asked for.
    """
    same = Counter[str]()
    ours, theirs = list[MarkedPlace](), list[MarkedPlace]()
    for label in sorted(left.keys() | right.keys()):
        if silent and LABEL_ITEM + label in silent:
            continue
        if left.get(label) == right.get(label):
            same[label] += len(left[label])
            continue
        one, other = Counter(left.get(label, ())), Counter(right.get(label, ()))
        same[label] += (one & other).total()
        ours += (MarkedPlace(label, *place, label) for place in (one - other).elements())
        theirs += (MarkedPlace(label, *place, label) for place in (other - one).elements())
    return same, _pair_differences(sorted(ours), sorted(theirs)) if ours or theirs else []


def _pair_differences(ours: Sequence[MarkedPlace], theirs: Sequence[MarkedPlace]) -> list[Difference]:
    # Which of several equally good counterparts a span has must not depend on who comes first.
    if turned := [each[1:] for each in ours] > [each[1:] for each in theirs]:
        ours, theirs = theirs, ours
    placed = pair_spans(ours, theirs, "position")
    loose = pair_spans(placed.left, placed.right, "overlapping")
    # Whatever their labels, which their names keep.
    touching = pair_spans(_without_labels(loose.left), _without_labels(loose.right), "overlapping")
    found: list[Difference] = [
        *(("label", one, other) for one, other in placed.pairs),
        *(("boundary", one, other) for one, other in loose.pairs),
        *(("label", _named(one), _named(other)) for one, other in touching.pairs),
        *(("missed", _named(one), None) for one in touching.left),
        *(("missed", None, _named(other)) for other in touching.right),
    ]
    return [(kind, other, one) for kind, one, other in found] if turned else found


def _without_labels(spans: Iterable[MarkedPlace]) -> list[MarkedPlace]:
    return [span._replace(label="") for span in spans]


def _named(span: MarkedPlace) -> MarkedPlace:
    return span._replace(label=span.id)


def _tabulate_labels(annotators: Sequence[str], counts: Counter[tuple[str, str]]) -> Confusions:
    rows: dict[str, dict[str, int]] = {}
    for (one, other), number in sorted(counts.items()):
        if number:
            rows.setdefault(one, {})[other] = number
    return Confusions(annotators=tuple(annotators), counts=rows)


def _show(kind: DisagreementKind, example: _Example, times: int, links: Mapping[str, str]) -> Disagreement:
    name, start, end, *_ = example.place
    text = example.submitted.article.text
    return Disagreement(
        kind=kind,
        article=name,
        before=text[max(0, start - _CONTEXT) : start],
        text=text[start:end],
        after=text[end : end + _CONTEXT],
        sides=tuple(
            DisagreeingSide(
                annotator=annotator,
                start=span.start if span else start,
                end=span.end if span else end,
                label=span.label if span else "",
                text=text[span.start : span.end] if span else "",
                link=_link_own(example.submitted, annotator, links.get(name, "")),
            )
            for annotator, span in example.sides
        ),
        times=times,
    )


def _link_own(submitted: SubmittedArticle, annotator: str, page: str) -> str:
    """The page of the article, with the annotator's own annotation opened: another's is never opened for editing."""
    number = submitted.submissions[annotator].server_id
    return f"{page}&annotation={number}" if page and number is not None else ""
