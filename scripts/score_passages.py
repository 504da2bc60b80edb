"""How much is found of windows cut out of known texts, by overlap and edits, compared with MinHash-LSH on articles.

    python scripts/score_passages.py [--pairs 100]

Of every cell of the table: so many pairs of an original and an article that holds a window of it, lightly edited, and
as many articles that share nothing but stock phrases. A pair is found when both are in one leak group (ours), or
returned by datasketch's MinHashLSH (128 permutations of 5-word shingles, Jaccard of 0.5; and of 0.2). Of
the passages, in characters of the copied windows: the share that was found, and the share of the found that was copied.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import click
from benchmarks.reprints import Copied, Writer, copied
from datasketch import MinHash, MinHashLSH

from labeling.articles import Article
from labeling.passages.find import CorpusSize, FoundPassages, find_passages, frame_articles
from labeling.project import PassageRules
from labeling.values import digest_of
from labeling.workspace.flow import runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OVERLAPS = (0.04, 0.08, 0.15, 0.3, 0.6, 0.9)
EDITS = (0.0, 0.02, 0.05, 0.1, 0.2)
_LENGTH = 500  # words of an article
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Corpus:
    """Articles, and for each one that holds a window, where that is and of which original."""

    articles: list[Article]
    copies: dict[str, Copied]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """The pairs that share a window."""
        return {(copy.original, name) for name, copy in self.copies.items()}


@click.command()
@click.option("--pairs", default=100, show_default=True, type=click.IntRange(min=1), help="Of each cell.")
def main(pairs: int) -> None:
    """Print one line for each overlap and rate of edits."""
    runner.choose_runner("")
    print(f"{pairs} pairs a line; recall / precision\n")
    print(f"{'overlap':<9}{'edits':<7}{'pairs':>12}{'text':>14}{'LSH 0.5':>14}{'LSH 0.2':>14}")
    for overlap in OVERLAPS:
        for edits in EDITS:
            print(_format_line(overlap, edits, corpus(pairs, overlap, edits)))


def corpus(pairs: int, overlap: float, edits: float) -> Corpus:
    """Originals, articles with an edited window of them, and as many others."""
    writer, articles, copies = Writer(7), list[Article](), dict[str, Copied]()
    window = int(overlap * _LENGTH)
    for number in range(pairs):
        original, before, after = writer.words(_LENGTH), *_words_around(writer, _LENGTH - window)
        start = writer.random.randint(0, _LENGTH - window)
        inside = writer.edited(original[start : start + window], edits)
        words = [*before, *inside, *after]
        copies[f"c{number}"] = copied(f"o{number}", words, len(before), len(inside))
        texts = {"o": original, "c": words, "x": writer.words(_LENGTH)}
        articles += [_article(f"{kind}{number}", " ".join(words)) for kind, words in texts.items()]
    return Corpus(articles, copies)


def _words_around(writer: Writer, count: int) -> tuple[list[str], list[str]]:
    words = writer.words(count)
    return words[: count // 2], words[count // 2 :]


def _article(name: str, text: str) -> Article:
    return Article(id=name, text=text, digest=digest_of(text))


def _format_line(overlap: float, edits: float, corpus: Corpus) -> str:
    size = CorpusSize(len(corpus.articles), sum(len(article.text) for article in corpus.articles))
    found = find_passages(frame_articles(corpus.articles), size, PassageRules())
    scores = [_score_pairs(corpus.pairs, _pairs_in_groups(found)), _score_characters(corpus, found)]
    scores += [_score_pairs(corpus.pairs, _similar_pairs(corpus.articles, threshold)) for threshold in (0.5, 0.2)]
    cells = [f"{recall:.3f} / {precision:.3f}" for recall, precision in scores]
    return f"{overlap:<9.0%}{edits:<7.0%}" + "".join(f"{cell:>14}" for cell in cells)


def _score_pairs(true: set[tuple[str, str]], found: set[tuple[str, str]]) -> tuple[float, float]:
    """Recall and precision; nothing found is nothing wrong."""
    return len(true & found) / len(true), len(true & found) / len(found) if found else 1.0


def _pairs_in_groups(found: FoundPassages) -> set[tuple[str, str]]:
    """All pairs of a leak group."""
    groups = defaultdict[str, list[str]](list)
    for row in found.clusters:
        groups[row.leak_group].append(row.article)
    return {(max(pair), min(pair)) for names in groups.values() for pair in combinations(names, 2)}


def _score_characters(corpus: Corpus, found: FoundPassages) -> tuple[float, float]:
    """Recall and precision of the characters of passages in the articles that hold a window."""
    places = defaultdict[str, set[int]](set)
    for place in (place for passage in found.passages for place in passage.places):
        places[place.article] |= set(range(place.start, place.end))
    both = [(set(range(copy.start, copy.end)), places[name]) for name, copy in corpus.copies.items()]
    right = sum(len(true & marked) for true, marked in both)
    marked = sum(len(marked) for _, marked in both)
    return right / sum(len(true) for true, _ in both), right / marked if marked else 1.0


def _similar_pairs(articles: Iterable[Article], threshold: float) -> set[tuple[str, str]]:
    """The pairs that MinHash-LSH over whole articles returns."""
    index, pairs = MinHashLSH(threshold=threshold, num_perm=128), set[tuple[str, str]]()
    for name, sketch in _sketches(articles):
        pairs |= {(max(name, other), min(name, other)) for other in index.query(sketch)}
        index.insert(name, sketch)
    return pairs


def _sketches(articles: Iterable[Article]) -> Iterator[tuple[str, MinHash]]:
    for article in articles:
        words = _WORD.findall(article.text.casefold())
        sketch = MinHash(num_perm=128)
        sketch.update_batch({" ".join(words[n : n + 5]).encode() for n in range(len(words) - 4)})
        yield article.id, sketch


if __name__ == "__main__":
    main()
