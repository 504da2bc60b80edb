"""How fast: each figure beside its floor, measured in the same run on the same machine, as a ratio.

    python scripts/bench.py [--articles N] [--runs N] [--only push,sync] [--json FILE]

The table goes to stdout. Each section is a file of `benchmarks` with one function, `measure`, which yields figures;
another one is added by a line in SECTIONS. Three are left out of the usual run, for they take long: `--only memory`
compiles 20,000 articles, `--only flow` suggests on Ray and for 100,000 articles, `--only texts` goes through every verb
with some five hundred texts of odd signs.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from benchmarks import (
    agreeing,
    clustering,
    compiling,
    conll,
    flowing,
    importing,
    ingesting,
    keeping,
    layering,
    learning,
    offering,
    predicting,
    pushing,
    remembering,
    settling,
    showing,
    starting,
    suggesting,
    syncing,
    texts,
    training,
)
from benchmarks.bench import Bench
from benchmarks.figures import table

from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.figures import Figure

    Section: TypeAlias = Callable[[Bench], Iterator[Figure]]

SECTIONS: dict[str, Section] = {
    "start": starting.measure,
    "ingest": ingesting.measure,
    "import": importing.measure,
    "cluster": clustering.measure,
    "suggest": suggesting.measure,
    "predict": predicting.measure,
    "push": pushing.measure,
    "sync": syncing.measure,
    "compile": compiling.measure,
    "agree": agreeing.measure,
    "custody": keeping.measure,
    "train": training.measure,
    "conll": conll.measure,
    "layer": layering.measure,
    "offer": offering.measure,
    "cards": settling.measure,
    "learn": learning.measure,
    "page": showing.measure,
    "memory": remembering.measure,
    "flow": flowing.measure,
    "texts": texts.measure,
}
# What takes many minutes is done when it is asked for.
USUAL = [name for name in SECTIONS if name not in {"memory", "flow", "texts"}]


def _chosen(_context: click.Context, _option: click.Parameter, names: str) -> list[str]:
    unknown = [name for name in names.split(",") if name not in SECTIONS]
    if unknown:
        raise click.BadParameter(f"there is no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    return names.split(",")


@click.command()
@click.option("--articles", default=1000, show_default=True, type=click.IntRange(min=1), help="How many to measure on.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(min=1), help="Of each; medians are shown.")
@click.option(
    "--only", default=",".join(USUAL), show_default=True, callback=_chosen, metavar="NAMES", help="Which sections."
)
@click.option("--json", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write all seconds there, too.")
def main(articles: int, runs: int, only: list[str], target: Path | None) -> None:
    """Measure how fast the workbench is, each figure beside its floor of the same run; print one table."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), articles, runs)
        with bench.closing:
            figures = [figure for name in only for figure in SECTIONS[name](bench)]
        machine = _machine(bench)
    for line in (machine, "", *table(figures)):
        click.echo(line)
    for note in bench.notes:
        click.echo(f"\n{note}")
    click.echo("\nratio: our time over the floor's for the same work; 1 is as fast as the floor, 2 takes twice as long")
    click.echo(f"  done in {time.monotonic() - begun:.0f} s", err=True)
    if target:
        records = [figure.record() for figure in figures]
        write_json(target, {"machine": machine, "figures": records, "notes": [*bench.notes]})


def _machine(bench: Bench) -> str:
    return (
        f"{bench.articles:,} articles, {bench.characters:,} characters; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, Label Studio {importlib.metadata.version('label-studio')}"
    )


if __name__ == "__main__":
    main()
