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
from stackpin.check.uv_walk import Walk, lock_roots
from stackpin.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple
    from stackpin.parse.uv_lock import LockDependency, LockPackage, UvLock

__all__ = ["lock_alternatives", "lock_faults", "lock_holds_members"]

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
    roots = lock_roots(lock)
    found: list[Fault] = []
    for python in pythons:
        if _admits(lock.requires_python, python):
            truth = MarkerTruth(python, locked.platform.machine, _judge(lock, roots, selected))
            reached = _walk(lock, truth, selected).reach(roots)
            found += _faults(reached - roots, lock, rules)
    return sorted_faults(found)


def lock_alternatives(lock: UvLock) -> Iterator[Selection]:
    """The extras and groups that can be taken together, for each choice among those that exclude each other.

    One choice where nothing does. A project that offers torch for a CPU beside torch for a GPU is such a one: only one of
    its choices can be for the tuple.
    """
    packages = [lock.packages[number] for number in lock_roots(lock)]
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


def _walk(lock: UvLock, truth: MarkerTruth, selected: Selection) -> Walk:
    """The walk along what holds, from what is selected; a package of another fork is out of reach."""
    by_name: dict[str, list[int]] = {}
    for number, package in enumerate(lock.packages):
        if not package.markers or any(map(truth.holds, package.markers)):
            by_name.setdefault(package.name, []).append(number)

    def takes(kind: str, _: str, name: str) -> bool:
        chosen = selected.extras if kind == "extra" else selected.groups
        return chosen is None or name in chosen

    return Walk(lock, by_name, lambda edge: truth.holds(edge.marker), takes)


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
