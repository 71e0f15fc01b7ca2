"""The nearest answers to a request that has none: another release, tag, Python, platform or driver, each solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from stackpin.model.cuda import CudaTag, cuda_order
from stackpin.model.driver import meets
from stackpin.model.explanation import Nearest, ReasonKind
from stackpin.model.request import AUTO, PYPI
from stackpin.model.value import replace
from stackpin.resolve.answers import with_cuda
from stackpin.resolve.machine import ELSEWHERE, driver_reasons
from stackpin.resolve.nearest import command_for, distance, outward, surely_has_code, tuple_text
from stackpin.resolve.steps import final_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.explanation import Refusal
    from stackpin.model.request import Ask, Request
    from stackpin.resolve.answers import Answers

__all__ = ["MANY", "Nearby"]

#: So many answers are told.
MANY = 3


class Nearby:
    """Looks for answers that give up one thing each; cost: one run of the resolver for each that it tries."""

    def __init__(self, solver: Answers) -> None:
        self._solver = solver

    def answers(self, request: Request, ask: Ask, refusals: tuple[Refusal, ...]) -> Iterator[Nearest]:
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
            found += self.elsewhere(request, ask, admitted[0], kinds)
        if ask.own and not admitted:
            found += self._other_tag(request, ask, "")
        if admitted and not found and request.cuda not in {PYPI, AUTO}:
            found += self._other_release(with_cuda(request, PYPI), ask, admitted, moves=True)
        if request.driver and not any(item.gives_up == "anchor" for item in found):
            found = [*self._for_driver(request, ask), *found]
        yield from found[:MANY]

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

    def elsewhere(self, request: Request, ask: Ask, text: str, kinds: set[ReasonKind]) -> list[Nearest]:
        """The same release on another Python, platform or driver, where one of these is in the way."""
        found = self._other_target(request, ask, text) if kinds & ELSEWHERE else []
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
            if answer is None or driver_reasons(self._solver.facts, request, str(answer.locked.cuda), {}):
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
