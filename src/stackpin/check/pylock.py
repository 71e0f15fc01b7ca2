"""A ``pylock.toml`` (PEP 751) against a locked tuple: it is a flat list, and each package has its own marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

from stackpin.check.rules import Rules, sorted_faults
from stackpin.errors import InputUnreadable
from stackpin.model.target import marker_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packaging.pylock import Package, Pylock

    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple

__all__ = ["package_address", "pylock_faults", "pylock_holds_members"]


def pylock_faults(
    lock: Pylock,
    locked: LockedTuple,
    *,
    allow: Collection[str] = (),
    pythons: Sequence[str],
    extras: Collection[str] | None = None,
    groups: Collection[str] | None = None,
) -> tuple[Fault, ...]:
    """What the lock would install and breaks the tuple; sorted by name, each once.

    :param allow: normalized names of members that are set free.
    :param pythons: the Pythons to judge for (``3.11``); those that the lock itself rules out are passed over.
    :param extras: the extras that count; None: every one that the lock declares.
    :param groups: the dependency groups that count; None: every one that the lock declares.
    :raises InputUnreadable: when a marker compares what cannot be compared.
    """
    rules = Rules(locked, allow)
    chosen = {
        "extras": frozenset(lock.extras or () if extras is None else extras),
        "dependency_groups": frozenset(
            (*(lock.dependency_groups or ()), *(lock.default_groups or ())) if groups is None else groups
        ),
    }
    found: list[Fault] = []
    for python in pythons:
        if lock.requires_python is None or lock.requires_python.contains(_release(python), prereleases=True):
            found += _faults(lock, rules, {**marker_environment(python, locked.platform.machine), **chosen})
    return sorted_faults(found)


def pylock_holds_members(lock: Pylock, locked: LockedTuple) -> bool:
    """Whether the lock names anything that the tuple speaks of: a member, a CUDA member, a look-alike."""
    return not Rules(locked).names.isdisjoint(str(package.name) for package in lock.packages)


def _release(python: str) -> str:
    return python if python.count(".") > 1 else f"{python}.99"


def _faults(lock: Pylock, rules: Rules, environment: Mapping[str, str | frozenset[str]]) -> Iterator[Fault]:
    for package in lock.packages:
        if package.name in rules.names and _applies(package, environment):
            version = str(package.version or "")
            fault = rules.locked_fault(str(package.name), version, package_address(package))
            if fault is not None:
                yield fault


def _applies(package: Package, environment: Mapping[str, str | frozenset[str]]) -> bool:
    if package.marker is None:
        return True
    try:
        return package.marker.evaluate(environment, context="lock_file")
    except (UndefinedComparison, UndefinedEnvironmentName) as error:
        raise InputUnreadable(
            "a lock file has a marker that cannot be judged",
            got=str(package.marker),
            expected="a marker as PEP 508 has it",
        ) from error


def package_address(package: Package) -> str:
    """Where a package comes from: its index, else its first file, else its own archive, folder or repository."""
    wheels = package.wheels or ()
    sources = (package.archive, package.vcs, package.directory)
    places = [package.index, *(wheel.url or wheel.path for wheel in wheels[:1])]
    places += [getattr(source, "url", None) or getattr(source, "path", None) for source in sources if source]
    return next((place for place in places if place), "")
