"""What a ``poetry.lock`` installs on each of its targets, with all its extras and groups, or one extra at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.lock_markers import LockMarkers
from stackpin.check.lock_targets import Held, Judged, LockSubjects, lock_mention, lock_targets
from stackpin.check.poetry_constraint import admitted, specifiers
from stackpin.check.poetry_walk import PoetryWalk
from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from stackpin.check.lock_targets import Target
    from stackpin.model.mention import Mention
    from stackpin.parse.poetry_lock import PoetryLock, PoetryPackage
    from stackpin.parse.poetry_project import PoetryProject

__all__ = ["poetry_lock_subjects"]


def poetry_lock_subjects(
    lock: PoetryLock,
    path: str,
    pythons: Sequence[str],
    about: Collection[str] | None = None,
    project: PoetryProject | None = None,
) -> LockSubjects:
    """The subjects of a lock, one for each set of packages that it installs somewhere, and what was not judged.

    All groups are taken together, and all extras where that can be: where no package is then there twice, and no marker
    asks that an extra is not taken. Else each extra is taken alone, and none.

    :param path: the lock's name, as it is shown.
    :param pythons: the minors that are looked at (``3.11``).
    :param about: the names that matter, normalized; None: all.
    :param project: the project that the lock was made of: a lock before format 2.1 does not say where a package belongs.
    :raises InputUnreadable: when a marker is none, or the bounds of Python are not understood.
    """
    if about is not None and not any(package.key in about for package in lock.packages):
        return LockSubjects()
    if specifiers(lock.python) is None:
        raise InputUnreadable(
            "a lock file has a part that is not what it must be",
            where=f"{path}: metadata.python-versions",
            got=lock.python[:80],
            expected="a constraint as poetry has it",
            hint="poetry lock",
        )
    markers = LockMarkers(path)
    reached: Callable[[Target, Collection[str]], frozenset[int] | str] = _reader(lock, markers)
    if any(package.groups is None for package in lock.packages):
        why = _unknown(lock, project)
        if why or project is None:
            return LockSubjects(notes=(f"{path}: not judged: {why}",))
        reached = PoetryWalk(lock, project, markers).reached
    judged = Judged(path, [_held(package) for package in lock.packages], about)
    together = not any(map(markers.excludes, (text for each in lock.packages for text in (each.groups or {}).values())))
    for target in lock_targets(pythons, lambda release: admitted(lock.python, release) is True):
        everything = reached(target, lock.extras)
        if together and not isinstance(everything, str) and judged.is_plain(everything):
            judged.add(target, "", everything)
            continue
        for extra in ("", *lock.extras):
            found = reached(target, [extra] if extra else [])
            if isinstance(found, str):
                judged.pass_over(target, found)
            else:
                judged.add(target, f"extra {extra}" if extra else "", found)
    return judged.subjects(lambda number: _mention(lock.packages[number], path))


def _reader(lock: PoetryLock, markers: LockMarkers) -> Callable[[Target, Collection[str]], frozenset[int]]:
    """What is installed by a lock that says itself where each package belongs.

    A package that is optional without saying for which extra is not known to be installed.
    """

    def reached(target: Target, extras: Collection[str]) -> frozenset[int]:
        return frozenset(
            number
            for number, package in enumerate(lock.packages)
            if any(
                markers.holds(text, target, extras) and (not package.optional or "extra" in text)
                for text in (package.groups or {}).values()
            )
        )

    return reached


def _unknown(lock: PoetryLock, project: PoetryProject | None) -> str:
    """Why it cannot be told what a lock of an older format installs; empty where it can."""
    if project is None:
        return f"a lock of format {lock.version} says too little without the pyproject.toml that it was made of"
    if project.content_hash != lock.content_hash:
        return "pyproject.toml has changed since it was made: poetry lock"
    return ""


def _held(package: PoetryPackage) -> Held:
    from_source = any(not name.endswith(".whl") for name in package.files)
    return Held.of(package.key, package.version, package.files, from_source=from_source)


def _mention(package: PoetryPackage, path: str) -> Mention:
    return lock_mention(package.key, package.version, path, package.place, package.address)
