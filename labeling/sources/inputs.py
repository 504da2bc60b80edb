"""Inputs: the files that a command names, by file, folder, glob or ``-``, and the name of each."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from labeling.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The format of a file, by its ending; `.gz` may follow. Which of JSON's shapes a file has, its content tells.
SOURCE_FORMATS = {
    ".txt": "text",
    ".jsonl": "lines",
    ".csv": "table",
    ".tsv": "table",
    ".html": "page",
    ".htm": "page",
    ".xml": "page",
    ".json": "lines",
    ".ndjson": "lines",
}
STDIN = "-"
_GZIP_ENDING = ".gz"


@dataclass(frozen=True)
class SourceFile:
    """One file to read. ``path`` is None for the standard input.

    ``name`` is the path relative to the folder that was named (or to the fixed head of the glob; the file name alone
    for a file that was named itself), without its ending and with ``/`` between folders. ``folder`` is the first folder
    of ``name``, or "". ``format`` is a value of ``SOURCE_FORMATS``, or "" for an unknown ending.
    """

    path: Path | None
    name: str
    folder: str = ""
    format: str = ""

    @property
    def where(self) -> str:
        """The name of the file in messages."""
        return "standard input" if self.path is None else str(self.path)


@dataclass(frozen=True)
class SourceFiles:
    """The files to read, each once; and what was passed over in folders: hidden files, links, pipes, others."""

    inputs: tuple[SourceFile, ...]
    skipped: tuple[str, ...] = ()


_FoundItem: TypeAlias = "SourceFile | str"  # a file to read, or the path of one that was passed over


def find_source_files(names: Iterable[str]) -> SourceFiles:
    """Find the files that ``names`` name: files, folders (searched in depth, in order), globs (``**`` too), ``-``.

    A file reached in two ways is read once, under the first name. In folders and globs, hidden files, links
    and unknown endings are passed over and listed; a file named itself is never passed over.

    Raises:
        UsageError: A name matches nothing, or a folder or glob has no file in a format that we read.
    """
    items = [item for name in names for item in _find_named(name)]
    # Links to one file are one file.
    once: dict[object, SourceFile] = {}
    for item in items:
        if isinstance(item, SourceFile):
            once.setdefault(_identity(item.path), item)
    return SourceFiles(tuple(once.values()), tuple(dict.fromkeys(item for item in items if isinstance(item, str))))


def _identity(path: Path | None) -> object:
    """What two names of one file have in common; a link is refused, so it must not take the place of its target."""
    return path if path is None or path.is_symlink() else os.path.realpath(path)


def _find_named(name: str) -> Iterable[_FoundItem]:
    if name == STDIN:
        return [SourceFile(None, "stdin")]
    if not name:  # of an unset shell variable; to Path it would be the current folder
        raise UsageError("a path is empty", todo="name a file, a folder or a glob")
    # What exists goes before what could be a pattern: `[1].txt` may be a file.
    path = Path(name)
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise UsageError(f"{name[:100]!r} cannot be a path: {error}", todo="name one that exists") from None
    if path.is_dir():
        return _require_readable(name, list(_walk_folder(path, path)))
    if path.exists() or path.is_symlink():
        return [_make_source_file(path, path.parent)]
    if glob.has_magic(name):
        return _require_readable(name, list(_find_matching(name)))
    raise UsageError(f"no file or folder is called {name}", todo="name one that exists", where=name)


def _require_readable(name: str, items: list[_FoundItem]) -> list[_FoundItem]:
    # A folder in which everything is passed over is most likely the wrong one.
    if any(isinstance(item, SourceFile) for item in items):
        return items
    endings = " ".join(SOURCE_FORMATS)
    passed = f" ({len(items)} other files are there)" if items else ""
    raise UsageError(f"{name} holds no file to read{passed}", todo=f"files must end in one of {endings}", where=name)


def _find_matching(pattern: str) -> Iterator[_FoundItem]:
    base = _fixed_head(pattern)
    # Sorted: the order of a folder differs from disk to disk.
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        path = Path(match)
        # With ** the files in a folder are matches of their own.
        if not path.is_dir():
            yield _file_or_skipped(path, base)
        elif "**" not in pattern:
            yield from _walk_folder(path, base)


def _fixed_head(pattern: str) -> Path:
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _walk_folder(folder: Path, base: Path) -> Iterator[_FoundItem]:
    for root, folders, files in os.walk(folder, onerror=_unlistable):
        passed = {name for name in folders if name.startswith(".") or (Path(root) / name).is_symlink()}
        yield from (str(Path(root) / name) for name in sorted(passed))
        # `os.walk` descends into whatever is left in this list.
        folders[:] = sorted(set(folders) - passed)
        for name in sorted(files):
            yield _file_or_skipped(Path(root) / name, base)


def _unlistable(error: OSError) -> NoReturn:
    raise UsageError(
        f"{error.filename} cannot be listed: {error.strerror}", todo="mend its rights", where=str(error.filename)
    )


def _file_or_skipped(path: Path, base: Path) -> _FoundItem:
    """The file, or its path when it is to be passed over."""
    found = _make_source_file(path, base)
    # A link may lead out of the folder, and reading a named pipe would wait for ever.
    plain = path.is_file() and not path.is_symlink()
    return found if found.format and plain and not path.name.startswith(".") else str(path)


def _make_source_file(path: Path, base: Path) -> SourceFile:
    # The same file gets the same name wherever the folder lies.
    relative = path.relative_to(base)
    relative = relative.with_suffix("") if path.suffix.lower() == _GZIP_ENDING else relative
    ending, relative = relative.suffix.lower(), relative.with_suffix("")
    folder = relative.parts[0] if len(relative.parts) > 1 else ""
    return SourceFile(path, relative.as_posix(), folder, SOURCE_FORMATS.get(ending, ""))
