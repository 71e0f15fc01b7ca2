"""The stacks that are known: those of the catalog, then a user's own from ``[tool.stackpin.stacks.NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackpin.errors import InputUnreadable, UnknownName, UsageError
from stackpin.model.stack import FAMILY, TORCH, TRITON, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stackpin.catalog.loader import Catalog

__all__ = ["Stacks", "strings", "user_stack"]

_KEYS = {"anchor", "extra", "members", "look-alikes", "requires"}


class Stacks:
    """All stacks, found by their name or by their anchor.

    :param user: a user's own stacks; one of the same name comes before the catalog's.
    :raises UsageError: where two user stacks have each other's anchor as a member.
    """

    def __init__(self, catalog: Catalog, user: Iterable[Stack] = ()) -> None:
        self._catalog = catalog
        rows = {row["name"]: _from_row(row) for row in reversed(catalog.facts("stacks"))}
        own = {stack.name: stack for stack in user}
        _refuse_cycles(own)
        self.by_name: dict[str, Stack] = {**dict(sorted(rows.items())), **own}
        for stack in own.values():
            self._refuse_unknown_members(stack)

    def _refuse_unknown_members(self, stack: Stack) -> None:
        for member in stack.members:
            if self._catalog.releases(member) is None and member not in {s.anchor for s in self.by_name.values()}:
                known = sorted(
                    {name for other in self.by_name.values() if other is not stack for name in other.members}
                )
                near = _near(member, known)
                raise UnknownName(
                    f"stack {stack.name!r} names a member that the catalog does not carry: {member}",
                    where=f"[tool.stackpin.stacks.{stack.name}] members",
                    expected="a package that `stackpin catalog status` lists",
                    hint=f"did you mean {near}" if near else f"stackpin catalog update --package {member}",
                )

    def find(self, name: str) -> Stack:
        """The stack of that name, else the one whose anchor has that name.

        :raises UnknownName: where there is neither; the hint has the near miss, or the stacks that hold the package.
        """
        key = canonicalize_name(name)
        for stack in (self.by_name.get(name), *self.by_name.values()):
            if stack is not None and key in {canonicalize_name(stack.name), stack.anchor}:
                return stack
        holders = [stack.name for stack in self.by_name.values() if key in stack.members]
        if holders:
            raise UnknownName(
                f"{name} is a member of a stack, not the anchor of one",
                expected="one of the stacks " + ", ".join(self.by_name),
                hint=f"name the stack too: stackpin compile {holders[0]} {name}",
            )
        self.refuse_look_alike(name)
        near = _near(key, list(self.by_name))
        raise UnknownName(
            f"there is no stack {name!r}",
            expected="one of " + ", ".join(self.by_name) + ", or your own in [tool.stackpin.stacks]",
            hint=f"stackpin compile {near}" if near else "",
        )

    def refuse_look_alike(self, name: str) -> None:
        """Tell a package that takes a member's place from one that nobody knows.

        :raises UnknownName: where it is one.
        """
        key = canonicalize_name(name)
        alike = next((row for row in self._catalog.facts("look_alikes") if row.get("distribution") == key), None)
        if alike is not None and alike.get("member"):
            member, first = alike["member"], next(iter(self.by_name))
            raise UnknownName(
                f"{name} is kept out of every tuple: it writes {alike['import_package']}/, which is {member}'s",
                expected=f"{member}, beside the stack",
                hint=f"stackpin explain {first} {member}",
            )


def _near(name: str, known: Iterable[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), "")


def _from_row(row: Mapping[str, Any]) -> Stack:
    return Stack(
        name=row["name"],
        anchor=canonicalize_name(row["anchor"]),
        extra=row.get("extra", ""),
        members=tuple(canonicalize_name(name) for name in row.get("members", ())),
        always=tuple(canonicalize_name(name) for name in row.get("always", ())),
        look_alikes=tuple(canonicalize_name(name) for name in row.get("look_alikes", ())),
    )


def user_stack(name: str, table: Mapping[str, Any], where: str, requires: Iterable[str] = ()) -> Stack:
    """A user's own stack from its table.

    :param where: the file and table, for messages.
    :param requires: requirements of the anchor (PEP 508) where the anchor is the user's own project.
    :raises UsageError: for a key that is not known or a value of the wrong type.
    :raises InputUnreadable: for a requirement that does not parse.
    """
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        near = _near(unknown[0], sorted(_KEYS))
        raise UsageError(
            f"stack {name!r} has a key that stackpin does not know: {unknown[0]}",
            where=where,
            expected=", ".join(sorted(_KEYS)),
            hint=f"did you mean {near}" if near else "",
        )
    anchor = table.get("anchor")
    if not isinstance(anchor, str) or not anchor:
        raise UsageError(f"stack {name!r} names no anchor", where=where, expected='anchor = "package"')
    members = tuple(dict.fromkeys(canonicalize_name(item) for item in strings(table, "members", where)))
    always = tuple(canonicalize_name(item) for item in (TORCH, TRITON, *FAMILY))
    return Stack(
        name=name,
        anchor=canonicalize_name(anchor),
        extra=_extra(table, where),
        members=tuple(dict.fromkeys((*always[:2], *members))),
        always=(*always[:2], *(item for item in always[2:] if item in members)),
        look_alikes=tuple(canonicalize_name(item) for item in strings(table, "look-alikes", where)),
        requires=tuple(_checked((*strings(table, "requires", where), *requires), where)),
    )


def _extra(table: Mapping[str, Any], where: str) -> str:
    value = table.get("extra", "")
    if not isinstance(value, str):
        raise UsageError("extra is not text", where=where, got=repr(value), expected='extra = "name"')
    return value


def strings(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of texts out of a table; empty where the key is not there.

    :raises UsageError: where the value is anything else.
    """
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{key} is not a list of texts", where=where, got=repr(value), expected=f'{key} = ["torch"]')
    return tuple(value)


def _checked(lines: Iterable[str], where: str) -> Iterable[str]:
    for line in lines:
        try:
            Requirement(line)
        except InvalidRequirement as error:
            raise InputUnreadable(
                "a requirement does not parse", where=where, got=line, expected="a PEP 508 requirement"
            ) from error
        yield line


def _refuse_cycles(own: Mapping[str, Stack]) -> None:
    anchors = {stack.anchor: stack for stack in own.values()}
    for start in own.values():
        trail, todo = {start.anchor}, [start]
        while todo:
            stack = todo.pop()
            for member in stack.members:
                if member == start.anchor:
                    raise _cycle(start, stack)
                if member in anchors and member not in trail:
                    trail.add(member)
                    todo.append(anchors[member])


def _cycle(start: Stack, holder: Stack) -> UsageError:
    """The error for an anchor that is among its own members, or among those of a stack that its members lead to."""
    whose = "the members" if holder is start else f"the members of stack {holder.name!r}, which it holds itself"
    return UsageError(
        f"stack {start.name!r} has a cycle: its anchor {start.anchor} is also among {whose}",
        where=f"[tool.stackpin.stacks.{start.name}]",
        expected="an anchor that decides the members and is none of them",
    )
