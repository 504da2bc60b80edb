"""How people are called in our files: by what stands before the ``@`` of their address, while that is free. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def annotator_names(users: Iterable[tuple[int, str]]) -> dict[int | str, str]:
    """How annotators are called in our files, by the server's user id and by e-mail address.

    It is the part before the ``@``; of users who share it, the first on the server has it and the others are called by
    the whole address. So nobody's name changes when somebody new arrives.
    """
    names: dict[int | str, str] = {}
    taken = set[str]()
    for number, email in sorted(users):
        names[number] = names[email] = email if local_part(email).casefold() in taken else local_part(email)
        # Upper and lower case name the same mailbox nearly everywhere.
        taken.add(local_part(email).casefold())
    return names


def local_part(email: str) -> str:
    """The part of an e-mail address before the ``@``; the whole of one without."""
    return email.rpartition("@")[0] or email


def name_kept(names: Mapping[int | str, str], account: int | None, email: str) -> str:
    """The annotator of what the layer kept of an account, by the account's number, or else by its address.

    >>> name_kept({3: "ana", "ana@desk.example": "ana"}, None, "ben@desk.example")
    'ben'
    """
    return names.get(email if account is None else account) or names.get(email) or local_part(email)
