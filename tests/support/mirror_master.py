"""An index as bandersnatch wants its master: Simple pages with serials, JSON of each project, and the header with the last serial.

Source: bandersnatch's documentation; which addresses it asks was seen with its release 6.8.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from tests.support.wheels import wheel_bytes, wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["mirror_master"]

_SERIAL = 7


@contextmanager
def mirror_master(projects: Mapping[str, list[str]]) -> Iterator[str]:
    """Serve hollow wheels of these projects at these versions; the root."""
    wheels = {
        f"packages/{wheel_name(name, version)}": wheel_bytes(name, version)
        for name, versions in projects.items()
        for version in versions
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing on stderr."""

        def do_GET(self) -> None:
            path = self.path.strip("/")
            if path == "simple":
                rows = [{"name": name, "_last-serial": _SERIAL} for name in projects]
                self._send(
                    json.dumps({"meta": {"api-version": "1.1", "_last-serial": _SERIAL}, "projects": rows}).encode()
                )
            elif path.startswith("pypi/") and path.split("/")[1] in projects:
                self._send(json.dumps(self._project(path.split("/")[1])).encode())
            elif path in wheels:
                self._send(wheels[path])
            else:
                self.send_error(404)

        def _project(self, name: str) -> dict[str, Any]:
            releases = {version: [self._file(name, version)] for version in projects[name]}
            newest = projects[name][-1]
            about = {"name": name, "version": newest, "summary": "", "classifiers": []}
            return {"info": about, "last_serial": _SERIAL, "releases": releases, "urls": releases[newest]}

        def _file(self, name: str, version: str) -> dict[str, Any]:
            file = wheel_name(name, version)
            body = wheels[f"packages/{file}"]
            return {
                "filename": file,
                "url": f"{root}/packages/{file}",
                "digests": {"sha256": sha256(body).hexdigest()},
                "packagetype": "bdist_wheel",
                "size": len(body),
                "requires_python": "",
                "upload_time_iso_8601": "2025-01-01T00:00:00.000000Z",
                "yanked": False,
                "yanked_reason": None,
            }

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            kind = "application/octet-stream" if self.path.endswith(".whl") else "application/vnd.pypi.simple.v1+json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-PYPI-LAST-SERIAL", str(_SERIAL))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    root = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield root
    finally:
        server.shutdown()
        server.server_close()
