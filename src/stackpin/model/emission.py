"""What an emitter is given: a tuple, and all that a file of another tool may need to say about it."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from stackpin.model.build import Channel
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["ECOSYSTEMS", "MARK", "OURS", "Emission", "HashedFile", "Shell"]

#: How a remark of ours begins in a file that is the user's: by it what is ours is known when it is to be replaced.
OURS = "stackpin: "
#: The comment at the end of a line of ours, where a line is all that there is to remark on.
MARK = f"# {OURS.strip(': ')}"
#: Dependabot's ecosystems whose updates can move a Python package.
ECOSYSTEMS = ("pip", "uv")


class Shell(str, Enum):
    """Who reads the variables of ``env``."""

    SH = "sh"
    FISH = "fish"
    DOCKER = "docker"
    GITHUB = "github"


class HashedFile(Value):
    """A file of a release that a requirement may be installed from: its name and sha256 (hex)."""

    name: str
    sha256: str


class Emission(Value):
    """A tuple and what goes with it into a file that another tool reads.

    An emitter is a function from this to a text; it reads nothing else. ``command`` makes the same text again. ``header``
    are lines without a comment sign: what the tuple is, for what, from which catalog.

    ``constraints`` is the tuple as a constraints file, and ``constraints_path`` the file in which a tool finds that; empty
    where the format names none. ``pages`` are the pages of builds that PyPI does not carry, mirrors applied, and ``sources``
    the page of each such package by name. ``free`` are the names that the stacks hold and this tuple has no pin for.
    ``files`` are, by member, the files for the target; a member whose hashes are not known is not among them. ``environ``
    are variables as they are now, for a reader that cannot extend them itself. ``documents`` is the address, or the path
    inside the repository, of the document that a bot reads. ``lock`` is what uv resolved under the tuple, as it wrote it.
    ``members`` are all names that the stacks hold, in this tuple or another, CUDA members with it, and ``look_alikes`` those
    that must stay out of any: sorted, without what was set free.
    ``old_uv`` leaves out of uv's configuration what an old uv does not know.
    """

    locked: LockedTuple
    header: tuple[str, ...]
    command: str
    constraints: str = ""
    constraints_path: str = ""
    pages: tuple[str, ...] = ()
    sources: Mapping[str, str] = MappingProxyType({})
    free: tuple[str, ...] = ()
    files: Mapping[str, tuple[HashedFile, ...]] = MappingProxyType({})
    hashes: bool = True
    shell: Shell = Shell.SH
    environ: Mapping[str, str] = MappingProxyType({})
    documents: str = ""
    lock: str = ""
    members: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()
    old_uv: bool = False

    @property
    def title(self) -> str:
        """What the file is about, in a line."""
        return self.header[0] if self.header else ""

    @property
    def labelled(self) -> tuple[Pin, ...]:
        """The pins whose builds PyPI does not carry."""
        return tuple(pin for pin in self.locked.pins if pin.build.channel is Channel.FIND_LINKS)
