"""Whether a set of claims leaves nothing that was asked for, and which of them are needed for that.

A derivation is told as few claims. Here they are held against each other with nothing else in hand, so that a chain which
leaves a way open is found, and a step that it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from stackpin.model.explanation import PYTHON
from stackpin.model.value import Value
from stackpin.resolve.agreement import satisfiable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.version import Version

    from stackpin.model.explanation import Claim, Reason

__all__ = ["World", "claims_of", "needed", "refutes"]

#: A release that nobody has: what a package might have, where one of the claims is that it has none.
_PHANTOM = "*"


class World(Value, eq=False):
    """What the claims are about: the anchors' releases and the values of the target that were asked for.

    ``anchors`` has what was asked for of each (PEP 440). ``releases`` gives a package's known releases, text and version.
    ``pythons`` are those of which each has to be ruled out; ``target`` has the values of the other parts. That nothing
    known meets a specifier is no contradiction by itself: there might be such a release, unless a claim says that there is
    none.
    """

    anchors: Mapping[str, str]
    releases: Callable[[str], Mapping[str, Version]]
    pythons: tuple[str, ...]
    target: Mapping[str, frozenset[str]]
    known: dict[tuple[str, str], frozenset[str]]

    def admitted(self, name: str, specifier: str) -> frozenset[str]:
        """The known releases of a package that a specifier admits; worked out once (``known``)."""
        key = (name, specifier)
        if key not in self.known:
            wanted = SpecifierSet(specifier)
            self.known[key] = frozenset(
                text for text, version in self.releases(name).items() if wanted.contains(version, prereleases=True)
            )
        return self.known[key]


class _State(NamedTuple):
    """What is chosen and what is left, on the way to an answer that the claims leave open."""

    chosen: dict[str, str]
    wanted: tuple[str, ...]
    limits: dict[str, tuple[str, ...]]
    target: Mapping[str, frozenset[str]]


def refutes(claims: Iterable[Claim], world: World) -> bool:
    """Whether the claims leave nothing of what was asked for, on any of the Pythons."""
    told = tuple(claims)
    return not any(_Search(told, world, python).finds_an_answer() for python in world.pythons)


def needed(reasons: Sequence[Reason], world: World) -> tuple[Reason, ...]:
    """The reasons without those that the others can do without; the later ones go first. As they are, where they refute nothing."""
    if not refutes(claims_of(reasons), world):
        return tuple(reasons)
    kept = list(reasons)
    for reason in reversed(reasons):
        rest = [each for each in kept if each is not reason]
        if refutes(claims_of(rest), world):
            kept = rest
    return tuple(kept)


def claims_of(reasons: Iterable[Reason]) -> list[Claim]:
    """What reasons claim, one after another."""
    return [claim for reason in reasons for claim in reason.claims]


class _Search:
    """A search for releases that the claims admit, on one Python."""

    def __init__(self, claims: Sequence[Claim], world: World, python: str) -> None:
        self._world = world
        self._python = python
        self._asked: list[Claim] = []
        self._by_release: dict[tuple[str, str], list[Claim]] = {}
        self._none: dict[str, list[str]] = {}
        for claim in claims:
            if claim.pythons and python not in claim.pythons:
                continue
            if not claim.package:
                self._asked.append(claim)
            elif not claim.versions:
                self._none.setdefault(claim.package, []).append(claim.specifier)
            for version in claim.versions:
                self._by_release.setdefault((claim.package, version), []).append(claim)

    def finds_an_answer(self) -> bool:
        """Whether the claims leave an answer."""
        limits: dict[str, tuple[str, ...]] = {name: (specifier,) for name, specifier in self._world.anchors.items()}
        state = _State({}, tuple(limits), limits, {**self._world.target, PYTHON: frozenset({self._python})})
        for claim in self._asked:
            after = self._held(state, claim)
            if after is None:
                return False
            state = after
        return self._goes_on(state)

    def _goes_on(self, state: _State) -> bool:
        name = next((each for each in state.wanted if each not in state.chosen), None)
        if name is None:
            return True
        tried: set[tuple[Claim, ...]] = set()
        for version in self._open(name, state):
            claims = tuple(self._by_release.get((name, version), ()))
            if claims in tried:  # another release of which the same is said
                continue
            tried.add(claims)
            after: _State | None = state._replace(chosen={**state.chosen, name: version})
            for claim in claims:
                after = self._held(after, claim) if after is not None else None
            if after is not None and self._goes_on(after):
                return True
        return False

    def _held(self, state: _State, claim: Claim) -> _State | None:
        """What is left where a claim holds; None where that is nothing."""
        if claim.on.startswith("<"):
            left = state.target.get(claim.on, frozenset({""})) & frozenset(claim.values)
            return state._replace(target={**state.target, claim.on: left}) if left else None
        limits = {**state.limits, claim.on: (*state.limits.get(claim.on, ()), claim.specifier)}
        version = state.chosen.get(claim.on)
        if version is not None and not self._meets(claim.on, version, limits[claim.on]):
            return None
        return state._replace(limits=limits, wanted=(*state.wanted, claim.on))

    def _open(self, name: str, state: _State) -> Iterable[str]:
        limits = state.limits.get(name, ())
        admitted = frozenset(self._world.releases(name))
        for limit in limits:
            admitted &= self._world.admitted(name, limit)
        for ruled_out in self._none.get(name, ()):
            admitted -= self._world.admitted(name, ruled_out)
        yield from admitted
        unheard_of = any(not self._world.admitted(name, limit) for limit in limits)
        if unheard_of and self._meets(name, _PHANTOM, limits):
            yield _PHANTOM

    def _meets(self, name: str, version: str, limits: Sequence[str]) -> bool:
        if version == _PHANTOM:
            return not set(limits) & set(self._none.get(name, ())) and satisfiable(map(SpecifierSet, limits))
        return all(version in self._world.admitted(name, limit) for limit in limits)
