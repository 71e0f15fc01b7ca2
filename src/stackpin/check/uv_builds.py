"""Which packages of a lock uv has to build from source, and so in an isolated environment of its own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.tags import Tag

    from stackpin.parse.uv_lock import LockPackage, UvLock

__all__ = ["built_from_source"]


def built_from_source(lock: UvLock, machine: str, pythons: Sequence[str]) -> Iterator[LockPackage]:
    """The packages that have no wheel for Linux on a machine and one of the Pythons; source trees are among them.

    :param pythons: minor versions (``3.11``); where none is given, wheels for one Python only do not count.
    """
    for package in lock.packages:
        if package.source.kind == "virtual":
            continue
        if package.source.kind not in {"registry", "url", "path"} or not _served(package.wheels, machine, pythons):
            yield package


def _served(wheels: Sequence[str], machine: str, pythons: Sequence[str]) -> bool:
    """Whether each of the Pythons has a wheel."""
    tags = [tag for wheel in wheels for tag in _tags(wheel) if _runs_on(tag.platform, machine)]
    return bool(tags) and all(any(_fits(tag, python) for tag in tags) for python in pythons or ("",))


def _tags(wheel: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel)[3]
    except InvalidWheelFilename:
        return frozenset()


def _runs_on(platform: str, machine: str) -> bool:
    return platform == "any" or ("linux" in platform and platform.endswith(machine))


def _fits(tag: Tag, python: str) -> bool:
    """Whether a tag is for a CPython minor: its own, the stable ABI of one before it, or any Python 3."""
    if tag.interpreter == "py3":
        return True
    digits = python.replace(".", "")
    if tag.abi == "abi3" and tag.interpreter.startswith("cp3") and digits:
        return int(tag.interpreter[3:]) <= int(digits[1:])
    return bool(digits) and tag.interpreter in {f"cp{digits}", f"py{digits}"}
