"""Shims: small ``sh`` programs that stand before ``uv``, ``uvx``, ``pip`` and ``pip3`` on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MARKER", "SIGNATURE", "TOOLS", "FolderState", "Guard", "Launcher", "OnPath", "Reach", "Shim", "Standing"]

#: A file of this name says of its folder: what lies here are shims; whoever looks for the real tool goes on.
MARKER = ".stackpin-shims"
#: How the second line of each shim begins. Only a file that has it is replaced or deleted.
SIGNATURE = "# stackpin shim"
#: The tools that a folder of shims stands for.
TOOLS = ("pip", "pip3", "uv", "uvx")


class Launcher(Value):
    """How a shim starts stackpin: the interpreter, its options, and the package whose absence means that it is gone."""

    python: str
    options: tuple[str, ...]
    package: str


class OnPath(Value):
    """One program on PATH. ``shim``: its folder is marked as a folder of shims."""

    path: Path
    shim: bool


class Shim(Value):
    """One shim as it lies in a folder. ``python`` is the interpreter whose stackpin it calls.

    ``alive``: that stackpin is there. ``current``: the text is what this stackpin writes.
    """

    name: str
    python: str
    alive: bool
    current: bool


class Reach(Value):
    """What a tool's name finds on PATH. ``first``: the file that runs; ``real``: the first that is no shim; or empty.

    ``ours``: the file that runs is a shim of the folder in question.
    """

    name: str
    first: str
    ours: bool
    real: str


class FolderState(Value):
    """A folder of shims. ``foreign`` are files with a tool's name that are none of ours.

    ``on_path``: -1 where PATH does not name the folder, else its place there, from 0.
    """

    folder: Path
    shims: tuple[Shim, ...]
    foreign: tuple[str, ...]
    on_path: int
    reach: tuple[Reach, ...]


class Guard(Value):
    """What a guarded environment's ``pip.conf`` has to say: constraints, and whether pip holds builds by a key of its own.

    ``constraint`` is one word as pip reads it: an absolute path, or a ``file:`` URL where that has blanks.
    """

    constraint: str
    builds: bool


class Standing(Value):
    """How one environment is guarded. ``faults`` say in words what keeps the guard from holding.

    ``installed``: its ``pip.conf`` has our lines. ``header``: the first line of the constraints file.
    """

    prefix: Path
    python: str
    pip: str
    installed: bool
    header: str
    faults: tuple[str, ...]
