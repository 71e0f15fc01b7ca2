"""Kernels that cannot load with the installed torch, as findings with what would load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.installed_pins import meets_pin
from stackpin.check.rule_book import rule
from stackpin.model.finding import Finding, Fix
from stackpin.model.stack import FAMILY, TORCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.check.on_disk import Disk
    from stackpin.model.abi import Judgement
    from stackpin.model.installed import Described

__all__ = ["Misfit", "abi_misfits"]


class Misfit(NamedTuple):
    """An installed kernel that misses symbols, and its releases that miss none, oldest first."""

    kernel: Described
    judgement: Judgement
    fitting: tuple[str, ...]


def abi_misfits(disk: Disk, misfits: Iterable[Misfit]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """SP401, and notes on the misfits that are none: what the installed engine pins so, and what does without its libraries."""
    findings, notes = [], []
    for misfit in misfits:
        excuse = _excuse(disk, misfit.kernel)
        if excuse:
            notes.append(f"a library in {misfit.kernel.text} does not load with {_torch(disk)}: {excuse}")
        else:
            findings.append(_finding(disk, misfit))
    return tuple(findings), tuple(notes)


def _torch(disk: Disk) -> str:
    return disk.torch.text if disk.torch is not None else TORCH


def _excuse(disk: Disk, kernel: Described) -> str:
    """Why a misfit is no fault of the installation; empty where it is."""
    from packaging.version import InvalidVersion, Version

    pinned = [pin for pin in disk.pins.exact(str(kernel.name)) if pin.by.name in disk.facts.engines]
    for pin in pinned:
        torches = disk.pins.exact(TORCH, by=str(pin.by.name))
        torch = disk.torch is not None and any(meets_pin(disk.torch.version, each.version) for each in torches)
        if torch and meets_pin(kernel.version, pin.version):
            return f"{pin.by.text} pins both so"
    try:
        version = Version(kernel.version)
    except InvalidVersion:
        return ""
    return disk.facts.optional_because(str(kernel.name), version)


def _finding(disk: Disk, misfit: Misfit) -> Finding:
    from stackpin.abi.readable import readable

    kernel, found = misfit.kernel, misfit.judgement
    count = len(found.missing)
    first = readable(found.missing[0])
    wanted, fix = _fix(disk, misfit)
    return Finding(
        rule=rule("SP401"),
        place=disk.place(str(kernel.name)),
        message=f"{kernel.text} does not load with {_torch(disk)}: {count} of the {found.looked_at} symbols that it needs "
        f"of torch {'is' if count == 1 else 'are'} not there",
        package=str(kernel.name),
        found=kernel.version,
        wanted=wanted,
        evidence=f"no library of {_torch(disk)} has {first}",
        fix=fix,
    )


def _fix(disk: Disk, misfit: Misfit) -> tuple[str, Fix]:
    """What to install instead: the torch that the installed engine pins, else a release of the kernel that loads."""
    name = str(misfit.kernel.name)
    for engine in sorted(disk.facts.engines):
        pins = disk.pins.exact(TORCH, by=engine)
        if pins and disk.torch is not None and not any(meets_pin(disk.torch.version, each.version) for each in pins):
            version = pins[0].version
            return f"torch {version}", Fix(text=pins[0].evidence, command=disk.lines.install(TORCH, version))
    if name in FAMILY and (paired := _paired(disk, name)):
        return paired, Fix(command=disk.lines.install(name, paired, again=True))
    version = disk.pins.wanted(name, "")
    if version not in misfit.fitting:
        version = next(iter(misfit.fitting[::-1]), "")
    if version:
        runs = f"{misfit.fitting[0]} to {misfit.fitting[-1]}" if len(misfit.fitting) > 1 else version
        text = (
            f"of the releases of {name} that were read, {runs} {'miss' if len(misfit.fitting) > 1 else 'misses'} none"
        )
        return version, Fix(text=text, command=disk.lines.install(name, version))
    return "", Fix(
        text=f"no release of {name} is known to load with {_torch(disk)}: build it against that torch",
        command=disk.lines.build(name, misfit.kernel.version.partition("+")[0]),
    )


def _paired(disk: Disk, name: str) -> str:
    """The build of torchvision or torchaudio that was built together with the installed torch; empty where none is known."""
    public, plus, label = disk.torch.version.partition("+") if disk.torch is not None else ("", "", "")
    version = next(
        (str(row[name]) for row in disk.facts.catalog.facts("family") if row["torch"] == public and row.get(name)), ""
    )
    return f"{version}{plus}{label}" if version else ""
