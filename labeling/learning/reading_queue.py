"""The order of what is open: what a model doubts most first, each story once, and a random stream among it.

Doubt is how many errors are expected in a hundred tokens: what the weakest spans lack of certainty, and what was missed
(see `expected_misses`). Where a model gives no scores, as spaCy's NER does, nothing is weak, and misses alone decide.

The queue has three bands. First the first article of each leak group in which nothing is annotated, then what else is
there of stories of which nobody has read any article, and last the copies: of what comes before them, or of what is
annotated. Within a band the articles that were drawn by hash stand among the others in the share that is stated, as
long as there are both, and no model has a say in their order. A pure module: no disk, network, clock or chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby
from math import fsum
from typing import TYPE_CHECKING, Final

from labeling.values import digest_of
from labeling.workspace.rows.learning_rows import QueueRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

# A span of this score or more is not weak.
WEAK: Final = 0.8
# The bands.
_FRONT: Final = 0
_NEWS: Final = 1
_COPIES: Final = 2


@dataclass(frozen=True)
class OpenArticle:
    """An article that nobody has annotated, with what a model said of it.

    Attributes:
        id: Its id.
        story: Reports of one thing from one text.
        leak_group: Articles that share any passage.
        tokens: Its length; one without tokens counts as one.
        span_scores: Of the predicted spans, from 0 to 1; None where the model gives none, which counts as certain.
        expected_misses: How many spans the model is expected to have missed.
        drawn: Whether it belongs to the random stream.
        assisted: Whether suggestions are shown with it.
        weakest: The words of the weakest span, for people.
    """

    id: str
    story: str
    leak_group: str
    tokens: int
    span_scores: tuple[float | None, ...] = ()
    expected_misses: float = 0.0
    drawn: bool = False
    assisted: bool = True
    weakest: str = ""

    @property
    def weak_scores(self) -> tuple[float, ...]:
        """The scores of the weak spans, the weakest first."""
        return tuple(sorted(score for score in self.span_scores if score is not None and score < WEAK))

    @property
    def doubt(self) -> float:
        """Expected errors in a hundred tokens.

        Spans of 0.3, 0.7 and 0.95 and 0.5 missed, in 50 tokens: 100 * (0.7 + 0.3 + 0.5) / 50 = 3.
        """
        errors = fsum([*(1 - score for score in self.weak_scores), self.expected_misses])
        return 100 * errors / max(self.tokens, 1)


@dataclass(frozen=True)
class _Place:
    """Where an article stands before the two kinds are put together: its band, and how many of its group precede it."""

    band: int
    turn: int
    article: OpenArticle


def plan_queue(
    open_articles: Sequence[OpenArticle],
    labelled: Collection[str],
    stories: Collection[str] = frozenset(),
    *,
    share: float,
    seed: str = "1",
) -> list[QueueRow]:
    """The order in which open articles are to be read.

    Args:
        open_articles: In any order; the answer does not depend on it.
        labelled: The leak groups in which an article is annotated, or in somebody's hands.
        stories: The stories of which this is true: with them, a further story of such a group precedes its copies.
        share: Of the random stream, from 0 to 1.
        seed: Orders the stream, and what is doubted alike, by hash.

    Returns:
        A row for each article, the first place first.
    """
    places = sorted(_place(open_articles, set(labelled), set(stories), seed), key=lambda place: place.band)
    order = [
        article
        for _, band in groupby(places, key=lambda place: place.band)
        for article in _order_band([*band], share, seed)
    ]
    return [_write_row(article, number) for number, article in enumerate(order, start=1)]


def _place(articles: Iterable[OpenArticle], labelled: set[str], stories: set[str], seed: str) -> Iterator[_Place]:
    """The band of each article, and its turn in its leak group."""
    groups = defaultdict[str, list[OpenArticle]](list)
    for article in articles:
        groups[article.leak_group].append(article)
    for name, members in groups.items():
        told, turn = Counter[str](), int(name in labelled)
        for article in sorted(members, key=lambda each: _urgency(each, seed)):
            copies = told[article.story] + (article.story in stories)
            band = _FRONT if turn == 0 else _COPIES if copies else _NEWS
            yield _Place(band, copies if band == _COPIES else turn, article)
            told[article.story] += 1
            turn += 1


def _urgency(article: OpenArticle, seed: str) -> tuple[float, str]:
    """What a model doubts first; what was drawn, by hash alone."""
    return (0.0 if article.drawn else -article.doubt), digest_of(f"{seed}:queue:{article.id}")


def _order_band(band: Sequence[_Place], share: float, seed: str) -> Iterator[OpenArticle]:
    """One band, with the stream in its share of every beginning: one of it stands first, so that it never lags."""
    ordered = sorted(band, key=lambda place: (place.turn, *_urgency(place.article, seed)))
    drawn = [place.article for place in ordered if place.article.drawn]
    chosen = [place.article for place in ordered if not place.article.drawn]
    streamed = 0
    for number in range(len(band)):
        # Of `number` articles so far, `streamed` are of the stream.
        due = streamed < share * (number + 1)
        if (due and streamed < len(drawn)) or number - streamed == len(chosen):
            yield drawn[streamed]
            streamed += 1
        else:
            yield chosen[number - streamed]


def _write_row(article: OpenArticle, number: int) -> QueueRow:
    return QueueRow(
        article=article.id,
        order=number,
        # Expected errors an article of a hundred tokens, turned into what falls from 1 as they grow.
        score=round(1 / (1 + article.doubt), 4),
        leak_group=article.leak_group,
        chosen_by="stream" if article.drawn else "model",
        assisted=article.assisted,
        why="" if article.drawn else _explain(article),
    )


def _explain(article: OpenArticle) -> str:
    """``2 weak spans of 3, the weakest 'Quad' (0.30); 0.5 missed, by what is expected``."""
    weak, number = article.weak_scores, len(article.span_scores)
    words = f"{len(weak)} weak span{'s' * (len(weak) != 1)} of {number}"
    if weak:
        words += f", the weakest {f'{article.weakest!r} ' * bool(article.weakest)}({weak[0]:.2f})"
    return words + (f"; {article.expected_misses:.1f} missed, by what is expected" if article.expected_misses else "")
