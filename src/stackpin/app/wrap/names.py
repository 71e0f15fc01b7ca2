"""The packages of the stacks in force, and the anchors of all other stacks; asked for where an answer is not kept yet."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.catalog.loader import Catalog
from stackpin.catalog.stacks import Stacks
from stackpin.errors import UsageError
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from stackpin.model.settings import Settings

__all__ = ["StackNames", "names_of_stacks"]


class StackNames(NamedTuple):
    """``own``: anchors and members of the stacks in force, without those that are another stack's anchor.

    ``others``: the anchors of the stacks that are not in force. Both are normalized and sorted.
    """

    own: tuple[str, ...]
    others: tuple[str, ...]


def names_of_stacks(texts: tuple[str, ...], settings: Settings) -> StackNames:
    """The names behind the requirements of the stacks in force.

    :raises UsageError: where a requirement does not parse.
    :raises UnknownName: where there is no such stack.
    """
    stacks = Stacks(Catalog.open(Path(settings.catalog) if settings.catalog else None), settings.stacks)
    in_force = [stacks.find(_name_of(text)) for text in texts]
    anchors = {str(stack.anchor) for stack in stacks.by_name.values()}
    members = {str(name) for stack in in_force for name in (*stack.members, *stack.always)}
    own = {str(stack.anchor) for stack in in_force} | (members - (anchors - {TORCH}))
    return StackNames(tuple(sorted(own)), tuple(sorted(anchors - own)))


def _name_of(text: str) -> str:
    if "/" in text or text.startswith((".", "git+")):
        raise UsageError(
            "a source tree cannot be a stack in force: what it says may change between two calls",
            got=repr(text),
            expected="a PEP 508 requirement such as sglang or 'sglang==0.4.*'",
            hint=f"stackpin compile {shlex.quote(text)} -o constraints.txt, and pass that file with -c",
        )
    try:
        return Requirement(text).name
    except InvalidRequirement as error:
        raise UsageError(
            "a stack's requirement does not parse",
            got=f"{text!r}: {str(error).splitlines()[0]}",
            expected="a PEP 508 requirement such as sglang or 'sglang==0.4.*'",
        ) from error
