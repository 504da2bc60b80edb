"""The rows of `custody.jsonl`: who wrote each file of the workspace, and from what."""

from __future__ import annotations

from pydantic import JsonValue

from labeling.values import Frozen


class CustodyRow(Frozen):
    """A file as a verb left it; without times and without paths of a machine.

    ``verb`` is empty where the file was found without a record, and taken as it was. ``options`` are those that shaped
    the file, ``read`` has the digest of each file that it was made from. ``parts`` divides annotations and quarantine
    by who answers for them: the empty name is what a server sent, any other the annotator of an import. ``doubt`` names
    the parts that were changed by hand and carried over since. ``signed`` are the reasons of those who adopted a
    deliberate change that is still in the file.
    """

    file: str
    sha256: str
    verb: str = ""
    version: str = ""
    options: dict[str, JsonValue] = {}
    read: dict[str, str] = {}
    parts: dict[str, str] = {}
    doubt: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
