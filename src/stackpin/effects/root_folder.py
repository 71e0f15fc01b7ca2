"""The Python environments in a container's root file system or an unpacked image, found without leaving it.

Symbolic links in such a tree mean what they mean to the system that lives in it: an absolute one starts at its root, and
``..`` stops there (the rules of ``chroot``, and of ``openat2`` with ``RESOLVE_IN_ROOT``).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.effects.environments import read_pyvenv
from stackpin.errors import InputUnreadable
from stackpin.model.environment import Environment
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Inside", "environments_below"]

#: What the kernel shows and what lives for one boot only: no environment is installed there.
_NOT_ON_DISK = frozenset({"proc", "sys", "dev", "run"})
#: Folders that hold no environment and many files.
_PASSED_OVER = frozenset({"__pycache__", "node_modules", ".git"})
_PACKAGES = ("site-packages", "dist-packages")
_VENV, _CONDA = "pyvenv.cfg", "conda-meta"
_LIBRARY = re.compile(r"python(\d+\.\d+)t?|python3")
_MINOR = re.compile(r"\d+\.\d+")
#: How many folders are looked into at most: some ten times those of a large image.
MOST_FOLDERS = 500_000
#: How many links one path may have (Linux), and how many virtual environments may be each other's home.
_MOST_LINKS, _MOST_HOMES = 40, 8


class Inside:
    """Paths below a folder that stands for the root of a file system; each folder is resolved once.

    ``root`` is its path, empty for this system's own.

    :param root: the folder; its own path may have links, which are those of this system.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root).rstrip("/")
        self._known: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """The same place without links: a path below the root of which no part is one, whether it is there or not.

        :param path: below :attr:`root`.
        :raises OSError: when links lead in circles.
        """
        folder, name = os.path.split(path)
        if folder not in self._known:
            self._known[folder] = self._resolved(folder, self.root)
        return self._resolved(f"{self._known[folder]}/{name}", self._known[folder])

    def _resolved(self, path: str, done: str) -> str:
        """:param done: the beginning of the path that has no links any more."""
        current, links = done, 0
        parts = [part for part in path[len(done) :].split("/") if part][::-1]
        while parts:
            part = parts.pop()
            if part == "..":
                current = current.rpartition("/")[0] if current != self.root else current
                continue
            try:
                target = os.readlink(f"{current}/{part}")
            except (OSError, ValueError):  # no link, or not there: either way the name itself is meant
                current = current if part == "." else f"{current}/{part}"
                continue
            links += 1
            if links > _MOST_LINKS:
                raise OSError(40, "too many symbolic links", path)
            current = self.root if target.startswith("/") else current
            parts += [each for each in target.split("/") if each][::-1]
        return current

    def folder(self, path: str) -> str:
        """The same for a folder; empty where there is none."""
        try:
            found = self(path)
        except OSError:
            return ""  # links in circles lead to no folder
        return found if os.path.isdir(found) else ""


def environments_below(
    inside: Inside, *, most: int = MOST_FOLDERS
) -> tuple[tuple[Environment, ...], tuple[InputUnreadable, ...]]:
    """Every environment below a root, sorted by its folder, and what could not be looked into.

    Virtual environments, conda's prefixes, installations of Python that have packages, a user's own packages. The folders
    of packages are without links; one that two environments share is the first one's, but for the system's packages
    that a virtual environment lets shine through.

    :param most: how many folders are looked into.
    :raises InputUnreadable: when the root is no folder.
    """
    if not os.path.isdir(inside.root or "/"):
        raise InputUnreadable(
            "there is no such root folder", where=inside.root, expected="a container's root file system, unpacked"
        )
    troubles: list[InputUnreadable] = []
    prefixes = sorted(set(_prefixes(inside.root, most, troubles.append)))
    found: list[Environment] = []
    seen: set[Path] = set()
    for environment in (each for prefix in prefixes for each in _environments(prefix, inside, troubles.append)):
        fresh = tuple(path for path in environment.packages if path not in seen)
        if not fresh:
            continue
        if os.path.isfile(environment.prefix / _VENV):
            found.append(environment)
            seen.update(path for path in fresh if path.is_relative_to(environment.prefix))
        else:
            found.append(replace(environment, packages=fresh))
            seen.update(fresh)
    return tuple(found), tuple(sorted(troubles, key=lambda error: error.where))


def _prefixes(root: str, most: int, trouble: Callable[[InputUnreadable], None]) -> Iterator[str]:
    """The folders that are or may be prefixes of an environment; no link is followed."""
    waiting, looked = [root], 0
    while waiting:
        folder = waiting.pop()
        looked += 1
        if looked > most:
            trouble(
                InputUnreadable(
                    f"the root has more than {most} folders, and the others were not looked into",
                    where=root,
                    expected="the root of a container, or a part of it",
                )
            )
            return
        try:
            with os.scandir(folder or "/") as entries:
                names = [entry.name for entry in entries if _counts(entry)]
        except FileNotFoundError:
            continue  # it was removed just now
        except OSError as error:
            trouble(_unlisted(folder, error))
            continue
        if _VENV in names or _CONDA in names:
            yield folder
        if _LIBRARY.fullmatch(os.path.basename(folder)) and not set(_PACKAGES).isdisjoint(names):
            yield folder.rsplit("/", 2)[0]
        skipped = _PASSED_OVER.union(_PACKAGES, (_VENV, _CONDA))
        skipped |= _NOT_ON_DISK if folder == root else {"pkgs"} if _CONDA in names else frozenset()
        waiting += [f"{folder}/{name}" for name in names if name not in skipped]


def _counts(entry: os.DirEntry[str]) -> bool:
    """Folders, the mark of a virtual environment, and links where packages are looked for."""
    if entry.name == _VENV:
        return entry.is_file(follow_symlinks=False)
    return entry.is_dir(follow_symlinks=False) or (entry.name in _PACKAGES and entry.is_symlink())


def _environments(prefix: str, inside: Inside, trouble: Callable[[InputUnreadable], None]) -> Iterator[Environment]:
    """What lies in a prefix: one environment, or one for each Python that it has packages for."""
    if os.path.isfile(f"{prefix}/{_VENV}"):
        try:
            settings = read_pyvenv(Path(prefix, _VENV))
        except InputUnreadable as error:
            trouble(error)
            return
        versions = (settings.get(key, "") for key in ("version", "version_info"))
        stated = next((match[0] for text in versions if (match := _MINOR.match(text))), "")
        for python in [stated] if stated else sorted(_pythons(prefix, inside))[:1]:
            own = _packages_of(prefix, python, inside)
            if settings.get("include-system-site-packages", "").lower() == "true":
                base = _base(settings.get("home", ""), inside)
                own += _packages_of(base, python, inside) if base else []
            if own:
                yield _environment(prefix, python, own)
        return
    for python in sorted(_pythons(prefix, inside)):
        if found := _packages_of(prefix, python, inside):
            yield _environment(prefix, python, found)


def _environment(prefix: str, python: str, packages: Iterable[str]) -> Environment:
    programs = [f"{prefix}/bin/{name}" for name in ("python", f"python{python}", "python3")]
    return Environment(
        prefix=Path(prefix or "/"),
        python=python,
        executable=next(filter(os.path.lexists, programs), ""),
        packages=tuple(map(Path, dict.fromkeys(packages))),
    )


def _base(home: str, inside: Inside) -> str:
    """The prefix that ``home`` belongs to, inside the root; it may lead to the virtual environment that made this one."""
    for _ in range(_MOST_HOMES):
        programs = inside.folder(f"{inside.root}/{home}")
        if programs in {"", inside.root}:
            return ""
        base = programs.rpartition("/")[0]
        settings = Path(base, _VENV)
        home = read_pyvenv(settings).get("home", "") if settings.is_file() and not settings.is_symlink() else ""
        if not home:
            return base
    return ""


def _pythons(prefix: str, inside: Inside) -> set[str]:
    """The minor versions that a prefix has a library or packages for."""
    names = {name for lib in ("lib", "lib64") for name in _names(inside.folder(f"{prefix}/{lib}"))}
    return {match[1] for name in names if (match := _LIBRARY.fullmatch(name)) and match[1]}


def _packages_of(prefix: str, python: str, inside: Inside) -> list[str]:
    """The folders of packages of a Python, in the order of ``sys.path``, without links."""
    names = [
        f"local/lib/python{python}/dist-packages",
        *(f"{lib}/python{python}{free}/site-packages" for free in ("", "t") for lib in ("lib64", "lib")),
        "lib/python3/dist-packages",
        f"lib/python{python}/dist-packages",
    ]
    return [path for path in (inside.folder(f"{prefix}/{name}") for name in names) if path]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder) if folder else []
    except OSError:
        return []  # not ours to read: told by the walk


def _unlisted(folder: str, error: OSError) -> InputUnreadable:
    return InputUnreadable(
        "a folder cannot be looked into", where=folder, got=error.strerror or str(error), expected="a readable folder"
    )
