"""Ports of this machine's loopback address: which are free, which one a process listens on, and whether it answers."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

from labeling.errors import PortTaken

if TYPE_CHECKING:
    import psutil

LOOPBACK = "127.0.0.1"
_PORT_SECONDS = 5.0


def url_of(port: int) -> str:
    """The address of a server on this machine."""
    return f"http://{LOOPBACK}:{port}"


def choose_port(wanted: int | None, before: int | None) -> int:
    """The port to listen on: the one wanted, else the one of last time, else any that is free.

    Raises:
        PortTaken: The one wanted is in use, or not ours to use.
    """
    if wanted is None:
        return before if before and is_free(before) else _free_port()
    if not is_free(wanted):
        raise port_taken_error(wanted)
    return wanted


def port_taken_error(port: int) -> PortTaken:
    """The error for a port that another program has, or that the system keeps for itself."""
    return PortTaken(
        f"port {port} of {LOOPBACK} cannot be had: another program listens on it, or the system forbids it",
        todo="name another port, or leave --port out: a free one is chosen",
        where=url_of(port),
    )


def is_free(port: int) -> bool:
    """Whether nobody listens on the port and we may."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as caller:
        caller.settimeout(_PORT_SECONDS)
        # Asked first: on some systems the option below lets us bind a port that somebody listens on.
        if caller.connect_ex((LOOPBACK, port)) == 0:
            return False
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
        # As Label Studio does: connections that ended a moment ago do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listening_port(process: psutil.Process) -> int | None:
    """The port on which this very process listens, whatever it was asked to; None when it does not, or has ended."""
    import psutil

    try:
        sockets = process.net_connections("tcp")
    except psutil.Error:
        return None
    return next((int(each.laddr.port) for each in sockets if each.status == psutil.CONN_LISTEN), None)


def is_answering(url: str, api_key: str = "") -> bool:
    """Whether a GET of ``url`` is answered with 200, to the bearer of ``api_key`` when there is one."""
    import httpx

    headers = {"Authorization": f"Token {api_key}"} if api_key else {}
    try:
        # The environment's proxies are for other machines.
        reply = httpx.get(url, headers=headers, timeout=_PORT_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return reply.status_code == httpx.codes.OK


def _free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])
