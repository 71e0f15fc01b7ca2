"""A walk through a ``uv.lock``: from what it is made for, along the edges that hold, to all that is installed.

Source: uv's own way from a lock to what it installs (``uv-resolver``, ``lock/installable.rs``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stackpin.parse.uv_lock import LockDependency, LockPackage, UvLock

__all__ = ["Walk", "lock_roots"]

_OWN = (".", "")


def lock_roots(lock: UvLock) -> frozenset[int]:
    """The packages that the lock is made for: the workspace's members, else the one in the lock's own folder."""
    local = [number for number, package in enumerate(lock.packages) if package.is_local]
    if lock.members:
        return frozenset(number for number in local if lock.packages[number].name in lock.members)
    own = frozenset(number for number in local if lock.packages[number].source.address in _OWN)
    return own or (frozenset() if lock.requirements or lock.groups else frozenset(local))


class Walk:
    """Walks through one lock.

    :param by_name: the numbers of the packages of each name that may be reached at all.
    :param follows: whether an edge holds.
    :param takes: whether an extra or a group (the kind) of one of the roots is taken, by the root's name and its own; the
        root's name is empty for a group that hangs on no package.
    :param fits: whether a package can be meant at all by an edge that may mean several.
    """

    def __init__(
        self,
        lock: UvLock,
        by_name: Mapping[str, list[int]],
        follows: Callable[[LockDependency], bool],
        takes: Callable[[str, str, str], bool],
        fits: Callable[[LockPackage], bool] = lambda _: True,
    ) -> None:
        self._packages = lock.packages
        self._lock = lock
        self._by_name = by_name
        self._follows = follows
        self._takes = takes
        self._fits = fits
        self._todo: list[tuple[int, str]] = []
        self._seen: set[tuple[int, str]] = set()

    def reach(self, roots: Iterable[int]) -> set[int]:
        """The numbers of all packages that are reached, the roots among them."""
        for number in sorted(roots):
            package = self._packages[number]
            self._add(number, ("", *(name for name in package.extras if self._takes("extra", package.name, name))))
            for group, edges in package.groups.items():
                if self._takes("group", package.name, group):
                    self._follow(edges)
        self._follow(self._lock.requirements)
        for group, edges in self._lock.groups.items():
            if self._takes("group", "", group):
                self._follow(edges)
        for number, extra in self._todo:  # which grows
            package = self._packages[number]
            self._follow(package.extras.get(extra, ()) if extra else package.dependencies)
        return {number for number, _ in self._seen}

    def _add(self, number: int, extras: Iterable[str]) -> None:
        for extra in extras:
            if (number, extra) not in self._seen:
                self._seen.add((number, extra))
                self._todo.append((number, extra))

    def _follow(self, edges: Iterable[LockDependency]) -> None:
        for edge in edges:
            if self._follows(edge):
                for number in self._targets(edge):
                    self._add(number, ("", *edge.extras))

    def _targets(self, edge: LockDependency) -> list[int]:
        """The packages that an edge means; more than one only where the lock itself leaves that to the specifier."""
        found = [number for number in self._by_name.get(edge.name, ()) if _is_meant(edge, self._packages[number])]
        if len(found) > 1:
            found = [number for number in found if self._fits(self._packages[number])]
        if len(found) > 1 and edge.specifier:
            found = [each for each in found if _contains(edge.specifier, self._packages[each].version)]
        return found


def _is_meant(edge: LockDependency, package: LockPackage) -> bool:
    version = edge.version in {"", package.version}
    return version and edge.source in {None, package.source}


def _contains(specifier: str, version: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True  # what cannot be told is looked at
