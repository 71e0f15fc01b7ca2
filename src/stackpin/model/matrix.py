"""The matrix of a stack: releases of its anchor by CUDA tags, in each cell a tuple or the reasons why there is none."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from stackpin.model.abi import Verdict
from stackpin.model.build import Channel, Sureness
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from stackpin.model.cuda import CudaTag
    from stackpin.model.explanation import Reason
    from stackpin.model.locked import LockedTuple, Pin
    from stackpin.model.target import Platform

__all__ = ["MEANING", "Cell", "Mark", "Matrix", "Row", "mark_of"]


class Mark(str, Enum):
    """What is known of one release on one tag."""

    PROVEN = "proven"
    DECLARED = "declared"
    UNPROVEN = "unproven"
    IMPOSSIBLE = "impossible"

    @property
    def words(self) -> str:
        """The mark as people read it."""
        return "declared only" if self is Mark.DECLARED else self.value


#: What each mark says, in the words of a legend.
MEANING = {
    Mark.PROVEN: "every CUDA build in the tuple is known to be this tag's: torch's by its index, "
    "a kernel's by the CUDA that its binary loads",
    Mark.DECLARED: "a kernel's build is what its index says it is; nobody has read that binary",
    Mark.UNPROVEN: "a kernel was built with a newer CUDA of the same major, which usually works",
    Mark.IMPOSSIBLE: "there is no tuple, and the reasons say why",
}


class Cell(Value):
    """One release on one tag. Either ``locked`` or ``reasons`` is there; ``reasons`` are in order, the last one decides.

    ``notes`` are what a person should know beside the tuple; ``ready_made`` is the series whose ready-made file holds just
    this tuple (``0.4``), empty where none does.
    """

    tag: CudaTag
    mark: Mark
    locked: LockedTuple | None = None
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""
    ready_made: str = ""

    @property
    def torch(self) -> Pin | None:
        """The tuple's torch."""
        return self.locked.pin(TORCH) if self.locked is not None else None

    @property
    def is_pypis(self) -> bool:
        """Whether the tuple's torch is the file that PyPI itself carries."""
        return self.torch is not None and self.torch.build.is_pypis

    @property
    def misfits(self) -> tuple[str, ...]:
        """The members of which a library does not load with the tuple's torch, though the anchor pins both."""
        pins = self.locked.pins if self.locked is not None else ()
        return tuple(str(pin.name) for pin in pins if pin.symbols is not None and pin.symbols.missing)


class Row(Value):
    """One release of the anchor; ``version`` is empty for a user's own project. ``cells`` are in the order of the tags."""

    version: str
    uploaded: str
    prerelease: bool
    yanked: bool
    cells: tuple[Cell, ...]

    @property
    def torches(self) -> tuple[str, ...]:
        """The torch releases of its tuples, without the label of a build; usually one."""
        return tuple(dict.fromkeys(cell.torch.version for cell in self.cells if cell.torch is not None))

    @property
    def extra(self) -> str:
        """The anchor's extra that brings the kernels; empty where the release has none."""
        return next((cell.locked.anchors[0].extra for cell in self.cells if cell.locked is not None), "")


class Matrix(Value):
    """Releases and tags newest first (``cpu`` last), and the target that all of it holds for.

    ``drivers`` are the least NVIDIA drivers of the tags, in their order; empty for ``cpu``.
    """

    stack: str
    anchor: NormalizedName
    request: str
    tags: tuple[CudaTag, ...]
    drivers: tuple[str, ...]
    rows: tuple[Row, ...]
    platform: Platform
    python: str = ""
    driver: str = ""
    gpu: str = ""
    catalog_date: str = ""
    catalog_digest: str = ""

    def count(self, mark: Mark) -> int:
        """How many cells carry a mark."""
        return sum(cell.mark is mark for row in self.rows for cell in row.cells)


def mark_of(locked: LockedTuple) -> Mark:
    """The mark of a tuple: its weakest pin decides.

    Only the CUDA side counts. That a library does not load (a misfit) is a finding of its own, beside the mark.
    """
    if any(pin.build.sureness is Sureness.UNPROVEN for pin in locked.pins):
        return Mark.UNPROVEN
    return Mark.DECLARED if any(_said_only(pin) for pin in locked.pins) else Mark.PROVEN


def _said_only(pin: Pin) -> bool:
    """Whether the CUDA of a kernel's build rests on what is said of it: a label, or what was read of another machine's wheel.

    What PyPI carries and no fact speaks about has no CUDA of its own that could be wrong.
    """
    build = pin.build
    if build.sureness is Sureness.PROVEN:
        return False
    unread = build.major is not None and pin.symbols is not None and pin.symbols.verdict is Verdict.UNKNOWN
    return build.channel is Channel.FIND_LINKS or not build.verified or unread
