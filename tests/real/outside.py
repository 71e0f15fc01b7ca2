"""Which files a real tool cannot satisfy for reasons outside the tuple (``known_outside.toml``), and which run always."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from tests.support.tools import ReadyMade

__all__ = ["QUICK", "Outside", "known_outside", "outside_rows"]

#: A file or two a year, each stack among them, that every change is tried on.
QUICK = frozenset(
    {
        "torch-2.3.x-cu121.txt",
        "vllm-0.8.x-cu124.txt",
        "sglang-0.4.x-cu124.txt",
        "vllm-0.15.x-cu128.txt",
        "torch-2.15.x-cu132.txt",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """One known failure: ``words`` are part of what uv says, ``why`` tells a person."""

    anchor: str
    words: str
    why: str


@cache
def outside_rows() -> tuple[Outside, ...]:
    """Every row of the table."""
    with Path(__file__).with_name("known_outside.toml").open("rb") as file:
        return tuple(Outside(**row) for row in tomllib.load(file).get("row", ()))


def known_outside(ready: ReadyMade) -> Outside | None:
    """The row about a file, or None."""
    anchor = f"{ready.anchor}=={ready.version}"
    return next((row for row in outside_rows() if row.anchor == anchor), None)
