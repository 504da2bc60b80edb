"""What another least length of a passage would find on real corpora: the argument for the default, from data.

    python scripts/choose_words.py [--shown 0] [FOLDER]

FOLDER is ``../shared``. Of every corpus and length: the pairs of articles that share a passage, how many articles hang
together in leak groups and in the largest, and what is boilerplate. ``--shown`` prints so many of the shortest passages
of each, for whoever wants to judge them by eye.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from labeling.articles import Article
from labeling.passages.find import CorpusSize, find_passages, frame_articles
from labeling.project import PassageRules, load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.values import digest_of
from labeling.workspace.flow import runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.passages.find import FoundPassages

WORDS = (6, 8, 10, 12, 15, 20)
_SHARED = Path(__file__).parents[2] / "shared"


@click.command()
@click.option("--shown", default=0, type=click.IntRange(min=0), help="How many of the shortest passages to print.")
@click.argument("folder", default=_SHARED, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(shown: int, folder: Path) -> None:
    """Print one line for each corpus and length."""
    runner.choose_runner("")
    print("| corpus | words | passages | pairs | in leak groups | largest group | stories of several | boilerplate |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, articles in read_corpora(folder):
        size = CorpusSize(len(articles), sum(len(article.text) for article in articles))
        for words in WORDS:
            found = find_passages(frame_articles(articles), size, PassageRules(words=words))
            print(f"| {name} ({len(articles)}) | {words} | {_format_counts(found)} |")
            for line in _list_shortest(found, articles, shown):
                print("   ", line)


def read_corpora(folder: Path) -> Iterator[tuple[str, list[Article]]]:
    """The real corpora, and the sample articles of this project, each with its name."""
    ndd = sorted((folder / "corpora/near_duplicates/parkr_ndd/ndd/test").glob("*.txt"))
    yield "near_duplicates", [_article(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in ndd]
    seed = sorted((folder / "articles").glob("*.txt"))
    yield "two real articles", [_article(path.stem, path.read_text(encoding="utf-8"), path.stem) for path in seed]
    for name, path in (("CENTCOM", "re3d/centcom"), ("UK", "re3d/uk_government"), ("Wikinews", "gum_news/news")):
        rows = map(json.loads, (folder / f"corpora/{path}.jsonl").read_text(encoding="utf-8").splitlines())
        yield name, [_article(str(row.get("id", row["title"])), row["text"], name) for row in rows]
    with TemporaryDirectory() as scratch:
        project = load_project(workspace=Path(scratch))
        ingest(project, [str(sample_data.articles_folder())])
        yield "samples", list(project.workspace.articles.rows())


def _article(name: str, text: str, source: str = "") -> Article:
    return Article(id=name, text=text, digest=digest_of(text), source=source)


def _format_counts(found: FoundPassages) -> str:
    reprints = [passage for passage in found.passages if passage.kind == "reprint"]
    pairs = {(each.places[0].article, other.article) for each in reprints for other in each.places[1:]}
    groups = Counter(row.leak_group for row in found.clusters)
    stories = Counter(row.story for row in found.clusters)
    together = sum(size for size in groups.values() if size > 1)
    cells = [len(reprints), len(pairs), together, max(groups.values())]
    cells += [sum(size > 1 for size in stories.values()), len(found.passages) - len(reprints)]
    return " | ".join(map(str, cells))


def _list_shortest(found: FoundPassages, articles: Sequence[Article], shown: int) -> Iterator[str]:
    texts = {article.id: article.text for article in articles}
    for passage in sorted(found.passages, key=lambda passage: passage.words)[:shown]:
        first = passage.places[0]
        yield f"{passage.words} {passage.kind}: {texts[first.article][first.start : first.end]!r}"


if __name__ == "__main__":
    main()
