"""What a ``poetry.lock`` of a format before 2.1 installs: from what its project asks for, along the edges that hold.

Where a name is locked in several versions, the one is meant that every edge admits which holds on the target. What cannot
be told so is not guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.check.poetry_constraint import admitted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stackpin.check.lock_markers import LockMarkers
    from stackpin.check.lock_targets import Target
    from stackpin.parse.poetry_lock import PoetryEdge, PoetryLock, PoetryPackage
    from stackpin.parse.poetry_project import PoetryProject

__all__ = ["PoetryWalk"]

#: How often the edges are gone along again with what the walk before has learned; two are the rule.
_ROUNDS = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PLATFORM = re.compile(r"[a-z0-9]+")


class _Unclear(Exception):
    """What is installed cannot be told, and why."""


class _Found(NamedTuple):
    """What one round came to: the packages, and the constraints that hold for each name."""

    reached: frozenset[int]
    limits: dict[str, frozenset[str]]


class PoetryWalk:
    """Walks through one lock for many targets."""

    def __init__(self, lock: PoetryLock, project: PoetryProject, markers: LockMarkers) -> None:
        self._packages = lock.packages
        self._project = project
        self._markers = markers
        self._by_name: dict[str, list[int]] = {}
        for number, package in enumerate(lock.packages):
            self._by_name.setdefault(package.key, []).append(number)

    def reached(self, target: Target, extras: Collection[str]) -> frozenset[int] | str:
        """The numbers of the packages that are installed; or why that cannot be told."""
        limits: dict[str, frozenset[str]] = {}
        try:
            for _ in range(_ROUNDS):
                found = self._round(target, extras, limits)
                if found.limits == limits:
                    for name in limits:
                        self._meant(name, limits, certain=True)
                    return found.reached
                limits = found.limits
        except _Unclear as unclear:
            return str(unclear)
        return "which of its packages are installed cannot be told"

    def _round(self, target: Target, extras: Collection[str], known: dict[str, frozenset[str]]) -> _Found:
        seen: set[tuple[int, str]] = set()
        limits: dict[str, set[str]] = {}
        todo: list[tuple[int, str]] = []
        brought = {name for extra in extras for name in self._project.extras.get(extra, ())}

        def follow(edges: Iterable[PoetryEdge], chosen: Collection[str], optional: Collection[str]) -> None:
            for edge in edges:
                if edge.optional and edge.name not in optional:
                    continue
                if not self._holds(edge, target, chosen):
                    continue
                limits.setdefault(edge.name, set()).add(edge.constraint)
                number = self._meant(edge.name, known, certain=False)
                if number is not None:
                    asked = [(number, extra) for extra in ("", *map(canonicalize_name, edge.extras))]
                    todo.extend(each for each in asked if each not in seen)
                    seen.update(asked)

        follow(self._project.edges, extras, brought)
        for number, extra in todo:  # which grows
            package = self._packages[number]
            follow(package.dependencies, [extra] if extra else [], _brought(package, extra))
        return _Found(frozenset(number for number, _ in seen), {name: frozenset(each) for name, each in limits.items()})

    def _holds(self, edge: PoetryEdge, target: Target, extras: Collection[str]) -> bool:
        on_python = admitted(edge.python, target.release)
        if on_python is None:
            raise _Unclear(f"python = {edge.python!r} of {edge.name} is not understood")
        return on_python and _on_linux(edge) and self._markers.holds(edge.marker, target, extras)

    def _meant(self, name: str, limits: dict[str, frozenset[str]], *, certain: bool) -> int | None:
        """The package of a name that all constraints admit; None where that is not known yet.

        :raises _Unclear: when it will not be known.
        """
        found = self._by_name.get(name, [])
        if len(found) > 1:
            found = [number for number in found if self._admitted(number, limits.get(name, frozenset()))]
        if len(found) == 1:
            return found[0]
        if (
            certain and name in self._by_name
        ):  # what poetry does not lock at all, such as setuptools once, is not missed
            raise _Unclear(f"which of its {name} is installed cannot be told")
        return None

    def _admitted(self, number: int, constraints: Collection[str]) -> bool:
        version = self._packages[number].version
        return all(admitted(each, version) is not False for each in constraints)


def _brought(package: PoetryPackage, extra: str) -> set[str]:
    """The normalized names that an extra of a package brings; the lock has them as requirements (``triton (>=3)``)."""
    found = (_NAME.match(each) for each in package.extras.get(extra, ()))
    return {str(canonicalize_name(match[0])) for match in found if match}


def _on_linux(edge: PoetryEdge) -> bool:
    """Whether an edge holds on Linux by its ``platform``."""
    names = [each.strip() for each in re.split(r"\|\|?", edge.platform)]
    if not all(_PLATFORM.fullmatch(name) or not name for name in names):
        raise _Unclear(f"platform = {edge.platform!r} of {edge.name} is not understood")
    return names == [""] or "linux" in names
