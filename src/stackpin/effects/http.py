"""HTTP by httpx: four connections at most, retries with back-off, logins, mirrors, and an end to every wait."""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING

import httpx
import tenacity

from stackpin.effects.credentials import IndexAuth, netrc_lookup
from stackpin.errors import IndexFailed, IndexSlow
from stackpin.parse.web_address import without_credentials
from stackpin.ports import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from stackpin.ports import HttpSettings

__all__ = ["IndexHttp", "Traffic"]

_RETRY_STATUS = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0


@dataclass(slots=True)
class Traffic:
    """What went over the wire so far: requests sent (retries included) and bytes of bodies received."""

    requests: int = 0
    received: int = 0


class _TransientError(Exception):
    """An answer that may be another one next time; ``late`` is whether it is one that did not come in time."""

    def __init__(self, got: str, *, wait: float = 0.0, late: bool = False) -> None:
        super().__init__(got)
        self.got = got
        self.wait = wait
        self.late = late


class IndexHttp:
    """The :class:`stackpin.ports.HttpClient` that really asks; may be called from several threads; close it."""

    def __init__(self, settings: HttpSettings, *, auth: IndexAuth | None = None) -> None:
        self._settings = settings
        self.auth = auth or IndexAuth(from_netrc=netrc_lookup(os.environ))
        self.traffic = Traffic()
        self._lock = Lock()
        self._stopped = Event()
        self._client = httpx.Client(
            auth=self.auth,
            timeout=httpx.Timeout(settings.timeout, pool=None),
            limits=httpx.Limits(max_connections=settings.connections, max_keepalive_connections=settings.connections),
            follow_redirects=True,
            verify=_trust(settings.certificates),
            headers={"User-Agent": "stackpin"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._client.close()

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        """See :meth:`stackpin.ports.HttpClient.get`.

        :raises IndexFailed: when the last retry failed as well; :class:`IndexSlow` where it was one that came too late.
        """
        bare = self.auth.learn(self._mirrored(url))
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TransientError),
            stop=tenacity.stop_after_attempt(self._settings.attempts) | tenacity.stop_when_event_set(self._stopped),
            wait=self._pause,
            sleep=tenacity.sleep_using_event(self._stopped),
            reraise=True,
        )
        try:
            reply: Reply = attempts(self._once, bare, dict(headers or {}), limit)
        except _TransientError as error:
            kind = IndexSlow if error.late else IndexFailed
            raise kind(
                "the index cannot be reached or keeps failing",
                where=without_credentials(url),
                got=f"{error.got} ({_attempts(self._settings.attempts)})",
                expected="an answer",
                hint="try again later",
            ) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise IndexFailed(
                "the address cannot be asked",
                where=without_credentials(url),
                got=str(error),
                expected="an http or https address",
            ) from error
        return reply

    def _mirrored(self, url: str) -> str:
        for prefix in sorted(self._settings.mirrors, key=len, reverse=True):
            if url.startswith(prefix):
                return self._settings.mirrors[prefix] + url[len(prefix) :]
        return url

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _TransientError) else 0.0
        grown = self._settings.back_off * float(2 ** (state.attempt_number - 1))
        return min(_LONGEST_WAIT, max(asked, grown))

    def _once(self, url: str, headers: dict[str, str], limit: int) -> Reply:
        if self._stopped.is_set():
            raise _TransientError("stopped")
        with self._lock:
            self.traffic.requests += 1
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code in _RETRY_STATUS:
                    raise _TransientError(f"HTTP {response.status_code}", wait=_retry_after(response))
                body, complete = self._body(response, limit)
        except (httpx.TimeoutException, httpx.NetworkError, httpx.ProtocolError, httpx.DecodingError) as error:
            if isinstance(error, httpx.UnsupportedProtocol):
                raise
            raise _TransientError(_said(error), late=isinstance(error, httpx.TimeoutException)) from error
        return Reply(
            status=response.status_code,
            url=str(response.url),
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            complete=complete,
        )

    def _body(self, response: httpx.Response, limit: int) -> tuple[bytes, bool]:
        """At most ``limit`` bytes of the body, and whether that is all; nothing where the server announces more.

        Who asks for no coding gets the body as it came, coded or not: a part of a coded file cannot be decoded.
        """
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            return b"", False
        end = time.monotonic() + self._settings.deadline
        body = bytearray()
        as_sent = response.request.headers.get("accept-encoding") == "identity"
        for chunk in response.iter_raw() if as_sent else response.iter_bytes():
            body += chunk
            if self._stopped.is_set():
                raise _TransientError("stopped")
            if time.monotonic() > end:
                raise _TransientError(f"no end after {self._settings.deadline:g} s", late=True)
            if len(body) > limit:
                break
        with self._lock:
            self.traffic.received += response.num_bytes_downloaded
        return bytes(body[:limit]), len(body) <= limit


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"


def _said(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0


def _trust(certificates: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if certificates:
        context.load_verify_locations(cafile=certificates)
    return context
