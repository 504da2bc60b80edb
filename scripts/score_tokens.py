"""How many spans of gold start or end inside a token, by spaCy's rules, by our first and by our second ones?

    python scripts/score_tokens.py [--corpora FOLDER] [--re3d FOLDER] [--crossner FOLDER]

``--corpora`` has re3d (two of its sources), gum_news and wnut17; ``--re3d`` is a checkout of dstl/re3d, whose other
five sources are parted in two by the digest of each document's id: the second rules were made on the first half.
``--crossner`` has ``train.txt``, ``dev.txt``, ``test.txt`` in CoNLL. Blanks at the ends of spans are cut off, as
``adjudicate`` does. Of tokens published one a line, blanks between them make the text: there nothing is glued, and any
change is harm. A span is lost if the first rules reach it and the second do not. It needs no server.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import spacy
import typer

from labeling.samples.sample_data import articles_folder, load_sample_annotations
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions
from labeling.tokens import NEWSWIRE, NEWSWIRE_1, inner_boundaries, make_tokenizer, token_edges
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language

# A text with the places that are marked in it.
Marked: TypeAlias = tuple[str, list[tuple[int, int]]]
OTHER_SOURCES = (
    "Australian Department of Foreign Affairs",
    "BBC Online",
    "Delegation of the European Union to Syria",
    "US State Department",
    "Wikipedia",
)


@dataclass
class Reach:
    """What was counted on a corpus: spans inside a token by spaCy's own rules, our first and our second ones."""

    documents: int = 0
    spans: int = 0
    plain: int = 0
    first: int = 0
    second: int = 0
    lost: int = 0
    tokens: int = 0
    changed: int = 0


def read_lines(path: Path) -> Iterator[Marked]:
    """Rows of JSON with a text and spans."""
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        yield row["text"], [(span["start"], span["end"]) for span in row["spans"]]


def read_published(folder: Path, half: int) -> Iterator[Marked]:
    """One half of the other sources of re3d, as its authors published it."""
    for source in OTHER_SOURCES:
        places = defaultdict[str, list[tuple[int, int]]](list)
        for entity in _rows(folder / source / "entities.json"):
            places[entity["documentId"]].append((entity["begin"], entity["end"]))
        for document in _rows(folder / source / "documents.json"):
            if int(digest_of(document["_id"]), 16) % 2 == half:
                yield document["text"], places[document["_id"]]


def read_columns(path: Path) -> Iterator[Marked]:
    """Sentences of tokens, one a line, with tags of BIO: the tokens with blanks between them, and the marked ones."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        text, places, label = "", list[tuple[int, int]](), ""
        for line in filter(str.strip, block.splitlines()):
            word, tag = line.split()[0], line.split()[-1]
            start = len(text) + bool(text)
            text = f"{text} {word}".lstrip()
            if tag.startswith("I-") and tag[2:] == label:
                places[-1] = (places[-1][0], len(text))
            elif tag != "O":
                places.append((start, len(text)))
            label = tag[2:]
        if text:
            yield text, places


def read_samples() -> Iterator[Marked]:
    """The sample articles with all that was said of them."""
    said = defaultdict[str, list[tuple[int, int]]](list)
    for annotation in load_sample_annotations():
        said[annotation.digest] += [(span.start, span.end) for span in annotation.spans]
    for item in read_articles(find_source_files([str(articles_folder())]).inputs, IngestOptions(20_000)):
        if isinstance(item, Arrival):
            yield item.article.text, said[item.article.digest]


def measure_reach(corpus: Iterable[Marked]) -> Reach:
    """Count what each set of rules reaches, and the tokens of the first that the second cut otherwise."""
    plain, first, second = spacy.blank("en"), make_tokenizer("en", NEWSWIRE_1), make_tokenizer("en", NEWSWIRE)
    reach = Reach()
    for text, drawn in corpus:
        places = [place for place in (_trim(text, *each) for each in drawn) if place[0] < place[1]]
        by_plain, by_first, by_second = (_inside(nlp, text, places) for nlp in (plain, first, second))
        before, after = (set(zip(*token_edges(nlp.make_doc(text)), strict=True)) for nlp in (first, second))
        reach.documents += 1
        reach.spans += len(places)
        reach.plain += sum(by_plain)
        reach.first += sum(by_first)
        reach.second += sum(by_second)
        reach.lost += sum(now and not was for was, now in zip(by_first, by_second, strict=True))
        reach.tokens += len(before)
        reach.changed += len(before - after)
    return reach


def main(
    corpora: Annotated[Path, typer.Option()] = Path("../shared/corpora"),
    re3d: Annotated[Path | None, typer.Option()] = None,
    crossner: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Print a table, a row for each corpus."""
    found: dict[str, Iterable[Marked]] = {}
    if re3d:
        found["re3d, other sources, half the rules were made on"] = read_published(re3d, 0)
        found["re3d, other sources, the other half"] = read_published(re3d, 1)
    found["re3d, both sources we had"] = [
        row for name in ("centcom", "uk_government") for row in read_lines(corpora / "re3d" / f"{name}.jsonl")
    ]
    found["gum_news"] = read_lines(corpora / "gum_news" / "news.jsonl")
    found["samples"] = read_samples()
    found["wnut17 test, tokens apart"] = read_columns(corpora / "wnut17" / "emerging.test.annotated")
    for split in ("train", "dev", "test") if crossner else ():
        found[f"CrossNER politics {split}, tokens apart"] = read_columns(Path(str(crossner)) / f"{split}.txt")
    typer.echo("| corpus | documents | spans | inside a token: spaCy | first | second | lost | tokens | changed |")
    typer.echo(f"| --- {'| ---: ' * 8}|")
    for name, corpus in found.items():
        counted = " | ".join(f"{number:,}" for number in vars(measure_reach(corpus)).values())
        typer.echo(f"| {name} | {counted} |")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8") if line.strip()]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end].strip()
    start = text.index(inner, start)
    return start, start + len(inner)


def _inside(nlp: Language, text: str, places: list[tuple[int, int]]) -> list[bool]:
    starts, ends = inner_boundaries(token_edges(nlp.make_doc(text)), places)
    return [start in starts or end in ends for start, end in places]


if __name__ == "__main__":
    typer.run(main)
