"""What binaries say in a resolution: whether a kernel's build can stand beside a torch.

Where METADATA leaves a choice, a pair that cannot load is ruled out. What an anchor itself pins exactly stands as upstream
ships it: there a misfit is told, and overrules nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from stackpin.abi.verdict import judge, judge_elsewhere
from stackpin.model.abi import Judgement, Verdict
from stackpin.model.cuda import cuda_major
from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stackpin.catalog.fact_rows import TorchBuild
    from stackpin.catalog.facts import Facts
    from stackpin.model.abi import KernelSymbols, TorchSymbols
    from stackpin.model.build import Build
    from stackpin.model.cuda import CudaTag
    from stackpin.model.release import Release

__all__ = ["SymbolNeed", "SymbolRule", "Symbols", "judge_build", "misfit_text", "symbols_text"]


class SymbolRule(str, Enum):
    """What is asked of the symbols of a candidate."""

    #: The anchor pins it beside its torch: it stands, whatever they say.
    AS_SHIPPED = "as shipped"
    #: It must not be shown to be unable to load.
    NO_MISFIT = "no misfit"
    #: Nothing else speaks for it: every symbol must be there.
    ALL_THERE = "all there"


def judge_build(
    kernel: KernelSymbols, torch: TorchSymbols, builds: Sequence[TorchBuild], tag: CudaTag | None, own: CudaTag | None
) -> Judgement:
    """The verdict for the build of a torch release that has a tag, by the one that was read: PyPI's.

    :param builds: the known builds of that torch release, with their C++ ABI.
    :param tag: the tag that is asked about; None for PyPI's build.
    :param own: the tag of PyPI's build.
    """
    if tag is None or tag == own:
        return judge(kernel, torch)
    read = next((build.cxx11_abi for build in builds if build.pypi), None)
    asked = next((build.cxx11_abi for build in builds if build.tag == tag), None)
    return judge_elsewhere(kernel, torch, same_abi=read is not None and read == asked, cuda_major=cuda_major(tag))


class Symbols:
    """The verdicts of one machine and tag; each pair is judged once.

    :param machine: the architecture, as Python names it.
    :param cuda: the tag of the torch build; None for PyPI's.
    :param pypi_tag: the tag of PyPI's build of a torch release.
    """

    def __init__(
        self, facts: Facts, machine: str, cuda: CudaTag | None, pypi_tag: Callable[[Release], CudaTag | None]
    ) -> None:
        self._facts = facts
        self._machine, self._cuda, self._pypi_tag = machine, cuda, pypi_tag
        self._judged: dict[tuple[str, str, str], Judgement] = {}

    def verdict(self, kernel: Release, build: Build | None, torch: Release) -> Judgement | None:
        """The verdict on a kernel's build and the build of a torch release for the tag; None for no kernel at all.

        Only what PyPI carries was read: a build of another index has symbols of its own.
        """
        if build is None or kernel.name == TORCH or not self._facts.abi.follows(kernel.name):
            return None
        if not build.is_pypis:
            return _unknown(f"its build on {build.page} was not read")
        key = (kernel.name, kernel.text, torch.text)
        if key not in self._judged:
            self._judged[key] = self._judge(kernel, torch)
        return self._judged[key]

    def read(self, release: Release, build: Build) -> KernelSymbols | None:
        """What was read of the wheel of a build; None where it was not."""
        return self._facts.abi.kernel(release.name, release.text, self._machine) if build.is_pypis else None

    def _judge(self, kernel: Release, torch: Release) -> Judgement:
        machine, abi = self._machine, self._facts.abi
        needs, exports = abi.kernel(kernel.name, kernel.text, machine), abi.exports(torch.text, machine)
        if needs is None:
            return _unknown(
                abi.why_unread(kernel.name, kernel.text, machine) or f"no wheel of it for {machine} was read"
            )
        if exports is None:
            return _unknown(f"torch {torch.text} was not read")
        own = self._pypi_tag(torch)
        return judge_build(needs, exports, self._facts.torch_builds(torch.text), self._cuda, own)


class SymbolNeed(Value, eq=False):
    """What a kernel's build asks of torch by its symbols."""

    kernel: Release
    build: Build
    rule: SymbolRule
    symbols: Symbols

    def admits(self, torch: Release) -> bool:
        """Whether a torch release may stand beside the kernel."""
        found = self.symbols.verdict(self.kernel, self.build, torch)
        if self.rule is SymbolRule.ALL_THERE:
            return found is not None and found.verdict is Verdict.NOT_REFUTED
        return not self.misfits(torch)

    def misfits(self, torch: Release) -> bool:
        """Whether the symbols rule a torch release out."""
        found = self.symbols.verdict(self.kernel, self.build, torch)
        return found is not None and found.verdict is Verdict.MISFIT

    def reason(self, torch: Release) -> Reason:
        """Why a torch release that is not admitted is not."""
        found = self.symbols.verdict(self.kernel, self.build, torch)
        subject = f"{self.kernel.name} {self.kernel.text}"
        if found is None or found.verdict is not Verdict.MISFIT:
            text = f"nothing shows that {subject}, which is newer than what asks for it, loads with torch {torch.text}"
            return Reason(kind=ReasonKind.SYMBOLS, subject=subject, text=text, evidence=found.why if found else "")
        return Reason(
            kind=ReasonKind.SYMBOLS,
            subject=subject,
            text=f"{subject} does not load with torch {torch.text}: {misfit_text(found)}",
            evidence=_read_from(found),
        )


def _unknown(why: str) -> Judgement:
    return Judgement(verdict=Verdict.UNKNOWN, kernel=None, torch=None, why=why)


def misfit_text(found: Judgement) -> str:
    """The symbols that a MISFIT rests on, in one clause: how many, and the first in readable form."""
    from stackpin.abi.readable import readable  # only a misfit needs it

    first = readable(found.missing[0])
    return f"torch lacks {len(found.missing)} of {found.looked_at} symbols that it needs, for one {first}"


def symbols_text(found: Judgement | None) -> str:
    """What a pin's comment says of its symbols; empty where they tell nothing."""
    if found is None or found.torch is None or found.verdict is Verdict.UNKNOWN:
        return ""
    count = f"{len(found.missing) or 'none'} missing in {found.torch.version}"
    shipped = ": a library in it does not load, and the anchor pins it so" if found.missing else ""
    return f"{found.looked_at} torch symbols, {count}" + (f" ({found.why})" if found.why else "") + shipped


def _read_from(found: Judgement) -> str:
    wheels = [wheel for wheel in (found.kernel, found.torch) if wheel is not None]
    return " and ".join(f"{wheel.file} (sha256 {wheel.sha256[:12]})" for wheel in wheels)
