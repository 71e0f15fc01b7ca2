"""Which part of a project a command or a judgement is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Selection"]


class Selection(NamedTuple):
    """The extras and dependency groups (PEP 735) that count; None: every one."""

    extras: Collection[str] | None = None
    groups: Collection[str] | None = None
