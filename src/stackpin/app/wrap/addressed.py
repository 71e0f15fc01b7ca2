"""Which environment and which target one call of pip or uv addresses; never that of stackpin itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stackpin.effects.environment_pip import installed_pip
from stackpin.effects.environments import (
    environment_of_folder,
    environment_of_interpreter,
    environment_under,
    read_environment,
)
from stackpin.effects.interpreter import find_interpreter
from stackpin.effects.machine import read_system
from stackpin.effects.process import LocalProcesses
from stackpin.effects.real_tools import uv_version
from stackpin.errors import ToolMissing
from stackpin.inject.repair import refuse_old
from stackpin.inject.uv import FLOOR
from stackpin.model.target import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stackpin.effects.real_tools import RealTool
    from stackpin.inject.command_line import Call
    from stackpin.model.environment import Environment

__all__ = [
    "Addressed",
    "addressed_by_pip",
    "addressed_by_uv",
    "folder_of_call",
    "here",
    "lock_target",
    "pip_release",
    "uv_release",
]

_MINOR = r"(?:cp|python|cpython@|cpython-)?(\d\.?\d+)(?:\.\d+\w*)?\Z"
_UV_PLATFORMS = {
    "linux": "linux-x86_64",
    "x86_64-unknown-linux-gnu": "linux-x86_64",
    "aarch64-unknown-linux-gnu": "linux-aarch64",
}
_UV_MANYLINUX = r"(\w+?)-(manylinux\w+)"


class Addressed(NamedTuple):
    """What a call is about. ``environment`` is None where no environment is changed, or none was found.

    ``python`` is a minor version or empty for any, ``platform`` as ``--platform`` takes it.
    """

    environment: Environment | None
    python: str
    platform: str


def here() -> str:
    """This machine as a platform: with its glibc where it has one."""
    system = read_system()
    return str(Platform(machine=system.machine, glibc=system.glibc))


def lock_target() -> Addressed:
    """What a file for a whole team is about: any Python, any glibc."""
    return Addressed(None, "", f"linux-{read_system().machine}")


def folder_of_call(call: Call, cwd: Path) -> Path:
    """The folder that a call of uv works in: ``--directory`` and ``--project`` lead elsewhere."""
    folder = cwd / call.value("--directory") if call.tool != "pip" else cwd
    return folder / call.value("--project") if call.tool != "pip" else folder


def addressed_by_pip(call: Call, pip: RealTool, environ: Mapping[str, str], cwd: Path) -> Addressed:
    """The environment of ``--python``, else of the interpreter that the pip on PATH runs with.

    :raises ToolMissing: when ``--python`` names no environment.
    """
    own = _environment_of_pip(call, pip, environ, cwd)
    python = _minor(call.value("--python-version")) or (own.python if own else "")
    platform = next(iter(call.values("--platform")), "") or here()
    if call.verb in {("download",), ("wheel",), ("lock",)}:
        return Addressed(None, python, platform)
    return Addressed(_placed(call, own, cwd), python, platform)


def _environment_of_pip(call: Call, pip: RealTool, environ: Mapping[str, str], cwd: Path) -> Environment | None:
    named = call.value("--python") or environ.get("PIP_PYTHON", "")
    if named:
        return environment_of_interpreter(find_interpreter(named, environ, cwd), LocalProcesses())
    interpreter = pip.interpreter
    if interpreter is None:
        interpreter = find_interpreter(None, {**environ, "VIRTUAL_ENV": "", "CONDA_PREFIX": ""}, Path(os.sep))
    return environment_of_interpreter(interpreter, LocalProcesses())


def _placed(call: Call, own: Environment | None, cwd: Path) -> Environment | None:
    """The environment itself, or the place that ``--target`` or ``--prefix`` names instead."""
    python = own.python if own else ""
    if call.value("--target"):
        return environment_of_folder(cwd / call.value("--target"), python)
    if call.value("--prefix"):
        return environment_under(cwd / call.value("--prefix"), python)
    return None if call.value("--root") else own


def addressed_by_uv(call: Call, environ: Mapping[str, str], cwd: Path) -> Addressed:
    """The environment of ``uv pip``: ``--python``, ``VIRTUAL_ENV``, ``CONDA_PREFIX``, the nearest ``.venv``, the system's."""
    folder = cwd / call.value("--directory")
    own = _environment_of_uv(call, environ, folder)
    python = _minor(call.value("--python-version")) or (own.python if own else _minor(call.value("--python")))
    platform = _platform_of_uv(call.value("--python-platform"))
    if call.verb == ("pip", "compile"):
        return Addressed(None, python, platform or here())
    return Addressed(_placed(call, own, folder), python, platform or here())


def _environment_of_uv(call: Call, environ: Mapping[str, str], folder: Path) -> Environment | None:
    named = call.value("--python") or environ.get("UV_PYTHON", "")
    try:
        if named:
            return environment_of_interpreter(find_interpreter(named, environ, folder), LocalProcesses())
        if call.has("--system") or environ.get("UV_SYSTEM_PYTHON"):
            plain = {**environ, "VIRTUAL_ENV": "", "CONDA_PREFIX": ""}
            return environment_of_interpreter(find_interpreter(None, plain, Path(os.sep)), LocalProcesses())
        places = (environ.get("VIRTUAL_ENV"), environ.get("CONDA_PREFIX"), *_above(folder, ".venv"))
        return next((read_environment(Path(place)) for place in places if place), None)
    except ToolMissing:
        return None  # uv itself says what it misses, or fetches that Python


def _above(folder: Path, name: str) -> Iterable[str]:
    """The nearest entry of that name in a folder or one above it."""
    return [str(place / name) for place in (folder, *folder.parents) if (place / name).is_dir()][:1]


def _minor(text: str) -> str:
    match = re.match(_MINOR, text)
    if match is None:
        return ""
    digits = match[1]
    return digits if "." in digits else f"{digits[0]}.{digits[1:]}"


def _platform_of_uv(text: str) -> str:
    """``--python-platform`` of uv as our own; one that stackpin does not cover is handed on as it is, and told so."""
    match = re.fullmatch(_UV_MANYLINUX, text)
    if match:
        return f"{match[2]}_{match[1]}"
    return _UV_PLATFORMS.get(text, text)


def pip_release(pip: RealTool, environ: Mapping[str, str]) -> tuple[int, ...]:
    """The release of a pip, as numbers, by what is installed beside it; asked for where its interpreter is not known.

    :raises ToolMissing: when it does not say its version.
    """
    interpreter = pip.interpreter
    beside = environment_of_interpreter(interpreter, LocalProcesses()).packages if interpreter is not None else ()
    found = installed_pip(beside)
    if found:
        return _numbers(found)
    done = LocalProcesses().run([*pip.argv, "--version"], env=environ, timeout=60.0)
    words = done.stdout.split()
    if done.code != 0 or len(words) < 2:
        raise ToolMissing(
            "pip does not tell its version", where=str(pip.path), got=(done.stderr or done.stdout).strip()
        )
    return _numbers(words[1])


def uv_release(uv: Path, environ: Mapping[str, str]) -> tuple[int, ...]:
    """The release of a uv, as numbers.

    :raises ToolMissing: when it does not say its version, or is too old to be held.
    """
    version = uv_version(uv, environ, LocalProcesses())
    refuse_old("uv", version, FLOOR)
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", version)[0].split("."))  # type: ignore[index]  # pip's own
