"""An order of what is open, brought to a server of ours as `push` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from team import Team


def bring_order(team: Team, project: int, assisted: Mapping[int, bool]) -> None:
    """Let these tasks be served in this order, each with suggestions or without."""
    path = f"/labeling/api/projects/{project}/plan/"
    rows = [
        {"task": task, "order": place, "assisted": is_assisted}
        for place, (task, is_assisted) in enumerate(assisted.items(), 1)
    ]
    plan = team.owner.calls.get(path).json()
    team.owner.calls.put(path, json={**plan, "queue": rows}).raise_for_status()
    assert team.owner.calls.get(path).json()["queue"] == sorted(rows, key=lambda row: row["task"])
