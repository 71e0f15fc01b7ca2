"""``dependabot.yml``: our group and what is ignored, put into the user's entries; comments, order and all else stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import NotCovered

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__ = ["with_group"]


def with_group(text: str, emission: Emission, *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text with the group in it, and what is said of the user's own settings for the same packages."""
    raise NotCovered(
        "Dependabot's configuration cannot be patched yet", where=where, got=f"{len(text)} signs", hint=emission.command
    )
