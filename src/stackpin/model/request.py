"""What is asked for: requirements, target and choices, before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.target import DEFAULT_PLATFORM, Platform
from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from stackpin.model.source_tree import SourceTree
    from stackpin.model.stack import Stack

__all__ = ["AUTO", "PYPI", "Ask", "Request"]

#: ``--cuda pypi``: the build that PyPI itself carries for that torch.
PYPI = "pypi"
#: ``--cuda auto``: PyPI's own where the driver runs it, then the newest proven tag, then the newest unproven.
AUTO = "auto"


class Ask(Value):
    """One requirement on one stack's anchor; ``text`` is the argument as typed.

    ``tree`` is the source tree that stands for the anchor's release, where one was named.
    """

    stack: Stack
    requirement: Requirement
    text: str
    tree: SourceTree | None = None

    @property
    def own(self) -> bool:
        """Whether something of the user's own stands for the anchor, in place of the releases of an index."""
        return self.tree is not None or bool(self.stack.requires)


class Request(Value):
    """A whole request. ``cuda`` is a tag, :data:`PYPI` or :data:`AUTO`; ``python`` is ``3.11`` or empty for any.

    ``members`` are requirements on members (``triton==3.3.*``) that narrow the answer; ``allow`` are members set free.
    """

    asks: tuple[Ask, ...]
    members: tuple[Requirement, ...] = ()
    cuda: str = PYPI
    python: str = ""
    platform: Platform = DEFAULT_PLATFORM
    driver: str = ""
    gpu: str = ""
    prefer_builds: bool = False
    allow: tuple[str, ...] = ()
