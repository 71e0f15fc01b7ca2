"""What every test gets unasked: no setting of the machine leaks in, and no socket reaches beyond the loopback.

Tests marked ``real`` or ``online`` keep the machine's index and certificates, for they ask the real index; they too get
a home of their own and lose find-links folders, extra indexes and constraints that the machine may carry.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

__all__: list[str] = []

#: Families of variables that steer pip, uv, stackpin or where they look.
SETTINGS = ("PIP_", "UV_", "STACKPIN_", "XDG_", "VIRTUAL_ENV", "CONDA_", "NETRC", "HATCH_", "PYTHONPATH", "PYTHONHOME")
#: What changes how text comes out.
LOOKS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
#: Needed to reach the real index from machines that sit behind a mirror or an inspecting proxy.
WAY_OUT = (
    "PIP_INDEX_URL",
    "PIP_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_SYSTEM_CERTS",
    "UV_NATIVE_TLS",
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
ORIGINAL = dict(os.environ)
#: How fast a machine draws examples says nothing of the code: on a busy one that alone would fail a test.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
#: A run in a shell's background begins with Ctrl-C ignored, and so would every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _goes_out(request: pytest.FixtureRequest) -> bool:
    """Whether the test is one of those that may reach the real index."""
    return any(request.node.get_closest_marker(name) for name in ("real", "online"))


def _is_loopback(host: object) -> bool:
    """Whether a socket address names this machine; a Unix socket has no host and does."""
    if not isinstance(host, (str, bytes)):
        return host is None
    text = host.decode() if isinstance(host, bytes) else host
    if text in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _drop_settings(monkeypatch: pytest.MonkeyPatch, *, keep: tuple[str, ...]) -> None:
    """Remove every variable that could steer the code under test, except those named."""
    proxies = {*PROXIES, *map(str.lower, PROXIES)}
    for name in list(os.environ):
        if name not in keep and (name.startswith(SETTINGS) or name in LOOKS or name in proxies):
            monkeypatch.delenv(name)


def _close_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections and look-ups of names succeed for the loopback only."""

    def guard(name: str, original: object) -> None:
        def checked(self: socket.socket, address: object) -> object:
            host = address[0] if isinstance(address, tuple) else None
            if not _is_loopback(host):
                pytest.fail(f"a test reached for {address!r}; only the loopback is open (markers: real, online)")
            return original(self, address)  # type: ignore[operator]  # one of the two methods below

        monkeypatch.setattr(socket.socket, name, checked)

    guard("connect", socket.socket.connect)
    guard("connect_ex", socket.socket.connect_ex)
    look_up = socket.getaddrinfo

    def checked_look_up(host: str | bytes | None, *args: object, **options: object) -> object:
        if not _is_loopback(host):
            pytest.fail(f"a test looked up {host!r}; only the loopback is open (markers: real, online)")
        return look_up(host, *args, **options)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(socket, "getaddrinfo", checked_look_up)


@pytest.fixture(scope="session")
def shared_uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One uv cache for a whole run, so that wheels are fetched once; never the user's own."""
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture(scope="session")
def index_settings() -> dict[str, str]:
    """The index that stands for PyPI here, as pip and uv variables; empty where their own default is meant."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(command, env=ORIGINAL, capture_output=True, text=True, check=False)
    url = answer.stdout.strip() if answer.returncode == 0 else ""
    return {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url} if url else {}


@pytest.fixture(autouse=True)
def isolated(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A home of its own, plain settings, UTC, a C locale, and no way out unless the marker says so."""
    out = _goes_out(request)
    proxies = (*PROXIES, *map(str.lower, PROXIES))
    _drop_settings(monkeypatch, keep=(*WAY_OUT, *proxies) if out else ())
    if out:
        cache = request.getfixturevalue("shared_uv_cache")
        monkeypatch.setenv("UV_CACHE_DIR", str(cache))
        for name, value in request.getfixturevalue("index_settings").items():
            monkeypatch.setenv(name, value)
    else:
        _close_sockets(monkeypatch)
    plain = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name, value in plain.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def tool_folder() -> Path:
    """The folder of released pips and uvs (``pip-23.2.1/bin/pip``, ``uv-0.9.11/bin/uv``), made by ``nox -s real``."""
    folder = ORIGINAL.get("TEST_TOOLS", "")
    if not folder:
        pytest.skip("released tools are laid out by `nox -s real`, which sets TEST_TOOLS")
    return Path(folder)
