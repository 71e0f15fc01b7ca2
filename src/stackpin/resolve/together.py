"""The search for one tuple of several stacks: the first stack's newest release first, then the second's, and so on.

Most combinations die of what their releases cannot do without (:mod:`stackpin.resolve.forced`), so only the few that are left
are given to the resolver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value, replace
from stackpin.resolve.attempt import Attempt, Resolved, own_release
from stackpin.resolve.forced import Demands, Forced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.version import Version

    from stackpin.catalog.facts import Facts
    from stackpin.catalog.loader import Catalog
    from stackpin.model.cuda import CudaTag
    from stackpin.model.release import Release
    from stackpin.model.request import Ask, Request

__all__ = ["Found", "Together", "releases_meant"]

#: A set of releases that demand the very same of what the others demand anything of.
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
        if specifier.contains(release.version, prereleases=bool(specifier.prereleases)) and (exact or not release.yanked)
    )


class Together:
    """Combinations of anchor releases on one Python.

    :param cuda: the tag; None where PyPI's own torch decides it.
    :param fixed: anchors that are held to one version each.
    """

    def __init__(
        self,
        catalog: Catalog,
        facts: Facts,
        request: Request,
        python: str,
        cuda: CudaTag | None,
        fixed: Mapping[str, str],
    ) -> None:
        self.catalog, self.facts, self.request = catalog, facts, request
        self.python, self.cuda, self.fixed = python, cuda, fixed
        self.candidates = self._attempt({}).candidates
        self.forced = Forced(self.candidates)
        self.sides = [self._side(ask) for ask in request.asks]
        self._shared = self._names_of_several()
        self._profiles: dict[tuple[int, str], _Profile] = {}
        self._pairs: dict[tuple[int, _Profile, int, _Profile], bool] = {}
        self._fellows: dict[tuple[int, _Profile, int], tuple[Release, ...]] = {}
        self._alone: dict[tuple[int, str], bool] = {}
        self.stopped_by_python = False

    def _side(self, ask: Ask) -> tuple[Release, ...]:
        held = self.fixed.get(str(ask.stack.anchor))
        if held is None:
            return releases_meant(self.catalog, ask)
        own = own_release(ask)
        return tuple(release for release in ((own,) if own else self.catalog.releases(ask.stack.anchor) or ()) if release.text == held)

    def _attempt(self, fixed: Mapping[str, str]) -> Attempt:
        candidates = getattr(self, "candidates", None)
        if candidates is not None:
            candidates.left_out.clear()
        return Attempt(
            catalog=self.catalog,
            facts=self.facts,
            request=self.request,
            python=self.python,
            cuda=self.cuda,
            fixed=fixed,
            candidates=candidates,
        )

    # what the releases demand

    def _names_of_several(self) -> frozenset[str]:
        """The packages that releases of two sides bound, and the anchors."""
        sides = [frozenset().union(*(self.forced.of(release) for release in side)) for side in self.sides]
        several = {name for number, side in enumerate(sides) for name in side if any(name in other for other in sides[number + 1 :])}
        return frozenset(several | {str(ask.stack.anchor) for ask in self.request.asks})

    def profile(self, number: int, release: Release) -> _Profile:
        """What of a release's demands can matter to the other sides; the same for most releases of a series."""
        key = (number, release.text)
        if key not in self._profiles:
            demands: Demands = self.forced.of(release)
            self._profiles[key] = tuple(
                (name, frozenset(str(demand.specifier) for demand in demands[name]))
                for name in sorted(demands)
                if name in self._shared
            )
        return self._profiles[key]

    def signature(self) -> tuple[frozenset[_Profile], ...]:
        """What tells two Pythons apart as far as the demands go."""
        return tuple(
            frozenset(self.profile(number, release) for release in side) for number, side in enumerate(self.sides)
        )

    def _agree(self, number: int, one: Release, other_number: int, other: Release) -> bool:
        """Whether two releases can stand together as far as their demands go; worked out once for each pair of profiles.

        Where one names the other's anchor the version itself decides, so that is looked at each time.
        """
        key = (number, self.profile(number, one), other_number, self.profile(other_number, other))
        anchors = {str(one.name), str(other.name)}
        if any(name in anchors for name, _ in (*key[1], *key[3])) or one.name == other.name:
            return self.forced.agree(one, other)
        if key not in self._pairs:
            self._pairs[key] = self.forced.agree(one, other)
        return self._pairs[key]

    def fellows(self, number: int, release: Release, other: int) -> tuple[Release, ...]:
        """The releases of another side that can stand beside a release as far as their demands go, newest first."""
        key = (number, self.profile(number, release), other)
        if key not in self._fellows or any(name == self.request.asks[other].stack.anchor for name, _ in key[1]):
            self._fellows[key] = tuple(each for each in self.sides[other] if self._agree(number, release, other, each))
        return self._fellows[key]

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
        allowed = [set(map(id, self.fellows(side, release, number))) for side, release in enumerate(chosen)]
        for each in self.sides[number]:
            if all(id(each) in those for those in allowed):
                yield from self._extended((*chosen, each))

    def _meet(self, chosen: tuple[Release, ...]) -> bool:
        """Whether more than two sides agree all together on each package."""
        if len(chosen) < 3:
            return True
        demands = [self.forced.of(release) for release in chosen]
        return all(
            self.forced.meet(name, [demand.specifier for each in demands for demand in each.get(name, ())])
            for name in self._shared
            if any(name in each for each in demands)
        )

    def find(self, above: Sequence[Version] = ()) -> Found | None:
        """The best combination that the resolver holds together; None where there is none that is better than ``above``."""
        for combination in self.combinations(above):
            if any((number, release.text) in self._alone and not self._alone[number, release.text] for number, release in enumerate(combination)):
                continue
            attempt = self._attempt(self._held(combination))
            outcome = attempt.run()
            if isinstance(outcome, Resolved):
                return Found(resolved=outcome, attempt=attempt)
            for number, release in enumerate(combination):
                self.stands_alone(number, release)
        self.stopped_by_python |= self.candidates.stopped_by_python
        return None

    def _held(self, combination: Sequence[Release]) -> dict[str, str]:
        return {
            str(ask.stack.anchor): release.text
            for ask, release in zip(self.request.asks, combination, strict=True)
            if not ask.stack.requires
        }

    def stands_alone(self, number: int, release: Release) -> bool:
        """Whether a release has a tuple of its own on this target: without one it has none with others; worked out once."""
        key = (number, release.text)
        if key not in self._alone:
            ask = self.request.asks[number]
            held = {} if ask.stack.requires else {str(ask.stack.anchor): release.text}
            alone = replace(self.request, asks=(ask,))
            attempt = Attempt(
                catalog=self.catalog, facts=self.facts, request=alone, python=self.python, cuda=self.cuda, fixed=held
            )
            self._alone[key] = isinstance(attempt.run(), Resolved)
            self.stopped_by_python |= attempt.candidates.stopped_by_python
        return self._alone[key]

