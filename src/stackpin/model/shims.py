"""Shims: small ``sh`` programs that stand before ``uv``, ``uvx``, ``pip`` and ``pip3`` on PATH."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MARKER", "SIGNATURE", "TOOLS", "FolderState", "Guard", "Launcher", "OnPath", "Reach", "Shim", "Standing"]

#: A file of this name says of its folder: what lies here are shims; whoever looks for the real tool goes on.
MARKER = ".stackpin-shims"
#: How the second line of each shim begins. Only a file that has it is replaced or deleted.
SIGNATURE = "# stackpin shim"
#: The tools that a folder of shims stands for.
TOOLS = ("pip", "pip3", "uv", "uvx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """How a shim starts stackpin: the interpreter, its options, and the package whose absence means that it is gone."""

    python: str
    options: tuple[str, ...]
    package: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPath:
    """One program on PATH. ``shim``: its folder is marked as a folder of shims."""

    path: Path
    shim: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shim:
    """One shim as it lies in a folder. ``python`` is the interpreter whose stackpin it calls.

    ``alive``: that stackpin is there. ``current``: the text is what this stackpin writes.
    """

    name: str
    python: str
    alive: bool
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a tool's name finds on PATH. ``first``: the file that runs; ``real``: the first that is no shim; or empty.

    ``ours``: the file that runs is a shim of the folder in question.
    """

    name: str
    first: str
    ours: bool
    real: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """A folder of shims. ``foreign`` are files with a tool's name that are none of ours.

    ``on_path``: -1 where PATH does not name the folder, else its place there, from 0.
    """

    folder: Path
    shims: tuple[Shim, ...]
    foreign: tuple[str, ...]
    on_path: int
    reach: tuple[Reach, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a guarded environment's ``pip.conf`` has to say: constraints, and whether pip holds builds by a key of its own.

    ``constraint`` is one word as pip reads it: an absolute path, or a ``file:`` URL where that has blanks.
    """

    constraint: str
    builds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one environment is guarded. ``faults`` say in words what keeps the guard from holding.

    ``installed``: its ``pip.conf`` has our lines. ``header``: the first line of the constraints file.
    """

    prefix: Path
    python: str
    pip: str
    installed: bool
    header: str
    faults: tuple[str, ...]
