"""The workspace: files larger than memory, a disk that is full, what killed commands leave, and the lock."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Article
from labeling.errors import DamagedFile, MissingInput, NoRoom, WorkspaceBusy
from labeling.workspace import journal
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.row_lookup import GroupedRows, IndexedRows
from labeling.workspace.rows.server_state import PushedTask
from labeling.workspace.storage import (
    file_digest,
    read_rows,
    read_value,
    replace_file,
    write_rows,
)
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager


def article(name: str, text: str = "Text 😀\n.") -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, text)


def test_rows_are_read_by_their_field_when_they_are_asked_for(tmp_path: Path) -> None:
    """In any order, as often as one likes; of two with one id the later one counts."""
    path = tmp_path / "articles.jsonl"
    write_rows(path, [article("b"), article("a"), article("b", "Other.")])

    rows: Mapping[str, Article] = IndexedRows(path, Article, "id")

    assert (list(rows), len(rows)) == (["b", "a"], 2)
    assert (rows["a"], rows["b"], rows["a"].text) == (article("a"), article("b", "Other."), "Text 😀\n.")
    assert rows.get("c") is None


def test_rows_that_share_a_field_are_read_as_a_group(tmp_path: Path) -> None:
    """In the order of the file, wherever they are in it; a damaged row is named before any group is read."""
    path = tmp_path / "pushed.jsonl"
    first, other, last = (PushedTask(article=name, digest=name * 2, task=at) for at, name in enumerate("aba"))
    write_rows(path, [first, other, last])

    groups: Mapping[str, list[PushedTask]] = GroupedRows(path, PushedTask, "article")

    assert dict(groups) == {"a": [first, last], "b": [other]}
    assert (len(groups), groups.get("c")) == (2, None)
    path.write_text(path.read_text(encoding="utf-8") + '{"article":"c"}\n', encoding="utf-8")
    with pytest.raises(DamagedFile, match="line 4: digest"):
        GroupedRows(path, PushedTask, "article")


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """One without the field when the file is opened, another one when it is read; and a file that is not there."""
    path = tmp_path / "articles.jsonl"
    path.write_text('{"id":"a"}\n{"name":"b"}\n', encoding="utf-8")
    with pytest.raises(DamagedFile, match="line 2"):
        IndexedRows(path, Article, "id")
    path.write_text('{"id":"a"}\n', encoding="utf-8")
    with pytest.raises(DamagedFile, match="line 1"):
        IndexedRows(path, Article, "id")["a"]
    with pytest.raises(MissingInput, match="is not there"):
        IndexedRows(tmp_path / "none" / "articles.jsonl", Article, "id")


_PLACES = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3), st.integers(0, 9), st.text(max_size=2)))


@given(_PLACES, _PLACES)
def test_lines_come_out_in_order(
    places: list[tuple[str, str, int, str]], earlier: list[tuple[str, str, int, str]]
) -> None:
    """As `sorted` would have them, each line once; those that are there already stand among them."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        lines = SortedLines(Path(folder))
        for place in places:
            lines.add(place, repr(place).encode())
        lines.write(Path(folder) / "out", ((place, repr(place).encode()) for place in sorted(earlier)))
        everything = "".join(f"{place!r}\n" for place in sorted([*places, *earlier]))
        assert (Path(folder) / "out").read_text(encoding="utf-8") == everything
        assert [path.name for path in Path(folder).iterdir()] == ["out"]


def test_lines_out_of_order_are_not_written(tmp_path: Path) -> None:
    """Nothing is, if what is there already does not come in order: the file stays what it was."""
    out = tmp_path / "out"
    out.write_text("before\n", encoding="utf-8")
    with pytest.raises(ValueError, match="out of order"):
        SortedLines(tmp_path).write(out, [(("b",), b"b"), (("a",), b"a")])
    assert out.read_text(encoding="utf-8") == "before\n"
    assert [*tmp_path.iterdir()] == [out]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_has_a_name() -> None:
    """The journal cannot be written: nothing is sent after that."""
    with pytest.raises(NoRoom, match="No space left") as refused:
        journal.append_to_journal(Path("/dev/full"), [PushedTask(article="a", digest="b")])

    assert "make room" in refused.value.todo


def test_a_closed_workspace_has_a_name(
    open_folder: Path, as_nobody: Callable[..., AbstractContextManager[None]]
) -> None:
    """The folder may not be written, or the lock in it is another user's; its journal can be read all the same."""
    workspace, locked = Workspace(open_folder / "closed"), Workspace(open_folder / "locked")
    workspace.root.mkdir()
    journal.append_to_journal(workspace.pushed.path, [PushedTask(article="a", digest="b")])
    workspace.root.chmod(0o555)
    workspace.pushed.path.chmod(0o444)
    locked.root.mkdir()
    (locked.root / ".lock").touch(mode=0o444)

    with as_nobody(workspace.root):
        with pytest.raises(NoRoom, match="Permission denied"), workspace.lock():
            pytest.fail("it was locked")
        assert list(journal.load_journal(workspace.pushed.path)) == [("a", "b")]
    with as_nobody(locked.root), pytest.raises(NoRoom, match="Permission denied"), locked.lock():
        pytest.fail("it was locked")


def test_two_users_can_share_a_workspace(
    open_folder: Path, as_nobody: Callable[..., AbstractContextManager[None]]
) -> None:
    """As far as the folder and their umask let them: the lock is nobody's own."""
    workspace = Workspace(open_folder / "shared")
    before = os.umask(0)
    try:
        with workspace.lock():
            pass
    finally:
        os.umask(before)
    workspace.root.chmod(0o777)

    with as_nobody(), workspace.lock():
        assert (workspace.root / ".lock").stat().st_mode & 0o666 == 0o664


@pytest.mark.parametrize("noise", [b"\xff\xfe\n", b'{"id": "\xe9"}\n', b"\n"])
def test_a_line_that_is_no_text_is_named(tmp_path: Path, noise: bytes) -> None:
    """Bytes that are no UTF-8 are damage like any other: file and line are told."""
    path = tmp_path / "articles.jsonl"
    write_rows(path, [article("a")])
    path.write_bytes(path.read_bytes() + noise)

    with pytest.raises(DamagedFile, match=r"articles\.jsonl, line 2: "):
        list(read_rows(path, Article))
    path.write_bytes(noise)
    with pytest.raises(DamagedFile, match=r"articles\.jsonl, line 1: "):
        read_value(path, Article)


def test_what_stood_there_stands_when_there_is_no_room(tmp_path: Path) -> None:
    """A write that fails half way leaves the old file, and no other."""
    path = tmp_path / "articles.jsonl"
    write_rows(path, [article("a")])
    before = file_digest(path)

    def fail() -> None:
        with replace_file(path) as temporary:
            temporary.write_text("half a li", encoding="utf-8")
            raise OSError(28, "No space left on device")

    with pytest.raises(NoRoom):
        fail()
    assert file_digest(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_commands_were_writing_is_swept_away(tmp_path: Path) -> None:
    """Under the lock nobody else is writing: half-written files go, all others stay."""
    workspace = Workspace(tmp_path)
    workspace.pulls.mkdir()
    half = [tmp_path / ".pushed.jsonl.ab_12xyz", workspace.pulls / ".2026-11-22T120000.000000Z.json.gz.abcdefgh"]
    others = [tmp_path / ".hidden", tmp_path / "pushed.jsonl", workspace.pulls / "2026-11-22T120000.000000Z.json.gz"]
    for path in (*half, *others):
        path.touch()

    with workspace.lock():
        assert [path.exists() for path in (*half, *others)] == [False, False, True, True, True]


def test_a_second_writer_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    """It gets its turn when the first is done in time; else the refusal says for how long it waited."""
    workspace, held, done = Workspace(tmp_path), threading.Event(), threading.Event()

    def hold() -> None:
        with workspace.lock():
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with pytest.raises(WorkspaceBusy, match=r"for 0\.2 seconds now"), workspace.lock(0.2):
        pass
    threading.Timer(0.3, done.set).start()
    with workspace.lock(10):
        assert done.is_set()
    thread.join()


def test_a_writer_that_is_killed_lets_go(tmp_path: Path) -> None:
    """The system releases the lock of a process that is no more."""
    program = (
        "import os, signal, sys; from pathlib import Path; from labeling.workspace.table import Workspace\n"
        "with Workspace(Path(sys.argv[1])).lock(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -9

    with Workspace(tmp_path).lock():
        assert (tmp_path / ".lock").exists()
