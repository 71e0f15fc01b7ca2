"""The answers to requests: an ASGI application of its own, for project pages and nothing else.

``/simple/`` lists the projects of the tuple, ``/simple/NAME/`` is a project's page (PEP 503, PEP 691), ``/missing/NAME`` says as
JSON what was left out of it and why. Files are not served: each has the address of its own host. What goes wrong is told in
one line, with 502 where the index behind fails and 504 where it does not answer in time.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name
from simple_repository.errors import PackageNotFoundError

from stackpin.errors import IndexFailed, IndexSlow
from stackpin.serve.negotiation import JSON, LEGACY, etag_of, form_of, is_known
from stackpin.serve.page_cache import Answer, PageCache
from stackpin.serve.serialise import page_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from stackpin.serve.rules import LeftOut
    from stackpin.serve.tuple_index import TupleIndex

    Scope = Mapping[str, Any]
    Message = MutableMapping[str, Any]

__all__ = ["Application"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_TEXT = "text/plain"
_PLAIN_JSON = "application/json"
#: Releases that the body of a 404 names; ``/missing/NAME`` has all.
_SHOWN = 8
#: Names that lead to this machine only, or to it from its own containers.
_LOCAL_NAMES = ("localhost", ".localhost", ".internal")


class _Response(NamedTuple):
    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Application:
    """Answers requests for one tuple.

    :param index: the pages under the tuple.
    :param title: what the tuple is, in a few words.
    :param held: the projects that the tuple speaks of.
    :param tell: hears one line for each release that is left out of a page that was asked for, and for each failure.
    """

    def __init__(
        self, index: TupleIndex, *, title: str, held: tuple[str, ...], cache: PageCache, tell: Callable[[str], None]
    ) -> None:
        self._index, self._title, self._held = index, title, held
        self._cache, self._tell = cache, tell
        self._told: set[str] = set()

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Message]],  # noqa: ARG002 - no request that is answered has a body
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """One request (ASGI 3)."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        response = await self._guarded(scope["method"], scope["path"], headers)
        sent = [("content-type", f"{response.kind}; charset=utf-8" if response.kind[:5] == "text/" else response.kind)]
        sent += response.headers
        if response.status != 304:
            sent.append(("content-length", str(len(response.body))))
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent]
        await send({"type": "http.response.start", "status": response.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    async def _guarded(self, method: str, path: str, headers: Mapping[str, str]) -> _Response:
        """The answer, or the line that says what went wrong."""
        try:
            return await self._respond(method, path, headers)
        except IndexFailed as error:
            line = f"{error.what}: {error.got} ({error.where})"
            self._tell(line)
            return _said(504 if isinstance(error, IndexSlow) else 502, line)
        except Exception as error:  # noqa: BLE001 - the edge of the server: a client gets a line, never a traceback
            line = f"{path} cannot be answered: {type(error).__name__}"
            self._tell(line)
            return _said(500, line)

    async def _respond(self, method: str, path: str, headers: Mapping[str, str]) -> _Response:
        if not _is_local(headers.get("host", "")):
            return _said(421, "this index answers for this machine only")  # a site's name that was bent to the loopback
        if method not in {"GET", "HEAD"}:
            return _said(405, "an index is read only", ("allow", "GET, HEAD"))
        area, _, rest = path.strip("/").partition("/")
        if area == "simple":
            return await self._simple(path, rest, headers)
        if area == "missing":
            return await self._missing(rest)
        if not area:
            return _said(200, f"a Simple index of {self._title}: /simple/; what is left out, and why: /missing/NAME")
        return _said(404, "there are /simple/, /simple/NAME/ and /missing/NAME")

    async def _simple(self, path: str, name: str, headers: Mapping[str, str]) -> _Response:
        project = canonicalize_name(name)
        if name and not _NAME.fullmatch(name):
            return _said(404, "no project has such a name; files have addresses of their own hosts")
        place = f"/simple/{project}/" if name else "/simple/"
        if path != place:
            return _said(301, place, ("location", place))
        form = form_of(headers.get("accept", ""))
        if not form:
            return _said(406, f"pages are {JSON}, its HTML form or {LEGACY}", ("vary", "Accept"))
        answer = await self._page(project, form) if name else await self._root(form)
        kept = (("vary", "Accept"), ("cache-control", "no-cache"), *((("etag", answer.etag),) if answer.etag else ()))
        if answer.etag and is_known(headers.get("if-none-match", ""), answer.etag):
            return _Response(304, answer.kind, b"", kept)
        return _Response(answer.status, answer.kind, answer.body, kept)

    async def _root(self, form: str) -> Answer:
        body = page_bytes(await self._index.get_project_list(), form)
        return Answer(status=200, kind=form, body=body, etag=etag_of(body))

    async def _page(self, project: str, form: str) -> Answer:
        return await self._cache.get(project, form, lambda: self._made(project, form))

    async def _made(self, project: str, form: str) -> Answer:
        """A project's page as it is sent, from the index behind."""
        try:
            page, left_out = await self._index.held(project)
        except PackageNotFoundError:
            return Answer(status=404, kind=_TEXT, body=f"the index has no project {project}\n".encode())
        self._log(project, left_out)
        if left_out and not page.files:
            return Answer(status=404, kind=_TEXT, body=self._why(project, left_out).encode(), left_out=left_out)
        body = page_bytes(page, form)
        return Answer(status=200, kind=form, body=body, etag=etag_of(body), left_out=left_out)

    def _log(self, project: str, left_out: tuple[LeftOut, ...]) -> None:
        """One line for each release, the first time that its page is asked for."""
        if left_out and project not in self._told:
            self._told.add(project)
            for row in left_out:
                self._tell(f"left out: {row}")

    def _why(self, project: str, left_out: tuple[LeftOut, ...]) -> str:
        lines = [f"no release of {project} is in the tuple: {self._title}"]
        lines += [f"  {row}" for row in left_out[:_SHOWN]]
        if len(left_out) > _SHOWN:
            lines.append(f"  … and {len(left_out) - _SHOWN} more: /missing/{project}")
        return "\n".join(lines) + "\n"

    async def _missing(self, name: str) -> _Response:
        """What was left out of a page, as JSON; without a name, the projects that the tuple speaks of."""
        name = name.strip("/")
        if not name:
            return _json({"schema": 1, "tuple": self._title, "projects": list(self._held)})
        if not _NAME.fullmatch(name):
            return _said(404, "no project has such a name")
        project = canonicalize_name(name)
        answer = await self._page(project, JSON)
        if answer.status == 404 and not answer.left_out:
            return _Response(404, answer.kind, answer.body)
        rows = [_row(row) for row in answer.left_out]
        return _json({"schema": 1, "tuple": self._title, "project": project, "left_out": rows})


def _row(row: LeftOut) -> dict[str, object]:
    evidence = [
        {"fact": str(fact), **({"source": fact.source} if fact.source else {})}
        | ({"sha256": fact.sha256} if fact.sha256 else {})
        for fact in row.reason.evidence
    ]
    return {"version": row.version, "reason": row.reason.text, "evidence": evidence, "files": list(row.files)}


def _json(document: dict[str, object]) -> _Response:
    return _Response(200, _PLAIN_JSON, (json.dumps(document, indent=2) + "\n").encode())


def _said(status: int, line: str, *headers: tuple[str, str]) -> _Response:
    return _Response(status, _TEXT, f"{line}\n".encode(), headers)


def _is_local(host: str) -> bool:
    """Whether a Host header names an address, this machine, or this machine as its containers see it.

    Any other name was made to lead here by somebody else's DNS, for a page in a browser to read what only this machine may.
    """
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    if not name or name.endswith(_LOCAL_NAMES):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
