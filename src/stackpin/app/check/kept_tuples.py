"""Tuples for environments: what was solved for one is kept, so that a second look at it needs no solver.

The solver is imported where something has to be solved, and the releases of a package are read where one is looked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from stackpin.app.check.known_releases import KnownReleases
from stackpin.app.kept_answers import question_line
from stackpin.effects.kept import keep, kept
from stackpin.model.value import as_dict
from stackpin.parse.locked_json import parse_locked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.check.tuples import SolvedTuples
    from stackpin.catalog.facts import Facts
    from stackpin.check.question import Question
    from stackpin.model.explanation import Explanation, Reason
    from stackpin.model.locked import LockedTuple
    from stackpin.model.settings import Settings

__all__ = ["KeptTuples"]

#: What is kept of a question that has no answer.
_NONE = "none"


class KeptTuples(KnownReleases):
    """:class:`stackpin.check.question.Tuples` for what is installed.

    :param facts: those of the catalog that the settings name.
    :param allow: normalized names of members that are set free.
    """

    def __init__(
        self, facts: Facts, settings: Settings, environ: Mapping[str, str], allow: tuple[str, ...] = ()
    ) -> None:
        super().__init__(facts.catalog)
        self._facts, self._settings, self._environ, self._allow = facts, settings, environ, allow

    @cached_property
    def solved(self) -> SolvedTuples:
        """The solver behind it."""
        from stackpin.app.check.tuples import SolvedTuples
        from stackpin.app.compile import Workshop

        return SolvedTuples(Workshop(self._settings, self._facts), self._allow)

    def pythons(self) -> tuple[str, ...]:
        """Every CPython minor that some torch release has wheels for."""
        return self.solved.pythons()

    def tuple_of(self, question: Question) -> LockedTuple | None:
        """The tuple; None where there is none, or the catalog lacks what is asked for."""
        line = question_line({"check": as_dict(question), "free": self._allow}, self._settings)
        said = kept(self._environ, line)
        if said == _NONE:
            return None
        found = parse_locked(said)
        if found is not None:
            return found[0]
        from stackpin.emit.locked_json import locked_json

        locked = self.solved.tuple_of(question)
        keep(self._environ, line, _NONE if locked is None else locked_json(locked, (), ()))
        return locked

    def refuted(self, question: Question) -> tuple[Reason, ...]:
        """Why there is none for the newest release that the first anchor's requirement admits."""
        return self.solved.refuted(question)

    def refusal(self, question: Question) -> Explanation | None:
        """The whole refusal with the nearest answers."""
        return self.solved.refusal(question)
