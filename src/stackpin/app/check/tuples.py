"""The solver as the judge asks it: every question once, with stacks that hold whatever is named beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.app.check.known_releases import KnownReleases
from stackpin.errors import CatalogGap, NoTuple
from stackpin.model.cuda import CudaTag
from stackpin.model.explanation import Explanation
from stackpin.model.request import AUTO, PYPI, Ask, Request
from stackpin.model.target import Platform
from stackpin.model.value import replace

if TYPE_CHECKING:
    from stackpin.app.compile import Workshop
    from stackpin.check.question import Question
    from stackpin.model.explanation import Reason
    from stackpin.model.locked import LockedTuple

__all__ = ["SolvedTuples"]


class SolvedTuples(KnownReleases):
    """:class:`stackpin.check.question.Tuples` over one workshop.

    :param allow: normalized names of members that are set free.
    """

    def __init__(self, workshop: Workshop, allow: tuple[str, ...] = ()) -> None:
        super().__init__(workshop.catalog)
        self._workshop = workshop
        self._allow = allow
        self._known: dict[Question, LockedTuple | None] = {}
        self._chains: dict[Question, tuple[Reason, ...]] = {}
        self._refusals: dict[Question, Explanation | None] = {}

    def pythons(self) -> tuple[str, ...]:
        """Every CPython minor that some torch release has wheels for on the default platform, oldest first."""
        found = self._workshop.solver.known_pythons(Request(asks=()))
        return tuple(sorted(found, key=lambda python: int(python.split(".")[1])))

    def tuple_of(self, question: Question) -> LockedTuple | None:
        """The tuple; None where there is none, or the catalog lacks what is asked for."""
        if question not in self._known:
            request = self._request(question)
            try:
                for ask in request.asks:
                    self._workshop.solver.refuse_unmatched(ask)
                answer = self._workshop.solver.answer(request)
            except CatalogGap:
                answer = None
            self._known[question] = answer.locked if answer is not None else None
        return self._known[question]

    def refuted(self, question: Question) -> tuple[Reason, ...]:
        """Why there is none for the newest release that the first anchor's requirement admits."""
        if question not in self._chains:
            from stackpin.resolve.explain import Explainer  # only what is refused needs it

            request = self._request(question)
            newest = {str(ask.stack.anchor): self._workshop.solver.newest(ask) for ask in request.asks}
            held = {name: version for name, version in newest.items() if version}
            found = Explainer(self._workshop.solver).refuted(request, held) if held else ()
            self._chains[question] = found if isinstance(found, tuple) else ()
        return self._chains[question]

    def refusal(self, question: Question) -> Explanation | None:
        """The whole refusal with the nearest answers; None where there is a tuple, or the catalog lacks an anchor."""
        if question not in self._refusals:
            self._refusals[question] = self._refused(question)
        return self._refusals[question]

    def _refused(self, question: Question) -> Explanation | None:
        try:
            self._workshop.solver.solve(self._request(question))
        except NoTuple as error:
            return error.explanation if isinstance(error.explanation, Explanation) else None
        except CatalogGap:
            return None
        return None

    def _request(self, question: Question) -> Request:
        members = tuple(Requirement(text) for text in question.members)
        beside = tuple(dict.fromkeys(canonicalize_name(member.name) for member in members))
        asks = []
        for text in question.anchors:
            requirement = Requirement(text)
            stack = self._workshop.stacks.find(requirement.name)
            new = tuple(name for name in beside if name not in stack.members and name != stack.anchor)
            stack = replace(stack, members=(*stack.members, *new)) if new else stack
            asks.append(Ask(stack=stack, requirement=requirement, text=text))
        cuda = question.cuda if question.cuda in {PYPI, AUTO} else CudaTag(question.cuda)
        return Request(
            asks=tuple(asks),
            members=members,
            cuda=cuda,
            python=question.python,
            platform=Platform(machine=question.machine),
            allow=self._allow,
        )
