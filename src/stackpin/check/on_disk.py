"""What torch and the machine rule out among what is installed: torch's own files, its libraries, CUDA, the driver, the GPU.

Decided by the metadata and the catalog's facts alone. What no fact speaks of is no finding.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.check.installed_pins import InstalledPins
from stackpin.check.rule_book import rule
from stackpin.check.rules import same_version
from stackpin.model.cuda import CudaTag, cuda_major
from stackpin.model.finding import Finding, Fix
from stackpin.model.mention import Place
from stackpin.model.stack import FAMILY, TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.catalog.facts import Facts
    from stackpin.check.install_lines import InstallLines
    from stackpin.model.installed import Contents, Described

__all__ = ["Disk", "not_covered"]

_COVERED = re.compile(r"(cu\d{3}|cpu)(?:\.[\w.]+)?")
_EARLY = re.compile(r"\d(?:a|b|rc)\d|\.dev")
_CUDA_LABEL = re.compile(r"cu(\d{2})\d(?!\d)")


def not_covered(contents: Contents) -> str:
    """Why nothing is said of an environment whose torch is another accelerator's, a nightly or a vendor's own build."""
    torch, file = contents.first(TORCH), contents.torch_file
    if torch is None:
        return ""
    if file is not None and file.said.other and file.packages == torch.packages:
        return f"{torch.text} is built for {file.said.other}, which is not covered"
    public, _, label = torch.version.partition("+")
    if label and not _COVERED.fullmatch(label):
        return f"{torch.text} is a build that is not covered"
    return f"{torch.text} is no release, and not covered" if _EARLY.search(public) else ""


class Disk:
    """One environment with the facts that it is held against.

    :param shown: its folder as the reader knows it.
    """

    def __init__(self, contents: Contents, facts: Facts, lines: InstallLines, shown: str) -> None:
        self.contents = contents
        self.facts = facts
        self.lines = lines
        self.shown = shown
        self.pins = InstalledPins(contents)
        self.torch = contents.first(TORCH)

    def place(self, distribution: str, path: str = "") -> Place:
        """Where a finding stands."""
        return Place(path=path or self.shown, distribution=distribution)

    @property
    def tag(self) -> CudaTag | None:
        """The CUDA tag of torch: by its own files, by its label, by what PyPI's build of it is; None where none tells."""
        torch, file = self.torch, self.contents.torch_file
        if torch is None:
            return None
        if file is not None and file.packages == torch.packages and file.said.cuda:
            return CudaTag(file.said.tag)
        public, _, label = torch.version.partition("+")
        named = _COVERED.fullmatch(label)
        return CudaTag(named[1]) if named else self.pypi_tag(public)

    def pypi_tag(self, version: str) -> CudaTag | None:
        """The tag of PyPI's build of a torch release for the environment's architecture."""
        builds = (build for build in self.facts.torch_builds(version) if build.pypi)
        return next((build.tag for build in builds if self.contents.machine in build.arches), None)

    @property
    def anchor(self) -> str:
        """The installed engine with its version, as a requirement; torch where there is none."""
        engine = next((each for each in self.contents.distributions if each.name in self.facts.engines), self.torch)
        return f"{engine.name}=={engine.version.partition('+')[0]}" if engine is not None else TORCH

    def torch_files(self) -> Iterator[Finding]:
        """SP203: torch's ``version.py`` against its metadata; what the catalog knows as equal builds is equal."""
        torch, file = self.torch, self.contents.torch_file
        if torch is None or file is None or file.packages != torch.packages:
            return
        public, _, label = torch.version.partition("+")
        said, _, said_label = file.said.version.partition("+")
        own = label or self.pypi_tag(public) or ""
        found = said_label or (file.said.tag if label and file.said.cuda else "")
        if same_version(public, said) and (not own or not found or _tag_of(own) == _tag_of(found)):
            return
        equal = "" if label or not own else f", which on PyPI is {public}+{own}"
        shown = file.said.version if said_label or not found else f"{said}, built for {found}"
        yield Finding(
            rule=rule("SP203"),
            place=self.place(TORCH),
            message=f"torch's files are those of {shown}; its metadata says {torch.version}{equal}",
            package=TORCH,
            found=file.said.version,
            wanted=torch.version,
            evidence=f"torch/version.py: __version__ = '{file.said.version}'; METADATA: Version: {torch.version}",
            fix=Fix(command=self.lines.install(TORCH, torch.version, again=True)),
            related=((Place(path=f"{file.packages}/torch/version.py"), "torch's own word"),),
        )

    def nvidia(self) -> Iterator[Finding]:
        """SP105: the ``nvidia-*`` that torch's METADATA pins exactly, and that are there in another version."""
        torch = self.torch
        if torch is None:
            return
        for name in sorted(self.pins.names(TORCH)):
            found = self.contents.first(name) if name.startswith("nvidia-") else None
            pin = self.pins.broken(found, TORCH) if found is not None else None
            if found is not None and pin is not None:
                yield Finding(
                    rule=rule("SP105"),
                    place=self.place(name),
                    message=f"{found.text} is installed; {torch.text} needs {name} {pin.version}",
                    package=name,
                    found=found.version,
                    wanted=pin.version,
                    evidence=pin.evidence,
                    fix=Fix(command=self.lines.install(name, pin.version)),
                )

    def cuda_majors(self, linked: Mapping[str, tuple[int, ...]]) -> Iterator[Finding]:
        """SP202: kernels and CUDA members of another CUDA major than torch's.

        Of a kernel its label tells, else the CUDA libraries that its files are linked with, else what is known of PyPI's.

        :param linked: of each kernel whose binaries were read, by name, the majors of the CUDA libraries that they need.
        """
        tag = self.tag
        major = cuda_major(tag) if tag is not None else None
        if self.torch is None or tag is None or major is None:
            return
        for name, found in sorted(self.contents.firsts().items()):
            told = self._majors(found, linked) if found.metadata and name not in {TORCH, *FAMILY} else None
            if told is not None and major not in told[0]:
                majors = " and ".join(map(str, told[0]))
                yield Finding(
                    rule=rule("SP202"),
                    place=self.place(name),
                    message=f"{found.text} is for CUDA {majors}; {self.torch.text} is for CUDA {major} ({tag})",
                    package=name,
                    found=f"CUDA {majors}",
                    wanted=f"CUDA {major}",
                    evidence=told[1],
                    fix=self._of_major(found, tag, major),
                )

    def _majors(self, found: Described, linked: Mapping[str, tuple[int, ...]]) -> tuple[tuple[int, ...], str] | None:
        """The CUDA majors that a distribution is for, and what says so; None where nothing does, or it can do without."""
        from packaging.version import InvalidVersion, Version

        name, (public, _, label) = str(found.name), found.version.partition("+")
        try:
            version = Version(public)
        except InvalidVersion:
            return None
        member = self.facts.cuda_members.get(name)
        if member is not None:
            if name.startswith("nvidia-"):
                return None  # libraries of two majors lie beside each other: who loads the wrong one is told
            return ((member.major,), "its name") if member.major else ((version.major,), f"its version, {public}")
        if self.facts.optional_because(name, version):
            return None
        if match := _CUDA_LABEL.search(label):
            return (int(match[1]),), f"the label of its version, {label}"
        if name in linked:
            majors = linked[name]
            needed = " and ".join(map(str, majors))
            return (majors, f"its shared objects are linked with the libraries of CUDA {needed}") if majors else None
        fact = self.facts.kernel(name, version)
        return ((fact.cuda_major,), fact.evidence) if fact is not None else None

    def _of_major(self, found: Described, tag: CudaTag, major: int) -> Fix:
        """What has the right major: of a CUDA member a release, of a kernel another build or what the others pin."""
        name, public = str(found.name), found.version.partition("+")[0]
        member = self.facts.cuda_members.get(name)
        if member is not None and member.major is None:
            return Fix(command=self.lines.install_range(f"{name}>={major},<{major + 1}"))
        if member is not None:
            other = f"{name.partition('-cuda')[0]}-cuda{major}x"
            known = other in self.facts.cuda_members
            removed = self.lines.uninstall(name)
            return Fix(command=f"{removed} && {self.lines.install_range(other)}" if known else removed)
        machine = self.contents.machine
        builds = self.facts.index_builds(name, public, machine) if machine in {"x86_64", "aarch64"} else ()
        fitting = [build for build in builds if build.local and cuda_major(build.tag) == major]
        fitting.sort(key=lambda build: build.tag != tag)
        if fitting:
            return Fix(command=self.lines.install(name, f"{public}+{fitting[0].local}", again=True))
        return Fix(
            text=f"take the release of {name} that goes with torch for {tag}",
            command=f"stackpin explain {self.anchor} --cuda {tag}",
        )


def _tag_of(label: str) -> str:
    """The tag in a label: that of ``cu124.pypi`` is ``cu124``."""
    match = _COVERED.fullmatch(label)
    return match[1] if match else label
