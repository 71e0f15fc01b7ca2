"""Refusals: the chain of reasons for a request that has no answer, and the nearest answers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.errors import NoTuple
from stackpin.model.cuda import CudaTag, cuda_order
from stackpin.model.driver import meets
from stackpin.model.explanation import CUDA, Explanation, Nearest, Reason, ReasonKind, Refusal
from stackpin.model.request import AUTO, PYPI
from stackpin.model.value import replace
from stackpin.resolve.answers import Answer, Answers, with_cuda
from stackpin.resolve.attempt import Failure
from stackpin.resolve.claims import merged
from stackpin.resolve.nearest import command_for, distance, outward, surely_has_code, tuple_text
from stackpin.resolve.phrases import in_order, withdrawn
from stackpin.resolve.reasons import all_reasons_of, contradiction, final_kinds, reasons_of
from stackpin.resolve.refute import World, claims_of, needed, refutes
from stackpin.resolve.wording import cause_of, cure_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

    from stackpin.model.locked import LockedTuple
    from stackpin.model.release import Release
    from stackpin.model.request import Ask, Request
    from stackpin.resolve.attempt import Attempt, Resolved

__all__ = ["Explainer"]

_NEAREST = 3
_ELSEWHERE = {ReasonKind.PYTHON, ReasonKind.PLATFORM}
#: What a person's machine decides: a bare name that only this rules out is refused, never walked back.
_MACHINE = {*_ELSEWHERE, ReasonKind.DRIVER, ReasonKind.GPU}


class Explainer:
    """Explains refusals; runs the resolver once for each anchor release that the request admits."""

    def __init__(self, solver: Answers) -> None:
        self._solver = solver
        self._releases: dict[str, Mapping[str, Version]] = {}
        self._admitted_by: dict[tuple[str, str], frozenset[str]] = {}

    def refusal(self, request: Request) -> NoTuple:
        """The error for a request that no release can answer."""
        ask = request.asks[0]
        refusals = tuple(self._refusals(request, ask))
        headline = self._headline(request, ask, refusals)
        nearest = tuple(self._nearest(request, ask, refusals))
        told = tuple(refusal for refusal in refusals if refusal.reasons)
        explanation = _explained(request, headline, told, nearest)
        return NoTuple(explanation.first_line, explanation=explanation, hint=nearest[0].command if nearest else "")

    def drift(self, request: Request, answer: Answer) -> NoTuple | None:
        """The error for a bare name whose newest release only this machine rules out; None where another fact does."""
        ask = request.asks[0]
        newest = self._solver.newest(ask)
        reasons = self.chain(request, {str(ask.stack.anchor): newest})
        if not final_kinds(reasons) or not final_kinds(reasons) <= _MACHINE:
            return None
        refusals = (Refusal(anchor=str(ask.stack.anchor), releases=(newest,), reasons=reasons),)
        headline = self._headline(request, ask, refusals)
        anchor = answer.locked.anchors[0]
        here = Nearest(
            text=f"{tuple_text(answer)}: the newest release that fits",
            command=command_for(request, f"{anchor.name}=={anchor.version}"),
            gives_up="anchor",
            short=f"{anchor.name} {anchor.version}",
        )
        nearest = (here, *self._elsewhere(request, ask, newest, final_kinds(reasons)))
        explanation = _explained(request, headline, refusals, nearest[:_NEAREST])
        return NoTuple(explanation.first_line, explanation=explanation, hint=here.command)

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

    # reasons

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
        return self._asked_otherwise(request, fixed) or self._driver_reasons(request, str(found.cuda), fixed)

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

    def _driver_reasons(self, request: Request, tag: str, fixed: Mapping[str, str]) -> tuple[Reason, ...]:
        floor = self._solver.facts.least_driver(CudaTag(tag))
        if not request.driver or meets(request.driver, floor):
            return ()
        who = next((f"{name} {version} is for {tag}, which" for name, version in fixed.items() if version), tag)
        text = f"{who} needs NVIDIA driver {floor} or newer; this one is {request.driver}"
        source = next((row.source for row in self._solver.facts.drivers if row.floor == floor), "")
        return (Reason(kind=ReasonKind.DRIVER, subject=tag, text=text, evidence=source.partition(" ; ")[0]),)

    @staticmethod
    def _headline(request: Request, ask: Ask, refusals: tuple[Refusal, ...]) -> str:
        releases = [text for refusal in refusals for text in refusal.releases]
        name = str(ask.stack.anchor)
        one = f"{name} {releases[0]}" if len(releases) == 1 else f"{name}{in_order(ask.requirement.specifier)}"
        kinds = [kind for refusal in refusals for kind in final_kinds(refusal.reasons)]
        exists = "does not exist" if len(releases) == 1 else "does not exist in any release"
        exists = exists if releases else "has no tuple"
        if any(reason.leaves_open for refusal in refusals for reason in refusal.reasons):
            exists = exists.replace("does not exist", "is not known to exist")
        first = kinds[0] if kinds and len(set(kinds)) == 1 else None
        if first is ReasonKind.PYTHON:
            return f"{one} does not run on Python {request.python or 'any version that stackpin knows'}"
        if first is ReasonKind.PLATFORM:
            return f"{one} does not run on {request.platform}"
        if first is ReasonKind.GPU:
            return f"{one} does not run on {request.gpu}"
        if first is ReasonKind.DRIVER and len(releases) == 1:
            return f"{one} does not run with NVIDIA driver {request.driver}"
        if request.members and _rests_on_members(refusals):
            return f"{one} does not go with {' and '.join(f'{item.name}{in_order(item.specifier)}' for item in request.members)}"
        if first in {ReasonKind.PRE_RELEASE, ReasonKind.YANKED}:
            asked = f"{name}{in_order(ask.requirement.specifier)}"
            spread = releases[0] if len(releases) == 1 else f"{releases[-1]} to {releases[0]}"
            return f"{asked} matches {name} {spread} only"
        if request.cuda == AUTO and request.driver:
            tag = f"for NVIDIA driver {request.driver}"
        else:
            tag = "with PyPI's own torch" if request.cuda in {PYPI, AUTO} else f"for {request.cuda}"
        where = f" on Python {request.python}" if request.python else ""
        machine = "" if request.platform.machine == "x86_64" else f" on {request.platform.machine}"
        return f"{one} {exists} {tag}{where}{machine}"

    # nearest answers

    def _nearest(self, request: Request, ask: Ask, refusals: tuple[Refusal, ...]) -> Iterator[Nearest]:
        """The nearest anchor on this target, then the same anchor on another tag, then on another Python or platform."""
        found: list[Nearest] = []
        admitted = [text for refusal in refusals for text in refusal.releases]
        kinds = {kind for refusal in refusals for kind in final_kinds(refusal.reasons)}
        if kinds and kinds <= {ReasonKind.PRE_RELEASE, ReasonKind.YANKED} and admitted:
            yield self._exactly(request, ask, admitted[0])
            return
        found += self._other_release(request, ask, admitted)
        if admitted:
            found += self._other_tag(request, ask, admitted[0])
            found += self._elsewhere(request, ask, admitted[0], kinds)
        if ask.own and not admitted:
            found += self._other_tag(request, ask, "")
        if admitted and not found and request.cuda not in {PYPI, AUTO}:
            found += self._other_release(with_cuda(request, PYPI), ask, admitted, moves=True)
        if request.driver and not any(item.gives_up == "anchor" for item in found):
            found = [*self._for_driver(request, ask), *found]
        yield from found[:_NEAREST]

    def _for_driver(self, request: Request, ask: Ask) -> list[Nearest]:
        """The newest release of the anchor that the driver runs on any tag."""
        name = str(ask.stack.anchor)
        bare = replace(ask, requirement=Requirement(name), text=name)
        answer = self._solver.auto(replace(request, asks=(bare, *request.asks[1:]), cuda=AUTO))
        if answer is None or not answer.locked.anchors[0].version:
            return []
        text, cuda = answer.locked.anchors[0].version, str(answer.locked.cuda)
        command = command_for(request, f"{name}=={text}", cuda=cuda)
        short = f"{name} {text} on {cuda}"
        return [Nearest(text=tuple_text(answer), command=command, gives_up="anchor", short=short)]

    def _elsewhere(self, request: Request, ask: Ask, text: str, kinds: set[ReasonKind]) -> list[Nearest]:
        """The same release on another Python, platform or driver, where one of these is in the way."""
        found = self._other_target(request, ask, text) if kinds & _ELSEWHERE else []
        return found + (self._other_driver(request, ask, text) if ReasonKind.DRIVER in kinds else [])

    def _other_driver(self, request: Request, ask: Ask, text: str) -> list[Nearest]:
        """The same release with the least driver that runs it."""
        answer = self._solver.answer(request, {str(ask.stack.anchor): text})
        if answer is None:
            return []
        least = answer.locked.driver
        return [
            Nearest(
                text=f"{tuple_text(answer)}, with NVIDIA driver {least} or newer",
                command=command_for(request, f"{ask.stack.anchor}=={text}", driver=least),
                gives_up="driver",
                short=f"NVIDIA driver {least}",
            )
        ]

    @staticmethod
    def _exactly(request: Request, ask: Ask, text: str) -> Nearest:
        requirement = f"{ask.stack.anchor}=={text}"
        return Nearest(
            text=f"{ask.stack.anchor} {text}, asked for by name",
            command=command_for(request, requirement),
            gives_up="",
            short=requirement,
        )

    def _other_release(self, request: Request, ask: Ask, admitted: list[str], *, moves: bool = False) -> list[Nearest]:
        """The closest release that has a tuple on the very target.

        :param moves: whether the tag is another one than what was asked for, so that it has to be told as well.
        """
        releases = [
            item.text
            for item in self._solver.catalog.releases(ask.stack.anchor) or ()
            if not item.version.is_prerelease
        ]
        if not releases or not admitted:
            return []
        for text in outward(releases, admitted):
            fixed = {str(ask.stack.anchor): text}
            by_driver = request.cuda == AUTO and request.driver
            answer = self._solver.auto(request, fixed) if by_driver else self._solver.answer(request, fixed)
            if answer is None or self._driver_reasons(request, str(answer.locked.cuda), {}):
                continue
            if surely_has_code(answer, request.gpu, self._solver.facts):
                tag = str(answer.locked.cuda) if moves else ""
                command = command_for(request, f"{ask.stack.anchor}=={text}", **({"cuda": tag} if tag else {}))
                short, gives_up = f"{ask.stack.anchor} {text}" + (f" on {tag}" if tag else ""), "anchor"
                gives_up += " and tag" if tag else ""
                return [Nearest(text=tuple_text(answer), command=command, gives_up=gives_up, short=short)]
        return []

    def _other_tag(self, request: Request, ask: Ask, text: str) -> list[Nearest]:
        """The same release on the closest tag that it has a tuple for; one's own project has no release (empty)."""
        facts = self._solver.facts
        asked = cuda_order(CudaTag(request.cuda)) if request.cuda not in {PYPI, AUTO} else (0, 0)
        tags = [tag for tag in facts.tags if tag not in {request.cuda, "cpu"}]
        for tag in sorted(tags, key=lambda tag: (distance(cuda_order(tag), asked), tag)):
            if request.driver and not meets(request.driver, facts.least_driver(tag)):
                continue
            answer = self._solver.answer(with_cuda(request, tag), {str(ask.stack.anchor): text} if text else {})
            if answer is not None and surely_has_code(answer, request.gpu, self._solver.facts):
                command = command_for(request, f"{ask.stack.anchor}=={text}" if text else ask.text, cuda=tag)
                return [Nearest(text=tuple_text(answer), command=command, gives_up="tag", short=str(tag))]
        return []

    def _other_target(self, request: Request, ask: Ask, text: str) -> list[Nearest]:
        """The same release where any Python and any glibc will do."""
        free = replace(request, python="", platform=replace(request.platform, glibc=None))
        answer = self._solver.answer(free, {str(ask.stack.anchor): text})
        if answer is None:
            return []
        locked = answer.locked
        pythons = f"Python {locked.pythons[0]} to {locked.pythons[-1]}" if locked.pythons else "another Python"
        glibc = ".".join(map(str, locked.glibc))
        command = command_for(
            request, f"{ask.stack.anchor}=={text}", python="", platform=f"linux-{request.platform.machine}"
        )
        return [
            Nearest(
                text=f"{tuple_text(answer)}, on {pythons} with glibc {glibc} or newer",
                command=command.replace(" --platform linux-x86_64", ""),
                gives_up="target",
                short=pythons if request.python else f"glibc {glibc}",
            )
        ]


def _rests_on_members(refusals: tuple[Refusal, ...]) -> bool:
    """Whether what was asked of members takes part in ruling everything out."""
    return all(any(not claim.package for reason in refusal.reasons for claim in reason.claims) for refusal in refusals)


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
