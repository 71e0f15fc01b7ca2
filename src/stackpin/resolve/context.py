"""What one resolution looks at: the catalog, the target, and small answers that are asked for again and again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.model.cuda import CPU, CudaTag
from stackpin.model.release import Release
from stackpin.model.stack import FAMILY, TORCH
from stackpin.model.target import marker_environment
from stackpin.resolve.symbols import Symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from stackpin.catalog.facts import Facts
    from stackpin.catalog.loader import Catalog
    from stackpin.model.build import Build
    from stackpin.model.target import Platform

__all__ = ["Context", "Line", "applies", "name_of", "parsed", "torch_line"]

_BOUND = frozenset("<>=~!")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@cache
def parsed(line: str) -> Requirement:
    """A Requires-Dist line as a requirement (PEP 508; the old parenthesised form included)."""
    return Requirement(line)


@cache
def name_of(line: str) -> NormalizedName:
    """The normalized name that a Requires-Dist line is about, without parsing the rest of it."""
    match = _NAME.match(line)
    return canonicalize_name(match[1]) if match else canonicalize_name("")


class Line(NamedTuple):
    """One Requires-Dist line with the requirement in it."""

    text: str
    requirement: Requirement
    name: NormalizedName


def applies(requirement: Requirement, environment: dict[str, str], extra: str = "") -> bool:
    """Whether a requirement's marker holds in an environment with at most one extra asked for."""
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})


def torch_line(release: Release, machine: str) -> Line | None:
    """The line by which a release says what it wants of torch, extras left out; None where it says nothing."""
    for text in release.requires(machine):
        if name_of(text) == TORCH and "extra" not in text:
            return Line(text, parsed(text), canonicalize_name(TORCH))
    return None


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Context:
    """One target and the tables to ask. ``cuda`` is None where torch's own PyPI build decides the tag.

    ``gpu`` is a compute capability, major and minor; None where any GPU will do. ``memory`` is for what others find out
    in this context and need not find out again. ``joint`` are those of the tracked packages that no tuple holds: several
    stacks bound them, so a joint answer has to hold for them as well.
    """

    catalog: Catalog
    facts: Facts
    python: str
    platform: Platform
    cuda: CudaTag | None
    tracked: frozenset[str]
    joint: frozenset[str] = frozenset()
    prefer_builds: bool = False
    gpu: tuple[int, int] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    _pypi_tags: dict[str, CudaTag | None] = field(default_factory=dict)
    _markers: dict[tuple[str, str], bool] = field(default_factory=dict)
    _verdicts: dict[tuple[str, str], bool] = field(default_factory=dict)
    _lines: dict[tuple[str, str, str, str], list[Line]] = field(default_factory=dict)
    _tracked_lines: dict[tuple[str, str, str], list[tuple[str, NormalizedName, str]]] = field(default_factory=dict)
    _torch_of: dict[str, str] = field(default_factory=dict)
    symbols: Symbols = field(init=False)
    memory: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.symbols = Symbols(self.facts, self.platform.machine, self.cuda, self.pypi_tag)
        self.environment = marker_environment(self.python, self.platform.machine)

    def applies(self, text: str, extra: str = "") -> bool:
        """Whether a line's marker holds here, with at most one extra asked for; each marker is evaluated once."""
        marker = text.partition(";")[2]
        if not marker:
            return True
        key = (marker, extra if "extra" in marker else "")
        if key not in self._markers:
            self._markers[key] = applies(parsed(text), self.environment, key[1])
        return self._markers[key]

    def lines(self, release: Release, extra: str = "") -> list[Line]:
        """The lines of a release about tracked packages that hold on this target; with ``extra`` only what it adds."""
        key = (release.name, release.text, extra, release.index)
        if key not in self._lines:
            self._lines[key] = list(self._read_lines(release, extra))
        return self._lines[key]

    def lines_about(self, release: Release, name: str, extra: str = "") -> list[Line]:
        """Those of the lines that are about one package; the others are not parsed."""
        return list(self._read_lines(release, extra, name))

    def _read_lines(self, release: Release, extra: str, only: str = "") -> Iterator[Line]:
        for text, name, marker in self._about_tracked(release):
            if only and name != only:
                continue
            if self._marker_holds(marker, extra):
                yield Line(text, parsed(text), name)

    def reads_as(self, other: Context) -> bool:
        """Whether every marker that was looked at here holds for the other's Python just where it holds for this one's."""
        return all(
            other._marker_holds(marker, extra) == held
            for (marker, extra), held in self._verdicts.items()
            if "python" in marker or "implementation" in marker
        )

    def _marker_holds(self, marker: str, extra: str) -> bool:
        """Whether a line holds without any extra; where one is asked for, whether it holds because of that extra."""
        key = (marker, extra)
        if key not in self._verdicts:
            line = f"any;{marker}"
            plain = self.applies(line)
            self._verdicts[key] = "extra" in marker and not plain and self.applies(line, extra) if extra else plain
        return self._verdicts[key]

    def _about_tracked(self, release: Release) -> list[tuple[str, NormalizedName, str]]:
        """All lines about tracked packages, each with the name and the marker in it; asked for once an extra, read once."""
        key = (release.name, release.text, release.index)
        if key not in self._tracked_lines:
            named = ((text, name_of(text)) for text in release.requires(self.platform.machine))
            self._tracked_lines[key] = [
                (text, name, text.partition(";")[2]) for text, name in named if name in self.tracked
            ]
        return self._tracked_lines[key]

    def outside(self, release: Release) -> list[tuple[str, SpecifierSet]]:
        """What a release demands of packages that are not tracked: those lines without an extra that bound a version."""
        found = []
        for text in release.requires(self.platform.machine):
            demand = text.partition(";")[0]
            if "extra" in text or name_of(text) in self.tracked or _BOUND.isdisjoint(demand) or not self.applies(text):
                continue
            found.append((str(name_of(text)), parsed(text).specifier))
        return found

    def pypi_tag(self, torch: Release) -> CudaTag | None:
        """The CUDA tag of PyPI's build of a torch release on this machine, from its own METADATA; None where unread.

        An exact pin on a CUDA runtime package names the toolkit; where none applies here, the build is a CPU build.
        """
        if torch.text not in self._pypi_tags:
            self._pypi_tags[torch.text] = self._read_pypi_tag(torch) if torch.has_metadata else None
        return self._pypi_tags[torch.text]

    def _read_pypi_tag(self, torch: Release) -> CudaTag:
        for text in torch.requires(self.platform.machine):
            name = name_of(text)
            member = self.facts.cuda_members.get(name)
            if member is None or not member.runtime:
                continue
            requirement = parsed(text)
            exact = [item.version for item in requirement.specifier if item.operator == "=="]
            if exact and self.applies(text):
                return self.facts.tag_of_runtime(name, exact[0]) or CPU
        return CPU

    def runtime_line(self, torch: Release) -> str:
        """The METADATA line that names the toolkit of PyPI's build of a torch release; empty for a CPU build."""
        for text in torch.requires(self.platform.machine):
            member = self.facts.cuda_members.get(name_of(text))
            if member is not None and member.runtime and self.applies(text):
                return text
        return ""

    def torch_of(self, release: Release) -> str:
        """The torch release that a family member (torchvision, torchaudio) was built with.

        Its own exact pin says so, else the fact that pairs them; empty where neither does.
        """
        key = f"{release.name} {release.text}"
        if key not in self._torch_of:
            line = torch_line(release, self.platform.machine)
            exact = [item.version for item in line.requirement.specifier if item.operator == "=="] if line else []
            self._torch_of[key] = exact[0] if exact else self.facts.family_torch(release.name, release.text)
        return self._torch_of[key]

    def built_elsewhere(self, name: str) -> list[Release]:
        """The releases of a package that some vendor's index is known to carry, with a row of theirs where one was read."""
        versions = self.facts.index_versions(name)
        rows = {row.version.public: row for row in self.catalog.elsewhere(name)} if versions else {}
        found = [Release(canonicalize_name(name), text) for text in versions]
        return [rows[release.text].standing_for(release) if release.text in rows else release for release in found]

    def as_built(self, release: Release, build: Build) -> Release:
        """A release as the page of one of its builds has it: that build's own METADATA and files, where they were read."""
        if not build.page:
            return release
        full = f"{release.text}+{build.local}" if build.local else release.text
        for row in self.catalog.elsewhere(release.name):
            if row.text == full and f"{row.index}/{release.name}/" == build.page:
                return row.standing_for(release)
        return release

    def is_family(self, name: str) -> bool:
        """Whether a package is built by PyTorch together with torch, tag by tag."""
        return name in FAMILY
