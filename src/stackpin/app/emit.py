"""``stackpin emit``: a tuple as the file that another tool reads."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.frozen import compile_around
from stackpin.emit.constraints import IndexStyle, head_lines, rewritten
from stackpin.emit.formats import ENTRY_POINTS, FORMATS, Format
from stackpin.errors import FileUnwritable, StackpinError, UnknownName, UsageError
from stackpin.model.build import Channel
from stackpin.model.emission import Emission, HashedFile, Shell
from stackpin.model.value import Value, replace
from stackpin.resolve.wheels import fitting_files
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.compile import Compiled, Job, Workshop
    from stackpin.model.locked import LockedTuple

__all__ = ["EmitJob", "Emitted", "emission_of", "emit", "format_named", "own_formats", "put_in_place"]

#: Shells that read what is written for ``sh``.
_READ_SH = ("bash", "dash", "ksh", "zsh")


class EmitJob(Value):
    """What one ``emit`` is asked for, as typed; empty texts stand for the defaults.

    ``constraints`` is where the constraints file is to lie that the text names; ``output`` where the text goes.
    ``documents`` is where Renovate finds its document. ``old_uv`` leaves out what an old uv does not know.
    """

    format: str
    job: Job
    shell: str = Shell.SH.value
    constraints: str = ""
    output: str = ""
    documents: str = ""
    hashes: bool = True
    old_uv: bool = False


class Emitted(NamedTuple):
    """The text, the tuple that it holds, and notes.

    ``constraints`` is the path of the constraints file that the text names, and ``beside`` what that file has to hold, where it
    is on this machine; both are empty where there is none.
    """

    text: str
    locked: LockedTuple
    notes: tuple[str, ...]
    constraints: str
    beside: str


def emit(asked: EmitJob, workshop: Workshop, environ: Mapping[str, str]) -> Emitted:
    """Make the text of a format; nothing is written.

    :param environ: variables as they are now; GitHub's are extended, and the user's folders are found by them.
    :raises UnknownName: for a format or a shell that there is none of.
    :raises NoTuple: where no tuple satisfies the job.
    :raises CatalogGap: where the format needs a hash that is not known.
    :raises UsageError: where there is no place for the constraints file, or none that the format can name.
    """
    form = format_named(asked.format)
    shell = _shell_of(asked.shell)
    compiled = compile_around(asked.job, workshop, version=VERSION)
    notes = compiled.notes
    if form.resolves and not compiled.request.python:
        newest = compiled.locked.pythons[-1]
        notes = (*notes, f"{form.name} holds for Python {newest} alone: --python names another")
        asked = replace(asked, job=replace(asked.job, python=newest))
        compiled = compile_around(asked.job, workshop, version=VERSION)
    emission = replace(emission_of(compiled, asked, workshop), shell=shell, environ=environ)
    if form.resolves:
        emission = replace(emission, lock=_lock(compiled, workshop))
    path = _place(asked, form, compiled.locked, shell, environ)
    text = _text(form, replace(emission, constraints_path=path))
    elsewhere = shell is Shell.DOCKER and form.name == "env"
    beside = compiled.text if form.constraints and not elsewhere else ""
    return Emitted(text, compiled.locked, notes, path, beside)


def _text(form: Format, emission: Emission) -> str:
    """What the emitter says; an emitter of somebody else's may fail in any way.

    :raises UsageError: where it cannot be loaded, fails, or gives anything but a text.
    """
    if form.name in FORMATS:
        return form.load()(emission)
    where = f"{form.module}:{form.function}"
    try:
        text: object = form.load()(emission)
    except StackpinError:
        raise
    except Exception as error:
        raise UsageError(
            f"the emitter of {form.name} failed",
            where=where,
            got=f"{type(error).__name__}: {error}",
            hint="tell those who made it; the distributions that bring emitters: stackpin emit --list",
        ) from error
    if not isinstance(text, str):
        raise UsageError(
            f"the emitter of {form.name} gave no text", where=where, got=type(text).__name__, expected="str"
        )
    return text


def put_in_place(done: Emitted, output: str) -> None:
    """Write the constraints file, then the text that names it; where the text cannot be written, that file is as before.

    In the other order a tool would for a moment, or for good, be told to read a file that is not there.

    :param output: where the text goes; empty for nowhere.
    :raises FileUnwritable: when one of them cannot be written.
    """
    from stackpin.app.output import write_text
    from stackpin.effects.files import LocalFiles

    files, place = LocalFiles(), Path(done.constraints).resolve()
    before = files.read(place) if done.beside else None
    if done.beside:
        write_text(place, done.beside)
    try:
        if output:
            write_text(Path(output), done.text)
    except FileUnwritable:
        if done.beside and before is None:
            files.remove(place)
        elif before is not None:
            files.write(place, before)
        raise


def emission_of(compiled: Compiled, asked: EmitJob, workshop: Workshop) -> Emission:
    """A compiled tuple with everything that an emitter may need of it."""
    locked, mirrors = compiled.locked, workshop.settings.mirrors
    labelled = [pin for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS]
    sources = {str(pin.name): rewritten(pin.build.page, mirrors) for pin in labelled}
    members = _members(compiled, workshop)
    return Emission(
        locked=locked,
        header=tuple(head_lines(locked, f"by stackpin {VERSION}")),
        command=_command(asked, locked),
        constraints=compiled.text,
        pages=tuple(dict.fromkeys(sources.values())),
        sources=sources,
        free=_free(compiled),
        files={str(pin.name): files for pin in locked.pins if (files := _files(workshop, locked, str(pin.name)))},
        hashes=asked.hashes,
        documents=asked.documents,
        members=members,
        look_alikes=_look_alikes(compiled, workshop, members),
        old_uv=asked.old_uv,
    )


def _command(asked: EmitJob, locked: LockedTuple) -> str:
    """The line that makes the text again."""
    job = asked.job
    words = ["stackpin", "emit", asked.format, *job.requirements, "--cuda", str(locked.cuda)]
    for option, value in (
        *(("python", job.python), ("platform", job.platform), ("gpu", job.gpu)),
        *(("freeze-installed", job.freeze), ("constraints", asked.constraints), ("documents", asked.documents)),
        ("index-style", "" if job.index_style == IndexStyle.FIND_LINKS.value else job.index_style),
        ("shell", "" if asked.shell == Shell.SH.value else asked.shell),
    ):
        words += [f"--{option}", value] if value else []
    words += ["--prefer-builds"] * job.prefer_builds + ["--closure"] * job.closure
    words += ["--no-hashes"] * (not asked.hashes) + ["--old-uv"] * asked.old_uv
    words += [word for name in job.allow for word in ("--allow", name)]
    return shlex.join(words)


def _free(compiled: Compiled) -> tuple[str, ...]:
    """The packages of the stacks that the tuple has no pin for and does not keep out: they must not move by themselves."""
    locked, request = compiled.locked, compiled.request
    held = {str(pin.name) for pin in locked.pins} | {str(block.name) for block in locked.blocks}
    held |= {str(bound.name) for bound in locked.bounds}
    names = {str(name) for ask in request.asks for name in (*ask.stack.members, *ask.stack.always)}
    return tuple(sorted(names - held - {str(name) for name in request.allow}))


def _members(compiled: Compiled, workshop: Workshop) -> tuple[str, ...]:
    """What the stacks hold in one tuple or another, the anchors with it, and what has CUDA's own version (``cuda-python``)."""
    request = compiled.request
    names = {str(name) for ask in request.asks for name in (ask.stack.anchor, *ask.stack.members, *ask.stack.always)}
    names |= {name for name, member in workshop.facts.cuda_members.items() if member.major is None}
    return tuple(sorted((names | {str(pin.name) for pin in compiled.locked.pins}) - {*map(str, request.allow)}))


def _look_alikes(compiled: Compiled, workshop: Workshop, members: tuple[str, ...]) -> tuple[str, ...]:
    """What must stay out of every tuple of these stacks: it writes into a member's folder and is no member itself."""
    request = compiled.request
    names = {str(name) for ask in request.asks for name in ask.stack.look_alikes}
    names |= {row.distribution for row in workshop.facts.look_alikes if row.member in members}
    return tuple(sorted(names - {*members, *map(str, request.allow)}))


def _lock(compiled: Compiled, workshop: Workshop) -> str:
    """What uv resolves under the tuple, as a lock file.

    :raises NoTuple: where uv finds no answer.
    """
    from packaging.pylock import Pylock
    from tomlkit import parse

    from stackpin.app.closure import Uv, lock_text
    from stackpin.app.resolution import resolution_of

    wanted = resolution_of(compiled.locked, compiled.request, compiled.text)
    text = lock_text(wanted, Uv(index_url=workshop.settings.mirrors.get("pypi")))
    Pylock.from_dict(parse(text).unwrap()).validate()
    return text


def _files(workshop: Workshop, locked: LockedTuple, name: str) -> tuple[HashedFile, ...]:
    """The files of a member's build for the target, as the catalog knows them; none of a build that PyPI does not carry."""
    pin = locked.pin(name)
    if pin is None or pin.build.channel is not Channel.PYPI:
        return ()
    release = workshop.catalog.release(pin.name, pin.version)
    if release is None:
        return ()
    found = fitting_files(release, locked.pythons, locked.platform)
    return tuple(HashedFile(name=file.name, sha256=file.sha256) for file in found if file.sha256)


def _shell_of(text: str) -> Shell:
    try:
        return Shell(text)
    except ValueError as error:
        raise UnknownName(
            f"there is no shell {text!r}",
            expected=", ".join(shell.value for shell in Shell),
            hint="--shell sh" if text in _READ_SH else "",
        ) from error


def _place(asked: EmitJob, form: Format, locked: LockedTuple, shell: Shell, environ: Mapping[str, str]) -> str:
    """Where the constraints file lies that a text names: as it was asked, beside the text, else in the user's data folder."""
    if not form.constraints:
        return ""
    if asked.constraints:
        return asked.constraints if shell is Shell.DOCKER else str(Path(asked.constraints).absolute())
    if shell is Shell.DOCKER and form.name == "env":
        return ""
    if asked.output and form.name == "pip-conf":
        return str(Path(asked.output).absolute().with_name("stackpin-constraints.txt"))
    home = environ.get("XDG_DATA_HOME") or (f"{environ['HOME']}/.local/share" if environ.get("HOME") else "")
    if not home:
        raise UsageError(
            "there is no place for the constraints file", expected="--constraints FILE, or HOME in the environment"
        )
    names = "-".join(f"{anchor.name}-{anchor.version}" for anchor in locked.anchors)
    return str(Path(home) / "stackpin" / f"{names}-{locked.cuda}.txt")


def own_formats() -> dict[str, Format]:
    """The formats that other distributions bring, by name."""
    from importlib.metadata import entry_points

    found = {}
    for point in entry_points(group=ENTRY_POINTS):
        module, _, function = point.value.partition(":")
        found[point.name] = Format(point.name, module, function, f"by {point.value}")
    return found


def format_named(name: str) -> Format:
    """A format by its name: one of ours, else one of an entry point.

    :raises UnknownName: where there is none; the hint has the near miss.
    """
    if name in FORMATS:
        return FORMATS[name]
    known = {**own_formats(), **FORMATS}
    if name in known:
        return known[name]
    from difflib import get_close_matches

    near = next(iter(get_close_matches(name, known, n=1)), "")
    raise UnknownName(
        f"there is no format {name!r}",
        expected=", ".join(sorted(known)),
        hint=f"stackpin emit {near} ..." if near else "",
    )
