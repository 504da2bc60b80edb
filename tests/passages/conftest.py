"""What the tests of passages share: find what articles have in common, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from labeling.passages.find import CorpusSize, FoundPassages, find_passages, frame_articles
from labeling.project import PassageRules
from labeling.workspace.flow import runner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.articles import Article

    Finder: TypeAlias = Callable[..., FoundPassages]


@pytest.fixture(scope="session")
def find_in() -> Finder:
    """Find what articles share; ``buckets`` is into how many parts the work is cut."""
    runner.choose_runner("")

    def found(articles: Sequence[Article], rules: PassageRules | None = None, buckets: int = 1) -> FoundPassages:
        size = CorpusSize(8_000 * (buckets - 1), sum(len(article.text) for article in articles))
        return find_passages(frame_articles(articles), size, rules or PassageRules())

    return found
