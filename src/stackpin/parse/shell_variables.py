"""What is known of a script's variables, and how much of them may be filled in."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.parse.marked_text import Marked

__all__ = ["Ledger", "Variables"]

#: The longest value that is followed, and how many characters all that are filled in may come to.
_LONGEST, _GROWTH = 10_000, 4_000_000


class Ledger:
    """What all texts of one file share: numbers for branches and subshells, and how much variables may still add.

    A few lines can make a variable's value longer than any memory (``A=$A$A``): once the values that were filled in come to
    more than a script is long, further ones are unknown.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._left = _GROWTH

    def number(self) -> int:
        """A new number."""
        return next(self._numbers)

    def allows(self, length: int) -> bool:
        """Whether a value of so many characters may be filled in."""
        self._left -= length
        return self._left >= 0 and length <= _LONGEST


class Variables(NamedTuple):
    """What is known of variables. A name's value is None where it is set to something that cannot be told.

    ``unset`` are those known to be unset; with ``open`` nothing is known of a name that is not here, else it counts as unset,
    so that ``${NAME:-default}`` is the default.
    """

    values: Mapping[str, Marked | None]
    unset: frozenset[str] = frozenset()
    open: bool = False

    def has_default(self, name: str) -> bool:
        """Whether a name counts as unset."""
        return name in self.unset or (not self.open and name not in self.values)
