"""What a local version label says of a build: its CUDA tag and the torch series it was compiled against."""

from __future__ import annotations

import re
from typing import NamedTuple

from stackpin.model.cuda import CPU, CudaTag

__all__ = ["BuildLabel", "is_tag", "parse_label"]

_TAG = re.compile(r"cu\d{3,}")
#: ``cu126``, ``cu124torch2.5``, ``cpu``, ``g9ea3a4015.cu129``: the tag stands at the beginning of a segment.
_NAMED = re.compile(r"(?:^|\.)(cu\d{3,}|cpu)(?=$|\.|torch)")
#: ``cu.12.8.torch.2.11``: the toolkit with dots.
_DOTTED = re.compile(r"(?:^|\.)cu\.(\d+)\.(\d+)(?=$|\.)")
_TORCH = re.compile(r"torch\.?(\d+\.\d+)(?=$|\D)")


class BuildLabel(NamedTuple):
    """``tag`` is None where the label names no CUDA toolkit to the minor; ``torch`` is a series (``2.5``) or empty."""

    tag: CudaTag | None
    torch: str = ""


def is_tag(text: str) -> bool:
    """Whether a text has the form of a CUDA tag, or is ``cpu``."""
    return text == CPU or _TAG.fullmatch(text) is not None


def parse_label(local: str) -> BuildLabel:
    """Read a local version part without its ``+``; one that names two tags names none."""
    tags = set(_NAMED.findall(local)) | {f"cu{major}{minor}" for major, minor in _DOTTED.findall(local)}
    series = _TORCH.search(local)
    return BuildLabel(tag=CudaTag(tags.pop()) if len(tags) == 1 else None, torch=series[1] if series else "")
