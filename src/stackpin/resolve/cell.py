"""One anchor release on one target: its answer, or the chain of reasons, without a search for what is near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.cuda import CudaTag
from stackpin.model.explanation import ReasonKind
from stackpin.resolve.attempt import Attempt, Failure
from stackpin.resolve.reasons import final_kinds, reasons_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.explanation import Reason
    from stackpin.model.request import Request
    from stackpin.resolve.answers import Answer, Answers

__all__ = ["Cells"]


class Cells:
    """Answers and reasons for many single releases, one after another.

    A release that fails costs one run of the resolver, whose clash tells the reasons as well; the runs of one request share
    what they read of the catalog. Where the last release had an answer the next is asked for its answer first: neighbours
    mostly share their fate.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._had_one: dict[Request, bool] = {}
        self._probes: dict[Request, Attempt] = {}

    def find(self, request: Request, fixed: Mapping[str, str]) -> Answer | tuple[Reason, ...]:
        """What :meth:`Answers.answer` says of a request; where that is nothing, the reasons, first cause first.

        :param request: its ``cuda`` is a tag.
        :param fixed: the anchor, held to one version (none for a user's own project).
        """
        if not self._had_one.get(request):
            probe = self._probe(request, fixed)
            outcome = probe.run()
            if isinstance(outcome, Failure) and not probe.candidates.stopped_by_python:
                return reasons_of(outcome)  # no other Python can do better
        answer = self._answers.answer(request, fixed)
        self._had_one[request] = answer is not None
        return answer if answer is not None else self._reasons(request, fixed)

    def _reasons(self, request: Request, fixed: Mapping[str, str]) -> tuple[Reason, ...]:
        """The chain on the Python that comes furthest."""
        best: tuple[Reason, ...] = ()
        for python in self._answers.pythons(request):
            outcome = self._attempt(request, python, fixed).run()
            reasons = reasons_of(outcome) if isinstance(outcome, Failure) else ()
            best = best or reasons
            if ReasonKind.PYTHON not in final_kinds(reasons):
                return reasons
        return best

    def _probe(self, request: Request, fixed: Mapping[str, str]) -> Attempt:
        """An attempt on the first Python as if it were new: what only one release leaves behind is taken off it."""
        if request not in self._probes:
            self._probes[request] = self._attempt(request, self._answers.pythons(request)[0], fixed)
        probe = self._probes[request]
        probe.fixed = fixed
        probe.candidates.stopped_by_python = False
        probe.candidates.left_out.clear()
        return probe

    def _attempt(self, request: Request, python: str, fixed: Mapping[str, str]) -> Attempt:
        return Attempt(
            catalog=self._answers.catalog,
            facts=self._answers.facts,
            request=request,
            python=python,
            cuda=CudaTag(request.cuda),
            fixed=fixed,
        )
