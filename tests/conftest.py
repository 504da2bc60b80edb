"""What every test shares: a clean environment, and one real Label Studio for all that need it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labeling.studio.server.server import run_embedded_server
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from labeling.studio.server.credentials import Credentials

NOBODY = 65534  # the user who owns nothing


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
    with run_embedded_server(studio_workspace) as credentials:
        yield credentials


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may enter, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody() -> Callable[..., AbstractContextManager[None]]:
    """A context in which root has no rights, because nothing is closed to root; all that is named is nobody's."""

    @contextmanager
    def given_up(*owned: Path) -> Iterator[None]:
        if os.getuid() != 0:
            yield
            return
        for path in owned:
            os.chown(path, NOBODY, -1)
        os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)

    return given_up
