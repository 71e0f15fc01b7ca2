"""Lines that files of several formats have alike: the head that says what the tuple is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.emission import Emission

__all__ = ["commented", "header_lines"]


def commented(lines: Iterable[str], sign: str = "#") -> list[str]:
    """The lines as comments; an empty one is the sign alone."""
    return [f"{sign} {line}".rstrip() for line in lines]


def header_lines(emission: Emission, *more: str) -> list[str]:
    """The head of a file as comments: what the tuple is, the command that makes the file again, and what is said beside it."""
    return commented([*emission.header, f"rebuild  {emission.command}", *more])
