"""The arguments of a compile: what each is, told apart without importing what most do not need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.errors import UsageError

if TYPE_CHECKING:
    from stackpin.model.source_tree import SourceTree
    from stackpin.parse.tree_address import TreeAddress

__all__ = ["Asked", "address_of", "requirement_of", "shown"]


class Asked(NamedTuple):
    """One argument: its text without credentials, the requirement in it, and the source tree that it names."""

    text: str
    requirement: Requirement
    tree: SourceTree | None


def address_of(text: str) -> TreeAddress | None:
    """The source tree that an argument names; None where it names releases, as nearly all do."""
    if not text.startswith((".", "git+")) and not any(sign in text for sign in "/@"):
        return None
    from stackpin.parse.tree_address import names_tree, parse_tree_address

    return parse_tree_address(text) if names_tree(text) else None


def shown(text: str) -> str:
    """An argument as a file may show it: credentials left out."""
    address = address_of(text)
    return address.shown if address else text


def requirement_of(text: str) -> Requirement:
    """The requirement that an argument is (PEP 508).

    :raises UsageError: where it does not parse, with the likely spelling.
    """
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        fixed = re.sub(r"(?<=[\w\]])\s*=(?=\d)", "==", text)
        hint = f"'{fixed}'" if fixed != text else ""
        raise UsageError(
            "a requirement does not parse",
            got=f"{text!r}: {str(error).splitlines()[0]}",
            expected="a PEP 508 requirement such as sglang, 'sglang==0.4.*' or 'sglang[all]>=0.5,<0.6'",
            hint=f"did you mean {hint}" if hint else "",
        ) from error
