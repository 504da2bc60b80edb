"""Names of files for articles: an id that every system takes for a path stays one, any other gets a name of its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from labeling.values import digest_of

# A folder must not be called as a file may be; a hidden one is not found again.
_SEGMENT = re.compile(r"[^\W_][\w ,()+@=&'~-]*(?:\.+[\w ,()+@=&'~-]+)*")
_LIKE_A_FILE = re.compile(r".*\.(?:txt|ann|conf|jsonl?|xmi)", re.IGNORECASE)
# Names of devices on Windows, whatever their ending.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST_SEGMENT, _LONGEST_NAME = 200, 600  # bytes, without an ending of four
_DIGITS = 12


@dataclass
class FileNames:
    """Gives each article a name without ending, that no other has on a system that knows no capitals."""

    _taken: set[str] = field(default_factory=set)

    def take(self, name: str) -> str:
        """The name for an id; the id itself where it can be one."""
        own = name if _is_portable(name) else _make_portable(name)
        while _fold(own) in self._taken:
            own = f"{_make_portable(name)}~{len(self._taken)}" if own == _make_portable(name) else _make_portable(name)
        self._taken.add(_fold(own))
        return own


def _is_portable(name: str) -> bool:
    *folders, last = name.split("/")
    return (
        len(name.encode()) <= _LONGEST_NAME
        and all(map(_is_portable_segment, (*folders, last)))
        and not any(_LIKE_A_FILE.fullmatch(folder) for folder in folders)
    )


def _is_portable_segment(segment: str) -> bool:
    return (
        bool(_SEGMENT.fullmatch(segment))
        and not segment.endswith(" ")
        and not _DEVICES.fullmatch(segment)
        and len(segment.encode()) <= _LONGEST_SEGMENT
    )


def _make_portable(name: str) -> str:
    """A name that reminds of the id, with digits of its digest: ``a?b`` is ``a_b~`` and twelve digits."""
    words = re.sub(r"[^\w.-]+", "_", name).strip("._-")[:40] or "article"
    return f"{words}~{digest_of(name)[:_DIGITS]}"


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
