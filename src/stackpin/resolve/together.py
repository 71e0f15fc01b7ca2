"""The search for one tuple of several stacks: the first stack's newest release first, then the second's, and so on.

Most combinations die of what their releases cannot do without (:mod:`stackpin.resolve.forced`), so only the few that are left
are given to the resolver.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from stackpin.model.stack import TORCH
from stackpin.model.value import Value, replace
from stackpin.resolve.attempt import Attempt, Failure, Resolved, own_release
from stackpin.resolve.forced import Forced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.version import Version

    from stackpin.catalog.loader import Catalog
    from stackpin.model.release import Release
    from stackpin.model.request import Ask
    from stackpin.resolve.forced import Memory

__all__ = ["Found", "Together", "releases_meant"]

#: What a release demands of packages that others demand something of as well.
_Profile = tuple[tuple[str, frozenset[str]], ...]


class Found(Value):
    """A combination that the resolver holds together, with the run that found it."""

    resolved: Resolved
    attempt: Attempt


def releases_meant(catalog: Catalog, ask: Ask) -> tuple[Release, ...]:
    """The releases that a requirement means, newest first: pre-releases and yanked ones only where it says so."""
    own = own_release(ask)
    if own is not None:
        return (own,)
    specifier = ask.requirement.specifier
    exact = any(item.operator in {"==", "==="} and not item.version.endswith(".*") for item in specifier)
    return tuple(
        release
        for release in catalog.releases(ask.stack.anchor) or ()
        if specifier.contains(release.version, prereleases=bool(specifier.prereleases))
        and (exact or not release.yanked)
    )


class Together:
    """Combinations of anchor releases on one Python.

    :param attempt: what is asked, on which Python and tag, and which anchors are held to one version.
    :param memory: what was worked out before of these anchors.
    """

    def __init__(self, attempt: Attempt, memory: Memory | None = None) -> None:
        self._base = attempt
        self.catalog, self.request = attempt.catalog, attempt.request
        self.forced = Forced(attempt.candidates, memory)
        self.sides = [self._side(ask) for ask in self.request.asks]
        self._anchors = [str(ask.stack.anchor) for ask in self.request.asks]
        self._bounded = [self._names_of(side) for side in self.sides]
        self._shared = self._names_of_several()
        self._profiles: dict[tuple[int, str], _Profile] = {}
        self._made: dict[int, _Profile] = {}
        self._same: dict[_Profile, _Profile] = {}
        self._pairs: dict[tuple[int, int], bool] = {}
        self._fellows: dict[tuple[int, int, str, int], tuple[Release, ...]] = {}
        self._alone: dict[tuple[int, str], bool] = {}
        self._groups: dict[int, list[tuple[_Profile, list[int]]]] = {}
        self.stopped_by_python = False

    def _side(self, ask: Ask) -> tuple[Release, ...]:
        held = self._base.fixed.get(str(ask.stack.anchor))
        if held is None or ask.own:
            return releases_meant(self.catalog, ask)
        return tuple(release for release in self.catalog.releases(ask.stack.anchor) or () if release.text == held)

    # what the releases demand

    def _names_of(self, side: Iterable[Release]) -> frozenset[str]:
        """Every package that some release of a side bounds."""
        distinct = {id(bounds): bounds for bounds in map(self.forced.bounds, side)}
        return frozenset[str]().union(*distinct.values())

    def _names_of_several(self) -> frozenset[str]:
        """The packages that releases of two sides bound, and the anchors."""
        several = set(self._anchors)
        for number, side in enumerate(self._bounded):
            several |= side & frozenset[str]().union(*self._bounded[number + 1 :])
        return frozenset(several)

    def profile(self, number: int, release: Release) -> _Profile:
        """What of a release's demands can matter to the other sides; of equal ones there is one object only."""
        key = (number, release.text)
        if key not in self._profiles:
            bounds = self.forced.bounds(release)
            if id(bounds) not in self._made:
                named = sorted(bounds.keys() & self._shared, key=lambda name: (name != TORCH, name))
                made = tuple((name, bounds[name]) for name in named)
                self._made[id(bounds)] = self._same.setdefault(made, made)
            self._profiles[key] = self._made[id(bounds)]
        return self._profiles[key]

    def signature(self) -> tuple[frozenset[_Profile], ...]:
        """What tells two Pythons apart as far as the demands go."""
        return tuple(
            frozenset({id(found): found for found in (self.profile(number, release) for release in side)}.values())
            for number, side in enumerate(self.sides)
        )

    def _agree(self, left: _Profile, right: _Profile) -> bool:
        """Whether two releases' demands meet on every package; worked out once for all releases that demand the same."""
        key = (id(left), id(right))
        if key not in self._pairs:
            demanded = dict(right)
            self._pairs[key] = all(
                self.forced.meet(name, texts | demanded[name]) for name, texts in left if name in demanded
            )
        return self._pairs[key]

    def _accepts(self, profile: _Profile, anchor: Release) -> bool:
        """Whether what one release says of the other's package admits that other."""
        return all(self.forced.admits(name, texts, anchor.text) for name, texts in profile if name == str(anchor.name))

    def fellows(self, number: int, release: Release, other: int) -> tuple[Release, ...]:
        """The releases of another side that can stand beside a release as far as their demands go, newest first."""
        own = self._anchors[number]
        itself = release.text if own in self._bounded[other] or own == self._anchors[other] else ""
        key = (number, id(self.profile(number, release)), itself, other)
        if key not in self._fellows:
            side = self.sides[other]
            self._fellows[key] = tuple(side[place] for place in sorted(self._places(number, release, other)))
        return self._fellows[key]

    def _places(self, number: int, release: Release, other: int) -> Iterator[int]:
        """Where in another side those releases are. Costs a look at each distinct set of demands, not at each release."""
        side, left = self.sides[other], self.profile(number, release)
        if self._anchors[number] == self._anchors[other]:
            yield from (place for place, each in enumerate(side) if each.text == release.text)
            return
        is_named = any(name == self._anchors[other] for name, _ in left)
        for right, places in self._alike(other):
            if self._agree(left, right) and self._accepts(right, release):
                yield from (place for place in places if not is_named or self._accepts(left, side[place]))

    def _alike(self, number: int) -> list[tuple[_Profile, list[int]]]:
        """The places of a side's releases, those together that demand the same."""
        if number not in self._groups:
            found: dict[int, tuple[_Profile, list[int]]] = {}
            for place, release in enumerate(self.sides[number]):
                profile = self.profile(number, release)
                found.setdefault(id(profile), (profile, []))[1].append(place)
            self._groups[number] = list(found.values())
        return self._groups[number]

    # combinations

    def combinations(self, above: Sequence[Version] = ()) -> Iterator[tuple[Release, ...]]:
        """Every combination that no demand rules out, in the order of preference; only those better than ``above``."""
        for first in self.sides[0]:
            if above and first.version < above[0]:
                return
            for found in self._extended((first,)):
                if above and [release.version for release in found] <= list(above):
                    return
                yield found

    def _extended(self, chosen: tuple[Release, ...]) -> Iterator[tuple[Release, ...]]:
        number = len(chosen)
        if number == len(self.sides):
            if self._meet(chosen):
                yield chosen
            return
        fewest, *others = sorted((self.fellows(side, chosen[side], number) for side in range(number)), key=len)
        allowed = [frozenset(map(id, those)) for those in others] if fewest else []
        for each in fewest:
            if all(id(each) in those for those in allowed):
                yield from self._extended((*chosen, each))

    def _meet(self, chosen: tuple[Release, ...]) -> bool:
        """Whether more than two sides agree all together on each package."""
        if len(chosen) < 3:
            return True
        every = [self.forced.bounds(release) for release in chosen]
        return all(
            self.forced.meet(name, frozenset[str]().union(*(bounds.get(name, ()) for bounds in every)))
            for name in self._shared
        )

    def find(self, above: Sequence[Version] = ()) -> Found | None:
        """The best combination that the resolver holds together; None where there is none that is better than ``above``."""
        for combination in self.combinations(above):
            if any(self._alone.get((number, release.text)) is False for number, release in enumerate(combination)):
                continue
            outcome = self.try_out(combination)
            if isinstance(outcome, Resolved):
                return Found(resolved=outcome, attempt=self._base.held_to(self._held(combination)))
            for number, release in enumerate(combination):
                self.stands_alone(number, release)
        self.stopped_by_python |= self._base.candidates.stopped_by_python
        return None

    def try_out(self, combination: Sequence[Release]) -> Resolved | Failure:
        """What the resolver makes of one combination."""
        return self._base.held_to(self._held(combination)).run()

    def counted(self) -> Counter[str]:
        """Of all pairs of the first two sides, how many clash on which package: torch before all else, then by name.

        Pairs that clash on nothing are counted under the empty name.
        """
        groups = [Counter(self.profile(number, release) for release in self.sides[number]) for number in (0, 1)]
        found: Counter[str] = Counter()
        for left, many in groups[0].items():
            for right, others in groups[1].items():
                demanded = dict(right)
                clashing = (
                    name
                    for name, texts in left
                    if name in demanded and not self.forced.meet(name, texts | demanded[name])
                )
                found[next(clashing, "")] += many * others
        return found

    def _held(self, combination: Sequence[Release]) -> dict[str, str]:
        return {
            str(ask.stack.anchor): release.text
            for ask, release in zip(self.request.asks, combination, strict=True)
            if not ask.own
        }

    def stands_alone(self, number: int, release: Release) -> bool:
        """Whether a release has a tuple of its own on this target: without one it has none with others; worked out once."""
        key = (number, release.text)
        if key not in self._alone:
            ask = self.request.asks[number]
            held = {} if ask.own else {str(ask.stack.anchor): release.text}
            attempt = Attempt(
                facts=self._base.facts,
                request=replace(self.request, asks=(ask,)),
                python=self._base.python,
                cuda=self._base.cuda,
                fixed=held,
            )
            self._alone[key] = isinstance(attempt.run(), Resolved)
            self.stopped_by_python |= attempt.candidates.stopped_by_python
        return self._alone[key]
