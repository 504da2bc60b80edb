"""``articles.jsonl`` in batches: where each is in the file, and what it holds. No article is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from labeling.articles import Article
from labeling.errors import Altered
from labeling.values import canonical_json, digest_of
from labeling.workspace.storage import damaged_error, open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.workspace.file_handles import RowsFile

_MOST_ARTICLES = 100
_MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class ArticleBatch:
    """Some lines of the file: the byte at which they start, how many bytes and articles, the SHA-256 of the bytes."""

    start: int
    size: int
    articles: int
    digest: str


@dataclass(frozen=True)
class BatchPlan:
    """A file of articles in batches; ``sorted`` tells whether each id comes after the one before it."""

    path: Path
    batches: tuple[ArticleBatch, ...]
    sorted: bool

    @property
    def articles(self) -> int:
        """How many there are."""
        return sum(batch.articles for batch in self.batches)

    @cached_property
    def digest(self) -> str:
        """The digest of the articles and of how they are divided."""
        return digest_of(canonical_json([[batch.size, batch.digest] for batch in self.batches]))


def plan_batches(file: RowsFile[Article]) -> BatchPlan:
    """Divide a file of articles: the same bytes are always divided in the same way.

    Every line is read once, so that a damaged one is found, and named, before a thousand articles are worked on.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: A line is not an article; the message has file, line and reason.
    """
    if not file.exists():
        raise file.missing()
    batches, batch, is_sorted, last = list[ArticleBatch](), _Growing(0), True, ""
    for article, line in _checked_lines(file.path):
        if batch.is_full(len(line)):
            batches.append(batch.close())
            batch = _Growing(batch.start + batch.size)
        batch.add(line)
        is_sorted, last = is_sorted and article.id > last, article.id
    return BatchPlan(file.path, (*batches, batch.close()) if batch.articles else (), is_sorted)


def read_article_batch(path: Path, batch: ArticleBatch) -> list[Article]:
    """The articles of a batch.

    Raises:
        Altered: The file was changed since it was divided.
    """
    with open_to_read(path) as lines:
        lines.seek(batch.start)
        content = lines.read(batch.size)
    if hashlib.sha256(content).hexdigest() != batch.digest:
        raise Altered(f"{path} was changed meanwhile", todo="run the same command again", where=str(path))
    return [Article.model_validate_json(line) for line in content.removesuffix(b"\n").split(b"\n")]


class _Growing:
    """A batch while lines come."""

    def __init__(self, start: int) -> None:
        self.start, self.size, self.articles, self._hash = start, 0, 0, hashlib.sha256()

    def is_full(self, more: int) -> bool:
        # The longest article is a batch of its own.
        return self.articles >= _MOST_ARTICLES or (self.articles > 0 and self.size + more > _MOST_BYTES)

    def add(self, line: bytes) -> None:
        self.size, self.articles = self.size + len(line), self.articles + 1
        self._hash.update(line)

    def close(self) -> ArticleBatch:
        return ArticleBatch(self.start, self.size, self.articles, self._hash.hexdigest())


def _checked_lines(path: Path) -> Iterator[tuple[Article, bytes]]:
    with open_to_read(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield Article.model_validate_json(line), line
            except ValidationError as error:
                raise damaged_error(path, number, error) from None
