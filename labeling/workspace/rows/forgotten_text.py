"""What was forgotten: the rows of ``forgotten.jsonl``, and all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from labeling.values import Frozen
from labeling.workspace.rows.assignment import SplitName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from labeling.articles import Article


def _is_unset(value: object) -> bool:
    return not value


class ForgottenText(Frozen):
    """A text that was taken back: the id it had, its digest, and why; no word of it is kept.

    ``split`` is where it was, None where it had no place. ``shared_with`` are the articles of its leak group that had
    none yet: they keep its side. With ``again`` it may be taken in again; its split stays remembered.
    """

    article: str
    digest: str
    split: SplitName | None = None
    shared_with: tuple[str, ...] = Field(default=(), exclude_if=_is_unset)
    why: str = Field(default="", exclude_if=_is_unset)
    again: bool = Field(default=False, exclude_if=_is_unset)


class ForgottenTexts:
    """The texts that are not to come back, by whichever way they come."""

    def __init__(self, rows: Iterable[ForgottenText]) -> None:
        """Take the rows; those that may be taken in again do not count."""
        self._ids: dict[str, set[str]] = {}
        for row in rows:
            if not row.again:
                self._ids.setdefault(row.digest, set()).add(row.article)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._ids)

    def name_of(self, digest: str) -> str:
        """The id under which a text was forgotten, the first of several; "" for any other text."""
        ids = self._ids.get(digest)
        return min(ids) if ids else ""

    def covers(
        self,
        article: str,
        digest: str,
        articles: Mapping[str, Article],
        same_text: Callable[[str], Sequence[str]] = lambda _digest: (),
    ) -> bool:
        """Whether a task of that text, which names that article, is one of a forgotten text.

        A text that is here under another id was forgotten under its own id alone.
        """
        if article in self._ids.get(digest, ()):
            return True
        is_ours = article in articles and articles[article].digest == digest
        return digest in self._ids and not is_ours and not same_text(digest)
