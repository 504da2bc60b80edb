"""`make bench`: a figure is what its seconds say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]


def bench(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script as `make bench` does, with other arguments."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "bench.py", *args], capture_output=True, text=True, check=False
    )


def test_ratio_is_our_time_over_the_floors(tmp_path: Path) -> None:
    """The ratio is that of the median seconds, and rates are counts over them; the table and the file say the same."""
    done = bench("--only", "ingest", "--articles", "5", "--runs", "3", "--json", tmp_path / "bench.json")

    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "bench.json").read_text())["figures"]
    lengths = ["JSON lines of 3 kB", "JSON lines of 1.7 kB"]
    assert [figure["what"] for figure in figures] == [*lengths, "a folder of text files"]
    for figure in figures:
        ours, floor = median(figure["seconds"]), median(figure["floor_seconds"])
        line = next(line for line in done.stdout.splitlines() if figure["what"] in line)
        assert (figure["count"], figure["floor_count"], len(figure["seconds"])) == (5, 5, 3)
        assert figure["ratio"] == pytest.approx(ours / floor, rel=1e-12)
        assert f" {5 / ours:,.0f} /s " in line
        assert f" {5 / floor:,.0f} /s " in line
        assert f" {ours / floor:.2f} " in line


def test_unknown_section_is_refused() -> None:
    """A section that is not there is named, with those that are, before anything is measured."""
    done = bench("--only", "ingest,pusch")

    assert done.returncode == 2
    assert "there is no section 'pusch'; there are start, ingest, " in done.stderr
