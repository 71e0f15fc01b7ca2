"""What the core asks of the world, as small protocols: a fake for a test provides these methods and nothing more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["AsyncHttpClient", "Clock", "Files", "HttpClient", "HttpSettings", "Reply", "Reporter", "Workers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered, once nothing is left to retry.

    ``headers`` have lower-case names. ``body`` holds at most as many bytes as were asked for; ``complete`` is false
    where the server had more to send and the client hung up. ``url`` is the address after redirects, without
    credentials.
    """

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How patient a client is. Times in seconds.

    ``timeout`` is the longest silence of a server, ``deadline`` the longest one answer may take as a whole,
    ``back_off`` the pause before the first retry (it doubles). ``mirrors`` rewrites addresses by prefix.
    ``certificates`` names a file of further authorities.
    """

    connections: int = 4
    timeout: float = 30.0
    deadline: float = 300.0
    attempts: int = 4
    back_off: float = 0.5
    mirrors: Mapping[str, str] = field(default_factory=dict)
    certificates: str = ""


class HttpClient(Protocol):
    """Fetches over HTTP, with retries, credentials and mirrors already taken care of."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        """One GET; reads at most ``limit`` bytes of the body.

        Every status below 500 but 429 comes back as a reply.

        :raises IndexFailed: when the server cannot be reached, or still fails after the last retry.
        """
        ...


class AsyncHttpClient(Protocol):
    """Fetches over HTTP for code that runs in an event loop; all else as for :class:`HttpClient`."""

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        """One GET; reads at most ``limit`` bytes of the body.

        :raises IndexFailed: when the server cannot be reached, or still fails after the last retry.
        """
        ...


class Files(Protocol):
    """Reads and writes local files; a file is whole or absent, never half-written."""

    def read(self, path: Path) -> bytes | None:
        """The bytes of a file; None where there is none."""
        ...

    def write(self, path: Path, content: bytes) -> None:
        """Put a whole file in place at once, folders included.

        :raises FileUnwritable: when that is not possible; the old file is then still there.
        """
        ...

    def append(self, path: Path, line: bytes) -> None:
        """Add one line to a file, folders included.

        :raises FileUnwritable: when that is not possible.
        """
        ...

    def remove(self, path: Path) -> None:
        """Delete a file if it is there."""
        ...

    def names(self, folder: Path, suffix: str) -> tuple[str, ...]:
        """The sorted names of the files in a folder that end with ``suffix``; empty where there is no such folder."""
        ...


class Clock(Protocol):
    """What day it is."""

    def today(self) -> str:
        """The date in UTC, ISO 8601 (``YYYY-MM-DD``)."""
        ...


class Workers(Protocol):
    """Runs several fetches at once."""

    def each(self, function: Callable[[str], object], keys: Iterable[str]) -> Iterator[tuple[str, object]]:
        """Yield ``(key, function(key))`` as they get done; an error of the function is yielded as its result."""
        ...


class Reporter(Protocol):
    """Hears how far a long run is; what it shows, and where, is its own affair."""

    def begin(self, label: str, total: int) -> None:
        """A stage with ``total`` steps begins."""
        ...

    def advance(self, label: str) -> None:
        """One more step of the stage is done."""
        ...

    def note(self, text: str) -> None:
        """Something that the user may want to know, in one line."""
        ...

    def end(self) -> None:
        """Nothing more will come."""
        ...
