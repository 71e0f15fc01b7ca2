"""``--freeze-installed torch``: the tuple around the torch that an environment has, or why there is none.

Images bring a torch of their own, and whoever replaces it loses what the image was taken for. A release of torch fixes the
tag and the version that the rest is solved for. A vendor's build between releases (NVIDIA's ``2.6.0a0+….nv25.2``) has no
symbols that anybody has read and meets no engine's pin: around it only what is installed beside it can be kept.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from stackpin.app.compile import Compiled, compile_job, file_options, file_text
from stackpin.app.named_environment import active_environment, named_environment
from stackpin.app.tuple_notes import notes_of
from stackpin.check.install_lines import InstallLines
from stackpin.check.on_disk import Disk, not_covered
from stackpin.effects.installed_metadata import read_contents
from stackpin.errors import NoTuple, UsageError
from stackpin.model.build import Build, Sureness
from stackpin.model.cuda import CPU
from stackpin.model.locked import Anchor, Block, Evidence, LockedTuple, Pin
from stackpin.model.names import normalized_name
from stackpin.model.stack import TORCH
from stackpin.model.target import Platform
from stackpin.model.value import replace

if TYPE_CHECKING:
    from stackpin.app.compile import Job, Workshop
    from stackpin.model.cuda import CudaTag
    from stackpin.model.installed import Contents

__all__ = ["InstalledTorch", "compile_around"]

_BLOCKED = "0+blocked.by.stackpin.the.installed.torch.is.kept"


class InstalledTorch(NamedTuple):
    """The torch of an environment: its version with its label, its tag, and why it is no release; empty where it is one."""

    version: str
    tag: CudaTag | None
    shown: str
    other: str
    contents: Contents

    @property
    def public(self) -> str:
        """The version without its label."""
        return self.version.partition("+")[0]

    @property
    def python(self) -> str:
        """The minor version of the environment's Python."""
        return ".".join(self.contents.environment.python.split(".")[:2])


def compile_around(job: Job, workshop: Workshop, *, version: str) -> Compiled:
    """Solve a job, around the torch that is installed where it says so, and write its file as text.

    :param version: stackpin's own version, for the header.
    :raises UsageError: where there is no torch, or another tag is asked for.
    :raises NoTuple: where the installed torch leaves no tuple; the reason is the text.
    """
    if not job.freeze:
        return compile_job(job, workshop, version=version)
    torch = _installed_torch(job.freeze, job.python, workshop)
    notes: tuple[str, ...] = ()
    if torch.other:
        request = workshop.request(replace(job, requirements=(TORCH,), cuda="", python=torch.python))
        locked = _kept_tuple(job, torch, workshop)
    else:
        wanted = _frozen_job(job, torch)
        request = workshop.request(wanted)
        locked = _around(workshop.solver.solve(request), torch)
        notes = notes_of(locked, request)
    options = file_options(job, request, locked, workshop, version=version)
    told = (*notes, *(note for note in locked.notes if note not in notes))
    return Compiled(locked=locked, text=file_text(locked, options, workshop), notes=told, request=request)


def _installed_torch(name: str, python: str, workshop: Workshop) -> InstalledTorch:
    """The torch of the environment that is meant: that of an interpreter, else the active one.

    :param name: what is to be frozen.
    :raises UsageError: for another name than torch's, or an environment without torch.
    """
    if name != TORCH:
        raise UsageError(f"{name} cannot be frozen", expected=f"--freeze-installed {TORCH}: the rest follows from it")
    environment = named_environment(python, "") or active_environment(os.environ, Path.cwd())[0]
    shown = str(environment.prefix)
    contents = read_contents(environment, workshop.facts.names_that_matter.__contains__, lambda _: None)
    disk = Disk(contents, workshop.facts, InstallLines((), workshop.facts), shown)
    if disk.torch is None:
        raise UsageError(
            "no torch is installed that could be kept",
            where=shown,
            expected="an environment with torch",
            hint="--python /path/to/its/python",
        )
    other = not_covered(contents) or (
        "" if _is_release(disk, workshop) else f"{disk.torch.text} is no release of PyTorch's"
    )
    return InstalledTorch(disk.torch.version, disk.tag, shown, other, contents)


def _is_release(disk: Disk, workshop: Workshop) -> bool:
    """Whether the installed torch is a build that facts speak of."""
    public, _, label = disk.torch.version.partition("+") if disk.torch is not None else ("", "", "")
    builds = workshop.facts.torch_builds(public)
    return any(build.tag == disk.tag and (build.pypi if not label else True) for build in builds)


def _frozen_job(job: Job, torch: InstalledTorch) -> Job:
    """The job for just this torch: its version, its tag, its Python.

    :raises UsageError: where another tag is asked for.
    :raises NoTuple: where another torch is asked for.
    """
    if job.cuda and job.cuda != torch.tag:
        raise UsageError(
            "the installed torch is for another CUDA tag",
            where=torch.shown,
            got=f"{torch.version}, {torch.tag}",
            expected=job.cuda,
        )
    asked = [text for text in job.requirements if _name(text) == TORCH]
    for text in asked:
        if not Requirement(text).specifier.contains(torch.public, prereleases=True):
            raise NoTuple(f"{text} leaves out torch {torch.version}, which is installed in {torch.shown}")
    others = tuple(text for text in job.requirements if text not in asked)
    return replace(
        job,
        requirements=(*others, f"{TORCH}=={torch.public}"),
        cuda=str(torch.tag or ""),
        python=torch.python or job.python,
        freeze="",
    )


def _around(locked: LockedTuple, torch: InstalledTorch) -> LockedTuple:
    """The tuple with the installed build in torch's place: nothing of it is fetched again."""
    pins = tuple(
        replace(
            pin,
            specifier=f"==={torch.version}",
            build=replace(pin.build, page="", channel=Build().channel),
            note=_kept(torch),
        )
        if pin.name == TORCH
        else pin
        for pin in locked.pins
    )
    return replace(locked, pins=pins)


def _kept_tuple(job: Job, torch: InstalledTorch, workshop: Workshop) -> LockedTuple:
    """The tuple of a torch that is no release: what is installed of the stack, each at its version; an engine has none.

    :raises NoTuple: where more than torch is asked for.
    """
    stack = workshop.stacks.find(TORCH)
    for text in job.requirements:
        if _name(text) != TORCH:
            raise _none_around(text, job, torch, workshop)
    alike = [each.distribution for each in workshop.facts.look_alikes if each.member in stack.names]
    installed = {name: each for name, each in torch.contents.firsts().items() if name in {*stack.names, *alike}}
    machine = torch.contents.machine or "x86_64"
    pins = tuple(
        Pin(
            name=each.name,
            version=each.version.partition("+")[0],
            specifier=f"==={each.version}",
            build=Build(local=each.version.partition("+")[2], sureness=Sureness.UNPROVEN, verified=True),
            evidence=(Evidence(subject="", line=f"installed in {torch.shown}"),),
        )
        for each in sorted(installed.values(), key=lambda each: (each.name != TORCH, each.name))
    )
    writes = [normalized_name(name) for name in dict.fromkeys(alike) if name not in installed]
    tag = torch.tag or CPU
    return LockedTuple(
        anchors=(
            Anchor(name=stack.anchor, version=torch.version, request=job.requirements[0], chosen="installed, and kept"),
        ),
        pins=pins,
        bounds=(),
        blocks=tuple(Block(name=name, reads=_BLOCKED) for name in writes),
        cuda=tag,
        platform=Platform(machine=machine),
        pythons=(torch.python,) if torch.python else (),
        python_asked=torch.python,
        driver=workshop.facts.least_driver(tag),
        notes=(
            f"{torch.other}: its parts are kept as they are installed, and nothing is known of other builds beside it",
        ),
        catalog_date=workshop.catalog.date,
        catalog_digest=workshop.catalog.digest,
    )


def _none_around(text: str, job: Job, torch: InstalledTorch, workshop: Workshop) -> NoTuple:
    """Why an engine has no tuple around a torch that is no release: its own pin, or that nobody has read the symbols."""
    locked = workshop.solver.solve(workshop.request(replace(job, requirements=(text,), cuda="", freeze="")))
    anchor, pin = locked.anchors[0], locked.pin(TORCH)
    reason = "nothing is known of the symbols that it has"
    if pin is not None and pin.evidence and not _admits(pin.evidence[0].line, torch.version):
        fact = pin.evidence[0]
        reason = f"{fact.subject} needs torch {pin.version} ({fact.line}{f', {fact.source}' if fact.source else ''})"
    return NoTuple(
        f"{text} has no tuple around the torch that is installed in {torch.shown}: {torch.other}, and {reason}",
        hint=f"in an environment of its own: uv venv && stackpin uv pip install --stack '{anchor.name}=={anchor.version}'",
    )


def _admits(line: str, version: str) -> bool:
    """Whether a METADATA line's specifier admits a version."""
    try:
        return Requirement(line).specifier.contains(Version(version), prereleases=True)
    except (ValueError, InvalidVersion):
        return True


def _kept(torch: InstalledTorch) -> str:
    return f"installed in {torch.shown}, and kept"


def _name(text: str) -> str:
    from stackpin.app.asked import address_of, requirement_of

    return "" if address_of(text) is not None else requirement_of(text).name.lower()
