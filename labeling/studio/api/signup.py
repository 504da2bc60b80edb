"""Further people on a server: signed up by the organisation's invitation, as a browser does it.

The part of the e-mail address before the ``@`` is the annotator's name in our files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labeling.errors import NotLabelStudio, ServerRefused, ServerUnreachable

if TYPE_CHECKING:
    import httpx

    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials

_SIGNUP_SECONDS = 60.0


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
    import httpx

    user = {"email": email, "password": password}
    try:
        # The environment's proxies are for other machines, and may not see passwords of this one.
        with httpx.Client(base_url=credentials.url, timeout=_SIGNUP_SECONDS, trust_env=False) as browser:
            if not _submit_form(browser, "/user/login/", user) and not _submit_form(
                browser, _fetch_invitation(credentials), user
            ):
                raise ServerRefused(
                    f"{credentials.url} lets {email} neither log in nor sign up",
                    todo="use a valid e-mail and a longer password, or the password this e-mail has already",
                    where=credentials.url,
                )
            return str(_answer_field(browser.get("/api/current-user/token"), "token"))
    except httpx.HTTPError as error:
        raise ServerUnreachable(
            f"{credentials.url} does not answer: {error}",
            todo="see that it runs: `labeling serve`",
            where=credentials.url,
        ) from None


def sign_up(studio: Studio, email: str, password: str) -> str:
    """Sign somebody up on the server of ``studio``, and return their own key (a legacy token).

    Raises:
        ServerUnreachable: Nothing answers.
        NotLabelStudio: The answer is not Label Studio's.
        NotAuthorised: The organisation does not allow legacy tokens.
        ServerRefused: No such e-mail or password is allowed.
    """
    import httpx

    from labeling.studio.api.calls import ask

    invitation = str(_answer_field(ask(studio, "GET", "api/invite", "invite somebody"), "invite_url"))
    try:
        with httpx.Client(base_url=studio.url, timeout=_SIGNUP_SECONDS, trust_env=False) as browser:
            if not _submit_form(browser, invitation, {"email": email, "password": password}):
                raise ServerRefused(
                    f"{studio.url} does not let {email} sign up",
                    todo="let the organisation's page say why: invite them by hand",
                    where=studio.url,
                )
            return str(_answer_field(browser.get("/api/current-user/token"), "token"))
    except httpx.HTTPError as error:
        raise ServerUnreachable(
            f"{studio.url} does not answer: {type(error).__name__}", todo="see that it runs", where=studio.url
        ) from None


def _fetch_invitation(credentials: Credentials) -> str:
    import httpx

    headers = {"Authorization": f"Token {credentials.api_key}"}
    reply = httpx.get(f"{credentials.url}/api/invite", headers=headers, timeout=_SIGNUP_SECONDS, trust_env=False)
    return str(_answer_field(reply, "invite_url"))


def _submit_form(browser: httpx.Client, path: str, user: dict[str, str]) -> bool:
    """Send the form of the page at ``path``; the server answers a form it accepts by leading elsewhere."""
    page = browser.get(path)
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if seal is None:
        raise _signup_error(page)
    form = {"csrfmiddlewaretoken": seal.group(1), **user}
    return browser.post(path, data=form, headers={"Referer": str(page.url)}).is_redirect


def _answer_field(reply: httpx.Response, key: str) -> object:
    try:
        return reply.raise_for_status().json()[key]
    except (ValueError, KeyError, TypeError):
        raise _signup_error(reply) from None


def _signup_error(reply: httpx.Response) -> NotLabelStudio:
    return NotLabelStudio(
        f"{reply.url.copy_with(query=None)} does not answer as Label Studio does (status {reply.status_code})",
        todo="name the address of a Label Studio server",
        where=str(reply.url.copy_with(query=None)),
    )
