"""The files that a command names, and the name of each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labeling.errors import UsageError
from labeling.sources.inputs import find_source_files


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    """A folder of two outlets, with other files as such folders have them."""
    for name in (
        "toi/b.txt",
        "toi/a.v2.TXT",
        "hindu/deep/c.jsonl",
        "top.html",
        "notes.md",
        ".hidden.txt",
        ".git/d.txt",
    ):
        path = tmp_path / "wire" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    return tmp_path / "wire"


def names(*paths: object) -> list[tuple[str, str]]:
    """Name and first folder of each file found."""
    return [(found.name, found.folder) for found in find_source_files(map(str, paths)).inputs]


def test_a_folder_is_searched_in_depth_and_in_order(wire: Path) -> None:
    """Names are paths in the named folder without their endings; other files are listed."""
    found = find_source_files([str(wire)])

    assert [(file.name, file.folder, file.format) for file in found.inputs] == [
        ("top", "", "page"),
        ("hindu/deep/c", "hindu", "lines"),
        ("toi/a.v2", "toi", "text"),
        ("toi/b", "toi", "text"),
    ]
    assert found.skipped == (str(wire / ".git"), str(wire / ".hidden.txt"), str(wire / "notes.md"))


def test_names_from_a_glob_begin_after_its_fixed_head(wire: Path) -> None:
    """The head of a glob is the part before its first special character: outlets are kept apart."""
    assert names(wire / "*" / "*.txt") == [("toi/b", "toi")]
    assert names(wire / "**" / "*.[tT]*") == [("toi/a.v2", "toi"), ("toi/b", "toi")]
    assert names(wire / "h*") == [("hindu/deep/c", "hindu")]


def test_a_file_named_itself_has_no_folder(wire: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it lies, and its path may be relative."""
    assert names(wire / "toi" / "b.txt") == [("b", "")]
    monkeypatch.chdir(wire)
    assert names("top.html", "toi/*.txt", "./hindu/") == [("top", ""), ("b", ""), ("deep/c", "deep")]


def test_a_file_named_by_itself_is_never_passed_over(wire: Path) -> None:
    """Hidden files and unknown endings, named one by one, are read or refused."""
    found = find_source_files([str(wire / "notes.md"), str(wire / ".hidden.txt")])

    assert [file.format for file in found.inputs] == ["", "text"]
    assert found.skipped == ()


def test_a_file_reached_twice_is_read_once(wire: Path) -> None:
    """Folder and file, a link to it, and standard input twice: each once, under the first name."""
    (wire / "toi" / "link.txt").symlink_to(wire / "toi" / "b.txt")

    assert names(wire / "toi" / "b.txt", wire / "toi", "-", "-") == [("b", ""), ("a.v2", ""), ("stdin", "")]


def test_linked_folders_are_listed_not_followed(wire: Path) -> None:
    """Links between folders may run in circles."""
    (wire / "toi" / "up").symlink_to(wire)

    assert str(wire / "toi" / "up") in find_source_files([str(wire)]).skipped


def test_a_name_like_a_glob_is_a_file_if_it_exists(tmp_path: Path) -> None:
    """``[1].txt`` is a file when there is one."""
    (tmp_path / "[1].txt").write_text("x", encoding="utf-8")

    assert names(tmp_path / "[1].txt") == [("[1]", "")]


def test_a_pipe_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    """Reading a named pipe would wait forever."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    assert find_source_files([str(tmp_path)]).skipped == (str(tmp_path / "pipe.txt"),)


@pytest.mark.parametrize("name", ["nowhere", "nowhere/*.txt", "wire/*.pdf", "wire/.git/**/*.html", "empty", ""])
def test_a_name_that_matches_nothing_is_a_wrong_use(name: str, wire: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a glob or folder without a file to read, and an unset shell variable: status 2."""
    monkeypatch.chdir(wire.parent)
    Path("empty").mkdir()

    with pytest.raises(UsageError) as refusal:
        find_source_files(["wire", name])

    assert refusal.value.exit_status == 2


def test_a_folder_without_readable_files_is_refused(tmp_path: Path) -> None:
    """The message counts the files that were there, and the way out lists the endings."""
    (tmp_path / "a.pdf").write_text("x", encoding="utf-8")

    with pytest.raises(UsageError, match="1 other files are there") as refusal:
        find_source_files([str(tmp_path)])

    assert ".txt .jsonl .csv" in refusal.value.todo
