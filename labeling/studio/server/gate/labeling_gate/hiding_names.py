"""Names of others in an answer: a number in place of a name and an e-mail, for everybody but the owner."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from .caller import ServerAccount

# As Label Studio signs an annotation: "First Last ana@desk.example, 7".
_SIGNED = re.compile(r", ?(\d+)$")
_BLANK = {"first_name": "", "last_name": "", "phone": "", "avatar": None, "last_activity": None, "date_joined": None}


def hide_names(value: Any, account: ServerAccount | None) -> Any:  # noqa: ANN401 - any JSON
    """The value with others' names and addresses replaced; what people wrote, and the articles, stay as they are."""
    if isinstance(value, list):
        return [hide_names(each, account) for each in value]
    if not isinstance(value, dict):
        return value
    if "email" in value and "id" in value:
        mine = account is not None and value["id"] == account.number
        return {name: _hide(name, each, account) for name, each in value.items()} if mine else _person(value)
    return {name: _hide(name, each, account) for name, each in value.items()}


def hide_addresses(page: bytes, account: ServerAccount | None) -> bytes:
    """A page of Label Studio's with the addresses of all other accounts replaced, as HTML or a script writes them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, email FROM htx_user WHERE id <> %s", [account.number if account else 0])
        others = {
            spelt.encode(): pseudonym(number).encode()
            for number, email in cursor.fetchall()
            for spelt in _spellings(email)
        }
    if not any(address in page for address in others):
        return page
    addresses = b"|".join(re.escape(address) for address in sorted(others, key=len, reverse=True))
    return re.sub(rb"(?<![\w.+-])(?:" + addresses + rb")(?![\w-])", lambda found: others[found.group()], page)


def _spellings(email: str) -> set[str]:
    return {email, escape(email), json.dumps(email)[1:-1], email.replace("@", "\\u0040")}


def _hide(name: str, value: Any, account: ServerAccount | None) -> Any:  # noqa: ANN401 - the same
    if name in {"data", "meta", "result", "label_config", "parsed_label_config"}:
        return value
    if name == "created_username" and isinstance(value, str):
        return _sign(value, account)
    # A draft names its author by the address.
    if isinstance(value, str) and (name == "email" or (name == "user" and "@" in value)):
        return value if account is not None and value == account.email else ""
    return hide_names(value, account)


def _sign(text: str, account: ServerAccount | None) -> str:
    found = _SIGNED.search(text)
    if found is None or (account is not None and int(found.group(1)) == account.number):
        return text
    return f" {pseudonym(int(found.group(1)))}, {found.group(1)}"


def _person(value: dict[str, Any]) -> dict[str, Any]:
    name = pseudonym(value["id"])
    hidden = {**_BLANK, "username": name, "email": name, "initials": f"P{value['id']}"}
    return {
        each: hidden.get(each, value[each]) for each in value if each in hidden or each in {"id", "active_organization"}
    }


def pseudonym(account: int) -> str:
    """What others call an account on this server.

    >>> pseudonym(7)
    'person-7'
    """
    return f"person-{account}"
