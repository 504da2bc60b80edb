"""The formats there are, and the files of each that a path names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from labeling.errors import UsageError
from labeling.imports import brat, conll, doccano, prodigy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.imports.record import Item

Format: TypeAlias = Literal["brat", "prodigy", "doccano", "conll"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ENDINGS: dict[Format, tuple[str, ...]] = {
    "brat": brat.ENDINGS,
    "prodigy": prodigy.ENDINGS,
    "doccano": doccano.ENDINGS,
    "conll": conll.ENDINGS,
}


def read(kind: Format, path: Path, name: str, text_of: Callable[[str], str | None]) -> Iterator[Item]:
    """What a file says, statement by statement.

    Args:
        kind: Its format.
        path: The file.
        name: What its article is called, or its articles are called after.
        text_of: Gives the text of an article that was taken in before, by its id; None for any other.
    """
    if kind == "conll":
        return conll.read(path, name, text_of)
    return {"brat": brat.read, "prodigy": prodigy.read, "doccano": doccano.read}[kind](path, name)


def files(kind: Format, names: Iterable[str]) -> tuple[list[tuple[Path, str]], list[str]]:
    """The files of a format that ``names`` name, each with its path in the named folder without its ending.

    Returns:
        Files with names, in order; and the visible files in folders that were passed over.

    Raises:
        UsageError: A name stands for nothing, or a folder has no such file.
    """
    found, passed = dict[Path, str](), list[str]()
    for name in names:
        path = Path(name)
        if path.is_file():
            found.setdefault(path, path.stem)
            continue
        under = _under(path)
        ours = [each for each in under if each.suffix.lower() in _ENDINGS[kind]]
        if not ours:
            wanted = f"{name!r} holds no {kind} file" if path.is_dir() else f"there is no file or folder {name!r}"
            raise UsageError(wanted, todo=f"name files, or a folder of files ending in {' '.join(_ENDINGS[kind])}")
        found = {each: each.relative_to(path).with_suffix("").as_posix() for each in ours} | found
        passed += [str(each) for each in under if each not in found and not _text_of(kind, each)]
    return sorted(found.items()), passed


def _under(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _text_of(kind: Format, path: Path) -> bool:
    """Whether the file is the text that another one is about."""
    return kind == "brat" and path.suffix == ".txt" and path.with_suffix(".ann").exists()
