"""``stackpin check`` on environments: what lies in one, and what only its files tell.

Nothing is imported from an environment and no process is started for it. Which versions go together is judged elsewhere,
by the :class:`~stackpin.model.mention.Subject` that an environment gives like any file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from stackpin.effects.installed_metadata import file_as_it_lies, is_guarded, is_virtual, read_conda, read_contents
from stackpin.model.finding import Finding, Rule, Trouble
from stackpin.model.mention import Mention, Place, Role, Subject, SubjectKind
from stackpin.model.stack import FAMILY, TORCH, TRITON
from stackpin.model.value import Value, as_dict, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from stackpin.catalog.facts import Facts
    from stackpin.check.on_disk_files import Overwritten, Shared
    from stackpin.effects.root_folder import Inside
    from stackpin.errors import InputUnreadable
    from stackpin.model.environment import Environment
    from stackpin.model.installed import CondaPackage, Contents, Described, Recorded

__all__ = [
    "EnvironmentJob",
    "Looked",
    "environment_subjects",
    "environments_in_root",
    "look_at",
]

_Part = TypeVar("_Part")

#: The most that is hashed of one environment, in bytes; the first file beyond it is not judged, nor those after it.
_MOST_HASHED = 256 * 1024 * 1024


class EnvironmentJob(Value):
    """How an environment is to be looked at.

    ``shown`` is its folder as the reader knows it, its prefix where empty; ``inside`` is the root that it lies in, where it
    is a part of another system's tree. ``driver`` and ``gpu`` are those of the machine that it is for, empty where they are
    not known; ``binaries`` is whether shared objects are read. ``members`` are names beside those of the catalog's stacks.
    """

    shown: str = ""
    inside: Inside | None = None
    driver: str = ""
    gpu: str = ""
    binaries: bool = True
    members: tuple[str, ...] = ()
    mirrors: Mapping[str, str] | None = None


class Looked(Value):
    """What came of it: the subject for the judge, and what only the disk tells."""

    subject: Subject
    findings: tuple[Finding, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()


def environment_subjects(environment: Environment, *, shown: str = "") -> Subject:
    """The distributions of an environment, as a subject; nothing else is looked at, and what cannot be read is left out."""
    contents = read_contents(environment, {TORCH, TRITON, *FAMILY}.__contains__, lambda _: None)
    return _subject(contents, shown or str(environment.prefix))


def environments_in_root(root: Path) -> tuple[tuple[tuple[Environment, EnvironmentJob], ...], tuple[Trouble, ...]]:
    """The environments in a container's root file system, each with the job that looks at it in there.

    :raises InputUnreadable: when the root is no folder.
    """
    from stackpin.effects.root_folder import Inside, environments_below

    inside = Inside(os.fspath(root))
    environments, errors = environments_below(inside)
    shown = [f"{os.fspath(root).rstrip('/')}{str(each.prefix)[len(inside.root) :]}" or "/" for each in environments]
    jobs = tuple(EnvironmentJob(shown=text, inside=inside) for text in shown)
    return tuple(zip(environments, jobs, strict=True)), tuple(_trouble(error) for error in errors)


def look_at(environment: Environment, facts: Facts, job: EnvironmentJob | None = None) -> Looked:
    """Everything about an environment but the judgement of its versions.

    Costs one listing a folder, a small file or two a distribution, and the parts of shared objects that name symbols.
    """
    job = job or EnvironmentJob()
    shown = _legible(job.shown or str(environment.prefix))
    errors: list[InputUnreadable] = []
    members = facts.names_that_matter.union(job.members)
    contents = read_contents(environment, members.__contains__, errors.append, place=job.inside)
    contents = replace(contents, conda=_conda(contents, members, errors.append, job))
    findings, notes = _findings(contents, facts, members, errors.append, replace(job, shown=shown))
    if shown != (job.shown or str(environment.prefix)):
        findings = tuple(_written(each) for each in findings)
    return Looked(
        subject=_subject(contents, shown),
        findings=findings,
        troubles=tuple(sorted({_trouble(error) for error in errors}, key=lambda each: (each.place.path, each.message))),
        notes=notes,
    )


def _subject(contents: Contents, shown: str) -> Subject:
    seen: dict[NormalizedName, Described] = {}
    for each in contents.distributions:
        seen.setdefault(each.name, each)
    file = contents.torch_file
    return Subject(
        path=shown,
        kind=SubjectKind.ENVIRONMENT,
        mentions=tuple(
            Mention(
                name=each.name,
                place=Place(path=shown, distribution=str(each.name)),
                role=Role.INSTALLED,
                version=each.version,
            )
            for each in seen.values()
        ),
        pythons=(contents.environment.python,) if contents.environment.python else (),
        machine=contents.machine,
        tag=file.said.tag if file is not None else "",
        tag_place=Place(path=_legible(f"{file.packages}/torch/version.py")) if file is not None else None,
        torch_label=file.said.version if file is not None else "",
    )


def _conda(
    contents: Contents, members: Collection[str], trouble: Callable[[InputUnreadable], None], job: EnvironmentJob
) -> tuple[CondaPackage, ...]:
    there = {str(each.name) for each in contents.distributions}.intersection(members)

    def wanted(file: str) -> bool:
        from stackpin.parse.conda_meta import distribution_of

        return distribution_of(file) in there

    return tuple(read_conda(contents.environment.prefix, wanted, trouble, place=job.inside))


def _findings(
    contents: Contents,
    facts: Facts,
    members: frozenset[str],
    trouble: Callable[[InputUnreadable], None],
    job: EnvironmentJob,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    from stackpin.check import on_disk_files
    from stackpin.check.install_lines import InstallLines
    from stackpin.check.on_disk import Disk, not_covered

    lines = InstallLines(_target(contents.environment, job), facts, _address(job.mirrors or {}))
    disk = Disk(contents, facts, lines, job.shown)
    found = [*on_disk_files.installed_twice(disk), *on_disk_files.conda_beside_pip(disk)]
    why = not_covered(contents)
    if why:
        return tuple(found), (f"{job.shown}: {why}",)
    owners = members.union(name for name in disk.pins.names(TORCH) if name.startswith("nvidia-"))
    alike, rest = on_disk_files.look_alikes(disk, _overwritten(contents, owners, job))
    found += [*alike, *on_disk_files.files_overwritten(disk, rest), *disk.torch_files(), *disk.nvidia()]
    linked: Mapping[str, tuple[int, ...]] = {}
    notes: tuple[str, ...] = ()
    if job.binaries and disk.torch is not None:
        from stackpin.app.check.binaries import read_binaries
        from stackpin.check.on_disk_symbols import abi_misfits

        binaries = read_binaries(contents, facts, members, trouble, place=job.inside)
        misfits, notes = abi_misfits(disk, binaries.misfits)
        found += misfits
        linked = dict(binaries.linked)
    found += disk.cuda_majors(linked)
    if job.driver or job.gpu:
        from stackpin.check.on_disk_machine import driver_too_old, gpu_without_code

        found += [*driver_too_old(disk, job.driver), *gpu_without_code(disk, job.gpu)]
    return tuple(sorted(found, key=lambda each: (each.rule.id, each.package))), tuple(
        f"{job.shown}: {note}" for note in notes
    )


def _overwritten(contents: Contents, owners: Collection[str], job: EnvironmentJob) -> tuple[Overwritten, ...]:
    from stackpin.check.on_disk_files import overwritten, shared_files

    seen: dict[Shared, Recorded | None] = {}
    left = _MOST_HASHED
    shared = shared_files(contents, owners)
    for each in shared:
        if each.told_by_size or left > 0:
            sizes = () if each.told_by_size else (each.own.size,)
            seen[each] = file_as_it_lies(each.place, sizes, place=job.inside)
            left -= each.own.size if sizes else 0
    return overwritten(shared, seen)


def _target(environment: Environment, job: EnvironmentJob) -> tuple[str, ...]:
    """The words that name an environment to uv; in a container's tree, as they are typed inside the container."""
    prefix, executable, shown = str(environment.prefix), environment.executable, job.shown
    if job.inside is not None:
        cut = len(job.inside.root)
        shown, executable = prefix[cut:] or "/", executable[cut:]
    if not executable:
        return ("--target", shown if environment.packages == (environment.prefix,) else str(environment.packages[0]))
    if is_guarded(environment):
        return ("--python", executable, "--break-system-packages")
    return ("--python", shown if is_virtual(environment) else executable)


def _address(mirrors: Mapping[str, str]) -> Callable[[str], str]:
    """What stands for an address: that of the mirror whose prefix it has."""

    def stands_for(url: str) -> str:
        if not mirrors:
            return url
        from stackpin.emit.constraints import rewritten

        return rewritten(url, mirrors)

    return stands_for


def _trouble(error: InputUnreadable) -> Trouble:
    got = f" ({error.got})" if error.got else ""
    return Trouble(slug=error.slug, message=_legible(f"{error.what}{got}"), place=Place(path=_legible(error.where)))


def _written(part: _Part) -> _Part:
    """A finding, or a part of one, with every text in it legible."""
    if isinstance(part, str):
        return _legible(part)  # type: ignore[return-value]  # a text for a text
    if isinstance(part, tuple):
        return tuple(map(_written, part))  # type: ignore[return-value]  # its parts are of the same kinds
    if isinstance(part, Value) and not isinstance(part, Rule):
        return replace(part, **{name: _written(each) for name, each in as_dict(part).items()})
    return part


def _legible(text: str) -> str:
    """A text with what is no UTF-8 in it (a file's name) spelled out, so that it can be written anywhere."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
