"""Builds: how one file's worth of a release is named, found and told apart from the others."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from stackpin.model.cuda import CudaTag

__all__ = ["Build", "Channel", "Sureness", "WheelAddress"]


class Channel(str, Enum):
    """How a build is reached; a wheel variant (PEP 817) would be one more."""

    PYPI = "pypi"
    FIND_LINKS = "find-links"


class Sureness(str, Enum):
    """How well the CUDA side of a build is known."""

    PROVEN = "proven"
    DECLARED = "declared"
    UNPROVEN = "unproven"


class Build(Value):
    """One build of one release.

    ``local`` is the local version part without ``+`` (``cu126``), empty for the unlabelled build. ``tag`` is the CUDA tag
    of the build where a fact says so. ``siblings`` are local parts of other builds of the same version that some index
    is known to carry. ``page`` is the find-links page, ``index`` the index root, both without PyPI's address.
    """

    channel: Channel = Channel.PYPI
    local: str = ""
    tag: CudaTag | None = None
    major: int | None = None
    sureness: Sureness = Sureness.DECLARED
    page: str = ""
    siblings: tuple[str, ...] = ()
    torch_series: str = ""
    verified: bool = True
    note: str = ""
    source: str = ""

    @property
    def is_pypis(self) -> bool:
        """Whether it is the very file that PyPI carries."""
        return self.channel is Channel.PYPI and not self.local


class WheelAddress(Value):
    """Where one wheel of a pin lies, or its sources, with the sha256 (hex), and the CPython minors that take it.

    ``anywhere`` is whether it fits every platform.
    """

    url: str
    sha256: str
    pythons: tuple[str, ...]
    anywhere: bool = False
