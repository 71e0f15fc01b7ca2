"""A ``uv.lock`` against a locked tuple: what its own packages reach on the tuple's machine and breaks the tuple.

Reached means: from the project, the members of its workspace, or a script's requirements, along edges whose markers hold
for Linux on that machine and one of the Pythons. A darwin torch or a ``triton-windows`` of another fork is not reached.
"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from stackpin.check.marker_truth import MarkerTruth, selection_name
from stackpin.check.rules import Rules, sorted_faults
from stackpin.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple
    from stackpin.parse.uv_lock import LockDependency, LockPackage, UvLock

__all__ = ["lock_alternatives", "lock_faults", "lock_holds_members"]

_OWN = (".", "")
#: How many choices are looked at.
_MOST = 64


def lock_faults(
    lock: UvLock,
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
    :param extras: the extras of the own packages that count; None: every one.
    :param groups: their dependency groups that count; None: every one.
    :raises InputUnreadable: when a marker in the lock is none.
    """
    rules = Rules(locked, allow)
    if rules.names.isdisjoint(package.name for package in lock.packages):
        return ()
    selected = Selection(extras, groups)
    roots = _roots(lock)
    found: list[Fault] = []
    for python in pythons:
        if _admits(lock.requires_python, python):
            truth = MarkerTruth(python, locked.platform.machine, _judge(lock, roots, selected))
            reached = _Walk(lock, truth).reach(roots, selected)
            found += _faults(reached - roots, lock, rules)
    return sorted_faults(found)


def lock_alternatives(lock: UvLock) -> Iterator[Selection]:
    """The extras and groups that can be taken together, for each choice among those that exclude each other.

    One choice where nothing does. A project that offers torch for a CPU beside torch for a GPU is such a one: only one of
    its choices can be for the tuple.
    """
    packages = [lock.packages[number] for number in _roots(lock)]
    extras = {extra for package in packages for extra in package.extras}
    groups = {*lock.groups, *(group for package in packages for group in package.groups)}
    for chosen in islice(product(*filter(None, lock.conflicts)), _MOST):
        out = {each for alternatives in lock.conflicts for each in alternatives} - set(chosen)
        yield Selection(
            extras - {name for kind, name in out if kind == "extra"},
            groups - {name for kind, name in out if kind == "group"},
        )


def lock_holds_members(lock: UvLock, locked: LockedTuple) -> bool:
    """Whether the lock names anything that the tuple speaks of: a member, a CUDA member, a look-alike."""
    return not Rules(locked).names.isdisjoint(package.name for package in lock.packages)


def _faults(reached: Iterable[int], lock: UvLock, rules: Rules) -> Iterator[Fault]:
    for number in reached:
        package = lock.packages[number]
        fault = rules.locked_fault(package.name, package.version, package.source.address)
        if fault is not None:
            yield fault


def _roots(lock: UvLock) -> frozenset[int]:
    """The packages that the lock is made for: the workspace's members, else the one in the lock's own folder."""
    local = [number for number, package in enumerate(lock.packages) if package.is_local]
    if lock.members:
        return frozenset(number for number in local if lock.packages[number].name in lock.members)
    own = frozenset(number for number in local if lock.packages[number].source.address in _OWN)
    return own or (frozenset() if lock.requirements or lock.groups else frozenset(local))


def _admits(requires_python: str, python: str) -> bool:
    """Whether the lock is made for a Python at all: markers in it are simplified to those that it is made for."""
    version = python if python.count(".") > 1 else f"{python}.99"
    try:
        return SpecifierSet(requires_python).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True  # what cannot be told is looked at


def _judge(lock: UvLock, roots: frozenset[int], selected: Selection) -> Callable[[str], bool | None]:
    """Whether an extra or group is selected, by the name that uv gives it in markers; None where an edge may select it."""
    known: dict[str, bool] = {}
    for number in roots:
        package = lock.packages[number]
        for kind, names, chosen in (
            ("extra", package.extras, selected.extras),
            ("group", package.groups, selected.groups),
        ):
            if chosen is not None:
                known |= {selection_name(kind, package.name, name): name in chosen for name in names}
    for package in lock.packages:
        for edge in _edges(package):
            for extra in edge.extras:
                known.pop(selection_name("extra", edge.name, extra), None)
    return known.get


def _edges(package: LockPackage) -> Iterator[LockDependency]:
    yield from package.dependencies
    for table in (package.extras, package.groups):
        for edges in table.values():
            yield from edges


class _Walk:
    """One walk through a lock, from its roots along the edges that hold."""

    def __init__(self, lock: UvLock, truth: MarkerTruth) -> None:
        self._packages = lock.packages
        self._lock = lock
        self._truth = truth
        self._by_name: dict[str, list[int]] = {}
        for number, package in enumerate(lock.packages):
            if not package.markers or any(map(truth.holds, package.markers)):
                self._by_name.setdefault(package.name, []).append(number)
        self._todo: list[tuple[int, str]] = []
        self._seen: set[tuple[int, str]] = set()

    def reach(self, roots: frozenset[int], selected: Selection) -> set[int]:
        """The numbers of all packages that are reached, the roots among them."""
        for number in sorted(roots):
            package = self._packages[number]
            self._add(number, ("", *_chosen(package.extras, selected.extras)))
            for group in _chosen(package.groups, selected.groups):
                self._follow(package.groups[group])
        self._follow(self._lock.requirements)
        for group in _chosen(self._lock.groups, selected.groups):
            self._follow(self._lock.groups[group])
        while self._todo:
            number, extra = self._todo.pop()
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
            if self._truth.holds(edge.marker):
                for number in self._targets(edge):
                    self._add(number, ("", *edge.extras))

    def _targets(self, edge: LockDependency) -> list[int]:
        """The packages that an edge means; more than one only where the lock itself leaves that to the specifier."""
        found = [number for number in self._by_name.get(edge.name, ()) if self._is_meant(edge, number)]
        if len(found) > 1 and edge.specifier:
            found = [each for each in found if _contains(edge.specifier, self._packages[each].version)]
        return found

    def _is_meant(self, edge: LockDependency, number: int) -> bool:
        package = self._packages[number]
        version = edge.version in {"", package.version}
        return version and edge.source in {None, package.source}


def _chosen(names: Mapping[str, object], selected: Collection[str] | None) -> list[str]:
    return [name for name in names if selected is None or name in selected]


def _contains(specifier: str, version: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True  # what cannot be told is looked at
