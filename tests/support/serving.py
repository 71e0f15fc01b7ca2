"""``stackpin serve`` for tests: as the command that a person runs, and as its application alone, asked without a socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.check.rules import accepted_by_name
from stackpin.effects.async_http import ThreadedHttp
from stackpin.effects.http import IndexHttp
from stackpin.model.locked import Evidence
from stackpin.ports import HttpSettings
from stackpin.serve.asgi import Application
from stackpin.serve.page_cache import PageCache
from stackpin.serve.rules import TupleRules
from stackpin.serve.tuple_index import TupleIndex
from stackpin.serve.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from stackpin.model.locked import LockedTuple

__all__ = ["HTML", "HURRY", "JSON", "Asked", "Served", "asked_of", "locked_of", "rules_of"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
#: Soon tired: what a test waits for is on the loopback.
HURRY = HttpSettings(connections=32, timeout=0.5, deadline=2.0, attempts=2, back_off=0.01)


class Served:
    """The command, running; ``url`` is its Simple root, ``told`` what it said on stderr so far, a line each.

    :param words: options behind ``stackpin serve``.
    :param program: the stackpin that is run; by default that of the work tree.
    """

    def __init__(self, *words: str, cwd: Path, program: Sequence[str] = (), **env: str) -> None:
        program = program or (sys.executable, "-m", "stackpin")
        command = [*program, "serve", "--port", "0", "--json", *words]
        self._process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.told: list[str] = []
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._process.stdout is not None
        said = ""
        for line in self._process.stdout:
            said += line
            if line.rstrip() == "}":
                break
        if not said:
            self.stop()
            raise AssertionError("\n".join(self.told))
        self.document: dict[str, Any] = json.loads(said)
        self.url: str = self.document["url"]
        self.root = self.url.removesuffix("simple/")

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.told.append(line.rstrip("\n"))

    @property
    def memory(self) -> int:
        """Resident memory of the server, in kB (Linux)."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as file:  # noqa: PTH123 - no file of ours
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(timeout=20)
        self._listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._process.poll() is None:
            self.stop()


@cache
def locked_of(request: str, cuda: str) -> LockedTuple:
    """A tuple of the catalog."""
    return compile_job(Job(requirements=(request,), cuda=cuda), Workshop(), version="test").locked


def rules_of(request: str, cuda: str) -> TupleRules:
    """The rules of a tuple of the catalog, as the command makes them; no look-alike has evidence."""
    locked = locked_of(request, cuda)
    return TupleRules(
        locked, accepted_by_name(locked), {"pytorch-triton": Evidence(subject="seen", line="in the wheel")}
    )


class Asked:
    """An application over an index: ``get`` asks it, ``told`` are the lines that it logged."""

    def __init__(self, client: httpx.AsyncClient, told: list[str], cache: PageCache) -> None:
        self._client, self.told, self.cache = client, told, cache

    async def get(self, path: str, accept: str = JSON, method: str = "GET", **headers: str) -> httpx.Response:
        """One request; underscores in the names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.request(method, path, headers={"Accept": accept, **named})


@contextmanager
def asked_of(
    base: str,
    *,
    request: str = "torch==2.6.0",
    cuda: str = "pypi",
    fresh: float = 60.0,
    limit: int = 1 << 20,
    clock: Callable[[], float] | None = None,
    mirror: tuple[str, str] = ("", ""),
    patience: HttpSettings = HURRY,
) -> Iterator[Asked]:
    """The application of a tuple over an index; to be asked inside one ``asyncio.run``."""
    told: list[str] = []
    rules = rules_of(request, cuda)
    settings = HttpSettings(**{**_parts(patience), "mirrors": dict([mirror]) if mirror[0] else {}})
    with IndexHttp(settings) as http:
        http.auth.learn(base)
        source = Upstream(
            ThreadedHttp(http, 32),
            base,
            rules.page_of,
            lambda url: url.replace(mirror[0], mirror[1], 1) if mirror[0] and url.startswith(mirror[0]) else url,
        )
        cache_ = PageCache(limit=limit, seconds=fresh, **({"clock": clock} if clock else {}))
        application = Application(
            TupleIndex(source, rules), title="torch 2.6.0 on cu124", held=rules.held, cache=cache_, tell=told.append
        )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application, raise_app_exceptions=True), base_url="http://127.0.0.1"
        )
        yield Asked(client, told, cache_)


def _parts(settings: HttpSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in HttpSettings.__dataclass_fields__}
