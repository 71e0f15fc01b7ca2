"""This machine as far as CUDA goes: driver, GPUs, architecture and glibc. Reads only; runs nothing.

The driver is asked through NVML where ``nvidia-ml-py`` can be imported, else by the files that its kernel module shows.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DriverFiles", "Nvml", "NvmlAnswer", "System", "ask_nvml", "find_nvml", "read_driver_files", "read_system"]


class Nvml(Protocol):
    """The part of ``pynvml`` (distribution ``nvidia-ml-py``) that is asked for; its names are NVML's own."""

    # ruff: noqa: N802 - the names of another's interface

    @property
    def NVMLError(self) -> type[Exception]:
        """What every call raises when it fails."""
        ...

    def nvmlInit(self) -> object:
        """Open the library; the driver must be there."""
        ...

    def nvmlShutdown(self) -> object:
        """Close it again."""
        ...

    def nvmlSystemGetDriverVersion(self) -> str | bytes:
        """The driver's version."""
        ...

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:
        """The newest CUDA that the driver serves: 1000 times major plus 10 times minor."""
        ...

    def nvmlDeviceGetCount(self) -> int:
        """How many GPUs there are."""
        ...

    def nvmlDeviceGetHandleByIndex(self, index: int, /) -> Any:
        """One GPU."""
        ...

    def nvmlDeviceGetName(self, handle: Any, /) -> str | bytes:
        """Its model."""
        ...

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any, /) -> tuple[int, int] | list[int]:
        """Its compute capability, major and minor."""
        ...


class NvmlAnswer(Value):
    """What NVML says. ``cuda`` is the newest CUDA that the driver serves (``major.minor``).

    ``gpus``: model name and compute capability (``9.0``) of each GPU, in NVML's order. ``failure``: why nothing else
    is filled in.
    """

    driver: str = ""
    cuda: str = ""
    gpus: tuple[tuple[str, str], ...] = ()
    failure: str = ""


class DriverFiles(Value):
    """The texts of the driver's own files; empty where there are none."""

    version: str = ""
    gpus: tuple[str, ...] = ()


class System(Value):
    """The machine's architecture as Python names it, the operating system, and glibc as (major, minor) or None."""

    machine: str
    name: str
    glibc: tuple[int, int] | None = None


def find_nvml() -> Nvml | None:
    """``pynvml`` where it is installed; None where it is not."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a deprecated distribution of the same module name says so when imported
        try:
            import pynvml
        except ImportError:
            return None
    found: Nvml = pynvml
    return found


def ask_nvml(nvml: Nvml) -> NvmlAnswer:
    """Ask NVML once for the driver, the CUDA that it serves, and every GPU."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return NvmlAnswer(failure=str(error))
    try:
        number = nvml.nvmlSystemGetCudaDriverVersion_v2()
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return NvmlAnswer(
            driver=_text(nvml.nvmlSystemGetDriverVersion()),
            cuda=f"{number // 1000}.{number % 1000 // 10}",
            gpus=tuple((_text(nvml.nvmlDeviceGetName(handle)), _capability(nvml, handle)) for handle in handles),
        )
    except nvml.NVMLError as error:
        return NvmlAnswer(failure=str(error))
    finally:
        nvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    """NVML's strings: bytes in older releases of its bindings."""
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def _capability(nvml: Nvml, handle: Any) -> str:
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return f"{major}.{minor}"


def read_driver_files(proc: Path = Path("/proc")) -> DriverFiles:
    """The driver's ``version`` and the ``information`` of each GPU, in the order of their bus addresses.

    :param proc: where the kernel's files are; a test has its own.
    """
    folder = proc / "driver" / "nvidia"
    gpus = sorted((folder / "gpus").glob("*/information"))
    return DriverFiles(version=_read(folder / "version"), gpus=tuple(_read(path) for path in gpus))


def _read(path: Path) -> str:
    """A text that may not be there: no driver, a container without it, or no right to look."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _c_library() -> str:
    """What the C library calls itself (``glibc 2.36``); empty where it is another one."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""


def read_system(c_library: Callable[[], str] = _c_library) -> System:
    """Architecture, operating system and glibc of the machine that runs this."""
    match = re.match(r"glibc (\d+)\.(\d+)", c_library())
    glibc = (int(match[1]), int(match[2])) if match else None
    return System(machine=os.uname().machine, name=sys.platform, glibc=glibc)
