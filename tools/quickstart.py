#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""The two commands of the README, for a machine that has Python and either ``venv`` or ``pip``, and nothing else.

``try`` makes an environment in ``.nox/quickstart``, installs stackpin there and compiles the first constraints file;
``test`` installs the developer's tools as well and runs what a change must pass. The user's pip settings (index,
mirror, certificates) stay in force, save those that would lead an installation somewhere else.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__: list[str] = []

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".nox" / "quickstart"
PYTHON = HOME / "bin" / "python"
OLDEST = (3, 10)
COMPILE = ("compile", "sglang==0.4.*", "--cuda", "cu124")
SESSIONS = ("lint", "types", "docs", "catalog", "constraints", "quick")
#: Settings that would send an installation elsewhere, hollow it out, or hold a developer's tools to somebody's pins.
MISLEADING = (
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONSTRAINT",
    "PIP_DRY_RUN",
    "PIP_IGNORE_INSTALLED",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_HASHES",
    "PIP_ROOT",
    "PIP_TARGET",
    "PYTHONHOME",
    "VIRTUAL_ENV",
)
NEITHER = "quickstart: this Python has neither venv nor pip; on Debian and Ubuntu: apt install python3-venv"


def main() -> int:
    """Run one of the two commands; the exit code is that of the first step that failed."""
    parser = argparse.ArgumentParser(prog="tools/quickstart.py", description="Set stackpin up and use or test it.")
    parser.add_argument("command", choices=("try", "test"), help="try: compile a constraints file; test: run the tests")
    command = parser.parse_args().command
    if sys.version_info < OLDEST:  # the very check that tells an older Python so
        return complain(f"quickstart: Python 3.10 or newer is needed, this is {sys.version.split()[0]}")
    if not runs([str(PYTHON), "-m", "pip", "--version"]) and not make_environment():
        return complain(NEITHER)
    code = install(with_tools=command == "test")
    if code:
        return code
    return step([str(HOME / "bin" / "stackpin"), *COMPILE]) if command == "try" else test()


def make_environment() -> bool:
    """Make the environment with ``venv``, else with a virtualenv that pip fetches; whether there is one now."""
    HOME.parent.mkdir(exist_ok=True)
    if runs([sys.executable, "-c", "import ensurepip, venv"]):
        note(f"make {HOME.relative_to(ROOT)} with venv")
        if step([sys.executable, "-m", "venv", "--clear", str(HOME)]) == 0:
            return True
    if not runs([sys.executable, "-m", "pip", "--version"]):
        return False
    note(f"make {HOME.relative_to(ROOT)} with a virtualenv fetched by pip")
    folder = HOME.with_name("quickstart-virtualenv")
    shutil.rmtree(folder, ignore_errors=True)
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "virtualenv"]
    make = [sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(HOME)]
    return step(fetch) == 0 and step(make, PYTHONPATH=str(folder)) == 0


def install(*, with_tools: bool) -> int:
    """Install the package, editable, and where asked the developer's tools; nothing where that is done already."""
    digest = hashlib.sha256(bytes(ROOT) + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    done = HOME / ("installed-tools" if with_tools else "installed")
    if done.is_file() and done.read_text(encoding="ascii") == digest:
        return 0
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet"]
    steps = [[*pip, "--editable", str(ROOT)]]
    if with_tools:
        note("install stackpin and the tools of its developers (a minute or two)")
        steps = [[*pip, "--upgrade", "pip>=25.1"], [*pip, "--editable", str(ROOT), "--group", "dev"]]
    else:
        note("install stackpin")
    for arguments in steps:
        code = step(arguments, output=sys.stderr.fileno())
        if code:
            return code
    for name in {"installed", done.name}:
        (HOME / name).write_text(digest, encoding="ascii")
    return 0


def test() -> int:
    """Run the sessions that every change must pass, in the environment that is there already."""
    nox = [str(PYTHON), "-m", "nox", "--no-venv", "--sessions", *SESSIONS]
    return step(nox, PATH=os.pathsep.join([str(HOME / "bin"), os.environ.get("PATH", os.defpath)]))


def step(arguments: list[str], *, output: int | None = None, **extra: str) -> int:
    """Run one program in the repository's root, without the misleading settings."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    settings = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}
    return subprocess.run(arguments, cwd=ROOT, env={**kept, **settings, **extra}, stdout=output, check=False).returncode


def runs(arguments: list[str]) -> bool:
    """Whether a program is there and exits 0; what it prints is not shown."""
    try:
        return subprocess.run(arguments, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def note(text: str) -> None:
    """Say on stderr what is about to happen; stdout is for results."""
    print("quickstart: " + text, file=sys.stderr, flush=True)


def complain(text: str) -> int:
    """Say in one line on stderr why nothing could be done."""
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
