"""Shared text as the report shows it: a map of leak groups and stories, and pairs of texts side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from labeling.reprints.projection import align_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.report.findings import Findings
    from labeling.workspace.rows.passage import ClusterRow, Passage

_MOST_PAIRS = 4


@dataclass(frozen=True)
class GroupMember:
    """An article on the map; ``split`` is "none" for an article that is in none of them."""

    article: str
    name: str
    split: str
    lead: bool


@dataclass(frozen=True)
class LeakGroup:
    """A leak group: its stories, each with its lead first."""

    name: str
    stories: Sequence[Sequence[GroupMember]]

    @property
    def articles(self) -> int:
        """How many articles share text here."""
        return sum(map(len, self.stories))


@dataclass(frozen=True)
class SharedPiece:
    """A stretch of a text, and whether the other text has the same words."""

    text: str
    shared: bool


@dataclass(frozen=True)
class ArticlePair:
    """Two articles that share text: ``words`` counts the words in shared runs, ``splits`` has the split of each."""

    left: Article
    right: Article
    words: int
    splits: tuple[str, str]
    pieces: tuple[Sequence[SharedPiece], Sequence[SharedPiece]]


def list_leak_groups(
    clusters: Iterable[ClusterRow], articles: Mapping[str, Article], split_of: Mapping[str, str]
) -> list[LeakGroup]:
    """All leak groups, those with most articles first."""
    # Groups hold stories, stories hold articles.
    members: defaultdict[str, defaultdict[str, list[GroupMember]]] = defaultdict(lambda: defaultdict(list))
    for row in clusters:
        # A cluster may outlive its article: then the map knows the id alone.
        article = articles.get(row.article)
        about = [article.source, article.published] if article else []
        name = " ".join(filter(None, [row.article, *about]))
        one = GroupMember(row.article, name, split_of.get(row.article, "none"), row.lead)
        members[row.leak_group][row.story].append(one)
    made = [
        LeakGroup(name, [sorted(story, key=lambda one: (not one.lead, one.article)) for story in stories.values()])
        for name, stories in members.items()
    ]
    return sorted(made, key=lambda group: (-group.articles, group.name))


def rank_closest_pairs(passages: Iterable[Passage]) -> list[tuple[str, str]]:
    """The pairs of articles that share passages, by how much they share, most first; boilerplate does not count."""
    shared = Counter[tuple[str, str]]()
    for passage in passages:
        # The first place is that in the fullest article, with which the others were aligned.
        first, *others = passage.places
        if passage.kind != "reprint":
            continue
        for other in others:
            shared[first.article, other.article] += other.end - other.start
    return sorted(shared, key=lambda pair: (-shared[pair], pair))


def choose_pairs(findings: Findings) -> list[tuple[str, str]]:
    """The pairs worth showing: what leaks, what would have leaked with a random split, and what shares most."""
    comparisons = (findings.leakage.splits, findings.leakage.random_split) if findings.leakage else ()
    leaks = [shared for each in comparisons for shared in each.worst if shared.words >= findings.words]
    return [*((shared.one, shared.other) for shared in leaks), *rank_closest_pairs(findings.passages)]


def align_pairs(
    pairs: Iterable[tuple[str, str]], articles: Mapping[str, Article], split_of: Mapping[str, str], words: int
) -> list[ArticlePair]:
    """The first of these pairs of articles, side by side.

    Args:
        pairs: By id; a pair that comes again, is not among the articles, or shares no run today is skipped.
        articles: The articles by id.
        split_of: The split of each that has one.
        words: The least length of a shared run, in words.
    """
    # A pair is one whichever of the two comes first.
    known: dict[frozenset[str], tuple[str, str]] = {}
    for one, other in pairs:
        if one in articles and other in articles:
            known.setdefault(frozenset((one, other)), (one, other))
    # Passages are of the last `cluster`, texts of today: two may have no words in common any more.
    aligned = (_align_pair(articles[one], articles[other], split_of, words) for one, other in known.values())
    return [*islice((pair for pair in aligned if pair.words), _MOST_PAIRS)]


def count_groups_by_label(gold: Iterable[Gold], group_of: Mapping[str, str]) -> dict[str, int]:
    """In how many leak groups each label has a span: forty copies of a communique count once.

    An article without a group counts as a group of its own.
    """
    places = {(span.label, group_of.get(each.article, each.article)) for each in gold for span in each.spans}
    return dict(Counter(label for label, _ in places))


def count_groups(names: Iterable[str], group_of: Mapping[str, str]) -> int:
    """In how many leak groups these articles are; one without a group counts as a group of its own."""
    return len({group_of.get(name, name) for name in names})


def _align_pair(left: Article, right: Article, split_of: Mapping[str, str], words: int) -> ArticlePair:
    alignment = align_texts(left.text, right.text, words)
    return ArticlePair(
        left=left,
        right=right,
        words=alignment.words,
        splits=(split_of.get(left.id, "none"), split_of.get(right.id, "none")),
        pieces=(_cut_pieces(left.text, alignment.inverse.stretches()), _cut_pieces(right.text, alignment.stretches())),
    )


def _cut_pieces(text: str, stretches: Sequence[tuple[int, int]]) -> list[SharedPiece]:
    """The text cut at the ends of the stretches, which do not overlap."""
    # Between two cuts a piece is shared as a whole or not at all.
    cuts = sorted({0, len(text), *(end for stretch in stretches for end in stretch)})
    starts = {start for start, _ in stretches}
    return [SharedPiece(text[start:end], start in starts) for start, end in pairwise(cuts)]
