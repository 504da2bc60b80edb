"""Projects that are closed to readers: on a server of ours the layer lets in the owner and the adjudicators alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labeling.errors import StudioError

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.layer import Layer
    from labeling.studio.api.remote import RemoteProject
    from labeling.workspace.rows.server_state import FurtherProject

OPEN_TO_ALL = (
    "This server has no layer of ours: each of its users can open the project of {}, and see who is of which mind. "
    "What is answered by anybody but an adjudicator is put into quarantine."
)
_OPEN_WITHOUT_ROLES = "This server was started without roles: each of its users can open the project of {}."


def close_project(project: Project, layer: Layer | None, number: int, what: str = "cards") -> None:
    """Let nobody but the owner and the adjudicators of the project file into a project.

    Args:
        project: Whose adjudicators.
        layer: The layer of the server; None where there is none.
        number: The project's number.
        what: What is in it.

    Raises:
        StudioError: The layer is of before it could close a project.
    """
    if layer is None:
        project.workspace.say(OPEN_TO_ALL.format(what))
        return
    if not layer.closes:
        raise StudioError(
            f"the layer of {layer.studio.url} does not know how to close a project to readers",
            todo="copy the gate folder of this package to the server, and restart it; docs/deploy.md",
            where=layer.studio.url,
        )
    if not layer.roles:
        project.workspace.say(_OPEN_WITHOUT_ROLES.format(what))
    _bring_adjudicators(project, layer, number)


def renew_closed_plans(project: Project, studio: Studio, layer: Layer | None) -> None:
    """Let the projects that are closed know of the adjudicators of today: the project file may have changed.

    Raises:
        StudioError: The server did not do what was asked.
    """
    link = project.workspace.studio_link.value_if_written()
    for known in link.further if layer and layer.closes and link else ():
        if layer and find_further_project(studio, known):
            _bring_adjudicators(project, layer, known.project)


def find_further_project(studio: Studio, known: FurtherProject) -> RemoteProject | None:
    """A further project of the workspace; None where the server does not have it, or another under its number."""
    remote = studio.project(known.project)
    return remote if remote and remote.created == known.created else None


def list_adjudicators(project: Project) -> tuple[str, ...]:
    """The addresses of those who decide, by the project file."""
    return project.file.people.adjudicators if project.file.people else ()


def _bring_adjudicators(project: Project, layer: Layer, number: int) -> None:
    people = [{"email": email, "role": "adjudicator"} for email in sorted(list_adjudicators(project))]
    plan: dict[str, Any] = {"people": people, "assignments": [], "again": [], "rule": {"closed": True}}
    there = layer.plan(number)
    if plan != {**there, "people": sorted(there["people"], key=lambda row: row["email"])}:
        layer.bring_plan(number, plan)
