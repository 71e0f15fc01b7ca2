"""What the binaries of two releases say of each other: symbols needed, symbols exported, and the verdict on both."""

from __future__ import annotations

from enum import Enum

from stackpin.model.value import Value

__all__ = ["Judgement", "KernelSymbols", "TorchSymbols", "Verdict", "WheelRead"]


class Verdict(str, Enum):
    """What symbols can tell. That something loads and works is not among it."""

    #: A symbol is missing: the dynamic loader refuses the file.
    MISFIT = "MISFIT"
    #: Every symbol is there; other things may still be wrong.
    NOT_REFUTED = "NOT REFUTED"
    #: The binaries could not be read, or do not tell.
    UNKNOWN = "UNKNOWN"


class WheelRead(Value):
    """The file that symbols were read from: the evidence of a verdict. ``machine`` is as in wheel tags (``x86_64``)."""

    name: str
    version: str
    file: str
    sha256: str
    machine: str


class KernelSymbols(Value):
    """What the shared objects of one kernel wheel need of torch.

    ``needs`` is one set for each choice between files that stand in for each other (``…_cu12``, ``…_cu13``), else one
    set alone. Where a wheel has files for one torch and for another, ``series`` says of each choice which torch it is for
    (``2.9``); else it is empty. ``cuda_majors`` are those of the CUDA libraries that it is linked with. ``cxx11_abi`` is the
    C++ ABI of its torch symbols where they show it; ``stable`` is whether it needs nothing but torch's stable ABI.
    ``architectures`` are the GPUs that it has code for (``sm_90``, ``compute_90`` for PTX); None where nobody looked.
    ``writes`` are the names that it lays out in site-packages: import packages, modules, folders of libraries.
    """

    read: WheelRead
    needs: tuple[frozenset[str], ...]
    cuda_majors: tuple[int, ...] = ()
    cxx11_abi: bool | None = None
    stable: bool = False
    architectures: tuple[str, ...] | None = None
    series: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class TorchSymbols(Value):
    """What one torch wheel exports among the symbols that anybody has asked for; ``asked`` are those.

    ``architectures`` are the GPUs that it has code for; None where nobody looked.
    """

    read: WheelRead
    exports: frozenset[str]
    asked: frozenset[str]
    cxx11_abi: bool | None = None
    cuda_major: int | None = None
    architectures: tuple[str, ...] | None = None


class Judgement(Value):
    """A verdict on one kernel build and one torch build.

    ``missing`` are the mangled names that a MISFIT rests on, sorted; ``looked_at`` is how many symbols were compared;
    ``why`` says in words why nothing can be told, or which other build was read.
    """

    verdict: Verdict
    kernel: WheelRead | None
    torch: WheelRead | None
    missing: tuple[str, ...] = ()
    looked_at: int = 0
    why: str = ""
