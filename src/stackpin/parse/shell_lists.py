"""Lists of commands joined by ``&&`` and ``||``: which of them run in any case, and which depend on another's outcome."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Element", "conditional", "label_of"]

#: Programs that are run for their outcome: what follows behind ``&&`` is not meant to run in any case.
TESTS = frozenset({
    "[", "[[", "((", "test", "grep", "egrep", "fgrep", "command -v", "command -V", "which", "type", "hash", "nvidia-smi",
    "lspci", "diff", "cmp", "expr", "false", "python -c", "pip show", "dpkg -s", "dpkg -l", "rpm -q",
})  # fmt: skip
_LEAVES = frozenset({"exit", "return"})


def label_of(words: Sequence[str]) -> str:
    """What a command goes by where its outcome is asked for: its program, with the word that makes it a question.

    :param words: the program's own name, then its words.
    """
    if not words:
        return ""
    name = re.sub(r"(?<=^python)[0-9.]+|(?<=^pip)[0-9.]+", "", words[0])
    asked = f"{name} {words[1]}" if len(words) > 1 else name
    return asked if asked in TESTS else name


class Element:
    """One pipeline or compound command of a list: its commands' numbers, the operator before it, what it sets.

    ``names`` are the programs of its commands, in order; ``compound`` tells that it is no pipeline.
    """

    def __init__(self, start: int, operator: str = "") -> None:
        self.start = start
        self.end = start
        self.operator = operator
        self.assigned: set[str] = set()
        self.names: list[str] = []
        self.compound = False

    @property
    def leaves(self) -> bool:
        """Whether it ends the script or function."""
        return any(name in _LEAVES for name in self.names)

    @property
    def tests(self) -> bool:
        """Whether it is there for its outcome."""
        return not self.compound and bool(self.names) and self.names[0] in TESTS


def conditional(elements: Sequence[Element], number: Callable[[], int]) -> dict[int, int]:
    """The elements of a list that do not run in any case, by their position, with the number of their branch.

    What stands left of ``||`` may fail, and what stands right runs only then: each is a branch, but where the right side
    leaves the script, for behind it the left one must have worked.

    :param number: gives a new branch's number.
    """
    found: dict[int, int] = {}
    chain: list[int] = []
    for position, element in enumerate(elements):
        if element.operator == "||":
            if not element.leaves:
                branch = number()
                found.update({each: branch for each in chain if each not in found})
            chain = []
            found[position] = number()
            continue
        if element.operator == "&&" and chain:
            before = chain[-1]
            if elements[before].tests:
                found[position] = number()
            elif before in found:
                found[position] = found[before]
        elif element.operator == "&&" and position - 1 in found:
            found[position] = found[position - 1]
        chain.append(position)
    return found
