"""Which packages need a release list: those that several sides of a joint solve bound and of which the catalog has no rows.

A rule over the catalog's own rows, so that an update keeps the lists as the stacks move; nobody writes the names down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from packaging.specifiers import SpecifierSet

    from stackpin.catalog.loader import Catalog
    from stackpin.model.release import Release
    from stackpin.model.stack import Stack

__all__ = ["Bounds", "bounded_by_several", "bounded_with_members", "bounding_lines"]

#: The distinct bounds on each package.
Bounds = dict[str, dict[str, "SpecifierSet"]]

_BOUND = frozenset("<>=~!")
_MACHINE = "x86_64"
_EXTRA = re.compile(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")


def bounding_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The Requires-Dist lines that bound a version and hold without any extra, verbatim and in order."""
    return tuple(
        line for line in lines if "extra" not in line.partition(";")[2] and not _BOUND.isdisjoint(_demand(line))
    )


def _demand(line: str) -> str:
    return line.partition(";")[0]


def bounded_by_several(catalog: Catalog, stacks: Iterable[Stack], covered: Container[str]) -> Bounds:
    """The packages without rows that the anchors of two stacks both bound, torch's own left out; with all those bounds.

    An anchor's lines count as they hold without an extra and under its stack's extra.

    :param covered: the packages that need no list, for a catalog has rows of them.
    """
    sides = [_of_anchor(catalog, stack) for stack in stacks if stack.anchor != TORCH]
    found: Bounds = {}
    for number, side in enumerate(sides):
        for name in side:
            if any(name in other for other in sides[number + 1 :]) and name not in covered:
                found[name] = {text: bound for each in sides for text, bound in each.get(name, {}).items()}
    return found


def bounded_with_members(
    catalog: Catalog, stacks: Iterable[Stack], covered: Container[str], listed: Mapping[str, Iterable[str]]
) -> Bounds:
    """The other packages without rows that an anchor bounds and a member, or a package of the first kind, bounds as well.

    :param covered: as above.
    :param listed: what the packages of the first kind require, all their lines together.
    """
    stacks = list(stacks)
    engines = {str(stack.anchor) for stack in stacks} - {TORCH}
    members = {str(name) for stack in stacks for name in (*stack.members, *stack.always)} - engines
    anchors = [_of_anchor(catalog, stack) for stack in stacks if stack.anchor in engines]
    lines = [line for name in sorted(members) for release in catalog.rows(name) or () for line in _plain(release)]
    others = _bounds(dict.fromkeys([*lines, *(line for each in listed.values() for line in each)]))
    found: Bounds = {}
    for side in anchors:
        for name, bounds in side.items():
            if name in others and name not in listed and name not in covered:
                found.setdefault(name, dict(others[name])).update(bounds)
    return found


def _plain(release: Release) -> tuple[str, ...]:
    return bounding_lines(release.requires(_MACHINE))


def _of_anchor(catalog: Catalog, stack: Stack) -> Bounds:
    lines: dict[str, None] = {}
    for release in catalog.rows(stack.anchor) or ():
        texts = release.requires(_MACHINE)
        extras = _extras(stack, texts)
        for line in texts:
            asked = _EXTRA.findall(line.partition(";")[2])
            if not asked or any(canonicalize_name(extra) in extras for extra in asked):
                lines[line] = None
    return _bounds(lines)


def _extras(stack: Stack, lines: Iterable[str]) -> set[str]:
    """The stack's extra and those that it asks for in turn."""
    own = [line for line in lines if canonicalize_name(re.split(r"[\[\s;(<>=!~]", line, maxsplit=1)[0]) == stack.anchor]
    found = [str(canonicalize_name(stack.extra))] if stack.extra else []
    for extra in found:
        for line in own:
            if extra in {str(canonicalize_name(each)) for each in _EXTRA.findall(line)}:
                found += [
                    name for each in Requirement(line).extras if (name := str(canonicalize_name(each))) not in found
                ]
    return set(found)


def _bounds(lines: Iterable[str]) -> Bounds:
    found: Bounds = {}
    for line in lines:
        if _BOUND.isdisjoint(_demand(line)):
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.specifier:
            text = str(requirement.specifier)
            found.setdefault(str(canonicalize_name(requirement.name)), {})[text] = requirement.specifier
    return found
