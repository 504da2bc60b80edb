"""Which files a command names, and what each is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labeling.errors import UsageError
from labeling.sources.inputs import find_source_files


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    """A folder of two outlets, with what else lies about in such folders."""
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
    """Name and first folder of what is found."""
    return [(found.name, found.folder) for found in find_source_files(map(str, paths)).inputs]


def test_a_folder_is_searched_in_depth_and_in_order(wire: Path) -> None:
    """Names are paths in the named folder without their endings; what is passed over is listed."""
    found = find_source_files([str(wire)])

    assert [(file.name, file.folder, file.format) for file in found.inputs] == [
        ("top", "", "page"),
        ("hindu/deep/c", "hindu", "lines"),
        ("toi/a.v2", "toi", "text"),
        ("toi/b", "toi", "text"),
    ]
    assert found.skipped == (str(wire / ".git"), str(wire / ".hidden.txt"), str(wire / "notes.md"))


def test_a_glob_names_from_its_fixed_head(wire: Path) -> None:
    """The head of a glob is what stands before its first sign: outlets stay apart."""
    assert names(wire / "*" / "*.txt") == [("toi/b", "toi")]
    assert names(wire / "**" / "*.[tT]*") == [("toi/a.v2", "toi"), ("toi/b", "toi")]
    assert names(wire / "h*") == [("hindu/deep/c", "hindu")]


def test_a_file_is_called_by_its_name(wire: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named by itself has no folder, wherever it lies, and its path may be relative."""
    assert names(wire / "toi" / "b.txt") == [("b", "")]
    monkeypatch.chdir(wire)
    assert names("top.html", "toi/*.txt", "./hindu/") == [("top", ""), ("b", ""), ("deep/c", "deep")]


def test_a_file_named_by_itself_is_never_passed_over(wire: Path) -> None:
    """Hidden files and unknown endings, named one by one, are there to be read or refused."""
    found = find_source_files([str(wire / "notes.md"), str(wire / ".hidden.txt")])

    assert [file.format for file in found.inputs] == ["", "text"]
    assert found.skipped == ()


def test_a_file_reached_twice_is_read_once(wire: Path) -> None:
    """Folder and file, a link to it, and the standard input twice: each once, under the first name."""
    (wire / "toi" / "link.txt").symlink_to(wire / "toi" / "b.txt")

    assert names(wire / "toi" / "b.txt", wire / "toi", "-", "-") == [("b", ""), ("a.v2", ""), ("stdin", "")]


def test_a_linked_folder_is_passed_over_and_said(wire: Path) -> None:
    """Links between folders may run in circles: they are not followed, and listed."""
    (wire / "toi" / "up").symlink_to(wire)

    assert str(wire / "toi" / "up") in find_source_files([str(wire)]).skipped


def test_a_name_with_signs_of_a_glob_is_a_file_if_it_is_there(tmp_path: Path) -> None:
    """``[1].txt`` is a file when there is one."""
    (tmp_path / "[1].txt").write_text("x", encoding="utf-8")

    assert names(tmp_path / "[1].txt") == [("[1]", "")]


def test_a_pipe_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    """Reading a named pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    assert find_source_files([str(tmp_path)]).skipped == (str(tmp_path / "pipe.txt"),)


@pytest.mark.parametrize("name", ["nowhere", "nowhere/*.txt", "wire/*.pdf", "wire/.git/**/*.html", "empty", ""])
def test_a_name_for_nothing_is_a_wrong_use(name: str, wire: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there, a glob or folder without a file to read, and an unset shell variable: status 2."""
    monkeypatch.chdir(wire.parent)
    Path("empty").mkdir()

    with pytest.raises(UsageError) as refusal:
        find_source_files(["wire", name])

    assert refusal.value.exit_status == 2


def test_a_folder_without_our_formats_says_what_it_saw(tmp_path: Path) -> None:
    """The message counts the files that were there, and the way out lists the endings."""
    (tmp_path / "a.pdf").write_text("x", encoding="utf-8")

    with pytest.raises(UsageError, match="1 other files are there") as refusal:
        find_source_files([str(tmp_path)])

    assert ".txt .jsonl .csv" in refusal.value.todo
