"""What a driver or a GPU rules out of a torch: by the facts on drivers, and by the machine code in the builds that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.check.rule_book import rule
from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order
from stackpin.model.driver import meets
from stackpin.model.finding import Finding, Fix
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.model.abi import KernelSymbols, TorchSymbols
    from stackpin.model.mention import Place

__all__ = ["JudgedTorch", "driver_too_old", "gpu_without_code", "without_code"]


class JudgedTorch(Value):
    """The torch that is judged: its version with its label, its tag, and whether it is the very build that PyPI carries.

    ``place`` and ``package`` are what a finding points to, and ``asked`` is the requirement on the anchor for which the fix
    shows what is near.
    """

    version: str
    tag: CudaTag
    is_pypis: bool
    machine: str
    place: Place
    package: str
    asked: str

    @property
    def public(self) -> str:
        """The version without its label."""
        return self.version.partition("+")[0]


def driver_too_old(facts: Facts, torch: JudgedTorch, driver: str) -> Iterator[Finding]:
    """SP204: the driver is below the floor of the CUDA major that torch is built for.

    :param driver: its version; empty where none is known, and nothing is said then.
    """
    floor, major = facts.least_driver(torch.tag), cuda_major(torch.tag)
    if not driver or meets(driver, floor):
        return
    rows = [row for row in facts.drivers if row.floor == floor and row.source]
    builds = [build.tag for build in facts.torch_builds(torch.public) if build.tag != CPU]
    older = [each for each in builds if meets(driver, facts.least_driver(each))]
    older = sorted((each for each in older if cuda_major(each) != major), key=cuda_order)
    others = f", or take a build for {older[-1]}" if older else ", or a torch for an older CUDA"
    yield Finding(
        rule=rule("SP204"),
        place=torch.place,
        message=f"driver {driver} does not run torch {torch.version} for {torch.tag}: CUDA {major} needs {floor} or newer",
        package=torch.package,
        found=driver,
        wanted=floor,
        evidence=f"least driver of CUDA {major}: {floor}" + (f" ({rows[0].source})" if rows else ""),
        fix=Fix(
            text=f"install driver {floor} or newer{others}",
            command=f"stackpin explain {torch.asked} --cuda auto --driver {driver}",
        ),
    )


def gpu_without_code(facts: Facts, torch: JudgedTorch, gpu: str) -> Iterator[Finding]:
    """SP205: torch has no code that runs on a GPU. Of PyPI's builds their own machine code tells.

    :param gpu: ``sm_90``; empty where none is known, and nothing is said then.
    """
    wanted = compute_capability(gpu)
    if wanted is None:
        return
    read = facts.abi.exports(torch.public, torch.machine) if torch.is_pypis else None
    if read is not None and read.architectures and not runs_on(read.architectures, wanted):
        every = [row for row in facts.abi.torches(torch.machine) if row.architectures]
        found = without_code(torch.place, f"torch {torch.version}", gpu, read, every, torch.asked)
        yield replace(found, package=torch.package)
        return
    limit = facts.gpu_limit(cuda_major(torch.tag))
    if limit is not None and wanted < limit.least:
        yield Finding(
            rule=rule("SP205"),
            place=torch.place,
            message=f"torch {torch.version} is built for {torch.tag}, and CUDA {limit.major} has no code for {gpu}",
            package=torch.package,
            found=f"sm_{limit.name} and newer",
            wanted=gpu,
            evidence=f"{limit.evidence} ({limit.source})",
            fix=Fix(
                text=f"take a torch for a CUDA before {limit.major}",
                command=f"stackpin explain {torch.asked} --cuda auto --gpu {gpu}",
            ),
        )


def without_code(
    place: Place,
    text: str,
    gpu: str,
    read: KernelSymbols | TorchSymbols,
    every: Sequence[KernelSymbols | TorchSymbols],
    asked: str,
) -> Finding:
    """The finding for a build that was read and has no code for a GPU.

    :param text: the build, in words.
    :param every: all that was read of the package, with its machine code.
    :param asked: the requirement on the anchor for which the fix shows what is near.
    """
    capability = compute_capability(gpu) or (0, 0)
    name = read.read.name
    fitting = [row.read.version for row in every if runs_on(row.architectures or (), capability)]
    have = f"{name} {', '.join(fitting[-3:])} {'have' if len(fitting) > 1 else 'has'} code for {gpu}"
    found = ", ".join(read.architectures or ())
    return Finding(
        rule=rule("SP205"),
        place=place,
        message=f"{text} has no code for {gpu}, only for {found}",
        package=name,
        found=found,
        wanted=gpu,
        evidence=f"the machine code in {read.read.file} (sha256 {read.read.sha256[:12]})",
        fix=Fix(
            text=have if fitting else f"no release of {name} that was read has code for {gpu}",
            command=f"stackpin explain {asked} --gpu {gpu}",
        ),
    )
