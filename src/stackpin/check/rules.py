"""What a locked tuple admits of one distribution, whoever carries it: an environment, a lock file, a requirement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.model.environment import Fault, FaultKind
from stackpin.model.stack import FAMILY, TORCH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stackpin.model.cuda import CudaTag
    from stackpin.model.locked import Block, LockedTuple, Pin

__all__ = ["Rules", "accepted_by_name", "accepted_versions", "same_version", "sorted_faults", "tag_in_address"]

#: A path segment of an index that is there for one accelerator.
_TAG_SEGMENT = r"/(cu\d{3}|cpu|rocm[\d.]+|xpu)(?=/|$|[?#])"
_MAJORS = r"<(\d+),>=(\d+)"
_PLAIN = r"(\d+)(?:\.\d+)*"
_BLOCKED = "0+blocked"


def accepted_versions(pin: Pin, cuda: CudaTag, *, torch: str = "") -> frozenset[str]:
    """The versions under which a member's build goes by: of an installed distribution, of a package in a lock.

    A labelled build goes by its label alone. PyPI's own build of torch and its family is that of the tuple's tag, and may
    carry its label. Any other member may carry the tag, or the tag and the series of torch (``cu124torch2.6``).

    :param torch: the version of the tuple's torch.
    """
    if pin.build.local:
        return frozenset({pin.full_version})
    labels = {str(cuda)}
    if torch and pin.name != TORCH and pin.name not in FAMILY:
        labels.add(f"{cuda}torch{'.'.join(torch.split('.')[:2])}")
    return frozenset({pin.version, *(f"{pin.version}+{label}" for label in labels)})


def accepted_by_name(locked: LockedTuple) -> dict[str, frozenset[str]]:
    """For each pin of a tuple, by normalized name, the versions under which its build goes by."""
    torch = locked.pin(TORCH)
    series = torch.version if torch else ""
    return {str(pin.name): accepted_versions(pin, locked.cuda, torch=series) for pin in locked.pins}


def same_version(one: str, other: str) -> bool:
    """Whether two texts are one version (PEP 440: ``2.6`` is ``2.6.0``); what is no version is the same as itself only."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def tag_in_address(url: str) -> str:
    """The accelerator that an index or file address is for, by a path segment (``…/whl/cu126``); empty where none is."""
    match = re.search(_TAG_SEGMENT, url)
    return match[1] if match else ""


def sorted_faults(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, by name, then kind, then version."""
    return tuple(sorted(set(faults), key=lambda fault: (fault.name, fault.kind.value, fault.found)))


class Rules:
    """One tuple's rules, made ready for many questions.

    :param allow: members that are set free; nothing about them is a fault.
    """

    def __init__(self, locked: LockedTuple, allow: Collection[str] = ()) -> None:
        free = set(allow)
        self.cuda = locked.cuda
        self.pins = {str(pin.name): pin for pin in locked.pins if pin.name not in free}
        self._accepted = accepted_by_name(locked)
        self._bounds = {str(bound.name): bound for bound in locked.bounds if bound.name not in free}
        self._blocks = {str(block.name): block for block in locked.blocks if block.name not in free}
        self._uses = {
            f"{_BLOCKED}.by.stackpin.use.{pin.name.replace('-', '.')}.{pin.version}": f"{pin.name} {pin.version}"
            for pin in locked.pins
        }

    @property
    def names(self) -> frozenset[str]:
        """The normalized names that the rules say anything about."""
        return frozenset({*self.pins, *self._bounds, *self._blocks})

    def fault(self, name: str, version: str, tag: str = "") -> Fault | None:
        """What is wrong with a distribution in this version; None where nothing is, or the tuple says nothing of it.

        :param name: normalized.
        :param tag: the tag that something else than the version gives away: torch's own files, the index's address.
        """
        if name in self._blocks:
            return self._blocked(self._blocks[name], version)
        if name in self.pins:
            return self._outside(self.pins[name], version, tag)
        if name in self._bounds:
            return self._unbounded(name, version)
        return None

    def locked_fault(self, name: str, version: str, address: str) -> Fault | None:
        """The same for a package in a lock file: without a label, the address that it comes from may tell its build.

        :param version: empty for a source tree that computes its own.
        :param address: of its index, its file or its folder.
        """
        if not version:
            return self.fault(name, f"from {address or 'somewhere'}")
        return self.fault(name, version, "" if "+" in version else tag_in_address(address))

    def twice(self, name: str, versions: Iterable[str]) -> Fault | None:
        """The fault of a member whose metadata lies in one folder more than once; None where the name is no member's."""
        pin = self.pins.get(name)
        if pin is None:
            return None
        found = " and ".join(sorted(versions))
        return Fault(kind=FaultKind.TWICE, name=name, found=found, wanted=pin.full_version, evidence=_evidence(pin))

    def _blocked(self, block: Block, version: str) -> Fault:
        kind = FaultKind.LOOK_ALIKE if block.reads.startswith(_BLOCKED) else FaultKind.WRONG_BUILD
        wanted = self._uses.get(block.reads, "")
        return Fault(kind=kind, name=str(block.name), found=version, wanted=wanted, evidence=block.note)

    def _outside(self, pin: Pin, version: str, tag: str) -> Fault | None:
        public = version.partition("+")[0]
        kind = FaultKind.WRONG_BUILD if same_version(public, pin.version) else FaultKind.WRONG_VERSION
        accepted = self._accepted[str(pin.name)]
        found = version
        if version in accepted or any(same_version(version, each) for each in accepted):
            if not tag or tag == self.cuda or not _has_tag(pin):
                return None
            found = f"{version} built for {tag}"
        return Fault(
            kind=kind,
            name=str(pin.name),
            found=found,
            wanted=pin.full_version,
            evidence=_evidence(pin),
            tag=str(self.cuda) if kind is FaultKind.WRONG_BUILD else "",
        )

    def _unbounded(self, name: str, version: str) -> Fault | None:
        bound = self._bounds[name]
        if _within(version, bound.specifier):
            return None
        return Fault(
            kind=FaultKind.WRONG_VERSION, name=name, found=version, wanted=bound.specifier, evidence=bound.note
        )


def _within(version: str, specifier: str) -> bool:
    """Whether a version is in bounds; those of a CUDA major (``<13,>=12``) are compared without a costly import."""
    majors, plain = re.fullmatch(_MAJORS, specifier), re.fullmatch(_PLAIN, version)
    if majors and plain:
        return int(majors[2]) <= int(plain[1]) < int(majors[1])
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _evidence(pin: Pin) -> str:
    return str(pin.evidence[0]) if pin.evidence else ""


def _has_tag(pin: Pin) -> bool:
    """Whether builds of a member differ by CUDA tag at all; a pure Python one is the same on every index."""
    build = pin.build
    return pin.name in {TORCH, *FAMILY} or build.tag is not None or build.major is not None or bool(build.siblings)
