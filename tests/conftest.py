"""What every test shares: a clean environment, and one real Label Studio for all that need it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from labeling.studio.server import embedded
from labeling.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.credentials import Credentials


@pytest.fixture(autouse=True)
def _no_server_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever speaks to the server that the environment names."""
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO_", "HEARTEX_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def studio_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of the session's server."""
    return Workspace(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="session")
def studio(studio_workspace: Workspace) -> Iterator[Credentials]:
    """A real, empty Label Studio, started once; its database comes from the template in the user's cache."""
    with embedded(studio_workspace) as credentials:
        yield credentials
