"""Corpora as a pool to learn from, with stories and leak groups as `labeling cluster` has them, and test beside it.

No article of the pool shares a passage with one of test. Spans are flat and end where tokens do: of two that overlap
the longer one stays. Reprints come on top of a pool, and are the stated share of it then.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from published_corpora import read_published, read_sentences
from simulate_settling import make_workspace

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.values import digest_of
from simulated.reprinting import mix_reprints
from simulated.token_tagger import FeatureReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.workspace.rows.passage import ClusterRow
    from simulated.token_tagger import TokenText

    Known = tuple[Article, Annotation]
    Place = tuple[int, int, str]

REPRINTED: Final = 0.3
_FOLDS: Final = 3


@dataclass(frozen=True)
class Pool:
    """Articles by id, what is true of them, their sentences, and where they belong; ``test`` has ids, too."""

    name: str
    articles: Mapping[str, Article]
    truths: Mapping[str, Annotation]
    sentences: Mapping[str, Sequence[TokenText]]
    clusters: Mapping[str, ClusterRow]
    open: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that occur."""
        return tuple(sorted({span.label for truth in self.truths.values() for span in truth.spans}))

    def places(self, article: str) -> set[Place]:
        """The true spans of an article."""
        return {(span.start, span.end, span.label) for span in self.truths[article].spans}

    def tokens(self, article: str) -> int:
        """Its length."""
        return sum(map(len, self.sentences[article]))


def read_sentence_pool(folder: Path, articles: int | None = None) -> tuple[list[Known], set[str]]:
    """CrossNER: train and dev, and the ids of test; where test is not at hand, the second half of dev plays it."""
    train, dev, test = ([*_read_split(folder, split)] for split in ("train", "dev", "test"))
    if not test:
        dev, test = dev[: len(dev) // 2], dev[len(dev) // 2 :]
    return [*(train + dev)[:articles], *test[:articles]], {article.id for article, _ in test[:articles]}


def read_document_pool(folder: Path, seed: int, articles: int | None = None) -> tuple[list[Known], set[str]]:
    """re3d: of its leak groups, one of three is test; which, depends on the seed."""
    known = read_published(folder, "truth")[:articles]
    clusters = _cluster(known)
    groups = sorted({row.leak_group for row in clusters.values()}, key=digest_of)
    test = {group for number, group in enumerate(groups) if number % _FOLDS == seed % _FOLDS}
    return known, {name for name, row in clusters.items() if row.leak_group in test}


def make_pool(name: str, known: Sequence[Known], test: set[str], reprints: float, seed: int = 1) -> Pool:
    """The pool of a corpus, with so many reprints in it; what shares a passage with test is left out."""
    groups = _cluster(known)
    tested = {groups[article].leak_group for article in test}
    kept = [one for one in known if one[0].id not in test and groups[one[0].id].leak_group not in tested]
    open_ones = mix_reprints(kept, reprints, seed) if reprints else kept
    everything = [*open_ones, *(one for one in known if one[0].id in test)]
    reader = FeatureReader(article.text for article, _ in everything)
    sentences = {article.id: reader.read(article.text) for article, _ in everything}
    return Pool(
        name=name,
        articles={article.id: article for article, _ in everything},
        truths={article.id: _flatten(truth, sentences[article.id]) for article, truth in everything},
        sentences=sentences,
        clusters=_cluster(open_ones),
        open=tuple(article.id for article, _ in open_ones),
        test=tuple(sorted(test)),
    )


def _cluster(known: Sequence[Known]) -> dict[str, ClusterRow]:
    with tempfile.TemporaryDirectory() as scratch:
        project = make_workspace(known, [], Path(scratch) / "pool")
        return {row.article: row for row in project.workspace.clusters.rows()}


def _read_split(folder: Path, split: str) -> Iterator[Known]:
    for number, sentence in enumerate(read_sentences(folder, split)):
        text, spans = "", list[Span]()
        for token, tag in sentence:
            text += " " * bool(text)
            start, end, label = len(text), len(text) + len(token), tag[2:]
            text += token
            if tag.startswith("B-"):
                spans.append(Span(id=f"s{len(spans)}", start=start, end=end, label=label))
            elif tag.startswith("I-"):
                spans[-1] = spans[-1].model_copy(update={"end": end})
        article = Article(id=f"{split}/{number:04}", text=text, digest=digest_of(text))
        yield article, Annotation(article=article.id, digest=article.digest, annotator="truth", spans=tuple(spans))


def _flatten(truth: Annotation, sentences: Sequence[TokenText]) -> Annotation:
    """Spans that end where tokens do, none upon another and none over the end of a sentence."""
    snapped = [span for each in truth.spans for span in _snap(each, sentences)]
    kept: list[Span] = []
    for span in sorted(snapped, key=lambda each: (each.start - each.end, each.start, each.label)):
        if not any(span.start < other.end and other.start < span.end for other in kept):
            kept.append(span)
    return truth.model_copy(update={"spans": tuple(sorted(kept, key=lambda span: span.start)), "relations": ()})


def _snap(span: Span, sentences: Sequence[TokenText]) -> Iterator[Span]:
    for each in sentences:
        if each.starts[0] <= span.start and span.end <= each.ends[-1]:
            first, last = bisect_right(each.ends, span.start), bisect_left(each.starts, span.end)
            if first < last:
                yield span.model_copy(update={"start": each.starts[first], "end": each.ends[last - 1]})
