"""What a ``pylock.toml`` (PEP 751) installs on each of its targets, with all its extras and groups, or one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.lock_markers import LockMarkers, chosen_name
from stackpin.check.lock_targets import (
    Held,
    Judged,
    LockSubjects,
    admitting,
    lock_mention,
    lock_targets,
)
from stackpin.check.pylock import package_address

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from packaging.pylock import Package, Pylock

    from stackpin.check.lock_targets import Target
    from stackpin.parse.pylock import PlacedPylock

__all__ = ["pylock_subjects"]


def pylock_subjects(
    placed: PlacedPylock, path: str, pythons: Sequence[str], about: Collection[str] | None = None
) -> LockSubjects:
    """The subjects of a lock, one for each set of packages that it installs somewhere, and what was not judged.

    All extras and groups are taken together where that can be: where no package is then there twice, and no marker asks
    that something is not taken. Else each is taken alone, with the default groups.

    :param path: the lock's name, as it is shown.
    :param pythons: the minors that are looked at (``3.11``).
    :param about: the names that matter, normalized; None: all.
    :raises InputUnreadable: when a marker or the bounds of Python are none.
    """
    lock = placed.lock
    markers = LockMarkers(path)
    texts = [str(package.marker or "") for package in lock.packages]
    held = [_held(package, version) for package, version in zip(lock.packages, placed.versions, strict=True)]
    judged = Judged(path, held, about)

    def reached(target: Target, chosen: Collection[str]) -> frozenset[int]:
        return frozenset(number for number, text in enumerate(texts) if markers.holds(text, target, chosen))

    def add(target: Target, words: str, found: frozenset[int]) -> None:
        outside = next((number for number in sorted(found) if not _admits(lock.packages[number], target)), None)
        if outside is None:
            judged.add(target, words, found)
        else:
            judged.pass_over(target, f"{lock.packages[outside].name} {placed.versions[outside]} is not for it")

    choices = _choices(lock)
    together = not any(map(markers.excludes, texts))
    for target in lock_targets(pythons, admitting(str(lock.requires_python or ""), f"{path}: requires-python")):
        if not _made_for(lock, target, markers):
            continue
        everything = frozenset[str]().union(*(chosen for _, chosen in choices))
        if together and judged.is_plain(reached(target, everything)):
            add(target, "", reached(target, everything))
            continue
        for words, chosen in choices:
            add(target, words, reached(target, chosen))
    return judged.subjects(
        lambda number: lock_mention(
            lock.packages[number].name,
            placed.versions[number],
            path,
            placed.places[number],
            package_address(lock.packages[number]),
        )
    )


def _choices(lock: Pylock) -> list[tuple[str, frozenset[str]]]:
    """What can be taken, in words and by its names in markers: nothing, or one extra or group; default groups always."""
    defaults = frozenset(chosen_name("dependency_groups", group) for group in lock.default_groups or ())
    extras = [(f"extra {name}", chosen_name("extras", name)) for name in lock.extras or ()]
    groups = [(f"group {name}", chosen_name("dependency_groups", name)) for name in lock.dependency_groups or ()]
    return [("", defaults), *((words, defaults | {name}) for words, name in (*extras, *groups) if name not in defaults)]


def _made_for(lock: Pylock, target: Target, markers: LockMarkers) -> bool:
    """Whether the lock is for a target at all."""
    return not lock.environments or any(markers.holds(str(each), target, ()) for each in lock.environments)


def _admits(package: Package, target: Target) -> bool:
    return package.requires_python is None or package.requires_python.contains(target.release, prereleases=True)


def _held(package: Package, version: str) -> Held:
    wheels = [wheel.name or _last(wheel.url or wheel.path or "") for wheel in package.wheels or ()]
    return Held.of(str(package.name), version, wheels, from_source=package.sdist is not None)


def _last(address: str) -> str:
    return address.partition("#")[0].partition("?")[0].replace("\\", "/").rpartition("/")[2]
