"""A file of a CAS opened: its type system found, its XML looked at before anything follows what is declared there."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers import expat

from labeling.errors import UnreadableArticle
from labeling.imports.cas.cas_types import TYPE_SYSTEM, load_cassis
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from pathlib import Path

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_NO_PLACE = re.compile(r"external offset \[(-?\d+)\]")


@dataclass(frozen=True)
class OpenedCas:
    """A CAS, its offsets in code points; ``unplaced`` has offsets that are not between two characters in UTF-16."""

    cas: Any
    unplaced: frozenset[int]


def open_cas(path: Path, name: str) -> OpenedCas:
    """Read a file of XMI or JSON; ``name`` is its path in the folder that is read.

    Raises:
        UnreadableArticle: It is not a CAS, it declares entities, or a type of it is not known.
        UsageError: The package for it is not installed.
        OSError: It cannot be read.
    """
    cassis, content = load_cassis(), read_plain(path)
    system_path = _find_type_system(path, name)
    is_json = bool(_JSON.match(content))
    if system_path is None and not is_json:
        raise UnreadableArticle(
            "no type system lies beside it, without which nobody knows what is an annotation",
            todo=f"put the {TYPE_SYSTEM} of the export into its folder, or export JSON, which has it inside",
        )
    load = cassis.load_cas_from_json if is_json else cassis.load_cas_from_xmi
    try:
        system = _load_type_system(read_plain(system_path)) if system_path else None
        if not is_json:
            _refuse_declarations(content)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            cas = load(io.BytesIO(content.removeprefix(b"\xef\xbb\xbf") if is_json else content), typesystem=system)
    except (UnreadableArticle, OSError):
        raise
    except Exception as error:  # what is damaged ends in whatever error comes first inside it
        words = " ".join(str(getattr(error, "message", "") or error).split())
        raise UnreadableArticle(
            f"it is not a whole CAS of its type system: {type(error).__name__} {words[:200]}",
            todo=f"export it again, with the {TYPE_SYSTEM} that belongs to it",
        ) from error
    found = (_NO_PLACE.search(str(each.message)) for each in said)
    return OpenedCas(cas, frozenset(int(each[1]) for each in found if each))


def _find_type_system(path: Path, name: str) -> Path | None:
    """The type system beside a file, or in a folder above it within the one that is read; at least one above."""
    for folder in (path.parent, *path.resolve().parent.parents[: max(1, name.count("/"))]):
        for written in (TYPE_SYSTEM, TYPE_SYSTEM.lower()):
            if (folder / written).is_file():
                return folder / written
    return None


@lru_cache(maxsize=4)
def _load_type_system(content: bytes) -> Any:  # noqa: ANN401
    """The type system of a file's bytes; that of a folder is read once."""
    _refuse_declarations(content)
    return load_cassis().load_typesystem(io.BytesIO(content))


def _refuse_declarations(content: bytes) -> None:
    """See that XML declares nothing, in any encoding: entities can be without an end, or name other files.

    Raises:
        UnreadableArticle: It does, or it is not XML.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnreadableArticle(f"it is not whole XML: {error}", todo="export it again") from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnreadableArticle(
        "it has a document type, which can declare entities: no CAS has one", todo="take <!DOCTYPE ...> out"
    )
