"""The environment that ``--python`` or ``--env`` names, and the one that is meant where neither does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.effects.environments import environment_of_interpreter, read_environment
from stackpin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.environment import Environment

__all__ = ["active_environment", "named_environment"]


def named_environment(python: str, env: str) -> Environment | None:
    """The environment that ``--python`` or ``--env`` names; None where neither is given.

    :raises ToolMissing: when there is none.
    """
    if python and env:
        raise UsageError("--python and --env both name an environment", expected="one of them")
    if env:
        return read_environment(Path(env))
    return _of_interpreter(python, os.environ, Path.cwd()) if python else None


def active_environment(environ: Mapping[str, str], cwd: Path) -> tuple[Environment, str]:
    """The environment that uv would take, and its folder as it is shown: the active one, the nearest ``.venv``, PATH's.

    :raises ToolMissing: when there is none.
    """
    above = next((str(place / ".venv") for place in (cwd, *cwd.parents) if (place / ".venv").is_dir()), "")
    for place in (environ.get("VIRTUAL_ENV"), environ.get("CONDA_PREFIX"), above):
        if place:
            inside = Path(place).is_relative_to(cwd)
            return read_environment(Path(place)), os.path.relpath(place, cwd) if inside else place
    found = _of_interpreter(None, environ, cwd)
    return found, str(found.prefix)


def _of_interpreter(python: str | None, environ: Mapping[str, str], cwd: Path) -> Environment:
    from stackpin.effects.interpreter import find_interpreter
    from stackpin.effects.process import LocalProcesses

    return environment_of_interpreter(find_interpreter(python, environ, cwd), LocalProcesses())
