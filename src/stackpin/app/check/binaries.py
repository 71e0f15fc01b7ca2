"""The shared objects of an environment: which kernels load with its torch, and the CUDA that they are linked with.

Only what is linked with torch's libraries is read: of the other thousand files the names of their libraries tell that they
are none of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.abi_read import Read, judge_read
from stackpin.check.on_disk_symbols import Misfit
from stackpin.effects.installed_files import installed_wheel, mention
from stackpin.errors import InputUnreadable
from stackpin.index.wheel_symbols import kernel_symbols, torch_tables
from stackpin.model.abi import Verdict, WheelRead
from stackpin.model.environment import Installed
from stackpin.model.stack import TORCH
from stackpin.model.value import Value
from stackpin.parse.elf import drive
from stackpin.parse.elf_needed import read_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from stackpin.catalog.facts import Facts
    from stackpin.effects.installed_files import InstalledWheel
    from stackpin.model.abi import KernelSymbols
    from stackpin.model.installed import Contents, Described

__all__ = ["Binaries", "read_binaries"]

#: Libraries of torch by the names that a kernel is linked with: ``libtorch_cpu.so``, ``libc10_cuda.so``.
_TORCHS = ("libtorch", "libc10")


class Binaries(Value):
    """What the binaries tell. ``linked`` has the majors of the CUDA libraries that each kernel needs, by its name."""

    misfits: tuple[Misfit, ...] = ()
    linked: tuple[tuple[str, tuple[int, ...]], ...] = ()


def read_binaries(
    contents: Contents,
    facts: Facts,
    members: Collection[str],
    trouble: Callable[[InputUnreadable], None],
    *,
    place: Callable[[str], str] | None = None,
) -> Binaries:
    """Read torch's libraries, and the shared objects that are linked with them.

    :param members: the normalized names of which an unreadable shared object is told; of others it is passed over.
    :param trouble: takes what could not be read.
    :param place: where a path leads, in a tree whose links are not this system's.
    """
    torch = contents.first(TORCH)
    if torch is None or torch.record is None:
        return Binaries()
    kernels = [each for each in contents.distributions if _may_be_kernel(each, contents, members, place)]
    found = [(each, symbols) for each in kernels if (symbols := _symbols(each, contents, members, trouble, place))]
    linked = tuple((str(each.name), symbols.cuda_majors) for each, symbols in found)
    needing = [(each, symbols) for each, symbols in found if any(symbols.needs)]
    side = _torch(torch, contents, trouble, place) if needing else None
    if side is None:
        return Binaries(linked=linked)
    misfits = []
    for each, symbols in needing:
        judgement = judge_read(symbols, side)
        if judgement.verdict is Verdict.MISFIT and (whole := _whole(each, contents, place)) is not None:
            judgement = judge_read(whole, side)
            if judgement.verdict is Verdict.MISFIT:
                misfits.append(Misfit(each, judgement, _fitting(str(each.name), side, facts, contents.machine)))
    return Binaries(misfits=tuple(misfits), linked=linked)


def _may_be_kernel(
    each: Described, contents: Contents, members: Collection[str], place: Callable[[str], str] | None
) -> bool:
    """Whether a distribution has to be read: a member that has shared objects, another that mentions torch's libraries."""
    if each.name == TORCH or each.name.startswith("nvidia-") or not each.record or b".so" not in each.record:
        return False
    if each is not contents.first(each.name):
        return False
    return each.name in members or mention(each.packages, each.record, _TORCHS, place=place)


def _installed(each: Described) -> Installed:
    return Installed(each.name, each.version, Path(each.path))


def _told(each: Described, contents: Contents) -> WheelRead:
    return WheelRead(name=str(each.name), version=each.version, file=each.path, sha256="", machine=contents.machine)


def _symbols(
    each: Described,
    contents: Contents,
    members: Collection[str],
    trouble: Callable[[InputUnreadable], None],
    place: Callable[[str], str] | None,
) -> KernelSymbols | None:
    """What a distribution's shared objects need that are linked with torch; None where none is."""
    try:
        with installed_wheel(_installed(each), place=place) as wheel:
            names = _linked_with_torch(wheel)
            with wheel.only(names) as linked:
                return kernel_symbols(linked, _told(each, contents))
    except InputUnreadable as error:
        if each.name in members:
            trouble(_in_folder(each, error))
    except OSError:
        pass  # a link that leads nowhere: then it is not there
    return None


def _linked_with_torch(wheel: InstalledWheel) -> set[str]:
    names = set()
    for member in wheel.members:
        if ".libs/" not in member.name:
            try:
                libraries = drive(read_needed(member.size), wheel.opened(member))
            except InputUnreadable as error:
                error.where = f"{member.name}, {error.where}"
                raise
            if any(library.startswith(_TORCHS) for library in libraries):
                names.add(member.name)
    return names


def _whole(each: Described, contents: Contents, place: Callable[[str], str] | None) -> KernelSymbols | None:
    """The same with all shared objects: what one of them defines is not asked of torch by another."""
    try:
        with installed_wheel(_installed(each), place=place) as wheel:
            return kernel_symbols(wheel, _told(each, contents))
    except (InputUnreadable, OSError):
        return None  # what cannot be read whole is not judged


def _torch(
    torch: Described, contents: Contents, trouble: Callable[[InputUnreadable], None], place: Callable[[str], str] | None
) -> Read | None:
    try:
        with installed_wheel(_installed(torch), place=place) as wheel:
            return Read(read=_told(torch, contents), exports=torch_tables(wheel))
    except InputUnreadable as error:
        trouble(_in_folder(torch, error))
    except OSError:
        pass  # a link that leads nowhere: then it is not there
    return None


def _in_folder(each: Described, error: InputUnreadable) -> InputUnreadable:
    """The same error with the path of the file that it is about; the part of the file goes with what was found."""
    member, _, part = error.where.partition(", ")
    if not member.startswith(each.packages):
        error.where = f"{each.packages}/{member}"
        error.got = f"{part}: {error.got}" if part else error.got
    return error


def _fitting(name: str, torch: Read, facts: Facts, machine: str) -> tuple[str, ...]:
    """The releases of a kernel that were read and miss nothing in the installed torch, oldest first."""
    kernels = facts.abi.kernels(name, machine)
    return tuple(each.read.version for each in kernels if judge_read(each, torch).verdict is Verdict.NOT_REFUTED)
