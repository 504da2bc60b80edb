"""A disk that fills up in the middle of a verb: a few moments of those that `make faults` tries one by one."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, get_args

import pytest
from faulty import full_disk
from faulty.broken import Broken
from faulty.full_disk import Fullness, make_call, make_grounds, take_stock, try_full_disk

from labeling.workspace.storage import replace_folder, write_text

if TYPE_CHECKING:
    from pathlib import Path

CALLS = ("ingest", "import", "cluster", "adjudicate", "split", "compile", "release", "report")


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A workspace before each of the verbs, with new articles and annotations to work on."""
    return make_grounds(tmp_path_factory.mktemp("full"), CALLS)


@pytest.mark.parametrize(
    ("call", "how", "most"),
    [
        ("ingest", "empty", 4),
        ("import", "cut", 4),
        ("cluster", "refused", 3),
        ("adjudicate", "refused once", 6),
        ("split", "not synced", 3),
        ("compile", "empty", 3),
        ("release", "refused", 4),
        ("report", "refused once", 3),
    ],
)
def test_a_full_disk_leaves_each_file_as_before_or_as_after(
    grounds: dict[str, Path], tmp_path: Path, call: str, how: Fullness, most: int
) -> None:
    """It is named, nothing is left lying about, and the same command with room again makes all whole."""
    done = try_full_disk(grounds[call], tmp_path / "scratch", call, how, most)

    assert done.broken == []
    assert done.trials == sum(done.ends.values()) == most
    assert {*done.ends} <= {"NoRoom", "done"}
    assert done.ends["NoRoom"] >= 1


def test_the_exchange_of_a_dataset_is_whole(grounds: dict[str, Path], tmp_path: Path) -> None:
    """The last requests of a compile of what was compiled before: the old one steps aside, the new one and the link."""
    root = tmp_path / "again" / "workspace"
    full_disk.copy_ground(grounds["compile"], root.parent)
    assert make_call(root, "compile") == "done"

    done = try_full_disk(root, tmp_path / "scratch", "compile", "refused once", last=10)

    assert done.broken == []
    assert done.ends["NoRoom"] >= 1


def test_half_a_file_would_be_found(grounds: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb that writes in place leaves half a file on a full disk, and the trial says so."""
    monkeypatch.setattr("labeling.report.write_report.write_text", lambda path, text: path.write_text(text))

    # Behind the page come the locks of what tells the next step.
    done = try_full_disk(grounds["report"], tmp_path / "scratch", "report", "cut", last=18)

    assert any("neither as before nor as after: report.html" in line for line in done.broken)


def test_every_kind_of_fullness_is_described() -> None:
    """The page has a line for each."""
    assert tuple(full_disk.FULLNESS) == get_args(Fullness)


def test_a_folder_steps_back_when_its_place_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second rename is refused: what was there is there again."""
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        write_text(tmp_path / name / "a.json", json.dumps(name))
    plain = type(tmp_path).replace

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(path, target)

    monkeypatch.setattr(type(tmp_path), "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        replace_folder(tmp_path / "new", tmp_path / "old", tmp_path / "aside")

    assert (tmp_path / "old" / "a.json").read_text(encoding="utf-8") == '"old"'
    assert not (tmp_path / "aside").exists()


def test_a_call_that_ends_in_a_traceback_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is not an error of ours breaks the promise."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("labeling.verbs.cluster.cluster", fail)
    with pytest.raises(Broken, match="ZeroDivisionError"):
        make_call(tmp_path / "workspace", "cluster")
    assert take_stock(tmp_path) == {}
