"""Environments as they lie on the disk: read from their files alone, so that it costs no process and little time.

Only :func:`environment_of_interpreter` may start an interpreter, and only one that lies in no virtual environment.
Nothing here resolves a symbolic link: ``venv/bin/python`` is one, and where it leads is another environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable, ToolMissing
from stackpin.model.environment import Environment, Installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.utils import NormalizedName

    from stackpin.effects.process import ProcessRunner

__all__ = [
    "environment_of_folder",
    "environment_of_interpreter",
    "environment_under",
    "read_environment",
    "read_installed",
    "read_pyvenv",
    "torch_files_tag",
]

#: A folder of the standard library, named after its interpreter; ``t`` is a free-threaded build.
_LIBRARY = r"(?:python|pypy)(\d+\.\d+)t?\Z"
_MINOR = r"\d+\.\d+"
_RUNS = r"[-_.]+"
_NAME_OF_EGG = r"([^-]+)-([^-]+)(?:-py\d[\d.]*(?:-[^/]+)?)?\Z"
_FIELD = r"(?mi)^(Name|Version)[ \t]*:[ \t]*(\S+)"
_DEPTH = 8
_PROGRAMS = ("python", "python3")


def read_environment(prefix: Path) -> Environment:
    """The environment whose folder this is: a virtual one by its ``pyvenv.cfg``, else an installation of Python.

    Where a virtual environment lets the system's packages shine through, their folders come after its own.

    :raises ToolMissing: when the folder is no Python environment.
    """
    settings = read_pyvenv(prefix / "pyvenv.cfg")
    python = _python_of(prefix, settings)
    if not python:
        raise ToolMissing(
            "the folder is no Python environment",
            where=str(prefix),
            got="neither pyvenv.cfg nor an interpreter with its library",
            expected="the folder of a virtual environment, or the prefix of a Python",
        )
    packages = _packages_under(prefix, python)
    if settings.get("include-system-site-packages", "").lower() == "true" and settings.get("home"):
        packages += _packages_under(_base(settings["home"]), python)
    return Environment(
        prefix=prefix, python=python, executable=_program(prefix), packages=tuple(dict.fromkeys(packages))
    )


def environment_of_interpreter(executable: Path, runner: ProcessRunner) -> Environment:
    """The environment of an interpreter: by the ``pyvenv.cfg`` beside or above it, else by asking it (one process).

    :raises ToolMissing: when it cannot be run, or is no Python 3.
    """
    place = Path(os.path.abspath(executable))  # dots out, links kept
    for prefix in (place.parent.parent, place.parent):
        if (prefix / "pyvenv.cfg").is_file() and place.exists():
            found = read_environment(prefix)
            return Environment(prefix=prefix, python=found.python, executable=str(place), packages=found.packages)
    from stackpin.effects.interpreter import ask_interpreter

    said = ask_interpreter(place, runner)
    return Environment(
        prefix=Path(said.prefix), python=_minor(said.version), executable=said.executable, packages=said.packages
    )


def environment_of_folder(target: Path, python: str) -> Environment:
    """The folder that ``--target`` names: distributions lie in it directly, and no interpreter belongs to it.

    :param python: the version that its packages are for, ``3.11`` or longer.
    """
    return Environment(prefix=target, python=_minor(python), executable="", packages=(target,))


def environment_under(prefix: Path, python: str) -> Environment:
    """The environment that ``--prefix`` names: the usual folders below it, which need not be there yet.

    :param python: the version that its packages are for, ``3.11`` or longer.
    """
    minor = _minor(python)
    return Environment(
        prefix=prefix, python=minor, executable=_program(prefix), packages=tuple(_packages_under(prefix, minor))
    )


def read_installed(packages: Iterable[Path]) -> tuple[Installed, ...]:
    """Every distribution in these folders, folder by folder, sorted by name; what is there twice is returned twice.

    Name and version are those of the ``*.dist-info`` or ``*.egg-info``; the file inside is read only where its name does
    not tell them. What pip left half removed (``~orch-…``) is no distribution. Costs one directory listing a folder.

    :raises InputUnreadable: when a folder is there and cannot be listed.
    """
    found: list[Installed] = []
    for folder in dict.fromkeys(packages):
        found += sorted(_distributions(folder))
    return tuple(found)


def torch_files_tag(packages: Iterable[Path]) -> str:
    """The CUDA tag that the first installed ``torch/version.py`` states: ``cu124``, ``cpu``, or ``hip`` or ``xpu``.

    Empty where there is no torch, or its file does not say.
    """
    from stackpin.parse.torch_build import parse_torch_version

    for folder in packages:
        try:
            text = (folder / "torch" / "version.py").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # no torch in this folder, or not ours to read: then nothing is told
        said = parse_torch_version(text)
        return said.tag if said is not None else ""
    return ""


def read_pyvenv(path: Path) -> dict[str, str]:
    """The settings in a ``pyvenv.cfg`` (PEP 405: ``key = value`` lines, keys in any case); none where it is absent."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(path, error, "a readable pyvenv.cfg") from error
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _base(home: str) -> Path:
    """The prefix that ``home`` belongs to; up to Python 3.10 it may lead to the virtual environment that made this one."""
    base = Path(home).parent
    for _ in range(_DEPTH):
        home = read_pyvenv(base / "pyvenv.cfg").get("home", "")
        if not home:
            break
        base = Path(home).parent
    return base


def _minor(version: str) -> str:
    match = re.match(_MINOR, version)
    return match[0] if match else version


def _python_of(prefix: Path, settings: Mapping[str, str]) -> str:
    """The minor version of an environment: ``pyvenv.cfg`` says it, else the interpreter's name, else the one library."""
    for key in ("version", "version_info"):
        if match := re.match(_MINOR, settings.get(key, "")):
            return match[0]
    libraries = {match[1] for name in _names(prefix / "lib") if (match := re.match(_LIBRARY, name))}
    if not settings and not _program(prefix) and not (prefix / "conda-meta").is_dir():
        return ""
    for program in ("python3", "python"):
        path = prefix / "bin" / program
        match = re.match(_LIBRARY, os.path.basename(os.readlink(path))) if path.is_symlink() else None
        if match and match[1] in libraries:
            return match[1]
    return libraries.pop() if len(libraries) == 1 else ""


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # no such folder: then nothing of Python is in it


def _program(prefix: Path) -> str:
    """The interpreter in a prefix; empty where it has none."""
    paths = [prefix / "bin" / name for name in _PROGRAMS]
    return next((str(path) for path in paths if os.path.lexists(path)), "")


def _packages_under(prefix: Path, python: str) -> list[Path]:
    """Where packages lie below a prefix, in the order of ``sys.path``: lib64 before lib where it is another folder.

    Debian's own Python has ``dist-packages`` and looks below ``/usr/local`` first (its patched ``site.py``).
    """
    names = [name for name in _names(prefix / "lib") if (match := re.match(_LIBRARY, name)) and match[1] == python]
    plain = [prefix / lib / name / "site-packages" for name in sorted(names) for lib in ("lib64", "lib")]
    debian = [prefix / "lib" / "python3" / "dist-packages", prefix / "lib" / f"python{python}" / "dist-packages"]
    local = prefix / "local" / "lib" / f"python{python}" / "dist-packages"
    found: dict[tuple[int, int], Path] = {}
    for path in (local, *plain, *debian):
        if path.is_dir():
            status = path.stat()
            found.pop((status.st_dev, status.st_ino), None)  # of two names of one folder the last, which is lib's
            found[status.st_dev, status.st_ino] = path
    return list(found.values()) or [prefix / "lib" / f"python{python}" / "site-packages"]


def _distributions(folder: Path) -> Iterator[Installed]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unreadable(folder, error, "a folder that can be listed") from error
    for name in names:
        if name.startswith("~"):
            continue
        told = _from_name(name) or _from_file(folder / name)
        if told is not None:
            yield Installed(_normalized(told[0]), told[1], folder / name)


def _from_name(name: str) -> tuple[str, str] | None:
    """Name and version as the name of the folder tells them; None where it has not exactly the two parts."""
    stem = name[: name.rindex(".")]
    if name.endswith(".dist-info"):
        distribution, _, version = stem.partition("-")
        return (distribution, version) if version and "-" not in version and distribution else None
    match = re.match(_NAME_OF_EGG, stem)
    return (match[1], match[2]) if match else None


def _from_file(path: Path) -> tuple[str, str] | None:
    """Name and version as METADATA or PKG-INFO has them; None for what describes no distribution."""
    for file in (path / "METADATA", path / "PKG-INFO", path):
        try:
            head = file.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
        except OSError:
            continue  # the other kinds of metadata have their file elsewhere
        fields = {key.lower(): value for key, value in reversed(re.findall(_FIELD, head))}
        return (fields["name"], fields["version"]) if len(fields) == 2 else None
    return None


def _normalized(name: str) -> NormalizedName:
    """What :func:`packaging.utils.canonicalize_name` returns (PEP 503), without the time that its import takes."""
    return re.sub(_RUNS, "-", name).lower()  # type: ignore[return-value]  # normalized just here


def _unreadable(path: Path, error: OSError, expected: str) -> InputUnreadable:
    return InputUnreadable(
        "an environment cannot be read", where=str(path), got=error.strerror or str(error), expected=expected
    )
