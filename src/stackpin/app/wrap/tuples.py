"""The tuple in force for one call: solved once, and kept for the next call with the same question.

The answer depends on the question, the catalog and the code alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.app.kept_answers import question_line
from stackpin.effects.kept import keep, kept
from stackpin.parse.locked_json import parse_locked
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.locked import LockedTuple
    from stackpin.model.settings import Settings

__all__ = ["Answered", "answered"]


class Answered(NamedTuple):
    """A tuple, and what a person should know beside it; ``others`` are the anchors of the stacks that are not in force."""

    locked: LockedTuple
    notes: tuple[str, ...]
    others: tuple[str, ...]


def answered(asked: Mapping[str, Any], settings: Settings, environ: Mapping[str, str]) -> Answered:
    """The tuple for a question, from the kept answers where the same was asked of the same catalog before.

    :param asked: the fields of a :class:`stackpin.app.compile.Job`; the solver is imported only where it has to work.
    :raises NoTuple: where no tuple satisfies the job.
    """
    question = question_line(asked, settings)
    found = parse_locked(kept(environ, question))
    if found is not None:
        return Answered(*found)
    from stackpin.app.compile import Job, Workshop, compile_job
    from stackpin.app.wrap.names import names_of_stacks
    from stackpin.emit.locked_json import locked_json

    others = names_of_stacks(asked["requirements"], settings).others
    compiled = compile_job(Job(**asked), Workshop(settings), version=VERSION)
    keep(environ, question, locked_json(compiled.locked, compiled.notes, others))
    return Answered(compiled.locked, compiled.notes, others)
