"""The road people take today: Label Studio's own CoNLL export, then ``spacy convert``; in time and in spans lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.annotating import annotated
from benchmarks.figures import Figure, side_by_side, timed
from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset as compile_gold
from labeling.splits.split import split
from labeling.studio.sync.pull import pull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import httpx
    from spacy.tokens import Doc

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials

# The number of the article, start, end, label.
Place: TypeAlias = tuple[int, int, int, str]

_FLOOR = "export CONLL2003, then spacy convert"


def measure(bench: Bench) -> Iterator[Figure]:
    """From annotations on a server to files that spaCy trains from, by both roads, and what is left of the spans."""
    server, project = bench.server, bench.ingested("conll")
    bench.say("conll: storing annotated articles")
    number, folder = annotated(bench, project, lambda each: each.said), bench.folder / "conll-files"
    folder.mkdir()
    with bench.caller() as raw:
        bench.say("conll: both roads, from the server to a dataset")
        times = side_by_side(
            bench.runs,
            lambda _: timed(lambda: _ours(project, server)),
            lambda _: timed(lambda: _theirs(raw, number, folder)),
        )
    yield Figure("conll", "server -> dataset, all of our verbs", _FLOOR, times, "articles", len(bench.corpus))
    bench.notes.append(_lost(bench.corpus, folder))


def _ours(project: Project, server: Credentials) -> None:
    shutil.rmtree(project.workspace.corpora, ignore_errors=True)
    pull(project, server=server)
    adjudicate(project)
    split(project)
    compile_gold(project)


def _theirs(raw: httpx.Client, number: int, folder: Path) -> None:
    """Their road, helped along: the export's first line has three columns, the others four, which spaCy refuses."""
    url = f"/api/projects/{number}/export?exportType=CONLL2003&download_all_tasks=true"
    _, lines = raw.get(url).raise_for_status().content.split(b"\n", 1)
    (folder / "export.conll").write_bytes(lines)
    convert = [sys.executable, "-m", "spacy", "convert", str(folder / "export.conll"), str(folder), "-c", "conll"]
    subprocess.run(convert, check=True, capture_output=True)


def _lost(corpus: list[Labelled], folder: Path) -> str:
    """What that road leaves of the annotations, in words.

    Documents and texts do not survive it, so its tokens are looked for in the articles one after the other: a span that
    is found so counts as kept, though nobody could tell which article it is of.
    """
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    docs = list(DocBin().from_disk(folder / "export.spacy").get_docs(Vocab()))
    drawn = Counter(
        (number, span.start, span.end, span.label) for number, each in enumerate(corpus) for span in each.said.spans
    )
    # The intersection of two multisets: of each span as many as both sides have.
    kept = (drawn & Counter(_found([each.article.text for each in corpus], docs))).total()
    others = sum(len(each.said.relations) + sum(map(len, each.said.choices.values())) for each in corpus)
    return (
        "the CoNLL road, its export's first line taken off, which spaCy refuses: "
        f"{len(corpus):,} articles became {len(docs):,} docs; of {drawn.total():,} spans {drawn.total() - kept:,} "
        f"were lost or moved, of {others:,} relations and choices all; ours lost none"
    )


def _found(texts: list[str], docs: Iterable[Doc]) -> Iterator[Place]:
    """The entities, by where their tokens are found in the texts."""
    reader = _Reader(texts)
    for doc in docs:
        places = [reader.place(token.text) for token in doc]
        for ent in doc.ents:
            first, last = places[ent.start], places[ent.end - 1]
            if first and last and first[0] == last[0]:
                yield first[0], first[1], last[2], ent.label_


class _Reader:
    """Finds tokens again in the texts that they were cut from, one after the other."""

    def __init__(self, texts: list[str]) -> None:
        self._texts, self._number, self._at = texts, 0, 0

    def place(self, token: str) -> tuple[int, int, int] | None:
        """The number of the text, start and end; None when the token is not what comes next."""
        # Behind the last word of a text the next one begins.
        while self._number < len(self._texts) and not self._texts[self._number][self._at :].strip():
            self._number, self._at = self._number + 1, 0
        if self._number == len(self._texts):
            return None
        rest = self._texts[self._number][self._at :]
        start = self._at + len(rest) - len(rest.lstrip())
        if not self._texts[self._number].startswith(token, start):
            return None
        self._at = start + len(token)
        return self._number, start, self._at
