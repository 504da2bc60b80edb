"""Exports of other tools, corrupted at random and imported: what became of their spans, and that no promise was broken.

    python scripts/import_faults.py [--times N] [--seed N] [FORMAT]...

Ends with status 1 at the first format of which a promise is broken. It needs no server. `make test` plays 300 of each.
"""

from __future__ import annotations

import sys
import time

import click
from faulty.export_checks import play_exports
from faulty.exports import EXPORT_FORMATS

_MOST_SHOWN = 10


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(EXPORT_FORMATS))
@click.option("--times", default=10_000, show_default=True, help="How many exports of each format.")
@click.option("--seed", default=1, show_default=True, help="Other stories, other fates.")
def main(kinds: tuple[str, ...], times: int, seed: int) -> None:
    """Play them all."""
    for kind in kinds or EXPORT_FORMATS:
        began = time.monotonic()
        happened, broken = play_exports(kind, times, seed)
        for fault in broken[:_MOST_SHOWN]:
            print(f"BROKEN  {fault}", file=sys.stderr)
        if broken:
            sys.exit(1)
        what = ", ".join(f"{number:,} {name}" for name, number in sorted(happened.items()))
        print(f"held  {times:,} exports of {kind}: spans {what} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
