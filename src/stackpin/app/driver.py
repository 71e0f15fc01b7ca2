"""The NVIDIA driver of this machine, found as cheaply as it can be."""

from __future__ import annotations

from pathlib import Path

from stackpin.effects.machine import ask_nvml, find_nvml, read_driver_files
from stackpin.parse.nvidia_driver import driver_version

__all__ = ["driver_here"]

#: Where Windows shows its GPU to Linux: the driver's own files are not there, NVML is.
_WSL = Path("/dev/dxg")


def driver_here() -> str:
    """The driver's version by the files of its kernel module, under WSL by NVML; empty where there is none."""
    version = driver_version(read_driver_files().version)
    if version or not _WSL.exists():
        return version
    nvml = find_nvml()
    return ask_nvml(nvml).driver if nvml is not None else ""
