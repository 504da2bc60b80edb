"""Pseudonyms: what people are called in what is published, the same everywhere in a project and in each of its files.

They are made from a secret of the workspace, which is never published: without it nobody can tell by trying names who
is behind one. Whoever has the workspace can. A copy of the workspace has the same secret, and so the same pseudonyms.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING

from labeling.annotations import MODEL, PROJECTED
from labeling.errors import DamagedFile
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.storage import open_to_read, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.workspace.table import Workspace

SECRET_FILE = "pseudonyms.key"  # noqa: S105 - a file's name; it is never published

_BYTES = 32
_SIGNS = 10  # of a pseudonym: of a thousand people, two share one with a chance of one in two million


class Pseudonyms:
    """A pseudonym for each person; a ``model:<name>`` and what was carried are called as they are.

    ``names`` are those that `hide` looks for in a text: whole words, the longest first. ``called`` is what people are
    called in our files, by e-mail address: an address and that name are one person.
    """

    def __init__(self, secret: bytes, names: Iterable[str] = (), called: Mapping[str, str] | None = None) -> None:
        self._secret = secret
        # Of addresses, upper and lower case are the same.
        self._called = {email.casefold(): name.casefold() for email, name in (called or {}).items()}
        people = sorted({name for name in names if is_person(name)}, key=lambda name: (-len(name), name))
        # A name that begins or ends with a letter is not part of a longer word.
        found = "|".join(map(re.escape, people))
        self._found = re.compile(rf"(?<![\w@.-])(?:{found})(?![\w@]|[.-]\w)", re.IGNORECASE) if people else None

    def name(self, annotator: str) -> str:
        """What an annotator is called in what is published."""
        if not is_person(annotator):
            return annotator
        known = self._called.get(annotator.casefold(), annotator.casefold())
        digest = hmac.new(self._secret, known.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"reader-{digest.hexdigest()[:_SIGNS]}"

    def hide(self, text: str) -> str:
        """A sentence with a pseudonym in the place of each name."""
        return self._found.sub(lambda found: self.name(found[0]), text) if self._found else text


def is_person(annotator: str) -> bool:
    """Whether it is somebody's name, and not a model's or nobody's."""
    return bool(annotator) and not annotator.startswith((MODEL, PROJECTED))


def open_pseudonyms(workspace: Workspace, emails: Iterable[str] = ()) -> Pseudonyms:
    """The pseudonyms of a workspace; its secret is made when it is first needed, readable by its owner alone.

    Args:
        workspace: Which must be held for writing.
        emails: The addresses of further people, as the project file names them.

    Raises:
        DamagedFile: The secret is there and is not one.
        NoRoom: It cannot be written.
    """
    known = workspace.users.value_if_written()
    users = [(int(number), email) for number, email in known.emails.items()] if known else []
    rows = (workspace.annotations.rows_if_written(), workspace.quarantine.rows_if_written())
    said = {row.annotator for file in rows for row in file} | {
        row.annotator for row in workspace.first.rows_if_written()
    }
    said |= {row.by for row in workspace.decisions.rows_if_written()}
    names = annotator_names(users)
    called = {email: names[email] for _, email in users}
    return Pseudonyms(_read_secret(workspace), {*said, *emails, *called, *called.values()}, called)


def _read_secret(workspace: Workspace) -> bytes:
    path = workspace.root / SECRET_FILE
    if not path.exists():
        write_text(path, secrets.token_hex(_BYTES) + "\n", mode=0o600)
    with open_to_read(path) as file:
        line = file.read(4 * _BYTES).strip()
    if not re.fullmatch(rb"[0-9a-f]{64}", line):
        raise DamagedFile(
            f"{path} is not a secret of 64 hexadecimal figures",
            todo="put it back from a copy; or remove it, and readers have other pseudonyms from now on",
            where=str(path),
        )
    return bytes.fromhex(line.decode())
