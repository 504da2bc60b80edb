"""Gold into datasets: `compile_dataset` compared with the least that both formats cost, by one process and by two."""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset as compile_gold
from labeling.corpora.targets.shared_article import cached_tokenizer
from labeling.corpora.targets.spacy.training_files import _training_config
from labeling.splits.split import split
from labeling.tokens import make_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spacy.tokens import Doc

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled
    from labeling.project import Project

_FLOOR = "tokenise; DocBin, Arrow written and read"


def measure(bench: Bench) -> Iterator[Figure]:
    """Gold of every article, compiled into a fresh dataset each time."""
    project, small = (
        adjudicate_corpus(bench, "compile", bench.corpus),
        adjudicate_corpus(bench, "small", bench.corpus[:10]),
    )
    language = project.file.project.language
    texts, folder = [each.article.text for each in bench.corpus], bench.folder / "formats"
    folder.mkdir()
    tokens = sum(len(doc) for doc in map(make_tokenizer(language).make_doc, texts))
    # Once unmeasured: it loads what both need.
    _compiled(small, 1, 0)
    _formats(texts[:10], language, folder)
    for processes in (1, 2):
        bench.say(f"compile: and the formats alone, {processes} at work")
        times = side_by_side(
            bench.runs,
            partial(_compiled, project, processes),
            partial(_floor, texts, language, folder, processes),
        )
        what = f"gold -> both targets, proven; {processes} at work"
        yield Figure("compile", what, f"{_FLOOR}; {processes} at work", times, "articles", len(texts))
        yield Figure("compile", "the same, in tokens", "the same", times, "tokens", tokens)


def adjudicate_corpus(bench: Bench, name: str, corpus: Sequence[Labelled]) -> Project:
    """A project in which these articles have gold and a split."""
    project = bench.project(name)
    project.workspace.articles.write(each.article for each in corpus)
    project.workspace.annotations.write(each.said for each in corpus)
    project.workspace.quarantine.write(())
    adjudicate(project)
    split(project)
    return project


def _compiled(project: Project, processes: int, _run: int) -> float:
    """The seconds of a compile by processes that have made no tokenizer and no config yet, as every command's."""
    shutil.rmtree(project.workspace.corpora, ignore_errors=True)
    cached_tokenizer.cache_clear()
    _training_config.cache_clear()
    return timed(lambda: compile_gold(project, processes=processes))


def _floor(texts: Sequence[str], language: str, folder: Path, processes: int, _run: int) -> float:
    """The seconds of both formats; of several processes each does a share, in files of its own."""
    if processes == 1:
        return timed(lambda: _formats(texts, language, folder))
    return timed(lambda: _shared(texts, language, folder, processes))


def _shared(texts: Sequence[str], language: str, folder: Path, processes: int) -> None:
    folders = [folder / str(number) for number in range(processes)]
    for each in folders:
        each.mkdir(exist_ok=True)
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as executor:
        shares = [texts[number::processes] for number in range(processes)]
        list(executor.map(_formats, shares, [language] * processes, folders))


def _formats(texts: Sequence[str], language: str, folder: Path) -> None:
    """Tokens and nothing else, in both formats, to disk and back."""
    nlp = make_tokenizer(language)
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
