"""What a candidate needs of the target: its Python, its platform, its CUDA tag.

A need that the target of the run meets constrains nothing, as the run has no other target; so only what refuses is stated.
Where the tag is still open, what a build says of it is stated in any case.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from stackpin.abi.gpus import runs_on
from stackpin.model.build import Channel
from stackpin.model.cuda import CPU, CudaTag, cuda_major
from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.release import OWN
from stackpin.model.stack import TORCH
from stackpin.resolve.needs import CUDA, PLATFORM, PYTHON, TargetNeed
from stackpin.resolve.phrases import host_of, in_order
from stackpin.resolve.wheels import fit, pythons_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stackpin.model.build import Build
    from stackpin.model.release import Release
    from stackpin.resolve.context import Context
    from stackpin.resolve.needs import Candidate

__all__ = ["admits_python", "major_need", "metadata_source", "python_needs", "target_needs"]

#: The machines that messages tell of, as platform tags end with them.
_MACHINES = ("x86_64", "aarch64")


def metadata_source(release: Release, machine: str) -> str:
    """The wheel that a METADATA line was read from, as messages name it."""
    name, _ = release.metadata_file(machine)
    if release.index == OWN and not name:
        return f"{release.name}'s own requirements"
    return name or f"{release.name} {release.text}"


@cache
def admits_python(requires_python: str, python: str) -> bool:
    """Whether a Requires-Python admits the newest patch release of a Python minor; one that does not parse admits all."""
    try:
        wanted = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return wanted.contains(f"{python}.99", prereleases=True)


def target_needs(candidate: Candidate, context: Context) -> Iterator[TargetNeed]:
    """What a candidate needs of the target and does not find there; of a tag that is open, all that it needs."""
    release = candidate.release
    if candidate.reason is not None:
        elsewhere = [need for need in _platform_need(release, context) if need.reason.kind is ReasonKind.PLATFORM]
        if elsewhere and release.on_pypi:
            yield elsewhere[0]  # no file of it is for the machine at all: that is the plainer reason
            return
        yield TargetNeed(key=CUDA, accepts=_never, reason=candidate.reason, parent=release)
        return
    if candidate.build is not None:
        yield from _build_needs(candidate.build, release, context)
    yield from python_needs(release, context)
    yield from _platform_need(release, context)
    if context.gpu is not None and release.name == TORCH and candidate.build is not None:
        yield from _gpu_needs(candidate.build, release, context, context.gpu)


def python_needs(release: Release, context: Context) -> Iterator[TargetNeed]:
    """The need of another Python, where a release's Requires-Python does not admit the context's."""
    if release.requires_python and not admits_python(release.requires_python, context.python):
        yield _python_need(release, context)


def major_need(major: int, release: Release, text: str, evidence: str) -> TargetNeed:
    """A need of one CUDA major."""
    reason = Reason(kind=ReasonKind.CUDA_MAJOR, subject=f"{release.name} {release.text}", text=text, evidence=evidence)
    return TargetNeed(key=CUDA, accepts=_majors(major), reason=reason, parent=release)


def _build_needs(build: Build, release: Release, context: Context) -> Iterator[TargetNeed]:
    subject = f"{release.name} {release.text}"
    if build.tag is not None:
        if build.tag == context.cuda:
            return
        tag = str(build.tag)
        where = "PyPI" if build.channel is Channel.PYPI else host_of(build.page)
        machine = "" if context.platform.machine == "x86_64" else f" for {context.platform.machine}"
        text = f"{subject} is built for {tag} on {where}{machine}"
        if tag == CPU:
            text = f"{subject} has no CUDA build on {where}{machine}"
        evidence = build.source or context.runtime_line(release)
        if not evidence and release.name == TORCH:
            source = metadata_source(release, context.platform.machine)
            evidence = f"its METADATA names no CUDA runtime for {context.platform.machine}  ({source})"
        evidence = evidence or context.facts.family_evidence(release.name, release.text)
        reason = Reason(kind=ReasonKind.NO_BUILD, subject=subject, text=text, evidence=evidence)
        yield TargetNeed(key=CUDA, accepts=tag.__eq__, reason=reason, parent=release)
    elif build.major is not None:
        if context.cuda is not None and cuda_major(context.cuda) == build.major:
            return
        member = release.name in context.facts.cuda_members
        how = f"is for CUDA {build.major}" if member else f"is built with CUDA {build.major} on PyPI"
        source = build.source or ("its own version says so" if member and release.version.major == build.major else "")
        yield major_need(build.major, release, f"{subject} {how}", source)


def _python_need(release: Release, context: Context) -> TargetNeed:
    text = release.requires_python
    reason = Reason(
        kind=ReasonKind.PYTHON,
        subject=f"{release.name} {release.text}",
        text=f"{release.name} {release.text} needs Python {in_order(text)}",
        evidence=f"Requires-Python: {text}  ({metadata_source(release, context.platform.machine)})",
    )
    return TargetNeed(
        key=PYTHON,
        accepts=lambda value: admits_python(text, value),
        reason=reason,
        parent=release,
    )


def _platform_need(release: Release, context: Context) -> Iterator[TargetNeed]:
    found = fit(release, context.python, context.platform)
    if found.wheel or found.source_only:
        return
    subject, platform = f"{release.name} {release.text}", context.platform
    if found.needs_glibc:
        needs = ".".join(map(str, found.needs_glibc))
        have = ".".join(map(str, platform.glibc or ()))
        kind, text = ReasonKind.PLATFORM, f"{subject} has wheels for glibc {needs} or newer only, not for {have}"
    elif found.python_fits:
        kind, text = ReasonKind.PLATFORM, f"{subject} {_machines_served(release, platform.machine)}"
    else:
        kind, text = ReasonKind.PYTHON, f"{subject} {_pythons_served(release, context)}"
    wheels = [item.name for item in release.files if item.is_wheel]
    wheel = next((name for name in wheels if platform.machine in name), next(iter(wheels), ""))
    others = f" and {len(wheels) - 1} more" if len(wheels) > 1 else ", the only wheel"
    reason = Reason(kind=kind, subject=subject, text=text, evidence=f"{wheel}{others}" if wheel else "")
    yield TargetNeed(key=PLATFORM, accepts=_never, reason=reason, parent=release)


def _pythons_served(release: Release, context: Context) -> str:
    """For which Pythons a release has wheels, where the one at hand is none of them."""
    served = pythons_of(release, context.platform)
    if not served:
        return f"has no wheel for Python {context.python}"
    spread = f"{served[0]} to {served[-1]}" if len(served) > 1 else served[0]
    return f"has wheels for Python {spread} only, not for {context.python}"


def _machines_served(release: Release, machine: str) -> str:
    """For which machines a release has Linux wheels, where the one at hand is none of them."""
    tags = [tag for wheel in release.wheel_tags for tag in wheel.rpartition("-")[2].split(".")]
    served = sorted({one for one in _MACHINES for tag in tags if "linux" in tag and tag.endswith(f"_{one}")})
    return (
        f"has Linux wheels for {' and '.join(served)} only, not for {machine}" if served else "has no wheel for Linux"
    )


def _gpu_needs(build: Build, release: Release, context: Context, gpu: tuple[int, int]) -> Iterator[TargetNeed]:
    """Where a torch has no code for the GPU: by the wheel that was read, or by what its CUDA leaves out altogether."""
    name = f"sm_{gpu[0]}{gpu[1]}"
    subject = f"{release.name} {release.text}"
    limit = context.facts.gpu_limit(cuda_major(build.tag)) if build.tag is not None else None
    read = context.facts.abi.exports(release.text, context.platform.machine)
    own = read.architectures if read is not None and build.is_pypis else None
    if own and not runs_on(own, gpu):
        text = f"{subject} has code for {_spread(own)} on PyPI, none for {name}"
        evidence = f"{', '.join(own)}  ({read.read.file}, sha256 {read.read.sha256[:12]})" if read is not None else ""
    elif limit is not None and gpu < limit.least:
        text = f"{subject} needs sm_{limit.name} or newer on {build.tag}: CUDA {limit.major} has no code for older GPUs"
        evidence = f"{limit.evidence}  ({limit.source})"
    else:
        return
    reason = Reason(kind=ReasonKind.GPU, subject=subject, text=text, evidence=evidence)
    yield TargetNeed(key=PLATFORM, accepts=_never, reason=reason, parent=release)


def _spread(architectures: Sequence[str]) -> str:
    """The oldest and the newest GPU of those that a wheel has code for, PTX and suffixes left aside."""
    gpus = sorted({int(name.removeprefix("sm_").rstrip("af")) for name in architectures if name.startswith("sm_")})
    return f"sm_{gpus[0]} to sm_{gpus[-1]}" if len(gpus) > 1 else ", ".join(architectures)


def _never(_: str) -> bool:
    return False


def _majors(major: int) -> Callable[[str], bool]:
    """A check that a tag is of one CUDA major."""

    def accepts(tag: str) -> bool:
        return cuda_major(CudaTag(tag)) == major

    return accepts
