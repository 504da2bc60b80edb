"""The log of training, as it is written and as somebody follows it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable


class FollowedLog(io.TextIOBase):
    """A log in plain text that also hands each line to somebody who follows it."""

    def __init__(self, log: TextIO, follow: Callable[[str], None]) -> None:
        self._log = log
        self._follow = follow

    def write(self, text: str, /) -> int:
        """Write a piece of the log."""
        from click import unstyle

        # spaCy colours its tables for terminals.
        plain = unstyle(text)
        if plain.strip():
            self._follow(plain.strip())
        return self._log.write(plain)
