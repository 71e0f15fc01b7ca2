"""The libraries that patching a bot's configuration takes; they come with the extra ``bots``, not with stackpin alone."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from stackpin.errors import ToolMissing

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["bots_library"]


def bots_library(module: str, distribution: str) -> ModuleType:
    """A module of one of them.

    :raises ToolMissing: where the distribution is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ToolMissing(
            f"the library {distribution} is not installed",
            got=str(error),
            expected="the extra that patches the configuration of bots",
            hint="pip install 'stackpin[bots]'",
        ) from error
