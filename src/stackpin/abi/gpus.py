"""Whether code for some GPUs runs on another.

Source: NVIDIA, "CUDA C++ Programming Guide", 3.1.2 to 3.1.4 and "Compute Capabilities": machine code runs on GPUs of the
same major compute capability whose minor is equal or higher, PTX on every equal or higher one; with the suffix ``a`` on
that one alone, with ``f`` within its family, the same major and an equal or higher minor.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["compute_capability", "parse_gpu", "runs_on"]

#: Texts, not patterns: most commands name no GPU, and compiling one costs a millisecond.
_ARCHITECTURE = r"(sm|compute)_(\d+)(\d)([af]?)"
_GPU = r"(?i:sm_?)?(?:(\d+)\.(\d)|(\d+)(\d))[af]?"


def compute_capability(gpu: str) -> tuple[int, int] | None:
    """Major and minor of what names a GPU: ``sm_90``, ``90`` or ``9.0``; None for anything else."""
    match = re.fullmatch(_GPU, gpu) if gpu else None
    if match is None:
        return None
    return int(match[1] or match[3]), int(match[2] or match[4])


def parse_gpu(text: str) -> tuple[int, int]:
    """Major and minor of the GPU that a person names.

    :raises UsageError: when it is no architecture.
    """
    found = compute_capability(text.strip())
    if found is None:
        raise UsageError(
            f"{text!r} is no GPU architecture", where="--gpu", expected="sm_ and two or three digits: sm_90"
        )
    return found


def runs_on(architectures: Iterable[str], gpu: tuple[int, int]) -> bool:
    """Whether any code for these architectures runs on a GPU of that compute capability."""
    return any(_runs(name, gpu) for name in architectures)


def _runs(name: str, gpu: tuple[int, int]) -> bool:
    match = re.fullmatch(_ARCHITECTURE, name)
    if match is None:
        return True  # a name that is not known rules nothing out
    own = (int(match[2]), int(match[3]))
    if match[4] == "a":
        return own == gpu
    if match[1] == "sm" or match[4] == "f":
        return own[0] == gpu[0] and own[1] <= gpu[1]
    return own <= gpu
