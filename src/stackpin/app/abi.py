"""``stackpin abi``: whether releases can load together, by the symbols in their binaries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackpin.abi.verdict import fits, judge, window
from stackpin.app.abi_read import Read, is_file, judge_read, read_file, read_installed_kernels, read_named
from stackpin.errors import CatalogGap, UsageError
from stackpin.model.abi import Judgement, KernelSymbols, TorchSymbols, Verdict
from stackpin.model.cuda import CudaTag
from stackpin.model.stack import TORCH
from stackpin.model.value import Value
from stackpin.resolve.symbols import judge_build

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.app.compile import Workshop
    from stackpin.catalog.abi import AbiFacts
    from stackpin.model.environment import Environment

__all__ = ["AbiAnswer", "abi", "runs_of"]


#: A name without a version: with an environment, what is installed there under it.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class _Release(NamedTuple):
    """A release that a word names."""

    name: str
    version: str


class AbiAnswer(Value):
    """One kernel against one torch, or one of them alone.

    ``torches`` are the torch releases that are not refuted for the kernel, ``kernels`` the releases of the kernel that are
    not refuted for the torch, both oldest first; ``torch_runs`` and ``kernel_runs`` say the same in ranges, each an
    unbroken run of what the catalog has. ``judgement`` is None where only one of the two was named.
    """

    subject: str
    judgement: Judgement | None
    torches: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    torch_runs: tuple[str, ...] = ()
    kernel_runs: tuple[str, ...] = ()


def abi(
    words: Sequence[str], workshop: Workshop, *, machine: str, environment: Environment | None = None
) -> tuple[AbiAnswer, ...]:
    """Judge each kernel among the words beside the torch among them.

    :param words: releases (``sgl-kernel==0.1.7``; torch may carry the local part of a build) by the facts of the catalog;
        wheel files and their addresses, and with ``environment`` names of what is installed there, read now.
    :param machine: the architecture, as Python names it.
    :param environment: where no torch is named, its torch stands; where nothing is named, its kernels are judged.
    :raises UsageError: when nothing is named, a word is no release and no wheel, torch is named twice, or a name is not installed.
    :raises CatalogGap: when the catalog has no such release.
    :raises InputUnreadable: when a wheel, or torch's libraries, cannot be read.
    """
    if not words and environment is None:
        raise UsageError("nothing to judge was named", expected="releases, wheels, or --python or --env")
    sides = [_side(word, machine, environment) for word in words]
    torches = [side for side in sides if _name(side) == TORCH]
    if len(torches) > 1:
        raise UsageError("torch is named more than once", got=", ".join(words), expected="one torch and kernels")
    kernels = [side for side in sides if _name(side) != TORCH]
    if environment is not None:
        kernels = kernels or ([] if torches else [*read_installed_kernels(environment, machine)])
        torches = torches or [read_named(TORCH, environment, machine)]
    facts = workshop.facts.abi
    if kernels:
        return tuple(_answer(facts, workshop, kernel, next(iter(torches), None), machine) for kernel in kernels)
    return tuple(_around(facts, torches[0], machine)) if torches else ()


def _side(word: str, machine: str, environment: Environment | None) -> Read | _Release:
    if is_file(word):
        return read_file(word, machine)
    if environment is not None and _NAME.fullmatch(word):
        return read_named(str(canonicalize_name(word)), environment, machine)
    return _release(word)


def _name(side: Read | _Release) -> str:
    return side.read.name if isinstance(side, Read) else side.name


def _release(word: str) -> _Release:
    """The name and version that a word names.

    :raises UsageError: when it names no one release.
    """
    try:
        requirement = Requirement(word)
        (specifier,) = requirement.specifier
    except (InvalidRequirement, ValueError) as error:
        raise UsageError(
            f"{word!r} names no release", expected="a name and a version, such as sgl-kernel==0.1.4, or a wheel"
        ) from error
    if specifier.operator not in {"==", "==="} or specifier.version.endswith(".*"):
        raise UsageError(f"{word!r} names more than one release", expected="one version, such as sgl-kernel==0.1.4")
    return _Release(str(canonicalize_name(requirement.name)), specifier.version)


def _answer(
    facts: AbiFacts, workshop: Workshop, side: Read | _Release, torch: Read | _Release | None, machine: str
) -> AbiAnswer:
    """One kernel, beside a torch where there is one."""
    told = side.read if isinstance(side, Read) else side
    kernel = side.kernel if isinstance(side, Read) else facts.kernel(side.name, side.version, machine)
    subject = f"{told.name} {told.version}"
    if torch is not None:
        subject += f" with torch {torch.read.version if isinstance(torch, Read) else torch.version}"
    if kernel is None:
        unread = _unreadable(side) if isinstance(side, Read) else _unread(facts, side.name, side.version, machine)
        return AbiAnswer(subject=subject, judgement=unread)
    every = facts.torches(machine)
    around = tuple(window(kernel, every)[0])
    runs = runs_of(around, [each.read.version for each in every])
    if torch is None:
        return AbiAnswer(subject=subject, judgement=None, torches=around, torch_runs=runs)
    if isinstance(torch, Read):
        return AbiAnswer(subject=subject, judgement=judge_read(kernel, torch), torches=around, torch_runs=runs)
    read = facts.torch(torch.version.partition("+")[0], machine)
    judgement = _judged(workshop, kernel, read, torch.version)
    if judgement.why:  # of another build than the one that was read nothing is said beside the verdict
        return AbiAnswer(subject=subject, judgement=judgement)
    others = facts.kernels(told.name, machine)
    siblings = tuple(each.read.version for each in others if fits(each, read))
    return AbiAnswer(
        subject=subject,
        judgement=judgement,
        torches=around,
        torch_runs=runs,
        kernels=siblings,
        kernel_runs=runs_of(siblings, [each.read.version for each in others]),
    )


def runs_of(found: Sequence[str], every: Sequence[str]) -> tuple[str, ...]:
    """Versions as ranges: ``2.7.0 to 2.9.1`` where all that lie between in ``every`` are among them."""
    told: list[list[str]] = []
    previous = -2
    for place, version in enumerate(every):
        if version in found:
            told = [*told, [version]] if place != previous + 1 else [*told[:-1], [*told[-1], version]]
            previous = place
    return tuple(run[0] if len(run) == 1 else f"{run[0]}{' to ' if len(run) > 2 else ', '}{run[-1]}" for run in told)


def _unreadable(side: Read) -> Judgement:
    return Judgement(verdict=Verdict.UNKNOWN, kernel=side.read, torch=None, why=side.why)


def _judged(workshop: Workshop, kernel: KernelSymbols, torch: TorchSymbols, asked: str) -> Judgement:
    """The verdict on the build that is asked about, by the one that was read.

    :raises CatalogGap: where no such build is known.
    """
    public, _, label = asked.partition("+")
    builds = workshop.facts.torch_builds(public)
    own = next((build.tag for build in builds if build.pypi), None)
    if label and label != own and not any(build.tag == label for build in builds):
        raise CatalogGap(
            f"the catalog knows no torch {asked}",
            expected=", ".join(f"{public}+{build.tag}" for build in builds) or "a release that it has",
        )
    return judge_build(kernel, torch, builds, CudaTag(label) if label else None, own)


def _unread(facts: AbiFacts, name: str, version: str, machine: str) -> Judgement:
    """That nothing can be told of a release, and why.

    :raises CatalogGap: when the catalog does not follow the package's binaries at all.
    """
    why = facts.why_unread(name, version, machine)
    if not why:
        known = sorted({each.read.name for each in facts.kernels("", "")})
        raise CatalogGap(
            f"the catalog has no symbols of {name} {version}",
            expected=", ".join(known),
            hint="stackpin catalog update --abi",
        )
    return Judgement(verdict=Verdict.UNKNOWN, kernel=None, torch=None, why=why)


def _around(facts: AbiFacts, side: Read | _Release, machine: str) -> Iterable[AbiAnswer]:
    """What is not refuted for a torch, kernel by kernel."""
    by_name: dict[str, list[KernelSymbols]] = {}
    torch = side if isinstance(side, Read) else facts.torch(side.version.partition("+")[0], machine)
    for kernel in facts.kernels("", machine):
        by_name.setdefault(kernel.read.name, []).append(kernel)
    for name, kernels in by_name.items():
        judged = [
            (each, judge_read(each, torch) if isinstance(torch, Read) else judge(each, torch)) for each in kernels
        ]
        found = tuple(each.read.version for each, judgement in judged if judgement.verdict is Verdict.NOT_REFUTED)
        yield AbiAnswer(
            subject=f"{name} with torch {torch.read.version}",
            judgement=None,
            kernels=found,
            kernel_runs=runs_of(found, [each.read.version for each in kernels]),
        )
