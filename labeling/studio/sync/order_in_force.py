"""In which order the server serves what is open: the layer's, as it was planned, or Label Studio's own, by score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.studio.api.client import BY_SCORE
from labeling.studio.sync.team_plan import QUEUE_OF_PLAN, find_owners_layer

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject

# By whom it is kept; empty where the project file names no [learning].
OrderInForce: TypeAlias = Literal["", "layer", "score", "none"]


def find_order(project: Project, studio: Studio, remote: RemoteProject) -> OrderInForce:
    """Which of the two orders is in force in a project of the server; ``none`` where no push has brought one.

    Raises:
        StudioError: The server did not do what was asked.
    """
    if project.file.learning is None:
        return ""
    layer = find_owners_layer(studio)
    if layer and layer.orders and layer.roles:
        return "layer" if layer.plan(remote.number).get(QUEUE_OF_PLAN) else "none"
    return "score" if remote.sampling == BY_SCORE else "none"


def order_elsewhere(project: Project, studio: Studio, remote: RemoteProject, *, is_served: bool) -> None:
    """Where no layer serves the order of the queue, let Label Studio serve what is open by the score of suggestions.

    Args:
        project: Without [learning] nothing is changed, nor before there is a queue.
        studio: Its server.
        remote: The project there.
        is_served: Whether a layer does.
    """
    if project.file.learning is None or is_served or not project.workspace.queue.exists():
        return
    if remote.sampling != BY_SCORE:
        studio.order_by_score(remote.number)
