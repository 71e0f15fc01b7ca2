"""What the NVIDIA driver says of itself in its own files below ``/proc/driver/nvidia``."""

from __future__ import annotations

import re

__all__ = ["driver_version", "gpu_model"]

_MODULE = r"(?m)^NVRM version:.*?Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)"
_MODEL = re.compile(r"^Model:[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)


def driver_version(text: str) -> str:
    """The driver's version from ``/proc/driver/nvidia/version``, closed and open kernel module alike; empty if none."""
    match = re.search(_MODULE, text) if text else None
    return match[1] if match else ""


def gpu_model(text: str) -> str:
    """A GPU's model name from ``/proc/driver/nvidia/gpus/<bus>/information``; empty where it has none."""
    match = _MODEL.search(text)
    return match[1] if match else ""
