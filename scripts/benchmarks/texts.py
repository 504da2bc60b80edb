"""Texts made of one kind of sign, and of two: every verb on them, compared with an ordinary text of that length.

A text is refused by name, or no verb takes more than five times as long. Seconds are those of the processor, which do
not depend on what else the machine does.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Times
from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.release.join import join
from labeling.corpora.release.release import release
from labeling.corpora.verify import verify
from labeling.evaluation.agree import agree
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.reprints.carry import carry
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.suggestions.suggest import suggest
from labeling.training.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.bench import Bench
    from labeling.project import Project

LENGTH = 20_000  # characters of each text
MOST = 5.0  # times an ordinary text
FLOOR = 0.05  # seconds: a verb that takes less on an ordinary text counts as taking so long
_PAIRS = 200
_SEED = 3
_ARTICLES, _SHORT = 8, 600  # articles beside the text, so that there are splits, and the characters of each
_SPANS = 100  # of each annotator on the text

_BLANKS = " \t\n\r\x0b\x0c\x1c\x1f\x85\u00a0\u1680\u2000\u2003\u2009\u2028\u2029\u202f\u3000"
_SIGNS = "()[]{}<>\"'`«»‹›“”‘’„.,;:!?-–—/\\@#%_*&|~^+=$€£°…•¿¡"  # noqa: RUF001 - signs that look alike are meant
_ODD = "7aAםم中한กⅧ²¼ª∑─\U0001d49c\U00020000\u0301\u200b\u200d\u200f\u202e\ufeff\u00ad\x01\x7f\ue000\u0378"
_WORDS = (
    *("\r\n", "a-", "aB", "ab1", "a_", "don't ", "U.S.", "12:30", "1,000", "2023-07-25", "$5", "a@b.c", "http://a.b/"),
    *("😀", "👍🏽", "👩\u200d👩\u200d👧", "🇵🇪", "1\ufe0f\u20e3", "a\u0301", "क्षे", "&amp;", "<b>", "</b>", "<!--", "{{"),
    *("Mr. ", "U.S. ", "Kenya ", "President Aa ", "July 25, 2023 ", "Agreement "),
)
KINDS = (*_BLANKS, *_SIGNS, *_ODD, *_WORDS)


@dataclass(frozen=True)
class TextRow:
    """What a verb took for a text, and for an ordinary one, in seconds of the processor; a fault is a traceback's."""

    verb: str
    text: str
    seconds: float
    ordinary: float
    fault: str = ""

    @property
    def ratio(self) -> float:
        """How many times an ordinary text."""
        return self.seconds / max(self.ordinary, FLOOR)


def measure(bench: Bench) -> Iterator[Figure]:
    """For each verb the text that took it the longest."""
    worst = dict[str, TextRow]()
    bench.say(f"texts: of {len(KINDS)} kinds, and of {_PAIRS} pairs")
    for row in play_texts(bench.folder / "of-one-kind"):
        if row.verb not in worst or row.ratio > worst[row.verb].ratio:
            worst[row.verb] = row
        if row.fault:
            bench.notes.append(f"{row.verb} on {row.text}: {row.fault}")
    for verb, row in worst.items():
        times = Times((row.seconds,), (max(row.ordinary, FLOOR),))
        yield Figure("texts", verb, f"ordinary prose, at least {FLOOR} s; worst: {row.text}", times)


def play_texts(folder: Path, pairs: int = _PAIRS, only: int | None = None) -> Iterator[TextRow]:
    """Every verb on every text: a row each; verbs that a refused text does not reach have none.

    Args:
        folder: Where workspaces are made, one after the other.
        pairs: How many pairs of kinds, besides the kinds alone.
        only: How many texts in all, evenly among them; None for all.
    """
    ordinary = [dict(_play(_write_prose(seed), folder / "ordinary")) for seed in range(2)][-1]
    texts = [*list_texts(pairs)]
    chosen = texts if only is None else [texts[len(texts) * number // only] for number in range(only)]
    for name, text in chosen:
        taken = dict(_play(text, folder / "text"))
        # What the machine does meanwhile counts a little: what was too much is measured again.
        if any(seconds > MOST * max(FLOOR, ordinary[verb][0]) for verb, (seconds, _) in taken.items()):
            again = dict(_play(text, folder / "text"))
            taken = {verb: min(taken[verb], again.get(verb, taken[verb])) for verb in taken}
        for verb, (seconds, fault) in taken.items():
            yield TextRow(verb, name, seconds, ordinary[verb][0], fault)


def list_texts(pairs: int) -> Iterator[tuple[str, str]]:
    """The texts with their names: of each kind alone, with a blank and a letter after each, and of pairs of runs."""
    for kind in KINDS:
        for unit in (kind, f"{kind} ", f"{kind}a"):
            yield repr(unit), _fill(unit)
    chance = random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    for _ in range(pairs):
        one, other = chance.sample(KINDS, 2)
        counts = chance.choice((1, 1, 2, 10, 100)), chance.choice((1, 1, 2, 10, 100))
        end = chance.choice(("", "", " "))
        yield (
            f"{one!r} * {counts[0]}, {other!r} * {counts[1]}, {end!r}",
            _fill(one * counts[0] + other * counts[1] + end),
        )


def _fill(unit: str) -> str:
    return (unit * (LENGTH // len(unit) + 1))[:LENGTH]


def _write_prose(seed: int, length: int = LENGTH) -> str:
    """Sentences of made-up words, with names and figures that rules find in them."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    parts = ("ka", "lo", "mi", "ner", "to", "sal", "ven", "dor", "pi", "ra")
    words = ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(1500)]
    words += ["Minister", "President", "India", "Norway", "Anna Berg", "Oslo", "(EU)", '"we"', "2023,", "U.S."] * 40
    text = ""
    while len(text) < length:
        text += " ".join(chance.choices(words, k=15)).capitalize() + ".\n"
    return text[:length]


def _play(text: str, folder: Path) -> Iterator[tuple[str, tuple[float, str]]]:
    """Seconds and fault of each verb."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = _write_sources(text)
    for name, content in sources.items():
        (folder / name).write_bytes(content.encode("utf-8"))
    for name in sources:
        yield from _take_in(folder, name)
    project = load_project(workspace=folder / "whole")
    yield "import prodigy", _timed(lambda: _annotate(project, text, folder))
    if "text" in {article.id for article in project.workspace.articles.rows_if_written()}:
        for verb, run in _list_verbs(project):
            yield verb, _timed(run)


def _take_in(folder: Path, name: str) -> Iterator[tuple[str, tuple[float, str]]]:
    stem, _, ending = name.partition(".")
    project = load_project(workspace=folder / f"of-{name}")
    if stem == "a":
        yield f"ingest {ending}", _timed(lambda: ingest(project, [str(folder / name)]))
    elif ending != "txt":
        # The text of brat is read with its annotations.
        kind = stem.removeprefix("import-")
        verb = f"import {kind}" if ending != "iob" else f"import {kind}, not columns"
        yield verb, _timed(lambda: _import(project, kind, folder / name))


def _write_sources(text: str) -> dict[str, str]:
    quoted = text.replace('"', '""')
    page = f"<html><head><title>T</title></head><body><article><p>{_write_prose(9, 400)}</p>"
    line = json.dumps({"id": "a", "text": text, "title": text[:2000], "published": text})
    return {
        "a.txt": text,
        "a.jsonl": f"{line}\n{json.dumps({'id': 'b', 'text': text})}\n",
        "a.csv": f'id,text\n1,"{quoted}"\n2,{text}\n',
        "a.html": f"{page}<p>{escape(text)}</p></article></body></html>",
        "a.htm": f"{page}{text}</article></body></html>",
        "a.xml": text,
        "import-brat.txt": text,
        # As brat writes them: a line of annotations that the text cuts up would be so many faulty ones.
        "import-brat.ann": "T1\tPERSON 0 1\t" + " ".join(text.splitlines()),
        "import-doccano.jsonl": json.dumps({"id": "a", "text": text, "label": [[0, 1, "PERSON"], text]}) + "\n",
        # As long as the text, which as it is has no columns.
        "import-conll.conll": "".join(f"{word}\tO\n" for word in text.split())[:LENGTH],
        "import-conll.iob": text,
    }


def _import(project: Project, kind: str, path: Path, annotator: str = "ana") -> None:
    import_annotations(project, kind, [str(path)], ImportOptions(annotator=annotator))


def _annotate(project: Project, text: str, folder: Path) -> None:
    """The text and nearly a reprint of it among short articles, with spans of two annotators on them."""
    texts = {f"short-{number}": _write_prose(number, _SHORT) for number in range(_ARTICLES)}
    texts |= {"text": text, "reprint": f"Other. {text[30:]}"}
    for seed, annotator in enumerate(("ana", "ben")):
        chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        path = folder / f"{annotator}.jsonl"
        with path.open("w", encoding="utf-8") as lines:
            for name, words in texts.items():
                starts = sorted({chance.randrange(len(words)) for _ in range(_SPANS if len(words) > _SHORT else 2)})
                spans = [{"start": at, "end": min(at + 12, len(words)), "label": "PERSON"} for at in starts]
                lines.write(json.dumps({"id": name, "text": words, "spans": spans}) + "\n")
        _import(project, "prodigy", path, annotator)


def _list_verbs(project: Project) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "cluster", lambda: cluster(project)
    yield "suggest", lambda: suggest(project)
    yield "adjudicate", lambda: adjudicate(project)
    yield "agree", lambda: agree(project)
    yield "audit", lambda: audit(project)
    yield "carry", lambda: carry(project)
    yield "split", lambda: split(project)
    yield "compile", lambda: compile_dataset(project)
    yield "verify", lambda: verify(project)
    yield "evaluate", lambda: evaluate(project)
    yield "report", lambda: write_report(project)
    yield "release", lambda: release(project)
    yield "join", lambda: join(project, project.workspace.root / "releases" / "latest")


def _timed(run: Callable[[], object]) -> tuple[float, str]:
    """Seconds of the processor, and the name of the error unless there was none."""
    began, fault = time.process_time(), ""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - a sweep goes on, and says what came
        fault = f"{type(error).__name__}: {error}"[:120]
    return time.process_time() - began, fault
