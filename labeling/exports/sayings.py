"""What goes out: gold, or the words of one annotator, article by article in the order of their ids."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from labeling.annotations import MODEL, Annotation, Span, submission_order
from labeling.errors import DamagedFile, UsageError
from labeling.exports.things import Saying

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.workspace.file_handles import RowsFile
    from labeling.workspace.table import Workspace

GOLD = "gold"

_STALE = "it is of another text than the article has"
_MARKED = "its text begins with a byte order mark, which whoever reads a file takes away"
_EARLIER = "a later answer of its annotator goes out"
_DRAFT = "it is a draft: nobody submitted it"


def stream_sayings(workspace: Workspace, annotator: str) -> Iterator[Saying]:
    """Everything that is to go out, and, with the reason, what of an annotator's does not.

    Of an annotator's answers on one article the latest submission goes out, else the latest skip.

    Args:
        workspace: Whose gold or annotations.
        annotator: Who said it; "" for gold.

    Raises:
        MissingInput: There is no gold.
        UsageError: Nobody of that name has annotated anything.
        DamagedFile: There is no such article.
    """
    if not annotator:
        yield from _stream_gold(workspace)
        return
    files = [workspace.annotations, *([workspace.suggestions] if annotator.startswith(MODEL) else [])]
    # Answers are few beside articles: they are looked for once, then each is read when its article comes.
    wanted = {row.article for file in files for row in file.rows_if_written() if row.annotator == annotator}
    if not wanted:
        raise _unknown_annotator(annotator, files)
    groups, articles = [file.grouped_by("article") for file in files], workspace.articles.by("id")
    for name in sorted(wanted):
        rows = chain.from_iterable(group[name] for group in groups if name in group)
        own = [row for row in rows if row.annotator == annotator]
        yield from _choose_answers(_require_article(articles.get(name), name), own)


def _stream_gold(workspace: Workspace) -> Iterator[Saying]:
    articles = workspace.articles.by("id")
    for gold in workspace.gold.rows():
        article = _require_article(articles.get(gold.article), gold.article)
        said = _annotation_of_gold(gold)
        yield Saying(article, said, _reason_against(article, said))


def _annotation_of_gold(gold: Gold) -> Annotation:
    spans = (
        Span(id=each.id, start=each.start, end=each.end, label=each.label, unsure=each.unsure) for each in gold.spans
    )
    return Annotation(
        article=gold.article,
        digest=gold.digest,
        annotator=GOLD,
        spans=tuple(spans),
        relations=gold.relations,
        choices=gold.choices,
        open=gold.open,
        ground_truth=True,
    )


def _choose_answers(article: Article, rows: Iterable[Annotation]) -> Iterator[Saying]:
    """The answer that goes out, and the others with the reason why they do not."""
    ordered = sorted(rows, key=submission_order)
    sound = [row for row in ordered if row.digest == article.digest and row.state != "draft"]
    submitted = [row for row in sound if row.state == "submitted"]
    chosen = next(iter([*submitted[-1:], *sound[-1:]]), None)
    for row in ordered:
        reason = _DRAFT if row.state == "draft" else "" if row is chosen else _EARLIER
        yield Saying(article, row, _reason_against(article, row) or reason)


def _reason_against(article: Article, said: Annotation) -> str:
    if said.digest != article.digest:
        return _STALE
    return _MARKED if article.text.startswith("\ufeff") else ""


def _require_article(article: Article | None, name: str) -> Article:
    if article is None:
        raise DamagedFile(
            f"articles.jsonl has no article {name!r}, of which something was said",
            todo="put the articles back as they were ingested",
            where=name,
        )
    return article


def _unknown_annotator(annotator: str, files: Iterable[RowsFile[Annotation]]) -> UsageError:
    names = sorted({row.annotator for file in files for row in file.rows_if_written()})
    todo = f"name one of {', '.join(names)}" if names else "pull or import annotations first"
    return UsageError(f"nobody called {annotator!r} has annotated anything", todo=todo, where=annotator)
