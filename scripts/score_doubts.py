"""How many planted errors are among the first doubts? On re3d, with 3 % of its spans spoilt, by `labeling doubts`.

    python scripts/score_doubts.py [--seeds N] [RE3D-FOLDER]

Errors are planted in equal parts: another label, drawn from all others; an end moved by a token, out or in; a span
removed; a span of one to three words added where there is none. Then each of these alone. A doubt holds a planted
error if it is about the very stretch that was spoilt; of a moved end, also about the stretch as it was. Chance is the
share of spoilt spans among all. re3d has errors of its own, which are doubted too and count as misses: what is measured
is less than what the doubts are worth. It needs no server.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.annotations import Gold, GoldSpan
from labeling.articles import Article
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.tokens import make_tokenizer, token_edges
from labeling.training.doubts.find_doubts import find_doubts
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.workspace.rows.doubt import Doubt

Fault: TypeAlias = Literal["label", "boundary", "removed", "added"]
Mark: TypeAlias = tuple[int, int, str]
FAULTS: tuple[Fault, ...] = ("label", "boundary", "removed", "added")
SHARE, FIRST = 0.03, 50
_MOST_WORDS = 3  # of a span that is added


@dataclass(frozen=True)
class PlantedError:
    """What was spoilt in an article: the stretches at which a doubt finds it."""

    fault: Fault
    article: str
    stretches: tuple[tuple[int, int], ...]


@dataclass
class MarkedCorpus:
    """Texts by id, what is marked in each, and the edges of their tokens."""

    texts: dict[str, str]
    marks: dict[str, list[Mark]]
    edges: dict[str, tuple[list[int], list[int]]]

    @property
    def labels(self) -> list[str]:
        """All labels, in order."""
        return sorted({label for marks in self.marks.values() for _, _, label in marks})


def read_corpus(paths: Iterable[Path]) -> MarkedCorpus:
    """re3d as it is: nothing is left out, and spans nest."""
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").split("\n") if line]
    tokenizer = make_tokenizer("en")
    return MarkedCorpus(
        texts={row["id"]: row["text"] for row in rows},
        marks={
            row["id"]: sorted({(each["start"], each["end"], each["label"]) for each in row["spans"]}) for row in rows
        },
        edges={row["id"]: token_edges(tokenizer.make_doc(row["text"])) for row in rows},
    )


def plant_errors(corpus: MarkedCorpus, faults: Sequence[Fault], seed: int) -> tuple[MarkedCorpus, list[PlantedError]]:
    """The corpus with a share of its spans spoilt, in these ways in turn."""
    dice = random.Random(seed)  # noqa: S311 - an error is not a secret
    marks = {name: [*each] for name, each in corpus.marks.items()}
    everything = [(name, mark) for name, each in marks.items() for mark in each]
    planted = list[PlantedError]()
    for turn, (name, mark) in enumerate(dice.sample(everything, round(SHARE * len(everything)))):
        fault = faults[turn % len(faults)]
        start, end, label = mark
        places: tuple[tuple[int, int], ...] = ((start, end),)
        if fault != "added":
            marks[name].remove(mark)
        if fault == "label":
            marks[name].append((start, end, dice.choice([each for each in corpus.labels if each != label])))
        elif fault == "boundary":
            moved = dice.choice(_list_moves(corpus.edges[name], start, end))
            marks[name].append((*moved, label))
            places = ((start, end), moved)
        elif fault == "added":
            places = (_draw_place(corpus, name, marks[name], dice),)
            marks[name].append((*places[0], dice.choice(corpus.labels)))
        planted.append(PlantedError(fault, name, places))
    return MarkedCorpus(corpus.texts, marks, corpus.edges), planted


def doubt_corpus(corpus: MarkedCorpus, folder: Path) -> list[Doubt]:
    """The doubts about it, in a workspace of its own."""
    labels = "".join(
        f'[[labels]]\nname = "{name}"\ndefinition = "{name}"\nexamples = ["[x]"]\ncolor = "#{number:06x}"\n'
        for number, name in enumerate(corpus.labels)
    )
    (folder / "spoilt.toml").write_text(f'[project]\nname = "spoilt"\n{labels}', encoding="utf-8")
    project = load_project(folder / "spoilt.toml", folder / "workspace")
    project.workspace.root.mkdir()
    articles = [Article(id=name, text=text, digest=digest_of(text)) for name, text in corpus.texts.items()]
    project.workspace.articles.write(articles)
    cluster(project)
    project.workspace.gold.write(
        Gold(
            article=each.id, digest=each.digest, complete=True, annotators=("ana",), spans=_gold_spans(corpus, each.id)
        )
        for each in articles
    )
    find_doubts(project)
    return list(project.workspace.doubts.rows())


def count_found(doubts: Iterable[Doubt], planted: Sequence[PlantedError]) -> int:
    """How many of the planted errors these doubts hold, each counted once."""
    places = {(each.article, *place): number for number, each in enumerate(planted) for place in each.stretches}
    return len({places.get((each.article, each.start, each.end)) for each in doubts} - {None})


def chance(corpus: MarkedCorpus, planted: Sequence[PlantedError], first: int = FIRST) -> float:
    """How many planted errors so many spans hold that are drawn blindly."""
    removed = sum(each.fault == "removed" for each in planted)
    return first * len(planted) / (sum(map(len, corpus.marks.values())) + removed)


def main(folder: Path, seeds: int) -> None:
    """Print the measure for all faults together and for each alone; and how often each kind was right."""
    corpus = read_corpus(sorted(folder.glob("*.jsonl")))
    print(f"re3d: {len(corpus.texts)} articles, {sum(map(len, corpus.marks.values()))} spans, {SHARE:.0%} spoilt")
    right, listed = Counter[str](), Counter[str]()
    for faults in (FAULTS, *((fault,) for fault in FAULTS)):
        found, blind = list[int](), list[float]()
        for seed in range(1, seeds + 1):
            spoilt, planted = plant_errors(corpus, faults, seed)
            with tempfile.TemporaryDirectory() as scratch:
                doubts = doubt_corpus(spoilt, Path(scratch))[:FIRST]
            found.append(count_found(doubts, planted))
            blind.append(chance(spoilt, planted))
            if faults == FAULTS:
                listed.update(each.kind for each in doubts)
                right.update(each.kind for each in doubts if count_found([each], planted))
        times = mean(found) / mean(blind)
        print(f"{' and '.join(faults)}: {found} of {FIRST}, by chance {mean(blind):.1f}: {times:.1f} times", flush=True)
    for kind in sorted(listed):
        print(f"{kind}: {right[kind]} of {listed[kind]} right")


def _gold_spans(corpus: MarkedCorpus, name: str) -> tuple[GoldSpan, ...]:
    return tuple(
        GoldSpan(id=f"s{number}", start=start, end=end, label=label, rule="only annotator", by=("ana",))
        for number, (start, end, label) in enumerate(sorted(corpus.marks[name]))
    )


def _list_moves(edges: tuple[list[int], list[int]], start: int, end: int) -> list[tuple[int, int]]:
    """The stretch with one end moved by a token, out or in."""
    starts, ends = edges
    out = [(each, end) for each in starts if each < start][-1:] + [(start, each) for each in ends if each > end][:1]
    inner = [(each, end) for each in starts if start < each < end][:1]
    return [*out, *inner, *[(start, each) for each in ends if start < each < end][-1:]]


def _draw_place(corpus: MarkedCorpus, name: str, marks: Iterable[Mark], dice: random.Random) -> tuple[int, int]:
    """Some words of an article in which nothing is marked."""
    starts, ends = corpus.edges[name]
    taken = [*marks]
    while True:
        first = dice.randrange(len(starts))
        last = min(len(starts) - 1, first + dice.randrange(_MOST_WORDS))
        start, end = starts[first], ends[last]
        is_free = not any(one < end and start < other for one, other, _ in taken)
        if is_free and corpus.texts[name][start].isalnum():
            return start, end


if __name__ == "__main__":
    words = sys.argv[1:]
    count = int(words.pop(words.index("--seeds") + 1)) if "--seeds" in words else 3
    rest = [word for word in words if word != "--seeds"]
    main(Path(rest[0] if rest else "../shared/corpora/re3d"), count)
