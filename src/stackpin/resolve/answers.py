"""Answers: the newest anchor release first, for one Python after another, and everything that its choice decides.

The anchor's release is chosen first, then the tag.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from stackpin.errors import CatalogGap
from stackpin.model.build import Channel, Sureness
from stackpin.model.cuda import CPU, CudaTag, cuda_order
from stackpin.model.driver import meets
from stackpin.model.locked import Anchor, LockedTuple
from stackpin.model.request import AUTO, PYPI
from stackpin.model.stack import TORCH, TRITON
from stackpin.model.value import Value, replace
from stackpin.resolve.assemble import blocks_of, bounds_of, complete, is_pinned, pins_of, pythons_for, sureness_of
from stackpin.resolve.attempt import Attempt, Resolved, own_release
from stackpin.resolve.chosen import how_chosen, how_chosen_together
from stackpin.resolve.wheels import fit, pythons_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.version import Version

    from stackpin.catalog.facts import Facts
    from stackpin.catalog.loader import Catalog
    from stackpin.model.request import Ask, Request
    from stackpin.model.target import Platform
    from stackpin.resolve.context import Context
    from stackpin.resolve.forced import Memory
    from stackpin.resolve.together import Found, Together

__all__ = ["Answer", "Answers", "with_cuda"]


class Answer(Value):
    """A tuple with the run that found it."""

    locked: LockedTuple
    attempt: Attempt
    resolved: Resolved


class Answers:
    """Finds answers in one catalog, and says nothing of requests that have none."""

    def __init__(self, catalog: Catalog, facts: Facts) -> None:
        self.catalog = catalog
        self.facts = facts
        self._pythons: dict[Platform, tuple[str, ...]] = {}
        self._contexts: dict[object, Context] = {}
        self._memories: dict[tuple[object, ...], Memory] = {}

    def refuse_unmatched(self, ask: Ask) -> None:
        """Tell a release that the catalog lacks apart from one that has no tuple."""
        if ask.own:
            return
        releases = self.catalog.releases(ask.stack.anchor)
        if not releases:
            raise CatalogGap(
                f"the catalog carries no release of {ask.stack.anchor}",
                expected="an anchor that `stackpin catalog status` lists",
                hint=f"stackpin catalog update --package {ask.stack.anchor}",
            )
        specifier = ask.requirement.specifier
        if any(specifier.contains(release.version, prereleases=True) for release in releases):
            return
        raise CatalogGap(
            f"the catalog has no release of {ask.stack.anchor} that matches {specifier}",
            got=f"{releases[-1].text} to {releases[0].text} (catalog of {self.catalog.date})",
            expected=f"a release that matches {specifier}",
            hint="stackpin catalog update",
        )

    def answer(
        self, request: Request, fixed: Mapping[str, str] | None = None, *, above: Version | None = None
    ) -> Answer | None:
        """The best answer over all Pythons that come into question; None where there is none.

        :param fixed: anchors that are held to one version each.
        :param above: the version that the first anchor must be newer than, where only a newer one is of interest.
        """
        if len(request.asks) > 1:
            return self._together(request, fixed or {}, above)
        cuda = None if request.cuda in {PYPI, AUTO} else CudaTag(request.cuda)
        best: Resolved | None = None
        found: Attempt | None = None
        tried: list[Attempt] = []
        for python in self.pythons(request):
            attempt = self.attempt(request, python, cuda, fixed or {})
            if not _may_differ(attempt, tried):
                continue
            first = str(request.asks[0].stack.anchor)
            if best is not None:
                attempt.candidates.newer_than[first] = best.candidates[first].release.version
            elif above is not None:
                attempt.candidates.newer_than[first] = above
            if request.members and attempt.contradicts_itself():
                break
            outcome = attempt.run()
            tried.append(attempt)
            if isinstance(outcome, Resolved) and (
                best is None or _versions(outcome, request) > _versions(best, request)
            ):
                best, found = outcome, attempt
            if best is not None and self.is_newest(best, request):
                break
        if best is None or found is None:
            return None
        return self._fullest(self._answer(best, found), request)

    def attempt(self, request: Request, python: str, cuda: CudaTag | None, fixed: Mapping[str, str]) -> Attempt:
        """A run for one Python and tag that shares what earlier runs have read."""
        return Attempt(
            facts=self.facts,
            request=request,
            python=python,
            cuda=cuda,
            fixed=fixed,
            contexts=self._contexts,
        )

    def _together(self, request: Request, fixed: Mapping[str, str], above: Version | None) -> Answer | None:
        """The best answer of several stacks: the first stack's newest release, then the second's, over all Pythons.

        Another Python is only tried where it could change anything.
        """
        best: Found | None = None
        tried: list[Together] = []
        for python in self.pythons(request):
            search = self.together(request, python, fixed)
            if tried and not tried[0].stopped_by_python and search.signature() == tried[0].signature():
                continue
            floor = _versions(best.resolved, request) if best else [above] if above else []
            best = search.find(floor) or best
            tried.append(search)
            if best is not None and self.is_newest(best.resolved, request):
                break
        if best is None:
            return None
        return self._fullest(self._answer(best.resolved, best.attempt, told=not fixed), request)

    def together(self, request: Request, python: str, fixed: Mapping[str, str]) -> Together:
        """The search for a tuple of several stacks on one Python; what an earlier one has worked out serves again."""
        from stackpin.resolve.forced import Memory  # a single stack needs none of it
        from stackpin.resolve.together import Together

        cuda = None if request.cuda in {PYPI, AUTO} else CudaTag(request.cuda)
        attempt = self.attempt(request, python, cuda, fixed)
        asks = tuple((ask.stack, str(sorted(ask.requirement.extras))) for ask in request.asks)
        key = (asks, request.platform.machine, request.allow)
        return Together(attempt, self._memories.setdefault(key, Memory()))

    def _fullest(self, answer: Answer, request: Request) -> Answer:
        """The answer, or for the same anchors that of another Python whose metadata names a triton where this one's does not."""
        fixed = {str(anchor.name): anchor.version for anchor in answer.locked.anchors if anchor.version}
        if request.python or answer.locked.pin(TRITON) or TRITON not in answer.attempt.candidates.context.tracked:
            return answer
        for python in answer.locked.pythons:
            attempt = self.attempt(request, python, answer.attempt.cuda, answer.attempt.fixed or fixed)
            outcome = attempt.run()
            if isinstance(outcome, Resolved) and TRITON in outcome.candidates:
                other = self._answer(outcome, attempt).locked
                anchors = answer.locked.anchors
                return replace(answer, locked=replace(other, anchors=anchors))
        return answer

    def pythons(self, request: Request) -> tuple[str, ...]:
        """The Pythons to try, the most widely served first; only the one that was asked for, where one was."""
        return (request.python,) if request.python else self.known_pythons(request)

    def known_pythons(self, request: Request) -> tuple[str, ...]:
        """Every CPython minor that some torch release has wheels for, the most widely served first, newest on a tie."""
        platform = request.platform
        if platform not in self._pythons:
            count: Counter[str] = Counter()
            for release in self.catalog.releases(TORCH) or ():
                count.update(pythons_of(release, platform))
            order = sorted(count, key=lambda python: (-count[python], -int(python.split(".")[1])))
            self._pythons[platform] = tuple(order)
        return self._pythons[platform]

    def is_newest(self, resolved: Resolved, request: Request) -> bool:
        """Whether every anchor is the newest release that its requirement admits, so that no other Python can do better."""
        for ask in request.asks:
            newest = self.newest(ask)
            if newest != resolved.candidates[str(ask.stack.anchor)].release.text:
                return False
        return True

    def newest(self, ask: Ask) -> str:
        """The newest release that a requirement admits, pre-releases only where asked for; empty where there is none."""
        own = own_release(ask)
        if own is not None:
            return own.text
        specifier = ask.requirement.specifier
        pre = bool(specifier.prereleases)
        for release in self.catalog.releases(ask.stack.anchor) or ():
            if specifier.contains(release.version, prereleases=pre):
                return release.text
        return ""

    def _answer(self, resolved: Resolved, attempt: Attempt, *, told: bool = False) -> Answer:
        """The answer out of a resolution; ``told``: say how the anchors were chosen although the run held them."""
        completed = complete(resolved, attempt)
        chosen = completed.chosen
        request = attempt.request
        pins = pins_of(chosen, resolved, request)
        bounds = bounds_of(chosen, resolved, request)
        pythons = self.known_pythons(request)
        chosen = {name: item for name, item in chosen.items() if is_pinned(name, resolved, request)}
        served = (request.python,) if request.python else pythons_for(chosen, attempt, pythons, resolved.cuda)
        if len(request.asks) > 1 and not request.python:
            served = tuple(python for python in served if self._holds_together(resolved, attempt, python))
        glibc = max(
            (fit(item.release, attempt.python, request.platform).glibc for item in chosen.values()), default=(0, 0)
        )
        locked = LockedTuple(
            anchors=tuple(self._anchor(ask, resolved, request, told=told or not attempt.fixed) for ask in request.asks),
            pins=pins,
            bounds=bounds,
            blocks=(*completed.blocks, *blocks_of(pins, [ask.stack for ask in request.asks], self.facts)),
            cuda=resolved.cuda,
            platform=request.platform,
            pythons=tuple(sorted(served, key=lambda python: int(python.split(".")[1]))),
            python_asked=request.python,
            glibc=max(glibc, request.platform.glibc or (0, 0)),
            driver=self.facts.least_driver(resolved.cuda),
            notes=completed.notes,
            catalog_date=self.catalog.date,
            catalog_digest=self.catalog.digest,
        )
        return Answer(locked=locked, attempt=attempt, resolved=resolved)

    def _holds_together(self, resolved: Resolved, attempt: Attempt, python: str) -> bool:
        """Whether the pins of several stacks stand on another Python too, whatever their outside packages need there."""
        if python == attempt.python:
            return True
        outcome = self.attempt(attempt.request, python, resolved.cuda, attempt.fixed).run()
        return isinstance(outcome, Resolved) and all(
            outcome.candidates[name].release.text == item.release.text
            for name, item in resolved.candidates.items()
            if name in outcome.candidates and is_pinned(name, resolved, attempt.request)
        )

    def _anchor(self, ask: Ask, resolved: Resolved, request: Request, *, told: bool) -> Anchor:
        release = resolved.candidates[str(ask.stack.anchor)].release
        extra = ask.stack.extra if ask.stack.extra in release.extras else ""
        return Anchor(
            name=ask.stack.anchor,
            version="" if ask.own else release.text,
            request=ask.text,
            chosen=self._chosen(ask, resolved, request) if told else "",
            uploaded=release.uploaded,
            extra=extra,
            tree=ask.tree.address if ask.tree else "",
            revision=ask.tree.revision.commit if ask.tree and ask.tree.revision else "",
        )

    def _chosen(self, ask: Ask, resolved: Resolved, request: Request) -> str:
        if len(request.asks) == 1:
            return how_chosen(ask, self.newest(ask), resolved, request.members)
        return how_chosen_together(ask, self.newest(ask), resolved, request)

    def auto(self, request: Request, fixed: Mapping[str, str] | None = None) -> Answer | None:
        """``auto``: the newest anchor that the driver runs on any tag; then the tag, PyPI's own before all others.

        After PyPI's own come the newest proven tag and the newest unproven one. Cost: two answers for each tag, where
        the driver does not run what PyPI carries.
        """
        first = self.answer(request, fixed)
        if first is not None and meets(request.driver, first.locked.driver):
            return first
        tags = [tag for tag in sorted(self.facts.tags, key=cuda_order, reverse=True) if tag != CPU]
        run = [with_cuda(request, tag) for tag in tags if meets(request.driver, self.facts.least_driver(tag))]
        newest: Answer | None = None
        for one in run:
            above = _versions(newest.resolved, request)[0] if newest is not None else None
            newest = self.answer(one, fixed, above=above) or newest
        if newest is None:
            return None
        held = dict(zip(_anchors(request), map(str, _versions(newest.resolved, request)), strict=True))
        found = [answer for one in run if (answer := self.answer(one, {**held, **(fixed or {})})) is not None]
        own = [answer for answer in found if _torch_of_pypi(answer)]
        proven = [answer for answer in found if sureness_of(answer.locked.pins) is Sureness.PROVEN]
        best = next(iter((*own, *proven, *found)), newest)
        return best if fixed else replace(best, locked=replace(best.locked, anchors=newest.locked.anchors))


def _anchors(request: Request) -> list[str]:
    """The names of the anchors, in the order in which they were asked for."""
    return [str(ask.stack.anchor) for ask in request.asks]


def _may_differ(attempt: Attempt, tried: Iterable[Attempt]) -> bool:
    """Whether a run on another Python can come to anything else than those before it.

    It can where one of them met a release without a wheel for its Python, or a marker that this Python reads otherwise.
    """
    return all(
        earlier.candidates.stopped_by_python or not earlier.candidates.context.reads_as(attempt.candidates.context)
        for earlier in tried
    )


def _versions(resolved: Resolved, request: Request) -> list[Version]:
    """The versions of the anchors, in the order in which they were asked for."""
    return [resolved.candidates[name].release.version for name in _anchors(request)]


def _torch_of_pypi(answer: Answer) -> bool:
    """Whether the tuple's torch is the build that PyPI carries."""
    torch = answer.locked.pin(TORCH)
    return torch is not None and torch.build.channel is Channel.PYPI


def with_cuda(request: Request, cuda: str) -> Request:
    """The same request for another tag."""
    return replace(request, cuda=cuda)
