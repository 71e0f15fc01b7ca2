"""Settings as they stand after all sources were read: command line, environment, ``[tool.stackpin]``, the user's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.model.stack import Stack

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force, nearest source first. ``sources`` names for each key where its value stands.

    ``mirrors`` maps URL prefixes to what stands for them; the key ``pypi`` names the Simple index that stands for PyPI.
    """

    stack: tuple[str, ...] = ()
    cuda: str = ""
    driver: str = ""
    gpu: str = ""
    allow: tuple[str, ...] = ()
    mirrors: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    stacks: tuple[Stack, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
