"""The proof of equality: every target is read back from disk, and holds what gold has, to the character.

A target that cannot hold all of gold must hold the rest: what the ledger calls kept is what must be found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from labeling.corpora.build.canonical import describe_differences, list_missing
from labeling.corpora.build.convert import convert_alone
from labeling.corpora.build.serial_executor import SerialExecutor
from labeling.errors import SpansLost, TargetsDiffer
from labeling.values import Frozen, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from concurrent.futures import Executor, Future
    from contextlib import AbstractContextManager
    from pathlib import Path

    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.build.convert import PlacedArticle
    from labeling.corpora.build.counts import SplitCounts
    from labeling.corpora.build.write import DatasetWriter, Fingerprints
    from labeling.corpora.targets.target import CanonicalReader, Recipe, StoredCopy, Target
    from labeling.workspace.rows.assignment import SplitName

_LISTED_ARTICLES = 5
_PROGRAM_FAULT = "this is a fault of the program: keep the workspace and report it; no dataset was made"


class ArticleFingerprint(NamedTuple):
    """What was read of one article: its id, and the fingerprint of all of it."""

    article: str
    fingerprint: str


class Proof(Frozen):
    """How much was compared, in which copies, and a digest of the gold that all of them hold."""

    articles: int
    spans: int
    relations: int
    choices: int
    targets: tuple[str, ...]
    digest: str


class _Reading(NamedTuple):
    """A stored copy that is being read: for each file its split, and what will have been read."""

    target: Target
    copy: StoredCopy
    files: Sequence[tuple[SplitName, Future[list[ArticleFingerprint]]]]


def prove_equality(
    folder: Path,
    recipe: Recipe,
    writer: DatasetWriter,
    splits: Mapping[str, SplitCounts],
    wanted: Callable[[], Iterable[PlacedArticle]],
    executor: Executor,
) -> Proof:
    """Read every target of a dataset back from disk and compare it with gold, article by article.

    Args:
        folder: The dataset's, with a folder for each target.
        recipe: What it was made by.
        writer: What wrote it, and has the fingerprints of what each target must give back.
        splits: What each split holds.
        wanted: The articles of the dataset; asked only to describe a difference.
        executor: Reads what takes long.

    Raises:
        SpansLost: A target lacks spans, relations or choices that it must have.
        TargetsDiffer: A target differs in any other way.
    """
    copies = [(target, copy) for target in recipe.targets for copy in target.copies(folder / target.name)]
    # All reading begins before anything is awaited: slow files are read by others while we read the rest.
    readings = [_start_reading(target, copy, executor) for target, copy in copies]
    for reading in readings:
        _refuse_difference(recipe, reading, writer.expected(reading.target.name), wanted)
    # All copies hold what gold has, so that the counts of gold are theirs, and one digest stands for all.
    prints = writer.prints
    return Proof(
        articles=sum(each.articles for each in splits.values()),
        spans=sum(each.spans for each in splits.values()),
        relations=sum(each.relations for each in splits.values()),
        choices=sum(each.choices for each in splits.values()),
        targets=tuple(copy.name for _, copy in copies),
        digest=digest_of("\n".join(f"{split} {prints[split, article]}" for split, article in sorted(prints))),
    )


def _start_reading(target: Target, copy: StoredCopy, executor: Executor) -> _Reading:
    """Have the files of a copy read; those of a copy that has an original wait until the two are found to differ."""
    reader = executor if copy.slow else SerialExecutor()
    files = () if copy.unlike else copy.readers
    return _Reading(
        target,
        copy,
        [(split, reader.submit(_fingerprint_articles, target.session, read)) for split, read in files],
    )


def _refuse_difference(
    recipe: Recipe, reading: _Reading, expected: Fingerprints, wanted: Callable[[], Iterable[PlacedArticle]]
) -> None:
    target, copy, files = reading
    if copy.unlike:
        # Its original was found to hold what it must, so that a copy with the same cells does, too.
        differing = copy.unlike()
        if not differing:
            return
        files = _start_reading(target, replace(copy, unlike=None), SerialExecutor()).files
    found = ((split, each) for split, done in files for each in done.result())
    if faults := _compare(expected, found):
        raise _difference_error(recipe, target, copy, faults, wanted())
    if copy.unlike:
        columns = "; ".join(f"{', '.join(names)} in {split}" for split, names in differing.items())
        raise TargetsDiffer(
            f"{copy.name}, read back from disk, is not {copy.original}: {columns}", todo=_PROGRAM_FAULT, where=copy.name
        )


def _fingerprint_articles(
    session: Callable[[], AbstractContextManager[None]], read: CanonicalReader
) -> list[ArticleFingerprint]:
    with session():
        return [ArticleFingerprint(form.article, form.fingerprint) for form in read()]


def _compare(
    expected: Fingerprints, found: Iterable[tuple[SplitName, ArticleFingerprint]]
) -> set[tuple[SplitName, str]]:
    """What is not as expected, by split and article: other, not there, there twice, or there and not in gold."""
    # Each article is crossed off when it is found: what is left at the end is missing.
    absent = set(expected)
    faults: set[tuple[SplitName, str]] = set()
    for split, each in found:
        key = split, each.article
        if key in absent and expected[key] == each.fingerprint:
            absent.remove(key)
        else:
            faults.add(key)
    return absent | faults


def _difference_error(
    recipe: Recipe,
    target: Target,
    copy: StoredCopy,
    faults: Collection[tuple[SplitName, str]],
    wanted: Iterable[PlacedArticle],
) -> SpansLost | TargetsDiffer:
    # Only here are forms compared and not fingerprints, of the articles at fault and no others.
    keyed = (((placed.split, placed.article.id), placed) for placed in wanted)
    gold = {key: convert_alone(recipe, target, placed) for key, placed in keyed if key in faults}
    with target.session():
        held = {
            (split, form.article): form
            for split, read in copy.readers
            for form in read()
            if (split, form.article) in faults
        }
    # What is lost is the graver fault: where there is any, nothing else is told.
    lost, other = list[str](), list[str]()
    for key in sorted(faults):
        missing, differing = _describe_fault(key, gold.get(key), held.get(key))
        lost += missing
        other += differing
    kind = SpansLost if lost else TargetsDiffer
    return kind(
        f"{copy.name}, read back from disk, is not gold: {'; '.join((lost or other)[:_LISTED_ARTICLES])}",
        todo=_PROGRAM_FAULT,
        where=copy.name,
    )


def _describe_fault(
    key: tuple[SplitName, str], expected: CanonicalForm | None, found: CanonicalForm | None
) -> tuple[list[str], list[str]]:
    """What of one article was lost, and what else is wrong with it."""
    split, article = key
    here = f"{article!r} in {split}"
    if expected is None:
        return [], [f"{here} is not gold's"]
    if found is None:
        return [f"{here} is not there"], []
    lost = [f"{here} lacks {each}" for each in list_missing(expected, found)]
    other = [f"{here} has other {each}" for each in describe_differences(expected, found)]
    return lost, other or [f"{here} is there twice"]
