"""Which files of a project's page stay under a tuple, and why the others are left out.

A member keeps the files of the tuple's own build, a CUDA member those within its bound, a look-alike none. All other
projects keep everything. Torch keeps no wheel for a platform outside the target: that is another build, and a constraints
file closes itself there in the same way (``contract.md``, "Default target").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from stackpin.model.build import Channel
from stackpin.model.locked import Evidence
from stackpin.model.stack import TORCH
from stackpin.model.value import Value
from stackpin.parse.file_names import FileName, file_name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stackpin.model.locked import Anchor, Block, Bound, LockedTuple, Pin

__all__ = ["LeftOut", "Reason", "TupleRules", "left_out_of"]

#: How the pin that can never be met says what to use (``0+blocked.by.stackpin.use.triton.3.2.0``).
_INSTEAD = re.compile(r"0\+blocked\.by\.stackpin\.use\.([a-z0-9.]+?)\.(\d+(?:\.\w+)*)")


class Reason(Value):
    """Why a file is left out: a sentence, and the facts that it rests on."""

    text: str
    evidence: tuple[Evidence, ...] = ()


class LeftOut(Value):
    """The files of one release that a page does not list, for one reason; ``version`` is empty where no name tells it."""

    project: str
    version: str
    files: tuple[str, ...]
    reason: Reason

    def __str__(self) -> str:
        release = f"{self.project} {self.version}".rstrip()
        evidence = f"  ({self.reason.evidence[0]})" if self.reason.evidence else ""
        return f"{release}: {self.reason.text}{evidence}"


class TupleRules:
    """One tuple's rules for the pages of an index.

    :param accepted: for each pin, by normalized name, the versions under which its build goes by: its own, and those of
        builds that facts say are equal (``2.6.0+cu124`` for PyPI's torch 2.6.0).
    :param alike: what says that a look-alike is one, by its name.
    """

    def __init__(
        self, locked: LockedTuple, accepted: Mapping[str, Iterable[str]], alike: Mapping[str, Evidence] | None = None
    ) -> None:
        self._locked = locked
        self._judges: dict[str, Callable[[FileName], Reason | None]] = {}
        self._closed: dict[str, Reason] = {}
        self._pages = {str(pin.name): pin.build.page for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS}
        for anchor in locked.anchors:
            if anchor.tree:
                self._closed[str(anchor.name)] = _of_tree(anchor)
        for pin in locked.pins:
            versions = frozenset(Version(text) for text in accepted.get(str(pin.name), (pin.full_version,)))
            self._judges[str(pin.name)] = _member(pin, versions, locked)
        for bound in locked.bounds:
            self._judges[str(bound.name)] = _bound(bound)
        self._closed |= {str(block.name): _block(block, (alike or {}).get(str(block.name))) for block in locked.blocks}

    @property
    def listed(self) -> tuple[str, ...]:
        """The projects of the tuple that have releases to offer, sorted."""
        return tuple(sorted(self._judges.keys() - self._closed.keys()))

    @property
    def held(self) -> tuple[str, ...]:
        """Every project that the tuple speaks of, sorted."""
        return tuple(sorted(self._judges.keys() | self._closed.keys()))

    def page_of(self, project: str) -> str:
        """The address of the page that lists a member's build; empty where that is the index's own."""
        return self._pages.get(project, "")

    def speaks_of(self, project: str) -> bool:
        """Whether the tuple says anything of a project; the others pass untouched."""
        return project in self._judges or project in self._closed

    def reason(self, project: str, file: str) -> Reason | None:
        """Why a file of a project's page is left out; None where it stays.

        :param project: the normalized name.
        :param file: the file's name.
        """
        if project in self._closed:
            return self._closed[project]
        judge = self._judges.get(project)
        if judge is None:
            return None
        named = file_name_of(file)
        if named is None:
            return Reason(text="its name does not tell which release it is of")
        if named.project != project:
            return Reason(text=f"it is a file of {named.project}")
        return judge(named)


def left_out_of(rules: TupleRules, project: str, files: Iterable[str]) -> tuple[LeftOut, ...]:
    """The releases of a page that are left out, newest first, each with its files and the reason."""
    found: dict[tuple[str, str], tuple[Reason, list[str]]] = {}
    for file in files:
        reason = rules.reason(project, file)
        if reason is not None:
            named = file_name_of(file)
            version = str(named.version) if named else ""
            found.setdefault((version, reason.text), (reason, []))[1].append(file)
    rows = [
        LeftOut(project=project, version=version, files=tuple(names), reason=reason)
        for (version, _), (reason, names) in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: Version(row.version or "0"), reverse=True))


def _member(pin: Pin, versions: frozenset[Version], locked: LockedTuple) -> Callable[[FileName], Reason | None]:
    """The judge of a member: the tuple's version, the tuple's build, and of torch the tuple's platform."""
    facts = _facts(pin)
    other_version = Reason(text=f"the tuple has {pin.name} {pin.full_version}", evidence=facts)
    built = f", the {pin.build.tag} build of the index itself" if pin.build.tag and not pin.build.local else ""
    other_build = Reason(text=f"another build than the tuple's {pin.full_version}{built}", evidence=facts)
    public = Version(pin.version).public

    def judge(named: FileName) -> Reason | None:
        if named.version in versions:
            return _outside(named, locked) if pin.name == TORCH else None
        return other_build if named.version.public == public else other_version

    return judge


def _facts(pin: Pin) -> tuple[Evidence, ...]:
    """What forced a pin; of an anchor, which nothing forces, how it was chosen is told elsewhere."""
    if pin.evidence:
        return pin.evidence
    return (Evidence(subject="", line=pin.note, source=pin.build.source),) if pin.note else ()


def _outside(named: FileName, locked: LockedTuple) -> Reason | None:
    """Why a wheel of torch is none of the target's; None where it is, and for an sdist."""
    if not named.tags:
        return None
    machine, python = locked.platform.machine, locked.python_asked
    platforms = {tag.platform for tag in named.tags}
    if not any(platform == "any" or _is_linux(platform, machine) for platform in platforms):
        return Reason(text=f"a wheel for {', '.join(sorted(platforms))}; the tuple is for linux {machine}")
    own = "cp" + python.replace(".", "")
    if python and all(tag.abi != "abi3" and tag.interpreter not in {own, "py3"} for tag in named.tags):
        interpreters = sorted({tag.interpreter for tag in named.tags})
        return Reason(text=f"a wheel for {', '.join(interpreters)}; the tuple is for Python {python}")
    return None


def _is_linux(platform: str, machine: str) -> bool:
    return platform.startswith(("linux", "manylinux")) and platform.endswith(machine)


def _bound(bound: Bound) -> Callable[[FileName], Reason | None]:
    """The judge of a CUDA member that the anchor leaves open."""
    specifier = SpecifierSet(bound.specifier)
    outside = Reason(
        text=f"the tuple has {bound.name}{bound.specifier}", evidence=(Evidence(subject="", line=bound.note),)
    )

    def judge(named: FileName) -> Reason | None:
        return None if specifier.contains(named.version, prereleases=True) else outside

    return judge


def _block(block: Block, fact: Evidence | None) -> Reason:
    """Why all of a project is left out: a look-alike, or a member that has no build for the tag."""
    instead = _INSTEAD.fullmatch(block.reads)
    evidence = (fact,) if fact else ()
    if instead is None:
        return Reason(text=block.note or "the tuple has no build of it", evidence=evidence)
    name = canonicalize_name(instead[1])
    return Reason(text=f"{block.note or 'a look-alike'}, as {name} {instead[2]} of the tuple does", evidence=evidence)


def _of_tree(anchor: Anchor) -> Reason:
    return Reason(text=f"the tuple is that of a source tree, {anchor.tree}")
