"""The consistency audit: one passage, two articles, two labels; it takes no second annotator.

Where two annotated articles share words, gold of the one is carried to the other and paired with the gold there. What
differs is an error or a gap in the guidelines, for the words are the same. Compared are only spans whose words are in
both texts, outside of what gold leaves open: a span that reaches into words that the other article does not have is
left out, since the same boundary could not have been drawn there.

Two articles share `Aminata Traore of Mali`. Gold of the one has `Aminata Traore` as PERSON and `Mali` as COUNTRY, gold
of the other `Aminata Traore of Mali` as PERSON and `Mali` as LOCATION: a difference of boundary and one of label.

A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import Span
from labeling.evaluation.matching import pair_spans
from labeling.reprints.annotate_once import overlaps_any
from labeling.reprints.overlap import count_shared
from labeling.reprints.projection import align_texts
from labeling.workspace.rows.reprint import Audit, Consistency, Difference, DifferenceKind, Side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Gold, GoldSpan
    from labeling.articles import Article
    from labeling.reprints.projection import Alignment
    from labeling.workspace.rows.passage import Passage


_CONTEXT = 60  # code points shown on either side


@dataclass(frozen=True)
class _AnnotatedArticle:
    article: Article
    gold: Gold
    link: str


def audit_gold(
    gold: Iterable[Gold],
    articles: Mapping[str, Article],
    passages: Iterable[Passage],
    words: int,
    links: Mapping[str, str],
) -> Audit:
    """Compare the gold of shared words.

    Every article is compared with the one before it, by name, that shares most with it: forty copies of a communique
    are 39 comparisons and not 780, and a slip in one of them is not listed 39 times.

    Args:
        gold: Gold by article; what is unusable or of another text is left out.
        articles: The articles by id.
        passages: What articles share.
        words: The least length of a shared run.
        links: The page of each article's task; an article without one is not linked.
    """
    # Only gold of today's text can be compared with it.
    known = {
        each.article: _AnnotatedArticle(articles[each.article], each, links.get(each.article, ""))
        for each in gold
        if each.usable and each.article in articles and articles[each.article].digest == each.digest
    }
    pairs = list(list_reprint_pairs(count_shared(passages, known, known)))
    found = [_compare_pair(known[one], known[other], words) for one, other in pairs]
    # Counted by label; a difference of two labels counts for both of them.
    alike = Counter(label for labels, _ in found for label in labels)
    differences = [difference for _, listed in found for difference in listed]
    other = Counter(label for each in differences for label in {each.left.label, each.right.label} - {""})
    total = sum(alike.values())
    return Audit(
        pairs=len(pairs),
        alike=total,
        share=total / (total + len(differences)) if total + len(differences) else None,
        labels={label: Consistency(alike=alike[label], different=other[label]) for label in sorted({*alike, *other})},
        differences=tuple(sorted(differences, key=_difference_order)),
    )


def list_reprint_pairs(shared: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str]]:
    """The pairs to compare: each article with the one before it, in the order of ids, that shares most with it."""
    # The least key is the article that shares most, and of two that share as much the one with the lesser id.
    for name in sorted(shared):
        earlier = [(-common, other) for other, common in shared[name].items() if other < name]
        if earlier:
            yield min(earlier)[1], name


def _compare_pair(left: _AnnotatedArticle, right: _AnnotatedArticle, words: int) -> tuple[list[str], list[Difference]]:
    """The labels of spans that are alike, and the differences."""
    alignment = align_texts(left.article.text, right.article.text, words)
    # Both sides in the right text: spans of the left one are carried there, those of the right one must have an image.
    ours = _carry_spans(left.gold.spans, alignment)
    theirs = {span.id: span for span in right.gold.spans if alignment.inverse.image(span.start, span.end)}
    # What has the same position is compared by label; of the rest, what overlaps with one label differs in a boundary.
    placed = pair_spans(ours.values(), theirs.values(), "position")
    loose = pair_spans(placed.left, placed.right, "overlapping")
    # What is left on either side was missed on the other, if the other one's silence counts.
    shown = _SideBySide(left, right, alignment)
    differences = [
        *(shown.difference("label", a.id, b.id) for a, b in placed.pairs if a.label != b.label),
        *(shown.difference("boundary", a.id, b.id) for a, b in loose.pairs),
        *(shown.difference("missed", a.id, "") for a in loose.left if _silence_counts(a, right.gold, theirs)),
        *(
            shown.difference("missed", "", b.id)
            for b in loose.right
            if _silence_counts(_move_span(b, alignment.inverse), left.gold, ours)
        ),
    ]
    return [a.label for a, b in placed.pairs if a.label == b.label], differences


class _SideBySide:
    """Two articles side by side, to show a difference from both."""

    def __init__(self, left: _AnnotatedArticle, right: _AnnotatedArticle, alignment: Alignment) -> None:
        self.left, self.right, self.alignment = left, right, alignment
        self.ours = {span.id: span for span in left.gold.spans}
        self.theirs = {span.id: span for span in right.gold.spans}

    def difference(self, kind: DifferenceKind, ours: str, theirs: str) -> Difference:
        """The difference between two spans by id, "" for the side that has none."""
        left, right = self.ours.get(ours), self.theirs.get(theirs)
        # The side without a span shows where the span's words are there.
        left_place = self.alignment.inverse.image(right.start, right.end) if left is None and right else None
        right_place = self.alignment.image(left.start, left.end) if right is None and left else None
        return Difference(
            kind=kind,
            left=_side(self.left, left, left_place or (0, 0)),
            right=_side(self.right, right, right_place or (0, 0)),
        )


def _side(one: _AnnotatedArticle, span: GoldSpan | None, place: tuple[int, int]) -> Side:
    start, end = (span.start, span.end) if span else place
    text = one.article.text
    return Side(
        article=one.article.id,
        start=start,
        end=end,
        label=span.label if span else "",
        text=text[start:end],
        before=text[max(0, start - _CONTEXT) : start],
        after=text[end : end + _CONTEXT],
        by=span.by if span else one.gold.annotators,
        link=one.link,
    )


def _carry_spans(spans: Sequence[GoldSpan], alignment: Alignment) -> dict[str, Span]:
    """The spans whose words the other text has, by id, moved to where they are there."""
    return {span.id: _move_span(span, alignment) for span in spans if alignment.image(span.start, span.end)}


def _move_span(span: GoldSpan | Span, alignment: Alignment) -> Span:
    start, end = alignment.image(span.start, span.end) or (span.start, span.end)
    return Span(id=span.id, start=start, end=end, label=span.label)


def _silence_counts(span: Span, gold: Gold, compared: Collection[str]) -> bool:
    """Whether it counts that ``gold`` has no span there.

    It does not where gold is open, nor where gold has a span of that label that could not be compared, since it reaches
    into words that the other article does not have.
    """
    rest = [(each.start, each.end) for each in gold.spans if each.label == span.label and each.id not in compared]
    return not overlaps_any((span.start, span.end), [*gold.open, *rest])


def _difference_order(difference: Difference) -> tuple[str, str, int, int, str]:
    left, right = difference.left, difference.right
    return left.article, right.article, left.start, right.start, difference.kind
