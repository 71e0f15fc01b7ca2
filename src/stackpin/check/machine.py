"""What a driver or a GPU rules out of what a file asks for: its torch's build, by the facts on drivers and machine code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.check.rule_book import rule
from stackpin.model.cuda import CPU, cuda_major, cuda_order
from stackpin.model.driver import meets
from stackpin.model.finding import Finding, Fix
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.catalog.facts import Facts
    from stackpin.model.locked import LockedTuple
    from stackpin.model.mention import Mention

__all__ = ["driver_too_old", "gpu_without_code"]


def driver_too_old(facts: Facts, locked: LockedTuple, mention: Mention, driver: str) -> Iterator[Finding]:
    """SP204: the driver is below the floor of the CUDA major of a tuple.

    :param mention: what the finding points to: torch, else the anchor.
    """
    floor, torch = facts.least_driver(locked.cuda), locked.pin(TORCH)
    if not driver or torch is None or meets(driver, floor):
        return
    major = cuda_major(locked.cuda)
    builds = [build.tag for build in facts.torch_builds(torch.version) if build.tag != CPU]
    older = sorted(
        (tag for tag in builds if meets(driver, facts.least_driver(tag)) and cuda_major(tag) != major), key=cuda_order
    )
    others = f"take a build for {older[-1]}" if older else "take a torch for an older CUDA"
    source = next((row.source for row in facts.drivers if row.floor == floor and row.source), "")
    yield Finding(
        rule=rule("SP204"),
        place=mention.place,
        message=f"driver {driver} does not run torch {torch.full_version} for {locked.cuda}: CUDA {major} needs {floor} or newer",
        package=str(mention.name),
        found=driver,
        wanted=floor,
        evidence=f"least driver of CUDA {major}: {floor}" + (f" ({source})" if source else ""),
        fix=Fix(text=f"install driver {floor} or newer, or {others}"),
    )


def gpu_without_code(facts: Facts, locked: LockedTuple, mention: Mention, gpu: str) -> Iterator[Finding]:
    """SP205: the tuple's torch has no code that runs on a GPU; of PyPI's builds their own machine code tells.

    :param mention: what the finding points to: torch, else the anchor.
    """
    wanted, torch = compute_capability(gpu), locked.pin(TORCH)
    if wanted is None or torch is None:
        return
    text = f"torch {torch.full_version}"
    read = facts.abi.exports(torch.version, locked.platform.machine) if torch.build.is_pypis else None
    limit = facts.gpu_limit(cuda_major(locked.cuda))
    if read is not None and read.architectures and not runs_on(read.architectures, wanted):
        found = ", ".join(read.architectures)
        message = f"{text} has no code for {gpu}, only for {found}"
        evidence = f"the machine code in {read.read.file} (sha256 {read.read.sha256[:12]})"
    elif limit is not None and wanted < limit.least:
        found = f"sm_{limit.name} and newer"
        message = f"{text} is built for {locked.cuda}, and CUDA {limit.major} has no code for {gpu}"
        evidence = f"{limit.evidence} ({limit.source})"
    else:
        return
    yield Finding(
        rule=rule("SP205"),
        place=mention.place,
        message=message,
        package=str(mention.name),
        found=found,
        wanted=gpu,
        evidence=evidence,
        fix=Fix(text=f"take a torch that has code for {gpu}", command=f"stackpin abi torch=={torch.version}"),
    )
