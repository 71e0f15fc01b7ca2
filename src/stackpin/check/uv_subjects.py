"""What a ``uv.lock`` installs on each of its targets, for each choice among what excludes each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import NormalizedName

from stackpin.check.lock_markers import LockMarkers
from stackpin.check.lock_targets import Held, Judged, LockSubjects, admitting, lock_mention, lock_targets
from stackpin.check.marker_truth import selection_name
from stackpin.check.uv_walk import Walk, lock_roots
from stackpin.errors import InputUnreadable
from stackpin.parse.uv_lock import LockChoice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from stackpin.check.lock_targets import Target
    from stackpin.model.mention import Mention
    from stackpin.parse.uv_lock import LockDependency, LockPackage, UvLock

__all__ = ["uv_lock_subjects"]

#: How many choices are looked at, and how many packages on the ways of all of them; how many sets they are made of.
_MOST, _MOST_WALKED, _MOST_SETS = 64, 200_000, 100


class _Taken(NamedTuple):
    """One choice: what is taken of the things that exclude others, and what is not."""

    chosen: tuple[LockChoice, ...]
    out: frozenset[LockChoice]

    @property
    def words(self) -> str:
        """The choice as it is told; the package beside an extra where several have some."""
        several = len({each.package for each in (*self.chosen, *self.out)}) > 1
        if self.chosen:
            return ", ".join(_told(each, with_package=several) for each in self.chosen)
        names = sorted(_told(each, with_package=several) for each in self.out)
        return f"neither {' nor '.join(names)}" if len(names) == 2 else "none of what excludes another"

    def takes(self, kind: str, package: str, name: str) -> bool:
        """Whether an extra, a group or a package is taken."""
        return LockChoice(kind, package, name) not in self.out


def _told(choice: LockChoice, *, with_package: bool) -> str:
    if choice.kind == "project":
        return f"package {choice.package}"
    return f"{choice.kind} {choice.name}" + (f" of {choice.package}" if with_package else "")


def uv_lock_subjects(
    lock: UvLock, path: str, pythons: Sequence[str], about: Collection[str] | None = None
) -> LockSubjects:
    """The subjects of a lock, one for each set of packages that it installs somewhere, and what was not judged.

    Its own packages are not among what it installs. Extras and groups are all taken, of those that exclude each other
    one at a time, or none.

    :param path: the lock's name, as it is shown.
    :param pythons: the minors that are looked at (``3.11``).
    :param about: the names that matter, normalized; None: all.
    :raises InputUnreadable: when a marker or the bounds of Python are none, or an edge leads to nothing.
    """
    _whole(lock, path)
    targets = lock_targets(pythons, admitting(lock.requires_python, f"{path}: requires-python"))
    if about is not None and not any(package.name in about for package in lock.packages):
        return LockSubjects()
    reader = _Reader(lock, path)
    packages = [Held.of(each.name, each.version, each.wheels, from_source=each.has_sdist) for each in lock.packages]
    judged = Judged(path, packages, about)
    choices, more = _choices(lock)
    exclusive = any(lock.exclusions)
    for target in targets:
        if reader.made_for(target):
            for taken in choices:
                reached = reader.reached(target, taken)
                if reached is not None:
                    judged.add(target, taken.words if exclusive else "", reached)
    found = judged.subjects(lambda number: _mention(lock.packages[number], path))
    notes = [f"{path}: only {len(choices)} of the choices among its extras and groups were judged"] if more else []
    return LockSubjects(found.subjects, (*found.notes, *notes))


def _whole(lock: UvLock, path: str) -> None:
    """:raises InputUnreadable: when a package asks for one that is not there: the file was cut."""
    names = {package.name for package in lock.packages}
    for package in lock.packages:
        for edges in (package.dependencies, *package.extras.values(), *package.groups.values()):
            for edge in edges:
                if edge.name not in names:
                    raise InputUnreadable(
                        "a lock file is cut: it lacks a package that another needs",
                        where=f"{path}: {package.name} {package.version}".rstrip(),
                        got=f"no package {edge.name}",
                        expected="a lock file as uv writes it",
                        hint="uv lock",
                    )


def _choices(lock: UvLock) -> tuple[list[_Taken], bool]:
    """Each way to take at most one of each set, as much as possible first, nothing of them last; whether there are more."""
    everything = frozenset(each for alternatives in lock.exclusions for each in alternatives)
    most = max(1, min(_MOST, _MOST_WALKED // (len(lock.packages) + 1)))
    found: dict[frozenset[LockChoice], tuple[LockChoice, ...]] = {}
    looked = 0
    for looked, chosen in enumerate(_ways(lock.exclusions[:_MOST_SETS]), 1):
        if len(found) == most or looked > 10 * most:
            break
        found.setdefault(frozenset(chosen), chosen)
    more = looked > len(found) >= most or looked > 10 * most or len(lock.exclusions) > _MOST_SETS
    return [_Taken(chosen, everything - key) for key, chosen in found.items()], more


def _ways(exclusions: Sequence[Sequence[LockChoice]]) -> Iterator[tuple[LockChoice, ...]]:
    """Each way to go through the sets and take one of each, or none, so that none is left with two."""
    sets_of: dict[LockChoice, set[int]] = {}
    for number, alternatives in enumerate(exclusions):
        for each in alternatives:
            sets_of.setdefault(each, set()).add(number)

    def further(number: int, chosen: tuple[LockChoice, ...], used: frozenset[int]) -> Iterator[tuple[LockChoice, ...]]:
        while number in used:
            number += 1
        if number == len(exclusions):
            yield chosen
            return
        for each in exclusions[number]:
            if used.isdisjoint(sets_of[each]):
                yield from further(number + 1, (*chosen, each), used | sets_of[each])
        yield from further(number + 1, chosen, used)

    yield from further(0, (), frozenset())


class _Reader:
    """Walks through one lock for many targets and choices."""

    def __init__(self, lock: UvLock, path: str) -> None:
        self._lock = lock
        self._markers = LockMarkers(path)
        self._roots = lock_roots(lock)
        self._exclusions = [frozenset(map(_marker_name, alternatives)) for alternatives in lock.exclusions]
        self._by_name: dict[str, list[int]] = {}
        for number, package in enumerate(lock.packages):
            self._by_name.setdefault(package.name, []).append(number)

    def made_for(self, target: Target) -> bool:
        """Whether the lock is for a target at all."""
        environments = self._lock.environments
        return not environments or any(self._markers.holds(each, target, ()) for each in environments)

    def reached(self, target: Target, taken: _Taken) -> frozenset[int] | None:
        """What is installed, without the lock's own packages; None where the choice turns out to exclude itself.

        Two walks, as uv does it: an edge may take an extra of another package, and markers ask for it.
        """
        packages = self._lock.packages
        roots = [number for number in self._roots if taken.takes("project", packages[number].name, "")]
        active = set(self._active(roots, taken))
        if self._lock.exclusions:
            self._walk(target, taken, active, first=True).reach(roots)
            if any(len(active & names) > 1 for names in self._exclusions):
                return None
        return frozenset(self._walk(target, taken, active, first=False).reach(roots)) - self._roots

    def _active(self, roots: Sequence[int], taken: _Taken) -> Iterator[str]:
        """The names in markers of what is taken from the start."""
        for number in roots:
            package = self._lock.packages[number]
            yield _marker_name(LockChoice("project", package.name))
            for kind, names in (("extra", package.extras), ("group", package.groups)):
                for name in names:
                    if taken.takes(kind, package.name, name):
                        yield _marker_name(LockChoice(kind, package.name, name))

    def _walk(self, target: Target, taken: _Taken, active: set[str], *, first: bool) -> Walk:
        def follows(edge: LockDependency) -> bool:
            if not first or not edge.extras:
                return self._markers.holds(edge.marker, target, active)
            more = {_marker_name(LockChoice("extra", edge.name, extra)) for extra in edge.extras}
            if not self._markers.holds(edge.marker, target, active | more):
                return False
            active.update(more)
            return True

        def fits(package: LockPackage) -> bool:
            forks = package.markers
            return not forks or any(self._markers.holds(each, target, active) for each in forks)

        return Walk(self._lock, self._by_name, follows, taken.takes, fits)


def _marker_name(choice: LockChoice) -> str:
    """What uv calls a choice in markers."""
    if choice.kind == "project":
        return f"project-{len(choice.package)}-{choice.package}"
    return selection_name(choice.kind, choice.package, choice.name)


def _mention(package: LockPackage, path: str) -> Mention:
    return lock_mention(NormalizedName(package.name), package.version, path, package.place, package.source.address)
