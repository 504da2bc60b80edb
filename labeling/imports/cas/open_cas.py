"""A file of a CAS opened: its type system found, its XML looked at before anything follows what is declared there."""

from __future__ import annotations

import io
import json
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labeling.errors import UnreadableArticle
from labeling.imports.cas.cas_types import TYPE_SYSTEM, load_cassis
from labeling.imports.cas.written_things import list_written_json, list_written_xmi, refuse_declarations
from labeling.sources.plain_files import read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.imports.cas.written_things import WrittenThings

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")


@dataclass(frozen=True)
class OpenedCas:
    """A CAS, and what its file has written: offsets of the CAS are not to be believed, those written are."""

    cas: Any
    written: WrittenThings


def open_cas(path: Path, name: str) -> OpenedCas:
    """Read a file of XMI or JSON; ``name`` is its path in the folder that is read.

    Raises:
        UnreadableArticle: It is not a CAS, it declares entities, or a type of it is not known.
        UsageError: The package for it is not installed.
        OSError: It cannot be read.
    """
    load_cassis()
    content = read_plain(path)
    system_path = _find_type_system(path, name)
    is_json = bool(_JSON.match(content))
    if system_path is None and not is_json:
        raise UnreadableArticle(
            "no type system lies beside it, without which nobody knows what is an annotation",
            todo=f"put the {TYPE_SYSTEM} of the export into its folder, or export JSON, which has it inside",
        )
    try:
        system = read_plain(system_path) if system_path else b""
        with warnings.catch_warnings():
            # What it says of offsets that it cannot turn into code points is seen by those that are written.
            warnings.simplefilter("ignore")
            return _load_json(content.removeprefix(b"\xef\xbb\xbf"), system) if is_json else _load_xmi(content, system)
    except (UnreadableArticle, OSError):
        raise
    except Exception as error:  # what is damaged ends in whatever error comes first inside it
        words = " ".join(str(getattr(error, "message", "") or error).split())
        raise UnreadableArticle(
            f"it is not a whole CAS of its type system: {type(error).__name__} {words[:200]}",
            todo=f"export it again, with the {TYPE_SYSTEM} that belongs to it",
        ) from error


def _find_type_system(path: Path, name: str) -> Path | None:
    """The type system beside a file, or in a folder above it within the one that is read; at least one above."""
    for folder in (path.parent, *path.resolve().parent.parents[: max(1, name.count("/"))]):
        for written in (TYPE_SYSTEM, TYPE_SYSTEM.lower()):
            if (folder / written).is_file():
                return folder / written
    return None


def _load_xmi(content: bytes, system: bytes) -> OpenedCas:
    written = list_written_xmi(content)
    cas = load_cassis().load_cas_from_xmi(io.BytesIO(content), typesystem=_load_type_system(system))
    return OpenedCas(cas, written)


def _load_json(content: bytes, system: bytes) -> OpenedCas:
    data = json.loads(content)
    types = _load_json_types(json.dumps(data["%TYPES"]), system)
    cas = load_cassis().load_cas_from_json(io.BytesIO(content), typesystem=types, merge_typesystem=False)
    return OpenedCas(cas, list_written_json(data))


@lru_cache(maxsize=4)
def _load_type_system(content: bytes) -> Any:  # noqa: ANN401
    """The type system of a file's bytes; that of a folder is read once."""
    refuse_declarations(content)
    return load_cassis().load_typesystem(io.BytesIO(content))


@lru_cache(maxsize=4)
def _load_json_types(types: str, system: bytes) -> Any:  # noqa: ANN401
    """The types inside of a file, with those beside it if there are any; files of one tool have the same ones."""
    bare = f'{{"%TYPES": {types}, "%FEATURE_STRUCTURES": [], "%VIEWS": {{}}}}'
    beside = _load_type_system(system) if system else None
    return load_cassis().load_cas_from_json(bare, typesystem=beside).typesystem
