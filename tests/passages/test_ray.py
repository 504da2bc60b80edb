"""The same code on a real Ray, started here by its own means: the same result."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labeling.articles import Article
from labeling.errors import RayUnavailable
from labeling.values import digest_of
from labeling.workspace.flow import runner
from labeling.workspace.rows.passage import Passage
from labeling.workspace.storage import read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labeling.passages.find import FoundPassages

# In a process of its own, because Daft keeps to the runner that it was first given.
SCRIPT = """
import sys
from pathlib import Path
from labeling.workspace.flow import runner
from labeling.passages.find import CorpusSize, find_passages, read_articles_frame
from labeling.project import PassageRules
from labeling.workspace.storage import write_rows

articles, out = map(Path, sys.argv[1:])
runner.choose_runner("local")
found = find_passages(read_articles_frame(articles), CorpusSize(20_000, 100_000), PassageRules(ray="local", memory=1))
write_rows(out / "passages.jsonl", found.passages)
write_rows(out / "clusters.jsonl", found.clusters)
"""


def corpus() -> list[Article]:
    """Sixty articles of eleven releases in three outlets each, with a footer that is boilerplate."""
    texts = [
        " ".join([f"own{n}x{k}" for k in range(n)] + [f"release{n % 11}x{k}" for k in range(40)] + ["footer"] * 15)
        for n in range(60)
    ]
    return [
        Article(
            id=f"a{n:02}", text=text, digest=digest_of(text), source=f"s{n % 3}", published=f"2024-01-{1 + n // 4:02}"
        )
        for n, text in enumerate(texts)
    ]


@pytest.mark.ray
def test_ray_and_one_process_find_the_same(tmp_path: Path, find_in: Callable[..., FoundPassages]) -> None:
    """On a local Ray cluster the rows are those of one process, and the memory of this machine is not asked for."""
    write_rows(tmp_path / "articles.jsonl", corpus())
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "articles.jsonl"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    here = find_in(corpus())

    assert script.returncode == 0, script.stderr
    assert tuple(read_rows(tmp_path / "passages.jsonl", Passage)) == here.passages
    assert (tmp_path / "clusters.jsonl").read_text(encoding="utf-8").count("\n") == len(here.clusters) == 60
    assert {passage.kind for passage in here.passages} == {"reprint", "boilerplate"}


@pytest.mark.ray
def test_unreachable_ray_cluster_is_named() -> None:
    """An address without a cluster: the refusal names it, with what to do."""
    with pytest.raises(RayUnavailable, match=r"'127\.0\.0\.1:1' cannot be used: .*refused") as refusal:
        runner.choose_runner("127.0.0.1:1")

    assert "`ray` under [passages]" in refusal.value.todo


def test_missing_ray_is_refused_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Ray is not installed, the extra to install is named."""
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(RayUnavailable, match="Ray is not installed") as refusal:
        runner.choose_runner("local")

    assert refusal.value.todo == "install labeling[ray]"
