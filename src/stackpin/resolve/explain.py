"""Refusals: the chain of reasons for a request that has no answer, and the nearest answers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.errors import NoTuple
from stackpin.model.cuda import CudaTag
from stackpin.model.explanation import CUDA, Explanation, Nearest, Reason, ReasonKind, Refusal
from stackpin.model.request import AUTO, PYPI
from stackpin.model.value import replace
from stackpin.resolve.answers import Answer, Answers, with_cuda
from stackpin.resolve.attempt import Failure
from stackpin.resolve.claims import merged
from stackpin.resolve.headline import headline_of
from stackpin.resolve.machine import MACHINE, driver_reasons
from stackpin.resolve.nearby import MANY, Nearby
from stackpin.resolve.nearest import command_for, tuple_text
from stackpin.resolve.phrases import withdrawn
from stackpin.resolve.reasons import all_reasons_of, contradiction, reasons_of
from stackpin.resolve.refute import World, claims_of, needed, refutes
from stackpin.resolve.steps import final_kinds
from stackpin.resolve.wording import cause_of, cure_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

    from stackpin.model.locked import LockedTuple
    from stackpin.model.release import Release
    from stackpin.model.request import Ask, Request
    from stackpin.resolve.attempt import Attempt, Resolved

__all__ = ["Explainer"]


class Explainer:
    """Explains refusals; runs the resolver once for each anchor release that the request admits."""

    def __init__(self, solver: Answers) -> None:
        self._solver = solver
        self._nearby = Nearby(solver)
        self._releases: dict[str, Mapping[str, Version]] = {}
        self._admitted_by: dict[tuple[str, str], frozenset[str]] = {}

    def refusal(self, request: Request) -> NoTuple:
        """The error for a request that no release can answer."""
        ask = request.asks[0]
        refusals = tuple(self._refusals(request, ask))
        headline = headline_of(request, ask, refusals)
        nearest = tuple(self._nearby.answers(request, ask, refusals))
        told = tuple(refusal for refusal in refusals if refusal.reasons)
        explanation = _explained(request, headline, told, nearest)
        return NoTuple(explanation.first_line, explanation=explanation, hint=nearest[0].command if nearest else "")

    def drift(self, request: Request, answer: Answer) -> NoTuple | None:
        """The error for a bare name whose newest release only this machine rules out; None where another fact does."""
        ask = request.asks[0]
        newest = self._newest_anywhere(request, ask)
        if newest == answer.locked.anchors[0].version:
            return None  # what is asked of members rules out all that is newer
        reasons = self.chain(request, {str(ask.stack.anchor): newest})
        if not final_kinds(reasons) or not final_kinds(reasons) <= MACHINE:
            return None
        refusals = (Refusal(anchor=str(ask.stack.anchor), releases=(newest,), reasons=reasons),)
        headline = headline_of(request, ask, refusals)
        anchor = answer.locked.anchors[0]
        here = Nearest(
            text=f"{tuple_text(answer)}: the newest release that fits",
            command=command_for(request, f"{anchor.name}=={anchor.version}"),
            gives_up="anchor",
            short=f"{anchor.name} {anchor.version}",
        )
        nearest = (here, *self._nearby.elsewhere(request, ask, newest, final_kinds(reasons)))
        explanation = _explained(request, headline, refusals, nearest[:MANY])
        return NoTuple(explanation.first_line, explanation=explanation, hint=here.command)

    def _newest_anywhere(self, request: Request, ask: Ask) -> str:
        """The newest release of the anchor that what is asked of its members leaves, on any machine."""
        if request.members:
            cuda = PYPI if request.cuda == AUTO else request.cuda
            platform = replace(request.platform, glibc=None)
            free = self._solver.answer(replace(request, cuda=cuda, python="", platform=platform, driver="", gpu=""))
            if free is not None:
                return free.locked.anchors[0].version
        return self._solver.newest(ask)

    def smallest_step(self, request: Request, answer: LockedTuple) -> Nearest | None:
        """The oldest anchor release that has what is asked of its members, on the tag of the answer; None where that is the answer.

        Cost: one run for each release that is older.
        """
        ask = request.asks[0]
        here = with_cuda(request, str(answer.cuda))
        for release in reversed(self._admitted(ask)):
            if release.yanked or release.version.is_prerelease:
                continue
            if release.text == answer.anchors[0].version:
                return None
            found = self._solver.answer(here, {str(ask.stack.anchor): release.text})
            if found is not None:
                command = command_for(here, f"{ask.stack.anchor}=={release.text}")
                return Nearest(text=tuple_text(found), command=command, gives_up="anchor")
        return None

    def _admitted(self, ask: Ask) -> list[Release]:
        """The anchor releases that a requirement admits, newest first; pre-releases only where nothing else matches."""
        releases = self._solver.catalog.releases(ask.stack.anchor) or ()
        specifier = ask.requirement.specifier
        found = [item for item in releases if specifier.contains(item.version, prereleases=bool(specifier.prereleases))]
        return found or [item for item in releases if specifier.contains(item.version, prereleases=True)]

    def _refusals(self, request: Request, ask: Ask) -> Iterator[Refusal]:
        """One refusal for each run of consecutive releases that the same facts rule out."""
        name = str(ask.stack.anchor)
        run: list[str] = []
        chains: list[tuple[Reason, ...]] = []
        admitted = self._admitted(ask)
        if not admitted:
            told = self.chain(request, {})
            if ask.own:  # one's own project, which has no version
                told = tuple(replace(reason, text=reason.text.replace(f"{name} 0 ", f"{name} ")) for reason in told)
            yield Refusal(anchor=name, releases=(), reasons=told)
            return
        for release in admitted:
            reasons = self.chain(request, {name: release.text})
            if run and _signature(reasons, name, release.text) != _signature(chains[-1], name, run[-1]):
                yield Refusal(anchor=name, releases=tuple(run), reasons=_together(chains))
                run, chains = [], []
            run.append(release.text)
            chains.append(reasons)
        yield Refusal(anchor=name, releases=tuple(run), reasons=_together(chains))

    def chain(self, request: Request, fixed: dict[str, str]) -> tuple[Reason, ...]:
        """The chain for anchors held to one release each; where they have an answer, why it was not taken."""
        found = self.refuted(request, fixed)
        if isinstance(found, tuple):
            return found
        return self._asked_otherwise(request, fixed) or driver_reasons(
            self._solver.facts, request, str(found.cuda), fixed
        )

    def refuted(self, request: Request, fixed: dict[str, str]) -> tuple[Reason, ...] | Resolved:
        """The chain for anchors held to one release each, without a step that it does not need, or their answer.

        The chain holds on every Python.
        """
        cuda = None if request.cuda in {PYPI, AUTO} else CudaTag(request.cuda)
        known = self._solver.known_pythons(request)
        pythons = self._solver.pythons(request)
        chain: tuple[Reason, ...] = ()
        whole: World | None = None
        for python in pythons:
            attempt = self._solver.attempt(request, python, cuda, fixed)
            whole = whole or self._world(request, fixed, attempt, pythons)
            world = replace(whole, pythons=(python,))
            if chain and refutes(claims_of(chain), world):
                continue
            outcome = attempt.run()
            if not isinstance(outcome, Failure):
                return outcome
            reasons = self._unheard_of(outcome, known) or reasons_of(outcome, known)
            if not refutes(claims_of(reasons), world):
                reasons = all_reasons_of(outcome, known) or reasons
            chain += reasons
        return needed(chain, whole) if whole is not None else chain

    def _unheard_of(self, failure: Failure, known: tuple[str, ...]) -> tuple[Reason, ...]:
        """What contradicts a member's requirement that no known release meets; empty where nothing does.

        The resolver stops at such a requirement before it has looked at anything else.
        """
        attempt, request = failure.attempt, failure.attempt.request
        for member in request.members:
            name = canonicalize_name(member.name)
            if any(
                member.specifier.contains(item.version, prereleases=True) for item in attempt.candidates.releases(name)
            ):
                continue
            others = tuple(other for other in request.members if other is not member)
            free = self._solver.attempt(
                replace(request, members=others), attempt.python, attempt.cuda, attempt.fixed
            ).run()
            if not isinstance(free, Failure):
                found = contradiction(failure, member, free, known)
                if found:
                    return found
        return ()

    def _world(self, request: Request, fixed: dict[str, str], attempt: Attempt, pythons: tuple[str, ...]) -> World:
        """What was asked for, as far as chains are held against it."""
        asked = {str(ask.stack.anchor): str(ask.requirement.specifier) for ask in request.asks if not ask.own}
        own = {str(ask.stack.anchor): "" for ask in request.asks if ask.own}
        tags = frozenset(map(str, self._solver.facts.tags))

        def releases(name: str) -> Mapping[str, Version]:
            if name not in self._releases:
                self._releases[name] = {item.text: item.version for item in attempt.candidates.releases(name)}
            return self._releases[name]

        return World(
            anchors={**asked, **{name: f"==={version}" for name, version in fixed.items() if version}, **own},
            releases=releases,
            pythons=pythons,
            known=self._admitted_by,
            target={CUDA: tags if attempt.cuda is None else frozenset({str(attempt.cuda)})},
        )

    def _asked_otherwise(self, request: Request, fixed: dict[str, str]) -> tuple[Reason, ...]:
        """Why a release that could serve was not taken: it is a pre-release, or yanked, and was not asked for by name."""
        found = []
        for ask in request.asks:
            text = fixed.get(str(ask.stack.anchor), "")
            release = self._solver.catalog.release(ask.stack.anchor, text)
            if release is None:
                continue
            subject = f"{release.name} {release.text}"
            if release.version.is_prerelease and not ask.requirement.specifier.prereleases:
                text = f"{subject} is a pre-release, and is taken only when it is asked for"
                found.append(Reason(kind=ReasonKind.PRE_RELEASE, subject=subject, text=text, evidence="PEP 440"))
            elif release.yanked:
                text = withdrawn(str(release.name), release.text, release.yanked)
                found.append(Reason(kind=ReasonKind.YANKED, subject=subject, text=text, evidence="PEP 592"))
        return tuple(found)


def _explained(
    request: Request, headline: str, refusals: tuple[Refusal, ...], nearest: tuple[Nearest, ...]
) -> Explanation:
    return Explanation(
        headline=headline,
        refusals=refusals,
        nearest=nearest,
        cause=cause_of(refusals),
        cure=cure_of(nearest),
        driver=request.driver,
    )


def _together(chains: list[tuple[Reason, ...]]) -> tuple[Reason, ...]:
    """The chains of a run of releases as one: the newest's words, and the claims of all."""
    return tuple(
        replace(steps[0], claims=merged(claim for step in steps for claim in step.claims))
        for steps in zip(*chains, strict=True)
    )


def _signature(reasons: Iterable[Reason], anchor: str, version: str) -> tuple[tuple[str, str], ...]:
    """What two releases' chains must share to be told as one: the same facts, the release's own number left out."""
    return tuple((reason.kind.value, reason.text.replace(f"{anchor} {version}", anchor)) for reason in reasons)
