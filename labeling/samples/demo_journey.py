"""What the steps of a demo share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials


@dataclass(frozen=True)
class Journey:
    """What the steps of a demo share: ``articles`` are the user's own, if any; ``credentials`` are of its server."""

    project: Project
    articles: Path | None
    credentials: Credentials
