"""Every way stackpin can fail: one base class, one class per cause.

An error carries its parts (what, where, got, expected, hint) and builds its own text, so that the command line, ``--json``
and a program that imports :mod:`stackpin.api` tell the same story. This module imports nothing of stackpin.
"""

from __future__ import annotations

__all__ = [
    "CatalogDamaged",
    "CatalogGap",
    "FileUnwritable",
    "IndexFailed",
    "IndexSlow",
    "InputUnreadable",
    "LockOutside",
    "LookAlikeMember",
    "NoTuple",
    "NotCovered",
    "Refused",
    "StackpinError",
    "ToolMissing",
    "TupleBroken",
    "UnknownName",
    "UsageError",
    "WrongMember",
    "error_classes",
]


class StackpinError(Exception):
    """Base of all errors that stackpin raises on purpose.

    :param what: what happened, as a clause without a full stop.
    :param where: file and key path, URL, or wheel member; empty where the command line itself is meant.
    :param got: what was found there.
    :param expected: what would have been right.
    :param hint: one thing to do next, best a command that can be pasted.
    """

    slug = "stackpin-error"
    exit_code = 2

    def __init__(self, what: str, *, where: str = "", got: str = "", expected: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.got = got
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (("where", self.where), ("found", self.got), ("expected", self.expected)):
            if text:
                lines.append(f"  {label + ':':<10}{text}")
        if self.hint:
            lines.append(f"  {'do:':<10}{self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))

    def as_dict(self) -> dict[str, object]:
        """The parts of the error as ``--json`` prints them; empty parts are left out."""
        parts = {"what": self.what, "where": self.where, "got": self.got, "expected": self.expected, "hint": self.hint}
        return {"slug": self.slug, "exit_code": self.exit_code, **{key: value for key, value in parts.items() if value}}


def _rebuild(kind: type[StackpinError], args: tuple[object, ...], state: dict[str, object]) -> StackpinError:
    """Make an unpickled error without running its constructor, whose parameters differ from class to class."""
    error = kind.__new__(kind)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class UsageError(StackpinError):
    """The command line or an API argument cannot be understood."""

    slug = "usage"
    exit_code = 2


class UnknownName(UsageError):
    """A package, stack, CUDA tag, platform or format that stackpin has never heard of; the hint has the near miss."""

    slug = "unknown-name"


class NotCovered(UsageError):
    """Something real that stackpin does not handle, such as ROCm builds: not covered, not unknown."""

    slug = "not-covered"


class NoTuple(StackpinError):
    """No locked tuple satisfies the request; ``explanation`` holds the chain of reasons as data."""

    slug = "no-tuple"
    exit_code = 10

    def __init__(self, what: str, *, explanation: object = None, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.explanation = explanation


class Refused(StackpinError):
    """The wrapped tool was not run: it would let a broken member in, and cannot be held to the tuple."""

    slug = "refused"
    exit_code = 11

    def __init__(
        self,
        what: str,
        *,
        facts: tuple[tuple[str, str], ...] = (),
        ways: tuple[tuple[str, str], ...] = (),
        **parts: str,
    ) -> None:
        """:param facts: what forces the refusal, each with its evidence.

        :param ways: what can be done, each with the command that does it; the first is the hint.
        """
        super().__init__(what, **{"hint": ways[0][1] if ways else "", **parts})
        self.facts = facts
        self.ways = ways

    def __str__(self) -> str:
        if not self.facts and not self.ways:
            return super().__str__()
        column = max((len(fact) for fact, evidence in self.facts if evidence), default=0)
        facts = [f"  {fact:<{column}}    {evidence}".rstrip() for fact, evidence in self.facts]
        column = max((len(label) for label, _ in self.ways), default=0) + 1
        ways = [f"{label + ':':<{column}}  {command}" for label, command in self.ways]
        return "\n\n".join("\n".join(block) for block in ([self.what], facts, ways) if block)

    def as_dict(self) -> dict[str, object]:
        """The parts of the error, with its facts and ways out where it has any."""
        facts = [{"text": fact, "evidence": evidence} for fact, evidence in self.facts]
        ways = [{"text": label, "command": command} for label, command in self.ways]
        return {**super().as_dict(), **({"facts": facts} if facts else {}), **({"ways": ways} if ways else {})}


class WrongMember(Refused):
    """What was typed brings a member in at another version or build than the tuple's."""

    slug = "wrong-member"


class LookAlikeMember(Refused):
    """What was typed, or what is installed, is a distribution that overwrites a member's files."""

    slug = "look-alike"


class LockOutside(Refused):
    """A lock file holds members outside the tuple, and the call takes it as it stands."""

    slug = "lock-outside-tuple"


class TupleBroken(Refused):
    """The wrapped tool ran, and what it left breaks the tuple; nothing was kept where that could be undone."""

    slug = "tuple-broken"
    exit_code = 12


class CatalogGap(StackpinError):
    """The catalog lacks what is asked, or contradicts itself about it."""

    slug = "catalog-gap"
    exit_code = 13


class CatalogDamaged(CatalogGap):
    """A catalog file is cut, altered or does not have the digest that the manifest names."""

    slug = "catalog-damaged"


class IndexFailed(StackpinError):
    """The network or a package index failed, or answered with something that it must not answer with."""

    slug = "index-failed"
    exit_code = 14


class IndexSlow(IndexFailed):
    """A package index gave no answer, or not the whole of it, in time."""

    slug = "index-slow"


class InputUnreadable(StackpinError):
    """An input file, or one end of a wheel, cannot be read as what it claims to be."""

    slug = "input-unreadable"
    exit_code = 15


class ToolMissing(StackpinError):
    """A tool that stackpin was told to run is missing or too old."""

    slug = "tool-missing"
    exit_code = 16


class FileUnwritable(StackpinError):
    """A local file cannot be written; nothing was left half-written."""

    slug = "file-unwritable"
    exit_code = 17


def error_classes() -> tuple[type[StackpinError], ...]:
    """All error classes, base first, in the order in which they are defined."""
    found: list[type[StackpinError]] = [StackpinError]
    for kind in found:
        found.extend(sub for sub in kind.__subclasses__() if sub not in found)
    return tuple(found)
