"""The solve: an answer for a request, or the error that explains why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import NoTuple
from stackpin.model.driver import meets
from stackpin.model.request import AUTO
from stackpin.resolve.answers import Answer, Answers

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple
    from stackpin.model.request import Request

__all__ = ["Solver"]


class Solver(Answers):
    """Solves requests against one catalog."""

    def solve(self, request: Request) -> LockedTuple:
        """The locked tuple for a request.

        :raises NoTuple: where there is none; its ``explanation`` has the reasons and the nearest answers.
        :raises CatalogGap: where the catalog has no release that matches an anchor's requirement at all.
        """
        if not any(ask.tree for ask in request.asks):
            return self._solve(request)
        from stackpin.resolve.over_trees import told_of_trees  # only a source tree needs it

        try:
            return self.over(request)._solve(request)  # noqa: SLF001 - another of this class
        except NoTuple as error:
            raise told_of_trees(error, request) from error

    def over(self, request: Request) -> Solver:
        """The solver in whose catalog each tree of a request is the only release of its anchor, for explanations too."""
        if not any(ask.tree for ask in request.asks):
            return self
        from stackpin.resolve.over_trees import with_trees

        return Solver(with_trees(self.catalog, request), self.facts)

    def _solve(self, request: Request) -> LockedTuple:
        for ask in request.asks:
            self.refuse_unmatched(ask)
        answer = self.auto(request) if request.cuda == AUTO and request.driver else self.answer(request)
        if answer is None and len(request.asks) > 1:
            from stackpin.resolve.joint import JointExplainer  # only a refusal of several stacks needs it

            raise JointExplainer(self).refusal(request)
        if answer is None or (request.driver and not meets(request.driver, answer.locked.driver)):
            from stackpin.resolve.explain import Explainer  # only a refusal needs it

            raise Explainer(self).refusal(request)
        drifted = self._drifted(request, answer)
        if drifted is not None:
            raise drifted
        return answer.locked

    def _drifted(self, request: Request, answer: Answer) -> NoTuple | None:
        """A bare anchor name asks for the newest: refuse to walk back for what this machine is unasked."""
        held = request.python or request.platform.glibc or request.cuda == AUTO or request.gpu
        if len(request.asks) > 1:
            return None  # several stacks walk back for one another: what they share is what was asked for
        if not held or self.is_newest(answer.resolved, request):
            return None
        if any(ask.requirement.specifier for ask in request.asks):
            return None
        from stackpin.resolve.explain import Explainer  # only a refusal needs it

        return Explainer(self).drift(request, answer)
