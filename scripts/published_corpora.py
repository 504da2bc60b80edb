"""Corpora that others published, as articles, annotations and a project file of ours.

re3d has documents of the UK government and of CENTCOM, with relations; gum_news has news of Wikinews, with nested spans
and none; CrossNER has sentences of Wikipedia, as tokens with tags.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Relation, Span
from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

SURE = 0.5  # re3d's own advice; gum_news has no confidence
SYMMETRIC = ("CoLocated", "IsSynonymOf", "AlliesOf", "FightingAgainst", "CommWith", "Apart")


def read_published(folder: Path, annotator: str) -> list[tuple[Article, Annotation]]:
    """Its articles with what it says of them, by id; spans and relations of low confidence are left out."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").split("\n")]
    rows = [json.loads(line) for line in lines if line]
    return [_read_row(row, annotator) for row in sorted(rows, key=lambda row: str(row["id"]))]


def read_sentences(folder: Path, split: str) -> Iterator[list[tuple[str, str]]]:
    """Tokens with tags, of ``split`` as .jsonl or as CoNLL in .txt; none where it is not at hand."""
    lines, plain = folder / f"{split}.jsonl", folder / f"{split}.txt"
    if lines.exists():
        for row in map(json.loads, lines.read_text(encoding="utf-8").splitlines()):
            yield list(zip(row["tokens"], row["tags"], strict=True))
    elif plain.exists():
        for block in re.split(r"\n\s*\n", plain.read_text(encoding="utf-8")):
            cells = [line.split("\t") for line in block.split("\n") if line.strip()]
            yield from [[(cell[0], cell[-1]) for cell in cells]] if cells else []


def write_project_file(annotations: Iterable[Annotation], name: str = "re3d") -> str:
    """A project file with the labels that occur, and each relation between labels that have it."""
    ends: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    labels = set[str]()
    for annotation in annotations:
        of = {span.id: span.label for span in annotation.spans}
        labels |= set(of.values())
        for relation in annotation.relations:
            heads, tails = ends[relation.label]
            both = {of[relation.head], of[relation.tail]} if relation.label in SYMMETRIC else set()
            heads.update({of[relation.head]} | both)
            tails.update({of[relation.tail]} | both)
    return "\n".join([f'[project]\nname = "{name}"\n', *_write_labels(sorted(labels)), *_write_relations(ends)])


def _read_row(row: dict[str, Any], annotator: str) -> tuple[Article, Annotation]:
    sure = [span for span in row["spans"] if _is_sure(span)]
    places = dict.fromkeys((span["start"], span["end"], span["label"]) for span in sure)
    spans = {place: Span(id=f"s{n}", start=place[0], end=place[1], label=place[2]) for n, place in enumerate(places)}
    at = {(start, end): span.id for (start, end, _), span in reversed(spans.items())}
    links = [
        (
            at.get((each["head"]["start"], each["head"]["end"])),
            at.get((each["tail"]["start"], each["tail"]["end"])),
            each,
        )
        for each in row.get("relations", ())
        if _is_sure(each)
    ]
    facts = dict.fromkeys(
        Relation(head=head, tail=tail, label=each["type"])
        for head, tail, each in links
        if head and tail and head != tail
    )
    article = Article(id=row["id"], text=row["text"], digest=digest_of(row["text"]))
    return article, Annotation(
        article=article.id,
        digest=article.digest,
        annotator=annotator,
        spans=tuple(spans.values()),
        relations=tuple(facts),
    )


def _is_sure(row: Mapping[str, Any]) -> bool:
    return "confidence" not in row or (row["confidence"] or 0) >= SURE


def _write_labels(labels: Iterable[str]) -> Iterator[str]:
    for number, (name, key) in enumerate(zip(labels, "abcdefghijklmnop", strict=False), start=1):
        yield f'[[labels]]\nname = "{name}"\ndefinition = "As it was published."\nexamples = ["[{name}]"]\n'
        yield f'color = "#{number:06x}"\nhotkey = "{key}"\n'


def _write_relations(ends: Mapping[str, tuple[set[str], set[str]]]) -> Iterator[str]:
    for name, (heads, tails) in sorted(ends.items()):
        yield f'[[relations]]\nname = "{name}"\ndefinition = "As it was published."\nexample = "x"\n'
        yield f"head = {sorted(heads)}\ntail = {sorted(tails)}\nsymmetric = {str(name in SYMMETRIC).lower()}\n"
