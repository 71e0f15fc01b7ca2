"""The symbols of a wheel: what a kernel needs of torch, what a torch exports.

Works on any :class:`stackpin.parse.member_bytes.OpenWheel`, remote or local. A kernel's shared objects are read from their
fronts as a rule, a torch's libraries whole: their string table lies at the end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from stackpin.abi.symbols import MARKS, cuda_majors, cxx11_abi, is_stable, is_torch, torch_symbols
from stackpin.errors import InputUnreadable
from stackpin.model.abi import KernelSymbols, WheelRead
from stackpin.parse.elf import ElfExports, drive, read_elf, read_exports
from stackpin.parse.elf_exports import gnu_hash
from stackpin.parse.elf_front import read_front
from stackpin.parse.fatbin import architecture_order, read_architectures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.parse.elf_bytes import Asking
    from stackpin.parse.member_bytes import OpenWheel, Source
    from stackpin.parse.wheel_members import Member

__all__ = ["KEEP_TORCH", "TorchRead", "TorchTables", "gpu_code", "kernel_symbols", "torch_exports", "torch_tables"]

#: A shared object; what ``auditwheel`` has put beside a package (``name.libs/``) is of others.
_OBJECT = re.compile(r"(?!.*\.libs/).*\.so(?:\.\d+)*")
_TORCH_LIBRARY = re.compile(r"torch/lib/lib(?:torch|c10)\w*\.so")
#: What tells files apart that stand in for each other: for one CUDA or another, for one torch or another.
_CUDA_CHOICE = re.compile(r"[._-]?cu(?:da)?[_-]?(1\d)\d?(?=\W|_)")
_TORCH_CHOICE = re.compile(r"(?:^|[/._-])(?P<label>torch(?P<major>\d)\.?(?P<minor>\d{1,2})[._-]?(?:cpu|cuda)?)(?=\W)")
#: A shared object up to this many bytes is read whole where its front tells nothing.
_WHOLE = 256 * 1024 * 1024
#: How far a library of torch may be inflated (bytes): they are the largest there are.
KEEP_TORCH = 2 * 1024 * 1024 * 1024
_NAMES = 256 * 1024 * 1024


_T = TypeVar("_T")


class _Object(NamedTuple):
    """What one shared object needs of torch or defines in torch's namespaces, and the libraries that it needs."""

    symbols: frozenset[str]
    own: frozenset[str]
    libraries: tuple[str, ...]


class _Choice(NamedTuple):
    """Files of a wheel of which one is loaded: what it needs, and the torch series that it is for where names tell."""

    symbols: frozenset[str]
    series: str


class TorchRead(NamedTuple):
    """What all libraries of one torch export, and the CUDA majors that they are linked with."""

    exports: frozenset[str]
    cuda_majors: tuple[int, ...]

    def among(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that it exports."""
        return self.exports & names


class TorchTables(NamedTuple):
    """What all libraries of one torch export, by their hash tables alone: no name of them was read.

    That a name is not there is certain; that it is, but for one in some 40 000 names that are not
    (:meth:`stackpin.parse.elf_exports.ElfExports.may_define`).
    """

    libraries: tuple[ElfExports, ...]

    def among(self, names: frozenset[str]) -> frozenset[str]:
        """Those of the names that it exports."""
        return frozenset(name for name in names if self._defined(gnu_hash(name)))

    def _defined(self, code: int) -> bool:
        return any(each.may_define_hash(code) for each in self.libraries)


def kernel_symbols(wheel: OpenWheel, read: WheelRead) -> KernelSymbols | None:
    """What the shared objects of a kernel's wheel need; None where it has none.

    A symbol that one of them defines is not asked of torch by the others: plug-ins for other devices carry operators of
    their own in torch's namespaces. (Whether the loader would find it there is not looked at: a doubt is no proof.)

    :raises InputUnreadable: where one of them is no sound ELF file, or too large to be read whole.
    :raises IndexFailed: where the index fails.
    """
    found = [(member.name, _object(wheel, member)) for member in wheel.members if _OBJECT.fullmatch(member.name)]
    if not found:
        return None
    own = frozenset().union(*(each.own for _, each in found))
    choices = _choices([(name, each.symbols - own) for name, each in found])
    needs = tuple(choice.symbols for choice in choices)
    every = frozenset(name for each in needs for name in each)
    return KernelSymbols(
        read=read,
        needs=needs,
        series=tuple(choice.series for choice in choices if choice.series),
        cuda_majors=cuda_majors(library for _, each in found for library in each.libraries),
        cxx11_abi=cxx11_abi(every),
        stable=bool(every) and all(map(is_stable, every)),
        writes=_writes(member.name for member in wheel.members),
    )


def _writes(names: Iterable[str]) -> tuple[str, ...]:
    """The first parts of the paths in a wheel, what describes it left aside (``.dist-info``, ``.data``)."""
    parts = {name.partition("/")[0] for name in names}
    return tuple(sorted(part for part in parts if not part.endswith((".dist-info", ".data"))))


def _object(wheel: OpenWheel, member: Member) -> _Object:
    source = wheel.opened(member)
    front = _driven(read_front(member.size, marks=MARKS), source, member)
    if front is not None:
        symbols = torch_symbols((each.name, each.weak) for each in front.undefined)
        return _Object(symbols, frozenset(filter(is_torch, front.defined)), front.libraries)
    if member.size > _WHOLE:
        raise InputUnreadable(
            "a shared object is too large to be read whole",
            where=member.name,
            got=f"{member.size} bytes",
            expected=f"its tables at the front, or at most {_WHOLE} bytes",
        )
    whole = _driven(read_elf(member.size, limit=_NAMES), source, member)
    symbols = torch_symbols((each.name, each.weak) for each in whole.undefined)
    return _Object(symbols, frozenset(each.name for each in whole.defined if is_torch(each.name)), whole.needed)


def _driven(reader: Asking[_T], source: Source, member: Member) -> _T:
    """Run a reader of one file to its end; an error says which file it is about, for the readers know its parts only."""
    try:
        return drive(reader, source)
    except InputUnreadable as error:
        if member.name not in error.where:
            error.where = f"{member.name}, {error.where}"
        raise


def _choices(found: Sequence[tuple[str, frozenset[str]]]) -> tuple[_Choice, ...]:
    """One choice for each torch, else for each CUDA, that some files are for; what is common to all is in each.

    Where the names tell of no two such, there is one choice: everything.
    """
    for label in (_torch_label, _cuda_label):
        common: set[str] = set()
        choices: dict[tuple[str, str], set[str]] = {}
        for name, symbols in found:
            told = label(name)
            (common if told is None else choices.setdefault(told, set())).update(symbols)
        if len(choices) > 1:
            return tuple(_Choice(frozenset(common | choices[told]), told[0]) for told in sorted(choices))
    return (_Choice(frozenset().union(*(symbols for _, symbols in found)), ""),)


def _torch_label(name: str) -> tuple[str, str] | None:
    """The torch series that a file is for by its name, with what is left of its label (``cpu``); None for any torch."""
    match = _TORCH_CHOICE.search(name)
    return (f"{match['major']}.{match['minor']}", match["label"]) if match else None


def _cuda_label(name: str) -> tuple[str, str] | None:
    match = _CUDA_CHOICE.search(name)
    return ("", match[1]) if match else None


def gpu_code(wheel: OpenWheel) -> tuple[str, ...]:
    """The GPU architectures that the shared objects of a wheel have code for. Reads them whole.

    :raises InputUnreadable: where one of them cannot be read.
    :raises IndexFailed: where the index fails.
    """
    found: set[str] = set()
    for member in wheel.members:
        if _OBJECT.fullmatch(member.name):
            found.update(_driven(read_architectures(member.size), wheel.opened(member), member))
    return tuple(sorted(found, key=architecture_order))


def torch_tables(wheel: OpenWheel) -> TorchTables:
    """The hash tables of the libraries of a torch whose files lie open: some megabytes of hundreds.

    :raises InputUnreadable: where one of them is no sound ELF file or has no such table, or none is there.
    """
    members = [member for member in wheel.members if _TORCH_LIBRARY.fullmatch(member.name)]
    if not members:
        raise _no_torch()
    return TorchTables(tuple(_driven(read_exports(member.size), wheel.opened(member), member) for member in members))


def torch_exports(wheel: OpenWheel) -> TorchRead:
    """All names that the libraries of a torch wheel export. Reads them whole: hundreds of megabytes.

    :raises InputUnreadable: where one of them is no sound ELF file, or none is there.
    :raises IndexFailed: where the index fails.
    """
    exports: set[str] = set()
    libraries: set[str] = set()
    for member in wheel.members:
        if _TORCH_LIBRARY.fullmatch(member.name):
            found = _driven(read_elf(member.size, limit=_NAMES), wheel.opened(member), member)
            exports.update(each.name for each in found.defined)
            libraries.update(found.needed)
    if not exports:
        raise _no_torch()
    return TorchRead(frozenset(exports), cuda_majors(libraries))


def _no_torch() -> InputUnreadable:
    return InputUnreadable("it has no library of torch", expected="torch/lib/libtorch_cpu.so and others")
