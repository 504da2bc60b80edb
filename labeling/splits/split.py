"""Front door of ``labeling split``: gold articles -> ``splits.jsonl``, with the certificate in ``leakage.json``.

And, in a project with ``[learning]``, all articles -> ``stream.jsonl``, the random stream.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.articles import group_by_text
from labeling.errors import MissingInput
from labeling.splits.held_out import find_trust, list_trust_files
from labeling.splits.placement import TESTED, PlacementFacts, assign_splits, split_by_date
from labeling.splits.random_stream import draw_rows
from labeling.splits.stream_readings import find_reliance, list_reading_files
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.project import LearningSection, Project, SplitsSection
    from labeling.workspace.custody import CustodyFile
    from labeling.workspace.rows.assignment import Leakage, SplitAssignment, SplitName
    from labeling.workspace.rows.stream_row import StreamRow
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class SplitResult:
    """How many articles each split has, how many of all are new, and how many leak groups all of them make.

    ``shared_passages`` counts what two splits share, and is 0; a random split of the same sizes would have shared
    ``shared_at_random``. ``from_stream`` is how many of dev and test came from the random stream, None without one.
    """

    train: int
    dev: int
    test: int
    left_out: int
    new: int
    leak_groups: int
    shared_passages: int
    shared_at_random: int
    from_stream: int | None = None


def split(project: Project, *, with_unusable: bool = False) -> SplitResult:
    """Give every article with usable gold its split in ``splits.jsonl``; what was assigned before stays.

    Articles without gold get their place when they have some, so that the shares are shares of what trains and tests.
    Where the project file has ``[learning]``, new members of dev and test come from the random stream, which is drawn
    for all articles and remembered in ``stream.jsonl``; ``reliance.json`` has how much of them did, and what
    suggestions do to those who read. ``trust.json`` tells how far scores on test can be relied on.

    Args:
        project: Whose gold.
        with_unusable: Place articles that an annotator ruled out, too.

    Raises:
        MissingInput: Nothing was adjudicated, or ``clusters.jsonl`` does not know an article.
        Altered: A file that it reads is not as it was left.
        Stale: Gold was made from other annotations.
        LeakError: Articles of different splits were found to share text.
    """
    from labeling.splits.certificate import certify, write_certificate

    workspace, shares, learning = project.workspace, project.file.splits, project.file.learning
    reads, writes = _list_files(project)
    with workspace.opened(), keep_custody(workspace, "split", reads=reads, writes=writes) as notes:
        notes.options["seed"] = shares.seed
        notes.options["with_unusable"] = with_unusable
        if learning:
            notes.options["learning"] = learning.model_dump(include={"stream", "unassisted", "seed"})
        # What was assigned before is read first, and kept.
        before = list(workspace.splits.rows_if_written())
        gold = {each.article: each for each in workspace.gold.rows()}
        groups = _read_known_groups(workspace)
        stream = _draw(workspace, learning, groups, {*gold, *(row.article for row in before)}) if learning else None
        rows = assign_splits(
            groups,
            [each.article for each in gold.values() if each.usable or with_unusable],
            before,
            {"train": shares.train, "dev": shares.dev, "test": shares.test},
            shares.seed,
            _collect_placement_facts(workspace, gold.values(), shares, stream),
        )
        leakage = certify(project, rows, gold)
        if stream is not None:
            workspace.stream.write(stream)
            drawn = {row.article: groups[row.article] for row in stream if row.drawn}
            workspace.reliance.write(find_reliance(project, rows, drawn, gold))
        workspace.trust.write(find_trust(workspace, rows, gold))
        # The certificate comes last: should it be missing or of the splits before these, `compile` refuses.
        workspace.splits.write(rows)
        write_certificate(workspace, leakage)
    return _count_assignments(rows, len(before), leakage, has_stream=stream is not None)


def _list_files(project: Project) -> tuple[list[CustodyFile], list[CustodyFile]]:
    """What is read, and what is written."""
    workspace = project.workspace
    reads: list[CustodyFile] = [workspace.gold, workspace.articles, workspace.clusters, workspace.passages]
    reads += [workspace.splits, workspace.forgotten, *list_trust_files(workspace)]
    writes: list[CustodyFile] = [workspace.splits, workspace.leakage, workspace.trust]
    if project.file.learning:
        reads += [workspace.stream, *list_reading_files(workspace)]
        writes += [workspace.stream, workspace.reliance]
    return reads, writes


def _draw(
    workspace: Workspace, learning: LearningSection, groups: Mapping[str, str], read: Collection[str]
) -> list[StreamRow]:
    """The random stream of today: what people have read stays where it was drawn."""
    return draw_rows(groups, learning, workspace.stream.rows_if_written(), read)


def _read_known_groups(workspace: Workspace) -> dict[str, str]:
    """Leak groups by shared passages when ``cluster`` has run, and then of every article; else by identical text."""
    if not workspace.clusters.exists():
        return group_by_text(workspace.articles.rows())
    groups = {row.article: row.leak_group for row in workspace.clusters.rows()}
    # An article that came after `cluster` may share text with any other: to place it by itself would be a guess.
    unknown = [article.id for article in workspace.articles.rows() if article.id not in groups]
    if unknown:
        raise MissingInput(
            f"{workspace.clusters.path} does not know {len(unknown)} articles, the first is {unknown[0]!r}",
            todo="run `labeling cluster` first: what shares text with them is not known",
            where=str(workspace.clusters.path),
        )
    return groups


def _collect_placement_facts(
    workspace: Workspace, gold: Iterable[Gold], shares: SplitsSection, stream: Iterable[StreamRow] | None
) -> PlacementFacts:
    """The labels of gold, the splits of days where the project file has any, and the random stream where it has one."""
    labels = {each.article: Counter(span.label for span in each.spans) for each in gold}
    sides = _find_forgotten_sides(workspace)
    if stream is not None:
        return PlacementFacts(labels, sides=sides, stream=frozenset(row.article for row in stream if row.drawn))
    if not shares.test_from:
        return PlacementFacts(labels, sides=sides)
    return PlacementFacts(labels, split_by_date(workspace.articles.rows(), shares.dev_from, shares.test_from), sides)


def _find_forgotten_sides(workspace: Workspace) -> dict[str, SplitName]:
    """The split of a forgotten text, for what has that text again and for what shared words with it, by article."""
    forgotten = [row for row in workspace.forgotten.rows_if_written() if row.split]
    if not forgotten:
        return {}
    of_text = {row.digest: row.split for row in forgotten}
    shared = {name: row.split for row in forgotten for name in row.shared_with}
    sides = {each.id: of_text.get(each.digest) or shared.get(each.id) for each in workspace.articles.rows()}
    return {name: side for name, side in sides.items() if side}


def _count_assignments(
    rows: Sequence[SplitAssignment], before: int, leakage: Leakage, *, has_stream: bool
) -> SplitResult:
    counts = Counter(row.split for row in rows)
    return SplitResult(
        train=counts["train"],
        dev=counts["dev"],
        test=counts["test"],
        left_out=counts[None],
        new=len(rows) - before,
        leak_groups=len({row.leak_group for row in rows}),
        shared_passages=leakage.shared_passages_across_splits,
        shared_at_random=sum(each.passages for each in leakage.random_split.overlaps),
        from_stream=sum(row.stream and row.split in TESTED for row in rows) if has_stream else None,
    )
