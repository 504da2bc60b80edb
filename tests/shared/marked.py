"""Articles of a given length with what readers marked in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.evaluation.agreement.submitted import SubmittedArticle
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def marked(
    name: str, length: int, by: Mapping[str, Iterable[tuple[int, int, str]]], leak_group: str = ""
) -> SubmittedArticle:
    """An article with the spans that each of some readers has; its leak group is its own unless it is named."""
    text = ("Some words of it " * (length // 17 + 1))[:length]
    article = Article(id=name, text=text, digest=digest_of(text))
    said = {
        reader: Annotation(
            article=name,
            digest=article.digest,
            annotator=reader,
            spans=tuple(
                Span(id=f"s{number}", start=start, end=end, label=label)
                for number, (start, end, label) in enumerate(places)
            ),
        )
        for reader, places in by.items()
    }
    return SubmittedArticle(article, leak_group or name, said, dict.fromkeys(said, frozenset()))
