"""Front doors of ``labeling people invite`` and ``list``: links for those who are to come, and who is there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.errors import ProjectGone, UsageError
from labeling.project import normalise_email
from labeling.studio.api.connect import connect
from labeling.studio.api.layer import SignupLink, TeamMember, find_layer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.project import PeopleSection, Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.layer import Layer
    from labeling.studio.api.remote import RemoteProject
    from labeling.studio.server.credentials import Credentials

# What became of an address: a link, or why there is none. `account`: somebody has one, and nobody has confirmed it;
# `nobody` and `several`: there is no account to confirm, or more than one in several spellings.
InvitedAs: TypeAlias = Literal["invited", "confirmed", "account", "nobody", "several"]


_LOOKED_FOR = 100  # tasks or articles by which a project is known for ours


@dataclass(frozen=True)
class InvitedPerson:
    """What became of an address, with the link by which it signs up.

    ``signed`` is whether the link is for that address alone, and once; else it is the organisation's, for anybody.
    """

    email: str
    became: InvitedAs
    url: str = ""
    signed: bool = True


def invite_people(
    project: Project, emails: Iterable[str] = (), *, confirm: Iterable[str] = (), server: Credentials | None = None
) -> list[InvitedPerson]:
    """A link for each address, and a word for each account that its owner confirms.

    Args:
        project: Whose server; without addresses, all that its project file names and that have no account yet.
        emails: Whom to invite. An earlier link of the same address is void from then on.
        confirm: Addresses of accounts that were there before: whoever has them is whom the plan means.
        server: A server to speak to in place of the one that the environment names or the embedded one.

    Raises:
        UsageError: Nobody is named, here or in the project file, or somebody is to be confirmed where no layer is.
        NotAuthorised: The key is not the owner's.
        StudioError: The server did not do what was asked.
    """
    invited, confirmed = check_addresses(emails), check_addresses(confirm)
    wanted = invited or ([] if confirmed else named_people(project.file.people))
    if not wanted and not confirmed:
        raise UsageError(
            f"{project.path} names nobody to invite",
            todo="name e-mail addresses, or write them under [[people.reader]] in the project file",
            where=str(project.path),
        )
    with connect(project.workspace, server) as studio:
        layer = find_layer(studio)
        if layer is None:
            return _invite_by_convention(studio, wanted, confirmed)
        number = find_number(project, studio)
        done = [_confirm_one(layer, email) for email in confirmed]
        return [*done, *(_invite_one(layer, email, number) for email in wanted)]


def list_team(project: Project, *, server: Credentials | None = None) -> tuple[list[TeamMember], bool]:
    """Everybody of the project file and of the server, and whether roles hold there.

    Raises:
        StudioError: The server did not do what was asked.
    """
    named = {email: _role_of(email, project.file.people) for email in named_people(project.file.people)}
    with connect(project.workspace, server) as studio:
        layer = find_layer(studio)
        if layer is None:
            there = [TeamMember(email=normalise_email(email), role="", account=True) for _, email in studio.users()]
        else:
            there = layer.people(find_number(project, studio))
        known = {each.email for each in there}
        strangers = [TeamMember(email=email, role=role) for email, role in named.items() if email not in known]
        # Of somebody who is in the file and not yet in the plan, the file tells the role.
        listed = [
            each if each.in_plan or each.email not in named or each.role == "owner" else _with_role(each, named)
            for each in there
        ]
        return sorted([*listed, *strangers], key=lambda each: each.email), layer is not None and layer.roles


def find_number(project: Project, studio: Studio) -> int:
    """The number of the workspace's project on that server; 0 where it was not pushed there.

    Raises:
        DamagedFile: ``studio.json`` or the journal cannot be read.
        ProjectGone: Another project has its number there, or none of the tasks that were pushed is in that one.
    """
    workspace = project.workspace
    if not workspace.studio_link.exists():
        return 0
    link = workspace.studio_link.value()
    remote = studio.project(link.project)
    if remote is None:
        return 0
    # When a project was made can be read by anybody there, and written into the file: so its tasks count as well.
    if remote.created == link.created and _holds_ours(project, studio, remote):
        return link.project
    name = workspace.studio_link.path.name
    raise ProjectGone(
        f"project {link.project} of {studio.url} is not the one to which {workspace.root} was pushed",
        todo=f"see what {name} should name: `labeling push` writes it; nothing was changed there",
        where=str(workspace.studio_link.path),
    )


def _holds_ours(project: Project, studio: Studio, remote: RemoteProject) -> bool:
    """Whether a project has a task that was pushed; where the journal is gone, one that names an article of ours."""
    workspace = project.workspace
    pushed = sorted({row.task for row in workspace.pushed.rows_if_written() if row.task})[-_LOOKED_FOR:]
    if pushed:
        return bool(studio.find_numbers(remote.number, pushed))
    articles = [row.id for row in islice(workspace.articles.rows_if_written(), _LOOKED_FOR)]
    return not remote.tasks or bool(articles and studio.find_tasks(remote.number, articles))


def check_addresses(emails: Iterable[str]) -> list[str]:
    """Addresses as they are compared, each once.

    Raises:
        UsageError: One is not an e-mail address.
    """
    normal = [normalise_email(email) for email in emails]
    for email in normal:
        name, _, host = email.rpartition("@")
        if not name or not host or any(sign.isspace() or not sign.isprintable() for sign in email):
            raise UsageError(f"{email!r} is not an e-mail address", todo="name it as name@host", where=email)
    return list(dict.fromkeys(normal))


def named_people(people: PeopleSection | None) -> list[str]:
    """The addresses of all that a project file names."""
    return [*people.adjudicators, *people.shares] if people else []


def _role_of(email: str, people: PeopleSection | None) -> str:
    return "adjudicator" if people and email in people.adjudicators else "reader"


def _with_role(member: TeamMember, named: dict[str, str]) -> TeamMember:
    return member.model_copy(update={"role": named[member.email]})


def _invite_one(layer: Layer, email: str, number: int) -> InvitedPerson:
    link = layer.invite(email, number)
    if isinstance(link, SignupLink):
        return InvitedPerson(email, "invited", link.url, link.signed)
    return InvitedPerson(email, "confirmed" if link == "confirmed" else "account")


def _confirm_one(layer: Layer, email: str) -> InvitedPerson:
    why_not = layer.confirm(email)
    if not why_not:
        return InvitedPerson(email, "confirmed")
    return InvitedPerson(email, "nobody" if why_not == "nobody" else "several")


def _invite_by_convention(studio: Studio, wanted: list[str], confirmed: list[str]) -> list[InvitedPerson]:
    """On somebody else's server there is one link for all, and nobody is confirmed."""
    if confirmed:
        raise UsageError(
            f"{studio.url} has no layer of ours, so nobody is confirmed there",
            todo="leave --confirm out; docs/deploy.md tells how a server of your own gets the layer",
            where=studio.url,
        )
    there = {normalise_email(email) for _, email in studio.users()}
    link = f"{studio.url}{studio.invitation()}"
    return [
        InvitedPerson(email, "confirmed", signed=False)
        if email in there
        else InvitedPerson(email, "invited", link, signed=False)
        for email in wanted
    ]
