"""Gold into datasets: `compile` beside the least that both formats cost."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.tokens import tokenizer
from labeling.verbs.adjudicate import adjudicate
from labeling.verbs.compile import compile as compile_gold
from labeling.verbs.split import split
from labeling.workspace import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spacy.tokens import Doc

    from benchmarks.bench import Bench
    from labeling.project import Project

_FLOOR = "tokenise; DocBin, Arrow written and read"


def measure(bench: Bench) -> Iterator[Figure]:
    """Gold of every article, compiled into a fresh dataset each time."""
    project, language = _adjudicated(bench), bench.project("compile").file.project.language
    texts, folder = [each.article.text for each in bench.corpus], bench.folder / "formats"
    folder.mkdir()
    bench.say("compile: and the formats alone")
    _formats(texts[:10], language, folder)  # loads what both need
    times = side_by_side(
        bench.runs,
        lambda _: _compiled(project),
        lambda _: timed(lambda: _formats(texts, language, folder)),
    )
    tokens = sum(len(doc) for doc in map(tokenizer(language).make_doc, texts))
    yield Figure("compile", "gold -> both targets, proven", _FLOOR, times, "articles", len(texts))
    yield Figure("compile", "the same, in tokens", _FLOOR, times, "tokens", tokens)


def _adjudicated(bench: Bench) -> Project:
    project = bench.ingested("compile")
    write_rows(project.workspace.annotations, (each.said for each in bench.corpus))
    write_rows(project.workspace.quarantine, ())
    adjudicate(project)
    split(project)
    return project


def _compiled(project: Project) -> float:
    shutil.rmtree(project.workspace.corpora, ignore_errors=True)
    return timed(lambda: compile_gold(project))


def _formats(texts: Sequence[str], language: str, folder: Path) -> None:
    """Tokens and nothing else, in both formats, to disk and back."""
    nlp = tokenizer(language)
    docs = [nlp.make_doc(text) for text in texts]
    _docbin(docs, folder / "tokens.spacy")
    _arrow(docs, folder / "tokens.arrow")


def _docbin(docs: Sequence[Doc], path: Path) -> None:
    from spacy.tokens import DocBin

    DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=docs).to_disk(path)
    list(DocBin().from_disk(path).get_docs(docs[0].vocab))


def _arrow(docs: Sequence[Doc], path: Path) -> None:
    import pyarrow as pa

    rows = [{"text": doc.text, "tokens": [token.text for token in doc]} for doc in docs]
    batch = pa.RecordBatch.from_pylist(rows)
    with pa.ipc.new_stream(str(path), batch.schema) as out:
        out.write_batch(batch)
    with pa.ipc.open_stream(str(path)) as lines:
        lines.read_all().to_pylist()
