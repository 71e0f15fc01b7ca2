"""``renovate.json`` and ``renovate.json5``: our rules put in behind the user's; comments, order and all else stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import NotCovered

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__ = ["with_rules"]


def with_rules(text: str, emission: Emission, *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text with the rules in it, and what is said of the user's own rules on the same packages."""
    raise NotCovered(
        "Renovate's configuration cannot be patched yet", where=where, got=f"{len(text)} signs", hint=emission.command
    )
