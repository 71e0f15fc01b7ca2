"""Settings as they stand after all sources were read: command line, environment, ``[tool.stackpin]``, the user's folder."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.stack import Stack

__all__ = ["Settings"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Settings(Value):
    """What is in force, nearest source first. ``sources`` names for each key where its value stands.

    ``mirrors`` maps URL prefixes to what stands for them; the key ``pypi`` names the Simple index that stands for PyPI.
    """

    stack: tuple[str, ...] = ()
    cuda: str = ""
    driver: str = ""
    gpu: str = ""
    allow: tuple[str, ...] = ()
    mirrors: Mapping[str, str] = _NOTHING
    catalog: str = ""
    stacks: tuple[Stack, ...] = ()
    sources: Mapping[str, str] = _NOTHING
