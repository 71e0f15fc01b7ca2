"""Other Pythons: which one is addressed, what it says of itself, and which torch lies in it (never imported)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.errors import ToolMissing
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.effects.process import ProcessRunner

__all__ = ["Interpreter", "TorchFiles", "ask_interpreter", "find_interpreter", "read_torch_files"]

#: Run in isolated mode (``-I``) by the interpreter in question; prints one JSON object. Any Python 3 understands it.
QUESTION = """
import json, os, platform, site, sys, sysconfig
places = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
if sys.prefix == getattr(sys, "base_prefix", sys.prefix):
    places = [site.getusersitepackages()] + places
places += getattr(site, "getsitepackages", list)()
print(json.dumps({
    "version": platform.python_version(), "implementation": platform.python_implementation(),
    "executable": sys.executable, "prefix": sys.prefix, "machine": platform.machine(), "system": sys.platform,
    "packages": [p for p in dict.fromkeys(places) if p and os.path.isdir(p)]}))
"""
_SECONDS = 30.0
_VERSION = re.compile(r"\d+(?:\.\d+){0,2}\Z")


class Interpreter(Value):
    """What a Python says of itself. ``packages``: its site-packages folders, first found first."""

    executable: str
    version: str
    implementation: str
    prefix: str
    machine: str
    system: str
    packages: tuple[Path, ...]


class TorchFiles(Value):
    """An installed torch: the folder that holds it, its METADATA and its ``version.py`` (texts, empty where absent)."""

    folder: Path
    metadata: str
    version_file: str


def find_interpreter(python: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The interpreter that ``--python`` names, else that of the active environment, else the first on PATH.

    :param python: a version (``3.11``), a program's name or path, or the folder of a virtual environment; None: the
        active environment (``VIRTUAL_ENV``, ``CONDA_PREFIX``), then ``.venv`` here, then ``python3`` on PATH.
    :raises ToolMissing: when there is none.
    """
    if python is None:
        return _default(environ, cwd)
    if _VERSION.match(python):
        return _on_path(f"python{'.'.join(python.split('.')[:2])}", environ)
    named = cwd / Path(python).expanduser()
    if named.is_dir():
        return _of_environment(named)
    if os.sep in python:
        return _runnable(named)
    return _on_path(python, environ)


def _default(environ: Mapping[str, str], cwd: Path) -> Path:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(variable):
            return _of_environment(Path(environ[variable]))
    if (cwd / ".venv").is_dir():
        return _of_environment(cwd / ".venv")
    from shutil import which

    found = which("python3", path=environ.get("PATH", os.defpath))
    return Path(found) if found else _on_path("python", environ)


def _of_environment(folder: Path) -> Path:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        if (folder / name).is_file():
            return folder / name
    raise ToolMissing("the folder is no Python environment", where=str(folder), expected="a folder with bin/python")


def _runnable(path: Path) -> Path:
    if not path.is_file():
        raise ToolMissing("there is no such Python", where=str(path), expected="an interpreter")
    return path


def _on_path(name: str, environ: Mapping[str, str]) -> Path:
    from shutil import which

    found = which(name, path=environ.get("PATH", os.defpath))
    if found is None:
        raise ToolMissing(
            f"there is no {name} on PATH",
            where="PATH",
            expected="an interpreter's path, the folder of an environment, or a version that is installed",
        )
    return Path(found)


def ask_interpreter(executable: Path, runner: ProcessRunner) -> Interpreter:
    """Run an interpreter once and let it describe itself; no package of its own is imported.

    :raises ToolMissing: when it cannot be run, or is no Python 3.
    """
    import json

    done = runner.run([str(executable), "-I", "-c", QUESTION], timeout=_SECONDS)
    try:
        said = json.loads(done.stdout) if done.code == 0 else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        words = done.stderr.strip().splitlines()
        raise ToolMissing(
            "the interpreter does not answer as a Python 3 does",
            where=str(executable),
            got=words[-1] if words else f"exit status {done.code}",
            expected="a Python 3 that runs",
        )
    return Interpreter(
        executable=str(said["executable"] or executable),
        version=str(said["version"]),
        implementation=str(said["implementation"]),
        prefix=str(said["prefix"]),
        machine=str(said["machine"]),
        system=str(said["system"]),
        packages=tuple(Path(place) for place in said["packages"]),
    )


def read_torch_files(packages: tuple[Path, ...]) -> TorchFiles | None:
    """The first torch in these site-packages folders, as files; None where none of them has one."""
    for folder in packages:
        described = sorted(folder.glob("torch-*.dist-info/METADATA"))
        metadata = _read(described[0]) if described else ""
        version_file = _read(folder / "torch" / "version.py")
        if metadata or version_file:
            return TorchFiles(folder=folder, metadata=metadata, version_file=version_file)
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # not there, or not ours to read: then torch is not found there
