"""A server on the loopback: a socket that only this machine reaches, and uvicorn to serve an application on it."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from stackpin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["loopback_socket", "serve_until_stopped"]

#: Connections that may wait to be taken: a resolver in a hurry opens many at once.
_BACKLOG = 1024


def loopback_socket(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    :raises UsageError: when the host is no loopback address, or the port cannot be had.
    """
    address = ip_address("127.0.0.1") if host == "localhost" else _address(host)
    if not address.is_loopback:
        raise UsageError(
            "the index is for this machine only",
            got=f"--host {host}",
            expected="a loopback address: 127.0.0.1 or ::1",
            hint="for other machines, an index server of their own: stackpin emit devpi --help",
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # Named as TCP, for asyncio sends small parts at once on such sockets only: else an answer waits 40 ms for an acknowledgement.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((str(address), port))
        opened.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        opened.close()
        raise UsageError(
            "the port cannot be had",
            got=f"{host} port {port}: {getattr(error, 'strerror', None) or error}",
            expected="a port that is free",
            hint="--port 0 takes one that is",
        ) from error
    return opened


def _address(host: str) -> Any:
    try:
        return ip_address(host.strip("[]"))
    except ValueError as error:
        raise UsageError(
            "the host is no address", got=f"--host {host}", expected="a loopback address: 127.0.0.1 or ::1"
        ) from error


def serve_until_stopped(application: Callable[..., Any], opened: socket.socket) -> None:
    """Serve an ASGI application on a socket until Ctrl-C; answers that are under way get a second to end."""
    import uvicorn

    config = uvicorn.Config(
        application,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        server_header=False,
        backlog=_BACKLOG,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has ended well
        uvicorn.Server(config).run(sockets=[opened])
