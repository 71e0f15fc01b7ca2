"""Whether the chosen releases agree on packages that the tuple itself does not hold (transformers, numpy …).

An open member is chosen freely, so it must not bring a bound that contradicts another release's. The catalog has no
release list of such packages, so only bounds that no version at all can meet together count: a contradiction between two
METADATA lines, whatever an index carries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet

    from stackpin.resolve.context import Context
    from stackpin.resolve.needs import Candidate

__all__ = ["disagreeing", "satisfiable"]


def satisfiable(specifiers: Iterable[SpecifierSet]) -> bool:
    """Whether some version can meet all specifiers: one that they name, or one just above or below it."""
    together = list(specifiers)
    points = [Version("0")]
    for item in (one for specifier in together for one in specifier):
        text = item.version.removesuffix(".*")
        for point in (text, f"{text}.0.1", f"{text}.post1"):
            try:
                points.append(Version(point))
            except InvalidVersion:
                continue
    points += [version for point in list(points) if (version := _below(point)) is not None]
    return any(all(specifier.contains(point, prereleases=True) for specifier in together) for point in points)


def _below(version: Version) -> Version | None:
    """A version just below another: its last part that is not zero one less, and much after it."""
    parts = list(version.release)
    while parts and parts[-1] == 0:
        parts.pop()
    if not parts:
        return None
    parts[-1] -= 1
    return Version(".".join(map(str, [*parts, 99_999])))


def disagreeing(chosen: Mapping[str, Candidate], open_members: Iterable[str], context: Context) -> str:
    """The first open member whose bound on an outside package contradicts the others' bounds; empty where all agree."""
    stated: dict[str, list[tuple[str, SpecifierSet]]] = {}
    for name, candidate in chosen.items():
        for outside, specifier in context.outside(candidate.release):
            stated.setdefault(outside, []).append((name, specifier))
    for name in open_members:
        for outside, _ in context.outside(chosen[name].release):
            sides = stated[outside]
            if len(sides) > 1 and not satisfiable(specifier for _, specifier in sides):
                return name
    return ""
