"""The formats there are, and the files of each that a path names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from labeling.errors import UsageError
from labeling.imports import brat, conll, doccano, prodigy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.imports.record import ImportItem

ImportFormat: TypeAlias = Literal["brat", "prodigy", "doccano", "conll"]
IMPORT_FORMATS: tuple[ImportFormat, ...] = get_args(ImportFormat)

_ENDINGS: dict[ImportFormat, tuple[str, ...]] = {
    "brat": brat.BRAT_ENDINGS,
    "prodigy": prodigy.PRODIGY_ENDINGS,
    "doccano": doccano.DOCCANO_ENDINGS,
    "conll": conll.CONLL_ENDINGS,
}


def read_import(
    kind: ImportFormat, path: Path, name: str, text_of: Callable[[str], str | None]
) -> Iterator[ImportItem]:
    """What a file says, statement by statement.

    Args:
        kind: Its format.
        path: The file.
        name: What its article is called, or its articles are called after.
        text_of: Gives the text of an article that was taken in before, by its id; None for any other.
    """
    if kind == "conll":
        return conll.read_conll(path, name, text_of)
    return {"brat": brat.read_brat, "prodigy": prodigy.read_prodigy, "doccano": doccano.read_doccano}[kind](path, name)


def find_import_files(kind: ImportFormat, names: Iterable[str]) -> tuple[list[tuple[Path, str]], list[str]]:
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
        under = _files_under(path)
        ours = [each for each in under if each.suffix.lower() in _ENDINGS[kind]]
        if not ours:
            wanted = f"{name!r} holds no {kind} file" if path.is_dir() else f"there is no file or folder {name!r}"
            raise UsageError(wanted, todo=f"name files, or a folder of files ending in {' '.join(_ENDINGS[kind])}")
        found = {each: each.relative_to(path).with_suffix("").as_posix() for each in ours} | found
        passed += [str(each) for each in under if each not in found and not _is_brat_text(kind, each)]
    return sorted(found.items()), passed


def _files_under(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _is_brat_text(kind: ImportFormat, path: Path) -> bool:
    """Whether the file is the text that another one is about."""
    return kind == "brat" and path.suffix == ".txt" and path.with_suffix(".ann").exists()
