"""``labeling people``: links for those who are to come, who is there, and taking somebody out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.studio.sync.leaving import take_out
from labeling.studio.sync.membership import InvitedPerson, invite_people, list_team
from labeling.verbs.options import REFUSED, json_option, show, tell, with_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.project import Project
    from labeling.studio.api.layer import TeamMember

_REFUSED_AS = {
    "account": "somebody has an account of this address, from before: if it is theirs, confirm it with "
    "`labeling people invite --confirm {email}`",
    "nobody": "nobody has an account of this address: invite them, without --confirm",
    "several": "there are several accounts of this address, in several spellings: remove all but one on the server's "
    "page Organization",
}


@click.group("people")
def people_cli() -> None:
    r"""Invite people to the server, see who is there, and take somebody out.

    A link is for one address, and good once, within thirty days: on a server of ours it signs up nobody else. What the
    plan gives to an address belongs to the account that came by its link. An account that was there before is nobody's
    until you confirm it by name. On somebody else's server, which has no layer of ours, the link is the organisation's
    own: it lets in whoever has it.

    \b
    Example:
      labeling people invite
      labeling people invite zoe@desk.example
      labeling people list
      labeling people remove zoe@desk.example && labeling assign && labeling push
    """


@people_cli.command("invite")
@click.argument("emails", nargs=-1, metavar="[EMAIL]...")
@click.option("--confirm", multiple=True, metavar="EMAIL", help="The account of this address is theirs: let it count.")
@json_option
@with_project
def _invite(project: Project, *, emails: tuple[str, ...], confirm: tuple[str, ...], as_json: bool) -> int:
    """Print a link for each address.

    Without an address, for everybody whom the project file names and who has no account yet. A link is shown once,
    here. Whoever needs it again is invited again, and the earlier link is void.
    """
    came = invite_people(project, emails, confirm=confirm)
    links = [each for each in came if each.url]
    if as_json:
        tell(json.dumps([asdict(each) for each in came], ensure_ascii=False, indent=2))
    else:
        for each in links:
            tell(f"{each.email}  {each.url}")
    for each in came:
        if each.became == "confirmed":
            done = "is there already" if each.signed else "has an account there already"
            tell(f"{each.email} {done if each.email not in confirm else 'is confirmed'}", err=True)
    if any(not each.signed for each in links):
        tell(
            "This server holds no roles: the link is the organisation's own, lets in whoever has it, and everybody who "
            "is in may see and change everything.",
            err=True,
        )
    elif any(each.url.startswith("http://127.0.0.1") for each in links):
        tell("This server answers on this machine only; docs/deploy.md sets one up for a team.", err=True)
    return _tell_refusals(came)


@people_cli.command("list")
@json_option
@with_project
def _list(project: Project, *, as_json: bool) -> int:
    """Show who is who, and how far they have come.

    Everybody of the project file and of the server: whether their account is confirmed, and how many of the articles
    that they were given are open and done.
    """
    members, roles = list_team(project)
    if as_json:
        tell(json.dumps([each.model_dump() for each in members], ensure_ascii=False, indent=2))
        return 0
    rows = {each.email: _describe_member(each) for each in members}
    show(rows, as_json=False, literal=rows)
    if not roles:
        tell("This server holds no roles: everybody who is in may see and change everything.", err=True)
    return 0


@people_cli.command("remove")
@click.argument("email")
@json_option
@with_project
def _remove(project: Project, *, email: str, as_json: bool) -> int:
    """Take somebody out of the project.

    They are taken out of the project file, and give back what they have not submitted with the next `labeling assign`.
    Their words stay, and so does their account: lock it on the server's page Organization, if need be.
    """
    left = take_out(project, email)
    show(asdict(left), as_json=as_json)
    tell("  -> `labeling assign && labeling push` gives what they gave back to the others", err=True)
    return 0


def _describe_member(member: TeamMember) -> str:
    if member.role == "owner":
        state = ""
    elif member.confirmed:
        state = "confirmed"
    elif member.account:
        state = "has an account that is not confirmed"
    elif member.invited:
        state = f"invited on {member.invited[:10]}"
    else:
        state = "not invited"
    work = f"{member.assigned - member.done} open, {member.done} done" if member.assigned else ""
    return ", ".join(filter(None, (member.role, state, work)))


def _tell_refusals(came: Sequence[InvitedPerson]) -> int:
    refused = [each for each in came if each.became in _REFUSED_AS]
    for each in refused:
        tell(f"Refused: {each.email}: {_REFUSED_AS[each.became].format(email=each.email)}", err=True)
    return REFUSED if refused else 0
