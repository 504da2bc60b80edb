"""The proof of equality: both targets are read back from disk, and say what gold says, to the character."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from labeling.corpora.build.canonical import CanonicalForm, describe_differences, list_missing
from labeling.corpora.build.ledger_entries import HUGGINGFACE, SPACY
from labeling.corpora.build.workers import SerialExecutor
from labeling.corpora.targets.huggingface.dataset import ARROW, PARQUET, list_unlike_columns, read_arrow, read_parquet
from labeling.corpora.targets.spacy.docbin import list_shards
from labeling.corpora.targets.spacy.docbin_reader import read_shard
from labeling.corpora.targets.spacy.docbin_writer import cache_extensions
from labeling.errors import SpansLost, TargetsDiffer
from labeling.values import Frozen, digest_of
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from labeling.workspace.rows.assignment import SplitName

# Reads articles from one place of a target; other processes can be told to.
CanonicalReader: TypeAlias = Callable[[], Iterator[CanonicalForm]]

_ARROW, _PARQUET = f"{HUGGINGFACE}/{ARROW}", f"{HUGGINGFACE}/{PARQUET}"
_LISTED_ARTICLES = 5
_PROGRAM_FAULT = "this is a fault of the program: keep the workspace and report it; no dataset was made"


class ArticleFingerprint(NamedTuple):
    """What was read of one article: the fingerprint of all of it, and how much there is."""

    article: str
    fingerprint: str
    spans: int
    relations: int
    choices: int


class Proof(Frozen):
    """How much was compared, in which targets, and a digest of what all of them say."""

    articles: int
    spans: int
    relations: int
    choices: int
    targets: tuple[str, ...]
    digest: str


def prove_equality(
    folder: Path,
    prints: Mapping[tuple[SplitName, str], str],
    wanted: Callable[[], Iterable[tuple[SplitName, CanonicalForm]]],
    executor: Executor,
) -> Proof:
    """Read every target of a dataset back from disk and compare it with gold, article by article.

    Args:
        folder: The dataset's, with ``spacy/`` and ``huggingface/``.
        prints: The fingerprint of what gold says of each article, by split and article.
        wanted: What gold says of each article, and the split it belongs to; asked only to describe a difference.
        executor: Reads the docs, which takes longest.

    Raises:
        SpansLost: A target lacks spans, relations or choices that gold has.
        TargetsDiffer: A target differs from gold in any other way.
    """
    sources = _sources(folder)
    read = {
        name: [
            (split, (executor if name == SPACY else SerialExecutor()).submit(_fingerprint_articles, source))
            for split, source in places
        ]
        for name, places in sources.items()
    }
    for name, places in read.items():
        found = ((split, each) for split, done in places for each in done.result())
        if faults := _compare(prints, found):
            raise _difference_error(name, faults, sources[name], wanted())
    _prove_parquet(folder / HUGGINGFACE, prints, wanted)
    articles = [each for _, done in read[SPACY] for each in done.result()]
    return Proof(
        articles=len(articles),
        spans=sum(each.spans for each in articles),
        relations=sum(each.relations for each in articles),
        choices=sum(each.choices for each in articles),
        targets=(*sources, _PARQUET),
        digest=digest_of("\n".join(f"{split} {prints[split, article]}" for split, article in sorted(prints))),
    )


def _sources(folder: Path) -> dict[str, list[tuple[SplitName, CanonicalReader]]]:
    """Where a target holds articles, by name of the target: the split, and what reads them there."""
    return {
        SPACY: [
            (split, partial(read_shard, shard)) for split in SPLITS for shard in list_shards(folder / SPACY / split)
        ],
        _ARROW: [(split, partial(read_arrow, folder / HUGGINGFACE, split)) for split in SPLITS],
    }


def _prove_parquet(
    folder: Path,
    prints: Mapping[tuple[SplitName, str], str],
    wanted: Callable[[], Iterable[tuple[SplitName, CanonicalForm]]],
) -> None:
    """Compare Parquet with Arrow, which was found to be gold: every cell, tokens and tags as well.

    Raises:
        SpansLost: It lacks spans, relations or choices that gold has.
        TargetsDiffer: It differs from gold, or from Arrow in what gold does not say.
    """
    differing = {split: columns for split in SPLITS if (columns := list_unlike_columns(folder, split))}
    if not differing:
        return
    sources: list[tuple[SplitName, CanonicalReader]] = [
        (split, partial(read_parquet, folder, split)) for split in SPLITS
    ]
    found = ((split, each) for split, source in sources for each in _fingerprint_articles(source))
    if faults := _compare(prints, found):
        raise _difference_error(_PARQUET, faults, sources, wanted())
    said = "; ".join(f"{', '.join(columns)} in {split}" for split, columns in differing.items())
    raise TargetsDiffer(
        f"{_PARQUET}, read back from disk, is not {_ARROW}: {said}", todo=_PROGRAM_FAULT, where=_PARQUET
    )


@cache_extensions()
def _fingerprint_articles(source: CanonicalReader) -> list[ArticleFingerprint]:
    return [
        ArticleFingerprint(each.article, each.fingerprint, len(each.spans), len(each.relations), len(each.choices))
        for each in source()
    ]


def _compare(
    prints: Mapping[tuple[SplitName, str], str], found: Iterable[tuple[SplitName, ArticleFingerprint]]
) -> set[tuple[SplitName, str]]:
    """What is not gold's, by split and article: other, not there, there twice, or there and not in gold."""
    absent = set(prints)
    faults: set[tuple[SplitName, str]] = set()
    for split, each in found:
        key = split, each.article
        if key in absent and prints[key] == each.fingerprint:
            absent.remove(key)
        else:
            faults.add(key)
    return absent | faults


def _difference_error(
    target: str,
    faults: Collection[tuple[SplitName, str]],
    sources: Iterable[tuple[SplitName, CanonicalReader]],
    wanted: Iterable[tuple[SplitName, CanonicalForm]],
) -> SpansLost | TargetsDiffer:
    gold = {(split, each.article): each for split, each in wanted if (split, each.article) in faults}
    held = {
        (split, each.article): each for split, read in sources for each in read() if (split, each.article) in faults
    }
    lost, other = list[str](), list[str]()
    for key in sorted(faults):
        split, article = key
        here = f"{article!r} in {split}"
        expected, found = gold.get(key), held.get(key)
        if expected is None:
            other.append(f"{here} is not gold's")
        elif found is None:
            lost.append(f"{here} is not there")
        else:
            lost += [f"{here} lacks {each}" for each in list_missing(expected, found)]
            other += [f"{here} has other {each}" for each in describe_differences(expected, found)] or [
                f"{here} stands twice"
            ]
    kind = SpansLost if lost else TargetsDiffer
    return kind(
        f"{target}, read back from disk, is not gold: {'; '.join((lost or other)[:_LISTED_ARTICLES])}",
        todo=_PROGRAM_FAULT,
        where=target,
    )
