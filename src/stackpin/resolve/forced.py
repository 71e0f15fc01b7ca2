"""What an anchor's release cannot do without: its own bounds, and those of every release that they leave no choice about.

Two engines agree or clash on these alone, so most pairs of releases are ruled out without a run of the resolver, and a clash
comes with its two chains of lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.stack import TORCH
from stackpin.resolve.agreement import satisfiable
from stackpin.resolve.context import name_of, parsed
from stackpin.resolve.needs import is_exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.specifiers import SpecifierSet

    from stackpin.model.release import Release
    from stackpin.resolve.candidates import Candidates
    from stackpin.resolve.context import Context

__all__ = ["Clash", "Demand", "Demands", "Forced"]

_BOUND = frozenset("<>=~!")


class Demand(NamedTuple):
    """One line that bounds a package, the release that states it, and the demands that lead there, outermost first."""

    name: str
    specifier: SpecifierSet
    line: str
    release: Release
    via: tuple[Demand, ...] = ()


#: What one release demands, by package.
Demands = dict[str, list[Demand]]


class Clash(NamedTuple):
    """A package on which two sides demand what no release of it can be, with one demand of each side."""

    name: str
    one: Demand
    other: Demand


class Forced:
    """The demands of anchor releases in one context, and whether two sides of them can be met together."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._context: Context = candidates.context
        self._of: dict[tuple[str, str], Demands] = {}
        self._agree: dict[tuple[str, frozenset[str]], bool] = {}

    def of(self, release: Release) -> Demands:
        """Everything that follows from a release of an anchor, without any choice; worked out once."""
        key = (str(release.name), release.text)
        if key not in self._of:
            self._of[key] = self._closed(release)
        return self._of[key]

    def _closed(self, release: Release) -> Demands:
        found: Demands = {}
        extras = self._candidates.extras_in_force(release)
        todo = list(self._lines(release, extras, ()))
        seen = {str(release.name)}
        for demand in todo:
            found.setdefault(demand.name, []).append(demand)
            pinned = self._pinned(demand)
            if pinned is not None and demand.name not in seen:
                seen.add(demand.name)
                todo += self._lines(pinned, (), (*demand.via, demand))
        return found

    def _lines(self, release: Release, extras: Iterable[str], via: tuple[Demand, ...]) -> Iterator[Demand]:
        context = self._context
        for text in release.requires(context.platform.machine):
            demand, _, marker = text.partition(";")
            if _BOUND.isdisjoint(demand):
                continue
            name = str(name_of(text))
            if name == release.name:
                continue
            holds = context.applies(text) or ("extra" in marker and any(context.applies(text, each) for each in extras))
            if holds:
                yield Demand(name, parsed(text).specifier, text, release, via)

    def _pinned(self, demand: Demand) -> Release | None:
        """The release that an exact pin names, where its METADATA counts: torch's is its build's, so it waits for the run."""
        if demand.name == TORCH or demand.name in self._context.facts.cuda_members or not is_exact(demand.specifier):
            return None
        if demand.name in self._context.facts.engines:
            return None
        admitted = self._candidates.admitted(demand.name, demand.specifier)
        if len(admitted) != 1:
            return None
        return next(release for release in self._candidates.releases(demand.name) if release.text in admitted)

    def clashes(self, one: Release, other: Release) -> Iterator[Clash]:
        """The packages on which two releases cannot agree, first of all the anchors themselves; sorted by name."""
        left, right = self.of(one), self.of(other)
        for demands, release, swapped in ((left, other, False), (right, one, True)):
            for demand in demands.get(str(release.name), ()):
                if not demand.specifier.contains(release.version, prereleases=True):
                    itself = Demand(str(release.name), demand.specifier, "", release)
                    yield Clash(demand.name, itself if swapped else demand, demand if swapped else itself)
        for name in sorted(left.keys() & right.keys()):
            pair = self._clash(name, left[name], right[name])
            if pair is not None:
                yield pair

    def agree(self, one: Release, other: Release) -> bool:
        """Whether two releases demand nothing that contradicts each other."""
        if one.name == other.name:
            return one.text == other.text
        return next(self.clashes(one, other), None) is None

    def _clash(self, name: str, left: list[Demand], right: list[Demand]) -> Clash | None:
        """The two demands that clash: of each side that which leaves least room, an exact pin before all else."""
        if self.meet(name, (demand.specifier for demand in (*left, *right))):
            return None
        if not self.meet(name, (demand.specifier for demand in left)):
            return None  # one side contradicts itself: that is no matter between the two
        if not self.meet(name, (demand.specifier for demand in right)):
            return None
        pairs = [
            (one, other)
            for one in sorted(left, key=_room)
            for other in sorted(right, key=_room)
            if not self.meet(name, (one.specifier, other.specifier))
        ]
        one, other = pairs[0] if pairs else (min(left, key=_room), min(right, key=_room))
        return Clash(name, one, other)

    def meet(self, name: str, specifiers: Iterable[SpecifierSet]) -> bool:
        """Whether one release of a package meets all specifiers: by its releases where they are known, else by the bounds."""
        together = {str(specifier): specifier for specifier in specifiers}
        if len(together) == 1:
            return True
        key = (name, frozenset(together))
        if key not in self._agree:
            self._agree[key] = self._meet(name, together)
        return self._agree[key]

    def _meet(self, name: str, together: Mapping[str, SpecifierSet]) -> bool:
        if self._candidates.releases(name):
            return bool(frozenset.intersection(*(self._candidates.admitted(name, each) for each in together.values())))
        return satisfiable(together.values())


def _room(demand: Demand) -> tuple[bool, int]:
    """What leaves least room comes first: an exact pin, then the shortest way there."""
    return (not is_exact(demand.specifier), len(demand.via))
