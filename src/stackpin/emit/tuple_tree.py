"""A tuple as a tree: each member under the one whose line brings it in, with the evidence beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.build import Channel
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["Node", "tree_lines", "tuple_tree"]

#: So many METADATA lines stand beside a member, unless all are asked for: the first is what forces it.
_LINES = 1


class Node(Value):
    """A member with what its presence rests on, the strongest first, and the members that it brings in."""

    name: str
    version: str
    evidence: tuple[str, ...]
    children: tuple[Node, ...] = ()


def tuple_tree(locked: LockedTuple, *, every: bool = False) -> tuple[Node, ...]:
    """The trees of a tuple, one an anchor, in the order of the pins.

    :param every: all METADATA lines that bear on a member, with the digest of the file that each was read from.
    """
    by_name = {str(pin.name): pin for pin in locked.pins}
    anchors = list(dict.fromkeys(str(anchor.name) for anchor in locked.anchors))
    children: dict[str, list[str]] = {}
    for name, pin in by_name.items():
        if name not in anchors:
            children.setdefault(_parent(pin, by_name, anchors), []).append(name)

    def node(name: str) -> Node:
        below = tuple(node(child) for child in children.get(name, ()))
        pin = by_name.get(name)
        if pin is None:
            return Node(name=name, version="", evidence=(), children=below)
        return Node(name=name, version=pin.full_version, evidence=tuple(_evidence(pin, every)), children=below)

    return tuple(node(name) for name in anchors)


def _parent(pin: Pin, by_name: dict[str, Pin], anchors: list[str]) -> str:
    """The member whose line forces a pin; torch for what says itself which torch it is for."""
    for evidence in pin.evidence:
        name = evidence.subject.partition(" ")[0]
        if name != pin.name and (name in by_name or name in anchors):
            return name
    return TORCH if pin.name != TORCH and TORCH in by_name else anchors[0]


def _evidence(pin: Pin, every: bool) -> Iterator[str]:  # noqa: FBT001 - private
    for evidence in pin.evidence if every else pin.evidence[:_LINES]:
        digest = f", sha256 {evidence.sha256[:12]}" if every and evidence.sha256 else ""
        yield f"{evidence.line}  ({evidence.source}{digest})" if evidence.source else evidence.line
    if pin.build.channel is Channel.FIND_LINKS:
        yield f"{pin.build.page}" + (f"  ({pin.build.source})" if pin.build.source else "")
    yield from filter(None, pin.note.split("; "))


def tree_lines(nodes: tuple[Node, ...]) -> list[str]:
    """The trees as text, one line a piece of evidence."""
    rows = [row for node in nodes for row in _rows(node, "", "")]
    width = max((len(label) for label, _ in rows), default=0)
    return [f"{label:<{width}}  {evidence}".rstrip() for label, evidence in rows]


def _rows(node: Node, lead: str, below: str) -> Iterator[tuple[str, str]]:
    first, *rest = node.evidence or ("",)
    yield f"{lead}{node.name} {node.version}".rstrip(), first
    for evidence in rest:
        yield below + ("│" if node.children else ""), evidence
    for child in node.children:
        last = child is node.children[-1]
        yield from _rows(child, f"{below}{'└─' if last else '├─'} ", f"{below}{'   ' if last else '│  '}")
