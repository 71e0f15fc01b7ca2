"""The locked tuple: anchor, members and target, each pin with the evidence that forced it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from stackpin.model.abi import Judgement
    from stackpin.model.build import Build
    from stackpin.model.cuda import CudaTag
    from stackpin.model.target import Platform

__all__ = ["Anchor", "Block", "Bound", "Evidence", "LockedTuple", "Pin"]


class Evidence(Value):
    """Where a fact comes from: the statement itself, who says it, and the file or URL that it was read from."""

    subject: str
    line: str
    source: str = ""
    sha256: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.line}" if self.subject else self.line


class Pin(Value):
    """One member at one version; ``specifier`` is what a constraints file says of it (``===2.6.0``).

    ``symbols`` is what its binaries say beside the tuple's torch; None where they, or torch's, were not read. ``optional``
    is why it works without a library that does not load; empty where nothing is known of that. ``architectures`` are the
    GPUs that it has code for; None where nobody looked. ``writes`` are the names that it lays out in site-packages, where
    they were read.
    """

    name: NormalizedName
    version: str
    specifier: str
    build: Build
    evidence: tuple[Evidence, ...]
    note: str = ""
    uploaded: str = ""
    symbols: Judgement | None = None
    optional: str = ""
    architectures: tuple[str, ...] | None = None
    writes: tuple[str, ...] = ()

    @property
    def full_version(self) -> str:
        """The version with the local part of the build, ``2.6.0+cu126``."""
        return f"{self.version}+{self.build.local}" if self.build.local else self.version


class Bound(Value):
    """A CUDA member that the anchor leaves open, held to the tag's major (``cuda-python<13,>=12``)."""

    name: NormalizedName
    specifier: str
    note: str


class Block(Value):
    """A look-alike that must stay out, or a member that has no build for the target."""

    name: NormalizedName
    reads: str
    note: str = ""


class Anchor(Value):
    """The release that decided the tuple, what was asked for, and how it was chosen.

    ``tree`` is the path or URL of the source tree that stood for it, and ``revision`` the commit of that; the version is
    then empty.
    """

    name: NormalizedName
    version: str
    request: str
    chosen: str
    uploaded: str = ""
    extra: str = ""
    tree: str = ""
    revision: str = ""


class LockedTuple(Value):
    """An answer: everything that a file or another tool needs to know of one tuple.

    ``pythons`` are the CPython minors for which every pin has a wheel, oldest first. ``glibc`` is the least glibc that the
    wheels need. ``driver`` is the least NVIDIA driver that runs the tag; empty for ``cpu``.
    """

    anchors: tuple[Anchor, ...]
    pins: tuple[Pin, ...]
    bounds: tuple[Bound, ...]
    blocks: tuple[Block, ...]
    cuda: CudaTag
    platform: Platform
    pythons: tuple[str, ...]
    python_asked: str = ""
    glibc: tuple[int, int] = (0, 0)
    driver: str = ""
    notes: tuple[str, ...] = ()
    catalog_date: str = ""
    catalog_digest: str = ""
    closure: tuple[tuple[str, str], ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """The tuple as requirements (PEP 508): pins, then bounds, then the versions that keep look-alikes out."""
        pins = [f"{pin.name}{pin.specifier}" for pin in self.pins]
        bounds = [f"{bound.name}{bound.specifier}" for bound in self.bounds]
        blocks = [f"{block.name}=={block.reads}" for block in self.blocks]
        return (*pins, *bounds, *blocks)

    def pin(self, name: str) -> Pin | None:
        """The pin of a member; None where the tuple does not hold that member."""
        return next((pin for pin in self.pins if pin.name == name), None)
