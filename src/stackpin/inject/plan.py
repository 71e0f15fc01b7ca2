"""What is done with one invocation: the words and variables that the tool gets, and what has to be looked at around it."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from stackpin.inject.command_line import Own
from stackpin.model.names import normalized_name
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.inject.command_line import Call
    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple

__all__ = ["Kind", "Materials", "Plan", "Situation", "Watch", "joined", "members_of", "named_members"]


class Kind(str, Enum):
    """What a command can do to a tuple."""

    HARMLESS = "harmless"
    PIP = "pip"
    UV_PIP = "uv-pip"
    PROJECT = "project"
    TOOL = "tool"
    BUILD = "build"
    UNINSTALL = "uninstall"


class Watch(str, Enum):
    """What is held against the tuple once the tool is done (for a program that it starts: before that)."""

    NOTHING = "nothing"
    ENVIRONMENT = "environment"
    LOCK = "lock"


class Materials(NamedTuple):
    """The files that a run is given, by path, and the pages that its builds need.

    ``constraints`` is the tuple as a constraints file; ``requirements`` a requirements file whose only line names it.
    """

    constraints: str
    requirements: str
    find_links: tuple[str, ...] = ()


class Situation(Value):
    """Everything that a decision knows beside the call itself.

    ``version`` is the tool's, as numbers. ``faults`` are what is wrong in the environment that the call would change.
    ``anchors`` are the requirements that stand for a bare ``--stack`` (``sglang[srt]``). ``configured`` holds constraints
    that the tool's own configuration files name and a variable would cancel, by option (``constraint``). ``in_force`` says
    which tuple is in force, and what asked for it; ``own`` are the wrapper's own options.
    """

    version: tuple[int, ...]
    environ: Mapping[str, str]
    locked: LockedTuple
    materials: Materials
    faults: tuple[Fault, ...] = ()
    anchors: tuple[str, ...] = ()
    hashes: bool = False
    configured: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    in_force: tuple[str, str] = ("", "")
    own: Own = Own()
    cache: str = ""


class Plan(Value):
    """How the tool is run: its words, the variables that are set for it, and what is looked at around it.

    ``first`` is what is run before, apart, and only resolves; ``words`` are run once that has ended well. ``builds`` is
    whether what is built from source has to be held by a configuration file of ours; after ``first`` the new lock tells.
    ``constrained`` is whether the tuple goes into that file as constraints. ``unset`` are variables that the tool must not
    see; ``late`` are those of the last step alone.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str] = MappingProxyType({})
    watch: Watch = Watch.NOTHING
    notes: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    late: Mapping[str, str] = MappingProxyType({})
    first: tuple[str, ...] = ()
    builds: bool = False
    constrained: bool = False


def members_of(locked: LockedTuple) -> frozenset[str]:
    """The names that the tuple speaks about: anchors, members, CUDA members and look-alikes."""
    held = [str(pin.name) for pin in locked.pins] + [str(anchor.name) for anchor in locked.anchors]
    bounded = [str(bound.name) for bound in locked.bounds]
    return frozenset([*held, *bounded, *(str(block.name) for block in locked.blocks)])


def named_members(call: Call, locked: LockedTuple) -> tuple[str, ...]:
    """The operands that name something of the tuple, as typed."""
    members = members_of(locked)
    return tuple(word for word in call.operands if _name(word) in members)


def _name(word: str) -> str:
    end = next((at for at, letter in enumerate(word) if not (letter.isalnum() or letter in "-_.")), len(word))
    return str(normalized_name(word[:end]))


def joined(*values: str) -> str:
    """Several paths in one variable: pip and uv split it at white space."""
    return " ".join(value for value in values if value)
