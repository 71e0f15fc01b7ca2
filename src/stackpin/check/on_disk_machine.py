"""What a machine rules out of what is installed: by its driver, by its GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.check import machine
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.check.on_disk import Disk
    from stackpin.model.finding import Finding

__all__ = ["driver_too_old", "gpu_without_code"]


def driver_too_old(disk: Disk, driver: str) -> Iterator[Finding]:
    """SP204: the driver is below the floor of the CUDA major that the installed torch is built for.

    :param driver: its version; empty where none is known, and nothing is said then.
    """
    torch = _torch(disk)
    if torch is not None:
        yield from machine.driver_too_old(disk.facts, torch, driver)


def gpu_without_code(disk: Disk, gpu: str) -> Iterator[Finding]:
    """SP205: torch, or a kernel, has no code that runs on a GPU. Said of PyPI's builds alone, which were read.

    :param gpu: ``sm_90``; empty where none is known, and nothing is said then.
    """
    capability, torch = compute_capability(gpu), _torch(disk)
    if capability is None:
        return
    if torch is not None:
        yield from machine.gpu_without_code(disk.facts, torch, gpu)
    abi = disk.facts.abi
    for name, each in sorted(disk.contents.firsts().items()):
        if name == TORCH or "+" in each.version:
            continue
        read = abi.kernel(name, each.version, disk.contents.machine)
        if read is not None and read.architectures and not runs_on(read.architectures, capability):
            every = [row for row in abi.kernels(name, disk.contents.machine) if row.architectures]
            yield machine.without_code(disk.place(name), each.text, gpu, read, every, disk.anchor)


def _torch(disk: Disk) -> machine.JudgedTorch | None:
    """The installed torch as it is judged; None where there is none, or its tag is not known."""
    torch, tag = disk.torch, disk.tag
    if torch is None or tag is None:
        return None
    public, _, label = torch.version.partition("+")
    return machine.JudgedTorch(
        version=torch.version,
        tag=tag,
        is_pypis=tag == disk.pypi_tag(public) and label in {"", tag},
        machine=disk.contents.machine,
        place=disk.place(TORCH),
        package=TORCH,
        asked=disk.anchor,
    )
