"""Stacks: families of packages that move together, defined as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

__all__ = ["FAMILY", "TORCH", "TRITON", "Stack"]

#: The two packages that every stack is about; torch's release names triton's.
TORCH = "torch"
TRITON = "triton"
#: Packages that PyTorch builds together with torch, tag by tag.
FAMILY = ("torchvision", "torchaudio")


class Stack(Value):
    """A stack: its anchor decides, its members are pinned.

    ``extra`` is the anchor's extra that brings the kernels (used where a release has it). ``always`` are members that
    belong to the tuple even where the anchor does not name them. ``members`` are in the order in which files list them.
    """

    name: str
    anchor: NormalizedName
    extra: str = ""
    members: tuple[NormalizedName, ...] = ()
    always: tuple[NormalizedName, ...] = ()
    look_alikes: tuple[NormalizedName, ...] = ()
    requires: tuple[str, ...] = ()
    """For a user's own anchor that no index has: its requirements (PEP 508), else empty."""

    @property
    def names(self) -> frozenset[str]:
        """Every package that the stack says something of, normalized."""
        return frozenset(map(str, (self.anchor, *self.members, *self.always, *self.look_alikes)))
