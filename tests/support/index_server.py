"""A package index on the loopback, real HTTP over a real socket, that can be told to misbehave.

``/simple/<project>/`` is a project's page, ``/files/<name>`` a file, ``/files/<name>.metadata`` its METADATA (PEP 658).
Use it as a context manager::

    with IndexServer() as index:
        index.add(wheel_name("demo", "1"), wheel_bytes("demo", "1"))
        ...  # ask index.url
        assert [request.path for request in index.requests] == ["/simple/demo/"]

What it does wrong is set in :class:`Behaviour`; change ``index.behaviour`` at any time, also between two requests.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import time
import zipfile
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Behaviour", "IndexServer", "Request", "ServedFile"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"


@dataclass(kw_only=True)
class ServedFile:
    """One file of the index. ``claimed_sha256`` and ``claimed_size`` are told instead of the true ones where given."""

    name: str
    content: bytes
    uploaded: str = "2025-01-02T03:04:05.678901Z"
    yanked: str | bool = False
    requires_python: str = ""
    claimed_sha256: str = ""
    claimed_size: int | None = None
    metadata: bytes | None = None

    @property
    def project(self) -> str:
        """The normalized name of the project: what stands before the first hyphen (PEP 427, PEP 625)."""
        return canonicalize_name(self.name.partition("-")[0])

    @property
    def sha256(self) -> str:
        """The digest that the index tells."""
        return self.claimed_sha256 or sha256(self.content).hexdigest()

    @property
    def core_metadata(self) -> bytes | None:
        """What lies beside the file: the METADATA inside, if there is one."""
        if self.metadata is not None or not self.name.endswith(".whl"):
            return self.metadata
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(self.content)) as wheel:
            return next((wheel.read(name) for name in wheel.namelist() if name.endswith(".dist-info/METADATA")), None)
        return None


@dataclass(kw_only=True)
class Behaviour:
    """How the index behaves. Keys of the mappings are parts of a path; the first that fits counts.

    :param pages: ``json`` negotiates (PEP 691), ``html`` knows PEP 503 only, ``html-as-json`` says JSON and sends HTML,
        ``login`` answers every page with an HTML page that lists nothing.
    :param metadata: whether METADATA beside a wheel is ``announced`` (PEP 658), there but ``silent``, announced with a
        ``wrong-digest``, announced but ``missing``, announced as ``absent``, or ``none``.
    :param validators: whether pages carry ETag and Last-Modified, and a conditional request can get a 304.
    :param ranges: ``on``; ``off`` answers 200 with everything; ``wrong`` sends another range; ``mute`` does not say
        which range it sends; ``short`` sends half of the range that it names; ``other-size`` names another size of the
        whole; ``gzip`` sends the range compressed although nobody asked for that, ``part-of-gzip`` a range of the
        compressed file.
    :param stamps: what files carry, and If-Range is compared with: an ``etag`` of their content, the same as a ``weak``
        one, the ``date`` at which they were uploaded, or ``none``.
    :param if_range: whether If-Range is honoured.
    :param statuses: paths that always get this status.
    :param hiccups: paths that get these statuses, one a request, before they work.
    :param pauses: seconds before the answer.
    :param drips: seconds between any two bytes of the body.
    :param cuts: paths whose body ends half-way, and with it the connection.
    :param login: user and password that every request must carry.
    :param serial: ``_last-serial`` of the JSON pages.
    """

    pages: Literal["json", "html", "html-as-json", "login"] = "json"
    metadata: Literal["announced", "silent", "wrong-digest", "missing", "absent", "none"] = "none"
    validators: bool = False
    ranges: Literal["on", "off", "wrong", "mute", "short", "other-size", "gzip", "part-of-gzip"] = "on"
    stamps: Literal["none", "etag", "weak", "date"] = "none"
    if_range: bool = True
    statuses: dict[str, int] = field(default_factory=dict)
    hiccups: dict[str, list[int]] = field(default_factory=dict)
    pauses: dict[str, float] = field(default_factory=dict)
    drips: dict[str, float] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    login: tuple[str, str] | None = None
    serial: int | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came, and what it got: ``sent`` counts the bytes of the body."""

    method: str
    path: str
    headers: dict[str, str]
    status: int
    sent: int


class IndexServer:
    """The index; ``url`` is its Simple root, ``requests`` the log.

    ``file_root`` is what its pages put before ``/files/``: relative, unless a test names another server.
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.files: dict[str, ServedFile] = {}
        self.requests: list[Request] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.index = self  # type: ignore[attr-defined]  # how the handler finds its index
        self._server = server
        self.root = f"http://127.0.0.1:{server.server_address[1]}"
        self.url = f"{self.root}/simple/"
        self.file_root = "../.."

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, content: bytes, **details: Any) -> ServedFile:
        """Put a file into the index; ``details`` are fields of :class:`ServedFile`."""
        self.files[name] = ServedFile(name=name, content=content, **details)
        return self.files[name]

    def forget(self) -> None:
        """Empty the log."""
        self.requests.clear()

    def with_login(self, user: str, password: str) -> str:
        """The address of the index with these credentials in it."""
        return self.url.replace("://", f"://{user}:{password}@")

    @property
    def sent(self) -> int:
        """Bytes of bodies sent since the log was emptied."""
        return sum(request.sent for request in self.requests)

    def paths(self, part: str = "") -> list[str]:
        """The paths asked for, in order, that contain ``part``."""
        return [request.path for request in self.requests if part in request.path]


def _fits(rules: dict[str, Any] | tuple[str, ...], path: str) -> str | None:
    return next((part for part in rules if part in path), None)


class _Server(ThreadingHTTPServer):
    """Says nothing where a client hangs up: tests kill clients."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection; everything it does is asked of the index's behaviour."""

    protocol_version = "HTTP/1.1"

    @property
    def index(self) -> IndexServer:
        return self.server.index  # type: ignore[attr-defined, no-any-return]  # set by IndexServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing on stderr."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        behaviour, path = self.index.behaviour, unquote(self.path.partition("?")[0])
        pause = _fits(behaviour.pauses, path)
        time.sleep(behaviour.pauses[pause] if pause is not None else 0)
        status = self._trouble(behaviour, path)
        if status is not None:
            extra = {"WWW-Authenticate": 'Basic realm="index"'} if status == 401 else {}
            self._send(status, b"", extra)
        elif path.startswith("/simple/"):
            self._page(behaviour, path.removeprefix("/simple/").strip("/"))
        else:
            self._file(behaviour, path.removeprefix("/files/"))

    def _trouble(self, behaviour: Behaviour, path: str) -> int | None:
        if behaviour.login is not None:
            expected = "Basic " + b64encode(":".join(behaviour.login).encode()).decode()
            if self.headers.get("Authorization") != expected:
                return 401
        hiccup = _fits(behaviour.hiccups, path)
        if hiccup is not None and behaviour.hiccups[hiccup]:
            return behaviour.hiccups[hiccup].pop(0)
        always = _fits(behaviour.statuses, path)
        return None if always is None else behaviour.statuses[always]

    def _page(self, behaviour: Behaviour, project: str) -> None:
        files = [file for file in self.index.files.values() if file.project == project]
        if not files:
            self._send(404, b"", {})
            return
        wants_json = JSON in self.headers.get("Accept", "") and behaviour.pages != "html"
        if behaviour.pages == "login":
            body, kind = b"<html><body><form action='/login'>Sign in</form></body></html>", HTML
        elif wants_json and behaviour.pages == "json":
            body, kind = _json_page(project, files, self.index), JSON
        else:
            body, kind = _html_page(project, files, self.index), JSON if behaviour.pages == "html-as-json" else HTML
        headers = {"Content-Type": kind}
        if behaviour.validators:
            headers |= {"ETag": f'"{sha256(body).hexdigest()}"', "Last-Modified": "Thu, 02 Jan 2025 03:04:05 GMT"}
            if self.headers.get("If-None-Match") == headers["ETag"]:
                self._send(304, b"", headers)
                return
        self._send(200, body, headers)

    def _file(self, behaviour: Behaviour, name: str) -> None:
        beside = self.index.files.get(name.removesuffix(".metadata")) if name.endswith(".metadata") else None
        if beside is not None and behaviour.metadata in {"announced", "silent", "wrong-digest"}:
            content = beside.core_metadata
            self._send(404 if content is None else 200, content or b"", {})
            return
        file = self.index.files.get(name)
        if file is None:
            self._send(404, b"", {})
            return
        stamps = _stamps(file, behaviour)
        asked = self.headers.get("Range", "")
        if not asked or behaviour.ranges == "off" or self._changed(behaviour, stamps):
            self._send(200, file.content, {"Content-Type": "application/octet-stream", **stamps})
        else:
            self._range(behaviour, file.content, asked.removeprefix("bytes="), stamps)

    def _changed(self, behaviour: Behaviour, stamps: dict[str, str]) -> bool:
        """Whether If-Range names another state of the file (RFC 9110, 13.1.5)."""
        known = self.headers.get("If-Range")
        return behaviour.if_range and known is not None and known not in stamps.values()

    def _range(self, behaviour: Behaviour, content: bytes, asked: str, stamps: dict[str, str]) -> None:
        content = gzip.compress(content, mtime=0) if behaviour.ranges == "part-of-gzip" else content
        first, _, last = asked.partition("-")
        start = int(first) if first else max(0, len(content) - int(last))
        stop = min(len(content), int(last) + 1 if first and last else len(content))
        if start >= len(content):
            self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        if behaviour.ranges == "wrong":
            start, stop = 0, stop - start
        body, size = content[start:stop], len(content) + (behaviour.ranges == "other-size")
        told = {"Content-Range": f"bytes {start}-{stop - 1}/{size}", **stamps}
        if behaviour.ranges == "short":
            body = body[: len(body) // 2]
        if "gzip" in behaviour.ranges:
            body = gzip.compress(body, mtime=0) if behaviour.ranges == "gzip" else body
            told["Content-Encoding"] = "gzip"
        self._send(206, body, stamps if behaviour.ranges == "mute" else told)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        behaviour, path = self.index.behaviour, unquote(self.path.partition("?")[0])
        short = body and _fits(behaviour.cuts, path) is not None
        sent = b"" if self.command == "HEAD" else body[: len(body) // 2] if short else body
        # logged first, so that whoever has the answer finds the request in the log
        self.index.requests.append(
            Request(
                method=self.command,
                path=path,
                headers={name.lower(): value for name, value in self.headers.items()},
                status=status,
                sent=len(sent),
            )
        )
        with suppress(ConnectionError):  # the client may hang up in the middle: that is what some tests are about
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            if behaviour.ranges != "off":
                self.send_header("Accept-Ranges", "bytes")
            self.end_headers()
            self._write(sent, behaviour, path)
            if short:
                self.close_connection = True

    def _write(self, body: bytes, behaviour: Behaviour, path: str) -> None:
        drip = _fits(behaviour.drips, path)
        if drip is None:
            self.wfile.write(body)
            return
        for number in range(len(body)):
            self.wfile.write(body[number : number + 1])
            self.wfile.flush()
            time.sleep(behaviour.drips[drip])


def _stamps(file: ServedFile, behaviour: Behaviour) -> dict[str, str]:
    if behaviour.stamps == "none":
        return {}
    if behaviour.stamps == "date":
        uploaded = datetime.fromisoformat(file.uploaded[:19]).replace(tzinfo=timezone.utc)
        return {"Last-Modified": format_datetime(uploaded, usegmt=True)}
    etag = f'"{sha256(file.content).hexdigest()[:16]}"'
    return {"ETag": f"W/{etag}" if behaviour.stamps == "weak" else etag}


def _announcement(file: ServedFile, behaviour: Behaviour) -> dict[str, str] | bool | None:
    if behaviour.metadata in {"none", "silent"}:
        return None
    content = file.core_metadata
    if behaviour.metadata == "absent" or content is None:
        return False
    return {"sha256": "0" * 64 if behaviour.metadata == "wrong-digest" else sha256(content).hexdigest()}


def _json_page(project: str, files: list[ServedFile], index: IndexServer) -> bytes:
    behaviour = index.behaviour
    rows = []
    for file in files:
        size = len(file.content) if file.claimed_size is None else file.claimed_size
        row: dict[str, Any] = {
            "filename": file.name,
            "url": f"{index.file_root}/files/{file.name}",
            "hashes": {"sha256": file.sha256},
            "size": size,
            "upload-time": file.uploaded,
            "yanked": file.yanked,
        }
        if file.requires_python:
            row["requires-python"] = file.requires_python
        announcement = _announcement(file, behaviour)
        rows.append(row if announcement is None else {**row, "core-metadata": announcement})
    meta: dict[str, Any] = {"api-version": "1.1"}
    if behaviour.serial is not None:
        meta["_last-serial"] = behaviour.serial
    return json.dumps({"meta": meta, "name": project, "versions": [], "files": rows}).encode()


def _html_page(project: str, files: list[ServedFile], index: IndexServer) -> bytes:
    behaviour, links = index.behaviour, []
    for file in files:
        parts = [f'href="{index.file_root}/files/{file.name}#sha256={file.sha256}"']
        if file.requires_python:
            parts.append(f'data-requires-python="{escape(file.requires_python)}"')
        if file.yanked:
            parts.append(f'data-yanked="{escape(file.yanked) if isinstance(file.yanked, str) else ""}"')
        announcement = _announcement(file, behaviour)
        if isinstance(announcement, dict):
            parts.append(f'data-core-metadata="sha256={announcement["sha256"]}"')
        links.append(f"<a {' '.join(parts)}>{file.name}</a><br>")
    head = f'<html><head><meta name="pypi:repository-version" content="1.0"><title>{project}</title></head><body>'
    return "\n".join(["<!DOCTYPE html>", head, *links, "</body></html>"]).encode()
