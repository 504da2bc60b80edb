"""Sentences of two published corpora as articles: CrossNER's politics and re3d, less those that are there twice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from published_corpora import read_published

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def read_sentences(folder: Path) -> list[tuple[Article, Annotation]]:
    """Each sentence with what is true of it, in the order of the corpus.

    CrossNER's are those of the files that are there: ``train``, ``dev`` and ``test``, each as .jsonl or CoNLL in .txt.
    Any other corpus is read by `read_published`, and cut where a sentence ends and no span goes on.
    """
    tagged = [row for split in ("train", "dev", "test") for row in _read_tagged(folder, split)]
    found = [_join_tokens(row) for row in tagged] or [
        each for article, truth in read_published(folder, "truth") for each in _cut_article(article, truth)
    ]
    first = {text: (text, spans) for text, spans in reversed(found)}
    return [_make_article(number, *first[text]) for number, text in enumerate(dict.fromkeys(text for text, _ in found))]


_Marked = tuple[str, list[tuple[int, int, str]]]


def _make_article(number: int, text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[Article, Annotation]:
    article = Article(id=f"s{number:04}", text=text, digest=digest_of(text))
    made = tuple(Span(id=f"s{n}", start=start, end=end, label=label) for n, (start, end, label) in enumerate(spans))
    return article, Annotation(article=article.id, digest=article.digest, annotator="truth", spans=made)


def _read_tagged(folder: Path, split: str) -> Iterator[list[tuple[str, str]]]:
    """Tokens with their tags; nothing where there is no such file."""
    lines, plain = folder / f"{split}.jsonl", folder / f"{split}.txt"
    if lines.exists():
        for row in map(json.loads, lines.read_text(encoding="utf-8").splitlines()):
            yield list(zip(row["tokens"], row["tags"], strict=True))
    elif plain.exists():
        for block in re.split(r"\n\s*\n", plain.read_text(encoding="utf-8").strip()):
            cells = [line.split("\t") for line in block.split("\n")]
            yield [(cell[0], cell[-1]) for cell in cells]


def _join_tokens(row: Sequence[tuple[str, str]]) -> _Marked:
    text, spans = "", list[tuple[int, int, str]]()
    for token, tag in row:
        start = len(text) + bool(text)
        text = f"{text} {token}" if text else token
        if tag.startswith("B-"):
            spans.append((start, len(text), tag[2:]))
        elif tag.startswith("I-") and spans:
            spans[-1] = (spans[-1][0], len(text), spans[-1][2])
    return text, spans


def _cut_article(article: Article, truth: Annotation) -> Iterator[_Marked]:
    """Its sentences; of spans that overlap, the longest stays."""
    ends = [match.end() for match in _SENTENCE_END.finditer(article.text)]
    whole = [end for end in ends if not any(span.start < end < span.end for span in truth.spans)]
    for start, end in zip([0, *whole], [*whole, len(article.text)], strict=True):
        kept = list[tuple[int, int, str]]()
        for span in sorted(truth.spans, key=lambda each: (each.start - each.end, each.start)):
            inside = start <= span.start and span.end <= end
            if inside and all(span.end <= left + start or right + start <= span.start for left, right, _ in kept):
                kept.append((span.start - start, span.end - start, span.label))
        if article.text[start:end].strip():
            yield article.text[start:end], sorted(kept)
