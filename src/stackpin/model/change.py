"""What two tuples say, and what changes from one to the other."""

from __future__ import annotations

from enum import Enum

from stackpin.model.value import Value

__all__ = ["Change", "ChangeKind", "Difference", "Held", "Role", "Stated", "TargetChange"]


class Role(str, Enum):
    """What a line of a constraints file is for."""

    MEMBER = "member"
    #: Beside the members: what ``--closure`` pins as well.
    OTHER = "other"
    BLOCK = "block"


class Held(Value):
    """One line: ``specifier`` as it stands (``===2.6.0``, ``<13,>=12``), ``why`` the fact that forced it.

    For a block ``specifier`` holds the version that can never be met, without the operator.
    """

    name: str
    specifier: str
    role: Role
    why: str = ""

    @property
    def version(self) -> str:
        """The version with its local part; empty where the line is a bound or a block."""
        exact = self.specifier.startswith("==") and "," not in self.specifier and self.role is not Role.BLOCK
        return self.specifier.lstrip("=") if exact else ""

    @property
    def shown(self) -> str:
        """What people read of it: the version, or the bound."""
        return self.version or self.specifier


class Stated(Value):
    """What a constraints file says: its header as data, its lines in their order.

    ``anchors`` are names with versions. ``pythons`` are CPython minors, oldest first. ``glibc`` is ``2.28``, ``driver`` the
    least NVIDIA driver; either is empty where the tuple asks for none. ``pages`` are the index lines as they stand. ``notes``
    are those of the header, ``told`` also those that the command gave beside the file; None where only the file is there.
    """

    title: str
    anchors: tuple[tuple[str, str], ...]
    cuda: str
    machine: str
    held: tuple[Held, ...]
    pythons: tuple[str, ...] = ()
    glibc: str = ""
    driver: str = ""
    catalog: str = ""
    command: str = ""
    pages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] | None = None

    @property
    def python_range(self) -> str:
        """The Pythons as people write them: ``3.10 to 3.13``, ``3.12``; empty where none is told."""
        return " to ".join(dict.fromkeys((self.pythons[0], self.pythons[-1]))) if self.pythons else ""


class ChangeKind(str, Enum):
    """How a line differs between two tuples."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    BUILD = "other build"
    BOUND = "other bound"
    PINNED = "now pinned"
    FREED = "now a bound"


class Change(Value):
    """One package that differs. ``before`` and ``after`` are what people read; empty where it is not there.

    ``note`` says what else a reviewer should see: another index's build, a package that takes its place. ``why`` is the fact
    that forced the new line, of a package that is gone the fact that had forced it.
    """

    name: str
    kind: ChangeKind
    before: str
    after: str
    note: str = ""
    why: str = ""


class TargetChange(Value):
    """One part of the target that differs: the CUDA tag, the least driver, Pythons, glibc, the architecture."""

    what: str
    before: str
    after: str
    note: str = ""


class Difference(Value):
    """What changes from one tuple to another, members in the order of the newer file.

    ``same`` and ``others_same`` are names. ``kept_out`` are look-alikes and members without a build that only one of the
    two keeps out. A note counts as the same where only numbers in it differ.
    """

    before: Stated
    after: Stated
    target: tuple[TargetChange, ...]
    members: tuple[Change, ...]
    same: tuple[str, ...]
    others: tuple[Change, ...]
    others_same: tuple[str, ...]
    kept_out: tuple[Change, ...]
    pages_gone: tuple[str, ...]
    pages_new: tuple[str, ...]
    notes_gone: tuple[str, ...]
    notes_new: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything that pip or uv obeys changes, or what the machine must have; notes alone do not count."""
        parts = (self.target, self.members, self.others, self.kept_out, self.pages_gone, self.pages_new)
        return any(parts)
