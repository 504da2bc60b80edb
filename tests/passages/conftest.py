"""What the tests of passages share: find what articles have in common, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from labeling.passages import frames
from labeling.passages.find import Found, Size, find, texts_of
from labeling.passages.settings import PassageRules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.articles import Article

    Finder: TypeAlias = Callable[..., Found]


@pytest.fixture(scope="session")
def find_in() -> Finder:
    """Find what articles share; ``buckets`` says into how many parts the work is cut."""
    frames.start("")

    def found(articles: Sequence[Article], rules: PassageRules | None = None, buckets: int = 1) -> Found:
        size = Size(8_000 * (buckets - 1), sum(len(article.text) for article in articles))
        return find(texts_of(articles), size, rules or PassageRules())

    return found
