"""Python environments as they lie on the disk, and what is wrong with one that should hold a tuple."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.value import Value

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName

__all__ = ["Environment", "Fault", "FaultKind", "Installed"]


class Installed(NamedTuple):
    """One installed distribution: normalized name, version with its local part, and the folder that describes it."""

    name: NormalizedName
    version: str
    folder: Path


class Environment(Value):
    """An environment that a call addresses. ``packages`` are its site-packages folders, first found first.

    ``python`` is its minor version (``3.11``); ``executable`` is its interpreter, empty for a bare ``--target`` folder.
    """

    prefix: Path
    python: str
    executable: str
    packages: tuple[Path, ...]


class FaultKind(str, Enum):
    """What kind of thing breaks a tuple."""

    WRONG_VERSION = "wrong-version"
    WRONG_BUILD = "wrong-build"
    LOOK_ALIKE = "look-alike"
    TWICE = "installed-twice"


class Fault(Value):
    """One member outside its tuple: what is there, what the tuple has, and the evidence of the tuple's pin.

    For a look-alike ``name`` is its own, ``wanted`` the member that it overwrites with its version (``triton 3.2.0``);
    for a CUDA member ``wanted`` is the bound (``<13,>=12``); it is empty where the tuple keeps a member out altogether.
    ``tag`` is the tuple's CUDA tag where the build is what is wrong.
    """

    kind: FaultKind
    name: str
    found: str
    wanted: str
    evidence: str = ""
    tag: str = ""
