"""``stackpin apply``: put the tuple into a file that another tool reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.effects.files import LocalFiles
from stackpin.emit.constraints import rewritten
from stackpin.errors import InputUnreadable, UsageError
from stackpin.inject.plan import members_of
from stackpin.model.build import Channel
from stackpin.patch.uv_project import Wanted, with_tuple
from stackpin.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.locked import LockedTuple

__all__ = ["Applied", "apply"]


class Applied(NamedTuple):
    """The text of a file before and after, and what the person should know."""

    before: str
    after: str
    notes: tuple[str, ...]


def apply(path: Path, job: Job, workshop: Workshop, *, check: bool = False) -> Applied:
    """Put the tuple of the stacks into a project's ``pyproject.toml``; written whole, or not at all.

    :param job: its ``requirements`` are the stacks; where it has none, those of the settings.
    :param check: write nothing.
    :raises UsageError: when no stack is named or set, or the file is none that can be patched.
    :raises InputUnreadable: when the file is not there, is no TOML, or cannot be patched without loss.
    :raises NoTuple: when no tuple satisfies the stacks.
    :raises FileUnwritable: when the file cannot be written.
    """
    if path.name != "pyproject.toml":
        raise UsageError("this kind of file cannot be patched yet", got=path.name, expected="pyproject.toml")
    stacks = job.requirements or workshop.settings.stack
    if not stacks:
        raise UsageError(
            "no stack is named",
            expected="--stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]",
            hint=f"stackpin apply {path} --stack sglang",
        )
    raw = LocalFiles().read(path)
    if raw is None:
        raise InputUnreadable("there is no such file", where=str(path), expected="a project's pyproject.toml")
    compiled = compile_job(job.__replace__(requirements=stacks), workshop, version=VERSION)
    before = _decoded(raw, path)
    after = with_tuple(before, _wanted(compiled.locked, stacks, workshop), where=str(path))
    if after != before and not check:
        LocalFiles().write(path, after.encode())
    return Applied(before, after, compiled.notes)


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InputUnreadable("the file is no UTF-8", where=str(path), got=str(error), expected="UTF-8") from error


def _wanted(locked: LockedTuple, stacks: tuple[str, ...], workshop: Workshop) -> Wanted:
    found = [workshop.stacks.find(Requirement(text).name) for text in stacks]
    names = [str(name) for stack in found for name in (*stack.members, *stack.always, *stack.look_alikes)]
    labelled = [pin for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS]
    own = {f"{pin.name}{pin.specifier}" for pin in labelled}
    marker = f"sys_platform == 'linux' and platform_machine == '{locked.platform.machine}'"
    mirrors = workshop.settings.mirrors
    return Wanted(
        constraints=tuple(f"{line} ; {marker}" if line in own else line for line in locked.requirements),
        managed=frozenset({*map(canonicalize_name, names), *members_of(locked)}),
        sources={str(pin.name): rewritten(_root(pin.build.page), mirrors) for pin in labelled},
        marker=marker,
    )


def _root(page: str) -> str:
    """The index that a project's page belongs to."""
    return page.rstrip("/").rpartition("/")[0]
