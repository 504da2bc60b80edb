"""Further people on a server: signed up by an invitation of their own, as a browser does it.

On a server of ours the invitation is for that address alone; elsewhere it is the organisation's link.

The part of the e-mail address before the ``@`` is the annotator's name in our files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labeling.errors import NotLabelStudio, ServerRefused, ServerUnreachable
from labeling.studio.api.layer import INVITATIONS, SignupLink, find_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials

_SIGNUP_SECONDS = 60.0
_BAD_REQUEST = 400
_TOO_MANY_REQUESTS = 429


def add_user(credentials: Credentials, email: str, password: str) -> str:
    """Let someone in, and return their own key (a legacy token); one who is in already just logs in.

    Args:
        credentials: Of a server, with the key of one of its users.
        email: The part before the ``@`` becomes the annotator's name.
        password: At least eight characters, not a common word.

    Raises:
        ServerUnreachable: Nothing answers.
        NotLabelStudio: The answer is not Label Studio's.
        ServerRefused: No such e-mail or password is allowed, or the e-mail has another password.
    """
    user = {"email": email, "password": password}

    def log_in_or_sign_up(browser: httpx.Client) -> bool:
        # Whoever has an account is logged in; only others need the invitation.
        if _submit_form(browser, "/user/login/", user):
            return True
        invitation = _fetch_invitation(browser, credentials.api_key, email)
        return bool(invitation) and _submit_form(browser, invitation, user)

    return _fetch_own_key(credentials.url, email, log_in_or_sign_up)


def sign_up(studio: Studio, email: str, password: str) -> str:
    """Sign somebody up on the server of ``studio``, and return their own key (a legacy token).

    Raises:
        ServerUnreachable: Nothing answers.
        NotLabelStudio: The answer is not Label Studio's.
        NotAuthorised: The organisation does not allow legacy tokens.
        ServerRefused: No such e-mail or password is allowed.
    """
    layer = find_layer(studio)
    invited = layer.invite(email, 0) if layer else studio.invitation()
    if isinstance(invited, SignupLink):
        invited = invited.url
    user = {"email": email, "password": password}
    return _fetch_own_key(studio.url, email, lambda browser: _submit_form(browser, invited, user))


def _fetch_own_key(url: str, email: str, enter: Callable[[httpx.Client], bool]) -> str:
    """The key of whoever has come in by ``enter``, which returns whether the server let them."""
    import httpx

    try:
        # The environment's proxies are for other machines, and may not see passwords of this one.
        with httpx.Client(base_url=url, timeout=_SIGNUP_SECONDS, trust_env=False) as browser:
            if enter(browser):
                return str(_answer_field(browser.get("/api/current-user/token"), "token"))
    except httpx.HTTPError as error:
        raise ServerUnreachable(
            f"{url} does not answer: {error or type(error).__name__}", todo="see that the server runs", where=url
        ) from None
    raise ServerRefused(
        f"{url} lets {email} neither log in nor sign up",
        todo="use a valid e-mail and a longer password, or the password this e-mail has already; else invite them by "
        "the page of the organisation, which shows why",
        where=url,
    )


def _fetch_invitation(browser: httpx.Client, key: str, email: str) -> str:
    """Where ``email`` signs up; empty where nobody can, or somebody has an account of it."""
    headers = {"Authorization": f"Token {key}"}
    own = browser.post(INVITATIONS, json={"email": email, "project": 0}, headers=headers)
    if own.is_success:
        return str(own.json().get("url", ""))
    if own.status_code == _BAD_REQUEST:
        return ""
    # Without a layer, or without roles, any member may invite.
    return str(_answer_field(browser.get("/api/invite", headers=headers), "invite_url"))


def _submit_form(browser: httpx.Client, path: str, user: dict[str, str]) -> bool:
    """Send the form of the page at ``path``; the server answers a form it accepts by leading elsewhere.

    It says which page it comes from, as a browser does: the server refuses forms from elsewhere.
    """
    page = browser.get(path)
    # Django accepts a form only with the token that it wrote into the page.
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if seal is None:
        raise _signup_error(page)
    # Over https Django checks the Referer as well.
    form = {"csrfmiddlewaretoken": seal.group(1), **user}
    origin = f"{page.url.scheme}://{page.url.netloc.decode('ascii')}"
    reply = browser.post(path, data=form, headers={"Origin": origin, "Referer": str(page.url)})
    if reply.status_code == _TOO_MANY_REQUESTS:
        raise _slowed_down_error(reply)
    return reply.is_redirect


def _answer_field(reply: httpx.Response, key: str) -> object:
    try:
        return reply.raise_for_status().json()[key]
    except (ValueError, KeyError, TypeError):
        raise _signup_error(reply) from None


def _slowed_down_error(reply: httpx.Response) -> ServerRefused:
    seconds = reply.headers.get("Retry-After", "")
    wait = f"{seconds} seconds" if seconds.isdecimal() else "some minutes"
    url = str(reply.url.copy_with(query=None))
    return ServerRefused(
        f"{url} was given too many wrong passwords for this e-mail and does not look at another one yet",
        todo=f"wait {wait}, then run the same command again with the right password",
        where=url,
    )


def _signup_error(reply: httpx.Response) -> NotLabelStudio:
    return NotLabelStudio(
        f"{reply.url.copy_with(query=None)} does not answer as Label Studio does (status {reply.status_code})",
        todo="name the address of a Label Studio server",
        where=str(reply.url.copy_with(query=None)),
    )
