"""CUDA tags: the toolkit that a wheel was built with, as its index and local version spell it (``cu124``, ``cpu``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NewType

from stackpin.errors import NotCovered, UnknownName

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CPU", "CudaTag", "cuda_major", "cuda_order", "parse_cuda_tag", "tag_of_toolkit", "toolkit_of"]

CudaTag = NewType("CudaTag", str)

CPU = CudaTag("cpu")

_LOOSE = r"(?:cuda|cu)?[-_ ]?(\d{2,})[._]?(\d)"
_OTHER = ("rocm", "hip", "xpu", "musa", "npu", "hpu", "mps", "metal")


def parse_cuda_tag(text: str, known: Collection[str]) -> CudaTag:
    """The CUDA tag that ``text`` names.

    :param known: the tags that the catalog has facts about.
    :raises NotCovered: for the tag of another accelerator (``rocm6.3``, ``xpu``).
    :raises UnknownName: for anything else that is not in ``known``; the hint has the near miss (``cu12.4`` → ``cu124``).
    """
    if text in known:
        return CudaTag(text)
    if text.lower().startswith(_OTHER):
        raise NotCovered(
            f"{text!r} is not covered: stackpin knows CUDA and CPU builds only", expected="one of " + _listed(known)
        )
    loose = re.fullmatch(_LOOSE, text.strip(), re.IGNORECASE)
    near = f"cu{loose[1]}{loose[2]}" if loose else text.lower()
    if near not in known:
        near = _closest(near, known)
    raise UnknownName(
        f"there is no CUDA tag {text!r}",
        expected="one of " + _listed(known),
        hint=f"--cuda {near}" if near else "",
    )


def _closest(text: str, known: Collection[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(text, sorted(known), n=1, cutoff=0.6)), "")


def _listed(known: Collection[str]) -> str:
    return ", ".join(sorted(known, key=lambda tag: cuda_order(CudaTag(tag))))


def toolkit_of(tag: CudaTag) -> str:
    """The toolkit release that a tag stands for, as ``major.minor``; empty for ``cpu``."""
    digits = _digits(tag)
    return f"{digits[:-1]}.{digits[-1]}" if digits else ""


def tag_of_toolkit(version: str) -> CudaTag:
    """The tag of a toolkit release: ``12.4.127`` and ``12.4`` are both ``cu124``."""
    major, _, rest = version.partition(".")
    return CudaTag(f"cu{major}{rest.partition('.')[0] or '0'}")


def cuda_major(tag: CudaTag) -> int | None:
    """The CUDA major of a tag; None for ``cpu``."""
    digits = _digits(tag)
    return int(digits[:-1]) if digits else None


def cuda_order(tag: CudaTag) -> tuple[int, int]:
    """Sort key, oldest toolkit first; ``cpu`` before all."""
    digits = _digits(tag)
    return (int(digits[:-1]), int(digits[-1])) if digits else (0, 0)


def _digits(tag: CudaTag) -> str:
    """The digits of a CUDA tag, the last of them the toolkit's minor; empty for ``cpu`` and for what is no tag."""
    digits = tag.removeprefix("cu")
    return digits if len(digits) > 2 and digits.isdecimal() and digits != tag else ""
