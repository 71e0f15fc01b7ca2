"""What a driver or a GPU rules out among what is installed, where facts prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.check.rule_book import rule
from stackpin.model.cuda import CPU, cuda_major, cuda_order
from stackpin.model.driver import meets
from stackpin.model.finding import Finding, Fix
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.check.on_disk import Disk
    from stackpin.model.abi import KernelSymbols, TorchSymbols
    from stackpin.model.installed import Described

__all__ = ["driver_too_old", "gpu_without_code"]


def driver_too_old(disk: Disk, driver: str) -> Iterator[Finding]:
    """SP204: the driver is below the floor of the CUDA major that torch is built for.

    :param driver: its version; empty where none is known, and nothing is said then.
    """
    torch, tag = disk.torch, disk.tag
    floor = disk.facts.least_driver(tag) if tag is not None else ""
    if torch is None or tag is None or not driver or meets(driver, floor):
        return
    rows = [row for row in disk.facts.drivers if row.floor == floor and row.source]
    public = torch.version.partition("+")[0]
    builds = [build.tag for build in disk.facts.torch_builds(public) if build.tag != CPU]
    older = [each for each in builds if meets(driver, disk.facts.least_driver(each))]
    older = sorted((each for each in older if cuda_major(each) != cuda_major(tag)), key=cuda_order)
    others = f", or take a build for {older[-1]}" if older else ", or a torch for an older CUDA"
    yield Finding(
        rule=rule("SP204"),
        place=disk.place(TORCH),
        message=f"driver {driver} does not run {torch.text} for {tag}: CUDA {cuda_major(tag)} needs {floor} or newer",
        package=TORCH,
        found=driver,
        wanted=floor,
        evidence=f"least driver of CUDA {cuda_major(tag)}: {floor}" + (f" ({rows[0].source})" if rows else ""),
        fix=Fix(
            text=f"install driver {floor} or newer{others}",
            command=f"stackpin explain {disk.anchor} --cuda auto --driver {driver}",
        ),
    )


def gpu_without_code(disk: Disk, gpu: str) -> Iterator[Finding]:
    """SP205: torch, or a kernel, has no code that runs on a GPU. Said of PyPI's builds alone, which were read.

    :param gpu: ``sm_90``; empty where none is known, and nothing is said then.
    """
    capability = compute_capability(gpu)
    if capability is None:
        return
    yield from _torch(disk, gpu, capability)
    abi, machine = disk.facts.abi, disk.contents.machine
    for each in sorted(disk.contents.firsts().values()):
        if each.name == TORCH or "+" in each.version:
            continue
        read = abi.kernel(each.name, each.version, machine)
        if read is not None and read.architectures and not runs_on(read.architectures, capability):
            yield _finding(disk, each, gpu, read, [row for row in abi.kernels(each.name, machine) if row.architectures])


def _torch(disk: Disk, gpu: str, capability: tuple[int, int]) -> Iterator[Finding]:
    torch, tag = disk.torch, disk.tag
    if torch is None or tag is None:
        return
    public, _, label = torch.version.partition("+")
    abi, machine = disk.facts.abi, disk.contents.machine
    read = abi.exports(public, machine) if tag == disk.pypi_tag(public) and label in {"", tag} else None
    if read is not None and read.architectures and not runs_on(read.architectures, capability):
        yield _finding(disk, torch, gpu, read, [row for row in abi.torches(machine) if row.architectures])
        return
    limit = disk.facts.gpu_limit(cuda_major(tag))
    if limit is not None and capability < limit.least:
        yield Finding(
            rule=rule("SP205"),
            place=disk.place(TORCH),
            message=f"{torch.text} is built for {tag}, and CUDA {limit.major} has no code for {gpu}",
            package=TORCH,
            found=f"sm_{limit.name} and newer",
            wanted=gpu,
            evidence=f"{limit.evidence} ({limit.source})",
            fix=Fix(
                text=f"take a torch for a CUDA before {limit.major}",
                command=f"stackpin explain {disk.anchor} --cuda auto --gpu {gpu}",
            ),
        )


def _finding(
    disk: Disk,
    installed: Described,
    gpu: str,
    read: KernelSymbols | TorchSymbols,
    every: Sequence[KernelSymbols | TorchSymbols],
) -> Finding:
    capability = compute_capability(gpu) or (0, 0)
    fitting = [row.read.version for row in every if runs_on(row.architectures or (), capability)]
    text = f"{installed.name} {', '.join(fitting[-3:])} {'have' if len(fitting) > 1 else 'has'} code for {gpu}"
    return Finding(
        rule=rule("SP205"),
        place=disk.place(str(installed.name)),
        message=f"{installed.text} has no code for {gpu}, only for {', '.join(read.architectures or ())}",
        package=str(installed.name),
        found=", ".join(read.architectures or ()),
        wanted=gpu,
        evidence=f"the machine code in {read.read.file} (sha256 {read.read.sha256[:12]})",
        fix=Fix(
            text=text if fitting else f"no release of {installed.name} that was read has code for {gpu}",
            command=f"stackpin explain {disk.anchor} --gpu {gpu}",
        ),
    )
