"""A team on either kind of server of the session: the embedded one, and one as a team runs it."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from production_server import absent
from team import Team, gather_team

if TYPE_CHECKING:
    from collections.abc import Iterator

ON_PRODUCTION = pytest.param(
    "production",
    marks=[
        pytest.mark.production,
        pytest.mark.skipif(bool(absent()), reason=f"not installed here: {', '.join(absent())}"),
    ],
)
BOTH_SERVERS = ["embedded", ON_PRODUCTION]


@contextmanager
def gather_on(request: pytest.FixtureRequest) -> Iterator[Team]:
    """The team of a fixture that has `BOTH_SERVERS` for its parameters."""
    if request.param == "embedded":
        with gather_team(request.getfixturevalue("studio")) as team:
            yield team
    else:
        running = request.getfixturevalue("running")
        with gather_team(running.server, ssl.create_default_context(cafile=running.authority)) as team:
            yield team
