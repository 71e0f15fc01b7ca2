"""Hash-exact constraints: one line a wheel, ``torch @ URL#sha256=…``, with a marker for the Pythons and the platform that take it.

pip enforces the hash, uv from 0.5.31 on (0.5.0 does not). Where no line's marker holds nothing would be held, so a guard
contradicts torch there. Source: PEP 508 (direct references, markers); measured with released pips and uvs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.model.build import WheelAddress
    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["python_guard", "url_lines"]


def url_lines(pin: Pin, addresses: Iterable[WheelAddress], locked: LockedTuple) -> Iterator[str]:
    """The lines of one pin; a blank stands before each ``;``, which would else be part of the address."""
    here = f'sys_platform == "linux" and platform_machine == "{locked.platform.machine}"'
    for each in addresses:
        parts = [] if each.anywhere else [here]
        if set(each.pythons) != set(locked.pythons):
            parts.insert(0, _one_of(each.pythons))
        marker = f" ; {' and '.join(parts)}" if parts else ""
        yield f"{pin.name} @ {each.url}#sha256={each.sha256}{marker}"


def _one_of(pythons: tuple[str, ...]) -> str:
    clauses = [f'python_version == "{each}"' for each in pythons]
    return clauses[0] if len(clauses) == 1 else f"({' or '.join(clauses)})"


def python_guard(locked: LockedTuple) -> str:
    """The line that contradicts torch on every Python that no line is for, and names those that there are."""
    marker = " and ".join(f'python_version != "{each}"' for each in locked.pythons)
    return f"{TORCH}==0+stackpin.only.python.{'.or.'.join(locked.pythons)} ; {marker}"
