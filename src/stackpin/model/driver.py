"""NVIDIA driver versions: how they are written, and when one is new enough."""

from __future__ import annotations

import re

from stackpin.errors import UsageError

__all__ = ["meets", "parse_driver"]

_DRIVER = re.compile(r"\d{3,}(?:\.\d+){0,2}")


def parse_driver(text: str) -> str:
    """A driver's version as it was typed; empty where none was.

    :raises UsageError: where it is no version of an NVIDIA driver.
    """
    version = text.strip()
    if version and not _DRIVER.fullmatch(version):
        raise UsageError(
            f"{text!r} is no NVIDIA driver version", where="--driver", expected="a version such as 550.54 or 550.54.14"
        )
    return version


def meets(driver: str, floor: str) -> bool:
    """Whether a driver is at least ``floor``; a shortened one stands for its whole branch (550.54 meets 550.54.14).

    An empty floor is met by any driver.
    """
    if not floor:
        return True
    have = [int(part) for part in driver.split(".")]
    least = [int(part) for part in floor.split(".")]
    return have >= least[: len(have)]
