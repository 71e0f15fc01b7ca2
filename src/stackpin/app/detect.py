"""``stackpin detect``: what this machine, or another one by its driver and GPU, runs; and which torch is installed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from stackpin.abi.gpus import compute_capability, parse_gpu
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.interpreter import ask_interpreter, find_interpreter, read_torch_files
from stackpin.effects.machine import ask_nvml, find_nvml, read_driver_files, read_system
from stackpin.effects.process import LocalProcesses
from stackpin.errors import ToolMissing
from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order, tag_of_toolkit, toolkit_of
from stackpin.model.driver import meets, parse_driver
from stackpin.parse.nvidia_driver import driver_version, gpu_model
from stackpin.parse.torch_build import parse_torch_version, version_of_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.effects.interpreter import TorchFiles
    from stackpin.effects.machine import DriverFiles, Nvml, System
    from stackpin.effects.process import ProcessRunner

__all__ = [
    "Detection",
    "DriverFound",
    "Gpu",
    "PythonFound",
    "Surroundings",
    "TagVerdict",
    "TorchFound",
    "detect",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU; ``compute`` is its compute capability (``9.0``), empty where nothing says it."""

    name: str
    compute: str = ""

    @property
    def arch(self) -> str:
        """The compute capability as compilers write it (``sm_90``)."""
        return f"sm_{self.compute.replace('.', '')}" if self.compute else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFound:
    """An NVIDIA driver: its version, the newest CUDA toolkit that it came with or serves, and who says so."""

    version: str
    cuda: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchFound:
    """An installed torch; ``tag`` is empty where its files do not tell the build, or name another accelerator."""

    version: str
    tag: str
    folder: str
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFound:
    """The interpreter that was asked, and the torch in it; None where it has none."""

    executable: str
    version: str
    implementation: str
    torch: TorchFound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagVerdict:
    """Whether the driver runs a CUDA tag: None where no driver is known. ``why``: the reason, or a note on a yes."""

    tag: CudaTag
    runs: bool | None
    least_driver: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found. ``tags`` are in the order of their toolkits, oldest first; ``notes`` are sentences for people."""

    driver: DriverFound | None
    gpus: tuple[Gpu, ...]
    machine: str
    system: str
    platform: str
    python: PythonFound | None
    tags: tuple[TagVerdict, ...]
    notes: tuple[str, ...]


class Surroundings:
    """What detection reads of the world; a test hands in its own.

    :param proc: where the kernel shows its files.
    :param nvml: NVML's bindings, or None to do without.
    """

    def __init__(
        self,
        *,
        nvml: Nvml | None,
        proc: Path = Path("/proc"),
        system: System,
        runner: ProcessRunner,
        environ: Mapping[str, str],
        cwd: Path,
    ) -> None:
        self.nvml = nvml
        self.proc = proc
        self.system = system
        self.runner = runner
        self.environ = environ
        self.cwd = cwd

    @classmethod
    def of_this_machine(cls) -> Surroundings:
        """The machine that runs this."""
        return cls(
            nvml=find_nvml(),
            system=read_system(),
            runner=LocalProcesses(),
            environ=os.environ,
            cwd=Path.cwd(),
        )


def detect(
    python: str | None = None,
    driver: str | None = None,
    gpu: str | None = None,
    *,
    catalog: Catalog | None = None,
    around: Surroundings | None = None,
) -> Detection:
    """Look at this machine, or judge for another one where ``driver`` or ``gpu`` names it.

    :param python: the environment to look for torch in (a version, a path, a folder); None: the active one.
    :param driver: a driver version (``550.54``) in place of this machine's; its GPUs then do not count either.
    :param gpu: a GPU's architecture (``sm_90``) in place of this machine's.
    :raises UsageError: when ``driver`` or ``gpu`` is no such thing.
    :raises ToolMissing: when ``python`` names no interpreter that runs.
    """
    catalog = catalog or Catalog.open()
    facts = Facts(catalog)
    around = around or Surroundings.of_this_machine()
    named = _named_driver(driver, facts) if driver else None
    asked = (None, (), ()) if named else _driver_here(around, facts)
    found = named or asked[0]
    gpus = (Gpu(name="--gpu", compute="{}.{}".format(*parse_gpu(gpu))),) if gpu else asked[1]
    known = sorted(facts.tags - {CPU}, key=cuda_order)
    tags = tuple(_verdict(tag, found, gpus, facts) for tag in known)
    interpreter, missing = _python(python, around)
    return Detection(
        driver=found,
        gpus=gpus,
        machine=around.system.machine,
        system=around.system.name,
        platform=_platform(around.system),
        python=interpreter,
        tags=tags,
        notes=(*asked[2], *missing, *_notes(found, gpus, elsewhere=bool(driver or gpu))),
    )


def _named_driver(text: str, facts: Facts) -> DriverFound:
    version = parse_driver(text)
    return DriverFound(version=version, cuda=facts.toolkit_of_driver(version), source="--driver")


_Asked = tuple["DriverFound | None", tuple[Gpu, ...], tuple[str, ...]]


def _driver_here(around: Surroundings, facts: Facts) -> _Asked:
    """This machine's driver and GPUs by NVML, else by the driver's files; with notes on what did not answer."""
    notes: tuple[str, ...] = ()
    if around.nvml is not None:
        answer = ask_nvml(around.nvml)
        if not answer.failure:
            gpus = tuple(Gpu(name=name, compute=compute) for name, compute in answer.gpus)
            return DriverFound(version=answer.driver, cuda=answer.cuda, source="NVML"), gpus, notes
        notes = (f"NVML does not answer: {answer.failure}",)
    return _driver_from_files(read_driver_files(around.proc), facts, notes, around)


def _driver_from_files(files: DriverFiles, facts: Facts, notes: tuple[str, ...], around: Surroundings) -> _Asked:
    version = driver_version(files.version)
    if not version:
        return None, (), ()
    gpus = tuple(Gpu(name=gpu_model(text) or "unnamed") for text in files.gpus)
    if gpus and around.nvml is None:
        notes = (*notes, "nvidia-ml-py is not installed (pip install 'stackpin[nvml]'): compute capability not read")
    return DriverFound(version=version, cuda=facts.toolkit_of_driver(version), source="the driver's files"), gpus, notes


def _verdict(tag: CudaTag, driver: DriverFound | None, gpus: tuple[Gpu, ...], facts: Facts) -> TagVerdict:
    """A driver runs a tag when it meets the floor of the CUDA major; a toolkit newer than the driver's is a note."""
    floor = facts.least_driver(tag)
    limit = facts.gpu_limit(cuda_major(tag))
    left_out = [gpu for gpu in gpus if limit and gpu.compute and (compute_capability(gpu.compute) or ()) < limit.least]
    if left_out:
        why = f"CUDA {cuda_major(tag)} has no code for {left_out[0].arch}"
        return TagVerdict(tag=tag, runs=False, least_driver=floor, why=why)
    if driver is None or not floor:
        return TagVerdict(tag=tag, runs=None, least_driver=floor)
    if not meets(driver.version, floor):
        return TagVerdict(tag=tag, runs=False, least_driver=floor, why=f"needs driver {floor} or newer")
    if driver.cuda and Version(toolkit_of(tag)) > Version(driver.cuda):
        why = f"toolkit newer than the driver's {driver.cuda}: code compiled at run time from PTX may not load"
        return TagVerdict(tag=tag, runs=True, least_driver=floor, why=why)
    return TagVerdict(tag=tag, runs=True, least_driver=floor)


def _platform(system: System) -> str:
    """The newest manylinux tag that the machine takes (PEP 600), or what it is where that says nothing."""
    if system.glibc is None:
        return f"{system.name}-{system.machine}"
    return f"manylinux_{system.glibc[0]}_{system.glibc[1]}_{system.machine}"


def _python(named: str | None, around: Surroundings) -> tuple[PythonFound | None, tuple[str, ...]]:
    """The addressed Python with its torch; a missing one is an error only where it was named."""
    try:
        executable = find_interpreter(named, around.environ, around.cwd)
        asked = ask_interpreter(executable, around.runner)
    except ToolMissing as error:
        if named is not None:
            raise
        return None, (f"no Python to look for torch in: {error.what}",)
    files = read_torch_files(asked.packages)
    found = PythonFound(
        executable=asked.executable,
        version=asked.version,
        implementation=asked.implementation,
        torch=_torch(files) if files else None,
    )
    return found, ()


def _torch(files: TorchFiles) -> TorchFound:
    """The build of an installed torch: its own ``version.py`` first, then the local part of its METADATA's version."""
    said = parse_torch_version(files.version_file)
    version = version_of_metadata(files.metadata) or (said.version if said else "")
    local = version.partition("+")[2]
    tag = local if re.fullmatch(r"cu\d{3}|cpu", local) else ""
    if said is not None and not said.other:
        tag = tag_of_toolkit(said.cuda) if said.cuda else CPU
    return TorchFound(version=version, tag=tag, folder=str(files.folder), other=said.other if said else "")


def _notes(driver: DriverFound | None, gpus: tuple[Gpu, ...], *, elsewhere: bool) -> tuple[str, ...]:
    found = []
    if driver is None:
        found.append("no NVIDIA driver here; --driver 550.54 judges for a machine that has one")
    elif not gpus and not elsewhere:
        found.append("the driver is here, but no GPU")
    if elsewhere:
        found.append("driver and GPU are as named; platform, Python and torch are this machine's")
    return tuple(found)
