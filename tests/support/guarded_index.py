"""An index behind a password, and a proxy that writes down what it is asked for; both on the loopback."""

from __future__ import annotations

from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, build_opener

from tests.support.wheels import wheel_bytes, wheel_name

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PASSWORD", "USER", "GuardedIndex", "RecordingProxy"]

USER, PASSWORD = "somebody", "hush-hush-4711"
NAME, VERSION = "private-lib", "1.0"


class _Loopback:
    """A server in a thread of its own; ``answer`` turns a request into status, type and body."""

    def __init__(self) -> None:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
                """Say nothing on stderr."""

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                status, kind, body = owner.answer(self.path, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if status == 401:
                    self.send_header("WWW-Authenticate", 'Basic realm="private"')
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, authorization: str) -> tuple[int, str, bytes]:
        """What is sent for a path."""
        raise NotImplementedError


class GuardedIndex(_Loopback):
    """Carries ``private-lib 1.0`` for who knows the password; ``let_in`` are the paths that were given out."""

    def __init__(self) -> None:
        super().__init__()
        self.let_in: list[str] = []
        self._wheel = wheel_name(NAME, VERSION)
        self._key = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def url(self, credentials: str = "") -> str:
        """The Simple root, with what stands before the host."""
        return f"http://{credentials}{'@' if credentials else ''}{self.host}/simple/"

    def answer(self, path: str, authorization: str) -> tuple[int, str, bytes]:
        """A page, the wheel, or 401; what the index does not carry is not there for anybody."""
        if authorization != self._key:
            return 401, "text/plain", b"who are you"
        self.let_in.append(path)
        if path.endswith(self._wheel):
            return 200, "application/octet-stream", wheel_bytes(NAME, VERSION)
        if path.strip("/") == f"simple/{NAME}":
            return 200, "text/html", f'<a href="/files/{self._wheel}">{self._wheel}</a>'.encode()
        return 404, "text/plain", b""


class RecordingProxy(_Loopback):
    """Fetches what it is asked for from ``root``, whatever the host, and keeps the addresses."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._root = root
        self._open = build_opener(ProxyHandler({})).open

    def answer(self, path: str, authorization: str) -> tuple[int, str, bytes]:
        """The answer of the server behind; what is not there is a 404."""
        self.asked.append(unquote(path))
        try:
            with self._open(self._root + urlsplit(path).path) as found:
                return found.status, found.headers["Content-Type"], found.read()
        except OSError:
            return 404, "text/plain", b""
