"""One anchor release on one target: its answer, or the chain of reasons, without a search for what is near."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.resolve.explain import Explainer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.explanation import Reason
    from stackpin.model.request import Request
    from stackpin.resolve.answers import Answer, Answers

__all__ = ["Cells"]


class Cells:
    """Answers and reasons for many single releases, one after another; the runs share what they read of the catalog.

    Where the last release had no answer the next is asked for its reasons first: neighbours mostly share their fate.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._explainer = Explainer(answers)
        self._had_none: set[Request] = set()

    def find(self, request: Request, fixed: Mapping[str, str]) -> Answer | tuple[Reason, ...]:
        """What :meth:`Answers.answer` says of a request; where that is nothing, the reasons, first cause first.

        :param request: its ``cuda`` is a tag.
        :param fixed: the anchor, held to one version (none for a user's own project).
        """
        if request in self._had_none:
            found = self._explainer.refuted(request, dict(fixed))
            if isinstance(found, tuple):
                return found
        answer = self._answers.answer(request, fixed)
        if answer is not None:
            self._had_none.discard(request)
            return answer
        self._had_none.add(request)
        return self._explainer.chain(request, dict(fixed))
