"""Index servers of others, installed from the real index into environments of their own, and started on the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Devpi", "installed", "running_devpi"]


def installed(folder: Path, settings: Mapping[str, str], *requirements: str) -> Path:
    """An environment with these distributions; its ``bin``."""
    env = {**os.environ, **settings, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    uv = newest_uv()
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *requirements],
    ):
        subprocess.run(command, env=env, check=True, timeout=600)
    return folder / "bin"


class Devpi:
    """A running server and its client, logged in as root; ``url`` is the server's root."""

    def __init__(self, tools: Path, folder: Path, url: str) -> None:
        self.url = url
        self._client = str(tools / "devpi")
        self._folder = folder
        self("use", url)
        self("login", "root", "--password", "root")

    def __call__(self, *words: str) -> str:
        """Run the client; what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "DEVPI"))}
        command = [self._client, words[0], "--clientdir", str(self._folder / "client"), *words[1:]]
        done = subprocess.run(
            command,
            env={**env, "HOME": str(self._folder)},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_devpi(tools: Path, folder: Path) -> Iterator[Devpi]:
    """Start a server with nothing in it."""
    data = str(folder / "server")
    env = {**os.environ, "HOME": str(folder)}
    start = [str(tools / "devpi-init"), "--serverdir", data, "--root-passwd", "root", "--no-root-pypi"]
    subprocess.run(start, env=env, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(tools / "devpi-server"), "--serverdir", data, "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            _wait_for(f"{url}/+api")
            yield Devpi(tools, folder, url)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    message = f"nothing answers at {url}"
    raise AssertionError(message)
