"""Dockerfiles and shell scripts as subjects: what the pip and uv lines in them leave in each environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.app.check.command_runs import Running, Sheet
from stackpin.app.check.context_files import ContextFiles
from stackpin.catalog.base_images import base_image
from stackpin.check.command_steps import ANY, Ground, Settled, settled
from stackpin.model.input_file import InputKind
from stackpin.model.mention import Mention, Role
from stackpin.model.names import normalized_name
from stackpin.model.value import replace
from stackpin.parse.dockerfile import Copied, Ran, parse_dockerfile
from stackpin.parse.shell_commands import parse_script

if TYPE_CHECKING:
    from stackpin.app.check.command_runs import Read
    from stackpin.catalog.base_images import BaseImage
    from stackpin.catalog.loader import Catalog
    from stackpin.check.command_steps import Needs, Step
    from stackpin.model.finding import Finding
    from stackpin.model.mention import Place, Subject
    from stackpin.parse.dockerfile import Stage

__all__ = ["CommandReading", "catalog_needs", "command_subjects"]

#: What a stage takes over from another that may be an environment, by its path.
_ENVIRONMENT = re.compile(
    r"venv|site-packages|dist-packages|conda|^/(?:usr(?:/local)?(?:/lib(?:64)?)?(?:/python[\d.]*)?|opt(?:/.*)?|root)?/?$"
)
_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64", "linux/arm64/v8": "aarch64"}


class CommandReading(NamedTuple):
    """What one file's commands come to.

    ``notes`` say what was not followed, and why, with path and line. ``wrong`` are words that stand where a requirement is
    asked for and that no installer takes for one, each with its place. ``findings`` are those on single lines of requirements
    that the file holds itself.
    """

    subjects: tuple[Subject, ...]
    notes: tuple[str, ...] = ()
    wrong: tuple[tuple[str, Place], ...] = ()
    findings: tuple[Finding, ...] = ()


def command_subjects(
    content: bytes, shown: str, kind: InputKind, *, read: Read | None = None, needs: Needs | None = None
) -> CommandReading:
    """A Dockerfile's stages or a script as subjects: one for each environment that lines build up, and for each branch.

    :param shown: the file as it is shown.
    :param kind: a Dockerfile or a shell script.
    :param read: the subject that a requirements file of the build context makes, by its path there, for ``-r`` (and, with
        True, for ``-c``); None where there is none. Without it such files are not followed.
    :param needs: what packages ask for (:func:`catalog_needs`), by which a later command replaces what an earlier one put
        there.
    :raises InputUnreadable: for a file that is not what it claims to be.
    """
    if kind is InputKind.DOCKERFILE:
        return _dockerfile(content, shown, read, needs)
    lines, commands = parse_script(content, shown)
    sheet = Sheet(lines, None)
    running = Running(sheet, ContextFiles())
    running.run(commands, ".")
    steps, pythons = _by_python(running)
    found = settled(steps, Ground(path=shown, pythons=pythons), needs)
    subjects = tuple(subject for group in found for subject in group)
    return CommandReading(subjects, tuple(sheet.notes), tuple(sheet.wrong), tuple(sheet.findings))


class _Built(NamedTuple):
    """One stage: its commands, what it stands on, and what it came to; ``covered`` is whether anything is said of it."""

    running: Running
    ground: Ground
    covered: bool
    found: Settled


def _dockerfile(content: bytes, shown: str, read: Read | None, needs: Needs | None) -> CommandReading:
    dockerfile = parse_dockerfile(content, shown)
    sheet = Sheet(dockerfile.lines, read)
    built: list[_Built] = []
    for stage in dockerfile.stages:
        parent = built[stage.parent] if stage.parent is not None else None
        built.append(_stage(stage, parent, sheet, needs, alone=len(dockerfile.stages) == 1))
    subjects = [subject for each in built for group in each.found for subject in group]
    sure = {subject for each in built for subject in each.found.sure}
    together = [(frozenset((*subject.mentions, *subject.base)), subject in sure) for subject in subjects]
    kept = [subject for number, subject in enumerate(subjects) if not _is_judged_elsewhere(number, together)]
    return CommandReading(tuple(kept), tuple(sheet.notes), tuple(sheet.wrong), tuple(sheet.findings))


def _is_judged_elsewhere(number: int, together: list[tuple[frozenset[Mention], bool]]) -> bool:
    """Whether all that stands together in a subject does so in a larger one that is sure to be, or in an equal one before."""
    own, _ = together[number]
    return any(
        (own < larger and sure) or (own == larger and other < number) for other, (larger, sure) in enumerate(together)
    )


def _stage(stage: Stage, parent: _Built | None, sheet: Sheet, needs: Needs | None, *, alone: bool) -> _Built:
    running = parent.running.child() if parent else Running(sheet, ContextFiles())
    ground = parent.ground if parent else _ground(stage, sheet)
    covered = parent.covered if parent else _is_covered(stage, sheet)
    part = "" if alone and not stage.name else f"stage {stage.name or stage.number}"
    machine = _MACHINES.get(stage.platform, ground.machine)
    ground = replace(ground, part=part, machine=machine)
    for step in stage.steps:
        if isinstance(step, Ran):
            files = running.files
            if step.mounted:
                running.files = files.copy()
                for source, target in step.mounted:
                    running.files.add(Copied((source,), target, step.folder))
            running.run(step.commands, step.folder)
            running.files = files
        elif isinstance(step, Copied):
            running.files.add(step)
            if step.source and any(_ENVIRONMENT.search(path) for path in (*step.paths, step.target)):
                running.untold(0)
        else:
            line, _ = sheet.lines.position(step.offset)
            sheet.note(line, "this RUN is not read: SHELL names no shell that can be followed")
            running.untold(line)
    steps, pythons = _by_python(running)
    ground = replace(ground, pythons=pythons or ground.pythons)
    found = settled(steps, ground, needs) if covered else Settled((), (), ())
    return _Built(running, ground, covered, found)


def _image(stage: Stage) -> BaseImage | None:
    return base_image(stage.image.text)


def _is_covered(stage: Stage, sheet: Sheet) -> bool:
    image = _image(stage)
    if image is None or not image.uncovered:
        return True
    line, _ = sheet.lines.position(stage.image.origin(0))
    sheet.note(
        line,
        f"{stage.image.text} has {image.uncovered}, which is not covered: nothing is said of what is built from it",
    )
    return False


def _ground(stage: Stage, sheet: Sheet) -> Ground:
    """What is there before the first command."""
    image = _image(stage)
    path = sheet.lines.path
    if image is None:
        return Ground(path=path)
    place = sheet.lines.place(stage.image)
    return Ground(
        path=path,
        base=tuple(
            Mention(
                name=normalized_name(name), place=place, role=Role.INSTALLED, version=version, text=stage.image.text
            )
            for name, version in image.packages
        ),
        tag=str(image.tag),
        tag_place=place if image.tag else None,
        also=image.also,
        pythons=(image.python,) if image.python else (),
    )


def _by_python(running: Running) -> tuple[list[Step], tuple[str, ...]]:
    """The steps, and the Python that each call names for the environment of plain ``pip``.

    Where they name several, each has an environment of its own.
    """
    told = {step.python for step in running.steps if not step.environment and step.mentions}
    named = told - {""}
    if len(named) < 2:
        return running.steps, tuple(named) if len(told) == 1 else ()
    steps = [
        step if step.environment or not step.python else replace(step, environment=f"python{step.python}")
        for step in running.steps
    ]
    return steps, ()


def catalog_needs(catalog: Catalog, machine: str = "x86_64") -> Needs:
    """What the catalog's releases ask for, by name and specifier.

    Of a mention without a version it is what the newest does, of one in any version what any does.
    """
    known: dict[tuple[object, ...], tuple[tuple[str, str], ...]] = {}

    def needs(mention: Mention) -> tuple[tuple[str, str], ...]:
        version = mention.version.partition("+")[0]
        key = (mention.name, version, bool(mention.extras))
        if key not in known:
            known[key] = tuple(_requires(catalog, str(mention.name), version, machine, extras=bool(mention.extras)))
        return known[key]

    return needs


def _requires(catalog: Catalog, name: str, version: str, machine: str, *, extras: bool) -> list[tuple[str, str]]:
    releases = catalog.releases(name) or ()
    if version == ANY:
        chosen = list(releases)
    elif version:
        chosen = [each for each in releases if each.text == version]
    else:
        chosen = [each for each in releases if not each.version.is_prerelease][:1]
    found = []
    for line in dict.fromkeys(line for release in chosen for line in release.requires(machine)):
        if "extra" in line.partition(";")[2] and not extras:
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        found.append((str(normalized_name(requirement.name)), str(requirement.specifier)))
    return found
