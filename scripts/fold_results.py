"""What was measured, one JSON line a fold and seed, and the table of it.

A line holds pairs, gold and predicted by leak group, so that folds can be pooled: the interval is that of all leak
groups of a corpus together, drawn anew by group, seeds of one group together.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.evaluation.resampling import BOOTSTRAP
from labeling.evaluation.scores import fractions_of, measure_counts
from labeling.values import Frozen
from labeling.workspace.rows.assignment import SplitName
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from labeling.evaluation.scores import GroupCounts
    from labeling.workspace.rows.score import Measure

Thing: TypeAlias = Literal["spans", "relations", "relations-gold"]
# Pairs, gold and predicted, by leak group and label.
FoldCounts: TypeAlias = "dict[str, dict[str, tuple[int, int, int]]]"
# What a line of the table is of: corpus, what is measured, and the name of the recipe.
Recipe: TypeAlias = tuple[str, str, str]
COLUMNS = (
    *("corpus", "what", "recipe", "folds", "seeds", "mean F1", "by seed"),
    *("pooled F1", "P", "R", "time", "processor", "memory"),
)


class FoldResult(Frozen):
    """One training, measured on one fold: exact pairs, gold and predicted by leak group and label.

    ``recipe`` names what was trained in a few words, ``part`` the fold (``1/5``); another split than test is named in
    ``corpus``, too. Seconds are those of the training by the clock, ``processor`` those of all cores together;
    ``megabytes`` is the process at its largest.
    """

    corpus: str
    split: SplitName = "test"
    what: Thing
    recipe: str
    part: str
    seed: int
    counts: FoldCounts = {}
    seconds: float = 0.0
    processor: float = 0.0
    megabytes: float = 0.0
    dataset: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """By which it is known that it was measured before."""
        return self.corpus, self.what, self.recipe, self.part, str(self.seed)

    @property
    def f1(self) -> float:
        """Micro, exact; 0 where neither side has any."""
        return _divide(*fractions_of(*_sum_counts(self.counts))["f1"])


def read_results(path: Path) -> list[FoldResult]:
    """What a file of results holds; nothing where there is none."""
    return list(read_rows(path, FoldResult)) if path.exists() else []


def append_result(path: Path, result: FoldResult) -> None:
    """Add a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(result.model_dump_json() + "\n")


def write_table(results: Iterable[FoldResult]) -> Iterator[str]:
    """A table in Markdown, a line for each corpus, thing measured and recipe, in the order of the file."""
    recipes = defaultdict[Recipe, list[FoldResult]](list)
    for each in {each.key: each for each in results}.values():
        recipes[each.corpus, each.what, each.recipe].append(each)
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"| {' | '.join('---' for _ in COLUMNS)} |"
    for (corpus, what, recipe), rows in recipes.items():
        yield f"| {' | '.join([corpus, what, recipe, *_write_cells(rows)])} |"


def pool_counts(results: Iterable[FoldResult]) -> Measure:
    """All folds and seeds as one measure, with the interval by leak group."""
    pooled: GroupCounts = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for each in results:
        for group, labels in each.counts.items():
            cells = pooled[group]
            for label, numbers in labels.items():
                cells[label] = [one + other for one, other in zip(cells[label], numbers, strict=True)]
    return measure_counts(pooled, [None], BOOTSTRAP)[0]


def _write_cells(rows: Sequence[FoldResult]) -> Iterator[str]:
    seeds = sorted({row.seed for row in rows})
    by_seed = [mean(row.f1 for row in rows if row.seed == seed) for seed in seeds]
    pooled = pool_counts(rows)
    yield str(len({row.part for row in rows}))
    yield ", ".join(map(str, seeds))
    yield _percent(mean(row.f1 for row in rows))
    yield ", ".join(map(_percent, by_seed))
    yield f"{_percent(pooled.f1)} ({pooled.interval_text})"
    yield from map(_percent, (pooled.precision, pooled.recall))
    yield f"{mean(row.seconds for row in rows):.0f} s"
    yield f"{mean(row.processor for row in rows):.0f} s"
    yield f"{max(row.megabytes for row in rows) / 1000:.1f} GB"


def _sum_counts(counts: FoldCounts) -> tuple[int, int, int]:
    columns = zip((0, 0, 0), *(numbers for labels in counts.values() for numbers in labels.values()), strict=True)
    pairs, gold, predicted = map(sum, columns)
    return pairs, gold, predicted


def _divide(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 0.0


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:.1f}"
