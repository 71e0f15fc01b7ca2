"""The verdict on one kernel and one torch, by their symbols alone.

A symbol that is needed and not there proves that the loader refuses the file (System V ABI, "Dynamic Linking": every
reference that is not weak must be resolved; torch loads its extensions with ``RTLD_NOW``). That all are there proves
nothing: versions of symbols are not compared, for torch's libraries give theirs none, nor is it asked whether the kernel is
linked with the library that has them, which a process that has imported torch may have opened for it. (A name that a file
lists and never refers to would prove nothing either. Linkers leave such names out; assembler written by hand may not.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.abi import Judgement, KernelSymbols, TorchSymbols, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["fits", "judge", "judge_elsewhere", "window"]


def fits(kernel: KernelSymbols, torch: TorchSymbols) -> bool:
    """Whether the verdict is NOT REFUTED; quicker than :func:`judge` where no more is wanted."""
    choices = _meant(kernel, torch)
    return any(choices) and any(needs <= torch.exports for needs in choices)


def judge(kernel: KernelSymbols, torch: TorchSymbols) -> Judgement:
    """Hold what a kernel needs against what a torch exports.

    Of files that stand in for each other one that has everything is enough; of those that are for one torch each, only
    those for this one count.
    """
    choices = _meant(kernel, torch)
    if not choices and kernel.series:
        least, most = (sorted(kernel.series, key=_numbers)[place] for place in (0, -1))
        why = f"it has files for torch {least} to {most}, one for each, and none for torch {torch.read.version}"
        return _judgement(Verdict.UNKNOWN, kernel, torch, why=why)
    if fits(kernel, torch):
        looked_at = max(len(needs) for needs in choices if needs <= torch.exports)
        return _judgement(Verdict.NOT_REFUTED, kernel, torch, looked_at=looked_at)
    missing = min((tuple(sorted((needs & torch.asked) - torch.exports)) for needs in choices), key=len, default=())
    looked_at = max((len(needs & torch.asked) for needs in choices), default=0)
    unasked = min((len(needs - torch.asked) for needs in choices if needs - torch.asked), default=0)
    if missing:
        return _judgement(Verdict.MISFIT, kernel, torch, missing=missing, looked_at=looked_at)
    if unasked:
        why = f"{unasked} of its symbols were never looked for in torch {torch.read.version}"
        return _judgement(Verdict.UNKNOWN, kernel, torch, looked_at=looked_at, why=why)
    return _judgement(Verdict.UNKNOWN, kernel, torch, why="it needs no symbol of torch that could be looked for")


def judge_elsewhere(kernel: KernelSymbols, torch: TorchSymbols, *, same_abi: bool, cuda_major: int | None) -> Judgement:
    """The verdict for another build of that torch release than the one that was read.

    :param same_abi: whether both builds are known to have one C++ ABI; else nothing can be told.
    :param cuda_major: the CUDA major of the build that is asked about; where it is not that of the build that was read, a
        symbol of the CUDA libraries that is missing in one may be there in the other.
    """
    found = judge(kernel, torch)
    if not same_abi:
        why = f"only PyPI's build of torch {torch.read.version} was read, and its C++ ABI is not known to be the same"
        return _judgement(Verdict.UNKNOWN, kernel, torch, looked_at=found.looked_at, why=why)
    if found.verdict is Verdict.UNKNOWN:
        return found
    read_from = "read from PyPI's build"
    if cuda_major is not None and cuda_major == torch.cuda_major:
        return _judgement(found.verdict, kernel, torch, missing=found.missing, looked_at=found.looked_at, why=read_from)
    from stackpin.abi.symbols import is_cuda_side  # its patterns cost milliseconds, and few verdicts need them

    sure = tuple(name for name in found.missing if not is_cuda_side(name))
    if sure:
        return _judgement(Verdict.MISFIT, kernel, torch, missing=sure, looked_at=found.looked_at, why=read_from)
    if any(is_cuda_side(name) for needs in _meant(kernel, torch) for name in needs):
        why = f"{read_from}, which is for another CUDA: the symbols of its CUDA libraries do not count"
        return _judgement(Verdict.UNKNOWN, kernel, torch, looked_at=found.looked_at, why=why)
    return _judgement(found.verdict, kernel, torch, looked_at=found.looked_at, why=read_from)


def window(kernel: KernelSymbols, torches: Iterable[TorchSymbols]) -> tuple[Sequence[str], Sequence[str]]:
    """The torch versions that are not refuted, and those about which nothing is known, in the order given."""
    fitting, unknown = [], []
    for torch in torches:
        if fits(kernel, torch):
            fitting.append(torch.read.version)
        elif judge(kernel, torch).verdict is Verdict.UNKNOWN:
            unknown.append(torch.read.version)
    return fitting, unknown


def _meant(kernel: KernelSymbols, torch: TorchSymbols) -> Sequence[frozenset[str]]:
    """The choices of a kernel that count for a torch."""
    if not kernel.series:
        return kernel.needs
    series = ".".join(torch.read.version.split(".")[:2])
    return [needs for needs, own in zip(kernel.needs, kernel.series, strict=True) if own == series]


def _numbers(series: str) -> tuple[int, ...]:
    return tuple(map(int, series.split(".")))


def _judgement(
    verdict: Verdict,
    kernel: KernelSymbols,
    torch: TorchSymbols,
    *,
    missing: tuple[str, ...] = (),
    looked_at: int = 0,
    why: str = "",
) -> Judgement:
    return Judgement(
        verdict=verdict, kernel=kernel.read, torch=torch.read, missing=missing, looked_at=looked_at, why=why
    )
