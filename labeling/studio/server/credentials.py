"""Where a server is and who may enter: a file that its owner alone can read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field

from labeling.errors import DataFolderUnusable
from labeling.studio.server.ports import url_of
from labeling.values import Frozen
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from pathlib import Path

# The first user. Not of a domain where somebody could be.
ADMIN = "admin@localhost"


class Credentials(Frozen):
    """A server's address, and a user with a legacy token as ``api_key``; the secrets stay out of its repr."""

    url: str
    email: str
    password: str = Field(repr=False)
    api_key: str = Field(repr=False)

    @property
    def port(self) -> int | None:
        """The port in the address, if one is named."""
        return urlsplit(self.url).port

    def with_port(self, port: int) -> Credentials:
        """The same user, at another port of this machine."""
        return self.model_copy(update={"url": url_of(port)})


def new_credentials(port: int) -> Credentials:
    """Credentials nobody knows yet, for a server of this machine."""
    # The key has forty hex digits, as Label Studio's own legacy tokens.
    return Credentials(url=url_of(port), email=ADMIN, password=secrets.token_urlsafe(18), api_key=secrets.token_hex(20))


def load_credentials(path: Path) -> Credentials:
    """Read the credentials of an embedded server.

    Raises:
        DataFolderUnusable: They are not there, or cannot be read.
    """
    try:
        return Credentials.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        # The cause is not shown: it would quote the secrets.
        raise DataFolderUnusable(
            f"{path} cannot be read as the credentials of a server ({type(error).__name__})",
            todo="put back the file that belongs to this server, or move the folder away to begin anew",
            where=str(path),
        ) from None


def save_credentials(path: Path, credentials: Credentials) -> None:
    """Write the credentials for the owner alone."""
    write_json(path, credentials.model_dump(), mode=0o600)
