"""Index servers of others, installed from the real index into environments of their own, and started on the loopback."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PAGE", "Devpi", "installed", "page_block", "running_devpi"]

#: The page whose commands the tests run.
PAGE = Path(__file__).resolve().parents[2] / "docs" / "organisation.md"


def page_block(first: str, **words: str) -> list[str]:
    """The lines of the page's block that begins with ``first``, with the words that stand in capitals there filled in."""
    blocks = re.findall(r"^```[a-z]+\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (text,) = (str(block) for block in blocks if block.startswith(first))
    if words:
        text = re.sub(rf"\b(?:{'|'.join(map(re.escape, words))})\b", lambda found: words[found[0]], text)
    return text.splitlines()


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
    """A running server and its client; ``url`` is the server's root."""

    def __init__(self, tools: Path, folder: Path, url: str) -> None:
        self.url = url
        self.folder = folder
        self._tools = tools

    def __call__(self, line: str) -> str:
        """Run a line of shell in which ``devpi`` is the client; what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "DEVPI"))}
        env |= {"HOME": str(self.folder), "PATH": f"{self._tools}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", line], env=env, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_devpi(tools: Path, folder: Path, index: str) -> Iterator[Devpi]:
    """Set a server up by the lines of the page, in front of an index."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = {"DIR": str(folder / "server"), "PASSWORD": "root", "INDEX": index, "3141": str(port)}
    start, serve, *client = page_block("devpi-init", **words)
    server = Devpi(tools, folder, f"http://127.0.0.1:{port}")
    server(start)
    env = {**os.environ, "HOME": str(folder)}
    with (folder / "server.log").open("wb") as log:
        program, *arguments = shlex.split(serve)
        process = subprocess.Popen([str(tools / program), *arguments], env=env, stdout=log, stderr=log)
        try:
            _wait_for(f"{server.url}/+api")
            for line in client:
                server(line)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    message = f"nothing answers at {url}"
    raise AssertionError(message)
