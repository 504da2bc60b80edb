"""How far precedents help: conflicts of articles settled one after the other by a fixed rule, and what cards showed."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.precedents import Precedents
from labeling.adjudication.versions import decide_conflict
from labeling.values import digest_of
from labeling.workspace.rows.conflict import ChoiceItem, RelationItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.conflict import Conflict, Item
    from labeling.workspace.rows.decision_row import Decision

# Counted apart from the product's own way to tell words that matter.
_CONTENT_WORD = re.compile(r"[^\W_]{4,}|[A-Z][^\W_]*")


@dataclass(frozen=True)
class PrecedentUse:
    """Of so many conflicts, ``later`` are of a kind decided before: the same labels and the same first content word.

    Precedents were ``shown`` for so many of those, and the first one ``agrees`` with what was decided then.
    """

    conflicts: int = 0
    later: int = 0
    shown: int = 0
    agrees: int = 0

    def __add__(self, other: PrecedentUse) -> PrecedentUse:
        """Both taken together."""
        return PrecedentUse(
            self.conflicts + other.conflicts,
            self.later + other.later,
            self.shown + other.shown,
            self.agrees + other.agrees,
        )


def follow_rule(conflict: Conflict, article: Article, at: str) -> Decision:
    """The decision of an adjudicator who always decides alike on the same labels and the same first content word.

    Of several labels one stands, where it is longest; of several ends the wider or the narrower; a single reading, or
    nothing. Which, is drawn once for the labels and the word.
    """
    labels, word = _labels_of(conflict.items), _first_word(conflict, article)
    drawn = int(digest_of(f"{' '.join(labels)} {word}")[:8], 16)
    items = sorted(conflict.items, key=_width)
    if len(labels) > 1:
        chosen = [item for item in items if _label_of(item) == labels[drawn % len(labels)]][-1:]
    elif len(items) > 1:
        chosen = [items[-(drawn % 2)]]
    else:
        chosen = items[: drawn % 2]
    return decide_conflict(conflict, chosen, "eve", at)


def measure_precedents(project: Project) -> PrecedentUse:
    """Settle the open conflicts article by article, and look each time what was shown of the articles before."""
    articles: Mapping[str, Article] = project.workspace.articles.by("id")
    open_ones: defaultdict[str, list[Conflict]] = defaultdict(list)
    for conflict in project.workspace.conflicts.rows():
        open_ones[conflict.article].append(conflict)
    decisions: list[Decision] = []
    seen: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    use = PrecedentUse()
    for day, name in enumerate(sorted(open_ones)):
        article, at = articles[name], f"{2000 + day // 28}-01-{day % 28 + 1:02}T09:00:00+00:00"
        precedents = Precedents(decisions, articles)
        made = [follow_rule(conflict, article, at) for conflict in open_ones[name]]
        for conflict, decision in zip(open_ones[name], made, strict=True):
            word = _first_word(conflict, article)
            # Figures and short words say nothing by themselves: precedents need a content word.
            is_later = bool(word) and word in seen[_kind_of(conflict)]
            found = precedents.find_nearest(conflict, article)
            agrees = is_later and bool(found) and _stance(found[0].decision) == _stance(decision)
            use += PrecedentUse(1, int(is_later), int(is_later and bool(found)), int(agrees))
        for conflict in open_ones[name]:
            seen[_kind_of(conflict)].add(_first_word(conflict, article))
        decisions += made
    return use


def _first_word(conflict: Conflict, article: Article) -> str:
    """The first word in dispute that matters, a name or a word of four letters or more; empty where none does."""
    places = sorted(place for item in conflict.items for place in _places(item))
    found = _CONTENT_WORD.findall(" ".join(article.text[low:high] for low, high in places))
    return found[0].casefold() if found else ""


def _places(item: Item) -> list[tuple[int, int]]:
    ends = [item.head, item.tail] if isinstance(item, RelationItem) else [item] if isinstance(item, SpanItem) else []
    return [(end.start, end.end) for end in ends]


def _kind_of(conflict: Conflict) -> tuple[str, ...]:
    """The labels in dispute, and whether somebody marked nothing there."""
    return (*_labels_of(conflict.items), *([""] if len(conflict.items) == 1 else []))


def _stance(decision: Decision) -> tuple[object, ...]:
    """What a decision says whatever the words are: which labels stand, and whether in the wider or narrower reading."""
    widths = sorted(map(_width, decision.judged))
    is_widest = bool(decision.accepted) and _width(decision.accepted[0]) == widths[-1]
    labels = _labels_of(decision.judged)
    return _labels_of(decision.accepted), is_widest if len(labels) == 1 else None


def _labels_of(items: Iterable[Item]) -> list[str]:
    return sorted({_label_of(item) for item in items})


def _label_of(item: Item) -> str:
    if isinstance(item, RelationItem):
        return f"{item.head.label} {item.label} {item.tail.label}"
    return item.choice if isinstance(item, ChoiceItem) else item.label


def _width(item: Item) -> int:
    return item.end - item.start if isinstance(item, SpanItem) else 0
