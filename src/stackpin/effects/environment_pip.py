"""The pip of another environment: its version from the files that describe it, and what its configuration says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.parse.pip_listing import listed_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stackpin.effects.process import ProcessRunner

__all__ = ["installed_pip", "wider_pip_values"]

_SECONDS = 60.0


def installed_pip(packages: Iterable[Path]) -> str:
    """The version of the first pip in these site-packages folders; empty where there is none."""
    for folder in packages:
        for described in sorted(folder.glob("pip-*.dist-info")):
            match = re.fullmatch(r"pip-(.+)\.dist-info", described.name)
            if match:
                return match[1]
    return ""


def wider_pip_values(python: str, runner: ProcessRunner, environ: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """What pip's files of wider scope say, the user's over the machine's; runs that environment's pip twice.

    Variables are left out: they are of the hour, a file is not.
    """
    env = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    found: dict[tuple[str, str], str] = {}
    for scope in ("--global", "--user"):
        command = [python, "-I", "-m", "pip", "--disable-pip-version-check", "config", "list", scope]
        done = runner.run(command, env=env, timeout=_SECONDS)
        found |= listed_values(done.stdout) if done.code == 0 else {}
    return found
