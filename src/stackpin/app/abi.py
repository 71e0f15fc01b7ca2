"""``stackpin abi``: whether releases can load together, by the symbols in their binaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from stackpin.abi.verdict import judge, judge_elsewhere, window
from stackpin.catalog.abi import AbiFacts
from stackpin.errors import CatalogGap, UsageError
from stackpin.model.abi import Judgement, KernelSymbols, TorchSymbols, Verdict
from stackpin.model.cuda import cuda_major
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.app.compile import Workshop

__all__ = ["AbiAnswer", "abi"]


class AbiAnswer(Value):
    """One kernel against one torch, or one of them alone.

    ``torches`` are the torch releases that are not refuted for the kernel, ``kernels`` the releases of the kernel that are
    not refuted for the torch, both oldest first. ``judgement`` is None where only one of the two was named.
    """

    subject: str
    judgement: Judgement | None
    torches: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()


def abi(words: Sequence[str], workshop: Workshop, *, machine: str) -> tuple[AbiAnswer, ...]:
    """Judge releases by the facts of the catalog: each kernel among them with the torch among them.

    :param words: releases, ``sgl-kernel==0.1.7``; torch may carry the local part of a build.
    :param machine: the architecture, as Python names it.
    :raises UsageError: when a word is no release, or torch is named twice.
    :raises CatalogGap: when the catalog has no such release.
    """
    releases = [_release(word) for word in words]
    torches = [version for name, version in releases if name == TORCH]
    if len(torches) > 1:
        raise UsageError("torch is named more than once", got=", ".join(torches), expected="one torch and kernels")
    facts = AbiFacts(workshop.catalog)
    kernels = [(name, version) for name, version in releases if name != TORCH]
    if not kernels:
        return tuple(_around(facts, facts.torch(torches[0].partition("+")[0], machine), machine))
    return tuple(_answer(facts, workshop, kernel, torches, machine) for kernel in kernels)


def _release(word: str) -> tuple[str, str]:
    """The name and version that a word names.

    :raises UsageError: when it names no one release.
    """
    try:
        requirement = Requirement(word)
        (specifier,) = requirement.specifier
    except (InvalidRequirement, ValueError) as error:
        raise UsageError(
            f"{word!r} names no release", expected="a name and a version, such as sgl-kernel==0.1.4"
        ) from error
    if specifier.operator not in {"==", "==="} or specifier.version.endswith(".*"):
        raise UsageError(f"{word!r} names more than one release", expected="one version, such as sgl-kernel==0.1.4")
    return str(canonicalize_name(requirement.name)), specifier.version


def _answer(
    facts: AbiFacts, workshop: Workshop, release: tuple[str, str], torches: Sequence[str], machine: str
) -> AbiAnswer:
    name, version = release
    kernel = facts.kernel(name, version, machine)
    every = facts.torches(machine)
    fits = tuple(window(kernel, every)[0]) if kernel is not None else ()
    subject = f"{name} {version}"
    if not torches:
        judgement = None if kernel is not None else _unread(facts, name, version)
        return AbiAnswer(subject=subject, judgement=judgement, torches=fits)
    public = torches[0].partition("+")[0]
    torch = facts.torch(public, machine)
    subject = f"{subject} with torch {torches[0]}"
    if kernel is None:
        return AbiAnswer(subject=subject, judgement=_unread(facts, name, version))
    judgement = _judged(workshop, kernel, torch, torches[0])
    if judgement.why:  # of another build than the one that was read nothing is said beside the verdict
        return AbiAnswer(subject=subject, judgement=judgement)
    siblings = [each.read.version for each in facts.kernels(name, machine) if judge(each, torch).verdict is _FITS]
    return AbiAnswer(subject=subject, judgement=judgement, torches=fits, kernels=tuple(siblings))


_FITS = Verdict.NOT_REFUTED


def _judged(workshop: Workshop, kernel: KernelSymbols, torch: TorchSymbols, asked: str) -> Judgement:
    """The verdict on the build that is asked about, by the one that was read."""
    public, _, label = asked.partition("+")
    builds = workshop.facts.torch_builds(public)
    own = next((build for build in builds if build.pypi), None)
    if not label or (own is not None and str(own.tag) == label):
        return judge(kernel, torch)
    other = next((build for build in builds if str(build.tag) == label), None)
    if other is None:
        raise CatalogGap(
            f"the catalog knows no torch {asked}",
            expected=", ".join(f"{public}+{build.tag}" for build in builds) or "a release that it has",
        )
    same = own is not None and own.cxx11_abi is not None and own.cxx11_abi == other.cxx11_abi
    return judge_elsewhere(kernel, torch, same_abi=same, cuda_major=cuda_major(other.tag))


def _unread(facts: AbiFacts, name: str, version: str) -> Judgement:
    """That nothing can be told of a release, and why.

    :raises CatalogGap: when the catalog does not follow the package's binaries at all.
    """
    why = facts.why_unread(name, version)
    if not why:
        known = sorted({each.read.name for each in facts.kernels("", "")})
        raise CatalogGap(
            f"the catalog has no symbols of {name} {version}",
            expected=", ".join(known),
            hint="stackpin catalog update --abi",
        )
    return Judgement(verdict=Verdict.UNKNOWN, kernel=None, torch=None, why=why)


def _around(facts: AbiFacts, torch: TorchSymbols, machine: str) -> Iterable[AbiAnswer]:
    """What is not refuted for a torch, kernel by kernel."""
    by_name: dict[str, list[str]] = {}
    for kernel in facts.kernels("", machine):
        found = by_name.setdefault(kernel.read.name, [])
        if judge(kernel, torch).verdict is _FITS:
            found.append(kernel.read.version)
    for name, versions in by_name.items():
        ordered = tuple(sorted(versions, key=Version))
        yield AbiAnswer(subject=f"{name} with torch {torch.read.version}", judgement=None, kernels=ordered)
