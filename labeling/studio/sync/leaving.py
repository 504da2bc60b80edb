"""Front door of ``labeling people remove``: somebody taken out of the project file and of the plan on the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from labeling.errors import ProjectFileError, UsageError
from labeling.project import load_project, normalise_email
from labeling.studio.api.connect import connect
from labeling.studio.api.layer import find_layer
from labeling.studio.sync.closed_plan import find_further_project
from labeling.studio.sync.membership import check_addresses, find_number, named_people
from labeling.workspace.storage import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials


@dataclass(frozen=True)
class LeavingPerson:
    """Somebody who was taken out: how many articles they give back, and how many they have submitted, which stay.

    ``file`` is the project file, if they were taken out of it.
    """

    email: str
    given_back: int
    submitted: int
    file: str


def take_out(project: Project, email: str, *, server: Credentials | None = None) -> LeavingPerson:
    """Take somebody out of the project file, and from the server what they decide and have not submitted.

    What they said stays, and so does their account. The next `assign` gives what they give back to the others.

    Args:
        project: Whose project file and server.
        email: Whom.
        server: A server to speak to in place of the one that the environment names or the embedded one.

    Raises:
        UsageError: Nobody of that address is in the project file, nor in the plan on the server.
        ProjectFileError: Without them the project file would not hold; nothing was changed.
        StudioError: The server did not do what was asked; nothing was changed.
    """
    (address,) = check_addresses([email])
    if address not in named_people(project.file.people):
        given_back, submitted = _leave_server(project, address, server, must_be_there=True)
        return LeavingPerson(address, given_back, submitted, "")
    # Through a link, so that the file is changed and not the link.
    path = project.path.resolve()
    with replace_file(path) as temporary:
        temporary.write_bytes(_without_person(path, address).encode())
        _check_file(project, temporary, address)
        given_back, submitted = _leave_server(project, address, server, must_be_there=False)
    return LeavingPerson(address, given_back, submitted, str(project.path))


def _leave_server(project: Project, email: str, server: Credentials | None, *, must_be_there: bool) -> tuple[int, int]:
    with connect(project.workspace, server) as studio:
        layer, number = find_layer(studio), find_number(project, studio)
        there = layer.people(number) if layer else []
        if must_be_there and not any(each.email == email and (each.in_plan or each.invited) for each in there):
            raise UsageError(
                f"{email} is neither in {project.path} nor in the plan of {studio.url}",
                todo="`labeling people list` shows who is",
                where=email,
            )
        if layer and number:
            link = project.workspace.studio_link.value_if_written()
            for further in link.further if link else ():
                if find_further_project(studio, further):
                    layer.remove(email, further.project)
            return layer.remove(email, number)
        if layer:
            layer.take_back(email)
        return 0, 0


def _without_person(path: Path, email: str) -> str:
    """The text of a project file without somebody; all the rest of it is as it was, comments and blanks too."""
    try:
        document: Any = tomlkit.parse(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError, TOMLKitError) as error:
        raise ProjectFileError(
            f"{path} cannot be edited: {error}", todo=f"take {email} out by hand", where=str(path)
        ) from None
    people = document["people"]
    readers, adjudicators = people.get("reader", []), people.get("adjudicators", [])
    for place in reversed(range(len(readers))):
        if normalise_email(readers[place]["email"]) == email:
            del readers[place]
    for place in reversed(range(len(adjudicators))):
        if normalise_email(adjudicators[place]) == email:
            del adjudicators[place]
    if "reader" in people and not readers:
        del people["reader"]
    return tomlkit.dumps(document)


def _check_file(project: Project, without: Path, email: str) -> None:
    try:
        load_project(without, project.workspace.root)
    except ProjectFileError as error:
        raise ProjectFileError(
            f"without {email}, {str(error).replace(str(without), str(project.path))}",
            todo=f"name another reader first, or change that too and take {email} out by hand; nothing was changed",
            where=str(project.path),
        ) from None
