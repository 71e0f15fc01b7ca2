"""Settings as they stand after all sources were read: command line, environment, ``[tool.stackpin]``, the user's folder."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.stack import Stack

__all__ = ["CheckSettings", "PathPattern", "Settings"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class PathPattern(Value):
    """A pattern of paths, and the absolute folder that it is below; without one it is below the current folder."""

    text: str
    folder: str = ""


class CheckSettings(Value):
    """What ``[tool.stackpin.check]`` says: rules by id, name or prefix, and paths that they do not hold for.

    ``per_file_ignores`` has each pattern with its rules. ``baseline`` is the path of a file. ``source`` is where it stands.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[PathPattern, tuple[str, ...]], ...] = ()
    exclude: tuple[PathPattern, ...] = ()
    baseline: str = ""
    source: str = ""


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
    check: CheckSettings = CheckSettings()
    sources: Mapping[str, str] = _NOTHING
