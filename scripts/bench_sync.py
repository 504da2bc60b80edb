"""The sync at scale: ten thousand articles of 3 KB with ten spans each, every figure beside its floor in the same run.

    python scripts/bench_sync.py [--articles N] [--runs N] [--production] [--json FILE]

On an embedded Label Studio (SQLite), or with --production on one of PostgreSQL and uWSGI (see production_server.py).
The figures are those of `make bench`, at another size; and how much memory a pull needs, for a tenth of the articles
and for all.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from benchmarks import pushing, syncing
from benchmarks.bench import Bench
from benchmarks.figures import table

from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from benchmarks.figures import Figure


def _measured(bench: Bench, *, production: bool) -> list[Figure]:
    with bench.closing:
        if production:
            import production_server

            running = bench.closing.enter_context(production_server.production(bench.folder / "server"))
            bench.server = running.plain
        return [*pushing.measure(bench), *syncing.measure(bench)]


@click.command()
@click.option("--articles", default=10_000, show_default=True, type=click.IntRange(min=100))
@click.option("--runs", default=3, show_default=True, type=click.IntRange(min=1), help="Of each; medians are shown.")
@click.option("--production", is_flag=True, help="PostgreSQL and uWSGI in place of SQLite and Django's own server.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the seconds of every run there, too.")
def main(articles: int, runs: int, path: Path | None, *, production: bool) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        bench = Bench(folder, articles, runs)
        figures = _measured(bench, production=production)
    where = "PostgreSQL, uWSGI and nginx" if production else "SQLite, Django's own server"
    click.echo(
        f"{articles:,} articles, {bench.characters:,} characters; {where}; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, Label Studio {importlib.metadata.version('label-studio')}\n"
    )
    click.echo("\n".join([*table(figures), "", *bench.notes]))
    if path:
        write_json(path, [figure.record() for figure in figures])


if __name__ == "__main__":
    main()
