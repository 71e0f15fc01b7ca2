"""What uv builds from source in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.uv_builds import built_from_source
from stackpin.effects.files import LocalFiles
from stackpin.effects.machine import read_system
from stackpin.inject.plan import members_of
from stackpin.parse.build_system import parse_build_system

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stackpin.app.wrap.project import Project
    from stackpin.inject.command_line import Call
    from stackpin.model.locked import LockedTuple
    from stackpin.parse.uv_lock import UvLock

__all__ = ["builds_something"]

_NO_BINARY = ("--no-binary", "--no-binary-package")


def builds_something(
    call: Call, project: Project, lock: UvLock, locked: LockedTuple, pythons: Sequence[str], environ: Mapping[str, str]
) -> bool:
    """Whether uv may build a package of the lock in an environment that could hold a member.

    A source tree here whose build system is plain, and names no member, is none.

    :param pythons: the Pythons that the project may be installed for.
    """
    if call.has(*_NO_BINARY) or environ.get("UV_NO_BINARY") or environ.get("UV_NO_BINARY_PACKAGE"):
        return True
    members = members_of(locked)
    for package in built_from_source(lock, read_system().machine, pythons):
        if not package.is_local or not _plain(project.root / package.source.address, members):
            return True
    return False


def _plain(folder: Path, members: frozenset[str]) -> bool:
    raw = LocalFiles().read(folder / "pyproject.toml")
    system = parse_build_system(raw or b"")
    return system.plain and system.requires.isdisjoint(members) and not (folder / "setup.py").exists()
