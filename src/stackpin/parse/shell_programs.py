"""Which program a simple command starts, behind those that only start another one: ``sudo``, ``env``, ``time``, ``exec`` …."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.parse.marked_text import Marked
    from stackpin.parse.shell_words import Word

__all__ = ["SHELLS", "Program", "program_of"]

#: Shells that read POSIX's language.
SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
#: What starts the rest of its words, with those of its options that take a value (from their manuals).
_STARTERS = {
    "sudo": frozenset(
        {"-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U", "-D", "--user", "--group", "--prompt", "--chdir"}
    ),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "exec": frozenset({"-a"}),
    "command": frozenset(),
    "builtin": frozenset(),
    "nohup": frozenset(),
    "time": frozenset({"-f", "-o", "--format", "--output"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "ionice": frozenset({"-c", "-n", "--class", "--classdata"}),
    "stdbuf": frozenset({"-i", "-o", "-e", "--input", "--output", "--error"}),
    "timeout": frozenset({"-k", "-s", "--kill-after", "--signal"}),
    "setsid": frozenset(),
    "catchsegv": frozenset(),
    "unbuffer": frozenset(),
}
#: Those whose first operand is not the program yet.
_OPERANDS = {"timeout": 1}
#: ``command -v pip`` starts nothing.
_ASKS = {"command": {"-v", "-V"}}


class Program(NamedTuple):
    """A program and its words; ``assigned`` are variables that something before it sets for it.

    ``name`` is the last part of its path, empty where that cannot be told; ``words`` begins with the program itself.
    """

    name: str
    words: tuple[Word, ...]
    assigned: tuple[tuple[str, Marked], ...] = ()


def program_of(words: Sequence[Word]) -> Program:
    """The program that is started in the end."""
    rest = tuple(words)
    assigned: list[tuple[str, Marked]] = []
    while rest:
        name = rest[0].text.rpartition("/")[2]
        starter = _STARTERS.get(name)
        if starter is None or not rest[1:] or (rest[1].text in _ASKS.get(name, ())):
            return Program("" if "\0" in name else name, rest, tuple(assigned))
        rest = _behind(rest[1:], starter, _OPERANDS.get(name, 0), assigned)
    return Program("", (), tuple(assigned))


def _behind(
    words: tuple[Word, ...], valued: frozenset[str], operands: int, assigned: list[tuple[str, Marked]]
) -> tuple[Word, ...]:
    """The words behind a starter's own options, assignments and operands."""
    at = 0
    while at < len(words):
        text = words[at].text
        match = _ASSIGNED.match(text)
        if text in valued:
            at += 2
        elif text.startswith("-"):
            at += 1
        elif match:
            assigned.append((match[1], words[at].marked.part(match.end(), len(text))))
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    return words[at:]
