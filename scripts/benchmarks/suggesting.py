"""Suggestions by rules: `suggest` compared with spaCy's tokenizer, both with reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.annotations import Annotation
from labeling.suggestions.suggest import suggest
from labeling.tokens import make_tokenizer
from labeling.workspace.storage import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from labeling.project import Project


def measure(bench: Bench) -> Iterator[Figure]:
    """The shipped rules, compiled in each run, as they are in each use."""
    project, count = bench.ingested("suggest"), len(bench.corpus)
    bench.say("suggest: and the tokenizer alone")
    times = side_by_side(
        bench.runs, lambda _: timed(lambda: suggest(project)), lambda _: timed(lambda: _tokenised(project))
    )
    yield Figure("suggest", f"the shipped rules, {count} articles", "read, tokenise, write", times, "articles", count)


def _tokenised(project: Project) -> None:
    """Read each article, cut it into tokens, and write a row without spans."""
    write_rows(project.workspace.root / "tokenised.jsonl", _empty_rows(project))


def _empty_rows(project: Project) -> Iterator[Annotation]:
    nlp = make_tokenizer(project.file.project.language)
    for article in project.workspace.articles.rows():
        nlp.make_doc(article.text)
        yield Annotation(article=article.id, digest=article.digest, annotator="model:none")
