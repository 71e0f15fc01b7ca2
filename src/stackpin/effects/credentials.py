"""User and password for an index: from its address, ``netrc`` or the keyring, as pip takes them; never shown."""

from __future__ import annotations

import netrc
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from stackpin.parse.web_address import credentials_of, origin_of, without_userinfo

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

__all__ = ["IndexAuth", "keyring_lookup", "netrc_lookup"]

Login = tuple[str, str]


def netrc_lookup(environ: Mapping[str, str]) -> Callable[[str], Login | None]:
    """A function from an address to the login that ``~/.netrc`` (or the file that NETRC names) has for its host."""
    path = Path(environ["NETRC"]) if environ.get("NETRC") else Path.home() / ".netrc"

    def look_up(url: str) -> Login | None:
        try:
            found = netrc.netrc(path).authenticators(urlsplit(url).hostname or "")
        except (OSError, netrc.NetrcParseError):
            return None  # as pip does: a netrc that is missing or cannot be read is no netrc
        return (found[0] or found[1] or "", found[2] or "") if found else None

    return look_up


def keyring_lookup(url: str, user: str) -> Login | None:
    """What the ``keyring`` library has for an address, else for its host; None without that library or an entry."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    for service in (url, urlsplit(url).netloc):
        try:
            found = keyring.get_credential(service, user or None)
        except KeyringError:
            return None  # a locked or missing key store is as good as no entry: the server's 401 is what gets told
        if found is not None and found.password is not None:
            return found.username or user, found.password
    return None


class IndexAuth(httpx.Auth):
    """Sends a login only to the scheme, host and port it belongs to; asks the keyring only after a 401."""

    def __init__(
        self,
        *,
        from_netrc: Callable[[str], Login | None],
        from_keyring: Callable[[str, str], Login | None] = keyring_lookup,
    ) -> None:
        self._netrc = from_netrc
        self._keyring = from_keyring
        self._known: dict[str, Login] = {}
        self._index: dict[str, str] = {}

    def learn(self, url: str) -> str:
        """Remember the login that an address carries; returns the address without it."""
        login = credentials_of(url)
        bare = without_userinfo(url)
        if login is not None:
            self._known[origin_of(bare)] = login
        self._index.setdefault(origin_of(bare), bare)
        return bare

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """What httpx calls for each request: at most two attempts, the second with what the keyring has."""
        url = str(request.url)
        origin = origin_of(url)
        login = self._known.get(origin) or self._netrc(url)
        if login is not None and login[1]:
            request.headers["Authorization"] = _basic(login)
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        stored = self._keyring(self._index.get(origin, url), login[0] if login else "")
        if stored is not None and stored != login:
            self._known[origin] = stored
            request.headers["Authorization"] = _basic(stored)
            yield request


def _basic(login: Login) -> str:
    header = httpx.BasicAuth(*login)
    request = next(header.auth_flow(httpx.Request("GET", "http://localhost/")))
    return str(request.headers["Authorization"])
