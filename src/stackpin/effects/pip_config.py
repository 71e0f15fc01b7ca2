"""Where PyPI is for this user: a mirror that stands for it, else what pip is configured to use, else PyPI itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["IndexPlace", "pip_config_texts", "pypi_of"]

_PYPI = "pypi"


class IndexPlace(Value):
    """The Simple index that stands for PyPI, what says so, and a file of certificate authorities (or empty)."""

    url: str
    source: str
    certificates: str = ""


def pypi_of(environ: Mapping[str, str], *, mirrors: Mapping[str, str], certificates: str = "") -> IndexPlace:
    """The index that stands for PyPI.

    Asks ``pip config list`` once (a third of a second), unless a mirror and the certificates are known already.
    """
    if _PYPI in mirrors and certificates:
        return IndexPlace(url=mirrors[_PYPI], source="the mirror named pypi", certificates=certificates)
    configured = _pip_settings(environ)
    certificates = certificates or configured.get("cert", "")
    if _PYPI in mirrors:
        return IndexPlace(url=mirrors[_PYPI], source="the mirror named pypi", certificates=certificates)
    if configured.get("index-url"):
        return IndexPlace(url=configured["index-url"], source="pip's configuration", certificates=certificates)
    import pypi_simple

    return IndexPlace(url=pypi_simple.PYPI_SIMPLE_ENDPOINT, source="the default", certificates=certificates)


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What pip's files and variables set globally; its variables win (as in pip). Empty where there is no pip."""
    import subprocess

    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    found = _settings(done.stdout) if done is not None and done.returncode == 0 else {}
    for name, variable in (("index-url", "PIP_INDEX_URL"), ("cert", "PIP_CERT")):
        if environ.get(variable):
            found[name] = environ[variable]
    return found


def _settings(listing: str) -> dict[str, str]:
    """``global.index-url='…'`` and ``:env:.index-url='…'`` lines; sections of single commands do not count."""
    import ast

    found: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        key, equals, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if equals and section in {"global", ":env:"}:
            try:
                found[name] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue  # not a line that `pip config list` writes
    return found


def pip_config_texts(environ: Mapping[str, str], prefix: Path | None) -> tuple[str, ...]:
    """The configuration files that pip reads, in its own order: global, the user's, the environment's, PIP_CONFIG_FILE.

    :param prefix: the environment's folder. A file that is not there, or not ours to read, is left out.
    """
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ()
    home = Path(environ.get("HOME") or "/nonexistent")
    own = Path(environ["XDG_CONFIG_HOME"]) if environ.get("XDG_CONFIG_HOME") else home / ".config"
    shared = [Path(entry) for entry in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep) if entry]
    places = [*(entry / "pip" / "pip.conf" for entry in shared), Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
    places += [own / "pip" / "pip.conf", *([prefix / "pip.conf"] if prefix else [])]
    places += [Path(named)] if named else []
    return tuple(text for place in places if (text := _text_of(place)))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
