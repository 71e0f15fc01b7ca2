"""What an anchor's release cannot do without: its own bounds, and those of every release that they leave no choice about.

Two engines agree or clash on these alone, so most pairs of releases are ruled out without a run of the resolver, and a clash
comes with its two chains of lines.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from stackpin.model.stack import TORCH
from stackpin.resolve.agreement import satisfiable
from stackpin.resolve.context import name_of, parsed
from stackpin.resolve.needs import is_exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stackpin.model.release import Release
    from stackpin.resolve.candidates import Candidates
    from stackpin.resolve.context import Context

__all__ = ["Bound", "Clash", "Demand", "Demands", "Forced", "Memory", "texts_of"]

_BOUND = frozenset("<>=~!")


class Bound(NamedTuple):
    """What a line says of a version: the specifier, its text, and whether it admits one version only."""

    name: str
    specifier: SpecifierSet
    text: str
    exact: bool


@cache
def _bound(line: str) -> Bound | None:
    """The bound in a Requires-Dist line; None where it has none."""
    if _BOUND.isdisjoint(line.partition(";")[0]):
        return None
    specifier = parsed(line).specifier
    return Bound(str(name_of(line)), specifier, str(specifier), is_exact(specifier)) if specifier else None


class Demand(NamedTuple):
    """One line that bounds a package, the release that states it, and the demands that lead there, outermost first."""

    bound: Bound
    line: str
    release: Release
    via: tuple[Demand, ...] = ()

    @property
    def name(self) -> str:
        """The package that is bounded."""
        return self.bound.name


#: What one release demands, by package.
Demands = dict[str, list[Demand]]
#: The same without the lines: the distinct specifiers.
Bounds = dict[str, frozenset[str]]


class Clash(NamedTuple):
    """A package on which two sides demand what no release of it can be, with one demand of each side."""

    name: str
    one: Demand
    other: Demand


class _Known(NamedTuple):
    """Bounds that were worked out, and how each marker that names the Python came out on the way."""

    verdicts: Mapping[tuple[str, str], bool]
    bounds: Bounds


class Memory:
    """What was worked out for one set of anchors, whatever the Python, the tag and the releases asked for.

    ``of`` is by what a release requires: the releases of a series often say the same.
    """

    def __init__(self) -> None:
        self.of: dict[tuple[str, tuple[str, ...]], list[_Known]] = {}
        self.met: dict[tuple[str, frozenset[str]], bool] = {}


class Forced:
    """The demands of anchor releases in one context, and whether two sides of them can be met together.

    :param memory: what an earlier one for the same anchors, machine and packages set free has worked out.
    """

    def __init__(self, candidates: Candidates, memory: Memory | None = None) -> None:
        self._candidates = candidates
        self._context: Context = candidates.context
        self._memory = memory or Memory()
        self._here: dict[tuple[str, tuple[str, ...]], Bounds] = {}
        self._verdicts: dict[tuple[str, str], bool] = {}

    def bounds(self, release: Release) -> Bounds:
        """Everything that follows from a release of an anchor without any choice, as the bare specifiers of each package."""
        key = (str(release.name), release.requires(self._context.platform.machine))
        if key not in self._here:
            entries = self._memory.of.setdefault(key, [])
            found = next((known.bounds for known in entries if self._same(known)), None)
            if found is None:
                self._verdicts = {}
                found = {name: texts_of(demands) for name, demands in self.of(release).items()}
                entries.append(_Known(self._verdicts, found))
            self._here[key] = found
        return self._here[key]

    def _same(self, known: _Known) -> bool:
        """Whether all markers that named the Python come out here as they did then."""
        return all(self._context.applies(text, extra) == verdict for (text, extra), verdict in known.verdicts.items())

    def of(self, release: Release) -> Demands:
        """Everything that follows from a release of an anchor without any choice, line by line."""
        found: Demands = {}
        todo = list(self._lines(release, self._candidates.extras_in_force(release), ()))
        seen = {str(release.name)}
        for demand in todo:
            found.setdefault(demand.name, []).append(demand)
            pinned = self._pinned(demand)
            if pinned is not None and demand.name not in seen:
                seen.add(demand.name)
                todo += self._lines(pinned, (), (*demand.via, demand))
        return found

    def _lines(self, release: Release, extras: Iterable[str], via: tuple[Demand, ...]) -> Iterator[Demand]:
        for text in release.requires(self._context.platform.machine):
            bound = _bound(text)
            if bound is None or bound.name == release.name:
                continue
            extra = "extra" in text.partition(";")[2]
            if self._applies(text, "") or (extra and any(self._applies(text, each) for each in extras)):
                yield Demand(bound, text, release, via)

    def _applies(self, text: str, extra: str) -> bool:
        verdict = self._context.applies(text, extra)
        if "python" in text.partition(";")[2]:
            self._verdicts[text, extra] = verdict
        return verdict

    def _pinned(self, demand: Demand) -> Release | None:
        """The release that an exact pin names, where its METADATA counts: torch's is its build's, so it waits for the run."""
        if not demand.bound.exact or demand.name == TORCH or demand.name in self._context.facts.cuda_members:
            return None
        if demand.name in self._context.facts.engines:
            return None
        admitted = self._candidates.admitted(demand.name, demand.bound.specifier)
        if len(admitted) != 1:
            return None
        return next(release for release in self._candidates.releases(demand.name) if release.text in admitted)

    def clashes(self, one: Release, other: Release) -> Iterator[Clash]:
        """The packages on which two releases cannot agree, first of all the anchors themselves; sorted by name."""
        left, right = self.of(one), self.of(other)
        for demands, release, swapped in ((left, other, False), (right, one, True)):
            for demand in demands.get(str(release.name), ()):
                if not demand.bound.specifier.contains(release.version, prereleases=True):
                    itself = Demand(_itself(release), "", release)
                    yield Clash(demand.name, itself if swapped else demand, demand if swapped else itself)
        for name in sorted(left.keys() & right.keys()):
            pair = self._clash(name, left[name], right[name])
            if pair is not None:
                yield pair

    def _clash(self, name: str, left: list[Demand], right: list[Demand]) -> Clash | None:
        """The two demands that clash: of each side that which leaves least room, an exact pin before all else."""
        if self.meet(name, texts_of((*left, *right))):
            return None
        if not self.meet(name, texts_of(left)) or not self.meet(name, texts_of(right)):
            return None  # one side contradicts itself: that is no matter between the two
        pairs = [
            (one, other)
            for one in sorted(left, key=_room)
            for other in sorted(right, key=_room)
            if not self.meet(name, texts_of((one, other)))
        ]
        one, other = pairs[0] if pairs else (min(left, key=_room), min(right, key=_room))
        return Clash(name, one, other)

    def meet(self, name: str, specifiers: frozenset[str]) -> bool:
        """Whether one release of a package meets all specifiers: by its releases where they are known, else by the bounds."""
        if len(specifiers) < 2:
            return True
        key = (name, specifiers)
        if key not in self._memory.met:
            together = [SpecifierSet(text) for text in specifiers]
            if self._candidates.releases(name):
                self._memory.met[key] = bool(
                    frozenset.intersection(*(self._candidates.admitted(name, each) for each in together))
                )
            else:
                self._memory.met[key] = satisfiable(together)
        return self._memory.met[key]

    def admits(self, name: str, specifiers: frozenset[str], version: str) -> bool:
        """Whether a release of an anchor meets all specifiers that the others state of it."""
        return all(version in self._candidates.admitted(name, SpecifierSet(text)) for text in specifiers)


def texts_of(demands: Iterable[Demand]) -> frozenset[str]:
    """The distinct specifiers of some demands, as texts."""
    return frozenset(demand.bound.text for demand in demands)


def _itself(release: Release) -> Bound:
    return Bound(str(release.name), SpecifierSet(f"==={release.text}"), f"=={release.text}", exact=True)


def _room(demand: Demand) -> tuple[bool, int]:
    """What leaves least room comes first: an exact pin, then the shortest way there."""
    return (not demand.bound.exact, len(demand.via))
