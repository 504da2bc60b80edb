"""Labels in formats whose readers cut a line at blanks: how each is written, and what a file then means."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_labels(labels: Sequence[str]) -> list[str]:
    """The labels as such files have them, each blank a ``_``; no two become one.

    >>> write_labels(["Government body", "Government_body", "GPE/Country"])
    ['Government_body_', 'Government_body', 'GPE/Country']
    """
    written = {label: label for label in labels if not _has_blank(label)}
    for label in labels:
        if label not in written:
            tag = "".join("_" if sign.isspace() else sign for sign in label)
            while tag in written.values():
                tag += "_"
            written[label] = tag
    return [written[label] for label in labels]


def _has_blank(label: str) -> bool:
    return any(sign.isspace() for sign in label)


def read_label(written: str, labels: Sequence[str]) -> str:
    """The label that a file means: one of these, though it has it without its blanks; else what it has."""
    return _labels_as_written(tuple(labels)).get(written, written)


# A schema's labels are the same for every span of an import.
@lru_cache(maxsize=16)
def _labels_as_written(labels: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(write_labels(labels), labels, strict=True))
